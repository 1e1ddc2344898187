//! `REQUIRED_INACCESSIBLE`: clients cannot give what they do not see.

use diagnostics::{Code, Problems};
use supergraph::{InputValueDefinition, TypeKind};

use super::View;
use crate::check::places;

/// Checks hidden arguments and input fields of visible fields, directives and types.
pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    let hidden_and_required = |value: &InputValueDefinition| {
        view.hides(&value.directives) && value.ty.is_non_null() && value.default.is_none()
    };
    let mut report = |coordinate: String, places: Vec<&diagnostics::Span>| {
        let message = format!("`{coordinate}` is inaccessible and required.");
        problems
            .error(Code::RequiredInaccessible, coordinate, message)
            .point_at_all(places, "make it nullable, or give it a default");
    };
    for ty in view.visible_types() {
        for field in view.visible_fields(ty) {
            for argument in field.arguments.iter().filter(|it| hidden_and_required(it)) {
                report(
                    format!("{}.{}({}:)", ty.name, field.name, argument.name),
                    places::of_argument(view.subgraphs, &ty.name, &field.name, &argument.name),
                );
            }
        }
        if let TypeKind::InputObject(fields) = &ty.kind {
            for field in fields.values().filter(|it| hidden_and_required(&it.value)) {
                report(
                    format!("{}.{}", ty.name, field.value.name),
                    places::of_member(view.subgraphs, &ty.name, &field.value.name),
                );
            }
        }
    }
    for directive in view.model.directive_definitions.values() {
        for argument in directive
            .arguments
            .iter()
            .filter(|it| hidden_and_required(it))
        {
            report(
                format!("@{}({}:)", directive.name, argument.name),
                places::of_directive_argument(view.subgraphs, &directive.name, &argument.name),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn hidden_inputs_are_optional() {
        check(
            [(
                "a",
                "type Query { q(x: Int! @inaccessible, i: I): Int } input I { x: Int! @inaccessible y: Int }",
            )],
            &expect![[r#"
                REQUIRED_INACCESSIBLE I.x: `I.x` is inaccessible and required.
                  --> a:1:62 make it nullable, or give it a default
                REQUIRED_INACCESSIBLE Query.q(x:): `Query.q(x:)` is inaccessible and required.
                  --> a:1:16 make it nullable, or give it a default
            "#]],
        );
    }
}
