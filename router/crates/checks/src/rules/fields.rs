//! Fields of object types and interfaces.

use schema::Type;
use supergraph::FieldDefinition;

use super::deprecation;
use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference};

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    for (ty, old, new) in pair.composites() {
        let fields = difference(old.fields.values(), new.fields.values(), |it| &it.name);
        let coordinate = |field: &FieldDefinition| format!("{ty}.{}", field.name);
        for field in fields.removed {
            let still_there = pair
                .new
                .type_named(ty)
                .and_then(|ty| ty.fields()?.get(&field.name));
            let message = if still_there.is_some() {
                "the field became `@inaccessible`".to_owned()
            } else if let Some(reason) = deprecation(&field.directives) {
                format!("the field was removed; it was deprecated: {reason:?}")
            } else {
                "the field was removed".to_owned()
            };
            changes.add(Rule::FieldRemoved, coordinate(field), message);
        }
        for field in fields.added {
            let message = format!("the field was added, of type `{}`", field.ty);
            changes.add(Rule::FieldAdded, coordinate(field), message);
        }
        for (old, new) in fields.both {
            both(&coordinate(old), old, new, changes);
        }
    }
}

fn both(coordinate: &str, old: &FieldDefinition, new: &FieldDefinition, changes: &mut Changes) {
    if old.ty != new.ty {
        let rule = if promises_all_of(&new.ty, &old.ty) {
            Rule::FieldTypeNarrowed
        } else {
            Rule::FieldTypeChanged
        };
        let message = format!("the field's type changed from `{}` to `{}`", old.ty, new.ty);
        changes.add(rule, coordinate, message);
    }
    if old.description != new.description {
        changes.add(
            Rule::FieldDescriptionChanged,
            coordinate,
            "the description was changed",
        );
    }
    match (deprecation(&old.directives), deprecation(&new.directives)) {
        (None, Some(reason)) => {
            changes.add(
                Rule::FieldDeprecated,
                coordinate,
                format!("the field is deprecated: {reason:?}"),
            );
        }
        (Some(_), None) => {
            changes.add(
                Rule::FieldDeprecationRemoved,
                coordinate,
                "the field is no longer deprecated",
            );
        }
        (Some(old), Some(new)) if old != new => {
            let message = format!("the reason for the deprecation is now {new:?}");
            changes.add(Rule::FieldDeprecationReasonChanged, coordinate, message);
        }
        _ => {}
    }
}

/// Whether whoever can read values of the type `old` can read those of the type `new`.
fn promises_all_of(new: &Type, old: &Type) -> bool {
    match (new, old) {
        (Type::NonNull(new), Type::NonNull(old)) | (Type::List(new), Type::List(old)) => {
            promises_all_of(new, old)
        }
        (Type::NonNull(new), old) => promises_all_of(new, old),
        (Type::Named(new), Type::Named(old)) => new == old,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::tests::check;

    fn query(fields: &str) -> String {
        format!("type Query @join__type(graph: A) {{ {fields} }}")
    }

    #[test]
    fn fields_come_and_go() {
        check(
            &query("a: Int b: Int c: Int @deprecated(reason: \"use d\")"),
            &query("a: Int b: Int @inaccessible d: [String!]"),
            &expect![[r#"
                breaking FIELD_REMOVED Query.b: the field became `@inaccessible`
                breaking FIELD_REMOVED Query.c: the field was removed; it was deprecated: "use d"
                safe FIELD_ADDED Query.d: the field was added, of type `[String!]`"#]],
        );
    }

    #[test]
    fn a_type_may_promise_more_but_not_less() {
        check(
            &query("a: [Int]"),
            &query("a: [Int!]!"),
            &expect![
                "safe FIELD_TYPE_NARROWED Query.a: the field's type changed from `[Int]` to `[Int!]!`"
            ],
        );
        check(
            &query("a: [Int!]!"),
            &query("a: [Int!]"),
            &expect![
                "breaking FIELD_TYPE_CHANGED Query.a: the field's type changed from `[Int!]!` to `[Int!]`"
            ],
        );
        check(
            &query("a: Int"),
            &query("a: [Int]"),
            &expect![
                "breaking FIELD_TYPE_CHANGED Query.a: the field's type changed from `Int` to `[Int]`"
            ],
        );
        check(
            &query("a: Int"),
            &query("a: Float"),
            &expect![
                "breaking FIELD_TYPE_CHANGED Query.a: the field's type changed from `Int` to `Float`"
            ],
        );
    }

    #[test]
    fn what_is_for_people_is_safe() {
        check(
            &query("a: Int b: Int @deprecated c: Int @deprecated"),
            &query("\"About a.\" a: Int @deprecated b: Int @deprecated(reason: \"old\") c: Int"),
            &expect![[r#"
                safe FIELD_DESCRIPTION_CHANGED Query.a: the description was changed
                safe FIELD_DEPRECATED Query.a: the field is deprecated: "No longer supported"
                safe FIELD_DEPRECATION_REASON_CHANGED Query.b: the reason for the deprecation is now "old"
                safe FIELD_DEPRECATION_REMOVED Query.c: the field is no longer deprecated"#]],
        );
    }
}
