//! A query's life: find or make the plan, check the variables, execute.

use std::sync::Arc;

use bytes::Bytes;
use executor::Answer;
use http::HeaderMap;
use operation::RequestError;
use schema::{Name, OperationKind};
use tokio::time::Instant;

use super::{Engine, PlanFailure, Planned};
use crate::http::{GraphqlError, GraphqlRequest};

/// Texts up to this size are planned where they are: moving to another thread would cost more.
const SMALL_TEXT: usize = 1024;

/// How the request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// By GET, which must change nothing.
    Get,
    /// By POST.
    Post,
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
    ) -> Result<Answer, Refused> {
        let planned = self
            .plan(&request.query, request.operation_name.as_deref())
            .await?;
        self.permit(&planned, method)?;
        let variables = self.variables(&planned, request)?;
        let introspection = self.introspection(&planned, &variables)?;
        let expose_errors = |subgraph| self.exposure.of(subgraph);
        let answer = executor::execute(
            &planned.executable,
            executor::Request {
                variables: &variables,
                introspection: &introspection,
                expose_errors: &expose_errors,
            },
            &self.subgraphs.for_request(client_headers),
        )
        .await;
        if answer.errors > 0 {
            self.metrics
                .graphql_errors
                .add("EXECUTION", answer.errors as u64);
        }
        Ok(answer)
    }

    async fn plan(
        self: &Arc<Self>,
        text: &str,
        operation_name: Option<&str>,
    ) -> Result<Arc<Planned>, Refused> {
        self.plans
            .get(text, operation_name, &self.metrics, || {
                self.make_plan(text, operation_name)
            })
            .await
            .map_err(|failure| match failure {
                PlanFailure::Request(errors) => {
                    Refused::Request(errors.iter().map(graphql_error).collect())
                }
                PlanFailure::TooLarge(message) => Refused::Request(vec![GraphqlError::new(
                    operation::ErrorCode::OperationTooComplex.as_str(),
                    message,
                )]),
                PlanFailure::NotSupported(message) => {
                    Refused::Request(vec![GraphqlError::new("NOT_SUPPORTED", message)])
                }
                PlanFailure::Internal => Refused::Internal,
            })
    }

    async fn make_plan(
        self: &Arc<Self>,
        text: &str,
        operation_name: Option<&str>,
    ) -> Result<Planned, PlanFailure> {
        // The semaphore is never closed.
        let Ok(_permit) = self.planning.acquire().await else {
            return Err(PlanFailure::Internal);
        };
        let started = Instant::now();
        let span = tracing::debug_span!("plan", graphql.document.bytes = text.len());
        let made = if text.len() <= SMALL_TEXT {
            span.in_scope(|| Planned::make(&self.graph, &self.limits, text, operation_name))
        } else {
            let engine = Arc::clone(self);
            let text = text.to_owned();
            let operation_name = operation_name.map(ToOwned::to_owned);
            tokio::task::spawn_blocking(move || {
                let _entered = span.entered();
                Planned::make(
                    &engine.graph,
                    &engine.limits,
                    &text,
                    operation_name.as_deref(),
                )
            })
            .await
            .unwrap_or_else(|error| {
                tracing::error!("planning broke off: {error}");
                Err(PlanFailure::Internal)
            })
        };
        self.metrics.planning.record(started.elapsed());
        made
    }

    fn permit(&self, planned: &Planned, method: Method) -> Result<(), Refused> {
        let refuse = |code: &'static str, message: &'static str| {
            Err(Refused::Request(vec![GraphqlError::new(code, message)]))
        };
        match (planned.kind(), method) {
            (OperationKind::Mutation, Method::Get) => return Err(Refused::MutationByGet),
            (OperationKind::Subscription, _) => {
                return refuse(
                    "SUBSCRIPTIONS_NOT_SUPPORTED",
                    "This router does not serve subscriptions.",
                );
            }
            _ => {}
        }
        if planned.introspects && !self.introspection {
            return refuse(
                "INTROSPECTION_DISABLED",
                "Introspection is turned off; `supergraph.introspection: true` in the router's configuration turns it on.",
            );
        }
        Ok(())
    }

    fn variables(
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
