//! A directive as applied somewhere.

use std::fmt;

use crate::{Name, Value};

/// `@name(argument: value, …)`, with the arguments that were written, in that order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Directive {
    /// The name, without `@`.
    pub name: Name,
    /// The written arguments; defaults are not filled in.
    pub arguments: Vec<(Name, Value)>,
}

/// Whether directives at a place, named as the grammar names places, are for operations and not
/// for schemas (GraphQL specification, section 3.13).
pub fn is_executable_location(location: &str) -> bool {
    matches!(
        location,
        "QUERY"
            | "MUTATION"
            | "SUBSCRIPTION"
            | "FIELD"
            | "FRAGMENT_DEFINITION"
            | "FRAGMENT_SPREAD"
            | "INLINE_FRAGMENT"
            | "VARIABLE_DEFINITION"
    )
}

impl Directive {
    /// The written value of an argument.
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.name)?;
        if self.arguments.is_empty() {
            return Ok(());
        }
        f.write_str("(")?;
        for (index, (name, value)) in self.arguments.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{name}: {value}")?;
        }
        f.write_str(")")
    }
}
