//! `REFERENCED_INACCESSIBLE`, `QUERY_ROOT_TYPE_INACCESSIBLE`: what clients see must not be of a type that
//! they do not see.

use diagnostics::{Code, Problems, Span};
use schema::Type;
use supergraph::TypeKind;

use super::View;
use crate::check::places;

/// Checks every visible field, argument and input field.
pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    if view.is_hidden_type("Query") {
        problems
            .error(
                Code::QueryRootTypeInaccessible,
                "Query",
                "`Query` is inaccessible, so clients could ask nothing.",
            )
            .point_at_all(
                places::of_type(view.subgraphs, "Query"),
                "remove `@inaccessible` here",
            );
    }
    for ty in view.visible_types() {
        for field in view.visible_fields(ty) {
            let coordinate = format!("{}.{}", ty.name, field.name);
            let own = || places::of_member(view.subgraphs, &ty.name, &field.name);
            reference(view, &coordinate, &field.ty, own, problems);
            for argument in &field.arguments {
                if view.hides(&argument.directives) {
                    continue;
                }
                let coordinate = format!("{coordinate}({}:)", argument.name);
                let own =
                    || places::of_argument(view.subgraphs, &ty.name, &field.name, &argument.name);
                reference(view, &coordinate, &argument.ty, own, problems);
            }
        }
        if let TypeKind::InputObject(fields) = &ty.kind {
            for field in fields.values() {
                if !view.hides(&field.value.directives) {
                    let coordinate = format!("{}.{}", ty.name, field.value.name);
                    let own = || places::of_member(view.subgraphs, &ty.name, &field.value.name);
                    reference(view, &coordinate, &field.value.ty, own, problems);
                }
            }
        }
    }
    for directive in view.model.directive_definitions.values() {
        for argument in &directive.arguments {
            if !view.hides(&argument.directives) {
                let coordinate = format!("@{}({}:)", directive.name, argument.name);
                let own = || {
                    places::of_directive_argument(view.subgraphs, &directive.name, &argument.name)
                };
                reference(view, &coordinate, &argument.ty, own, problems);
            }
        }
    }
}

fn reference<'v>(
    view: &'v View<'_>,
    coordinate: &str,
    ty: &Type,
    own: impl Fn() -> Vec<&'v Span>,
    problems: &mut Problems,
) {
    let name = ty.inner_name();
    if !view.is_hidden_type(name) {
        return;
    }
    let problem = problems.error(
        Code::ReferencedInaccessible,
        coordinate,
        format!("`{coordinate}` is visible, and its type `{name}` is inaccessible."),
    );
    problem.point_at_all(own(), "add `@inaccessible` here too");
    for subgraph in view.subgraphs {
        if let Some(ty) = subgraph.type_named(name) {
            problem.also_see(ty.span(), "the inaccessible type");
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_is_visible_has_visible_types() {
        check(
            [(
                "a",
                "type Query { t: T f(i: I): Int } type T @inaccessible { x: Int } input I @inaccessible { x: Int }",
            )],
            &expect![[r#"
                REFERENCED_INACCESSIBLE Query.f(i:): `Query.f(i:)` is visible, and its type `I` is inaccessible.
                  --> a:1:21 add `@inaccessible` here too
                  see a:1:72 the inaccessible type
                REFERENCED_INACCESSIBLE Query.t: `Query.t` is visible, and its type `T` is inaccessible.
                  --> a:1:14 add `@inaccessible` here too
                  see a:1:39 the inaccessible type
            "#]],
        );
    }

    #[test]
    fn the_query_root_is_visible() {
        check(
            [("a", "type Query @inaccessible { q: Int }")],
            &expect![[r#"
                QUERY_ROOT_TYPE_INACCESSIBLE Query: `Query` is inaccessible, so clients could ask nothing.
                  --> a:1:6 remove `@inaccessible` here
            "#]],
        );
    }
}
