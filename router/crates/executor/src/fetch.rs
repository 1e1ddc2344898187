//! The two ends of a fetch: the request before it, and what its answer means for the others.

use bytes::Bytes;
use plan::FetchId;

use crate::arena::SlotValue;
use crate::client::{SendError, SubgraphRequest};
use crate::compile::request::separate;
use crate::contextual;
use crate::entities::{Asked, ask, attach};
use crate::errors::{
    Failure, report_errors, report_failure, report_faults, report_left_out, report_mismatch,
};
use crate::read::{Reply, read_reply};
use crate::state::Execution;

/// The request of a fetch; none when it need not be sent: left out by the client's variables, or
/// because nothing stands where it would look up entities.
pub(crate) fn start(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    variables: &[(schema::Name, Bytes)],
) -> Option<SubgraphRequest> {
    let shape = &execution.executable.fetches[fetch.index()];
    if !execution.included.holds(shape.inclusion) {
        return None;
    }
    let body = if shape.request.is_constant() {
        shape.request.head.clone()
    } else if let Some(contextual) = &shape.contextual {
        contextual::request(execution, fetch, contextual, variables)?
    } else {
        let mut body = Vec::with_capacity(shape.request_size.get() + shape.request.head.len());
        shape.request.begin(&mut body, variables);
        if !shape.entities.is_empty() && !ask_for_entities(execution, fetch, &mut body) {
            return None;
        }
        body.extend_from_slice(shape.request.tail);
        shape
            .request_size
            .learn(body.len() - shape.request.head.len());
        body.into()
    };
    Some(SubgraphRequest {
        subgraph: shape.subgraph,
        kind: shape.kind,
        body,
    })
}

/// Appends the variables that carry representations; says whether there are any.
fn ask_for_entities(execution: &mut Execution<'_>, fetch: FetchId, body: &mut Vec<u8>) -> bool {
    let executable = execution.executable;
    let shape = &executable.fetches[fetch.index()];
    let mut all = Vec::with_capacity(shape.entities.len());
    for (index, (entity, hole)) in shape
        .entities
        .iter()
        .zip(&shape.request.representations)
        .enumerate()
    {
        separate(body);
        body.extend_from_slice(&hole.key);
        body.push(b'[');
        let asked = if execution.included.holds(entity.inclusion) {
            ask(executable, &mut execution.store, entity, body)
        } else {
            Asked::default()
        };
        body.push(b']');
        if !asked.left_out.is_empty() {
            report_left_out(execution, fetch, index, &asked.left_out);
        }
        all.push(asked);
    }
    let is_any = all.iter().any(|asked| !asked.expected.is_empty());
    execution.asked[fetch.index()] = all;
    is_any
}

/// Takes up what a fetch brought.
pub(crate) fn finish(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    answer: Result<Bytes, SendError>,
) {
    if let Err(failure) = take_up(execution, fetch, answer) {
        report_failure(execution, fetch, &failure);
    }
}

fn take_up(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    answer: Result<Bytes, SendError>,
) -> Result<(), Failure> {
    let executable = execution.executable;
    let shape = execution.shape(fetch);
    execution.store.bodies[fetch.index()] = answer?;
    let Reply {
        data,
        errors,
        faults,
        more_faults,
    } = read_reply(&mut execution.store, &executable.types, fetch, &shape)?;
    let data = match data {
        SlotValue::Null | SlotValue::Unset if errors.is_none() => return Err(Failure::NoData),
        // The errors say why.
        SlotValue::Null | SlotValue::Unset => SlotValue::Failed,
        SlotValue::Failed if faults.iter().any(|fault| fault.path.is_empty()) => {
            return Err(Failure::DataIsNoObject);
        }
        data => data,
    };
    execution.store.data[fetch.index()] = data;
    if let Some(range) = errors {
        report_errors(execution, fetch, data, range);
    }
    if !faults.is_empty() {
        report_faults(execution, fetch, faults, more_faults);
    }
    attach_entities(execution, fetch, data);
    Ok(())
}

fn attach_entities(execution: &mut Execution<'_>, fetch: FetchId, data: SlotValue) {
    let shape = execution.shape(fetch);
    // Needed no more once this fetch has ended: only its own errors speak of representations.
    let all = std::mem::take(&mut execution.asked[fetch.index()]);
    for (index, asked) in all.iter().enumerate() {
        if asked.places.is_empty() {
            continue;
        }
        let Some(field) = shape.data.fields.get(index) else {
            continue;
        };
        let list = match execution.store.slot_of(data, field.slot) {
            // An error that may be about anything may be about this.
            value if execution.store.explains_null(value, fetch) => SlotValue::Failed,
            value => value,
        };
        if let Some(mismatch) = attach(&mut execution.store, asked, list) {
            report_mismatch(execution, fetch, index, asked, &mismatch);
        }
    }
}
