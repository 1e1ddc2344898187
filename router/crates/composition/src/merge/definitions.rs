//! The schema element, and the definitions of directives.

use indexmap::IndexMap;
use schema::{Directive, Name};
use subgraph::{AppliedDirective, Subgraph};
use supergraph::{DirectiveDefinition, InputValueDefinition, Model, TypeDefinition};

use super::Merge;
use super::across::ids;
use super::specifications::Specifications;

/// Merges the schema elements.
pub(super) fn schema_element(merge: &mut Merge<'_, '_>, model: &mut Model) {
    let sources: Vec<_> = ids(merge.across.subgraphs)
        .map(|(id, subgraph)| (id, &subgraph.schema.directives))
        .collect();
    let spans: Vec<_> = merge.across.subgraphs.iter().map(Subgraph::span).collect();
    let descriptions = merge
        .across
        .subgraphs
        .iter()
        .map(|it| it.schema.description.as_deref())
        .zip(&spans);
    model.description = merge.description("schema", descriptions);
    model.directives = merge.applied_directives("schema", &sources);
    let carried = merge.carried_directives(&sources);
    let links = merge.carried_links();
    model.directives.extend(links);
    model.directives.extend(carried);
}

/// `@oneOf` is part of GraphQL and too young for every parser to know it, so where it is used its
/// definition comes along.
pub(super) fn define_one_of(types: &IndexMap<Name, TypeDefinition>, model: &mut Model) {
    let name = Name::new("oneOf");
    let used = types
        .values()
        .any(|ty| ty.directives.iter().any(|it| it.name == name));
    if used {
        model
            .directive_definitions
            .entry(name.clone())
            .or_insert_with(|| DirectiveDefinition {
                description: None,
                name,
                arguments: Vec::new(),
                repeatable: false,
                locations: vec![Name::new("INPUT_OBJECT")],
            });
    }
}

/// A directive of a subgraph, as the supergraph defines it.
pub(super) fn directive_definition(
    name: &Name,
    definition: &subgraph::DirectiveDefinition,
    specifications: &Specifications<'_>,
) -> DirectiveDefinition {
    let argument = |it: &subgraph::InputValueDefinition| InputValueDefinition {
        name: it.name.clone(),
        description: it.description.clone(),
        ty: it.ty.clone(),
        default: it.default.clone(),
        directives: it
            .directives
            .iter()
            .filter_map(|applied| {
                Some(Directive {
                    name: specifications.name_in_definition(applied)?.clone(),
                    arguments: applied.directive.arguments.clone(),
                })
            })
            .collect(),
    };
    DirectiveDefinition {
        description: definition.description.clone(),
        name: name.clone(),
        arguments: definition.arguments.values().map(argument).collect(),
        repeatable: definition.repeatable,
        locations: definition.locations.clone(),
    }
}

/// Calls `visit` with every directive that is applied anywhere in a subgraph.
pub(super) fn for_each_applied<'s>(
    subgraph: &'s Subgraph,
    visit: &mut dyn FnMut(&'s AppliedDirective),
) {
    let mut all = |applied: &'s [AppliedDirective]| applied.iter().for_each(&mut *visit);
    all(&subgraph.schema.directives);
    for ty in subgraph.types.values() {
        all(&ty.directives);
        for field in ty.fields.values() {
            all(&field.directives);
            for argument in field.arguments.values() {
                all(&argument.directives);
            }
        }
        for input in ty.inputs.values() {
            all(&input.directives);
        }
        for value in ty.values.values() {
            all(&value.directives);
        }
    }
    for definition in subgraph.directive_definitions.values() {
        for argument in definition.arguments.values() {
            all(&argument.directives);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_types;

    #[test]
    fn one_of_comes_with_its_definition() {
        check_types(
            [(
                "a",
                "type Query { q(i: I): Int } input I @oneOf { x: Int y: Int }",
            )],
            &expect![[r#"
                directive @oneOf on INPUT_OBJECT

                input I
                  @join__type(graph: A)
                  @oneOf
                {
                  x: Int
                  y: Int
                }

                type Query
                  @join__type(graph: A)
                {
                  q(i: I): Int
                }
            "#]],
        );
    }
}
