//! `DEFAULT_VALUE_USES_INACCESSIBLE`: a visible default must not say what clients cannot say.

use diagnostics::{Code, Problems, Span};
use schema::{Type, Value};
use supergraph::{InputValueDefinition, TypeKind};

use super::View;
use crate::check::places;

/// Checks the default of every visible argument and input field.
pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    for ty in view.visible_types() {
        for field in view.visible_fields(ty) {
            for argument in &field.arguments {
                let coordinate = || format!("{}.{}({}:)", ty.name, field.name, argument.name);
                let places =
                    || places::of_argument(view.subgraphs, &ty.name, &field.name, &argument.name);
                check_default(view, argument, coordinate, places, problems);
            }
        }
        if let TypeKind::InputObject(fields) = &ty.kind {
            for field in fields.values() {
                let coordinate = || format!("{}.{}", ty.name, field.value.name);
                let places = || places::of_member(view.subgraphs, &ty.name, &field.value.name);
                check_default(view, &field.value, coordinate, places, problems);
            }
        }
    }
    for directive in view.model.directive_definitions.values() {
        for argument in &directive.arguments {
            let coordinate = || format!("@{}({}:)", directive.name, argument.name);
            let places =
                || places::of_directive_argument(view.subgraphs, &directive.name, &argument.name);
            check_default(view, argument, coordinate, places, problems);
        }
    }
}

fn check_default<'v>(
    view: &'v View<'_>,
    input: &InputValueDefinition,
    coordinate: impl Fn() -> String,
    places: impl Fn() -> Vec<&'v Span>,
    problems: &mut Problems,
) {
    let Some(default) = input
        .default
        .as_ref()
        .filter(|_| !view.hides(&input.directives))
    else {
        return;
    };
    let mut hidden = Vec::new();
    find_hidden(view, &input.ty, default, &mut hidden);
    for what in hidden {
        let coordinate = coordinate();
        let message = format!("The default of `{coordinate}` uses the inaccessible `{what}`.");
        problems
            .error(Code::DefaultValueUsesInaccessible, coordinate, message)
            .point_at_all(places(), "used here");
    }
}

fn find_hidden(view: &View<'_>, ty: &Type, value: &Value, hidden: &mut Vec<String>) {
    if let Value::List(items) = value {
        let of = ty.nullable().list_item().unwrap_or(ty);
        for item in items {
            find_hidden(view, of, item, hidden);
        }
        return;
    }
    let Some(definition) = view.model.type_named(ty.inner_name()) else {
        return;
    };
    match (&definition.kind, value) {
        (TypeKind::Enum(values), value) => {
            let name = match value {
                Value::Enum(name) => name.as_str(),
                Value::String(name) => name.as_str(),
                _ => return,
            };
            let is_hidden = values
                .iter()
                .any(|it| it.name == name && view.hides(&it.directives));
            if is_hidden {
                hidden.push(format!("{}.{name}", definition.name));
            }
        }
        (TypeKind::InputObject(fields), Value::Object(given)) => {
            for (name, value) in given {
                let Some(field) = fields.get(name) else {
                    continue;
                };
                if view.hides(&field.value.directives) {
                    hidden.push(format!("{}.{name}", definition.name));
                } else {
                    find_hidden(view, &field.value.ty, value, hidden);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn visible_defaults_use_visible_values() {
        check(
            [(
                "a",
                "type Query { q(e: E = A, i: I = {x: 1}): Int } enum E { A @inaccessible B } input I { x: Int @inaccessible y: Int }",
            )],
            &expect![[r#"
                DEFAULT_VALUE_USES_INACCESSIBLE Query.q(e:): The default of `Query.q(e:)` uses the inaccessible `E.A`.
                  --> a:1:16 used here
                DEFAULT_VALUE_USES_INACCESSIBLE Query.q(i:): The default of `Query.q(i:)` uses the inaccessible `I.x`.
                  --> a:1:26 used here
            "#]],
        );
    }
}
