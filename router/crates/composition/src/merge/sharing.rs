//! `INVALID_FIELD_SHARING`: several subgraphs resolve a field, and not all say `@shareable`.
//! `INVALID_SHAREABLE_USAGE` for subscriptions is refused here too: nobody can share a stream.

use diagnostics::{Code, Span};
use schema::Name;
use subgraph::{Directives as _, FederationDirective, Kind};

use super::Merge;
use super::across::TypeAcross;
use super::field::{FieldAcross, FieldSource};
use super::override_field::Overrides;

impl<'s> Merge<'s, '_> {
    /// Checks one field, as its subgraphs resolve it.
    pub(crate) fn check_sharing(&mut self, across: &FieldAcross<'s, '_>, overrides: &Overrides) {
        if across.parent.kind != Kind::Object {
            return;
        }
        if across.parent.name == "Subscription" {
            self.check_subscription(across);
        }
        let own = across
            .sources
            .iter()
            .filter(|source| !overrides.is_overridden(source.id))
            .copied();
        let resolvers: Vec<FieldSource<'s>> = own
            .chain(self.abstracted_sources(across.parent, across.name))
            .filter(|source| !source.field.is_fully_external())
            .collect();
        self.report_sharing(&across.coordinate, &resolvers);
    }

    /// Checks a field that an implementation has only through interface objects.
    pub(crate) fn check_injected_sharing(&mut self, ty: &TypeAcross<'s>, name: &Name) {
        let resolvers: Vec<FieldSource<'s>> = self
            .abstracted_sources(ty, name)
            .into_iter()
            .filter(|source| !source.field.is_fully_external())
            .collect();
        self.report_sharing(&format!("{}.{name}", ty.name), &resolvers);
    }

    /// The subgraphs that do not know an object type, but resolve a field of it because they know
    /// one of its interfaces as an object.
    pub(crate) fn abstracted_sources(
        &self,
        ty: &TypeAcross<'s>,
        name: &str,
    ) -> Vec<FieldSource<'s>> {
        let mut found = Vec::new();
        if ty.kind != Kind::Object {
            return found;
        }
        let mut seen: Vec<&Name> = Vec::new();
        for reference in ty.sources.iter().flat_map(|(_, it)| &it.implements) {
            if seen.contains(&&reference.name) {
                continue;
            }
            seen.push(&reference.name);
            let Some(interface) = self.across.type_named(&reference.name) else {
                continue;
            };
            for (id, definition) in &interface.sources {
                if definition.is_interface_object()
                    && ty.in_subgraph(*id).is_none()
                    && let Some(field) = definition.fields.get(name)
                {
                    found.push(FieldSource {
                        id: *id,
                        parent: definition,
                        field,
                    });
                }
            }
        }
        found
    }

    fn report_sharing(&mut self, coordinate: &str, resolvers: &[FieldSource<'s>]) {
        let unmarked: Vec<&FieldSource<'s>> = resolvers
            .iter()
            .filter(|it| !it.field.marks.shareable)
            .collect();
        if resolvers.len() < 2 || unmarked.is_empty() {
            return;
        }
        let problem = self.problems.error(
            Code::InvalidFieldSharing,
            coordinate,
            format!("Several subgraphs resolve `{coordinate}`, and not all say `@shareable`."),
        );
        for source in &unmarked {
            problem.point_at(
                &source.field.span,
                "add `@shareable` here: others resolve this field too",
            );
        }
        for source in resolvers {
            problem.also_see(&source.field.span, "resolved here");
        }
        // So is an entity of which one subgraph forgot to say that it is one.
        let keyed = resolvers.iter().any(|it| it.field.marks.in_key);
        let keyless = unmarked.iter().find(|it| it.parent.keys.is_empty());
        if let Some(source) = keyless.filter(|_| keyed) {
            let subgraph = &self.across.subgraph(source.id).name;
            problem.help(format!(
                "`{}` has no `@key` in `{subgraph}`: the fields of a key are shared without saying so",
                source.parent.name
            ));
        }
        // An override of a subgraph that does not exist is an easy mistake that leads here.
        let lost = resolvers.iter().find_map(|it| {
            let directive = it
                .field
                .directives
                .federation(FederationDirective::Override)?;
            let from = directive.argument("from")?.as_str()?;
            self.across.id_of(from).is_none().then_some(from)
        });
        if let Some(from) = lost {
            problem.help(format!(
                "an `@override` names `{from}`, which is no subgraph"
            ));
        }
    }

    fn check_subscription(&mut self, across: &FieldAcross<'s, '_>) {
        let marked = across.sources.iter().filter_map(|it| {
            it.field
                .directives
                .federation(FederationDirective::Shareable)
        });
        let marked: Vec<&Span> = marked.map(|it| &it.span).collect();
        if marked.is_empty() {
            return;
        }
        self.problems
            .error(
                Code::InvalidFieldSharing,
                &*across.coordinate,
                format!(
                    "`{}` is a subscription, which cannot be shared.",
                    across.coordinate
                ),
            )
            .point_at_all(marked, "remove `@shareable` here");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn two_subgraphs_may_not_silently_share_a_field() {
        check(
            [
                ("a", "type Query { now: Int }"),
                ("b", "type Query { now: Int @shareable }"),
            ],
            &expect![[r#"
                INVALID_FIELD_SHARING Query.now: Several subgraphs resolve `Query.now`, and not all say `@shareable`.
                  --> a:1:14 add `@shareable` here: others resolve this field too
                  see b:1:14 resolved here
            "#]],
        );
    }

    #[test]
    fn keys_are_shared_by_nature() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! }"#,
                ),
                ("b", r#"type T @key(fields: "id") { id: ID! x: Int }"#),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  t: T @join__field(graph: A)
                }

                type T
                  @join__type(graph: A, key: "id")
                  @join__type(graph: B, key: "id")
                {
                  id: ID!
                  x: Int @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn a_mark_covers_its_own_block_only() {
        check(
            [
                (
                    "a",
                    "type Query { t: T } type T @shareable { x: Int } extend type T { y: Int }",
                ),
                (
                    "b",
                    "type Query { s: T } type T @shareable { x: Int y: Int }",
                ),
            ],
            &expect![[r#"
                INVALID_FIELD_SHARING T.y: Several subgraphs resolve `T.y`, and not all say `@shareable`.
                  --> a:1:66 add `@shareable` here: others resolve this field too
                  see b:1:48 resolved here
            "#]],
        );
    }

    #[test]
    fn subscriptions_cannot_be_shared() {
        check(
            [
                (
                    "a",
                    "type Query { q: Int } type Subscription { s: Int @shareable }",
                ),
                ("b", "type Subscription { s: Int @shareable }"),
            ],
            &expect![[r#"
                INVALID_FIELD_SHARING Subscription.s: `Subscription.s` is a subscription, which cannot be shared.
                  --> a:1:50 remove `@shareable` here
                  --> b:1:28 remove `@shareable` here
            "#]],
        );
    }

    #[test]
    fn a_misspelt_override_is_suggested() {
        check(
            [
                ("a", r#"type Query { q: Int @override(from: "bee") }"#),
                ("b", "type Query { q: Int }"),
            ],
            &expect![[r#"
                INVALID_FIELD_SHARING Query.q: Several subgraphs resolve `Query.q`, and not all say `@shareable`.
                  --> a:1:14 add `@shareable` here: others resolve this field too
                  --> b:1:14 add `@shareable` here: others resolve this field too
                  help: an `@override` names `bee`, which is no subgraph
            "#]],
        );
    }

    #[test]
    fn a_key_that_one_subgraph_forgot_is_suggested() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! }"#,
                ),
                ("b", r#"type T { id: ID! x: Int }"#),
            ],
            &expect![[r#"
                INVALID_FIELD_SHARING T.id: Several subgraphs resolve `T.id`, and not all say `@shareable`.
                  --> b:1:10 add `@shareable` here: others resolve this field too
                  see a:1:49 resolved here
                  help: `T` has no `@key` in `b`: the fields of a key are shared without saying so
            "#]],
        );
    }

    #[test]
    fn a_key_or_a_marked_type_does_not_share_a_subscription() {
        check(
            [(
                "a",
                r#"type Query { q: Int } type Subscription @shareable @key(fields: "id") { id: ID! s: Int }"#,
            )],
            &expect![[r#""#]],
        );
    }

    #[test]
    fn a_subscription_of_two_subgraphs_is_wrong_twice() {
        check(
            [
                ("a", r#"type Query { q: Int } type Subscription { s: Int }"#),
                ("b", r#"type Subscription { s: Int @shareable }"#),
            ],
            &expect![[r#"
                INVALID_FIELD_SHARING Subscription.s: Several subgraphs resolve `Subscription.s`, and not all say `@shareable`.
                  --> a:1:43 add `@shareable` here: others resolve this field too
                  see b:1:21 resolved here
                INVALID_FIELD_SHARING Subscription.s: `Subscription.s` is a subscription, which cannot be shared.
                  --> b:1:28 remove `@shareable` here
            "#]],
        );
    }
}
