//! Bounds how many values introspection may give, before it is executed.
//!
//! Lists inside lists multiply, and so do aliases: a small document could ask for millions of
//! values, and types lead back to themselves. What it asks for is estimated from above by the sizes of the schema's lists. Directly
//! below `types` the sum over all types is known exactly, so the query that every tool sends
//! is not overestimated; elsewhere the longest list of its kind is assumed.

use std::collections::HashSet;

use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Node, Schema};

use crate::{ApiSchema, RequestError};

/// Values per element of the schema that a tool's usual query asks for, generously.
const USUAL_VALUES_PER_ELEMENT: u64 = 40;
/// Times that an operation may ask for what the usual query asks for.
const USUAL_QUERIES: u64 = 3;
/// Values that are always allowed: small schemas may be asked often.
const ALWAYS_ALLOWED: u64 = 50_000;

/// How long the lists of a schema are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SchemaSize {
    types: u64,
    directives: u64,
    fields: Lengths,
    field_arguments: Lengths,
    directive_arguments: Lengths,
    input_fields: Lengths,
    enum_values: Lengths,
    interfaces: Lengths,
    possible_types: Lengths,
}

/// The lengths of all lists of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Lengths {
    sum: u64,
    longest: u64,
}

/// Which objects a selection set of introspection is for.
#[derive(Clone, Copy)]
enum Objects {
    Schema,
    /// Every type of the schema, so many times over.
    AllTypes(u64),
    /// Every field of every type, so many times over.
    AllFields(u64),
    /// Every directive, so many times over.
    AllDirectives(u64),
    /// So many objects of which nothing more is known.
    Some(u64),
}

impl SchemaSize {
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut size = Self {
            types: count(schema.types.len()),
            directives: count(schema.directive_definitions.len()),
            ..Self::default()
        };
        for directive in schema.directive_definitions.values() {
            size.directive_arguments.add(directive.arguments.len());
        }
        for ty in schema.types.values() {
            match ty {
                ExtendedType::Object(it) => {
                    size.interfaces.add(it.implements_interfaces.len());
                    size.fields.add(it.fields.len());
                    it.fields
                        .values()
                        .for_each(|field| size.field_arguments.add(field.arguments.len()));
                }
                ExtendedType::Interface(it) => {
                    size.interfaces.add(it.implements_interfaces.len());
                    size.fields.add(it.fields.len());
                    it.fields
                        .values()
                        .for_each(|field| size.field_arguments.add(field.arguments.len()));
                }
                ExtendedType::Union(it) => size.possible_types.add(it.members.len()),
                ExtendedType::Enum(it) => size.enum_values.add(it.values.len()),
                ExtendedType::InputObject(it) => size.input_fields.add(it.fields.len()),
                ExtendedType::Scalar(_) => {}
            }
        }
        // What objects implement, seen from the interfaces.
        for implementers in schema.implementers_map().values() {
            size.possible_types.add(implementers.objects.len());
        }
        size
    }

    fn allowed(&self) -> u64 {
        let elements = self.types
            + self.directives
            + self.fields.sum
            + self.field_arguments.sum
            + self.directive_arguments.sum
            + self.input_fields.sum
            + self.enum_values.sum
            + self.interfaces.sum
            + self.possible_types.sum;
        ALWAYS_ALLOWED + USUAL_QUERIES * USUAL_VALUES_PER_ELEMENT * elements
    }

    /// The objects in a field's value, for each selection of it on these objects.
    fn below(&self, field: &str, on: Objects) -> Objects {
        let times = on.count(self);
        let list = |lengths: Lengths| match on {
            Objects::AllTypes(times) => Objects::Some(times.saturating_mul(lengths.sum)),
            _ => Objects::Some(times.saturating_mul(lengths.longest)),
        };
        match (field, on) {
            ("types", _) => Objects::AllTypes(times),
            ("directives", _) => Objects::AllDirectives(times),
            ("fields", Objects::AllTypes(times)) => Objects::AllFields(times),
            ("fields", _) => list(self.fields),
            ("args", Objects::AllFields(times)) => {
                Objects::Some(times.saturating_mul(self.field_arguments.sum))
            }
            ("args", Objects::AllDirectives(times)) => {
                Objects::Some(times.saturating_mul(self.directive_arguments.sum))
            }
            ("args", _) => {
                let longest = self
                    .field_arguments
                    .longest
                    .max(self.directive_arguments.longest);
                Objects::Some(times.saturating_mul(longest))
            }
            ("inputFields", _) => list(self.input_fields),
            ("enumValues", _) => list(self.enum_values),
            ("interfaces", _) => list(self.interfaces),
            ("possibleTypes", _) => list(self.possible_types),
            _ => Objects::Some(times),
        }
    }
}

impl Objects {
    fn count(self, size: &SchemaSize) -> u64 {
        match self {
            Self::Schema => 1,
            Self::AllTypes(times) => times.saturating_mul(size.types),
            Self::AllFields(times) => times.saturating_mul(size.fields.sum),
            Self::AllDirectives(times) => times.saturating_mul(size.directives),
            Self::Some(times) => times,
        }
    }
}

impl Lengths {
    fn add(&mut self, length: usize) {
        self.sum += count(length);
        self.longest = self.longest.max(count(length));
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Checks what an operation's introspection asks for.
///
/// # Errors
/// It asks for many times the schema.
pub(super) fn check(
    api: &ApiSchema,
    document: &ExecutableDocument,
    operation: &Operation,
) -> Result<(), RequestError> {
    let mut total: u64 = 0;
    for field in fields(document, &operation.selection_set) {
        if field.name == "__schema" || field.name == "__type" {
            let on = if field.name == "__schema" {
                Objects::Schema
            } else {
                Objects::Some(1)
            };
            total = total.saturating_add(values(&api.size, document, &field.selection_set, on));
        }
    }
    if total > api.size.allowed() {
        return Err(RequestError::too_complex(
            "the operation asks for far more of the schema than there is",
        ));
    }
    Ok(())
}

/// At most so many values. Recurses as deep as the document, which is bounded.
fn values(
    size: &SchemaSize,
    document: &ExecutableDocument,
    set: &SelectionSet,
    on: Objects,
) -> u64 {
    let mut total: u64 = 0;
    for field in fields(document, set) {
        total = total.saturating_add(on.count(size));
        if !field.selection_set.is_empty() {
            let below = size.below(&field.name, on);
            total = total.saturating_add(values(size, document, &field.selection_set, below));
        }
    }
    total
}

/// The fields of a selection set, each fragment dissolved once.
fn fields<'d>(document: &'d ExecutableDocument, set: &'d SelectionSet) -> Vec<&'d Node<Field>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut stack = vec![set];
    while let Some(set) = stack.pop() {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => found.push(field),
                Selection::InlineFragment(fragment) => stack.push(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    if seen.insert(&spread.fragment_name)
                        && let Some(fragment) = document.fragments.get(&spread.fragment_name)
                    {
                        stack.push(&fragment.selection_set);
                    }
                }
            }
        }
    }
    found
}
