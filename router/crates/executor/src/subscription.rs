//! Subscriptions: one stream of events from one subgraph, each completed as a query would be.
//!
//! The GraphQL specification, section 6.2.3, splits a subscription into its source stream and the
//! response stream that is mapped from it. The source stream is the plan's first fetch: its request
//! is [`opening_request`], and whoever knows a transport opens it. An event's body reads as the
//! answer to that request would, so [`execute_event`] takes it up as such, and all that is left is
//! to make the other fetches.

use bytes::Bytes;
use plan::FetchId;
use schema::OperationKind;

use crate::answer::Answer;
use crate::client::{SendError, SubgraphClient, SubgraphRequest};
use crate::executable::Executable;
use crate::execute::{Request, carry_on};
use crate::fetch;
use crate::schedule::Schedule;
use crate::state::Execution;

/// What the subgraph of a subscription's root field is sent, so that it streams events. None when
/// the plan is no subscription's.
pub fn opening_request(executable: &Executable, request: Request<'_>) -> Option<SubgraphRequest> {
    let source = source(executable)?;
    fetch::start(
        &mut Execution::new(executable, request),
        source,
        request.variables,
    )
}

/// The answer that an event makes. `event` is what the subgraph sent, JSON with `data` and `errors`;
/// or why its stream does not go on, which a client is told as it is told of a query that failed.
///
/// As with [`execute`](crate::execute), what cannot be had is null, with an error that says why.
pub async fn execute_event<C: SubgraphClient>(
    executable: &Executable,
    request: Request<'_>,
    event: Result<Bytes, SendError>,
    client: &C,
) -> Answer {
    let mut execution = Execution::new(executable, request);
    let mut schedule = Schedule::new(&executable.fetches);
    if let Some(source) = source(executable) {
        schedule.start(source);
        fetch::finish(&mut execution, source, event);
        schedule.ended(&executable.fetches, source);
    }
    carry_on(&mut execution, &mut schedule, request, client).await
}

/// The fetch whose answers come as events.
fn source(executable: &Executable) -> Option<FetchId> {
    let mut numbered = (0..=u16::MAX).zip(&executable.fetches);
    numbered
        .find(|(_, fetch)| fetch.kind == OperationKind::Subscription)
        .map(|(index, _)| FetchId(index))
}
