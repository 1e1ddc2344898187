//! `INVALID_GRAPHQL`: what must be given cannot be deprecated (GraphQL specification, section 3.13.3).

use diagnostics::{Code, Problems};

use super::Context;
use crate::InputValueDefinition;

/// Checks every argument and input field.
pub(super) fn check(context: &Context<'_>, problems: &mut Problems) {
    for ty in context.definitions.types.values() {
        for field in ty.fields.values() {
            for argument in field.arguments.values() {
                let coordinate = || format!("{}.{}({}:)", ty.name, field.name, argument.name);
                check_input(argument, coordinate, problems);
            }
        }
        for input in ty.inputs.values() {
            check_input(input, || format!("{}.{}", ty.name, input.name), problems);
        }
    }
    for definition in context.definitions.directives.values() {
        for argument in definition.arguments.values() {
            let coordinate = || format!("@{}({}:)", definition.name, argument.name);
            check_input(argument, coordinate, problems);
        }
    }
}

fn check_input(
    input: &InputValueDefinition,
    coordinate: impl Fn() -> String,
    problems: &mut Problems,
) {
    let is_required = input.ty.is_non_null() && input.default.is_none();
    let deprecation = input
        .directives
        .iter()
        .find(|it| it.directive.name == "deprecated");
    if let Some(deprecation) = deprecation.filter(|_| is_required) {
        let coordinate = coordinate();
        problems
            .error(
                Code::InvalidGraphql,
                &*coordinate,
                format!("`{coordinate}` is required, so it cannot be deprecated."),
            )
            .point_at(&deprecation.span, "deprecated here")
            .help("make it nullable or give it a default first");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_is_required_cannot_be_deprecated() {
        check(
            "type Query { a(x: Int! @deprecated, y: Int! = 1 @deprecated, z: Int @deprecated): Int }",
            &expect![[r#"
                INVALID_GRAPHQL Query.a(x:): `Query.a(x:)` is required, so it cannot be deprecated.
                  --> s:1:24 deprecated here
                  help: make it nullable or give it a default first
            "#]],
        );
    }
}
