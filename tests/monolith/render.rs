//! Worlds and subgraphs as SDL.

use std::fmt::Write;

use schema::Type;
use serde_json::Value as Json;

use super::world::{Declared, DeclaredField, Field, HIDDEN_HUE, Kind, Select, World};

/// The label of all labelled overrides.
pub(crate) const LABEL: &str = "moving";

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", import: [\"@key\", \
    \"@shareable\", \"@external\", \"@requires\", \"@provides\", \"@override\", \"@inaccessible\", \
    \"@interfaceObject\", \"@context\", \"@fromContext\"])\n";

/// The leaf types and the input object; with what is said of the value that may be hidden.
fn leaves(hidden_hue: &str) -> String {
    format!(
        "scalar Blob\nenum Hue {{ RED {hidden_hue} BLUE }}\ninput Pin {{ x: Int y: String = \"why\" }}\n"
    )
}

/// The schema that clients see.
pub(crate) fn whole(world: &World) -> String {
    let mut sdl = leaves(if world.hides_hue.is_some() {
        ""
    } else {
        HIDDEN_HUE
    });
    for (name, it) in &world.types {
        if it.kind == Kind::Union {
            let members: Vec<&str> = it.objects.iter().map(String::as_str).collect();
            let _ = writeln!(sdl, "union {name} = {}", members.join(" | "));
            continue;
        }
        let interfaces: Vec<&str> = match it.kind {
            Kind::Interface => Vec::new(),
            _ => world
                .types
                .iter()
                .filter(|(_, other)| other.kind == Kind::Interface && other.objects.contains(name))
                .map(|(name, _)| name.as_str())
                .collect(),
        };
        let keyword = if it.kind == Kind::Interface {
            "interface"
        } else {
            "type"
        };
        let _ = write!(sdl, "{keyword} {name}{} {{", implements(&interfaces));
        for (name, field) in it.fields.iter().filter(|(_, field)| !field.hidden) {
            let _ = write!(sdl, " {name}{}: {}", arguments(field), field.ty);
        }
        sdl.push_str(" }\n");
    }
    sdl
}

/// What a subgraph gives to composition.
pub(crate) fn federated(world: &World, subgraph: usize) -> String {
    format!("{LINK}{}", declared(world, subgraph, true))
}

/// What a subgraph carries out.
pub(crate) fn executable(world: &World, subgraph: usize) -> String {
    let it = &world.subgraphs[subgraph];
    let mut sdl = declared(world, subgraph, false);
    let entities: Vec<&str> = it
        .types
        .iter()
        .filter(|(name, declared)| {
            let is_object = declared.interface_object || !world.is_abstract(name);
            is_object && declared.keys.iter().any(|(_, resolvable)| *resolvable)
        })
        .map(|(name, _)| name.as_str())
        .collect();
    let query = if it.types.contains_key("Query") {
        "extend type"
    } else {
        "type"
    };
    let _ = writeln!(sdl, "scalar _Any\n{query} Query {{ _service: String }}");
    if !entities.is_empty() {
        let _ = writeln!(
            sdl,
            "union _Entity = {}\nextend type Query {{ _entities(representations: [_Any!]!): [_Entity]! }}",
            entities.join(" | ")
        );
    }
    sdl
}

fn declared(world: &World, subgraph: usize, federated: bool) -> String {
    let mark = match federated && world.hides_hue == Some(subgraph) {
        true => " @inaccessible",
        false => "",
    };
    let mut sdl = leaves(&format!("{HIDDEN_HUE}{mark}"));
    for (name, it) in &world.subgraphs[subgraph].types {
        let kind = world.composite(name).kind;
        if kind == Kind::Union {
            let members: Vec<&str> = it.members.iter().map(String::as_str).collect();
            let _ = writeln!(sdl, "union {name} = {}", members.join(" | "));
            continue;
        }
        let is_interface = kind == Kind::Interface && !it.interface_object;
        let keyword = if is_interface { "interface" } else { "type" };
        let interfaces: Vec<&str> = it.interfaces.iter().map(String::as_str).collect();
        let _ = write!(sdl, "{keyword} {name}{}", implements(&interfaces));
        if federated {
            sdl.push_str(&type_directives(it));
            if sets_context(world, subgraph, name) {
                sdl.push_str(" @context(name: \"above\")");
            }
        }
        sdl.push_str(" {");
        for (field_name, field) in &it.fields {
            let whole = &world.composite(name).fields[field_name];
            let ty = match field.strict && !whole.ty.is_non_null() {
                true => Type::NonNull(Box::new(whole.ty.clone())),
                false => whole.ty.clone(),
            };
            let above = match &world.from_above {
                Some(it) if it.subgraph == subgraph && it.is(name, field_name) => above(federated),
                _ => "",
            };
            let _ = write!(sdl, " {field_name}{}: {ty}", arguments_and(whole, above));
            if federated {
                sdl.push_str(&field_directives(field));
            }
        }
        sdl.push_str(" }\n");
    }
    sdl
}

fn sets_context(world: &World, subgraph: usize, type_name: &str) -> bool {
    let from_above = world.from_above.as_ref();
    from_above.is_some_and(|it| it.subgraph == subgraph && it.setters.contains(type_name))
}

/// The argument that takes the mark of the nearest object that has one.
fn above(federated: bool) -> &'static str {
    match federated {
        true => "above: Int @fromContext(field: \"$above { mark }\")",
        false => "above: Int",
    }
}

fn implements(interfaces: &[&str]) -> String {
    match interfaces {
        [] => String::new(),
        some => format!(" implements {}", some.join(" & ")),
    }
}

fn type_directives(it: &Declared) -> String {
    let mut directives = String::new();
    if it.interface_object {
        directives.push_str(" @interfaceObject");
    }
    for (key, resolvable) in &it.keys {
        let resolvable = if *resolvable {
            ""
        } else {
            ", resolvable: false"
        };
        let _ = write!(
            directives,
            " @key(fields: \"{}\"{resolvable})",
            field_set(key)
        );
    }
    directives
}

fn field_directives(field: &DeclaredField) -> String {
    let mut directives = String::new();
    for (is, name) in [
        (field.external, " @external"),
        (field.shareable, " @shareable"),
        (field.hidden, " @inaccessible"),
    ] {
        directives.push_str(if is { name } else { "" });
    }
    if let Some(from) = &field.overrides {
        let label = match field.labelled {
            true => format!(", label: \"{LABEL}\""),
            false => String::new(),
        };
        let _ = write!(directives, " @override(from: \"{from}\"{label})");
    }
    for (name, items) in [("requires", &field.requires), ("provides", &field.provides)] {
        if !items.is_empty() {
            let text = field_set(items).replace('\\', "\\\\").replace('"', "\\\"");
            let _ = write!(directives, " @{name}(fields: \"{text}\")");
        }
    }
    directives
}

fn arguments(field: &Field) -> String {
    arguments_and(field, "")
}

/// The arguments of a field, and one more unless it is empty.
fn arguments_and(field: &Field, more: &str) -> String {
    let mut arguments: Vec<String> = field
        .arguments
        .iter()
        .map(|it| match &it.default {
            Some(default) => format!("{}: {} = {default}", it.name, it.ty),
            None => format!("{}: {}", it.name, it.ty),
        })
        .collect();
    if !more.is_empty() {
        arguments.push(more.to_owned());
    }
    match arguments[..] {
        [] => String::new(),
        _ => format!("({})", arguments.join(" ")),
    }
}

/// Selections as a field set.
pub(crate) fn field_set(items: &[Select]) -> String {
    let texts: Vec<String> = items.iter().map(select).collect();
    texts.join(" ")
}

fn select(it: &Select) -> String {
    let mut text = it.name.clone();
    if !it.arguments.is_empty() {
        let arguments: Vec<String> = it
            .arguments
            .iter()
            .map(|(name, value): (&String, &Json)| format!("{name}: {value}"))
            .collect();
        let _ = write!(text, "({})", arguments.join(", "));
    }
    if !it.items.is_empty() {
        let _ = write!(text, " {{ {} }}", field_set(&it.items));
    }
    match &it.on {
        Some(on) => format!("... on {on} {{ {text} }}"),
        None => text,
    }
}
