//! The values of `join__Graph`: subgraph names made into GraphQL names that routers expect.

use std::collections::HashSet;

use schema::Name;
use subgraph::Subgraph;
use supergraph::Graph;

/// The subgraphs as the supergraph names them.
pub(super) fn graphs(subgraphs: &[Subgraph]) -> Vec<Graph> {
    let plain: Vec<String> = subgraphs.iter().map(|it| sanitize(&it.name)).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut graphs = Vec::new();
    for (index, subgraph) in subgraphs.iter().enumerate() {
        let name = &plain[index];
        let shared = plain.iter().filter(|other| *other == name).count() > 1;
        let mut value = name.clone();
        let mut number = 1_u32;
        while (shared && value == *name) || taken.contains(&value) {
            value = format!("{name}_{number}");
            number += 1;
        }
        taken.insert(value.clone());
        graphs.push(Graph {
            name: subgraph.name.to_string(),
            enum_value: Name::new(value),
            url: subgraph.url.clone(),
        });
    }
    graphs
}

/// Upper case, with `_` for what no name can have. A trailing `_1` gets another underscore, to
/// leave such endings to names that would otherwise be the same.
fn sanitize(name: &str) -> String {
    let mut value: String = name
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '_' })
        .collect();
    if value.starts_with(|it: char| it.is_ascii_digit()) {
        value.insert(0, '_');
    }
    let digits = value.trim_end_matches(|it: char| it.is_ascii_digit());
    if digits.len() < value.len() && digits.ends_with('_') {
        value.push('_');
    }
    value.to_ascii_uppercase()
}

#[test]
fn names_become_values() {
    for (name, value) in [
        ("users", "USERS"),
        ("a-b.c d", "A_B_C_D"),
        ("1st", "_1ST"),
        ("a_1", "A_1_"),
        ("a1", "A1"),
    ] {
        assert_eq!(sanitize(name), value);
    }
}

#[test]
fn equal_values_are_numbered() {
    let subgraph = |name| Subgraph::parse(name, "", "type Query { a: Int }").unwrap();
    let names: Vec<String> = graphs(&[subgraph("a-b"), subgraph("a.b"), subgraph("c")])
        .iter()
        .map(|it| it.enum_value.to_string())
        .collect();
    assert_eq!(names, ["A_B_1", "A_B_2", "C"]);
}
