//! `INVALID_GRAPHQL`: a default value that is no value of its type.

use diagnostics::{Code, Problems};

use super::{Context, values};
use crate::InputValueDefinition;

/// Checks the default of every argument and input field.
pub(super) fn check(context: &Context<'_>, problems: &mut Problems) {
    for ty in context.definitions.types.values() {
        for field in ty.fields.values() {
            for argument in field.arguments.values() {
                let coordinate = || format!("{}.{}({}:)", ty.name, field.name, argument.name);
                check_value(context, argument, coordinate, problems);
            }
        }
        for input in ty.inputs.values() {
            let coordinate = || format!("{}.{}", ty.name, input.name);
            check_value(context, input, coordinate, problems);
        }
    }
    for definition in context.definitions.directives.values() {
        for argument in definition.arguments.values() {
            let coordinate = || format!("@{}({}:)", definition.name, argument.name);
            check_value(context, argument, coordinate, problems);
        }
    }
}

fn check_value(
    context: &Context<'_>,
    input: &InputValueDefinition,
    coordinate: impl Fn() -> String,
    problems: &mut Problems,
) {
    let Some(default) = &input.default else {
        return;
    };
    if !values::fits(&context.definitions.types, &input.ty, default) {
        problems
            .error(
                Code::InvalidGraphql,
                coordinate(),
                format!(
                    "The default `{default}` is no value of type `{}`.",
                    input.ty
                ),
            )
            .point_at(&input.span, "declared here");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn defaults_are_values_of_their_type() {
        check(
            r#"type Query { a(i: Int = "1", e: E = C, s: String = "x", l: [Int] = 1, o: I = {y: 1}, n: Int! = null): Int } enum E { A B } input I { x: Int! }"#,
            &expect![[r#"
                INVALID_GRAPHQL Query.a(i:): The default `"1"` is no value of type `Int`.
                  --> s:1:16 declared here
                INVALID_GRAPHQL Query.a(e:): The default `C` is no value of type `E`.
                  --> s:1:30 declared here
                INVALID_GRAPHQL Query.a(o:): The default `{y: 1}` is no value of type `I`.
                  --> s:1:71 declared here
                INVALID_GRAPHQL Query.a(n:): The default `null` is no value of type `Int!`.
                  --> s:1:86 declared here
            "#]],
        );
    }
}
