//! Where the subgraphs define an element of the merged graph.

use diagnostics::{Problem, Span};
use subgraph::{FieldDefinition, Subgraph};

/// The definitions of a type.
pub(super) fn of_type<'s>(
    subgraphs: &'s [Subgraph],
    ty: &'s str,
) -> impl Iterator<Item = &'s Span> {
    subgraphs
        .iter()
        .filter_map(move |it| Some(it.type_named(ty)?.span()))
}

/// The definitions of a field of an object, interface or input object, or of an enum value; those of
/// the type where no subgraph has the member itself.
pub(super) fn of_member<'s>(subgraphs: &'s [Subgraph], ty: &'s str, member: &str) -> Vec<&'s Span> {
    let found: Vec<&Span> = subgraphs
        .iter()
        .filter_map(|it| {
            let ty = it.type_named(ty)?;
            let field = ty.fields.get(member).map(|it| &it.span);
            let input = ty.inputs.get(member).map(|it| &it.span);
            let value = ty.values.get(member).map(|it| &it.span);
            field.or(input).or(value)
        })
        .collect();
    if found.is_empty() {
        return of_type(subgraphs, ty).collect();
    }
    found
}

/// The definitions of an argument; those of the field where no subgraph has the argument.
pub(super) fn of_argument<'s>(
    subgraphs: &'s [Subgraph],
    ty: &'s str,
    field: &str,
    argument: &str,
) -> Vec<&'s Span> {
    let found: Vec<&Span> = fields(subgraphs, ty, field)
        .filter_map(|it| Some(&it.arguments.get(argument)?.span))
        .collect();
    if found.is_empty() {
        return of_member(subgraphs, ty, field);
    }
    found
}

/// The definitions of an argument of a directive.
pub(super) fn of_directive_argument<'s>(
    subgraphs: &'s [Subgraph],
    directive: &str,
    argument: &str,
) -> Vec<&'s Span> {
    subgraphs
        .iter()
        .filter_map(|it| {
            let definition = it.directive_definitions.get(directive)?;
            Some(&definition.arguments.get(argument)?.span)
        })
        .collect()
}

/// The field in each subgraph that has it.
pub(super) fn fields<'s>(
    subgraphs: &'s [Subgraph],
    ty: &'s str,
    field: &str,
) -> impl Iterator<Item = &'s FieldDefinition> {
    subgraphs
        .iter()
        .filter_map(move |it| it.type_named(ty)?.fields.get(field))
}

/// Adds related places to a problem.
pub(super) fn also_see<'s>(
    problem: &mut Problem,
    places: impl IntoIterator<Item = &'s Span>,
    text: &str,
) {
    for place in places {
        problem.also_see(place, text);
    }
}
