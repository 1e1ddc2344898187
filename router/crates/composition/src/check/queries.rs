//! `NO_QUERIES`: a graph that cannot be asked anything.

use diagnostics::{Code, Problems};
use subgraph::Subgraph;
use supergraph::Model;

/// Checks that there is a query.
pub(super) fn check(model: &Model, subgraphs: &[Subgraph], problems: &mut Problems) {
    if model.types.contains_key("Query") {
        return;
    }
    let problem = problems.error(
        Code::NoQueries,
        "Query",
        "No subgraph has a query: at least one must define a field of `Query`.",
    );
    for subgraph in subgraphs {
        problem.point_at(&subgraph.span(), "no query here");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn there_must_be_something_to_ask() {
        check(
            [("a", "type T { x: Int }"), ("b", "type U { x: Int }")],
            &expect![[r#"
                NO_QUERIES Query: No subgraph has a query: at least one must define a field of `Query`.
                  --> a:2:1 no query here
                  --> b:2:1 no query here
            "#]],
        );
    }
}
