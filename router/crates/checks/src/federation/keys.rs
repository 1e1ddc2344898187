//! Keys of entities, and interfaces that a subgraph knows as objects.

use std::collections::BTreeMap;

use supergraph::{Model, TypeDefinition};

use super::{has_graph, name_of};
use crate::Rule;
use crate::change::Changes;
use crate::pair::Pair;

/// The keys of a type by subgraph and field set, with whether entities are resolved by them.
type Keys<'m> = BTreeMap<(&'m str, String), bool>;

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    for (old_ty, new_ty) in pair.joined_types() {
        let name = &*old_ty.name;
        let (old, new) = (keys(pair.old, old_ty), keys(pair.new, new_ty));
        for ((graph, fields), resolvable) in &old {
            match new.get(&(*graph, fields.clone())) {
                // That all of the subgraph is gone is told once, elsewhere.
                None if !has_graph(pair.new, graph) => {}
                None => {
                    let message = format!("the key `{fields}` was removed");
                    changes.add_in(Rule::KeyRemoved, graph, name, message);
                }
                Some(false) if *resolvable => {
                    let message = format!("entities are no longer resolved by the key `{fields}`");
                    changes.add_in(Rule::KeyNotResolvable, graph, name, message);
                }
                Some(true) if !*resolvable => {
                    let message = format!("entities are resolved by the key `{fields}` now");
                    changes.add_in(Rule::KeyResolvable, graph, name, message);
                }
                Some(_) => {}
            }
        }
        for (graph, fields) in new.keys() {
            if has_graph(pair.old, graph) && !old.contains_key(&(*graph, fields.clone())) {
                let message = format!("the key `{fields}` was added");
                changes.add_in(Rule::KeyAdded, graph, name, message);
            }
        }
        for graph in &pair.old.graphs {
            let was = is_interface_object(pair.old, old_ty, &graph.name);
            let is = is_interface_object(pair.new, new_ty, &graph.name);
            if let (Some(was), Some(is)) = (was, is)
                && was != is
            {
                let message = if is {
                    "the subgraph knows the interface as an object now"
                } else {
                    "the subgraph knows the interface's implementations now"
                };
                changes.add_in(Rule::InterfaceObjectChanged, &graph.name, name, message);
            }
        }
    }
}

fn keys<'m>(model: &'m Model, ty: &TypeDefinition) -> Keys<'m> {
    ty.joins
        .iter()
        .filter_map(|join| {
            let graph = name_of(model, join.graph)?;
            Some(((graph, join.key.as_ref()?.to_string()), join.resolvable))
        })
        .collect()
}

/// Whether a subgraph knows the type as an interface object; none if it does not know it.
fn is_interface_object(model: &Model, ty: &TypeDefinition, graph: &str) -> Option<bool> {
    let mut joins = ty
        .joins
        .iter()
        .filter(|join| name_of(model, join.graph) == Some(graph))
        .peekable();
    joins.peek()?;
    Some(joins.any(|join| join.is_interface_object))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::tests::check;

    fn sdl(joins: &str) -> String {
        format!(
            "type Query @join__type(graph: A) {{ t: T }}
             type T {joins} {{ id: ID x: Int y: Int }}"
        )
    }

    #[test]
    fn keys_come_and_go() {
        check(
            &sdl(
                "@join__type(graph: A, key: \"id\") @join__type(graph: A, key: \"x\") @join__type(graph: B, key: \"id\")",
            ),
            &sdl(
                "@join__type(graph: A, key: \"id\", resolvable: false) @join__type(graph: A, key: \"x  y\") @join__type(graph: B, key: \"id\")",
            ),
            &expect![[r#"
                dangerous KEY_NOT_RESOLVABLE T: entities are no longer resolved by the key `id`
                dangerous KEY_REMOVED T: the key `x` was removed
                safe KEY_ADDED T: the key `x y` was added"#]],
        );
        check(
            &sdl("@join__type(graph: A, key: \"id\", resolvable: false)"),
            &sdl("@join__type(graph: A, key: \"id\")"),
            &expect!["safe KEY_RESOLVABLE T: entities are resolved by the key `id` now"],
        );
    }

    #[test]
    fn interfaces_as_objects() {
        let sdl = |flag: &str| {
            format!(
                "type Query @join__type(graph: A) {{ i: I }}
                 interface I @join__type(graph: A, key: \"id\") @join__type(graph: B, key: \"id\"{flag}) {{ id: ID }}"
            )
        };
        check(
            &sdl(""),
            &sdl(", isInterfaceObject: true"),
            &expect![
                "dangerous INTERFACE_OBJECT_CHANGED I: the subgraph knows the interface as an object now"
            ],
        );
    }
}
