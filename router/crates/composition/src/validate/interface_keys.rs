//! `INTERFACE_KEY_NOT_ON_IMPLEMENTATION`: whoever finds an interface by a key has to find every
//! implementation by it.

use diagnostics::{Code, Problems};
use schema::FieldSet;
use subgraph::{Key, Kind, Subgraph, TypeDefinition};

/// Checks every key of every interface.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    for interface in subgraph.types.values() {
        if interface.kind != Kind::Interface {
            continue;
        }
        for key in &interface.keys {
            if let Some(set) = key.fields.set() {
                check_key(subgraph, interface, key, set, problems);
            }
        }
    }
}

fn check_key(
    subgraph: &Subgraph,
    interface: &TypeDefinition,
    key: &Key,
    set: &FieldSet,
    problems: &mut Problems,
) {
    let mut missing = Vec::new();
    let mut unresolvable = Vec::new();
    for implementation in subgraph.implementations(&interface.name) {
        let same: Vec<&Key> = implementation
            .keys
            .iter()
            .filter(|it| it.fields.set().is_some_and(|it| is_same(it, set)))
            .collect();
        if same.is_empty() {
            missing.push(implementation);
        } else if key.resolvable && same.iter().all(|it| !it.resolvable) {
            unresolvable.push(implementation);
        }
    }
    let (what, types) = if missing.is_empty() {
        ("make its key resolvable here", unresolvable)
    } else {
        ("add the same key here", missing)
    };
    if types.is_empty() {
        return;
    }
    let problem = problems.error(
        Code::InterfaceKeyNotOnImplementation,
        interface.name.to_string(),
        format!(
            "`{}` is found by `{set}`, and not all of its implementations are.",
            interface.name
        ),
    );
    for ty in types {
        problem.point_at(ty.span(), what);
    }
    problem.also_see(&key.span, "the key of the interface");
}

/// Whether two field sets select the same, in whatever order.
fn is_same(a: &FieldSet, b: &FieldSet) -> bool {
    let paths = |set: &FieldSet| {
        let mut paths: Vec<Vec<String>> = set
            .leaf_paths()
            .iter()
            .map(|path| path.iter().map(ToString::to_string).collect())
            .collect();
        paths.sort();
        paths.dedup();
        paths
    };
    paths(a) == paths(b)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn implementations_need_the_key_of_their_interface() {
        check(
            [(
                "a",
                r#"type Query { i: I } interface I @key(fields: "id") { id: ID x: ID } type T implements I @key(fields: "x") { id: ID x: ID }"#,
            )],
            &expect![[r#"
                INTERFACE_KEY_NOT_ON_IMPLEMENTATION I: `I` is found by `id`, and not all of its implementations are.
                  --> a:1:74 add the same key here
                  see a:1:33 the key of the interface
            "#]],
        );
    }

    #[test]
    fn the_order_of_the_fields_does_not_matter() {
        check_types(
            [(
                "a",
                r#"type Query { i: I } interface I @key(fields: "id x") { id: ID x: ID } type T implements I @key(fields: "x id") { id: ID x: ID }"#,
            )],
            &expect![[r#"
                interface I
                  @join__type(graph: A, key: "id x")
                {
                  id: ID
                  x: ID
                }

                type Query
                  @join__type(graph: A)
                {
                  i: I
                }

                type T implements I
                  @join__implements(graph: A, interface: "I")
                  @join__type(graph: A, key: "x id")
                {
                  id: ID
                  x: ID
                }
            "#]],
        );
    }
}
