//! The definitions that a subgraph may leave out, because specifications give them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use apollo_compiler::ast;
use schema::Name;

use super::{Context, redefinitions};
use crate::links::local_type_of;
use crate::specifications::{DirectiveSpecification, all, input_fields};
use crate::{FederationDirective, Kind};

/// The document with the definitions of the known directives and types that it uses and does not
/// define.
pub(super) fn supplement(context: &Context<'_>) -> ast::Document {
    let mut document = context.document.clone();
    document.definitions.retain(|definition| match definition {
        ast::Definition::DirectiveDefinition(it) => context
            .definitions
            .directives
            .get(it.name.as_str())
            .is_none_or(|definition| {
                !redefinitions::is_replaced(context.links, context.version, definition)
            }),
        _ => true,
    });
    let text = missing_definitions(context);
    // The text is ours and parses; were it not so, the missing definitions would be reported.
    if let Ok(extra) = ast::Document::parse(text, "specifications.graphql") {
        document.definitions.extend(extra.definitions);
    }
    document
}

fn missing_definitions(context: &Context<'_>) -> String {
    let mut text = String::new();
    let mut types = Types::new();
    for (local, specification) in known_directives(context) {
        let defined = context.definitions.directives.get(&local);
        if defined.is_some_and(|it| !redefinitions::is_replaced(context.links, context.version, it))
            || !context.source.text().contains(&format!("@{local}"))
        {
            continue;
        }
        write_definition(&mut text, &mut types, context, &local, specification);
    }
    types.insert(Name::new("_Any"), None);
    let mut written = Vec::new();
    while let Some((name, element)) = types.pop_first() {
        if !context.definitions.types.contains_key(&name) && !written.contains(&name) {
            write_type(&mut text, &mut types, context, &name, element);
        }
        written.push(name);
    }
    // A query root may be empty: every subgraph gets fields that only routers ask.
    let query = context
        .definitions
        .roots
        .iter()
        .find(|(operation, _)| *operation == ast::OperationType::Query)
        .map_or("Query", |(_, root)| root.name.as_str());
    let is_empty = |ty: &crate::TypeDefinition| ty.kind == Kind::Object && ty.fields.is_empty();
    if context.definitions.types.get(query).is_some_and(is_empty) {
        let _ = writeln!(text, "extend type {query} {{ _service: String }}");
    }
    text
}

/// Every known directive under each of its local names.
fn known_directives<'s>(
    context: &'s Context<'s>,
) -> impl Iterator<Item = (Name, &'static DirectiveSpecification)> + 's {
    all().iter().flat_map(|specification| {
        context
            .links
            .names_of(specification.directive)
            .map(move |local| (local, specification))
    })
}

/// The specifications' types that are used, by their local names, with the directive that uses them
/// and their own names.
type Types = BTreeMap<Name, Option<(FederationDirective, &'static str)>>;

fn write_type(
    text: &mut String,
    types: &mut Types,
    context: &Context<'_>,
    name: &Name,
    element: Option<(FederationDirective, &'static str)>,
) {
    let fields = element.and_then(|(directive, own)| Some((directive, input_fields(own)?)));
    let Some((directive, fields)) = fields else {
        let _ = writeln!(text, "scalar {name}");
        return;
    };
    let _ = write!(text, "input {name} {{");
    for (field, ty) in fields {
        let ty = local_type(context, types, directive, ty);
        let _ = write!(text, " {field}: {ty}");
    }
    let _ = writeln!(text, " }}");
}

/// A type as the table has it, with the local name of the specification's own type.
fn local_type(
    context: &Context<'_>,
    types: &mut Types,
    directive: FederationDirective,
    ty: &'static str,
) -> String {
    let Some((opening, rest)) = ty.split_once('*') else {
        return ty.to_owned();
    };
    let element = rest.trim_end_matches(['!', ']']);
    let closing = rest.get(element.len()..).unwrap_or("");
    let name = local_type_of(context.links, directive, element);
    let local = format!("{opening}{name}{closing}");
    types.insert(name, Some((directive, element)));
    local
}

fn write_definition(
    text: &mut String,
    types: &mut Types,
    context: &Context<'_>,
    local: &Name,
    specification: &DirectiveSpecification,
) {
    let _ = write!(text, "directive @{local}");
    for (index, argument) in specification.arguments_in(context.version).enumerate() {
        let before = if index == 0 { "(" } else { ", " };
        let ty = local_type(context, types, specification.directive, argument.ty);
        let _ = write!(text, "{before}{}: {ty}", argument.name);
        if let Some(default) = argument.default {
            let _ = write!(text, " = {default}");
        }
    }
    if specification.arguments_in(context.version).next().is_some() {
        text.push(')');
    }
    if specification.is_repeatable_in(context.version) {
        text.push_str(" repeatable");
    }
    let locations = specification.locations_in(context.version).join(" | ");
    let _ = writeln!(text, " on {locations}");
}
