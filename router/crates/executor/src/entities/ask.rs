//! Writes the representations of all objects at a position into a request's body.

use plan::FetchId;

use super::dedup::{Found, Representations};
use super::representation::{self, Source, Unavailable};
use crate::arena::{SlotValue, Store};
use crate::compile::fetches::EntityShape;
use crate::compile::request::separate;
use crate::compile::types::TypeId;
use crate::executable::Executable;
use crate::walk::{Route, Visited, each_object};

/// The most objects that are named one by one for having been left incomplete.
const MAX_LEFT_OUT: usize = 10;

/// What one list of entities was asked for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// For each slot that waits for an entity: its index in the arena, and which representation
    /// it waits for.
    pub(crate) places: Vec<(u32, u32)>,
    /// For each representation the type its entity must have, or none if any will do.
    pub(crate) expected: Vec<TypeId>,
    /// Objects that could not be looked up because a subgraph left out what is sent of them: that
    /// subgraph's fetch and the indices of the object. The first few only.
    pub(crate) left_out: Vec<(FetchId, Vec<u32>)>,
}

/// Appends the representations of the objects at the position, separated by commas. Objects that
/// cannot be looked up get their null at once.
pub(crate) fn ask(
    executable: &Executable,
    store: &mut Store,
    entity: &EntityShape,
    body: &mut Vec<u8>,
) -> Asked {
    let mut asked = Asked::default();
    let mut seen = Representations::new(executable.hash_seed);
    let route = Route {
        positions: &executable.positions,
        chain: &entity.chain,
        base: entity.base,
    };
    each_object(store, route, |mut visited| {
        ask_for_one(
            executable,
            entity,
            body,
            (&mut asked, &mut seen),
            &mut visited,
        );
    });
    asked
}

fn ask_for_one(
    executable: &Executable,
    entity: &EntityShape,
    body: &mut Vec<u8>,
    (asked, seen): (&mut Asked, &mut Representations),
    visited: &mut Visited<'_>,
) {
    let address = visited.first as usize + entity.attach.index();
    if visited.store.slot_at(address) != SlotValue::Unset {
        // Several places share this object, and the first of them has asked.
        return;
    }
    let position = entity.position();
    let mut type_id = visited
        .frames
        .type_of(visited.frame, executable.position(position));
    let is_to_come = type_id == TypeId::NONE;
    if is_to_come
        && let SlotValue::Object { type_id: read, .. } =
            visited.frames.get(visited.frame + entity.base.index())
    {
        // The layer that says the type is still to come, perhaps by this very fetch: an object
        // known through its interface only is looked up to learn what it is.
        type_id = read;
    }
    let Some(shape) = entity
        .representations
        .iter()
        .find(|it| it.on.contains(type_id))
    else {
        return;
    };
    let before = body.len();
    separate(body);
    let start = body.len();
    let mut source = Source {
        executable,
        store: visited.store,
        frames: visited.frames,
    };
    let written =
        representation::write(body, &mut source, shape, type_id, (position, visited.frame));
    let state = match written {
        Ok(()) => {
            let index = match seen.find_or_add(body, start..body.len()) {
                Found::Known(index) => {
                    body.truncate(before);
                    index
                }
                Found::Fresh(index) => {
                    asked.expected.push(match shape.sent_type {
                        None if !is_to_come => type_id,
                        // An interface's name was sent: any of its types may come back.
                        _ => TypeId::NONE,
                    });
                    index
                }
            };
            asked
                .places
                .push((u32::try_from(address).unwrap_or(u32::MAX), index));
            SlotValue::Pending
        }
        Err(unavailable) => {
            body.truncate(before);
            match unavailable {
                Unavailable::Null => SlotValue::Null,
                Unavailable::Failed => SlotValue::Failed,
                Unavailable::LeftOut { by } => {
                    if asked.left_out.len() < MAX_LEFT_OUT {
                        asked.left_out.push((by, visited.indices.to_vec()));
                    }
                    SlotValue::Failed
                }
            }
        }
    };
    if let Some(slot) = visited.store.arena.get_mut(address) {
        *slot = state;
    }
}
