//! The client's answer: which slots it is written from, and where null may stand.

use schema::{Name, Type, TypeSet};

use crate::{InclusionId, LayerId, PositionId, Slot};

/// An object of the answer.
#[derive(Clone, Debug)]
pub struct WriteObject {
    /// Where it stands. Null when no layer of the position has an object, or when its type is
    /// not one that clients may see.
    pub position: PositionId,
    /// The types that clients may see here, at a position whose type is only known at run time;
    /// without meaning at other positions.
    pub possible_types: Option<TypeSet>,
    /// Its fields in the client's order. Entries with one key are for disjoint types, or have
    /// inclusions that exclude each other.
    pub fields: Vec<WriteField>,
}

/// A field of the answer.
#[derive(Clone, Debug)]
pub struct WriteField {
    /// The client's key for it.
    pub key: Name,
    /// The type that has the field, for messages.
    pub parent_type: Name,
    /// The field's name, for messages.
    pub name: Name,
    /// The objects that have it, by their type; none for all.
    pub on: Option<TypeSet>,
    /// In the answer only when this holds.
    pub inclusion: Option<InclusionId>,
    /// Its type in the API schema: says where null may stand.
    pub ty: Type,
    /// For an object: the types that say for themselves where null may stand, each set of them with
    /// the field's type there; the sets are disjoint. An object type may be stricter than its
    /// interface, and its own word counts (GraphQL specification, section 6.4).
    pub own_types: Vec<(TypeSet, Type)>,
    /// Where its value comes from.
    pub value: WriteValue,
}

/// Where a value of the answer comes from.
#[derive(Clone, Debug)]
pub enum WriteValue {
    /// The name of the object's type.
    TypeName,
    /// A scalar or enum value, lists of them included.
    Leaf {
        /// The layer of the object's position.
        layer: LayerId,
        /// The slot there.
        slot: Slot,
        /// For an enum of which clients may see some values only: those. Others are null to them.
        visible_values: Option<Vec<Name>>,
    },
    /// An object, or lists of objects, at a position below.
    Object(WriteObject),
    /// JSON that the router has ready under the field's key before execution starts.
    Introspection,
}
