//! The query plan: what the planner promises and the executor carries out. Types and text, no logic.
//!
//! A plan has three parts, and all of them refer to *positions*:
//!
//! - [`Position`]s are the places of the answer at which objects stand, such as `users.edges.node`,
//!   and the places only the plan needs, such as the object inside a compound key.
//! - [`Fetch`]es say what to ask of which subgraph, after which others, and into which *slots* of
//!   fresh objects the answer is read.
//! - [`WriteObject`] says from which slots the client's answer is written.
//!
//! # Layers
//! No fetch ever changes an object that another one made. Each fetch makes objects of its own, and
//! a position lists the *layers* it is seen through: the object read by the first fetch, the entity
//! that a second fetch returned for it, and so on. A layer is found from another layer, by a slot.
//! So two fetches that both select `address { … }` need no merging of trees: the position `address`
//! has two layers, and each field of it says in which layer it stands.
//!
//! Example. `{ me { name favouriteCount } }`, where `users` has `name` and `music` the count:
//!
//! ```text
//! fetch 0  users   { me { __typename id name } }
//! fetch 1  music   _entities: User → { favouriteCount }
//!
//! position 0  (root)   layer 0: data of fetch 0
//! position 1  me       layer 0: slot `me` of position 0, layer 0     → id, name, entity
//!                      layer 1: slot `entity` of position 1, layer 0 → favouriteCount
//! answer  { me: position 1 { name: layer 0, favouriteCount: layer 1 } }
//! ```
//!
//! Read [`fetch`], then [`position`], then [`mod@write`]. A plan prints (`Display`) as people know it, and
//! [`Plan::to_json`] gives the same to tools.

pub mod fetch;
mod json;
pub mod position;
mod text;
pub mod verify;
pub mod write;

pub use fetch::{
    ContextSource, ContextVariable, EntityFetch, EntityPieces, Fetch, FetchId, LeafKind, NUMBER,
    Pieces, ReadField, ReadObject, ReadValue, Representation, RepresentationField,
    RepresentationValue, Selection,
};
pub use position::{Layer, LayerId, LayerSource, Position, PositionId, Slot, TypeSource};
pub use verify::{Unsound, verify};
pub use write::{WriteField, WriteObject, WriteValue};

use schema::{Inclusion, Name, OperationKind};

/// Which of [`Plan::inclusions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InclusionId(pub u16);

/// How to answer one operation. Holds no client value: it serves every request with its text.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Query, mutation or subscription.
    pub kind: OperationKind,
    /// The requests; each stands after all it depends on.
    pub fetches: Vec<Fetch>,
    /// The places objects stand at; the first is the root. Each stands after its parent.
    pub positions: Vec<Position>,
    /// The formulas over Boolean variables on which fields and fetches hang.
    pub inclusions: Vec<Inclusion>,
    /// The client's answer.
    pub answer: WriteObject,
}

impl Plan {
    /// The fetch with this id.
    pub fn fetch(&self, id: FetchId) -> &Fetch {
        &self.fetches[id.index()]
    }

    /// The position with this id.
    pub fn position(&self, id: PositionId) -> &Position {
        &self.positions[id.index()]
    }

    /// The formula with this id.
    pub fn inclusion(&self, id: InclusionId) -> &Inclusion {
        &self.inclusions[usize::from(id.0)]
    }

    /// The response keys that the router answers itself, from the API schema (`__schema`, `__type`).
    pub fn introspection_keys(&self) -> impl Iterator<Item = &Name> {
        self.answer
            .fields
            .iter()
            .filter(|field| matches!(field.value, WriteValue::Introspection))
            .map(|field| &field.key)
    }
}
