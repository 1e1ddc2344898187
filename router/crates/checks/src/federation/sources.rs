//! Which subgraphs resolve a field, and what they need for it.
//!
//! Fields of a type's keys are left out: every subgraph that mentions the entity has them, and they
//! are equal by what a key is.

use std::collections::BTreeSet;

use schema::{FieldSetItem, Name};
use supergraph::{FieldDefinition, FieldJoin, Model, TypeDefinition};

use super::{has_graph, name_of};
use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference};

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    for (old_ty, new_ty) in pair.joined_types() {
        let (Some(old), Some(new)) = (old_ty.fields(), new_ty.fields()) else {
            continue;
        };
        for (old, new) in difference(old.values(), new.values(), |it| &it.name).both {
            let coordinate = format!("{}.{}", old_ty.name, old.name);
            let mut old_graphs = sources(pair.old, old_ty, old);
            let mut new_graphs = sources(pair.new, new_ty, new);
            let mut keys = key_graphs(pair.old, old_ty, &old.name);
            keys.extend(key_graphs(pair.new, new_ty, &new.name));
            old_graphs.retain(|graph| !keys.contains(graph));
            new_graphs.retain(|graph| !keys.contains(graph));
            let field = Field {
                coordinate,
                old,
                new,
            };
            moved(pair, &field, &old_graphs, &new_graphs, changes);
            for graph in old_graphs.intersection(&new_graphs) {
                needs(pair, &field, graph, changes);
            }
        }
    }
}

/// A field that is there before and after.
struct Field<'m> {
    coordinate: String,
    old: &'m FieldDefinition,
    new: &'m FieldDefinition,
}

fn moved(
    pair: &Pair<'_>,
    field: &Field<'_>,
    old: &BTreeSet<&str>,
    new: &BTreeSet<&str>,
    changes: &mut Changes,
) {
    let coordinate = &*field.coordinate;
    if !old.is_empty() && !new.is_empty() && old.is_disjoint(new) {
        let message = format!("the field moved from {} to {}", list(old), list(new));
        changes.add(Rule::FieldMoved, coordinate, message);
        return;
    }
    for graph in old.difference(new) {
        let message = if has_graph(pair.new, graph) {
            format!("`{graph}` does not resolve the field any more")
        } else {
            format!("`{graph}`, which resolved the field, was removed")
        };
        changes.add_in(Rule::FieldSourceRemoved, graph, coordinate, message);
    }
    for graph in new.difference(old) {
        if let Some(message) = overrides(join(pair.new, field.new, graph)) {
            changes.add_in(Rule::OverrideChanged, graph, coordinate, message);
            continue;
        }
        let message = format!("`{graph}` resolves the field too now");
        changes.add_in(Rule::FieldSourceAdded, graph, coordinate, message);
    }
}

/// Whose field is overridden and when, as a message.
fn overrides(join: Option<&FieldJoin>) -> Option<String> {
    let join = join?;
    let from = join.override_from.as_ref()?;
    Some(match &join.override_label {
        None => format!("the field overrides the one of `{from}` now"),
        Some(label) => {
            format!("the field overrides the one of `{from}` now where {label:?} says so")
        }
    })
}

fn needs(pair: &Pair<'_>, field: &Field<'_>, graph: &str, changes: &mut Changes) {
    let coordinate = &*field.coordinate;
    let (old, new) = (
        join(pair.old, field.old, graph),
        join(pair.new, field.new, graph),
    );
    let text = |set: Option<&schema::FieldSet>| set.map(ToString::to_string);
    let shown = |set: &Option<String>| {
        set.as_ref()
            .map_or("nothing".to_owned(), |it| format!("`{it}`"))
    };
    let requires = |join: Option<&FieldJoin>| text(join.and_then(|it| it.requires.as_ref()));
    let provides = |join: Option<&FieldJoin>| text(join.and_then(|it| it.provides.as_ref()));
    if requires(old) != requires(new) {
        let message = format!(
            "the field requires {} now, where it required {}",
            shown(&requires(new)),
            shown(&requires(old))
        );
        changes.add_in(Rule::RequiresChanged, graph, coordinate, message);
    }
    if provides(old) != provides(new) {
        let message = format!(
            "the field provides {} now, where it provided {}",
            shown(&provides(new)),
            shown(&provides(old))
        );
        changes.add_in(Rule::ProvidesChanged, graph, coordinate, message);
    }
    if overrides(old) != overrides(new) {
        let message = overrides(new)
            .unwrap_or_else(|| "the field overrides no other subgraph's any more".to_owned());
        changes.add_in(Rule::OverrideChanged, graph, coordinate, message);
    }
}

/// The subgraphs that resolve a field.
fn sources<'m>(
    model: &'m Model,
    ty: &TypeDefinition,
    field: &FieldDefinition,
) -> BTreeSet<&'m str> {
    ty.graphs()
        .filter(|graph| field.resolved_by(ty, *graph).is_some())
        .filter_map(|graph| name_of(model, graph))
        .collect()
}

/// The subgraphs in which a field is part of a key of its type.
fn key_graphs<'m>(model: &'m Model, ty: &TypeDefinition, field: &Name) -> BTreeSet<&'m str> {
    let is_field =
        |item: &FieldSetItem| matches!(item, FieldSetItem::Field(it) if it.name == *field);
    ty.joins
        .iter()
        .filter(|join| {
            join.key
                .as_ref()
                .is_some_and(|key| key.items.iter().any(is_field))
        })
        .filter_map(|join| name_of(model, join.graph))
        .collect()
}

fn join<'m>(model: &Model, field: &'m FieldDefinition, graph: &str) -> Option<&'m FieldJoin> {
    field
        .joins
        .iter()
        .find(|join| join.graph.and_then(|id| name_of(model, id)) == Some(graph))
}

fn list(graphs: &BTreeSet<&str>) -> String {
    let names: Vec<String> = graphs.iter().map(|graph| format!("`{graph}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::tests::check;

    fn sdl(field: &str) -> String {
        format!(
            "type Query @join__type(graph: A) {{ t: T }}
             type T @join__type(graph: A, key: \"id\") @join__type(graph: B, key: \"id\") {{
               id: ID
               w: Int @join__field(graph: A) @join__field(graph: B, external: true)
               x: Int {field}
             }}"
        )
    }

    #[test]
    fn a_field_moves_or_gets_another_source() {
        let (a, b) = ("@join__field(graph: A)", "@join__field(graph: B)");
        check(
            &sdl(a),
            &sdl(b),
            &expect!["dangerous FIELD_MOVED T.x: the field moved from `a` to `b`"],
        );
        check(
            &sdl(a),
            &sdl(&format!("{a} {b}")),
            &expect!["dangerous FIELD_SOURCE_ADDED T.x: `b` resolves the field too now"],
        );
        check(
            &sdl(&format!("{a} {b}")),
            &sdl(b),
            &expect!["safe FIELD_SOURCE_REMOVED T.x: `a` does not resolve the field any more"],
        );
    }

    #[test]
    fn keys_that_a_new_subgraph_mentions_are_no_new_sources() {
        check(
            "type Query @join__type(graph: A) { t: T } type T @join__type(graph: A, key: \"id\") { id: ID x: Int }",
            "type Query @join__type(graph: A) { t: T } type T @join__type(graph: A, key: \"id\") @join__type(graph: B, key: \"id\") { id: ID x: Int @join__field(graph: A) }",
            &expect!["safe KEY_ADDED T: the key `id` was added"],
        );
    }

    #[test]
    fn overrides() {
        let old = "@join__field(graph: A) @join__field(graph: B, override: \"a\", overrideLabel: \"percent(5)\")";
        let new = "@join__field(graph: B, override: \"a\")";
        check(
            &sdl("@join__field(graph: A)"),
            &sdl(old),
            &expect![[
                r#"dangerous OVERRIDE_CHANGED T.x: the field overrides the one of `a` now where "percent(5)" says so"#
            ]],
        );
        check(
            &sdl(old),
            &sdl(new),
            &expect![[r#"
            dangerous OVERRIDE_CHANGED T.x: the field overrides the one of `a` now
            safe FIELD_SOURCE_REMOVED T.x: `a` does not resolve the field any more"#]],
        );
    }

    #[test]
    fn requirements() {
        check(
            &sdl("@join__field(graph: B)"),
            &sdl("@join__field(graph: B, requires: \"w\")"),
            &expect![
                "dangerous REQUIRES_CHANGED T.x: the field requires `w` now, where it required nothing"
            ],
        );
    }
}
