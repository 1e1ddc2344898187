//! The head of a supergraph: which specifications it links, and which subgraphs it joins.

use std::collections::HashMap;

use apollo_compiler::{Node, ast};
use schema::{Directive, Name, SubgraphId, Value, from_parser};

use super::{ReadError, ReadErrorKind};
use crate::{Graph, JoinVersion, Link, Model, SpecificationUrl, Version};

/// What the head says.
pub(super) struct Header {
    /// A model with the schema's own parts filled in.
    pub(super) model: Model,
    /// The prefix of the join specification's elements, mostly `join`.
    pub(super) join_prefix: String,
    /// The version that was written.
    pub(super) join_version: Version,
    /// The subgraphs by their values of the enum.
    pub(super) graph_ids: HashMap<Name, SubgraphId>,
}

/// Specifications for `SECURITY` or `EXECUTION` that are understood, or that need no understanding
/// because what they say is in the model already.
const UNDERSTOOD: [&str; 9] = [
    "authenticated",
    "cacheTag",
    "connect",
    "context",
    "inaccessible",
    "join",
    "link",
    "policy",
    "requiresScopes",
];

/// Reads the schema definition and the enum of graphs.
pub(super) fn read(sdl: &str, document: &ast::Document) -> Result<Header, ReadError> {
    let mut model = Model::default();
    let mut join: Option<(String, SpecificationUrl)> = None;
    let error = |place, kind| ReadError::new(sdl, place, kind);
    for definition in &document.definitions {
        let (directives, roots, description) = match definition {
            ast::Definition::SchemaDefinition(it) => {
                (&it.directives, &it.root_operations, it.description.as_ref())
            }
            ast::Definition::SchemaExtension(it) => (&it.directives, &it.root_operations, None),
            _ => continue,
        };
        if let Some(description) = description {
            model.description = Some(description.to_string());
        }
        check_root_names(sdl, roots)?;
        for node in directives {
            let directive = from_parser::directive(node);
            let Some(url) = specification(&directive) else {
                model.directives.push(directive);
                continue;
            };
            let link = Link { directive };
            if url.identity == "https://specs.apollo.dev/join" {
                let prefix = link.prefix().unwrap_or_else(|| url.name.clone());
                join = Some((prefix, url));
            } else if !matches!(url.name.as_str(), "link" | "core") {
                check_understood(&link, &url).map_err(|kind| error(node.location(), kind))?;
                model.links.push(as_link(link));
            }
        }
    }
    let (join_prefix, url) = join.ok_or_else(|| error(None, ReadErrorKind::NoJoinLink))?;
    model.join_version = match (url.version.major, url.version.minor) {
        (0, 1..=3) => JoinVersion::V03,
        (0, 4) => JoinVersion::V04,
        (0, 5) => JoinVersion::V05,
        _ => {
            let kind = ReadErrorKind::UnsupportedJoinVersion(url.version.to_string());
            return Err(error(None, kind));
        }
    };
    let graph_ids = graphs(sdl, document, &join_prefix, &mut model)?;
    Ok(Header {
        model,
        join_prefix,
        join_version: url.version,
        graph_ids,
    })
}

/// The URL of a `@link`, or of a `@core` as the first supergraphs had it.
fn specification(directive: &Directive) -> Option<SpecificationUrl> {
    let url = match directive.name.as_str() {
        "core" => directive.argument("feature")?,
        _ => directive.argument("url")?,
    };
    let url = SpecificationUrl::parse(url.as_str()?)?;
    // Whatever `@link` is called here, its first use links itself.
    matches!(directive.name.as_str(), "core" | "link").then_some(url)
}

/// `@core(feature:)` is printed as the `@link(url:)` that replaced it.
fn as_link(mut link: Link) -> Link {
    link.directive.name = "link".into();
    for (name, _) in &mut link.directive.arguments {
        if name == "feature" {
            *name = "url".into();
        }
    }
    link
}

fn check_understood(link: &Link, url: &SpecificationUrl) -> Result<(), ReadErrorKind> {
    let needed = match link.directive.argument("for") {
        Some(Value::Enum(purpose)) => matches!(purpose.as_str(), "SECURITY" | "EXECUTION"),
        _ => false,
    };
    let understood = url
        .identity
        .strip_prefix("https://specs.apollo.dev/")
        .is_some_and(|name| UNDERSTOOD.contains(&name));
    if needed && !understood {
        let text = format!("{}/{}", url.identity, url.version);
        return Err(ReadErrorKind::UnsupportedSpecification(text));
    }
    Ok(())
}

fn check_root_names(
    sdl: &str,
    roots: &[Node<(ast::OperationType, apollo_compiler::Name)>],
) -> Result<(), ReadError> {
    for root in roots {
        let (operation, expected) = match root.0 {
            ast::OperationType::Query => ("query", "Query"),
            ast::OperationType::Mutation => ("mutation", "Mutation"),
            ast::OperationType::Subscription => ("subscription", "Subscription"),
        };
        if root.1 != expected {
            let kind = ReadErrorKind::RootName {
                operation,
                name: from_parser::name(&root.1),
                expected,
            };
            return Err(ReadError::new(sdl, root.1.location(), kind));
        }
    }
    Ok(())
}

fn graphs(
    sdl: &str,
    document: &ast::Document,
    prefix: &str,
    model: &mut Model,
) -> Result<HashMap<Name, SubgraphId>, ReadError> {
    let graph_enum = format!("{prefix}__Graph");
    let definition = document
        .definitions
        .iter()
        .find_map(|definition| match definition {
            ast::Definition::EnumTypeDefinition(it) if it.name == graph_enum.as_str() => Some(it),
            _ => None,
        });
    let Some(definition) = definition else {
        return Err(ReadError::new(
            sdl,
            None,
            ReadErrorKind::NoGraphs(prefix.to_owned()),
        ));
    };
    let graph_directive = format!("{prefix}__graph");
    let mut graphs = Vec::new();
    for value in &definition.values {
        let enum_value = from_parser::name(&value.value);
        let directive = value
            .directives
            .get(&graph_directive)
            .map(|it| from_parser::directive(it));
        let text = |argument| {
            let value = directive.as_ref()?.argument(argument)?;
            value.as_str().map(str::to_owned)
        };
        let Some(name) = text("name") else {
            let kind = ReadErrorKind::GraphWithoutName(enum_value);
            return Err(ReadError::new(sdl, value.location(), kind));
        };
        let url = text("url").unwrap_or_default();
        graphs.push(Graph {
            name,
            enum_value,
            url,
        });
    }
    graphs.sort_by(|a, b| a.name.cmp(&b.name));
    let mut ids = HashMap::new();
    for (index, graph) in graphs.iter().enumerate() {
        let id = u16::try_from(index).map_err(|_| {
            ReadError::new(sdl, definition.location(), ReadErrorKind::TooManyGraphs)
        })?;
        ids.insert(graph.enum_value.clone(), SubgraphId(id));
    }
    model.graphs = graphs;
    Ok(ids)
}
