//! Values of enums.

use supergraph::TypeKind;

use super::deprecation;
use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference};

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    for (old_ty, new_ty) in pair.types() {
        let (TypeKind::Enum(old), TypeKind::Enum(new)) = (&old_ty.kind, &new_ty.kind) else {
            continue;
        };
        let coordinate = |value: &str| format!("{}.{value}", old_ty.name);
        let values = difference(old, new, |it| &it.name);
        for value in values.removed {
            changes.add(
                Rule::EnumValueRemoved,
                coordinate(&value.name),
                "the enum value was removed",
            );
        }
        for value in values.added {
            changes.add(
                Rule::EnumValueAdded,
                coordinate(&value.name),
                "an enum value was added",
            );
        }
        for (old, new) in values.both {
            let coordinate = coordinate(&old.name);
            if old.description != new.description {
                changes.add(
                    Rule::EnumValueDescriptionChanged,
                    &*coordinate,
                    "the description was changed",
                );
            }
            match (deprecation(&old.directives), deprecation(&new.directives)) {
                (None, Some(reason)) => {
                    let message = format!("the enum value is deprecated: {reason:?}");
                    changes.add(Rule::EnumValueDeprecated, &*coordinate, message);
                }
                (Some(_), None) => {
                    let message = "the enum value is no longer deprecated";
                    changes.add(Rule::EnumValueDeprecationRemoved, &*coordinate, message);
                }
                (Some(old), Some(new)) if old != new => {
                    let message = format!("the reason for the deprecation is now {new:?}");
                    changes.add(
                        Rule::EnumValueDeprecationReasonChanged,
                        &*coordinate,
                        message,
                    );
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::tests::check;

    #[test]
    fn enum_values() {
        let sdl = |values: &str| {
            format!(
                "type Query @join__type(graph: A) {{ a: E }} enum E @join__type(graph: A) {{ {values} }}"
            )
        };
        check(
            &sdl("A B C D @deprecated E @deprecated"),
            &sdl(
                "A @inaccessible \"About B.\" B C @deprecated(reason: \"old\") D E @deprecated(reason: \"new\") F",
            ),
            &expect![[r#"
                breaking ENUM_VALUE_REMOVED E.A: the enum value was removed
                dangerous ENUM_VALUE_ADDED E.F: an enum value was added
                safe ENUM_VALUE_DESCRIPTION_CHANGED E.B: the description was changed
                safe ENUM_VALUE_DEPRECATED E.C: the enum value is deprecated: "old"
                safe ENUM_VALUE_DEPRECATION_REMOVED E.D: the enum value is no longer deprecated
                safe ENUM_VALUE_DEPRECATION_REASON_CHANGED E.E: the reason for the deprecation is now "new""#]],
        );
    }
}
