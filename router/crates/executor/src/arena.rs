//! Where everything that was read stands: slots that point into the bodies.

use bytes::Bytes;
use plan::{FetchId, Slot};

use crate::compile::types::TypeId;
use crate::limits::Limits;
use crate::short::push_between;

/// The content of one slot. Offsets are into the body of the fetch that read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotValue {
    /// Nothing was read or attached.
    Unset,
    /// Asked for in a request that is under way.
    Pending,
    /// Null by its own right.
    Null,
    /// Null because of an error that has been reported.
    Failed,
    /// JSON that is given on as it stands: a leaf, or a list of leaves none of which is null.
    Raw { start: u32, end: u32 },
    /// Fields of an object from this one on, keys included, that are given on as they stand.
    Run { start: u32, end: u32 },
    /// A number that stands for an ID, and is given on as a string.
    NumberId { start: u32, end: u32 },
    /// Consecutive slots.
    List { first: u32, len: u32 },
    /// Consecutive slots, one for each that the shape names.
    Object { first: u32, type_id: TypeId },
}

const _: () = assert!(size_of::<SlotValue>() <= 12);

impl SlotValue {
    /// Whether an object stands here.
    pub(crate) fn is_object(self) -> bool {
        matches!(self, Self::Object { .. })
    }
}

/// All that was read in one execution.
#[derive(Debug)]
pub(crate) struct Store {
    /// The slots.
    pub(crate) arena: Vec<SlotValue>,
    /// The body of each fetch; empty for those that have none.
    pub(crate) bodies: Vec<Bytes>,
    /// What `data` of each fetch is.
    pub(crate) data: Vec<SlotValue>,
    /// Whether a fetch came with an error whose place is not known, so that any null of it may
    /// be explained by that error.
    pub(crate) has_unplaced_error: Vec<bool>,
    /// Names of types that the plan does not know.
    pub(crate) foreign_types: Vec<ForeignType>,
    /// What may be used.
    pub(crate) limits: Limits,
    /// Whether more objects were met than may be visited.
    pub(crate) is_too_large: bool,
}

/// A type's name as a subgraph gave it: a slice of its body, quotes included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForeignType {
    pub(crate) fetch: FetchId,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Store {
    /// An empty store for a plan with so many fetches, with room for so many slots.
    pub(crate) fn new(fetches: usize, slots: usize, limits: Limits) -> Self {
        Self {
            arena: Vec::with_capacity(slots),
            bodies: vec![Bytes::new(); fetches],
            data: vec![SlotValue::Unset; fetches],
            has_unplaced_error: vec![false; fetches],
            foreign_types: Vec::new(),
            limits,
            is_too_large: false,
        }
    }

    /// The text between two offsets of a body.
    pub(crate) fn text(&self, fetch: FetchId, start: u32, end: u32) -> &[u8] {
        self.bodies[fetch.index()]
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Appends the text between two offsets of a body.
    #[inline]
    pub(crate) fn push_text(&self, out: &mut Vec<u8>, fetch: FetchId, start: u32, end: u32) {
        push_between(out, &self.bodies[fetch.index()], start, end);
    }

    /// What stands in a slot of an object. Without the object: null, or failed if that failed.
    ///
    /// So [`SlotValue::Unset`] means that the object is there and the subgraph left the field out.
    pub(crate) fn slot_of(&self, object: SlotValue, slot: Slot) -> SlotValue {
        match object {
            SlotValue::Object { first, .. } => self.slot_at(first as usize + slot.index()),
            SlotValue::Failed => SlotValue::Failed,
            _ => SlotValue::Null,
        }
    }

    /// What stands at an index of the arena.
    pub(crate) fn slot_at(&self, index: usize) -> SlotValue {
        self.arena.get(index).copied().unwrap_or(SlotValue::Null)
    }

    /// Whether a null read by this fetch needs no error of its own.
    pub(crate) fn explains_null(&self, value: SlotValue, fetch: FetchId) -> bool {
        match value {
            SlotValue::Failed => true,
            SlotValue::Null => self.has_unplaced_error[fetch.index()],
            _ => false,
        }
    }

    /// The value in a layer at the root.
    pub(crate) fn root_value(&self, layer: &plan::Layer) -> SlotValue {
        match self.data[layer.fetch.index()] {
            // The fetch was not sent, so that nothing in the answer asks for its fields.
            SlotValue::Unset => SlotValue::Null,
            value => value,
        }
    }
}
