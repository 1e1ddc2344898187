//! `INVALID_GRAPHQL`: a default value that is no value of its type.

use diagnostics::{Code, Problems};
use schema::{Name, Type, Value};

use super::Context;
use crate::{InputValueDefinition, Kind};

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
    if !fits(context, &input.ty, default) {
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

/// Whether a value can be coerced to a type (GraphQL specification, sections 3.5, 3.9 to 3.12).
fn fits(context: &Context<'_>, ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::NonNull(_), Value::Null) => false,
        (Type::NonNull(of), value) => fits(context, of, value),
        (_, Value::Null) => true,
        (Type::List(of), Value::List(items)) => items.iter().all(|item| fits(context, of, item)),
        (Type::List(of), single) => fits(context, of, single),
        (Type::Named(name), value) => fits_named(context, name, value),
    }
}

fn fits_named(context: &Context<'_>, name: &Name, value: &Value) -> bool {
    match (name.as_str(), value) {
        ("Int", Value::Int(digits)) => digits.parse::<i32>().is_ok(),
        // Servers take a bare name for a string, and tools print such schemas.
        ("Float", Value::Int(_) | Value::Float(_))
        | ("String", Value::String(_) | Value::Enum(_))
        | ("ID", Value::String(_) | Value::Int(_) | Value::Enum(_))
        | ("Boolean", Value::Boolean(_)) => true,
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
        _ => {
            let Some(ty) = context.definitions.types.get(name) else {
                // The type is another subgraph's, or unknown, which is reported elsewhere.
                return true;
            };
            match (ty.kind, value) {
                // A string that spells a value is taken for it: schemas printed from JSON have them.
                (Kind::Enum, Value::Enum(value)) => ty.values.contains_key(value),
                (Kind::Enum, Value::String(text)) => ty.values.contains_key(text.as_str()),
                (Kind::InputObject, Value::Object(fields)) => {
                    let all_known = fields.iter().all(|(key, value)| {
                        let field = ty.inputs.get(key);
                        field.is_some_and(|field| fits(context, &field.ty, value))
                    });
                    let none_missing = ty.inputs.values().all(|field| {
                        let required = field.ty.is_non_null() && field.default.is_none();
                        !required || fields.iter().any(|(key, _)| *key == field.name)
                    });
                    all_known && none_missing
                }
                (Kind::Scalar, _) => true,
                _ => false,
            }
        }
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
