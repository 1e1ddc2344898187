//! How the subgraphs make up the API: one file per family of rules.
//!
//! A supergraph is composed, so whatever changes here, every field can still be reached. What can
//! still hurt is told: values that come from elsewhere, and routers that hold the old graph for a
//! moment longer than the subgraphs do.

pub(crate) mod access;
pub(crate) mod keys;
pub(crate) mod sources;
pub(crate) mod subgraphs;

use schema::SubgraphId;
use supergraph::Model;

/// The name of a subgraph. Ids mean nothing across two supergraphs, names do.
pub(crate) fn name_of(model: &Model, id: SubgraphId) -> Option<&str> {
    model
        .graphs
        .get(id.index())
        .map(|graph| graph.name.as_str())
}

/// Whether the supergraph has a subgraph of this name.
pub(crate) fn has_graph(model: &Model, name: &str) -> bool {
    model.graphs.iter().any(|graph| graph.name == name)
}
