//! A query that cannot be answered, as short as the way to its dead end.

use schema::{Name, Type};
use supergraph::{FieldDefinition, InputValueDefinition, Model, TypeKind};

use super::walk::{DeadEnd, Step};

/// The query, on one line, such as `{ me { ... on Admin { secret } } }`.
pub(super) fn query(model: &Model, dead_end: &DeadEnd) -> String {
    let mut opened = 0;
    let mut text = String::new();
    for step in &dead_end.path {
        match step {
            Step::Root(name) => {
                let keyword = match name.as_str() {
                    "Mutation" => "mutation ",
                    "Subscription" => "subscription ",
                    _ => "",
                };
                text.push_str(keyword);
            }
            Step::Field { parent, name } => text.push_str(&field(model, parent, name)),
            Step::Narrow(name) => text.push_str(&format!("... on {name}")),
        }
        let space = if text.is_empty() || text.ends_with(' ') {
            ""
        } else {
            " "
        };
        text.push_str(space);
        text.push_str("{ ");
        opened += 1;
    }
    match &dead_end.field {
        Some(name) => {
            text.push_str(&field(model, &dead_end.type_name, name));
            let definition = definition(model, &dead_end.type_name, name);
            let composite = definition
                .and_then(|it| model.type_named(it.ty.inner_name()))
                .is_some_and(supergraph::TypeDefinition::is_composite);
            if composite {
                text.push_str(" { ... }");
            }
        }
        None => text.push_str("__typename"),
    }
    text.push_str(&" }".repeat(opened));
    text
}

fn definition<'m>(model: &'m Model, parent: &str, name: &str) -> Option<&'m FieldDefinition> {
    model.type_named(parent)?.fields()?.get(name)
}

/// A field with a sample value for each argument it cannot do without.
fn field(model: &Model, parent: &str, name: &Name) -> String {
    let arguments: Vec<String> = definition(model, parent, name)
        .into_iter()
        .flat_map(|field| &field.arguments)
        .filter(|argument| is_required(argument))
        .map(|argument| format!("{}: {}", argument.name, sample(model, &argument.ty, 0)))
        .collect();
    if arguments.is_empty() {
        name.to_string()
    } else {
        format!("{name}({})", arguments.join(", "))
    }
}

fn is_required(argument: &InputValueDefinition) -> bool {
    argument.ty.is_non_null() && argument.default.is_none()
}

/// A value of an input type. Input objects that require themselves have none; the depth ends it.
fn sample(model: &Model, ty: &Type, depth: u8) -> String {
    if ty.list_item().is_some() {
        return "[]".to_owned();
    }
    let name = ty.inner_name();
    match name.as_str() {
        "Int" => return "1".to_owned(),
        "Float" => return "1.5".to_owned(),
        "Boolean" => return "true".to_owned(),
        "String" => return "\"text\"".to_owned(),
        "ID" => return "\"id\"".to_owned(),
        _ => {}
    }
    match model.type_named(name).map(|it| &it.kind) {
        Some(TypeKind::Enum(values)) => values
            .first()
            .map_or_else(|| "null".to_owned(), |it| it.name.to_string()),
        Some(TypeKind::InputObject(fields)) if depth < 4 => {
            let fields: Vec<String> = fields
                .values()
                .filter(|field| is_required(&field.value))
                .map(|field| {
                    format!(
                        "{}: {}",
                        field.value.name,
                        sample(model, &field.value.ty, depth + 1)
                    )
                })
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        _ => "\"value\"".to_owned(),
    }
}
