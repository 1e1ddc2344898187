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
    /// For each representation the type its entity must have; none when an interface's name was
    /// sent, so that any of its types may come back.
    pub(crate) expected: Vec<TypeId>,
    /// Objects that could not be looked up because a subgraph left out what is sent of them: that
    /// subgraph's fetch and the indices of the object. The first few only.
    pub(crate) left_out: Vec<(FetchId, Vec<u32>)>,
}

/// A list of entities whose representations are written.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) executable: &'a Executable,
    pub(super) entity: &'a EntityShape,
}

/// Representations that are sent together.
pub(super) struct Batch<'b> {
    pub(super) body: &'b mut Vec<u8>,
    pub(super) seen: &'b mut Representations,
    pub(super) asked: &'b mut Asked,
}

/// The type by which an object is looked up.
#[derive(Clone, Copy)]
struct LookedUpBy {
    type_id: TypeId,
    /// Whether that is its type, and not only the interface by which it is known so far.
    is_certain: bool,
}

/// Appends the representations of the objects at the position, separated by commas. Objects that
/// cannot be looked up get their null at once.
pub(crate) fn ask(
    executable: &Executable,
    store: &mut Store,
    entity: &EntityShape,
    body: &mut Vec<u8>,
) -> Asked {
    let asking = Asking { executable, entity };
    let representations = entity.representations_size.entries();
    let mut seen = Representations::new(executable.hash_seed, representations);
    let mut asked = Asked {
        places: Vec::with_capacity(entity.places_size.entries()),
        expected: Vec::with_capacity(representations),
        left_out: Vec::new(),
    };
    each_object(store, asking.route(), |mut visited| {
        if asking.waits(&visited) {
            let batch = Batch {
                body,
                seen: &mut seen,
                asked: &mut asked,
            };
            asking.object(&mut visited, batch);
        }
    });
    entity.places_size.learn(asked.places.len());
    entity.representations_size.learn(seen.len());
    asked
}

impl<'a> Asking<'a> {
    /// Where the objects are found.
    pub(super) fn route(&self) -> Route<'a> {
        Route {
            positions: &self.executable.positions,
            chain: &self.entity.chain,
            base: self.entity.base,
        }
    }

    /// Where the object's entity goes.
    pub(super) fn address(&self, visited: &Visited<'_>) -> usize {
        visited.first as usize + self.entity.attach.index()
    }

    /// Whether the object has not been asked for: of several places that share it, the first asks.
    pub(super) fn waits(&self, visited: &Visited<'_>) -> bool {
        visited.store.slot_at(self.address(visited)) == SlotValue::Unset
    }

    /// Adds the object's representation, if there is one for its type.
    pub(super) fn object(&self, visited: &mut Visited<'_>, batch: Batch<'_>) {
        let address = self.address(visited);
        let Batch { body, seen, asked } = batch;
        let by = self.looked_up_by(visited);
        let mut representations = self.entity.representations.iter();
        let Some(shape) = representations.find(|it| it.on.contains(by.type_id)) else {
            return;
        };
        let before = body.len();
        separate(body);
        let start = body.len();
        let mut source = Source {
            executable: self.executable,
            store: visited.store,
            frames: visited.frames,
        };
        let place = (self.entity.position(), visited.frame);
        let written = representation::write(body, &mut source, shape, by.type_id, place);
        let state = match written {
            Ok(()) => {
                let index = match seen.find_or_add(body, start..body.len()) {
                    Found::Known(index) => {
                        body.truncate(before);
                        index
                    }
                    Found::Fresh(index) => {
                        let is_own = by.is_certain && shape.sent_type.is_none();
                        let expected = if is_own { by.type_id } else { TypeId::NONE };
                        asked.expected.push(expected);
                        index
                    }
                };
                let address = u32::try_from(address).unwrap_or(u32::MAX);
                asked.places.push((address, index));
                SlotValue::Pending
            }
            Err(unavailable) => {
                body.truncate(before);
                asked.without(unavailable, visited.indices)
            }
        };
        if let Some(slot) = visited.store.arena.get_mut(address) {
            *slot = state;
        }
    }

    fn looked_up_by(&self, visited: &Visited<'_>) -> LookedUpBy {
        let position = self.executable.position(self.entity.position());
        let type_id = visited.frames.type_of(visited.frame, position);
        if type_id != TypeId::NONE {
            return LookedUpBy {
                type_id,
                is_certain: true,
            };
        }
        // The layer that says the type is still to come, perhaps by this very fetch: an object
        // known by its interface only is looked up to learn what it is.
        let base = visited.frame + self.entity.base.index();
        LookedUpBy {
            type_id: match visited.frames.get(base) {
                SlotValue::Object { type_id, .. } => type_id,
                _ => TypeId::NONE,
            },
            is_certain: false,
        }
    }
}

impl Asked {
    /// What stands in place of an entity that cannot be asked for.
    pub(super) fn without(&mut self, unavailable: Unavailable, indices: &[u32]) -> SlotValue {
        match unavailable {
            Unavailable::Null => SlotValue::Null,
            Unavailable::Failed => SlotValue::Failed,
            Unavailable::LeftOut { by } => {
                if self.left_out.len() < MAX_LEFT_OUT {
                    self.left_out.push((by, indices.to_vec()));
                }
                SlotValue::Failed
            }
        }
    }
}
