//! Where the graph comes from: a supergraph file, or subgraphs that are composed here.
//!
//! [`gather`] reads and fetches texts, [`compose`] turns them into a supergraph. Texts compare
//! equal when nothing has changed, which is how a reload knows that there is nothing to do.

mod compose;
mod gather;
mod introspect;
mod source;
mod supergraph_yaml;

pub(crate) use compose::{ComposeError, Composed, compose, render};
pub(crate) use gather::{Arrival, GatherError, Inputs, SubgraphText, gather, gather_from};
pub(crate) use source::Source;
pub(crate) use supergraph_yaml::{SchemaFrom, SupergraphYaml};
