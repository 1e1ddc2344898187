//! Directives that operations can apply.

use super::input_values::{Rules, both, is_required};
use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference};

const RULES: Rules = Rules {
    type_changed: Rule::DirectiveArgumentTypeChanged,
    type_widened: Rule::DirectiveArgumentTypeWidened,
    became_required: Rule::DirectiveArgumentBecameRequired,
    default_changed: Rule::DirectiveArgumentDefaultChanged,
    description_changed: None,
};

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    let (old, new) = (&pair.old_api, &pair.new_api);
    let directives = difference(
        old.directive_definitions.values(),
        new.directive_definitions.values(),
        |it| &it.name,
    );
    for directive in directives.removed {
        changes.add(
            Rule::DirectiveRemoved,
            format!("@{}", directive.name),
            "the directive was removed",
        );
    }
    for directive in directives.added {
        changes.add(
            Rule::DirectiveAdded,
            format!("@{}", directive.name),
            "a directive was added",
        );
    }
    for (old, new) in directives.both {
        let name = format!("@{}", old.name);
        let locations = difference(&old.locations, &new.locations, |it| it);
        for location in locations.removed {
            let message = format!("the directive may no longer stand on {location}");
            changes.add(Rule::DirectiveLocationRemoved, &*name, message);
        }
        for location in locations.added {
            let message = format!("the directive may stand on {location} now");
            changes.add(Rule::DirectiveLocationAdded, &*name, message);
        }
        match (old.repeatable, new.repeatable) {
            (true, false) => {
                let message = "the directive may stand at a place only once now";
                changes.add(Rule::DirectiveRepeatableRemoved, &*name, message);
            }
            (false, true) => {
                let message = "the directive may be repeated now";
                changes.add(Rule::DirectiveRepeatableAdded, &*name, message);
            }
            _ => {}
        }
        let coordinate = |argument: &str| format!("{name}({argument}:)");
        let arguments = difference(&old.arguments, &new.arguments, |it| &it.name);
        for argument in arguments.removed {
            changes.add(
                Rule::DirectiveArgumentRemoved,
                coordinate(&argument.name),
                "the argument was removed",
            );
        }
        for argument in arguments.added {
            let (rule, message) = if is_required(argument) {
                (
                    Rule::RequiredDirectiveArgumentAdded,
                    "an argument was added that must be given",
                )
            } else {
                (
                    Rule::OptionalDirectiveArgumentAdded,
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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::tests::check;

    const QUERY: &str = "type Query @join__type(graph: A) { a: Int }";

    #[test]
    fn directives_come_and_go() {
        check(
            &format!("{QUERY} directive @old on FIELD directive @schema on OBJECT"),
            &format!("{QUERY} directive @new on FIELD"),
            &expect![[r#"
                breaking DIRECTIVE_REMOVED @old: the directive was removed
                safe DIRECTIVE_ADDED @new: a directive was added"#]],
        );
    }

    #[test]
    fn places_and_repetition() {
        check(
            &format!("{QUERY} directive @d repeatable on FIELD | QUERY"),
            &format!("{QUERY} directive @d on FIELD | MUTATION"),
            &expect![[r#"
                breaking DIRECTIVE_LOCATION_REMOVED @d: the directive may no longer stand on QUERY
                dangerous DIRECTIVE_REPEATABLE_REMOVED @d: the directive may stand at a place only once now
                safe DIRECTIVE_LOCATION_ADDED @d: the directive may stand on MUTATION now"#]],
        );
    }

    #[test]
    fn arguments() {
        check(
            &format!("{QUERY} directive @d(x: Int, y: Int, z: Int! = 1, w: Int = 1) on FIELD"),
            &format!(
                "{QUERY} directive @d(y: Int!, z: Int!, w: Int = 2, v: Int, u: Int!) on FIELD"
            ),
            &expect![[r#"
                breaking REQUIRED_DIRECTIVE_ARGUMENT_ADDED @d(u:): an argument was added that must be given
                breaking DIRECTIVE_ARGUMENT_REMOVED @d(x:): the argument was removed
                breaking DIRECTIVE_ARGUMENT_TYPE_CHANGED @d(y:): the argument's type changed from `Int` to `Int!`
                breaking DIRECTIVE_ARGUMENT_BECAME_REQUIRED @d(z:): the argument has no default any more and must be given
                dangerous DIRECTIVE_ARGUMENT_DEFAULT_CHANGED @d(w:): the argument's default changed from `1` to `2`
                safe OPTIONAL_DIRECTIVE_ARGUMENT_ADDED @d(v:): an optional argument was added"#]],
        );
    }
}
