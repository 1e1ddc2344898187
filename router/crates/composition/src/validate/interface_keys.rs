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
