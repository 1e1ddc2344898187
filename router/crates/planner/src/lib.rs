//! An operation and the query graph become a plan: which subgraph is asked what, after what.
//!
//! # A worked example
//! ```text
//! users:  type Query { me: User }  type User @key(fields: "id") { id: ID!  name: String }
//! music:  type User @key(fields: "id") { id: ID!  favourites: Int }
//! query   { me { name favourites } }
//! ```
//! 1. `tree`: the operation becomes *places* (root, `me`) with *wants*: `me` at the root, `name`
//!    and `favourites` at `me`.
//! 2. `ways`: by which rules each want can be had. `name` is only in `users`, which sees `me` by
//!    the field `me` of `(users Query)`. `favourites` is only in `music`, which sees `me` by a key
//!    jump, once `id` is had.
//! 3. `requests`: the fewest requests by which all wants can be had, in the fewest rounds: one to
//!    `users` in round 0 and one to `music` in round 1.
//! 4. `solve` and `open`: each want is connected to the root by the smallest way that these requests
//!    leave it (`price`). `name` opens a layer of `me` in the first request, `favourites` one in the
//!    second, for which `id` is asked for in the first.
//! 5. `emit`: the open layers become fetches, slots, positions and the answer's shape.
//!
//! # The cost
//! Fewest rounds on the longest path; then fewest requests, where everything that goes to one
//! subgraph in one round is one request; then fewest fields. Rounds and requests are the least there
//! can be, as long as the search for them has not used up its work; beyond that no request can be
//! left out. Fields are chosen want by want: what one has opened is there for the next. It ends: each
//! part says why where it begins. Its work grows with the rules, of which there are as many as there
//! are wants and views of places, never with a product of choices.
//!
//! Knows nothing of HTTP, of requests' values or of how plans are carried out.

mod emit;
mod layers;
mod open;
mod price;
mod requests;
mod solve;
mod tree;
mod ways;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use operation::Operation;
use plan::Plan;
use query_graph::QueryGraph;
use schema::Name;

/// Bounds and choices of one planning.
#[derive(Clone, Debug)]
pub struct Options {
    /// The progressive override labels that are on for the request; all others are off.
    pub labels_on: BTreeSet<String>,
    /// The most places and wants a plan may have: a bound on work and on the plan's size.
    pub max_wants: usize,
    /// The most ways by which what is wanted may be had, all together: a bound on work and memory
    /// where a schema has everything in many subgraphs.
    pub max_ways: usize,
    /// Set by who no longer waits for the plan: planning ends soon after.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Options {
    /// An error once nobody waits for the plan.
    fn check(&self) -> Result<(), PlanError> {
        match &self.stop {
            Some(stop) if stop.load(Ordering::Relaxed) => Err(PlanError::Stopped),
            _ => Ok(()),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            labels_on: BTreeSet::new(),
            max_wants: 60_000,
            max_ways: 1_000_000,
            stop: None,
        }
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No subgraph can be brought to resolve a field. Composition proves that this cannot be; a
    /// supergraph that someone else composed may break that promise.
    #[error(
        "no subgraph can resolve `{parent_type}.{field}` here: the supergraph is not satisfiable"
    )]
    Unreachable {
        /// The type that has the field.
        parent_type: Name,
        /// The field.
        field: Name,
    },
    /// The operation needs more than the limit allows.
    #[error("the operation is too large to plan: more than {limit} fields")]
    TooLarge {
        /// The limit that was passed.
        limit: usize,
    },
    /// What the operation needs can be had in more ways than the limit allows.
    #[error("the operation is too large to plan: there are more than {limit} ways to its fields")]
    TooManyWays {
        /// The limit that was passed.
        limit: usize,
    },
    /// Nobody waited for the plan any longer.
    #[error("planning was stopped")]
    Stopped,
}

/// The plan for `operation`.
///
/// # Errors
/// When a field cannot be had from any subgraph, or when a limit of `options` is passed.
pub fn plan(
    graph: &QueryGraph,
    operation: &Operation,
    options: &Options,
) -> Result<Plan, PlanError> {
    let mut by_type = tree::ByType::new();
    loop {
        let tree = tree::build(graph, operation, options, &by_type)?;
        let stuck = match solve::solve(graph, tree, operation.kind) {
            Ok(solution) => return Ok(emit::emit(graph, operation, &solution)),
            Err(stuck) => stuck,
        };
        // Ends, for each turn takes fields of the operation that were not taken before.
        let untaken = |fields: &Vec<tree::Path>| {
            let mut nearest_first = fields.iter().copied();
            nearest_first.find(|field| !by_type.contains(field))
        };
        let next: Option<Vec<_>> = stuck.wanted_whole.iter().map(untaken).collect();
        match next {
            Some(fields) if !fields.is_empty() => by_type.extend(fields),
            _ => return Err(stuck.error),
        }
    }
}
