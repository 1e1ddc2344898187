//! `@join__directive`: carries the directives of some specifications to routers that know them, with
//! the subgraphs they come from, unread.

use schema::{Directive, Name, SubgraphId, Value};
use subgraph::{AppliedDirective, FederationDirective};

use super::Merge;
use super::access::Elsewhere;
use super::across::ids;
use super::field::FieldAcross;
use super::graph_names;
use super::specifications::is_carried;

/// The specification whose links are carried too: its directives have names of the subgraph's choice.
const CONNECT: &str = "https://specs.apollo.dev/connect";

impl<'s> Merge<'s, '_> {
    /// The merged directives of a field, and those that are carried.
    pub(crate) fn field_directives(
        &mut self,
        across: &FieldAcross<'s, '_>,
        applied: &[(SubgraphId, &Vec<AppliedDirective>)],
        elsewhere: &Elsewhere<'_>,
    ) -> Vec<Directive> {
        let mut directives = self.applied_directives_and(&across.coordinate, applied, elsewhere);
        // Even from where the field is only mentioned: whoever reads them may know why.
        let everywhere: Vec<_> = across
            .sources
            .iter()
            .map(|it| (it.id, &it.field.directives))
            .collect();
        directives.extend(self.carried_directives(&everywhere));
        directives
    }

    /// The directives of an element that are carried.
    pub(crate) fn carried_directives(
        &self,
        sources: &[(SubgraphId, &Vec<AppliedDirective>)],
    ) -> Vec<Directive> {
        let mut found: Vec<(Name, Value, Vec<SubgraphId>)> = Vec::new();
        for (id, directives) in sources {
            for applied in *directives {
                if !applied.meaning.is_some_and(is_carried) {
                    continue;
                }
                let arguments = Value::Object(applied.directive.arguments.clone());
                add(&mut found, &carried_name(applied), arguments, *id);
            }
        }
        self.carriers(found)
    }

    /// The links of the specifications whose directives are carried under their local names.
    pub(crate) fn carried_links(&self) -> Vec<Directive> {
        let mut found = Vec::new();
        for (id, subgraph) in ids(self.across.subgraphs) {
            for applied in &subgraph.schema.directives {
                let url = applied.argument("url").and_then(Value::as_str);
                if url.is_some_and(|url| url.starts_with(CONNECT)) {
                    let arguments = Value::Object(applied.directive.arguments.clone());
                    add(&mut found, &Name::new("link"), arguments, id);
                }
            }
        }
        self.carriers(found)
    }

    fn carriers(&self, found: Vec<(Name, Value, Vec<SubgraphId>)>) -> Vec<Directive> {
        if found.is_empty() {
            return Vec::new();
        }
        let names = graph_names::graphs(self.across.subgraphs);
        found
            .into_iter()
            .map(|(name, arguments, graphs)| {
                let graphs = graphs
                    .iter()
                    .map(|id| Value::Enum(names[id.index()].enum_value.clone()))
                    .collect();
                Directive {
                    name: Name::new("join__directive"),
                    arguments: vec![
                        (Name::new("graphs"), Value::List(graphs)),
                        (Name::new("name"), Value::String(name.to_string())),
                        (Name::new("args"), arguments),
                    ],
                }
            })
            .collect()
    }
}

/// Links of `connect` are carried too, so its directives keep their local names; a cache tag is known
/// by the one name it has without an import.
fn carried_name(applied: &AppliedDirective) -> Name {
    if applied.meaning == Some(FederationDirective::CacheTag) {
        return Name::new("federation__cacheTag");
    }
    applied.directive.name.clone()
}

/// Notes an application; the same one in several subgraphs is carried once.
fn add(
    found: &mut Vec<(Name, Value, Vec<SubgraphId>)>,
    name: &Name,
    arguments: Value,
    id: SubgraphId,
) {
    let known = found
        .iter_mut()
        .find(|(known, value, _)| known == name && *value == arguments);
    match known {
        Some((_, _, graphs)) if graphs.contains(&id) => {}
        Some((_, _, graphs)) => graphs.push(id),
        None => found.push((name.clone(), arguments, vec![id])),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_types;

    #[test]
    fn cache_tags_travel_with_their_subgraphs() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { q: Int @shareable @cacheTag(format: "q") }"#,
                ),
                (
                    "b",
                    r#"type Query { q: Int @shareable @cacheTag(format: "q") }"#,
                ),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  q: Int @join__directive(graphs: [A, B], name: "federation__cacheTag", args: {format: "q"})
                }
            "#]],
        );
    }

    #[test]
    fn newer_connectors_keep_their_version_and_mentions_their_tags() {
        check_types(
            [
                (
                    "a",
                    r#"extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"]) type Query { t: T @connect(http: {GET: "/"}, selection: "id") } type T @key(fields: "id") { id: ID! x: Int @external @cacheTag(format: "x") y: Int @requires(fields: "x") }"#,
                ),
                ("b", r#"type T @key(fields: "id") { id: ID! x: Int }"#),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  t: T @join__field(graph: A) @join__directive(graphs: [A], name: "connect", args: {http: {GET: "/"}, selection: "id"})
                }

                type T
                  @join__type(graph: A, key: "id")
                  @join__type(graph: B, key: "id")
                {
                  id: ID!
                  x: Int @join__field(graph: A, external: true) @join__field(graph: B) @join__directive(graphs: [A], name: "federation__cacheTag", args: {format: "x"})
                  y: Int @join__field(graph: A, requires: "x")
                }
            "#]],
        );
    }
}
