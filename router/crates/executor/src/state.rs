//! What one execution knows while it runs.

use std::ops::Deref;
use std::sync::Arc;

use plan::FetchId;
use schema::SubgraphId;

use crate::arena::Store;
use crate::compile::fetches::FetchShape;
use crate::entities::Asked;
use crate::errors::{ClientError, MAX_ERRORS};
use crate::executable::Executable;
use crate::execute::Request;
use crate::inclusions::Inclusions;

/// The state of one execution.
pub(crate) struct Execution<'e> {
    pub(crate) executable: &'e Executable,
    pub(crate) included: Inclusions,
    pub(crate) store: Store,
    /// For each fetch what its lists of entities were asked for.
    pub(crate) asked: Vec<Vec<Asked>>,
    /// The fetches that were put together for this request only, with their ids.
    pub(crate) own_shapes: Vec<(FetchId, Arc<FetchShape>)>,
    /// For each fetch the errors that came of it.
    pub(crate) errors: Vec<Vec<ClientError>>,
    /// Whether clients may see what a subgraph says in its errors.
    pub(crate) expose_errors: &'e (dyn Fn(SubgraphId) -> bool + Sync),
}

/// A fetch of the plan, or one that was put together for one request.
#[derive(Clone, Debug)]
pub(crate) enum Shape<'e> {
    OfPlan(&'e FetchShape),
    Own(Arc<FetchShape>),
}

impl Deref for Shape<'_> {
    type Target = FetchShape;

    fn deref(&self) -> &FetchShape {
        match self {
            Self::OfPlan(shape) => shape,
            Self::Own(shape) => shape,
        }
    }
}

impl<'e> Execution<'e> {
    /// Nothing has been fetched.
    pub(crate) fn new(executable: &'e Executable, request: Request<'e>) -> Self {
        let fetches = executable.fetches.len();
        Self {
            executable,
            included: Inclusions::evaluate(executable.plan(), request.variables),
            store: Store::new(fetches, executable.slots.get(), executable.limits),
            asked: std::iter::repeat_with(Vec::new).take(fetches).collect(),
            own_shapes: Vec::new(),
            errors: std::iter::repeat_with(Vec::new).take(fetches).collect(),
            expose_errors: request.expose_errors,
        }
    }

    /// A fetch as it is sent.
    pub(crate) fn shape(&self, fetch: FetchId) -> Shape<'e> {
        match self.own_shapes.iter().find(|(id, _)| *id == fetch) {
            Some((_, shape)) => Shape::Own(shape.clone()),
            None => Shape::OfPlan(&self.executable.fetches[fetch.index()]),
        }
    }

    /// Adds errors that came of a fetch. One more than an answer may have is kept, which shows
    /// that there were more: what subgraphs send must not multiply in memory.
    pub(crate) fn tell(&mut self, fetch: FetchId, errors: impl IntoIterator<Item = ClientError>) {
        let told = &mut self.errors[fetch.index()];
        let room = (MAX_ERRORS + 1).saturating_sub(told.len());
        told.extend(errors.into_iter().take(room));
    }
}
