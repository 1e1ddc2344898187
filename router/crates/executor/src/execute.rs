//! One execution: all fetches of a plan, then the answer.

use std::fmt;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use plan::{FetchId, PositionId};
use schema::{Name, SubgraphId};

use crate::answer::Answer;
use crate::arena::SlotValue;
use crate::client::{SendError, SubgraphClient, SubgraphRequest};
use crate::errors::write_errors;
use crate::executable::Executable;
use crate::fetch;
use crate::schedule::Schedule;
use crate::state::Execution;
use crate::write::{Output, write_data};

/// What a request brings to a plan.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// The client's variables, coerced, as JSON without white space around it. A variable that
    /// was not given and has no default is left out.
    pub variables: &'r [(Name, Bytes)],
    /// The answers to the fields that the router answers itself, by the client's key, as JSON.
    pub introspection: &'r [(Name, Bytes)],
    /// Whether clients may see what this subgraph says in its errors. Otherwise they get a text
    /// of ours, the code and the subgraph's name, and the log has the rest.
    pub expose_errors: &'r (dyn Fn(SubgraphId) -> bool + Sync),
}

impl fmt::Debug for Request<'_> {
    /// Names only: values can be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&Name> = self.variables.iter().map(|(name, _)| name).collect();
        f.debug_struct("Request")
            .field("variables", &names)
            .finish_non_exhaustive()
    }
}

/// Carries out a plan. Never fails: what cannot be had is null, with an error that says why.
///
/// All requests are polled in the caller's task; dropping the future cancels them.
pub async fn execute<C: SubgraphClient>(
    executable: &Executable,
    request: Request<'_>,
    client: &C,
) -> Answer {
    let mut execution = Execution::new(executable, request);
    let mut schedule = Schedule::new(&executable.fetches);
    carry_on(&mut execution, &mut schedule, request, client).await
}

/// Makes the fetches that have not been made, and writes the answer.
pub(crate) async fn carry_on<C: SubgraphClient>(
    execution: &mut Execution<'_>,
    schedule: &mut Schedule,
    request: Request<'_>,
    client: &C,
) -> Answer {
    let sent = fetch_all(execution, schedule, request, client).await;
    let answer = write_answer(execution, request, sent);
    execution
        .executable
        .slots
        .learn(execution.store.arena.len());
    answer
}

/// Sends what the plan says, in its order, until all has ended; gives how many were sent.
async fn fetch_all<C: SubgraphClient>(
    execution: &mut Execution<'_>,
    schedule: &mut Schedule,
    request: Request<'_>,
    client: &C,
) -> u32 {
    let executable = execution.executable;
    let mut in_flight = None;
    let mut flying = 0_usize;
    let mut sent = 0;
    loop {
        let mut held_back: Option<(FetchId, SubgraphRequest)> = None;
        while let Some(id) = schedule.next() {
            let Some(subgraph_request) = fetch::start(execution, id, request.variables) else {
                schedule.ended(&executable.fetches, id);
                continue;
            };
            sent += 1;
            if let Some((id, earlier)) = held_back.replace((id, subgraph_request)) {
                flying += 1;
                in_flight
                    .get_or_insert_with(FuturesUnordered::new)
                    .push(send(client, id, earlier));
            }
        }
        let (id, answer) = match (held_back, &mut in_flight) {
            // Nothing else is under way, so this one can be awaited where it stands.
            (Some((id, only)), _) if flying == 0 => send(client, id, only).await,
            (last, Some(in_flight)) => {
                if let Some((id, last)) = last {
                    flying += 1;
                    in_flight.push(send(client, id, last));
                }
                let Some(ended) = in_flight.next().await else {
                    return sent;
                };
                flying -= 1;
                ended
            }
            (_, None) => return sent,
        };
        fetch::finish(execution, id, answer);
        schedule.ended(&executable.fetches, id);
    }
}

async fn send<C: SubgraphClient>(
    client: &C,
    id: FetchId,
    request: SubgraphRequest,
) -> (FetchId, Result<Bytes, SendError>) {
    (id, client.send(request).await)
}

/// The body of the only fetch, if it is the client's answer just as it stands.
fn whole_answer(execution: &Execution<'_>) -> Option<Bytes> {
    let store = &execution.store;
    let [layer] = &execution.executable.position(PositionId::ROOT).layers[..] else {
        return None;
    };
    let SlotValue::Raw { start, end } = store.root_value(layer) else {
        return None;
    };
    let (start, end) = (start as usize, end as usize);
    let body = &store.bodies[layer.fetch.index()];
    let is_bare = body.get(..start) == Some(b"{\"data\":") && body.get(end..) == Some(b"}");
    let has_errors = execution.errors.iter().any(|it| !it.is_empty());
    let is_too_large = store.is_too_large || end - start > store.limits.max_data_bytes;
    (is_bare && !has_errors && !is_too_large).then(|| body.clone())
}

fn write_answer(execution: &Execution<'_>, request: Request<'_>, fetches: u32) -> Answer {
    let executable = execution.executable;
    if let Some(body) = whole_answer(execution) {
        return Answer {
            body: body.into(),
            errors: 0,
            data_is_null: false,
            fetches,
        };
    }
    let mut output = Output::with_capacity(executable.answer_size.get());
    output.text.extend_from_slice(b"{\"data\":");
    let written = write_data(execution, request.introspection, &mut output);
    // In the plan's order, so that it does not matter which subgraph was faster.
    let mut all = execution
        .errors
        .iter()
        .flatten()
        .chain(&written.errors)
        .peekable();
    let errors = if all.peek().is_some() {
        output.text.extend_from_slice(b",\"errors\":");
        write_errors(&mut output.text, all)
    } else {
        0
    };
    output.text.push(b'}');
    executable.answer_size.learn(output.text.len());
    Answer {
        body: output.finish(),
        errors,
        data_is_null: written.is_null,
        fetches,
    }
}
