//! A query's life: find or make the plan, check the variables, execute.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use executor::Answer;
use http::HeaderMap;
use operation::RequestError;
use schema::{Name, OperationKind};
use tokio::time::Instant;

use super::exposed_plan::{self, Exposure};
use super::plan_cache::PlanKey;
use super::{Engine, PlanFailure, Planned, override_labels};
use crate::http::{GraphqlError, GraphqlRequest};

/// Tells whoever works for this that it is no longer waited for.
#[derive(Debug, Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How the request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// By GET, which must change nothing.
    Get,
    /// By POST.
    Post,
}

/// What becomes of a request that may be executed.
#[derive(Debug)]
pub(crate) enum Answered {
    /// This is the answer.
    With(Answer),
    /// It is a subscription, which [`Engine::subscribe`] begins.
    ByEvents(Arc<Planned>),
}

/// Why a request is not executed.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The document or the variables are at fault.
    Request(Vec<GraphqlError>),
    /// A mutation came by GET.
    MutationByGet,
    /// We are at fault; the log has said why.
    Internal,
}

impl Engine {
    /// Answers a request.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        request: &GraphqlRequest<'_>,
        method: Method,
        client_headers: &HeaderMap,
    ) -> Result<Answered, Refused> {
        let planned = self.plan(request).await?;
        if planned.kind() == OperationKind::Subscription {
            return Ok(Answered::ByEvents(planned));
        }
        self.permit(&planned, method)?;
        let exposure = if self.exposes_plans {
            Exposure::asked(client_headers)
        } else {
            None
        };
        let plan = planned.executable.plan();
        if exposure == Some(Exposure::Alone) {
            let alone = exposed_plan::alone(&self.graph.query_graph, plan);
            return Ok(Answered::With(alone));
        }
        let variables = self.variables(&planned, request)?;
        let introspection = self.introspection(&planned, &variables)?;
        let expose_errors = |subgraph| self.exposure.of(subgraph);
        let mut answer = executor::execute(
            &planned.executable,
            executor::Request {
                variables: &variables,
                introspection: &introspection,
                expose_errors: &expose_errors,
            },
            &self.subgraphs.for_request(client_headers),
        )
        .await;
        self.count_errors(&answer);
        if exposure == Some(Exposure::WithAnswer) {
            exposed_plan::add(&mut answer, &self.graph.query_graph, plan);
        }
        Ok(Answered::With(answer))
    }

    pub(super) fn count_errors(&self, answer: &Answer) {
        if answer.errors > 0 {
            let errors = &self.metrics.graphql_errors;
            errors.add("EXECUTION", answer.errors as u64);
        }
    }

    /// The plan for a request, for one set of override labels.
    pub(super) async fn plan(
        self: &Arc<Self>,
        request: &GraphqlRequest<'_>,
    ) -> Result<Arc<Planned>, Refused> {
        let key = PlanKey {
            text: &request.query,
            operation_name: request.operation_name.as_deref(),
            variant: self.labels.choose(override_labels::draw),
        };
        self.plans
            .get(key, &self.metrics, || self.make_plan(key))
            .await
            .map_err(|failure| match failure {
                PlanFailure::Request(errors) => {
                    Refused::Request(errors.iter().map(graphql_error).collect())
                }
                PlanFailure::TooLarge(message) => Refused::Request(vec![GraphqlError::new(
                    operation::ErrorCode::OperationTooComplex.as_str(),
                    message,
                )]),
                PlanFailure::Internal => Refused::Internal,
            })
    }

    /// Makes a plan away from the threads that answer requests, so that none of them waits for it.
    /// When this is no longer waited for, planning stops.
    async fn make_plan(self: &Arc<Self>, key: PlanKey<'_>) -> Result<Planned, PlanFailure> {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&self.planning).acquire_owned().await else {
            return Err(PlanFailure::Internal);
        };
        let started = Instant::now();
        let span = tracing::debug_span!("plan", graphql.document.bytes = key.text.len());
        let stop = StopOnDrop::default();
        let stopped = Arc::clone(&stop.0);
        let engine = Arc::clone(self);
        let text = key.text.to_owned();
        let operation_name = key.operation_name.map(ToOwned::to_owned);
        let variant = key.variant;
        let made = tokio::task::spawn_blocking(move || {
            // Held until the work ends, and not only until somebody gives up waiting for it.
            let _permit = permit;
            let _entered = span.entered();
            let key = PlanKey {
                text: &text,
                operation_name: operation_name.as_deref(),
                variant,
            };
            engine.make_plan_here(key, Some(stopped))
        })
        .await
        .unwrap_or_else(|error| {
            tracing::error!("planning broke off: {error}");
            Err(PlanFailure::Internal)
        });
        self.metrics.planning.record(started.elapsed());
        made
    }

    fn permit(&self, planned: &Planned, method: Method) -> Result<(), Refused> {
        let refuse = |code: &'static str, message: &'static str| {
            Err(Refused::Request(vec![GraphqlError::new(code, message)]))
        };
        if planned.kind() == OperationKind::Mutation && method == Method::Get {
            return Err(Refused::MutationByGet);
        }
        if planned.introspects && !self.introspection {
            return refuse(
                "INTROSPECTION_DISABLED",
                "Introspection is turned off; `supergraph.introspection: true` in the router's configuration turns it on.",
            );
        }
        Ok(())
    }

    pub(super) fn variables(
        &self,
        planned: &Planned,
        request: &GraphqlRequest<'_>,
    ) -> Result<Vec<(Name, Bytes)>, Refused> {
        operation::coerce_variables(
            &self.graph.api,
            &planned.prepared,
            request.variables.as_deref(),
        )
        .map_err(|errors| refused(&errors))
    }

    fn introspection(
        &self,
        planned: &Planned,
        variables: &[(Name, Bytes)],
    ) -> Result<Vec<(Name, Bytes)>, Refused> {
        if !planned.introspects {
            return Ok(Vec::new());
        }
        operation::introspect(&self.graph.api, &planned.prepared, variables)
            .map_err(|errors| refused(&errors))
    }
}

fn refused(errors: &[RequestError]) -> Refused {
    Refused::Request(errors.iter().map(graphql_error).collect())
}

fn graphql_error(error: &RequestError) -> GraphqlError {
    let mut graphql = GraphqlError::new(error.code.as_str(), error.message.clone());
    graphql.locations = error
        .locations
        .iter()
        .map(|place| crate::http::Location {
            line: place.line,
            column: place.column,
        })
        .collect();
    graphql
}
