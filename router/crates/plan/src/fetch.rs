//! One request to one subgraph: what is asked, and into which slots the answer is read.

use schema::{Inclusion, Name, OperationKind, SubgraphId, Type, TypeSet, Value};

use crate::{InclusionId, LayerId, PositionId, Slot};

/// Which of [`crate::Plan::fetches`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub u16);

impl FetchId {
    /// The position in [`crate::Plan::fetches`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One request to one subgraph.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// Where it goes.
    pub subgraph: SubgraphId,
    /// The subgraph's name, for people.
    pub subgraph_name: Name,
    /// The kind of the operation that is sent; entity fetches are queries.
    pub kind: OperationKind,
    /// The name of the operation that is sent, if the client's has one.
    pub operation_name: Option<Name>,
    /// The document that is sent; the same for every request that uses this plan.
    pub document: String,
    /// The same as selections, for people.
    pub selections: Vec<Selection>,
    /// The client's variables that the document uses; sent under their own names.
    pub variables: Vec<Name>,
    /// The fetches that must have ended, well or badly, before this one starts.
    pub after: Vec<FetchId>,
    /// The round it belongs to, from 0: one more than the latest of [`Fetch::after`].
    pub round: u16,
    /// Sent only when this holds.
    pub inclusion: Option<InclusionId>,
    /// For a root fetch: how `data` is read. The object is [`crate::LayerSource::Data`] of this fetch.
    pub root: Option<ReadObject>,
    /// For an entity fetch: the lists of entities it asks for, each under its own response key.
    /// A fetch has either a root or entities.
    pub entities: Vec<EntityFetch>,
    /// Where some entities are asked for with contexts: the document's pieces, for how often
    /// these entities must be asked for is only known at run time.
    pub pieces: Option<Pieces>,
}

/// Stands for a number in the texts of [`EntityPieces`]. No document has this character.
pub const NUMBER: char = '\0';

/// The document of a fetch some of whose entities are asked for with contexts.
///
/// The value of a context is sent in a variable, and one `_entities` field can use one value of a
/// variable only. So entities are told apart by their contexts, and each group has a field of its own,
/// with variables of its own: the piece of the entities, with the group's number in it. The
/// [`Fetch::document`] has each piece once, with number 0.
///
/// ```text
/// query($representations_0_0:[_Any!]!,$context_3_0_0:String){
///   _e0_0:_entities(representations:$representations_0_0){...on Price{text(currency:$context_3_0_0)}}}
/// ```
#[derive(Clone, Debug)]
pub struct Pieces {
    /// The keyword and name, up to where variables are declared: `query Name`.
    pub head: String,
    /// The client's variables that some of it uses, with their declarations.
    pub client_variables: Vec<(Name, String)>,
    /// One for each of [`Fetch::entities`].
    pub entities: Vec<EntityPieces>,
}

/// The piece of one list of entities, with [`NUMBER`] wherever the number of a group stands. Without
/// contexts there is one group, and no number.
#[derive(Clone, Debug)]
pub struct EntityPieces {
    /// [`EntityFetch::response_key`].
    pub response_key: String,
    /// [`EntityFetch::variable`].
    pub variable: String,
    /// The declarations of its variables, separated by commas.
    pub declarations: String,
    /// The client's variables that it uses.
    pub client_variables: Vec<Name>,
    /// The `_entities` field.
    pub field: String,
}

/// A variable whose value is read from the nearest object above that sets a context.
#[derive(Clone, Debug)]
pub struct ContextVariable {
    /// Its name, with [`NUMBER`] in it.
    pub variable: String,
    /// Where it is read from; the first that is for the object there.
    pub sources: Vec<ContextSource>,
}

/// A position above the entities at which a context is set.
#[derive(Clone, Debug)]
pub struct ContextSource {
    /// On the way from the root to the entities.
    pub position: PositionId,
    /// The objects that set it; none for all.
    pub on: Option<TypeSet>,
    /// The value: that of the first field that is for the object. Of an object's field it is that of
    /// the field inside, and so on.
    pub fields: Vec<RepresentationField>,
}

/// One `_entities` field of a request.
///
/// The objects at `position` whose type has a representation are looked up by it; equal
/// representations are sent once. The entity that comes back is attached to each object it was
/// asked for, in `attach` of its layer `base`. Objects for which none was asked keep that slot unset.
#[derive(Clone, Debug)]
pub struct EntityFetch {
    /// `_entities` or its alias, as it stands in `data`.
    pub response_key: Name,
    /// The variable that carries the representations.
    pub variable: Name,
    /// Where the objects stand.
    pub position: PositionId,
    /// The layer of that position whose objects the entities are attached to.
    pub base: LayerId,
    /// The slot of those objects that receives the entity.
    pub attach: Slot,
    /// Only done when this holds.
    pub inclusion: Option<InclusionId>,
    /// What is sent, by type of the object; the type sets are disjoint.
    pub representations: Vec<Representation>,
    /// How each entity is read.
    pub read: ReadObject,
    /// The variables that objects above give values to. Entities with other values are asked for
    /// apart.
    pub contexts: Vec<ContextVariable>,
}

/// What is sent of an object so that a subgraph finds it.
#[derive(Clone, Debug)]
pub struct Representation {
    /// The objects it is for, by their type at run time. Where the layer that says the type is
    /// still to come, that is the type the object was read with in the layer `base`: an
    /// interface's name, for an object of a subgraph that knows the interface as an object. Its
    /// entity may then be of any type.
    pub on: TypeSet,
    /// The `__typename` that is sent: none for the object's own; an interface's name for a
    /// subgraph that knows the interface as an object.
    pub type_name: Option<Name>,
    /// The fields that are sent after `__typename`.
    pub fields: Vec<RepresentationField>,
}

/// One field of a representation.
#[derive(Clone, Debug)]
pub struct RepresentationField {
    /// Its name in the JSON that is sent.
    pub name: Name,
    /// The objects it is for, inside an abstract type; none for all.
    pub on: Option<TypeSet>,
    /// Whether it belongs to the key: without a value the object cannot be looked up, and its
    /// entity is null without being asked for. Other fields are requirements: one that is null by
    /// its own right is sent as null, one that could not be had makes the entity null unasked.
    pub is_key: bool,
    /// Its type in the supergraph.
    pub ty: Type,
    /// Where its value stands.
    pub value: RepresentationValue,
}

/// Where a value of a representation comes from.
#[derive(Clone, Debug)]
pub enum RepresentationValue {
    /// The object's `__typename`.
    TypeName,
    /// A scalar or enum value, lists of them included, in a slot of a layer of the same position.
    Leaf {
        /// The layer of the position at hand.
        layer: LayerId,
        /// The slot in that layer's objects.
        slot: Slot,
    },
    /// An object, or lists of objects, at a position below.
    Object {
        /// The position below the one at hand.
        position: PositionId,
        /// What is sent of it.
        fields: Vec<RepresentationField>,
    },
}

/// How an object of a subgraph's answer is read into a fresh object with slots.
///
/// Response keys are unique within it, whatever types its fields are for: the planner gives
/// colliding fields aliases. Keys that are absent leave their slots unset.
#[derive(Clone, Debug)]
pub struct ReadObject {
    /// How many slots its objects have: those of the fields and those that entities are attached to.
    pub slots: u16,
    /// The type its objects have when it is known beforehand; otherwise the `__typename` field says.
    pub type_name: Option<Name>,
    /// The fields, in the order they were asked for.
    pub fields: Vec<ReadField>,
}

/// One field of a subgraph's answer.
#[derive(Clone, Debug)]
pub struct ReadField {
    /// Its key in the subgraph's answer.
    pub response_key: Name,
    /// The client's key for it, in error paths; none for a field that only the plan needs.
    pub client_key: Option<Name>,
    /// Where the value goes.
    pub slot: Slot,
    /// How many lists are around each value.
    pub list_depth: u8,
    /// What each value is.
    pub value: ReadValue,
}

/// What a field's value is.
#[derive(Clone, Debug)]
pub enum ReadValue {
    /// The name of the object's type.
    TypeName,
    /// A scalar or enum.
    Leaf(LeafKind),
    /// An object.
    Object(ReadObject),
}

/// What a scalar or enum value must look like (GraphQL specification, section 3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeafKind {
    /// A whole number within 32 bits.
    Int,
    /// A number.
    Float,
    /// A string.
    String,
    /// `true` or `false`.
    Boolean,
    /// A string, or a whole number, which is given to clients as a string.
    Id,
    /// One of these names, hidden ones included: they are still good as keys.
    Enum(Vec<Name>),
    /// Anything: a scalar that only subgraphs and clients understand.
    Custom,
}

/// A selection of a fetch, as it is shown to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// A field.
    Field {
        /// Its alias, when it has one.
        alias: Option<Name>,
        /// Its name.
        name: Name,
        /// Its arguments.
        arguments: Vec<(Name, Value)>,
        /// When it is asked for.
        inclusion: Inclusion,
        /// What is selected below it.
        selections: Vec<Selection>,
    },
    /// An inline fragment.
    Fragment {
        /// Its type condition.
        type_condition: Name,
        /// What is selected inside.
        selections: Vec<Selection>,
    },
}
