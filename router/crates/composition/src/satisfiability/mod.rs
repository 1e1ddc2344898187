//! Satisfiability: can every query of the API be answered by the subgraphs?
//!
//! A *state* is a type of the API together with the nodes at which an object of it is seen when
//! one gets there. From each root type, every field and every object type of an abstract type is
//! followed from all nodes at once, so a state stands for every query that leads to it, and
//! there are at most as many states as there are sets of nodes worth telling apart. A state is
//! skipped when one with fewer nodes of the same type has been seen: more nodes can only do more.
//!
//! ```text
//! users:  type Query { me: User }  type User @key(fields: "id") { id: ID! name: String }
//! music:  type User @key(fields: "id") { id: ID! favourites: Int }
//!
//! (Query, {users Query})  ── me ──▶  (User, {users User})
//!     closure by keys: {users User, music User}; id, name, favourites are all there. Proven.
//! ```
//!
//! It walks the graph that the planner plans over: what is proven here can be planned there.
//! Read [`walk`], then [`explain`] for what is said of a field that cannot be had.

mod explain;
mod walk;
mod witness;

#[cfg(test)]
mod tests;

use diagnostics::Problems;
use query_graph::QueryGraph;
use subgraph::Subgraph;
use supergraph::{Model, Supergraph};

/// The supergraph, when every field of its API can be reached; problems otherwise.
pub(crate) fn prove(
    model: Model,
    subgraphs: &[Subgraph],
    problems: &mut Problems,
) -> Option<Supergraph> {
    let graph = QueryGraph::build(&model);
    let findings = walk::walk(&model, &graph);
    for mismatch in &findings.mismatches {
        explain::report_mismatch(&model, &graph, subgraphs, mismatch, problems);
    }
    for dead_end in &findings.dead_ends {
        explain::report(&model, &graph, subgraphs, dead_end, problems);
    }
    let satisfiable = !problems.has_errors();
    satisfiable.then(|| Supergraph::assume_composed(model))
}
