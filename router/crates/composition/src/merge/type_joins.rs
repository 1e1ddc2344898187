//! `@join__type`: one for each subgraph and key.

use schema::SubgraphId;
use subgraph::TypeDefinition;
use supergraph::TypeJoin;

use super::Merge;
use super::across::{TypeAcross, ids};

impl Merge<'_, '_> {
    /// The joins of a type.
    pub(crate) fn type_joins(&self, ty: &TypeAcross<'_>) -> Vec<TypeJoin> {
        let mut joins = Vec::new();
        if ty.name == "Query" {
            // Every subgraph can be asked for entities, so every subgraph has a query root.
            for (graph, _) in ids(self.across.subgraphs) {
                match ty.in_subgraph(graph) {
                    Some(definition) => Self::joins_of(graph, definition, &mut joins),
                    None => joins.push(plain(graph)),
                }
            }
            return joins;
        }
        for (graph, definition) in &ty.sources {
            Self::joins_of(*graph, definition, &mut joins);
        }
        joins
    }

    fn joins_of(graph: SubgraphId, definition: &TypeDefinition, joins: &mut Vec<TypeJoin>) {
        let is_interface_object = definition.is_interface_object();
        for key in &definition.keys {
            joins.push(TypeJoin {
                key: key.fields.set().cloned(),
                extension: key.on_extension,
                resolvable: key.resolvable,
                is_interface_object,
                ..plain(graph)
            });
        }
        if definition.keys.is_empty() {
            joins.push(TypeJoin {
                is_interface_object,
                ..plain(graph)
            });
        }
    }
}

fn plain(graph: SubgraphId) -> TypeJoin {
    TypeJoin {
        graph,
        key: None,
        extension: false,
        resolvable: true,
        is_interface_object: false,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_types;

    #[test]
    fn each_key_is_a_join_and_every_subgraph_can_be_queried() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") @key(fields: "a b", resolvable: false) { id: ID a: Int b: Int }"#,
                ),
                ("b", r#"extend type T @key(fields: "id") { id: ID c: Int }"#),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  t: T @join__field(graph: A)
                }

                type T
                  @join__type(graph: A, key: "id")
                  @join__type(graph: A, key: "a b", resolvable: false)
                  @join__type(graph: B, key: "id", extension: true)
                {
                  id: ID
                  a: Int @join__field(graph: A)
                  b: Int @join__field(graph: A)
                  c: Int @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn the_query_root_may_have_keys_too() {
        check_types(
            [
                (
                    "a",
                    r#"type Query @key(fields: "id", resolvable: false) { id: ID! }"#,
                ),
                ("b", r#"type T { x: Int }"#),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A, key: "id", resolvable: false)
                  @join__type(graph: B)
                {
                  id: ID! @join__field(graph: A)
                }

                type T
                  @join__type(graph: B)
                {
                  x: Int
                }
            "#]],
        );
    }
}
