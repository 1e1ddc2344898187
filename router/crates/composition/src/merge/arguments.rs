//! Arguments of fields and directives: a client may only send what every subgraph understands.
//!
//! `REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH`, `CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS`.

use diagnostics::{Code, Span};
use indexmap::IndexMap;
use schema::{Name, SubgraphId};
use subgraph::{Directives as _, FederationDirective, InputValueDefinition};

use super::Merge;
use super::type_reference::Position;

/// Something with arguments, in one subgraph.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArgumentHost<'s> {
    /// The subgraph.
    pub(crate) id: SubgraphId,
    /// The arguments.
    pub(crate) arguments: &'s IndexMap<Name, InputValueDefinition>,
    /// Where it stands.
    pub(crate) span: &'s Span,
}

impl Merge<'_, '_> {
    /// Merges the arguments that all hosts have.
    pub(crate) fn arguments(
        &mut self,
        coordinate: &str,
        hosts: &[ArgumentHost<'_>],
    ) -> Vec<supergraph::InputValueDefinition> {
        let mut names: IndexMap<&Name, ()> = IndexMap::new();
        for host in hosts {
            names.extend(host.arguments.keys().map(|name| (name, ())));
        }
        names
            .into_keys()
            .filter_map(|name| self.argument(coordinate, name, hosts))
            .collect()
    }

    fn argument(
        &mut self,
        parent: &str,
        name: &Name,
        hosts: &[ArgumentHost<'_>],
    ) -> Option<supergraph::InputValueDefinition> {
        let coordinate = format!("{parent}({name}:)");
        let sources: Vec<(SubgraphId, &InputValueDefinition)> = hosts
            .iter()
            .filter_map(|host| Some((host.id, host.arguments.get(name)?)))
            .collect();
        if sources.iter().any(|(_, it)| is_contextual(it)) {
            // The router fills it in; clients do not see it.
            self.check_contextual(&coordinate, &sources);
            return None;
        }
        if sources.len() < hosts.len() {
            self.report_missing_argument(&coordinate, name, hosts, &sources);
            return None;
        }
        let types: Vec<_> = sources.iter().map(|(_, it)| (&it.ty, &it.span)).collect();
        let merged = self.type_reference(&coordinate, Position::Argument, &types)?;
        let defaults: Vec<_> = sources
            .iter()
            .map(|(_, it)| (it.default.as_ref(), &it.span))
            .collect();
        let applied: Vec<_> = sources
            .iter()
            .map(|(id, it)| (*id, &it.directives))
            .collect();
        Some(supergraph::InputValueDefinition {
            name: name.clone(),
            description: self.description(
                &coordinate,
                sources
                    .iter()
                    .map(|(_, it)| (it.description.as_deref(), &it.span)),
            ),
            default: self.default_value(&coordinate, Position::Argument, &defaults),
            directives: self.applied_directives(&coordinate, &applied),
            ty: merged.ty,
        })
    }

    fn report_missing_argument(
        &mut self,
        coordinate: &str,
        name: &Name,
        hosts: &[ArgumentHost<'_>],
        sources: &[(SubgraphId, &InputValueDefinition)],
    ) {
        let problem = if sources.iter().any(|(_, it)| is_required(it)) {
            self.problems.error(
                Code::RequiredArgumentMissingInSomeSubgraph,
                coordinate,
                format!(
                    "`{coordinate}` is required in some subgraphs and missing in others, so no \
                     value suits all."
                ),
            )
        } else {
            self.problems.hint(
                Code::InconsistentArgumentPresence,
                coordinate,
                format!("`{coordinate}` is left out: not all subgraphs know it."),
            )
        };
        for host in hosts {
            if !host.arguments.contains_key(name) {
                problem.point_at(host.span, format!("`{name}` is missing here"));
            }
        }
        for (_, it) in sources {
            let text = if is_required(it) {
                "required here"
            } else {
                "defined here"
            };
            problem.also_see(&it.span, text);
        }
    }

    fn check_contextual(
        &mut self,
        coordinate: &str,
        sources: &[(SubgraphId, &InputValueDefinition)],
    ) {
        for (_, argument) in sources.iter().filter(|(_, it)| !is_contextual(it)) {
            let code = Code::ContextualArgumentNotContextualInAllSubgraphs;
            let problem = if is_required(argument) {
                self.problems.error(
                    code,
                    coordinate,
                    format!(
                        "`{coordinate}` comes from a context in some subgraphs, so nobody can give \
                         it to the one that requires it."
                    ),
                )
            } else {
                self.problems.hint(
                    code,
                    coordinate,
                    format!(
                        "`{coordinate}` comes from a context in some subgraphs only, and is never \
                         given to the others."
                    ),
                )
            };
            problem.point_at(&argument.span, "no `@fromContext` here");
        }
    }
}

fn is_contextual(argument: &InputValueDefinition) -> bool {
    argument.directives.has(FederationDirective::FromContext)
}

fn is_required(argument: &InputValueDefinition) -> bool {
    argument.ty.is_non_null() && argument.default.is_none()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn arguments_that_some_lack_are_dropped() {
        check(
            [
                ("a", "type Query { q(x: Int, y: Int): Int @shareable }"),
                ("b", "type Query { q(x: Int): Int @shareable }"),
            ],
            &expect![[r#"
                INCONSISTENT_ARGUMENT_PRESENCE Query.q(y:): `Query.q(y:)` is left out: not all subgraphs know it.
                  --> b:1:14 `y` is missing here
                  see a:1:24 defined here
            "#]],
        );
    }

    #[test]
    fn required_arguments_must_be_everywhere() {
        check(
            [
                ("a", "type Query { q(x: Int!): Int @shareable }"),
                ("b", "type Query { q: Int @shareable }"),
            ],
            &expect![[r#"
                REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH Query.q(x:): `Query.q(x:)` is required in some subgraphs and missing in others, so no value suits all.
                  --> b:1:14 `x` is missing here
                  see a:1:16 required here
            "#]],
        );
    }

    #[test]
    fn arguments_from_a_context_are_not_for_clients() {
        check_types(
            [(
                "a",
                r#"type Query { p: P } type P @key(fields: "id") @context(name: "ctx") { id: ID! name: String c: C } type C @key(fields: "id") { id: ID! f(n: String @fromContext(field: "$ctx { name }")): Int }"#,
            )],
            &expect![[r#"
                directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION

                directive @context__fromContext(field: context__ContextFieldValue) on ARGUMENT_DEFINITION

                type C
                  @join__type(graph: A, key: "id")
                {
                  id: ID!
                  f: Int @join__field(graph: A, contextArguments: [{context: "a__ctx", name: "n", type: "String", selection: " { name }"}])
                }

                type P
                  @join__type(graph: A, key: "id")
                  @context(name: "a__ctx")
                {
                  id: ID!
                  name: String
                  c: C
                }

                type Query
                  @join__type(graph: A)
                {
                  p: P
                }

                scalar context__ContextFieldValue
            "#]],
        );
    }
}
