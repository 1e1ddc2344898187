//! From the parser's tree to the model: definitions and extensions of a type become one, and every
//! node gets its place.

use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Node, ast};
use diagnostics::Span;
use indexmap::IndexMap;
use schema::{Name, from_parser};

use crate::{
    AppliedDirective, Block, DirectiveDefinition, EnumValueDefinition, FieldDefinition,
    InputValueDefinition, Kind, Links, Marks, Reference, SchemaElement, Source, TypeDefinition,
    ValuePlace,
};

/// What a document defines.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    pub(crate) schema: SchemaElement,
    pub(crate) directives: IndexMap<Name, DirectiveDefinition>,
    pub(crate) types: IndexMap<Name, TypeDefinition>,
    /// The root operation types as the schema element names them.
    pub(crate) roots: Vec<(ast::OperationType, Reference)>,
}

/// Builds the definitions. Where the document is no valid GraphQL, the first of several definitions
/// of a name wins; validation complains elsewhere.
pub(crate) fn build(document: &ast::Document, source: &Source, links: &Links) -> Definitions {
    let builder = Builder { source, links };
    let mut definitions = Definitions::default();
    for definition in &document.definitions {
        builder.definition(definition, &mut definitions);
    }
    definitions
}

struct Builder<'s> {
    source: &'s Source,
    links: &'s Links,
}

/// The parts of a definition or extension of a type.
struct Parts<'d> {
    kind: Kind,
    name: &'d apollo_compiler::Name,
    description: Option<&'d Node<str>>,
    is_extension: bool,
    directives: &'d ast::DirectiveList,
    implements: &'d [apollo_compiler::Name],
    fields: &'d [Node<ast::FieldDefinition>],
    inputs: &'d [Node<ast::InputValueDefinition>],
    members: &'d [apollo_compiler::Name],
    values: &'d [Node<ast::EnumValueDefinition>],
}

/// Takes a definition of a type apart; nothing for other definitions.
fn parts(definition: &ast::Definition) -> Option<Parts<'_>> {
    macro_rules! parts {
        ($it:ident, $kind:ident, $description:expr, $($field:ident: $value:expr),*) => {
            Parts {
                kind: Kind::$kind,
                name: &$it.name,
                description: $description,
                is_extension: definition.is_extension_definition(),
                directives: &$it.directives,
                $($field: $value,)*
                ..Parts::empty(&$it.name, &$it.directives)
            }
        };
    }
    use ast::Definition as D;
    Some(match definition {
        D::ScalarTypeDefinition(it) => parts!(it, Scalar, it.description.as_ref(),),
        D::ScalarTypeExtension(it) => parts!(it, Scalar, None,),
        D::ObjectTypeDefinition(it) => {
            parts!(it, Object, it.description.as_ref(), implements: &it.implements_interfaces, fields: &it.fields)
        }
        D::ObjectTypeExtension(it) => {
            parts!(it, Object, None, implements: &it.implements_interfaces, fields: &it.fields)
        }
        D::InterfaceTypeDefinition(it) => {
            parts!(it, Interface, it.description.as_ref(), implements: &it.implements_interfaces, fields: &it.fields)
        }
        D::InterfaceTypeExtension(it) => {
            parts!(it, Interface, None, implements: &it.implements_interfaces, fields: &it.fields)
        }
        D::UnionTypeDefinition(it) => {
            parts!(it, Union, it.description.as_ref(), members: &it.members)
        }
        D::UnionTypeExtension(it) => parts!(it, Union, None, members: &it.members),
        D::EnumTypeDefinition(it) => parts!(it, Enum, it.description.as_ref(), values: &it.values),
        D::EnumTypeExtension(it) => parts!(it, Enum, None, values: &it.values),
        D::InputObjectTypeDefinition(it) => {
            parts!(it, InputObject, it.description.as_ref(), inputs: &it.fields)
        }
        D::InputObjectTypeExtension(it) => parts!(it, InputObject, None, inputs: &it.fields),
        _ => return None,
    })
}

impl<'d> Parts<'d> {
    fn empty(name: &'d apollo_compiler::Name, directives: &'d ast::DirectiveList) -> Self {
        Self {
            kind: Kind::Scalar,
            name,
            description: None,
            is_extension: false,
            directives,
            implements: &[],
            fields: &[],
            inputs: &[],
            members: &[],
            values: &[],
        }
    }
}

impl Builder<'_> {
    fn definition(&self, definition: &ast::Definition, into: &mut Definitions) {
        match definition {
            ast::Definition::SchemaDefinition(it) => {
                into.schema.description = it.description.as_ref().map(ToString::to_string);
                self.schema(&it.directives, &it.root_operations, it.location(), into);
            }
            ast::Definition::SchemaExtension(it) => {
                self.schema(&it.directives, &it.root_operations, it.location(), into);
            }
            ast::Definition::DirectiveDefinition(it) => {
                let definition = self.directive_definition(it);
                into.directives
                    .entry(definition.name.clone())
                    .or_insert(definition);
            }
            other => {
                if let Some(parts) = parts(other) {
                    self.type_block(&parts, into);
                }
            }
        }
    }

    fn schema(
        &self,
        directives: &ast::DirectiveList,
        roots: &[Node<(ast::OperationType, apollo_compiler::Name)>],
        place: Option<SourceSpan>,
        into: &mut Definitions,
    ) {
        into.schema
            .directives
            .extend(self.directives(directives, 0));
        into.schema
            .span
            .get_or_insert_with(|| self.source.span_of(place));
        for root in roots {
            into.roots.push((root.0, self.reference(&root.1)));
        }
    }

    fn type_block(&self, parts: &Parts<'_>, into: &mut Definitions) {
        let name = from_parser::name(parts.name);
        let ty = into
            .types
            .entry(name.clone())
            .or_insert_with(|| TypeDefinition {
                name,
                kind: parts.kind,
                description: None,
                blocks: Vec::new(),
                directives: Vec::new(),
                implements: Vec::new(),
                fields: IndexMap::new(),
                inputs: IndexMap::new(),
                members: Vec::new(),
                values: IndexMap::new(),
                keys: Vec::new(),
            });
        if ty.kind != parts.kind {
            return;
        }
        let block = u16::try_from(ty.blocks.len()).unwrap_or(u16::MAX);
        ty.blocks.push(Block {
            is_extension: parts.is_extension,
            span: self.source.span_of(parts.name.location()),
        });
        if let Some(description) = parts.description {
            ty.description = Some(description.to_string());
        }
        ty.directives
            .extend(self.directives(parts.directives, block));
        for interface in parts.implements {
            let reference = self.reference(interface);
            if !ty.declares(&reference.name) {
                ty.implements.push(reference);
            }
        }
        ty.members
            .extend(parts.members.iter().map(|it| self.reference(it)));
        for field in parts.fields {
            let field = self.field(field, block);
            ty.fields.entry(field.name.clone()).or_insert(field);
        }
        for input in parts.inputs {
            let input = self.input_value(input);
            ty.inputs.entry(input.name.clone()).or_insert(input);
        }
        for value in parts.values {
            let name = from_parser::name(&value.value);
            ty.values
                .entry(name.clone())
                .or_insert_with(|| EnumValueDefinition {
                    name,
                    description: value.description.as_ref().map(ToString::to_string),
                    directives: self.directives(&value.directives, 0),
                    span: self.source.span_of(value.value.location()),
                });
        }
    }

    fn field(&self, field: &ast::FieldDefinition, block: u16) -> FieldDefinition {
        FieldDefinition {
            name: from_parser::name(&field.name),
            description: field.description.as_ref().map(ToString::to_string),
            arguments: self.input_values(&field.arguments),
            ty: from_parser::r#type(&field.ty),
            directives: self.directives(&field.directives, block),
            span: self.source.span_of(field.name.location()),
            block,
            requires: None,
            provides: None,
            marks: Marks::default(),
        }
    }

    fn input_values(
        &self,
        values: &[Node<ast::InputValueDefinition>],
    ) -> IndexMap<Name, InputValueDefinition> {
        values
            .iter()
            .map(|value| {
                let value = self.input_value(value);
                (value.name.clone(), value)
            })
            .collect()
    }

    fn input_value(&self, value: &ast::InputValueDefinition) -> InputValueDefinition {
        InputValueDefinition {
            name: from_parser::name(&value.name),
            description: value.description.as_ref().map(ToString::to_string),
            ty: from_parser::r#type(&value.ty),
            default: value
                .default_value
                .as_ref()
                .map(|it| from_parser::value(it)),
            directives: self.directives(&value.directives, 0),
            span: self.source.span_of(value.name.location()),
        }
    }

    fn directive_definition(&self, definition: &ast::DirectiveDefinition) -> DirectiveDefinition {
        DirectiveDefinition {
            name: from_parser::name(&definition.name),
            description: definition.description.as_ref().map(ToString::to_string),
            arguments: self.input_values(&definition.arguments),
            repeatable: definition.repeatable,
            locations: definition
                .locations
                .iter()
                .map(|location| Name::new(location.name()))
                .collect(),
            span: self.source.span_of(definition.name.location()),
        }
    }

    fn directives(&self, directives: &ast::DirectiveList, block: u16) -> Vec<AppliedDirective> {
        directives
            .iter()
            .map(|node| AppliedDirective {
                directive: from_parser::directive(node),
                meaning: self.links.meaning(&node.name),
                span: self.source.span_of(node.location()),
                value_places: node
                    .arguments
                    .iter()
                    .map(|it| self.value_place(it))
                    .collect(),
                block,
            })
            .collect()
    }

    fn value_place(&self, argument: &ast::Argument) -> ValuePlace {
        let place = argument.value.location();
        let span: Span = self.source.span_of(place);
        let content = match (&*argument.value, place) {
            (ast::Value::String(text), Some(place)) => self.content(text, place),
            _ => None,
        };
        ValuePlace { span, content }
    }

    /// Where the text of a string begins, if it stands in the source as it is: escapes and the
    /// stripping of indentation would shift everything after them.
    fn content(&self, text: &str, place: SourceSpan) -> Option<diagnostics::Position> {
        let literal = self.source.slice(place);
        let quotes = if literal.starts_with("\"\"\"") { 3 } else { 1 };
        let inner = literal.get(quotes..literal.len().checked_sub(quotes)?)?;
        let offset = inner.find(text)?;
        let exact = !inner.contains('\\') && inner.trim() == text.trim();
        exact.then(|| self.source.position(place.offset() + quotes + offset))
    }

    fn reference(&self, name: &apollo_compiler::Name) -> Reference {
        Reference {
            name: from_parser::name(name),
            span: self.source.span_of(name.location()),
        }
    }
}

#[test]
fn every_node_has_its_place_and_extensions_are_blocks() {
    let subgraph = crate::testing::linked(
        "type Query {\n  a(x: Int): Int @shareable\n}\nextend type Query {\n  b: Int\n}\nenum E {\n  ONE\n}",
    );
    let query = subgraph.type_named("Query").unwrap();
    assert_eq!(query.span().to_string(), "s:1:6");
    assert_eq!(query.blocks[1].span.to_string(), "s:4:13");
    let a = &query.fields["a"];
    assert_eq!(a.span.to_string(), "s:2:3");
    assert_eq!(a.arguments["x"].span.to_string(), "s:2:5");
    assert_eq!(a.directives[0].span.to_string(), "s:2:18");
    assert_eq!((a.block, query.fields["b"].block), (0, 1));
    assert_eq!(subgraph.types["E"].values["ONE"].span.to_string(), "s:8:3");
}

#[test]
fn places_inside_strings_are_known_where_nothing_is_escaped() {
    let subgraph = crate::testing::linked(
        r#"type Query { a: Int } type T @key(fields: "id nope") @key(fields: "id\u0020") { id: ID }"#,
    );
    let keys = &subgraph.types["T"].keys;
    assert_eq!(keys[0].fields.at("id nope", Some(3)).to_string(), "s:1:47");
    assert_eq!(keys[1].fields.at("id ", Some(1)), keys[1].fields.place.span);
}
