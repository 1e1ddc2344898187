//! Directives applied to the same element in several subgraphs.
//!
//! A repeatable one is there once for each different application. One that may stand only once is
//! combined argument by argument where its specification says how, and else the most frequent
//! application wins.

use diagnostics::Code;
use schema::{Directive, Name, SubgraphId, Value};
use subgraph::{AppliedDirective, FederationDirective};

use super::Merge;
use super::access::Elsewhere;
use super::default_value::same;
use super::specifications::MergedDirective;

/// An application, under its name in the supergraph.
struct Application<'s> {
    directive: Directive,
    applied: &'s AppliedDirective,
    count: usize,
}

impl Merge<'_, '_> {
    /// The merged directives of an element.
    pub(crate) fn applied_directives(
        &mut self,
        coordinate: &str,
        sources: &[(SubgraphId, &Vec<AppliedDirective>)],
    ) -> Vec<Directive> {
        self.applied_directives_and(coordinate, sources, &Vec::new())
    }

    /// The same, with requirements for access that come from elsewhere.
    pub(crate) fn applied_directives_and(
        &mut self,
        coordinate: &str,
        sources: &[(SubgraphId, &Vec<AppliedDirective>)],
        elsewhere: &Elsewhere<'_>,
    ) -> Vec<Directive> {
        let own = sources
            .iter()
            .flat_map(|(id, directives)| directives.iter().map(|it| (*id, it)));
        let mut by_name: Vec<(Name, Vec<Application<'_>>)> = Vec::new();
        for (id, applied) in own.chain(elsewhere.iter().copied()) {
            let Some(name) = self.specifications.merged_name(id, applied) else {
                continue;
            };
            let directive = Directive {
                name: name.clone(),
                arguments: self.arguments_in_supergraph(id, applied),
            };
            let index = by_name.iter().position(|(known, _)| known == name);
            let index = index.unwrap_or_else(|| {
                by_name.push((name.clone(), Vec::new()));
                by_name.len() - 1
            });
            self.count(&mut by_name[index].1, directive, applied);
        }
        by_name
            .into_iter()
            .flat_map(|(name, different)| self.merge_applications(coordinate, &name, different))
            .collect()
    }

    /// Contexts are named by their subgraph: others may have one of the same name.
    fn arguments_in_supergraph(
        &self,
        id: SubgraphId,
        applied: &AppliedDirective,
    ) -> Vec<(Name, Value)> {
        let mut arguments = applied.directive.arguments.clone();
        if applied.meaning == Some(FederationDirective::Context) {
            let subgraph = &self.across.subgraph(id).name;
            for (_, value) in &mut arguments {
                if let Value::String(context) = value {
                    *context = format!("{subgraph}__{context}");
                }
            }
        }
        arguments
    }

    fn count<'s>(
        &self,
        different: &mut Vec<Application<'s>>,
        directive: Directive,
        applied: &'s AppliedDirective,
    ) {
        let merged = self.specifications.merged(&directive.name);
        let known = different
            .iter_mut()
            .find(|it| is_same_application(merged, &it.directive, &directive));
        match known {
            Some(known) => known.count += 1,
            None => different.push(Application {
                directive,
                applied,
                count: 1,
            }),
        }
    }

    fn merge_applications(
        &mut self,
        coordinate: &str,
        name: &Name,
        different: Vec<Application<'_>>,
    ) -> Vec<Directive> {
        let merged = self.specifications.merged(name);
        let repeatable = merged.is_some_and(|it| it.repeatable);
        if repeatable || different.len() == 1 {
            return different.into_iter().map(|it| it.directive).collect();
        }
        if let Some(merged) = merged
            && let Some(strategies) = merged.strategies
        {
            let arguments = merged
                .arguments
                .iter()
                .filter_map(|(argument, default)| {
                    let values: Vec<&Value> = different
                        .iter()
                        .filter_map(|it| it.directive.argument(argument).or(default.as_ref()))
                        .collect();
                    let (_, strategy) = strategies.iter().find(|(it, _)| argument == it)?;
                    Some((argument.clone(), strategy.combine(&values)?))
                })
                .collect();
            self.hint_merged(coordinate, name, &different);
            return vec![Directive {
                name: name.clone(),
                arguments,
            }];
        }
        self.hint_inconsistent(coordinate, name, &different);
        // The first of the most frequent: `max_by_key` takes the last.
        different
            .into_iter()
            .rev()
            .max_by_key(|it| it.count)
            .map(|it| it.directive)
            .into_iter()
            .collect()
    }

    fn hint_merged(&mut self, coordinate: &str, name: &Name, different: &[Application<'_>]) {
        self.problems
            .hint(
                Code::MergedNonRepeatableDirectiveArguments,
                coordinate,
                format!("The different arguments of `@{name}` on `{coordinate}` are combined."),
            )
            .point_at_all(different.iter().map(|it| &it.applied.span), "applied here");
    }

    fn hint_inconsistent(&mut self, coordinate: &str, name: &Name, different: &[Application<'_>]) {
        self.problems
            .hint(
                Code::InconsistentNonRepeatableDirectiveArguments,
                coordinate,
                format!(
                    "`@{name}` is applied to `{coordinate}` with different arguments; the most \
                     frequent ones are used."
                ),
            )
            .point_at_all(different.iter().map(|it| &it.applied.span), "applied here");
    }
}

/// Whether two applications say the same, defaults filled in.
fn is_same_application(merged: Option<&MergedDirective>, a: &Directive, b: &Directive) -> bool {
    let Some(merged) = merged else {
        return a == b;
    };
    merged.arguments.iter().all(|(name, default)| {
        let value = |directive| {
            Directive::argument(directive, name)
                .or(default.as_ref())
                .filter(|it| !matches!(it, Value::Null))
        };
        match (value(a), value(b)) {
            (Some(a), Some(b)) => same(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn repeatable_ones_are_united() {
        check_types(
            [
                ("a", r#"type Query { q: Int @shareable @tag(name: "x") }"#),
                (
                    "b",
                    r#"type Query { q: Int @shareable @tag(name: "y") @tag(name: "x") }"#,
                ),
            ],
            &expect![[r#"
                directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA

                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  q: Int @tag(name: "x") @tag(name: "y")
                }
            "#]],
        );
    }

    #[test]
    fn costs_are_combined_and_that_is_said() {
        check(
            [
                ("a", "type Query { q: Int @shareable @cost(weight: 5) }"),
                ("b", "type Query { q: Int @shareable @cost(weight: 7) }"),
            ],
            &expect![[r#"
                MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS Query.q: The different arguments of `@cost` on `Query.q` are combined.
                  --> a:1:32 applied here
                  --> b:1:32 applied here
            "#]],
        );
    }

    #[test]
    fn the_most_frequent_deprecation_wins() {
        check(
            [
                (
                    "a",
                    r#"type Query { q: Int @shareable @deprecated(reason: "x") }"#,
                ),
                ("b", "type Query { q: Int @shareable @deprecated }"),
            ],
            &expect![[r#"
                INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS Query.q: `@deprecated` is applied to `Query.q` with different arguments; the most frequent ones are used.
                  --> a:1:32 applied here
                  --> b:1:32 applied here
            "#]],
        );
    }
}
