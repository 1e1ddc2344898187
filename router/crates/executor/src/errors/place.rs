//! Where in the client's answer something of a subgraph's answer belongs.
//!
//! `["_entities", 2, "name"]` of a subgraph is one or more places of the client: those of the
//! objects for which representation 2 was sent. They are not remembered while all goes well, but
//! found again here, by another walk over the same objects.

use std::collections::{BTreeMap, HashMap};

use plan::{FetchId, PositionId};

use crate::arena::{SlotValue, Store};
use crate::compile::fetches::EntityShape;
use crate::compile::read::{ReadShape, ValueShape};
use crate::entities::Asked;
use crate::errors::PathStep;
use crate::executable::Executable;
use crate::read::{Step, raw};
use crate::state::Execution;
use crate::walk::{Route, each_object};

/// The most places one error is told for.
pub(super) const MAX_PLACES: usize = 100;

/// A path in the client's answer.
pub(super) type ClientPath = Vec<PathStep>;

/// The places in the client's answer for each of some paths in a fetch's answer; at least one
/// for each, empty when it belongs nowhere in particular.
pub(super) fn client_paths(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    paths: &[Vec<Step>],
) -> Vec<Vec<ClientPath>> {
    let shape = execution.shape(fetch);
    if shape.entities.is_empty() {
        return paths
            .iter()
            .map(|path| vec![below(&shape.data, path, Vec::new())])
            .collect();
    }
    let bases = bases(execution, fetch, paths);
    paths
        .iter()
        .map(|path| {
            let Some((entity, rest)) = entity_of(&shape.data, path) else {
                // About the whole request: that was for one position, or for no single one.
                return vec![match &shape.entities[..] {
                    [only] => position_path(execution.executable, &only.chain, None).path,
                    _ => Vec::new(),
                }];
            };
            let entity_shape = &shape.entities[entity];
            let found = match rest {
                [Step::Index(index), rest @ ..] => bases
                    .get(&(entity, *index))
                    .zip(shape.entity_shape(entity))
                    .map(|(bases, read)| {
                        bases
                            .iter()
                            .map(|base| match base.is_whole {
                                true => below(read, rest, base.path.clone()),
                                false => base.path.clone(),
                            })
                            .collect()
                    }),
                _ => None,
            };
            found.unwrap_or_else(|| {
                vec![position_path(execution.executable, &entity_shape.chain, None).path]
            })
        })
        .collect()
}

/// The path of a position.
#[derive(Clone, Debug)]
pub(super) struct PositionPath {
    pub(super) path: ClientPath,
    /// Whether it leads to the position itself, and does not end before, at one that only the
    /// plan needs.
    is_whole: bool,
}

/// The path of the objects at the end of a chain of positions; without indices it leads into
/// every list at once.
pub(super) fn position_path(
    executable: &Executable,
    chain: &[PositionId],
    indices: Option<&[u32]>,
) -> PositionPath {
    let mut path = Vec::new();
    let mut indices = indices.map(|it| it.iter().copied());
    for id in chain.iter().skip(1) {
        let position = executable.position(*id);
        let Some(key) = &position.client_key else {
            return PositionPath {
                path,
                is_whole: false,
            };
        };
        path.push(PathStep::Key(key.clone()));
        if let Some(indices) = &mut indices {
            let here = indices.by_ref().take(usize::from(position.list_depth));
            path.extend(here.map(PathStep::Index));
        }
    }
    PositionPath {
        path,
        is_whole: true,
    }
}

/// The places that wait for entities of one list, in the order of the answer, each with its
/// representation. Those of the representations that `is_wanted`, and [`MAX_PLACES`] of each.
pub(super) fn places(
    executable: &Executable,
    store: &mut Store,
    entity: &EntityShape,
    asked: &Asked,
    is_wanted: impl Fn(u32) -> bool,
) -> Vec<(u32, PositionPath)> {
    let wanted: HashMap<u32, u32> = asked
        .places
        .iter()
        .copied()
        .filter(|(_, representation)| is_wanted(*representation))
        .collect();
    let route = Route {
        positions: &executable.positions,
        chain: &entity.chain,
        base: entity.base,
    };
    let mut found = Vec::new();
    let mut counts: HashMap<u32, usize> = HashMap::new();
    each_object(store, route, |visited| {
        let address = visited.first as usize + entity.attach.index();
        let representation = u32::try_from(address).ok().and_then(|it| wanted.get(&it));
        if let Some(representation) = representation {
            let count = counts.entry(*representation).or_default();
            *count += 1;
            if *count <= MAX_PLACES {
                let path = position_path(executable, &entity.chain, Some(visited.indices));
                found.push((*representation, path));
            }
        }
    });
    found
}

/// The places of all representations that some paths speak of, list by list.
fn bases(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    paths: &[Vec<Step>],
) -> BTreeMap<(usize, u32), Vec<PositionPath>> {
    let executable = execution.executable;
    let shape = execution.shape(fetch);
    let wanted: std::collections::BTreeSet<(usize, u32)> = paths
        .iter()
        .filter_map(|path| match entity_of(&shape.data, path)? {
            (entity, [Step::Index(index), ..]) => Some((entity, *index)),
            _ => None,
        })
        .collect();
    let mut found: BTreeMap<(usize, u32), Vec<PositionPath>> = BTreeMap::new();
    for (index, entity) in shape.entities.iter().enumerate() {
        let Some(asked) = execution.asked[fetch.index()].get(index) else {
            continue;
        };
        let is_wanted = |representation| wanted.contains(&(index, representation));
        if !wanted.iter().any(|(list, _)| *list == index) {
            continue;
        }
        let places = places(executable, &mut execution.store, entity, asked, is_wanted);
        for (representation, path) in places {
            found.entry((index, representation)).or_default().push(path);
        }
    }
    found
}

/// Which list of entities a path leads into, and how it goes on from there.
fn entity_of<'p>(data: &ReadShape, path: &'p [Step]) -> Option<(usize, &'p [Step])> {
    let (Step::Key(key), rest) = path.split_first()? else {
        return None;
    };
    let index = data
        .fields
        .iter()
        .position(|field| field.response_key == key.as_str())?;
    Some((index, rest))
}

/// Extends a client's path by one in a subgraph's answer, as far as the client asked for it.
fn below(shape: &ReadShape, path: &[Step], mut found: ClientPath) -> ClientPath {
    let mut shape = shape;
    let mut steps = path.iter().peekable();
    while let Some(Step::Key(key)) = steps.next() {
        let Some(field) = shape.field(key) else {
            break;
        };
        let Some(client_key) = &field.client_key else {
            break;
        };
        found.push(PathStep::Key(client_key.clone()));
        for _ in 0..field.list_depth {
            if let Some(Step::Index(index)) = steps.peek() {
                found.push(PathStep::Index(*index));
                steps.next();
            }
        }
        match &field.value {
            ValueShape::Object(object) => shape = object,
            _ => break,
        }
    }
    found
}

/// Marks the null that an error explains: the first one on its path, for nulls bubble up. Says
/// whether the path leads to a definite place; otherwise the error may explain any null.
pub(super) fn explain_null(
    store: &mut Store,
    fetch: FetchId,
    shape: &ReadShape,
    data: SlotValue,
    path: &[Step],
) -> bool {
    let mut shape = shape;
    let mut value = data;
    let mut steps = path.iter();
    loop {
        let first = match value {
            SlotValue::Object { first, .. } => first,
            // Given on as it stands, so that no null in it needs explaining.
            SlotValue::Raw { start, end } => {
                let json = store.text(fetch, start, end);
                return !path.is_empty() && raw::leads_somewhere(json, steps.as_slice());
            }
            _ => return true,
        };
        let Some(Step::Key(key)) = steps.next() else {
            // The error is about the object, which is there; but one with no path at all, or
            // one about a whole answer, may be about anything.
            return !path.is_empty();
        };
        let Some(field) = shape.field(key) else {
            return false;
        };
        let mut address = first as usize + field.slot.index();
        loop {
            value = store.slot_at(address);
            match value {
                SlotValue::Null | SlotValue::Unset => {
                    if let Some(slot) = store.arena.get_mut(address) {
                        *slot = SlotValue::Failed;
                    }
                    return true;
                }
                SlotValue::List { first, len } => match steps.next() {
                    Some(Step::Index(index)) if *index < len => {
                        address = first as usize + *index as usize;
                    }
                    _ => return false,
                },
                _ => break,
            }
        }
        match &field.value {
            ValueShape::Object(object) => shape = object,
            _ => return true,
        }
    }
}
