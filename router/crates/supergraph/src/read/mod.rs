//! Supergraph SDL becomes a model.
//!
//! [`header`] finds out which subgraphs there are and which join specification speaks;
//! [`types`] reads the types with [`joins`]; [`first_version`] lends a hand with join v0.1, which
//! says little and means much.

mod error;
mod first_version;
mod header;
mod joins;
mod types;

use std::collections::HashMap;

use apollo_compiler::ast;
use apollo_compiler::parser::{Parser, SourceSpan};
use indexmap::IndexMap;
use schema::{Name, SubgraphId};

pub use error::{ReadError, ReadErrorKind};

use crate::{DirectiveDefinition, Model, Version};

/// The most tokens a supergraph may have: some ten times the largest known.
const TOKEN_LIMIT: usize = 50_000_000;
/// How deep values and selections may nest; the parser recurses.
const RECURSION_LIMIT: usize = 200;

/// Reads a whole supergraph.
///
/// # Errors
/// The first place where the text stops being one.
pub(crate) fn model(sdl: &str) -> Result<Model, ReadError> {
    let document = Parser::new()
        .token_limit(TOKEN_LIMIT)
        .recursion_limit(RECURSION_LIMIT)
        .parse_ast(sdl, "supergraph")
        .map_err(|invalid| syntax_error(sdl, &invalid.errors))?;
    let header = header::read(sdl, &document)?;
    let reader = Reader {
        sdl,
        join_prefix: header.join_prefix,
        join_version: header.join_version,
        graph_ids: header.graph_ids,
    };
    let mut model = header.model;
    reader.definitions(&document, &mut model)?;
    if reader.join_version == Version::new(0, 1) {
        first_version::complete(&mut model);
    }
    reader.check_references(&document, &model)?;
    Ok(model)
}

/// What every part of the reader has to know.
struct Reader<'s> {
    sdl: &'s str,
    join_prefix: String,
    join_version: Version,
    graph_ids: HashMap<Name, SubgraphId>,
}

impl Reader<'_> {
    fn definitions(&self, document: &ast::Document, model: &mut Model) -> Result<(), ReadError> {
        for definition in &document.definitions {
            match definition {
                ast::Definition::SchemaDefinition(_) | ast::Definition::SchemaExtension(_) => {}
                ast::Definition::DirectiveDefinition(directive) => {
                    if !self.is_machinery(&directive.name) {
                        let directive = self.directive_definition(directive);
                        model
                            .directive_definitions
                            .insert(directive.name.clone(), directive);
                    }
                }
                other => {
                    let Some(ty) = self.type_definition(other)? else {
                        continue;
                    };
                    let name = ty.name.clone();
                    if model.types.insert(name.clone(), ty).is_some() {
                        let place = other.name().and_then(apollo_compiler::Name::location);
                        return Err(self.error(place, ReadErrorKind::DefinedTwice(name)));
                    }
                }
            }
        }
        Ok(())
    }

    fn directive_definition(&self, definition: &ast::DirectiveDefinition) -> DirectiveDefinition {
        DirectiveDefinition {
            description: definition.description.as_ref().map(ToString::to_string),
            name: schema::from_parser::name(&definition.name),
            arguments: self.input_values(&definition.arguments),
            repeatable: definition.repeatable,
            locations: definition
                .locations
                .iter()
                .map(|location| Name::new(location.name()))
                .collect(),
        }
    }

    /// Whether a type or directive only serves to describe the federation: it is written anew by
    /// the printer and means nothing to readers of the model.
    fn is_machinery(&self, name: &str) -> bool {
        let of_join = name
            .strip_prefix(&self.join_prefix)
            .is_some_and(|rest| rest.starts_with("__"));
        of_join
            || matches!(name, "link" | "core")
            || name.starts_with("link__")
            || name.starts_with("core__")
    }

    /// Every type that is referred to must exist: the later stages rely on it.
    fn check_references(&self, document: &ast::Document, model: &Model) -> Result<(), ReadError> {
        let known = |name: &apollo_compiler::Name| {
            const BUILT_IN: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];
            BUILT_IN.contains(&name.as_str()) || model.types.contains_key(name.as_str())
        };
        let check = |name: &apollo_compiler::Name| {
            if known(name) {
                return Ok(());
            }
            let kind = ReadErrorKind::UnknownType(Name::new(name.as_str()));
            Err(self.error(name.location(), kind))
        };
        for definition in &document.definitions {
            if definition
                .name()
                .is_some_and(|name| self.is_machinery(name))
            {
                continue;
            }
            let (implements, fields, inputs, members) = references(definition);
            implements.iter().chain(members).try_for_each(check)?;
            for field in fields {
                check(field.ty.inner_named_type())?;
                for argument in &field.arguments {
                    check(argument.ty.inner_named_type())?;
                }
            }
            for input in inputs {
                check(input.ty.inner_named_type())?;
            }
        }
        Ok(())
    }

    fn error(&self, place: Option<SourceSpan>, kind: ReadErrorKind) -> ReadError {
        ReadError::new(self.sdl, place, kind)
    }
}

type References<'d> = (
    &'d [apollo_compiler::Name],
    &'d [apollo_compiler::Node<ast::FieldDefinition>],
    &'d [apollo_compiler::Node<ast::InputValueDefinition>],
    &'d [apollo_compiler::Name],
);

/// The parts of a definition that refer to types: interfaces, fields, input fields, members.
fn references(definition: &ast::Definition) -> References<'_> {
    match definition {
        ast::Definition::ObjectTypeDefinition(it) => {
            (&it.implements_interfaces, &it.fields, &[], &[])
        }
        ast::Definition::InterfaceTypeDefinition(it) => {
            (&it.implements_interfaces, &it.fields, &[], &[])
        }
        ast::Definition::InputObjectTypeDefinition(it) => (&[], &[], &it.fields, &[]),
        ast::Definition::UnionTypeDefinition(it) => (&[], &[], &[], &it.members),
        ast::Definition::DirectiveDefinition(it) => (&[], &[], &it.arguments, &[]),
        _ => (&[], &[], &[], &[]),
    }
}

fn syntax_error(sdl: &str, errors: &apollo_compiler::validation::DiagnosticList) -> ReadError {
    let first = errors.iter().next();
    let message = first.as_ref().map_or_else(
        || "no GraphQL document".to_owned(),
        |diagnostic| schema::from_parser::message(&diagnostic.error),
    );
    let place = first.and_then(|diagnostic| {
        apollo_compiler::diagnostic::ToCliReport::location(diagnostic.error)
    });
    ReadError::new(sdl, place, ReadErrorKind::Syntax(message))
}

/// Members by name, in order.
type ByName<T> = IndexMap<Name, T>;

#[cfg(test)]
mod tests;
