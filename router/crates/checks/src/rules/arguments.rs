//! Arguments of fields.

use super::input_values::{Rules, both, is_required};
use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference};

const RULES: Rules = Rules {
    type_changed: Rule::FieldArgumentTypeChanged,
    type_widened: Rule::FieldArgumentTypeWidened,
    became_required: Rule::FieldArgumentBecameRequired,
    default_changed: Rule::FieldArgumentDefaultChanged,
    description_changed: Some(Rule::FieldArgumentDescriptionChanged),
};

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    for (ty, old, new) in pair.composites() {
        for (old, new) in difference(old.fields.values(), new.fields.values(), |it| &it.name).both {
            let coordinate = |argument: &str| format!("{ty}.{}({argument}:)", old.name);
            let arguments = difference(&old.arguments, &new.arguments, |it| &it.name);
            for argument in arguments.removed {
                changes.add(
                    Rule::FieldArgumentRemoved,
                    coordinate(&argument.name),
                    "the argument was removed",
                );
            }
            for argument in arguments.added {
                let (rule, message) = if is_required(argument) {
                    (
                        Rule::RequiredFieldArgumentAdded,
                        "an argument was added that must be given",
                    )
                } else {
                    (
                        Rule::OptionalFieldArgumentAdded,
                        "an optional argument was added",
                    )
                };
                changes.add(rule, coordinate(&argument.name), message);
            }
            for (old, new) in arguments.both {
                both(
                    "argument",
                    &coordinate(&old.name),
                    old,
                    new,
                    &RULES,
                    changes,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    fn check(old: &str, new: &str, expected: &Expect) {
        let query =
            |arguments: &str| format!("type Query @join__type(graph: A) {{ a({arguments}): Int }}");
        crate::tests::check(&query(old), &query(new), expected);
    }

    #[test]
    fn arguments_come_and_go() {
        check(
            "x: Int y: Int",
            "y: Int z: Int w: Int! v: Int! = 1",
            &expect![[r#"
                breaking REQUIRED_FIELD_ARGUMENT_ADDED Query.a(w:): an argument was added that must be given
                breaking FIELD_ARGUMENT_REMOVED Query.a(x:): the argument was removed
                dangerous OPTIONAL_FIELD_ARGUMENT_ADDED Query.a(v:): an optional argument was added
                dangerous OPTIONAL_FIELD_ARGUMENT_ADDED Query.a(z:): an optional argument was added"#]],
        );
    }

    #[test]
    fn a_type_may_accept_more_but_not_less() {
        check(
            "x: [Int!]!",
            "x: [Int]",
            &expect![
                "safe FIELD_ARGUMENT_TYPE_WIDENED Query.a(x:): the argument's type changed from `[Int!]!` to `[Int]`"
            ],
        );
        check(
            "x: [Int]",
            "x: [Int!]",
            &expect![
                "breaking FIELD_ARGUMENT_TYPE_CHANGED Query.a(x:): the argument's type changed from `[Int]` to `[Int!]`"
            ],
        );
        check(
            "x: Int",
            "x: Float",
            &expect![
                "breaking FIELD_ARGUMENT_TYPE_CHANGED Query.a(x:): the argument's type changed from `Int` to `Float`"
            ],
        );
        check(
            "x: Int",
            "x: Int! = 1",
            &expect![[r#"
            breaking FIELD_ARGUMENT_TYPE_CHANGED Query.a(x:): the argument's type changed from `Int` to `Int!`
            dangerous FIELD_ARGUMENT_DEFAULT_CHANGED Query.a(x:): the argument's default changed from none to `1`"#]],
        );
    }

    #[test]
    fn defaults() {
        check(
            "x: Int = 1 y: Int z: Int = 1",
            "x: Int = 2 y: Int = 1 z: Int",
            &expect![[r#"
                dangerous FIELD_ARGUMENT_DEFAULT_CHANGED Query.a(x:): the argument's default changed from `1` to `2`
                dangerous FIELD_ARGUMENT_DEFAULT_CHANGED Query.a(y:): the argument's default changed from none to `1`
                dangerous FIELD_ARGUMENT_DEFAULT_CHANGED Query.a(z:): the argument's default changed from `1` to none"#]],
        );
        check(
            "x: Int! = 1",
            "x: Int!",
            &expect![
                "breaking FIELD_ARGUMENT_BECAME_REQUIRED Query.a(x:): the argument has no default any more and must be given"
            ],
        );
        check(
            "x: Int",
            "\"About x.\" x: Int",
            &expect![
                "safe FIELD_ARGUMENT_DESCRIPTION_CHANGED Query.a(x:): the description was changed"
            ],
        );
    }
}
