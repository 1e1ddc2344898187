//! The merged model: what composition makes, and what the query graph is built from.
//!
//! Read [`Model`], the plain data; [`Supergraph`] is the same with the promise that every field of
//! it can be reached. [`read`](Supergraph::read) takes supergraph SDL in, [`print`](Model::print) gives
//! it out, [`api_sdl`](Model::api_sdl) gives what clients see. Knows nothing of files or of
//! subgraphs' own SDL.

mod api;
mod join_specification;
mod links;
mod model;
mod print;
mod read;

pub use model::*;
pub use read::{ReadError, ReadErrorKind};
pub use schema::{SpecificationUrl, SubgraphId, Version};

/// A supergraph in which every field of the API can be reached by some plan.
#[derive(Clone, Debug)]
pub struct Supergraph(Model);

impl Supergraph {
    /// Declares that `model` has passed composition.
    ///
    /// The caller promises that the satisfiability check found every field reachable, or that the
    /// model was read from a supergraph whose composer made that promise.
    pub fn assume_composed(model: Model) -> Self {
        Self(model)
    }

    /// Reads supergraph SDL, of the join specification's versions 0.1 to 0.5.
    ///
    /// The text is taken at its word: that its fields can be reached was for its composer to check.
    ///
    /// # Errors
    /// Where and why the text is no GraphQL, is truncated, or is no supergraph.
    pub fn read(sdl: &str) -> Result<Self, ReadError> {
        read::model(sdl).map(Self)
    }

    /// The content.
    pub fn model(&self) -> &Model {
        &self.0
    }
}
