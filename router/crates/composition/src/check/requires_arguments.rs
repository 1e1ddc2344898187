//! `REQUIRES_INVALID_FIELDS` once more: merging may have dropped an argument that a `@requires` gives,
//! or one that it leaves out may have become mandatory.

use diagnostics::{Code, Problems};
use schema::{FieldSetItem, Name};
use subgraph::Subgraph;
use supergraph::{Model, TypeDefinition};

use super::places;

/// Checks every `@requires` against the merged fields.
pub(super) fn check(model: &Model, subgraphs: &[Subgraph], problems: &mut Problems) {
    for ty in model.types.values() {
        for field in ty.fields().into_iter().flat_map(|it| it.values()) {
            for join in &field.joins {
                let (Some(requires), Some(graph)) = (&join.requires, join.graph) else {
                    continue;
                };
                let mut wrong = Vec::new();
                walk(model, ty, &requires.items, &mut wrong);
                let subgraph = &subgraphs[graph.index()..=graph.index()];
                for what in wrong {
                    let coordinate = format!("{}.{}", ty.name, field.name);
                    let problem = problems.error(
                        Code::RequiresInvalidFields,
                        &*coordinate,
                        format!("What `{coordinate}` requires cannot be asked: {what}."),
                    );
                    let own = places::fields(subgraph, &ty.name, &field.name)
                        .filter_map(|it| Some(&it.requires.as_ref()?.place.span));
                    problem.point_at_all(own, "required here");
                }
            }
        }
    }
}

fn walk(model: &Model, parent: &TypeDefinition, items: &[FieldSetItem], wrong: &mut Vec<String>) {
    for item in items {
        match item {
            FieldSetItem::Fragment(fragment) => {
                let target = match &fragment.type_condition {
                    Some(condition) => model.type_named(condition),
                    None => Some(parent),
                };
                if let Some(target) = target {
                    walk(model, target, &fragment.items, wrong);
                }
            }
            FieldSetItem::Field(selection) => {
                let Some(field) = parent.fields().and_then(|it| it.get(&selection.name)) else {
                    continue;
                };
                let coordinate = format!("{}.{}", parent.name, selection.name);
                for (name, _) in &selection.arguments {
                    if !field.arguments.iter().any(|it| it.name == *name) {
                        wrong.push(format!(
                            "`{coordinate}` has no argument `{name}` in the supergraph"
                        ));
                    }
                }
                for argument in &field.arguments {
                    let required = argument.ty.is_non_null() && argument.default.is_none();
                    let given = |(name, _): &(Name, schema::Value)| *name == argument.name;
                    if required && !selection.arguments.iter().any(given) {
                        wrong.push(format!(
                            "`{coordinate}` requires its argument `{}`",
                            argument.name
                        ));
                    }
                }
                if let Some(target) = model.type_named(field.ty.inner_name()) {
                    walk(model, target, &selection.items, wrong);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn merging_may_take_a_required_argument_away() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! f(x: Int): Int @external c: Int @requires(fields: "f(x: 1)") }"#,
                ),
                ("b", r#"type T @key(fields: "id") { id: ID! f: Int }"#),
            ],
            &expect![[r#"
                REQUIRES_INVALID_FIELDS T.c: What `T.c` requires cannot be asked: `T.f` has no argument `x` in the supergraph.
                  --> a:1:107 required here
            "#]],
        );
    }
}
