//! What clients see: one file per family of rules.
//!
//! A type that is new, gone or of another kind is one change; what is inside it is looked at only
//! when it is the same kind of type before and after.

pub(crate) mod abstract_types;
pub(crate) mod arguments;
pub(crate) mod directives;
pub(crate) mod enum_values;
pub(crate) mod fields;
pub(crate) mod input_fields;
pub(crate) mod input_values;
pub(crate) mod types;

use schema::Directive;

/// Why something is deprecated; none when it is not.
pub(crate) fn deprecation(directives: &[Directive]) -> Option<String> {
    let directive = directives.iter().find(|it| it.name == "deprecated")?;
    let reason = directive.argument("reason").and_then(|it| it.as_str());
    Some(reason.unwrap_or("No longer supported").to_owned())
}
