//! `INVALID_GRAPHQL`: a field whose type is not part of the graph. The types that routers and subgraphs
//! use among themselves are not merged, so nothing else may be of such a type.

use diagnostics::{Code, Problems, Span};
use schema::{Name, Type};
use subgraph::Subgraph;
use supergraph::{Model, TypeKind};

use super::places;

/// Checks every field, argument and input field.
pub(super) fn check(model: &Model, subgraphs: &[Subgraph], problems: &mut Problems) {
    let mut reference = |coordinate: String, ty: &Type, places: &dyn Fn() -> Vec<Span>| {
        let name = ty.inner_name();
        if is_known(model, name) {
            return;
        }
        let message =
            format!("`{coordinate}` is of type `{name}`, which is not part of the graph.");
        problems
            .error(Code::InvalidGraphql, coordinate, message)
            .point_at_all(&places(), "give it another type");
    };
    for ty in model.types.values() {
        for field in ty.fields().into_iter().flat_map(|it| it.values()) {
            let of_field = || {
                let places = places::of_member(subgraphs, &ty.name, &field.name);
                places.into_iter().cloned().collect()
            };
            reference(format!("{}.{}", ty.name, field.name), &field.ty, &of_field);
            for argument in &field.arguments {
                let coordinate = format!("{}.{}({}:)", ty.name, field.name, argument.name);
                reference(coordinate, &argument.ty, &of_field);
            }
        }
        if let TypeKind::InputObject(fields) = &ty.kind {
            for field in fields.values() {
                let of_field = || {
                    let places = places::of_member(subgraphs, &ty.name, &field.value.name);
                    places.into_iter().cloned().collect()
                };
                let coordinate = format!("{}.{}", ty.name, field.value.name);
                reference(coordinate, &field.value.ty, &of_field);
            }
        }
    }
}

fn is_known(model: &Model, name: &Name) -> bool {
    matches!(name.as_str(), "Int" | "Float" | "String" | "Boolean" | "ID")
        || model.types.contains_key(name)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn the_machinery_s_types_are_not_for_others() {
        check(
            [("a", "type Query { entity: _Any } scalar _Any")],
            &expect![[r#"
                INVALID_GRAPHQL Query.entity: `Query.entity` is of type `_Any`, which is not part of the graph.
                  --> a:1:14 give it another type
            "#]],
        );
    }
}
