//! The places of the answer at which objects stand.

use schema::Name;

use crate::FetchId;

/// Which of [`crate::Plan::positions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PositionId(pub u16);

impl PositionId {
    /// The root of the answer.
    pub const ROOT: Self = Self(0);

    /// The index in [`crate::Plan::positions`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Which of a position's [`Position::layers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId(pub u16);

impl LayerId {
    /// The index in [`Position::layers`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A numbered place in the objects of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

impl Slot {
    /// The index among the object's slots.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A place at which objects stand: the root, or below a field. Under lists, one place for all items.
#[derive(Clone, Debug)]
pub struct Position {
    /// The position it stands below; none for the root.
    pub parent: Option<PositionId>,
    /// The client's key for the field it stands below; none for the root, and for positions that
    /// only the plan needs. Error paths end before such a position.
    pub client_key: Option<Name>,
    /// How many lists are around each object here.
    pub list_depth: u8,
    /// How the objects are found; each layer stands after those it is found from.
    pub layers: Vec<Layer>,
    /// How the type of an object here is known.
    pub type_source: TypeSource,
}

/// One way of seeing a position: the objects that one fetch made for it.
#[derive(Clone, Debug)]
pub struct Layer {
    /// How its objects are found.
    pub source: LayerSource,
    /// The fetch that made them.
    pub fetch: FetchId,
}

/// How the objects of a layer are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerSource {
    /// The `data` of the layer's fetch: at the root, and where a field returns the query root again.
    /// There it is seen only where another layer has the field's own object.
    Data,
    /// In a slot of the parent position's layer, inside the position's lists. When a position has
    /// several such layers, their lists run in step.
    Field {
        /// The layer of the parent position.
        parent: LayerId,
        /// The slot there.
        slot: Slot,
    },
    /// The entity attached to the object in another layer of this position.
    Entity {
        /// The layer whose object the entity is attached to.
        base: LayerId,
        /// The slot there.
        slot: Slot,
    },
}

/// How the type of an object is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeSource {
    /// There is only one type it can be.
    Static(Name),
    /// The object in this layer says: the type that was read with it ([`crate::ReadObject`]).
    Layer(LayerId),
}
