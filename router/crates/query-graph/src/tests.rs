//! Nodes and moves of small supergraphs, and what can be reached over them.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use schema::{FieldSet, Name};
use supergraph::Supergraph;

use crate::reach::{Nodes, Reach};
use crate::{NodeId, QueryGraph};

/// The definitions that every supergraph repeats, and two subgraphs, `a` and `b`.
const JOIN: &str = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { A @join__graph(name: "a", url: "") B @join__graph(name: "b", url: "") }
"#;

fn graph(types: &str) -> QueryGraph {
    let supergraph = Supergraph::read(&format!("{JOIN}{types}")).expect("a supergraph");
    QueryGraph::build(supergraph.model())
}

/// Lists every node with its moves, and compares.
fn check(types: &str, expected: &Expect) {
    let graph = graph(types);
    let mut text = String::new();
    for index in 0..graph.len() {
        let node = graph.node(NodeId(u32::try_from(index).expect("few nodes")));
        let show = |id: NodeId| {
            let target = graph.node(id);
            let copy = if target.copy_of.is_some() {
                " (copy)"
            } else {
                ""
            };
            format!(
                "{} {}{copy}",
                graph.subgraph_name(target.subgraph),
                target.type_name
            )
        };
        let mut moves: Vec<String> = node
            .fields
            .values()
            .map(|field| {
                let target = field
                    .target
                    .map(|id| format!(" -> {}", show(id)))
                    .unwrap_or_default();
                let requires = field
                    .requires
                    .as_ref()
                    .map(|set| format!(" requires {{{set}}}"))
                    .unwrap_or_default();
                format!("{}{target}{requires}", field.name)
            })
            .collect();
        moves.sort();
        let keys: Vec<String> = node
            .keys
            .iter()
            .map(|key| format!(" key {{{key}}}"))
            .collect();
        let copy = if node.copy_of.is_some() {
            " (copy)"
        } else {
            ""
        };
        text.push_str(&format!(
            "{} {}{copy}{}: {}\n",
            graph.subgraph_name(node.subgraph),
            node.type_name,
            keys.join(""),
            moves.join(", ")
        ));
    }
    expected.assert_eq(&text);
}

/// The subgraphs at which an object can be seen that is seen in `from`.
fn closure(graph: &QueryGraph, type_name: &str, from: &str) -> Vec<String> {
    let nodes: Nodes = graph
        .nodes_of(type_name)
        .iter()
        .copied()
        .filter(|id| graph.subgraph_name(graph.node(*id).subgraph) == from)
        .collect();
    let reach = Reach::new(graph, BTreeSet::new());
    let closed = reach.closure(&Name::from(type_name), &nodes);
    closed
        .iter()
        .map(|id| graph.subgraph_name(graph.node(*id).subgraph).to_string())
        .collect()
}

#[test]
fn external_fields_are_no_moves_and_requirements_stay_with_theirs() {
    check(
        r#"
        type Query @join__type(graph: A) @join__type(graph: B) { me: User @join__field(graph: A) }
        type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
          id: ID!
          country: String @join__field(graph: A) @join__field(graph: B, external: true)
          tips: Int @join__field(graph: B, requires: "country")
        }"#,
        &expect![[r#"
            a Query: me -> a User
            b Query: 
            a User key {id}: country, id
            b User key {id}: id, tips requires {country}
        "#]],
    );
}

#[test]
fn provides_gives_a_field_a_target_of_its_own() {
    check(
        r#"
        type Query @join__type(graph: A) { best: Review @join__field(graph: A, provides: "author { name }") other: Review }
        type Review @join__type(graph: A) { author: User }
        type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
          id: ID!
          name: String @join__field(graph: A, external: true) @join__field(graph: B)
        }"#,
        &expect![[r#"
            a Query: best -> a Review (copy), other -> a Review
            a Review: author -> a User
            a User key {id}: id
            b User key {id}: id, name
            a User (copy) key {id}: id, name
            a Review (copy): author -> a User (copy)
        "#]],
    );
}

#[test]
fn an_interface_has_a_move_only_where_all_its_objects_have_it() {
    check(
        r#"
        type Query @join__type(graph: A) { nodes: [Node] }
        interface Node @join__type(graph: A) { id: ID! name: String }
        type One implements Node @join__type(graph: A) @join__implements(graph: A, interface: "Node") { id: ID! name: String }
        type Two implements Node @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__implements(graph: A, interface: "Node") {
          id: ID!
          name: String @join__field(graph: A, external: true) @join__field(graph: B)
        }"#,
        &expect![[r#"
            a Query: nodes -> a Node
            a Node: id
            a One: id, name
            a Two key {id}: id
            b Two key {id}: id, name
        "#]],
    );
}

#[test]
fn a_key_opens_the_other_subgraph() {
    let graph = graph(
        r#"
        type Query @join__type(graph: A) { me: User }
        type User @join__type(graph: A, key: "id") @join__type(graph: B, key: "id email") {
          id: ID!
          email: String @join__field(graph: B)
        }"#,
    );
    assert_eq!(
        closure(&graph, "User", "a"),
        ["a"],
        "`email` is only in `b` itself"
    );
    assert_eq!(closure(&graph, "User", "b"), ["a", "b"]);
}

#[test]
fn keys_that_go_round_in_circles_end() {
    let graph = graph(
        r#"
        type Query @join__type(graph: A) { t: T u: U }
        type T @join__type(graph: A) @join__type(graph: B, key: "u { t { x } }") {
          x: Int @join__field(graph: B)
          u: U
        }
        type U @join__type(graph: A) @join__type(graph: B, key: "t { u { y } }") {
          y: Int @join__field(graph: B)
          t: T
        }"#,
    );
    assert_eq!(closure(&graph, "T", "a"), ["a"]);
}

#[test]
fn a_requirement_that_needs_its_own_field_cannot_be_had() {
    let graph = graph(
        r#"
        type Query @join__type(graph: A) { t: T }
        type T @join__type(graph: A, key: "id") { id: ID! x: Int @join__field(graph: A, requires: "x") }"#,
    );
    let reach = Reach::new(&graph, BTreeSet::new());
    let nodes: Nodes = graph.nodes_of("T").iter().copied().collect();
    let items = |text: &str| FieldSet::parse(text).expect("a field set").items;
    assert!(reach.can_select(&Name::from("T"), &nodes, &items("id")));
    assert!(!reach.can_select(&Name::from("T"), &nodes, &items("x")));
}
