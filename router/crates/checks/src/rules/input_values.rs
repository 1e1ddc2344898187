//! What arguments, input fields and arguments of directives have in common.

use schema::Type;
use supergraph::InputValueDefinition;

use crate::Rule;
use crate::change::Changes;

/// The rules for one of the three.
pub(crate) struct Rules {
    pub(crate) type_changed: Rule,
    pub(crate) type_widened: Rule,
    pub(crate) became_required: Rule,
    pub(crate) default_changed: Rule,
    pub(crate) description_changed: Option<Rule>,
}

/// Compares one that is there before and after. `what` is what it is called in messages.
pub(crate) fn both(
    what: &str,
    coordinate: &str,
    old: &InputValueDefinition,
    new: &InputValueDefinition,
    rules: &Rules,
    changes: &mut Changes,
) {
    if old.ty != new.ty {
        let rule = if accepts_all_of(&new.ty, &old.ty) {
            rules.type_widened
        } else {
            rules.type_changed
        };
        let message = format!(
            "the {what}'s type changed from `{}` to `{}`",
            old.ty, new.ty
        );
        changes.add(rule, coordinate, message);
    }
    if old.default != new.default {
        match (&old.default, &new.default) {
            (Some(_), None) if is_required(new) => {
                let message = format!("the {what} has no default any more and must be given");
                changes.add(rules.became_required, coordinate, message);
            }
            (old, new) => {
                let show = |value: &Option<schema::Value>| {
                    value
                        .as_ref()
                        .map_or("none".to_owned(), |it| format!("`{it}`"))
                };
                let message = format!(
                    "the {what}'s default changed from {} to {}",
                    show(old),
                    show(new)
                );
                changes.add(rules.default_changed, coordinate, message);
            }
        }
    }
    if let Some(rule) = rules.description_changed
        && old.description != new.description
    {
        changes.add(rule, coordinate, "the description was changed");
    }
}

/// Whether it must be given.
pub(crate) fn is_required(value: &InputValueDefinition) -> bool {
    value.ty.is_non_null() && value.default.is_none()
}

/// Whether every value of the type `old` is a value of the type `new`.
fn accepts_all_of(new: &Type, old: &Type) -> bool {
    match (new, old) {
        (Type::NonNull(new), Type::NonNull(old)) | (Type::List(new), Type::List(old)) => {
            accepts_all_of(new, old)
        }
        (new, Type::NonNull(old)) => accepts_all_of(new, old),
        (Type::Named(new), Type::Named(old)) => new == old,
        _ => false,
    }
}
