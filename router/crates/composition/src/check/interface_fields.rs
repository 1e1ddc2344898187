//! `INTERFACE_FIELD_NO_IMPLEM`: subgraphs add fields to an interface and types to its implementations
//! independently, so each type has to be checked against the merged interface.
//!
//! Where the field is there, but with another type or other arguments, the merged schema would be no
//! valid GraphQL (`INVALID_GRAPHQL`).

use diagnostics::{Code, Problems};
use schema::Type;
use subgraph::Subgraph;
use supergraph::{FieldDefinition, Model, TypeDefinition, TypeKind};

use super::places;

/// Checks every implementation of every interface.
pub(super) fn check(model: &Model, subgraphs: &[Subgraph], problems: &mut Problems) {
    for ty in model.types.values() {
        let Some(composite) = ty.composite() else {
            continue;
        };
        for implements in &composite.implements {
            let interface = model.type_named(&implements.interface);
            let Some((interface, demanded)) = interface.and_then(|it| Some((it, it.fields()?)))
            else {
                continue;
            };
            for field in demanded.values() {
                match composite.fields.get(&field.name) {
                    None => report_missing(ty, interface, field, subgraphs, problems),
                    Some(own) => check_fit(model, ty, interface, field, own, subgraphs, problems),
                }
            }
        }
    }
}

fn report_missing(
    ty: &TypeDefinition,
    interface: &TypeDefinition,
    field: &FieldDefinition,
    subgraphs: &[Subgraph],
    problems: &mut Problems,
) {
    let problem = problems.error(
        Code::InterfaceFieldNoImplem,
        format!("{}.{}", ty.name, field.name),
        format!(
            "`{}` implements `{}` and has no field `{}` in any subgraph.",
            ty.name, interface.name, field.name
        ),
    );
    problem.point_at_all(
        places::of_type(subgraphs, &ty.name),
        "the field is missing here",
    );
    let demanded = places::of_member(subgraphs, &interface.name, &field.name);
    places::also_see(problem, demanded, "demanded here");
}

fn check_fit(
    model: &Model,
    ty: &TypeDefinition,
    interface: &TypeDefinition,
    demanded: &FieldDefinition,
    own: &FieldDefinition,
    subgraphs: &[Subgraph],
    problems: &mut Problems,
) {
    let coordinate = format!("{}.{}", ty.name, own.name);
    let mut wrong = Vec::new();
    if !is_subtype(model, &own.ty, &demanded.ty) {
        wrong.push(format!("its type is `{}`, not `{}`", own.ty, demanded.ty));
    }
    for argument in &demanded.arguments {
        match own.arguments.iter().find(|it| it.name == argument.name) {
            None => wrong.push(format!("its argument `{}` is missing", argument.name)),
            Some(own) if own.ty != argument.ty => wrong.push(format!(
                "its argument `{}` is of type `{}`, not `{}`",
                argument.name, own.ty, argument.ty
            )),
            Some(_) => {}
        }
    }
    for argument in &own.arguments {
        let required = argument.ty.is_non_null() && argument.default.is_none();
        let known = demanded.arguments.iter().any(|it| it.name == argument.name);
        if required && !known {
            wrong.push(format!(
                "it requires `{}`, of which the interface knows nothing",
                argument.name
            ));
        }
    }
    for what in wrong {
        let problem = problems.error(
            Code::InvalidGraphql,
            &*coordinate,
            format!("`{coordinate}` does not fit `{}`: {what}.", interface.name),
        );
        problem.point_at_all(
            places::of_member(subgraphs, &ty.name, &own.name),
            "differs here, when merged",
        );
        let demanded = places::of_member(subgraphs, &interface.name, &demanded.name);
        places::also_see(problem, demanded, "demanded here");
    }
}

fn is_subtype(model: &Model, sub: &Type, general: &Type) -> bool {
    match (sub, general) {
        (Type::NonNull(sub), Type::NonNull(general)) => is_subtype(model, sub, general),
        (Type::NonNull(sub), general) => is_subtype(model, sub, general),
        (Type::List(sub), Type::List(general)) => is_subtype(model, sub, general),
        (Type::Named(sub), Type::Named(general)) => {
            let implements = model.type_named(sub).and_then(|it| it.composite());
            let is_member = |it: &TypeDefinition| match &it.kind {
                TypeKind::Union(members) => members.iter().any(|member| member.name == *sub),
                _ => false,
            };
            sub == general
                || implements
                    .is_some_and(|it| it.implements.iter().any(|it| it.interface == *general))
                || model.type_named(general).is_some_and(is_member)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn implementations_must_have_what_others_add_to_the_interface() {
        check(
            [
                (
                    "a",
                    "type Query { i: I } interface I { x: Int } type T implements I { x: Int }",
                ),
                (
                    "b",
                    "type Query { j: I } interface I { x: Int y: Int } type U implements I { x: Int y: Int }",
                ),
            ],
            &expect![[r#"
                INTERFACE_FIELD_NO_IMPLEM T.y: `T` implements `I` and has no field `y` in any subgraph.
                  --> a:1:49 the field is missing here
                  see b:1:42 demanded here
            "#]],
        );
    }
}
