//! Nodes and the moves between them.

use std::collections::HashMap;
use std::sync::Arc;

use schema::{FieldSet, Name, SubgraphId, Type, TypeSet};

use crate::types::TypeFacts;

/// Which of the graph's nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// The moves of a supergraph.
#[derive(Clone, Debug, Default)]
pub struct QueryGraph {
    pub(crate) subgraph_names: Vec<Name>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) by_type: HashMap<Name, Vec<NodeId>>,
    pub(crate) entries: HashMap<Name, Vec<NodeId>>,
    pub(crate) types: HashMap<Name, TypeFacts>,
    /// The object types that set each context.
    pub(crate) contexts: HashMap<String, TypeSet>,
}

/// A composite type as one subgraph knows it.
#[derive(Clone, Debug)]
pub struct Node {
    /// The subgraph.
    pub subgraph: SubgraphId,
    /// The type's name.
    pub type_name: Name,
    /// What it is in this subgraph.
    pub kind: NodeKind,
    /// The fields the subgraph resolves on it. On an interface only those that it resolves, with
    /// no further conditions, for every object type the interface has there.
    pub fields: HashMap<Name, Field>,
    /// The object types that an object seen here can have.
    pub runtime_types: TypeSet,
    /// Where one gets by narrowing to an object type; itself for an object type.
    pub casts: HashMap<Name, NodeId>,
    /// The keys by which the subgraph finds such an object when it is asked by `_entities`.
    pub keys: Vec<Arc<FieldSet>>,
    /// For a node made by `@provides`: the node it is a copy of.
    pub copy_of: Option<NodeId>,
}

/// What a node's type is in its subgraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// An object type.
    Object,
    /// An interface.
    Interface,
    /// A union.
    Union,
    /// An interface of the supergraph that this subgraph knows as an object (`@interfaceObject`).
    InterfaceObject,
}

/// A field that a subgraph resolves.
#[derive(Clone, Debug)]
pub struct Field {
    /// The field's name.
    pub name: Name,
    /// Its type in the subgraph.
    pub ty: Type,
    /// The node one gets to; none for scalars and enums.
    pub target: Option<NodeId>,
    /// What the subgraph must be told before it can resolve the field.
    pub requires: Option<Arc<FieldSet>>,
    /// For which requests the move is there, with a progressive override.
    pub label: Option<OverrideLabel>,
    /// The arguments that are taken from an object above (`@fromContext`).
    pub context: Vec<ContextArgument>,
}

/// An argument whose value is read from the nearest object above that sets a context.
#[derive(Clone, Debug)]
pub struct ContextArgument {
    /// The argument.
    pub name: Name,
    /// Its type in the subgraph.
    pub ty: Type,
    /// The context, by its name in the supergraph.
    pub context: String,
    /// The object types that set the context.
    pub set_on: TypeSet,
    /// What is read of such an object: one value for each type.
    pub selection: Arc<FieldSet>,
}

/// A move that is there only for some requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideLabel {
    /// The label.
    pub label: String,
    /// Whether the move is there when the label is on, or when it is off.
    pub when: bool,
}

impl QueryGraph {
    /// The node with this id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A subgraph's name.
    pub fn subgraph_name(&self, id: SubgraphId) -> &Name {
        &self.subgraph_names[id.index()]
    }

    /// The nodes of the type with this name, by subgraph; copies made by `@provides` left out.
    pub fn nodes_of(&self, type_name: &str) -> &[NodeId] {
        self.by_type.get(type_name).map_or(&[], Vec::as_slice)
    }

    /// The nodes at which an object of this type can be asked for by key: those of the type itself
    /// and, for an object type, those that know one of its interfaces as an object.
    pub fn entries(&self, type_name: &str) -> &[NodeId] {
        self.entries.get(type_name).map_or(&[], Vec::as_slice)
    }

    /// The object types that set each context, by its name in the supergraph.
    pub fn contexts(&self) -> &HashMap<String, TypeSet> {
        &self.contexts
    }

    /// What there is to know of a type whatever the subgraph.
    pub fn type_facts(&self, type_name: &str) -> Option<&TypeFacts> {
        self.types.get(type_name)
    }

    /// Whether values of the type are objects whose type is only known at run time.
    pub fn is_abstract(&self, type_name: &str) -> bool {
        self.types
            .get(type_name)
            .is_some_and(TypeFacts::is_abstract)
    }
}

impl Node {
    /// The move along a field, if it is there for every request.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// Whether an object seen here does not tell its type without `__typename`.
    pub fn is_abstract(&self) -> bool {
        matches!(self.kind, NodeKind::Interface | NodeKind::Union)
    }
}
