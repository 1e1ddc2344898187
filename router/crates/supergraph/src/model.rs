//! The merged model: every type of the graph, and which subgraph contributes what to it.
//!
//! It mirrors what the join specification can say, in plain data: printing it and reading it back
//! gives the same model. It has no spans; who needs a place looks it up in the subgraph.

use indexmap::IndexMap;
use schema::{Directive, FieldSet, Name, SubgraphId, Type, Value};

/// A supergraph's content. Reachability of its fields is promised by [`crate::Supergraph`] only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// Which version of the join specification prints it; the one that was read, or a newer one
    /// where that is no longer written.
    pub join_version: JoinVersion,
    /// The subgraphs, ordered by name.
    pub graphs: Vec<Graph>,
    /// The specifications linked with `@link`, `link` and `join` themselves left out.
    pub links: Vec<Link>,
    /// The description of the schema.
    pub description: Option<String>,
    /// Directives applied to the schema, those of `link` left out.
    pub directives: Vec<Directive>,
    /// The directive definitions that are part of the graph, those of `link` and `join` left out.
    pub directive_definitions: IndexMap<Name, DirectiveDefinition>,
    /// Every type of the graph, those of `link` and `join` left out. The root operation types are
    /// the ones named `Query`, `Mutation` and `Subscription`.
    pub types: IndexMap<Name, TypeDefinition>,
}

/// The versions of the join specification that are written. They differ in what they can say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JoinVersion {
    /// v0.3: what every Federation 2 router understands.
    #[default]
    V03,
    /// v0.4: adds override labels and `@join__directive`.
    V04,
    /// v0.5: adds arguments from a context.
    V05,
}

/// A subgraph as the supergraph names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// The name people gave it.
    pub name: String,
    /// The value of `join__Graph` that stands for it.
    pub enum_value: Name,
    /// Where it answers; may be empty.
    pub url: String,
}

/// A specification linked by the supergraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The whole `@link` application.
    pub directive: Directive,
}

/// The definition of a directive.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectiveDefinition {
    /// Its description.
    pub description: Option<String>,
    /// Its name, without `@`.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<InputValueDefinition>,
    /// Whether it may be applied more than once at one place.
    pub repeatable: bool,
    /// Where it may stand, as the grammar names the places.
    pub locations: Vec<Name>,
}

/// A type, and the subgraphs that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDefinition {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<String>,
    /// Directives applied to it, those of `join` left out.
    pub directives: Vec<Directive>,
    /// One entry for each subgraph and key, as `@join__type` says it; ordered by subgraph.
    pub joins: Vec<TypeJoin>,
    /// What kind of type it is, with its members.
    pub kind: TypeKind,
}

/// One `@join__type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeJoin {
    /// The subgraph that has the type.
    pub graph: SubgraphId,
    /// A key of the type in that subgraph.
    pub key: Option<FieldSet>,
    /// Whether the key stands on an extension.
    pub extension: bool,
    /// Whether the subgraph resolves entities by this key.
    pub resolvable: bool,
    /// Whether the subgraph knows the interface as an object (`@interfaceObject`).
    pub is_interface_object: bool,
}

/// The kinds of types, with their members.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// A scalar.
    Scalar,
    /// An object type.
    Object(Composite),
    /// An interface.
    Interface(Composite),
    /// A union.
    Union(Vec<UnionMember>),
    /// An enum.
    Enum(Vec<EnumValue>),
    /// An input object.
    InputObject(IndexMap<Name, InputFieldDefinition>),
}

/// What object types and interfaces have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Composite {
    /// The interfaces it implements.
    pub implements: Vec<Implements>,
    /// Its fields, in order.
    pub fields: IndexMap<Name, FieldDefinition>,
}

/// An implemented interface, and the subgraphs that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Implements {
    /// The interface.
    pub interface: Name,
    /// The subgraphs in which the type implements it.
    pub graphs: Vec<SubgraphId>,
}

/// A member of a union, and the subgraphs that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnionMember {
    /// The member, an object type.
    pub name: Name,
    /// The subgraphs in which it is a member.
    pub graphs: Vec<SubgraphId>,
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumValue {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<String>,
    /// Directives applied to it, those of `join` left out.
    pub directives: Vec<Directive>,
    /// The subgraphs that have the value.
    pub graphs: Vec<SubgraphId>,
}

/// A field of an object type or interface.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDefinition {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<String>,
    /// Its arguments.
    pub arguments: Vec<InputValueDefinition>,
    /// Its type in the supergraph.
    pub ty: Type,
    /// Directives applied to it, those of `join` left out.
    pub directives: Vec<Directive>,
    /// Which subgraphs have it and how. Empty: every subgraph that has the parent type resolves
    /// it, with this type and no conditions.
    pub joins: Vec<FieldJoin>,
}

/// One `@join__field`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldJoin {
    /// The subgraph; none for a field that an implementation has only through an interface object.
    pub graph: Option<SubgraphId>,
    /// What the subgraph needs to be told to resolve the field.
    pub requires: Option<FieldSet>,
    /// What the subgraph resolves below this field although it does not elsewhere.
    pub provides: Option<FieldSet>,
    /// The type in this subgraph, where it differs from the supergraph's.
    pub ty: Option<Type>,
    /// Whether the subgraph only mentions the field.
    pub external: bool,
    /// The subgraph whose field this one replaces, by name.
    pub override_from: Option<String>,
    /// Which requests the override is for; none for all.
    pub override_label: Option<String>,
    /// Whether the field is overridden elsewhere and only still mentioned here.
    pub used_overridden: bool,
    /// Arguments set from a context, not by the client.
    pub context_arguments: Vec<ContextArgument>,
}

/// An argument that the router fills in from an ancestor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextArgument {
    /// The argument.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// The context's name in the supergraph, `<subgraph>__<context>`.
    pub context: String,
    /// What to select on the context's type.
    pub selection: String,
}

/// An argument of a field or directive.
#[derive(Clone, Debug, PartialEq)]
pub struct InputValueDefinition {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<String>,
    /// Its type.
    pub ty: Type,
    /// Its default value.
    pub default: Option<Value>,
    /// Directives applied to it.
    pub directives: Vec<Directive>,
}

/// A field of an input object, and the subgraphs that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct InputFieldDefinition {
    /// The field itself.
    pub value: InputValueDefinition,
    /// Which subgraphs have it; empty for all that have the type.
    pub joins: Vec<InputFieldJoin>,
}

/// One `@join__field` on an input field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFieldJoin {
    /// The subgraph.
    pub graph: SubgraphId,
    /// The type in this subgraph, where it differs from the supergraph's.
    pub ty: Option<Type>,
}

impl Model {
    /// The subgraph with this id.
    pub fn graph(&self, id: SubgraphId) -> &Graph {
        &self.graphs[id.index()]
    }

    /// The type with this name.
    pub fn type_named(&self, name: &str) -> Option<&TypeDefinition> {
        self.types.get(name)
    }

    /// The object types that can stand where `name` is declared, in the order of [`Model::types`]:
    /// itself for an object type, implementations for an interface, members for a union.
    pub fn possible_types(&self, name: &str) -> Vec<Name> {
        let Some(ty) = self.type_named(name) else {
            return Vec::new();
        };
        match &ty.kind {
            TypeKind::Object(_) => vec![ty.name.clone()],
            TypeKind::Union(members) => members.iter().map(|member| member.name.clone()).collect(),
            TypeKind::Interface(_) => self
                .types
                .values()
                .filter(|candidate| match &candidate.kind {
                    TypeKind::Object(object) => object
                        .implements
                        .iter()
                        .any(|implements| implements.interface == ty.name),
                    _ => false,
                })
                .map(|candidate| candidate.name.clone())
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl TypeDefinition {
    /// The fields of an object type or interface; none for other kinds.
    pub fn fields(&self) -> Option<&IndexMap<Name, FieldDefinition>> {
        self.composite().map(|composite| &composite.fields)
    }

    /// The members of an object type or interface.
    pub fn composite(&self) -> Option<&Composite> {
        match &self.kind {
            TypeKind::Object(composite) | TypeKind::Interface(composite) => Some(composite),
            _ => None,
        }
    }

    /// Whether values of the type are objects whose type is only known at run time.
    pub fn is_abstract(&self) -> bool {
        matches!(self.kind, TypeKind::Interface(_) | TypeKind::Union(_))
    }

    /// Whether fields can be selected on the type.
    pub fn is_composite(&self) -> bool {
        matches!(
            self.kind,
            TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)
        )
    }

    /// The subgraphs that have the type, ordered, each once.
    pub fn graphs(&self) -> impl Iterator<Item = SubgraphId> + '_ {
        let mut last = None;
        self.joins
            .iter()
            .map(|join| join.graph)
            .filter(move |graph| {
                let new = last != Some(*graph);
                last = Some(*graph);
                new
            })
    }

    /// Whether the subgraph knows this interface as an object.
    pub fn is_interface_object_in(&self, graph: SubgraphId) -> bool {
        self.joins
            .iter()
            .any(|join| join.graph == graph && join.is_interface_object)
    }
}

impl FieldJoin {
    /// Whether another subgraph has taken the field over for every request. With a label it is
    /// still resolved here while the label is off.
    pub fn is_overridden(&self) -> bool {
        self.used_overridden && self.override_label.is_none()
    }
}

impl FieldDefinition {
    /// The join that makes `graph` a source of this field, if it is one. `Some(None)`: it resolves
    /// the field with no conditions, because the field has no joins at all and `graph` has `parent`.
    pub fn resolved_by(
        &self,
        parent: &TypeDefinition,
        graph: SubgraphId,
    ) -> Option<Option<&FieldJoin>> {
        if self.joins.is_empty() {
            return parent.graphs().any(|it| it == graph).then_some(None);
        }
        self.joins
            .iter()
            .find(|join| join.graph == Some(graph) && !join.external && !join.is_overridden())
            .map(Some)
    }
}
