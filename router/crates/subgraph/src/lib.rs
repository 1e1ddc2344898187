//! One subgraph's SDL becomes a typed model with a place for every node, or problems.
//!
//! [`Subgraph::parse`] is the way in. It reads in this order: `links` (which specifications, under
//! which names), `specifications` (what those define), `build` (the model), `graphql` (is it
//! valid GraphQL), `roots` (root types get their usual names), `derive` (what follows from the
//! federation directives). Federation 1 schemas stay as they are until `upgrade`,
//! which has to see all subgraphs.
//!
//! Knows nothing of how subgraphs are merged, nor of files.

mod build;
mod context;
mod derive;
mod graphql;
mod links;
mod model;
mod parse;
mod roots;
mod source;
mod specifications;
mod upgrade;

#[cfg(test)]
mod testing;

pub use context::ContextSelection;
pub use derive::{Selected, for_each_selected};
pub use graphql::nearest_name;
pub use links::{Import, Link, Links};
pub use model::*;
pub use source::Source;
pub use specifications::{FederationDirective, FederationVersion, definition_of};
pub use upgrade::upgrade;
