//! The committed supergraph and API schema are what the committed subgraph schemas compose to.
//!
//! Each subgraph's own tests keep `schema/subgraphs` fresh; this one keeps what follows from them.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::Path;

use support::environment::{UPDATE_SCHEMA, given};

#[test]
fn the_composed_schemas_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| {
        std::fs::read_to_string(root.join("schema").join(name)).expect("a committed schema")
    };
    let subgraphs = [("users", 4001), ("music", 4002)].map(|(name, port)| {
        let url = format!("http://127.0.0.1:{port}/graphql");
        subgraph::Subgraph::parse(name, &url, &read(&format!("subgraphs/{name}.graphql")))
            .unwrap_or_else(|problems| panic!("{name}: {problems:?}"))
    });
    let composition = composition::compose(&subgraphs);
    let Some(supergraph) = composition.supergraph else {
        panic!("the subgraphs do not compose: {:?}", composition.problems);
    };
    for (name, fresh) in [
        ("supergraph.graphql", supergraph.model().print()),
        ("api.graphql", supergraph.model().api_sdl()),
    ] {
        if given(UPDATE_SCHEMA).is_some() {
            std::fs::write(root.join("schema").join(name), &fresh)
                .expect("the schema can be written");
        }
        assert!(
            read(name) == fresh,
            "schema/{name} is stale: UPDATE_SCHEMA=1 cargo test --test schema writes it again"
        );
    }
}
