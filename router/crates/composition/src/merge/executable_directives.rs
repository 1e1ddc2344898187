//! Directives for queries: clients may only use what every subgraph understands.

use diagnostics::Code;
use schema::{Name, SubgraphId};
use supergraph::Model;

use super::Merge;
use super::across::ids;
use super::arguments::ArgumentHost;
use super::compose_directive::is_of_known_specification;

/// Directives every server has; redefining them means nothing.
const BUILT_IN: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];

type Sources<'s> = Vec<(SubgraphId, &'s subgraph::DirectiveDefinition)>;

/// Merges every executable directive.
pub(super) fn merge(merge: &mut Merge<'_, '_>, model: &mut Model) {
    let mut names: Vec<&Name> = Vec::new();
    for subgraph in merge.across.subgraphs {
        for (name, definition) in &subgraph.directive_definitions {
            let executable = !executable_locations(definition).is_empty();
            let skipped = BUILT_IN.contains(&name.as_str())
                || merge.specifications.is_custom(name)
                || is_of_known_specification(subgraph, name);
            if executable && !skipped && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    for name in names {
        if let Some(definition) = merge.executable_directive(name) {
            model.directive_definitions.insert(name.clone(), definition);
        }
    }
    for definition in model.directive_definitions.values() {
        for argument in &definition.arguments {
            merge.use_enum(argument.ty.inner_name(), true);
        }
    }
}

fn executable_locations(definition: &subgraph::DirectiveDefinition) -> Vec<&Name> {
    definition
        .locations
        .iter()
        .filter(|it| schema::is_executable_location(it))
        .collect()
}

impl Merge<'_, '_> {
    fn executable_directive(&mut self, name: &Name) -> Option<supergraph::DirectiveDefinition> {
        let sources: Sources<'_> = ids(self.across.subgraphs)
            .filter_map(|(id, it)| Some((id, it.directive_definitions.get(name)?)))
            .filter(|(_, it)| !executable_locations(it).is_empty())
            .collect();
        let coordinate = format!("@{name}");
        if sources.len() < self.across.subgraphs.len() {
            self.hint(
                Code::InconsistentExecutableDirectivePresence,
                &coordinate,
                "is left out: not every subgraph defines it",
                &sources,
            );
            return None;
        }
        let (_, first) = sources.first()?;
        let mut locations: Vec<Name> = executable_locations(first).into_iter().cloned().collect();
        let mut consistent = true;
        for (_, definition) in &sources {
            let own = executable_locations(definition);
            let before = locations.len();
            locations.retain(|it| own.contains(&it));
            consistent &= before == locations.len() && own.len() == locations.len();
        }
        if locations.is_empty() {
            self.hint(
                Code::NoExecutableDirectiveIntersection,
                &coordinate,
                "is left out: no location is common to all subgraphs",
                &sources,
            );
            return None;
        }
        if !consistent {
            self.hint(
                Code::InconsistentExecutableDirectiveLocations,
                &coordinate,
                "keeps only the locations that all subgraphs allow",
                &sources,
            );
        }
        let repeatable = sources.iter().all(|(_, it)| it.repeatable);
        if !repeatable && sources.iter().any(|(_, it)| it.repeatable) {
            self.hint(
                Code::InconsistentExecutableDirectiveRepeatable,
                &coordinate,
                "is not repeatable: in some subgraphs it is not",
                &sources,
            );
        }
        let hosts: Vec<ArgumentHost<'_>> = sources
            .iter()
            .map(|(id, it)| ArgumentHost {
                id: *id,
                arguments: &it.arguments,
                span: &it.span,
            })
            .collect();
        Some(supergraph::DirectiveDefinition {
            description: self.description(
                &coordinate,
                sources
                    .iter()
                    .map(|(_, it)| (it.description.as_deref(), &it.span)),
            ),
            name: name.clone(),
            arguments: self.arguments(&coordinate, &hosts),
            repeatable,
            locations,
        })
    }

    fn hint(&mut self, code: Code, coordinate: &str, what: &str, sources: &Sources<'_>) {
        self.problems
            .hint(code, coordinate, format!("`{coordinate}` {what}."))
            .point_at_all(sources.iter().map(|(_, it)| &it.span), "defined here");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn directives_for_queries_must_be_known_everywhere() {
        check_types(
            [
                (
                    "a",
                    "directive @log(level: Int, x: Int) on FIELD | QUERY type Query { q: Int }",
                ),
                (
                    "b",
                    "directive @log(level: Int) on FIELD type Query { r: Int }",
                ),
            ],
            &expect![[r#"
                directive @log(level: Int) on FIELD

                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  q: Int @join__field(graph: A)
                  r: Int @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn a_directive_that_some_lack_is_dropped() {
        check(
            [
                ("a", "directive @log on FIELD type Query { q: Int }"),
                ("b", "type Query { r: Int }"),
            ],
            &expect![[r#"
                INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE @log: `@log` is left out: not every subgraph defines it.
                  --> a:1:12 defined here
            "#]],
        );
    }
}
