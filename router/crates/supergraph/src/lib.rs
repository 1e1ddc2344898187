//! The merged model: what composition makes, and what the query graph is built from.
//!
//! Read [`Model`], the plain data; [`Supergraph`] is the same with the promise that every field of
//! it can be reached. [`read`](Supergraph::read) takes supergraph SDL in, [`print`](Model::print) gives
//! it out, [`api`](Model::api_sdl) gives what clients see. Knows nothing of files or of subgraphs' own SDL.

mod model;

pub use model::*;
pub use schema::SubgraphId;

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

    /// The content.
    pub fn model(&self) -> &Model {
        &self.0
    }
}
