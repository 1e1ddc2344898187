//! An operation that is ready to be executed, and how it is made.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use executor::Executable;
use operation::{Prepared, RequestError};
use plan::Plan;
use planner::PlanError;
use schema::OperationKind;

use super::Graph;

/// All that requests with one document, operation name and set of override labels share.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(super) prepared: Prepared,
    pub(super) executable: Executable,
    /// Whether `__schema` or `__type` is asked for.
    pub(super) introspects: bool,
}

/// Why there is no plan.
#[derive(Clone, Debug)]
pub(super) enum PlanFailure {
    /// The document is at fault.
    Request(Arc<[RequestError]>),
    /// The operation is over the planner's limit.
    TooLarge(String),
    /// We are at fault; the log has said why.
    Internal,
}

impl Planned {
    /// Parses, validates, normalises, plans and compiles. Gives up planning when `stop` is set.
    pub(super) fn make(
        graph: &Graph,
        limits: &operation::Limits,
        text: &str,
        operation_name: Option<&str>,
        labels_on: BTreeSet<String>,
        stop: Option<Arc<AtomicBool>>,
    ) -> Result<Self, PlanFailure> {
        let prepared = operation::prepare(&graph.api, text, operation_name, limits)
            .map_err(|errors| PlanFailure::Request(errors.into()))?;
        let options = planner::Options {
            labels_on,
            stop,
            ..planner::Options::default()
        };
        let plan =
            planner::plan(&graph.query_graph, &prepared.operation, &options).map_err(|error| {
                match error {
                    PlanError::TooLarge { .. } | PlanError::TooManyWays { .. } => {
                        PlanFailure::TooLarge(error.to_string())
                    }
                    // Nobody is there to be told.
                    PlanError::Stopped => PlanFailure::Internal,
                    PlanError::Unreachable { .. } => {
                        tracing::error!("an operation cannot be planned: {error}");
                        PlanFailure::Internal
                    }
                }
            })?;
        let introspects = plan.introspection_keys().next().is_some();
        Ok(Self {
            introspects,
            executable: Executable::compile(plan),
            prepared,
        })
    }

    /// What it does.
    pub(super) fn kind(&self) -> OperationKind {
        self.prepared.operation.kind
    }

    /// Its size in bytes, by estimation: what a plan holds grows with its documents, which stand
    /// in it as text, as selections and as shapes, and with the client's own text.
    pub(super) fn estimated_bytes(&self, text: &str) -> usize {
        const FIXED: usize = 2048;
        const PER_POSITION: usize = 512;
        let plan: &Plan = self.executable.plan();
        let documents: usize = plan.fetches.iter().map(|fetch| fetch.document.len()).sum();
        FIXED + text.len() * 12 + documents * 16 + plan.positions.len() * PER_POSITION
    }
}
