//! The normal form of an operation: what the planner reads.
//!
//! Fragments are gone. A selection set is a flat list of fields in the client's order, each with
//! the object types it is for and the formula on which it hangs. For one response key the type
//! sets are disjoint, so for an object of a given type there is at most one field per key:
//! `CollectFields` and `MergeSelectionSets` of the GraphQL specification (sections 6.3.2 and
//! 6.4.3) have been done here, once, for every value of the variables.
//!
//! ```text
//! { pet { name ... on Dog { owner { id } barks @include(if: $b) } ... on Cat { owner { name } } } }
//!
//! pet: Pet
//!   name                       Pet.name     one entry for Dog, Cat and every other Pet
//!   owner  on {Dog}            Dog.owner    one key, two entries: their type sets are disjoint
//!     id
//!   owner  on {Cat}            Cat.owner
//!     name
//!   barks  on {Dog} if $b      Dog.barks
//! ```
//!
//! Two entries that differ only in their type sets (same key, name, arguments, declaring type,
//! formula and equal selections) are one entry for the union of the sets. So a field selected on
//! an interface stays one entry, declared by the interface, for all its implementations. An object
//! type may declare such a field more strictly than the interface (`owner: Person!` for
//! `owner: Person`): [`Field::ty`] is what the interface says.
//!
//! A formula says when a field is part of the answer given that the field above it is, so it does
//! not repeat what the fields above hang on.

use schema::{Inclusion, Name, OperationKind, Type, TypeSet, Value};

/// A validated operation in normal form.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Query, mutation or subscription.
    pub kind: OperationKind,
    /// Its name, if it has one.
    pub name: Option<Name>,
    /// Its variables, used or not, in the client's order.
    pub variables: Vec<VariableDefinition>,
    /// What is selected on the root type.
    pub selections: SelectionSet,
}

/// A variable as declared.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableDefinition {
    /// Its name, without `$`.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its default value.
    pub default: Option<Value>,
}

/// What is selected on a position of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectionSet {
    /// The type that the field above declares: an object type, an interface or a union.
    pub declared_type: Name,
    /// The object types of the API that can stand here.
    pub possible_types: TypeSet,
    /// The fields, in the client's order by first appearance. Empty when literal conditions
    /// leave everything out: the object is still part of the answer, as `{}` or null.
    pub fields: Vec<Field>,
}

/// A field of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The client's key for it.
    pub response_key: Name,
    /// The type it was selected on: the declared type, or the type condition around it. For
    /// `__typename`, which every type has, the declared type of the position.
    pub parent_type: Name,
    /// The object types it is for; never empty, a subset of the position's possible types.
    pub on: TypeSet,
    /// Its name. `__typename` may stand anywhere, `__schema` and `__type` on the root query type.
    pub name: Name,
    /// Its arguments, sorted by name, variables unresolved; those the client left out are absent.
    pub arguments: Vec<(Name, Value)>,
    /// Its type, as `parent_type` declares it in the API schema.
    pub ty: Type,
    /// When it is part of the answer.
    pub inclusion: Inclusion,
    /// What is selected below it; none for scalars, enums and introspection.
    pub selections: Option<SelectionSet>,
}
