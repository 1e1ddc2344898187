//! `INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE`: who finds an interface by a key is asked for objects of
//! every type that implements it anywhere. And `INTERFACE_OBJECT_USAGE_ERROR`: who knows an interface
//! as an object must not know any of them.

use std::collections::HashMap;

use diagnostics::{Code, Problems};
use schema::Name;
use subgraph::{Kind, Subgraph, TypeDefinition};
use supergraph::{Model, TypeKind};

/// Checks every interface in every subgraph.
pub(super) fn check(model: &Model, subgraphs: &[Subgraph], problems: &mut Problems) {
    let mut implementations: HashMap<&Name, Vec<&Name>> = HashMap::new();
    for ty in model.types.values() {
        if let TypeKind::Object(composite) = &ty.kind {
            for implements in &composite.implements {
                implementations
                    .entry(&implements.interface)
                    .or_default()
                    .push(&ty.name);
            }
        }
    }
    for subgraph in subgraphs {
        for ty in subgraph.types.values() {
            let all = implementations.get(&ty.name).map_or(&[][..], Vec::as_slice);
            if ty.kind == Kind::Interface {
                check_interface(subgraph, ty, all, subgraphs, problems);
            } else if ty.is_interface_object() {
                check_interface_object(subgraph, ty, all, problems);
            }
        }
    }
}

fn check_interface(
    subgraph: &Subgraph,
    ty: &TypeDefinition,
    all: &[&Name],
    subgraphs: &[Subgraph],
    problems: &mut Problems,
) {
    let Some(key) = ty.keys.iter().find(|key| key.resolvable) else {
        return;
    };
    let missing: Vec<&Name> = all
        .iter()
        .filter(|name| {
            subgraph
                .type_named(name)
                .is_none_or(|it| !it.declares(&ty.name))
        })
        .copied()
        .collect();
    if missing.is_empty() {
        return;
    }
    let names: Vec<String> = missing.iter().map(|it| format!("`{it}`")).collect();
    let problem = problems.error(
        Code::InterfaceKeyMissingImplementationType,
        ty.name.to_string(),
        format!(
            "Subgraph `{}` finds `{}` by a key and does not know {} of its implementations.",
            subgraph.name,
            ty.name,
            names.join(", ")
        ),
    );
    problem.point_at(
        &key.span,
        "add the missing types, or `resolvable: false` here",
    );
    for other in subgraphs {
        for name in &missing {
            if let Some(definition) = other.type_named(name)
                && definition.declares(&ty.name)
            {
                problem.also_see(definition.span(), "an implementation");
            }
        }
    }
}

fn check_interface_object(
    subgraph: &Subgraph,
    ty: &TypeDefinition,
    all: &[&Name],
    problems: &mut Problems,
) {
    let known: Vec<&TypeDefinition> = all
        .iter()
        .filter_map(|name| subgraph.type_named(name))
        .collect();
    if known.is_empty() {
        return;
    }
    let problem = problems.error(
        Code::InterfaceObjectUsageError,
        ty.name.to_string(),
        format!(
            "Subgraph `{}` knows `{}` as an interface object and some of its implementations too.",
            subgraph.name, ty.name
        ),
    );
    problem.point_at(ty.span(), "the interface object");
    for implementation in known {
        problem.also_see(implementation.span(), "an implementation");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn who_finds_an_interface_knows_all_implementations() {
        check(
            [
                (
                    "a",
                    r#"type Query { i: I } interface I @key(fields: "id") { id: ID! } type T implements I @key(fields: "id") { id: ID! }"#,
                ),
                (
                    "b",
                    r#"type Query { j: I } interface I @key(fields: "id") { id: ID! } type U implements I @key(fields: "id") { id: ID! }"#,
                ),
            ],
            &expect![[r#"
                INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE I: Subgraph `a` finds `I` by a key and does not know `U` of its implementations.
                  --> a:1:33 add the missing types, or `resolvable: false` here
                  see b:1:69 an implementation
                INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE I: Subgraph `b` finds `I` by a key and does not know `T` of its implementations.
                  --> b:1:33 add the missing types, or `resolvable: false` here
                  see a:1:69 an implementation
            "#]],
        );
    }

    #[test]
    fn who_knows_an_object_does_not_know_implementations() {
        check(
            [
                (
                    "a",
                    r#"type Query { i: I } interface I @key(fields: "id") { id: ID! } type T implements I @key(fields: "id") { id: ID! }"#,
                ),
                (
                    "b",
                    r#"type I @interfaceObject @key(fields: "id") { id: ID! x: Int } type T @key(fields: "id") { id: ID! }"#,
                ),
            ],
            &expect![[r#"
                INTERFACE_OBJECT_USAGE_ERROR I: Subgraph `b` knows `I` as an interface object and some of its implementations too.
                  --> b:1:6 the interface object
                  see b:1:68 an implementation
            "#]],
        );
    }
}
