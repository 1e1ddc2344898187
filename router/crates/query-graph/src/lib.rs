//! The supergraph as nodes and moves: what satisfiability proves over and the planner plans over.
//!
//! A [`Node`] is a type as one subgraph knows it. From a node one can
//!
//! - follow a field the subgraph resolves ([`Field`]), perhaps only once it has been told what the
//!   field requires;
//! - narrow an abstract type to one of its object types in that subgraph ([`Node::casts`]);
//! - jump to another subgraph's view of the same object ([`QueryGraph::entries`]), when a key of
//!   that view can be had from the views one already has;
//! - jump to any subgraph's root type from a root type.
//!
//! `@provides` gives a field a target of its own: a copy of the node with more fields. `@external`
//! and overridden fields have no move.
//!
//! ```text
//! users:  type Query { me: User }  type User @key(fields: "id") { id: ID! name: String }
//! music:  type User @key(fields: "id") { id: ID! favourites: Int }
//!
//! (users Query) --me--> (users User) --id, name--> ·
//!                            | key {id}
//!                            v
//!                       (music User) --id, favourites--> ·
//! ```
//!
//! Read [`Node`], then `build` for how a [`Model`](supergraph::Model) becomes nodes, then [`reach`]
//! for what can be had from a set of views of one object.

mod build;
mod context;
mod graph;
pub mod reach;
mod types;

#[cfg(test)]
mod tests;

pub use graph::{ContextArgument, Field, Node, NodeId, NodeKind, OverrideLabel, QueryGraph};
pub use types::{LeafType, TypeFacts, TypeFactsKind};
