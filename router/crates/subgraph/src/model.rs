//! The model of one subgraph: its definitions as written, each with its place, and what follows from
//! the federation directives.

use std::sync::Arc;

use diagnostics::{Position, Span};
use indexmap::IndexMap;
use schema::{Directive, FieldSet, Name, Type, Value};

use crate::{FederationDirective, FederationVersion, Links, Source};

/// One subgraph, valid GraphQL by itself, with its root types named `Query`, `Mutation` and
/// `Subscription`.
#[derive(Clone, Debug)]
pub struct Subgraph {
    /// The name people gave it.
    pub name: Arc<str>,
    /// Where it answers; may be empty.
    pub url: String,
    /// The text it was read from.
    pub source: Source,
    /// The federation version it is written in.
    pub version: FederationVersion,
    /// Whether the text was Federation 1, however the model may have been upgraded since.
    pub was_federation_one: bool,
    /// The version that was lifted, because the subgraph links a specification that needs a newer
    /// one: what it links, and where.
    pub lifted: Option<Lift>,
    /// The specifications it links.
    pub links: Links,
    /// The schema element.
    pub schema: SchemaElement,
    /// The directives it defines itself, those of known specifications included.
    pub directive_definitions: IndexMap<Name, DirectiveDefinition>,
    /// The types, those of known specifications left out.
    pub types: IndexMap<Name, TypeDefinition>,
}

/// Why a federation version was lifted.
#[derive(Clone, Debug)]
pub struct Lift {
    /// The version the subgraph asks for.
    pub from: FederationVersion,
    /// The name of the specification that needs more.
    pub specification: String,
    /// The link to that specification.
    pub span: Span,
}

/// The `schema` definition and its extensions.
#[derive(Clone, Debug, Default)]
pub struct SchemaElement {
    /// Its description.
    pub description: Option<String>,
    /// The directives applied to it, `@link` included.
    pub directives: Vec<AppliedDirective>,
    /// The first of its definition and extensions.
    pub span: Option<Span>,
}

/// A directive as applied.
#[derive(Clone, Debug)]
pub struct AppliedDirective {
    /// Its name and arguments as written.
    pub directive: Directive,
    /// Which directive of the federation it is, under whatever name.
    pub meaning: Option<FederationDirective>,
    /// Where it stands.
    pub span: Span,
    /// Where the values of its arguments stand, in the order of the arguments.
    pub value_places: Vec<ValuePlace>,
    /// The block of the type on which it stands, an index into [`TypeDefinition::blocks`].
    pub block: u16,
}

/// Where a value stands.
#[derive(Clone, Debug)]
pub struct ValuePlace {
    /// The value.
    pub span: Span,
    /// The first character inside the quotes, for strings whose text stands there unescaped.
    pub content: Option<Position>,
}

/// One `type T { … }` or `extend type T { … }`.
#[derive(Clone, Debug)]
pub struct Block {
    /// Whether it is an extension.
    pub is_extension: bool,
    /// Where the type's name stands.
    pub span: Span,
}

/// The kinds of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A scalar.
    Scalar,
    /// An object type.
    Object,
    /// An interface.
    Interface,
    /// A union.
    Union,
    /// An enum.
    Enum,
    /// An input object.
    InputObject,
}

/// A type with all its extensions. Members that its kind does not have are empty.
#[derive(Clone, Debug)]
pub struct TypeDefinition {
    /// Its name.
    pub name: Name,
    /// What kind of type it is.
    pub kind: Kind,
    /// Its description.
    pub description: Option<String>,
    /// Its definition and extensions; never empty.
    pub blocks: Vec<Block>,
    /// The directives applied to it.
    pub directives: Vec<AppliedDirective>,
    /// The interfaces it implements.
    pub implements: Vec<Reference>,
    /// The fields of an object type or interface.
    pub fields: IndexMap<Name, FieldDefinition>,
    /// The fields of an input object.
    pub inputs: IndexMap<Name, InputValueDefinition>,
    /// The members of a union.
    pub members: Vec<Reference>,
    /// The values of an enum.
    pub values: IndexMap<Name, EnumValueDefinition>,
    /// The keys, in the order they were written.
    pub keys: Vec<Key>,
}

/// A name that refers to a type.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The type's name.
    pub name: Name,
    /// Where it is referred to.
    pub span: Span,
}

/// A field of an object type or interface.
#[derive(Clone, Debug)]
pub struct FieldDefinition {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<String>,
    /// Its arguments.
    pub arguments: IndexMap<Name, InputValueDefinition>,
    /// Its type.
    pub ty: Type,
    /// The directives applied to it.
    pub directives: Vec<AppliedDirective>,
    /// Where its name stands.
    pub span: Span,
    /// The block in which it stands, an index into [`TypeDefinition::blocks`].
    pub block: u16,
    /// Its `@requires`.
    pub requires: Option<FieldSetArgument>,
    /// Its `@provides`.
    pub provides: Option<FieldSetArgument>,
    /// What follows from all federation directives of the subgraph together.
    pub marks: Marks,
}

/// What the subgraph as a whole says about one of its fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// It is `@external`, by itself or by its type, and truly so: key fields of extensions are
    /// marked external out of habit only.
    pub external: bool,
    /// It is external, and yet some `@provides` of this subgraph selects it.
    pub provided: bool,
    /// Several subgraphs may resolve it.
    pub shareable: bool,
    /// Something selects it: a key, requirement, provision, context, or an interface's demand.
    pub used: bool,
    /// A key selects it.
    pub in_key: bool,
}

/// An argument of a field or directive, or a field of an input object.
#[derive(Clone, Debug)]
pub struct InputValueDefinition {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<String>,
    /// Its type.
    pub ty: Type,
    /// Its default.
    pub default: Option<Value>,
    /// The directives applied to it.
    pub directives: Vec<AppliedDirective>,
    /// Where its name stands.
    pub span: Span,
}

/// A value of an enum.
#[derive(Clone, Debug)]
pub struct EnumValueDefinition {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<String>,
    /// The directives applied to it.
    pub directives: Vec<AppliedDirective>,
    /// Where it stands.
    pub span: Span,
}

/// The definition of a directive.
#[derive(Clone, Debug)]
pub struct DirectiveDefinition {
    /// Its name, without `@`.
    pub name: Name,
    /// Its description.
    pub description: Option<String>,
    /// Its arguments.
    pub arguments: IndexMap<Name, InputValueDefinition>,
    /// Whether it may be applied more than once at one place.
    pub repeatable: bool,
    /// Where it may stand, as the grammar names the places.
    pub locations: Vec<Name>,
    /// Where its name stands.
    pub span: Span,
}

/// One `@key`.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its `fields`.
    pub fields: FieldSetArgument,
    /// Whether the subgraph resolves entities by it.
    pub resolvable: bool,
    /// Whether it stands on an extension, or on a type that is `@extends`.
    pub on_extension: bool,
    /// Where the directive stands.
    pub span: Span,
}

/// The `fields` of a federation directive.
#[derive(Clone, Debug)]
pub struct FieldSetArgument {
    /// What it says, or why it says nothing.
    pub parsed: Result<FieldSet, InvalidFieldSet>,
    /// Where it stands.
    pub place: ValuePlace,
}

/// Why the `fields` of a directive cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidFieldSet {
    /// It is no string.
    NotAString(Value),
    /// It is no selection.
    Syntax {
        /// What the parser says.
        message: String,
        /// Byte offset into the text, if known.
        offset: Option<usize>,
        /// The text.
        text: String,
    },
}

impl Subgraph {
    /// The type with this name.
    pub fn type_named(&self, name: &str) -> Option<&TypeDefinition> {
        self.types.get(name)
    }

    /// The object types that implement an interface here, in order.
    pub fn implementations<'s>(
        &'s self,
        interface: &'s str,
    ) -> impl Iterator<Item = &'s TypeDefinition> {
        self.types
            .values()
            .filter(move |ty| ty.kind == Kind::Object && ty.declares(interface))
    }

    /// The local name of a federation directive, for use in messages.
    pub fn directive_name(&self, directive: FederationDirective) -> String {
        self.links
            .local_name(directive)
            .map_or_else(|| directive.name().to_owned(), ToString::to_string)
    }

    /// The beginning of the text: for problems that are about the subgraph as a whole.
    pub fn span(&self) -> Span {
        self.schema
            .span
            .clone()
            .unwrap_or_else(|| self.source.span(0, 0))
    }
}

impl Kind {
    /// The kind in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Scalar => "a scalar",
            Self::Object => "an object type",
            Self::Interface => "an interface",
            Self::Union => "a union",
            Self::Enum => "an enum",
            Self::InputObject => "an input object",
        }
    }

    /// Whether fields can be selected on such types.
    pub fn is_composite(self) -> bool {
        matches!(self, Self::Object | Self::Interface | Self::Union)
    }
}

/// Finds federation directives in a list.
pub trait Directives {
    /// The first application of a federation directive.
    fn federation(&self, directive: FederationDirective) -> Option<&AppliedDirective>;

    /// Whether a federation directive is applied.
    fn has(&self, directive: FederationDirective) -> bool {
        self.federation(directive).is_some()
    }
}

impl Directives for Vec<AppliedDirective> {
    fn federation(&self, directive: FederationDirective) -> Option<&AppliedDirective> {
        self.iter().find(|it| it.meaning == Some(directive))
    }
}

impl AppliedDirective {
    /// The written value of an argument.
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.directive.argument(name)
    }

    /// Where the value of an argument stands; the directive itself if it was not written.
    pub fn argument_span(&self, name: &str) -> &Span {
        self.argument_place(name)
            .map_or(&self.span, |place| &place.span)
    }

    /// Where the value of an argument stands, if it was written.
    pub fn argument_place(&self, name: &str) -> Option<&ValuePlace> {
        let index = self
            .directive
            .arguments
            .iter()
            .position(|(key, _)| key == name)?;
        self.value_places.get(index)
    }
}

impl TypeDefinition {
    /// Where the type is first defined; the first extension if it only is extended.
    pub fn span(&self) -> &Span {
        let defined = self.blocks.iter().find(|block| !block.is_extension);
        // A type comes to be with its first block, so there is one.
        &defined.unwrap_or(&self.blocks[0]).span
    }

    /// Whether there are only extensions of it here.
    pub fn is_only_extended(&self) -> bool {
        self.blocks.iter().all(|block| block.is_extension)
    }

    /// Whether it says that it implements the interface.
    pub fn declares(&self, interface: &str) -> bool {
        self.implements.iter().any(|it| it.name == interface)
    }

    /// Whether it is an interface that this subgraph knows as an object.
    pub fn is_interface_object(&self) -> bool {
        self.directives.has(FederationDirective::InterfaceObject)
    }

    /// Whether it is one of the root operation types.
    pub fn is_root(&self) -> bool {
        self.kind == Kind::Object
            && matches!(self.name.as_str(), "Query" | "Mutation" | "Subscription")
    }

    /// Whether a block is an extension, by syntax or by `@extends`.
    pub fn is_extension_block(&self, block: u16) -> bool {
        self.directives.has(FederationDirective::Extends)
            || self
                .blocks
                .get(usize::from(block))
                .is_some_and(|block| block.is_extension)
    }
}

impl FieldDefinition {
    /// Whether the subgraph can never resolve the field: it is external and provided nowhere.
    pub fn is_fully_external(&self) -> bool {
        self.marks.external && !self.marks.provided
    }
}

impl FieldSetArgument {
    /// The field set, if it can be read.
    pub fn set(&self) -> Option<&FieldSet> {
        self.parsed.as_ref().ok()
    }

    /// The place of a byte offset inside the text; the whole value where that cannot be told.
    pub fn at(&self, text: &str, offset: Option<usize>) -> Span {
        let (Some(content), Some(before)) = (
            self.place.content,
            offset.and_then(|offset| text.get(..offset)),
        ) else {
            return self.place.span.clone();
        };
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let lines = before.matches('\n').count();
        let last = before.rsplit('\n').next().unwrap_or(before);
        let column = number(last.chars().count());
        let start = if lines == 0 {
            Position {
                line: content.line,
                column: content.column.saturating_add(column),
            }
        } else {
            Position {
                line: content.line.saturating_add(number(lines)),
                column: column.saturating_add(1),
            }
        };
        let rest = text.get(before.len()..).unwrap_or("");
        let word = rest
            .chars()
            .take_while(|it| it.is_alphanumeric() || *it == '_')
            .count();
        let end = Position {
            line: start.line,
            column: start.column.saturating_add(number(word.max(1))),
        };
        Span {
            subgraph: Arc::clone(&self.place.span.subgraph),
            start,
            end,
        }
    }
}
