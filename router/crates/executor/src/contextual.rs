//! Puts a fetch together whose entities are asked for with values from objects above.
//!
//! How many groups of entities there are is only known now, and each has an `_entities` field of its own.
//! So the document is put together from the plan's pieces, and the shape that reads the answer from
//! that of the plan: from here on the fetch is like one that was planned so.

use std::sync::Arc;

use bytes::Bytes;
use plan::{FetchId, Slot};
use schema::Name;

use crate::compile::contexts::{ContextualShape, numbered};
use crate::compile::fetches::FetchShape;
use crate::compile::read::ReadShape;
use crate::compile::request::separate;
use crate::entities::{Asked, Group, ask_by_context};
use crate::errors::report_left_out;
use crate::json_text;
use crate::size_hint::SizeHint;
use crate::state::Execution;

/// One `_entities` field.
struct Part {
    /// Which list of entities of the plan it is part of, and its number there.
    entity: usize,
    number: usize,
    group: Group,
}

/// The body of the request; none when there is nothing to ask for. Remembers how it is read.
pub(crate) fn request(
    execution: &mut Execution<'_>,
    fetch: FetchId,
    contextual: &ContextualShape,
    variables: &[(Name, Bytes)],
) -> Option<Bytes> {
    let planned = &execution.executable.fetches[fetch.index()];
    let mut parts = Vec::new();
    for (entity, (shape, contexts)) in planned
        .entities
        .iter()
        .zip(&contextual.contexts)
        .enumerate()
    {
        if !execution.included.holds(shape.inclusion) {
            continue;
        }
        let (groups, incomplete) =
            ask_by_context(execution.executable, &mut execution.store, shape, contexts);
        report_left_out(execution, fetch, entity, &incomplete.left_out);
        let asking = groups.into_iter().filter(Group::asks);
        parts.extend(asking.enumerate().map(|(number, group)| Part {
            entity,
            number,
            group,
        }));
    }
    if parts.is_empty() {
        return None;
    }
    let body = body(planned, contextual, &parts, variables);
    let own = Arc::new(shape(planned, contextual, &parts));
    execution.own_shapes.push((fetch, own));
    let asked: Vec<Asked> = parts.into_iter().map(|part| part.group.asked).collect();
    execution.asked[fetch.index()] = asked;
    Some(body.into())
}

fn document(contextual: &ContextualShape, parts: &[Part]) -> String {
    let pieces = &contextual.pieces;
    let mut declarations = Vec::with_capacity(parts.len() + 1);
    let mut fields = Vec::with_capacity(parts.len());
    for part in parts {
        if let Some(piece) = pieces.entities.get(part.entity) {
            declarations.push(numbered(&piece.declarations, part.number));
            fields.push(numbered(&piece.field, part.number));
        }
    }
    let used = pieces.client_variables.iter();
    let used = used.filter(|(name, _)| is_used(contextual, parts, name));
    declarations.extend(used.map(|(_, declaration)| declaration.clone()));
    format!(
        "{}({}){{{}}}",
        pieces.head,
        declarations.join(","),
        fields.join(" ")
    )
}

/// Whether some part uses a variable of the client. What has no objects is not asked for, and a variable
/// that nothing uses must not be declared (GraphQL, section 5.8.4).
fn is_used(contextual: &ContextualShape, parts: &[Part], variable: &Name) -> bool {
    let mut pieces = parts
        .iter()
        .filter_map(|part| contextual.pieces.entities.get(part.entity));
    pieces.any(|piece| piece.client_variables.contains(variable))
}

fn body(
    planned: &FetchShape,
    contextual: &ContextualShape,
    parts: &[Part],
    variables: &[(Name, Bytes)],
) -> Vec<u8> {
    let mut body = b"{\"query\":".to_vec();
    json_text::push_quoted(&mut body, &document(contextual, parts));
    if let Some(name) = &planned.request.operation_name {
        body.extend_from_slice(b",\"operationName\":");
        json_text::push_quoted(&mut body, name);
    }
    body.extend_from_slice(b",\"variables\":{");
    let is_used = |name: &Name| is_used(contextual, parts, name);
    planned
        .request
        .client_variables(&mut body, variables, is_used);
    for part in parts {
        let Some(piece) = contextual.pieces.entities.get(part.entity) else {
            continue;
        };
        let mut set = |variable: &str, value: &[u8]| {
            separate(&mut body);
            json_text::push_quoted(&mut body, variable);
            body.push(b':');
            body.extend_from_slice(value);
        };
        let variable = numbered(&piece.variable, part.number);
        set(&variable, &part.group.representations);
        let contexts = contextual.contexts.get(part.entity).into_iter().flatten();
        for (context, value) in contexts.zip(&part.group.values) {
            if let Some(value) = value {
                set(&context.variable(part.number), value);
            }
        }
    }
    body.extend_from_slice(b"}}");
    body
}

/// The plan's fetch with a list of entities for each part.
fn shape(planned: &FetchShape, contextual: &ContextualShape, parts: &[Part]) -> FetchShape {
    let mut entities = Vec::with_capacity(parts.len());
    let mut fields = Vec::with_capacity(parts.len());
    for (index, part) in (0..=u16::MAX).zip(parts) {
        let (Some(entity), Some(field), Some(piece)) = (
            planned.entities.get(part.entity),
            planned.data.fields.get(part.entity),
            contextual.pieces.entities.get(part.entity),
        ) else {
            continue;
        };
        entities.push(entity.clone());
        let key = numbered(&piece.response_key, part.number);
        fields.push(field.under(&key, Slot(index)));
    }
    FetchShape {
        subgraph: planned.subgraph,
        subgraph_name: planned.subgraph_name.clone(),
        kind: planned.kind,
        inclusion: planned.inclusion,
        request: planned.request.clone(),
        request_size: SizeHint::default(),
        data: ReadShape {
            slots: fields.len(),
            static_type: planned.data.static_type,
            reads_type: planned.data.reads_type,
            as_it_stands: planned.data.as_it_stands,
            fields,
        },
        items_size: SizeHint::default(),
        entities,
        contextual: None,
        waits_for: planned.waits_for,
        dependents: Vec::new(),
    }
}
