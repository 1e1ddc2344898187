//! `IMPLEMENTED_BY_INACCESSIBLE`: what a visible interface shows, its visible implementations must show.
//! `REQUIRED_INACCESSIBLE`, where an implementation requires an argument that the interface hides.

use diagnostics::{Code, Problems};
use supergraph::{FieldDefinition, TypeDefinition};

use super::View;
use crate::check::places;

/// Checks every visible implementation of every visible interface.
pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    for ty in view.visible_types() {
        let Some(composite) = ty.composite() else {
            continue;
        };
        for implements in &composite.implements {
            let Some(interface) = view
                .model
                .type_named(&implements.interface)
                .filter(|it| !view.hides(&it.directives))
            else {
                continue;
            };
            for demanded in view.visible_fields(interface) {
                if let Some(own) = composite.fields.get(&demanded.name) {
                    check_field(view, ty, own, interface, demanded, problems);
                }
            }
        }
    }
}

fn check_field(
    view: &View<'_>,
    ty: &TypeDefinition,
    own: &FieldDefinition,
    interface: &TypeDefinition,
    demanded: &FieldDefinition,
    problems: &mut Problems,
) {
    let coordinate = format!("{}.{}", ty.name, own.name);
    let demanded_coordinate = format!("{}.{}", interface.name, demanded.name);
    if view.hides(&own.directives) {
        let problem = problems.error(
            Code::ImplementedByInaccessible,
            &*coordinate,
            format!("`{coordinate}` is inaccessible, and the visible `{demanded_coordinate}` demands it."),
        );
        problem.point_at_all(
            places::of_member(view.subgraphs, &ty.name, &own.name),
            "hidden here",
        );
        let places = places::of_member(view.subgraphs, &interface.name, &demanded.name);
        places::also_see(problem, places, "demanded here");
        return;
    }
    for argument in &own.arguments {
        let own_coordinate = format!("{coordinate}({}:)", argument.name);
        let hidden = view.hides(&argument.directives);
        let required = argument.ty.is_non_null() && argument.default.is_none();
        let there = demanded
            .arguments
            .iter()
            .find(|it| it.name == argument.name);
        let shown_there = there.is_some_and(|it| !view.hides(&it.directives));
        let (code, message) = if hidden && shown_there {
            let message = format!(
                "`{own_coordinate}` is inaccessible, and the visible `{demanded_coordinate}` has it."
            );
            (Code::ImplementedByInaccessible, message)
        } else if !hidden && required && there.is_some() && !shown_there {
            let message = format!(
                "`{own_coordinate}` is required, and inaccessible in `{demanded_coordinate}`."
            );
            (Code::RequiredInaccessible, message)
        } else {
            continue;
        };
        let places = places::of_argument(view.subgraphs, &ty.name, &own.name, &argument.name);
        let problem = problems.error(code, own_coordinate, message);
        problem.point_at_all(places, "this argument");
        let demanded = places::of_argument(
            view.subgraphs,
            &interface.name,
            &demanded.name,
            &argument.name,
        );
        places::also_see(problem, demanded, "the interface's");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_an_interface_shows_is_shown() {
        check(
            [(
                "a",
                "type Query { i: I } interface I { x: Int f(a: Int): Int } type T implements I { x: Int @inaccessible f(a: Int @inaccessible): Int }",
            )],
            &expect![[r#"
                IMPLEMENTED_BY_INACCESSIBLE T.f(a:): `T.f(a:)` is inaccessible, and the visible `I.f` has it.
                  --> a:1:104 this argument
                  see a:1:44 the interface's
                IMPLEMENTED_BY_INACCESSIBLE T.x: `T.x` is inaccessible, and the visible `I.x` demands it.
                  --> a:1:81 hidden here
                  see a:1:35 demanded here
            "#]],
        );
    }
}
