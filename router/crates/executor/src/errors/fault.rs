//! Values, and lists of entities, that are not what was due.

use plan::FetchId;

use super::client_error::{ClientError, code};
use super::place::{self, client_paths, position_path};
use crate::compile::fetches::{EntityShape, FetchShape};
use crate::entities::{Asked, Mismatch};
use crate::read::{Fault, Problem};
use crate::state::Execution;

/// Up to so many places are named one by one when a whole list of entities is of no use.
pub(super) const FEW_PLACES: usize = 8;

/// Tells the faults that were found while a fetch's answer was read.
pub(crate) fn report_faults(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    faults: Vec<Fault>,
    more: usize,
) {
    let shape = execution.shape(fetch);
    let errors: Vec<ClientError> = faults
        .iter()
        .map(|fault| malformed(&shape, &text(&fault.problem)))
        .collect();
    let paths: Vec<_> = faults.into_iter().map(|fault| fault.path).collect();
    tracing::warn!(
        subgraph.name = %shape.subgraph_name,
        subgraph.faults = paths.len() + more,
        subgraph.error.path = ?paths.first(),
        "a subgraph answered with values of a wrong kind"
    );
    let places = client_paths(execution, fetch, &paths);
    let told = errors
        .iter()
        .zip(places)
        .flat_map(|(error, places)| places.into_iter().map(|path| error.at(path)));
    execution.tell(fetch, told);
    if more > 0 {
        let text = format!("answered with {more} more values of a wrong kind");
        execution.tell(fetch, [malformed(&shape, &text)]);
    }
}

/// Tells that a list of entities does not fit what was asked for.
pub(crate) fn report_mismatch(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    entity: usize,
    asked: &Asked,
    mismatch: &Mismatch,
) {
    let executable = execution.executable;
    let shape = execution.shape(fetch);
    let entity = &shape.entities[entity];
    let text = match mismatch {
        Mismatch::NoList => "gave no list of entities".to_owned(),
        Mismatch::Length { asked, came } => {
            format!("was asked for {asked} entities and answered with {came}")
        }
        Mismatch::Types { .. } => "answered with an entity of another type".to_owned(),
    };
    let error = malformed(&shape, &text);
    tracing::warn!(
        subgraph.name = %shape.subgraph_name,
        mismatch = ?mismatch,
        "a subgraph's entities are not those it was asked for"
    );
    let paths: Vec<_> = match mismatch {
        Mismatch::Types { representations } => {
            place::places(executable, &mut execution.store, entity, asked, |it| {
                representations.binary_search(&it).is_ok()
            })
            .into_iter()
            .map(|(_, it)| it.path)
            .collect()
        }
        _ => all_places(execution, entity, asked),
    };
    let told = paths.into_iter().map(|path| error.at(path));
    execution.tell(fetch, told);
}

/// The places that wait for a list of entities where they are few, else their position's path.
pub(super) fn all_places(
    execution: &mut Execution<'_>,
    entity: &EntityShape,
    asked: &Asked,
) -> Vec<place::ClientPath> {
    let executable = execution.executable;
    if asked.places.is_empty() {
        return Vec::new();
    }
    if asked.places.len() <= FEW_PLACES {
        let places = place::places(executable, &mut execution.store, entity, asked, |_| true);
        let paths: Vec<_> = places.into_iter().map(|(_, it)| it.path).collect();
        if paths.len() <= FEW_PLACES {
            return paths;
        }
    }
    vec![position_path(executable, &entity.chain, None).path]
}

/// Tells which objects could not be looked up because a subgraph left out what is sent of them.
pub(crate) fn report_left_out(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    entity: usize,
    left_out: &[(FetchId, Vec<u32>)],
) {
    let executable = execution.executable;
    let chain = &executable.fetches[fetch.index()].entities[entity].chain;
    for (by, indices) in left_out {
        let error = malformed(
            &executable.fetches[by.index()],
            "left out a field that it was asked for",
        );
        let path = position_path(executable, chain, Some(indices)).path;
        execution.tell(fetch, [error.at(path)]);
    }
}

fn malformed(shape: &FetchShape, text: &str) -> ClientError {
    let message = format!("The subgraph \"{}\" {text}.", shape.subgraph_name);
    ClientError::new(message, code::MALFORMED_RESPONSE).by_service(&shape.subgraph_name)
}

fn text(problem: &Problem) -> String {
    match problem {
        Problem::WrongKind { due } => format!("answered with something else where {due} was due"),
        Problem::NoTypeName => "did not say the type of an object".to_owned(),
        Problem::OtherType { due } => {
            format!("answered with an object of another type where {due} was due")
        }
    }
}
