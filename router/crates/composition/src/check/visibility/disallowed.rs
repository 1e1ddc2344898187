//! `DISALLOWED_INACCESSIBLE`: directives of schemas are not for clients in the first place, so their
//! arguments cannot be hidden from them.

use diagnostics::{Code, Problems};
use schema::Name;

use super::View;
use crate::check::places;

/// Checks the arguments of directives that may stand in schemas.
pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    for directive in view.model.directive_definitions.values() {
        let executable = |location: &Name| schema::is_executable_location(location);
        if directive.locations.iter().all(executable) {
            continue;
        }
        for argument in directive
            .arguments
            .iter()
            .filter(|it| view.hides(&it.directives))
        {
            let coordinate = format!("@{}({}:)", directive.name, argument.name);
            let message = format!("`{coordinate}` cannot be inaccessible: it is not for clients.");
            problems
                .error(Code::DisallowedInaccessible, coordinate, message)
                .point_at_all(
                    places::of_directive_argument(view.subgraphs, &directive.name, &argument.name),
                    "remove `@inaccessible` here",
                );
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn arguments_of_schema_directives_cannot_be_hidden() {
        check(
            [(
                "a",
                r#"extend schema @link(url: "https://example.org/log/v1.0", import: ["@log"]) @composeDirective(name: "@log") directive @log(x: Int @inaccessible) on FIELD_DEFINITION type Query { q: Int @log }"#,
            )],
            &expect![[r#"
                DISALLOWED_INACCESSIBLE @log(x:): `@log(x:)` cannot be inaccessible: it is not for clients.
                  --> a:1:123 remove `@inaccessible` here
            "#]],
        );
    }
}
