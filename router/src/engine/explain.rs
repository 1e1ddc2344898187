//! What a plan costs, and for each fetch which fields forced it.
//!
//! All of it is read off the plan: the answer says from which fetch each of its fields is written,
//! and the representations say which values an earlier fetch brings for a later one. The query
//! graph only adds which other subgraphs could have been asked.
//!
//! ```text
//! Cost: 2 rounds, 2 requests
//!
//! Fetch 1: users, round 1
//!   for the answer
//!     me.name: no other subgraph has User.name
//!   for later fetches
//!     me.id: key for fetch 2
//! Fetch 2: music, round 2, after 1, entities at me
//!   for the answer
//!     me.favouriteCount: no other subgraph has User.favouriteCount
//! ```

use std::fmt;

use plan::{
    EntityFetch, FetchId, LayerId, Plan, PositionId, RepresentationField, RepresentationValue,
    TypeSource, WriteField, WriteObject, WriteValue,
};
use query_graph::QueryGraph;
use schema::Name;
use serde_json::{Value, json};

/// Why a plan is as it is.
#[derive(Debug)]
pub(crate) struct Explanation<'p> {
    plan: &'p Plan,
    rounds: usize,
    /// By fetch.
    reasons: Vec<Reasons>,
}

/// Why there is a fetch.
#[derive(Debug, Default)]
struct Reasons {
    /// The fields of the answer that it brings.
    fields: Vec<Wanted>,
    /// The values that it brings for later fetches.
    carried: Vec<Carried>,
    /// The objects of the answer that it finds; said only when it brings nothing else.
    objects: Vec<String>,
}

/// A field of the answer.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    /// In the client's terms.
    path: String,
    parent_type: Name,
    name: Name,
    /// The other subgraphs that have the field; none where that cannot be said.
    others: Option<Vec<Name>>,
}

/// A value for a later fetch.
#[derive(Debug, PartialEq, Eq)]
struct Carried {
    path: String,
    role: Role,
    to: FetchId,
}

/// What a later fetch needs a value for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// To find the object.
    Key,
    /// Because a field of it says `@requires`.
    Requirement,
    /// To know which representation is due.
    TypeName,
}

/// Gathers the reasons.
struct Collector<'p> {
    graph: &'p QueryGraph,
    plan: &'p Plan,
    reasons: Vec<Reasons>,
}

impl<'p> Explanation<'p> {
    /// Explains a plan over this graph.
    pub(crate) fn new(graph: &QueryGraph, plan: &'p Plan) -> Self {
        let mut collector = Collector {
            graph,
            plan,
            reasons: plan.fetches.iter().map(|_| Reasons::default()).collect(),
        };
        collector.object(&plan.answer, "");
        for (fetch, id) in plan.fetches.iter().zip(0..) {
            for entities in &fetch.entities {
                collector.entities(entities, FetchId(id));
            }
        }
        let rounds = plan.fetches.iter().map(|it| usize::from(it.round) + 1);
        Self {
            plan,
            rounds: rounds.max().unwrap_or(0),
            reasons: collector.reasons,
        }
    }

    /// The same for tools; fetches are numbered from 1, as in the text.
    pub(crate) fn to_json(&self) -> Value {
        let fetches = self.plan.fetches.iter().zip(&self.reasons).zip(1..);
        let fetches = fetches.map(|((fetch, reasons), number)| {
            let at = fetch.entities.iter();
            let at = at.map(|it| path(self.plan, it.position));
            json!({
                "fetch": number,
                "serviceName": fetch.subgraph_name.as_str(),
                "round": fetch.round + 1,
                "after": fetch.after.iter().map(|id| id.0 + 1).collect::<Vec<_>>(),
                "entitiesAt": at.collect::<Vec<_>>(),
                "fields": reasons.fields.iter().map(Wanted::to_json).collect::<Vec<_>>(),
                "carries": reasons.carried.iter().map(Carried::to_json).collect::<Vec<_>>(),
                "objects": reasons.objects_that_matter(),
            })
        });
        json!({
            "cost": { "rounds": self.rounds, "requests": self.plan.fetches.len() },
            "fetches": fetches.collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = self.plan.fetches.len();
        writeln!(
            f,
            "Cost: {} {}, {requests} {}",
            self.rounds,
            if self.rounds == 1 { "round" } else { "rounds" },
            if requests == 1 { "request" } else { "requests" },
        )?;
        for ((fetch, reasons), number) in self.plan.fetches.iter().zip(&self.reasons).zip(1..) {
            write!(
                f,
                "\nFetch {number}: {}, round {}",
                fetch.subgraph_name,
                fetch.round + 1
            )?;
            let after: Vec<String> = fetch
                .after
                .iter()
                .map(|id| (id.0 + 1).to_string())
                .collect();
            if !after.is_empty() {
                write!(f, ", after {}", after.join(" and "))?;
            }
            for (index, entities) in fetch.entities.iter().enumerate() {
                let before = if index == 0 { ", entities at" } else { " and" };
                write!(f, "{before} {}", path(self.plan, entities.position))?;
            }
            writeln!(f)?;
            section(f, "for the answer", &reasons.fields)?;
            section(f, "for later fetches", &reasons.carried)?;
            section(
                f,
                "for whether there is an object",
                reasons.objects_that_matter(),
            )?;
        }
        Ok(())
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[impl fmt::Display]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "  {title}")?;
    lines.iter().try_for_each(|line| writeln!(f, "    {line}"))
}

impl Reasons {
    fn objects_that_matter(&self) -> &[String] {
        if self.fields.is_empty() && self.carried.is_empty() {
            &self.objects
        } else {
            &[]
        }
    }
}

impl Wanted {
    fn to_json(&self) -> Value {
        let mut json = json!({
            "path": self.path,
            "field": format!("{}.{}", self.parent_type, self.name),
        });
        if let Some(others) = &self.others {
            json["otherSubgraphs"] = others.iter().map(Name::as_str).collect();
        }
        json
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            parent_type,
            name,
            others,
        } = self;
        match others.as_deref() {
            None => write!(f, "{path}"),
            Some([]) => write!(f, "{path}: no other subgraph has {parent_type}.{name}"),
            Some(others) => {
                let others: Vec<&str> = others.iter().map(Name::as_str).collect();
                write!(
                    f,
                    "{path}: {parent_type}.{name} is also in {}",
                    others.join(" and ")
                )
            }
        }
    }
}

impl Carried {
    fn to_json(&self) -> Value {
        let role = match self.role {
            Role::Key => "key",
            Role::Requirement => "requirement",
            Role::TypeName => "typename",
        };
        json!({ "path": self.path, "as": role, "forFetch": self.to.0 + 1 })
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, number) = (&self.path, self.to.0 + 1);
        match self.role {
            Role::Key => write!(f, "{path}: key for fetch {number}"),
            Role::Requirement => write!(f, "{path}: required by fetch {number}"),
            Role::TypeName => write!(f, "{path}: tells the type for fetch {number}"),
        }
    }
}

impl Collector<'_> {
    fn object(&mut self, object: &WriteObject, path: &str) {
        for layer in &self.plan.position(object.position).layers {
            if !path.is_empty() {
                add(
                    &mut self.reasons[layer.fetch.index()].objects,
                    path.to_owned(),
                );
            }
        }
        for field in &object.fields {
            let path = below(path, &field.key);
            match &field.value {
                WriteValue::Leaf { layer, .. } => self.leaf(object.position, *layer, field, path),
                WriteValue::TypeName => {
                    if let TypeSource::Layer(layer) =
                        self.plan.position(object.position).type_source
                    {
                        self.leaf(object.position, layer, field, path);
                    }
                }
                WriteValue::Object(inner) => self.object(inner, &path),
                WriteValue::Introspection => {}
            }
        }
    }

    fn leaf(&mut self, position: PositionId, layer: LayerId, field: &WriteField, path: String) {
        let Some(fetch) = self.fetch_of(position, layer) else {
            return;
        };
        let own = self.plan.fetch(fetch).subgraph;
        let nodes = self.graph.nodes_of(&field.parent_type);
        let mut sources: Vec<_> = nodes
            .iter()
            .map(|id| self.graph.node(*id))
            .filter(|node| node.fields.contains_key(&field.name))
            .map(|node| node.subgraph)
            .collect();
        sources.sort_unstable();
        sources.dedup();
        // Where the graph does not say that this subgraph has it (an interface's field that is
        // asked type by type, one that is provided at this path only), others say nothing either.
        let known = sources.contains(&own);
        sources.retain(|id| *id != own);
        let others = sources
            .into_iter()
            .map(|id| self.graph.subgraph_name(id).clone())
            .collect();
        let wanted = Wanted {
            path,
            parent_type: field.parent_type.clone(),
            name: field.name.clone(),
            others: known.then_some(others),
        };
        add(&mut self.reasons[fetch.index()].fields, wanted);
    }

    fn entities(&mut self, entities: &EntityFetch, to: FetchId) {
        let at = path(self.plan, entities.position);
        if let TypeSource::Layer(layer) = self.plan.position(entities.position).type_source
            && let Some(fetch) = self.fetch_of(entities.position, layer)
            && fetch != to
        {
            let carried = Carried {
                path: below(&at, "__typename"),
                role: Role::TypeName,
                to,
            };
            add(&mut self.reasons[fetch.index()].carried, carried);
        }
        for representation in &entities.representations {
            self.carried(&representation.fields, entities.position, &at, to);
        }
    }

    fn carried(
        &mut self,
        fields: &[RepresentationField],
        position: PositionId,
        at: &str,
        to: FetchId,
    ) {
        for field in fields {
            let path = below(at, &field.name);
            match &field.value {
                RepresentationValue::TypeName => {}
                RepresentationValue::Leaf { layer, .. } => {
                    let Some(fetch) = self.fetch_of(position, *layer) else {
                        continue;
                    };
                    let role = if field.is_key {
                        Role::Key
                    } else {
                        Role::Requirement
                    };
                    add(
                        &mut self.reasons[fetch.index()].carried,
                        Carried { path, role, to },
                    );
                }
                RepresentationValue::Object { position, fields } => {
                    self.carried(fields, *position, &path, to);
                }
            }
        }
    }

    fn fetch_of(&self, position: PositionId, layer: LayerId) -> Option<FetchId> {
        let layers = &self.plan.position(position).layers;
        layers.get(layer.index()).map(|layer| layer.fetch)
    }
}

/// Adds what is not there yet. Members of a union, say, may ask for one field each.
fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    // The order is that of the answer, so repetitions stand close together.
    const NEAR: usize = 64;
    if !list.iter().rev().take(NEAR).any(|known| *known == item) {
        list.push(item);
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The client's keys on the way to a position; `_` where there is none.
fn path(plan: &Plan, position: PositionId) -> String {
    let mut keys = Vec::new();
    let mut next = position;
    while let Some(parent) = plan.position(next).parent {
        keys.push(plan.position(next).client_key.as_deref().unwrap_or("_"));
        next = parent;
    }
    keys.reverse();
    keys.join(".")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use operation::ApiSchema;

    use super::*;

    const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.7\", import: [\"@key\", \
         \"@shareable\", \"@external\", \"@requires\"])\n";

    fn check(subgraphs: &[(&str, &str)], query: &str, expected: &Expect) {
        let subgraphs: Vec<_> = subgraphs
            .iter()
            .map(|(name, sdl)| {
                subgraph::Subgraph::parse(name, "http://test", &format!("{LINK}{sdl}")).unwrap()
            })
            .collect();
        let supergraph = composition::compose(&subgraphs).supergraph.unwrap();
        let model = supergraph.model();
        let api = ApiSchema::parse(&model.api_sdl()).unwrap();
        let prepared = operation::prepare(&api, query, None, &operation::Limits::default());
        let graph = QueryGraph::build(model);
        let options = planner::Options::default();
        let plan = planner::plan(&graph, &prepared.unwrap().operation, &options).unwrap();
        expected.assert_eq(&Explanation::new(&graph, &plan).to_string());
    }

    #[test]
    fn other_sources_and_requirements_are_named() {
        check(
            &[
                (
                    "products",
                    "type Query { product: Product } type Product @key(fields: \"upc\") { upc: ID! name: String @shareable price: Int }",
                ),
                (
                    "shipping",
                    "type Product @key(fields: \"upc\") { upc: ID! name: String @shareable price: Int @external cost: Int @requires(fields: \"price\") }",
                ),
            ],
            "{ it: product { called: name cost } }",
            &expect![[r#"
                Cost: 2 rounds, 2 requests

                Fetch 1: products, round 1
                  for the answer
                    it.called: Product.name is also in shipping
                  for later fetches
                    it.upc: key for fetch 2
                    it.price: required by fetch 2

                Fetch 2: shipping, round 2, after 1, entities at it
                  for the answer
                    it.cost: no other subgraph has Product.cost
            "#]],
        );
    }

    #[test]
    fn types_and_mere_presence_are_reasons_too() {
        check(
            &[
                (
                    "search",
                    "type Query { hits: [Hit] first: Track } union Hit = Track | User type Track { title: String } type User @key(fields: \"id\") { id: ID! }",
                ),
                (
                    "users",
                    "type User @key(fields: \"id\") { id: ID! name: String }",
                ),
            ],
            "{ hits { ... on User { name } } }",
            &expect![[r#"
                Cost: 2 rounds, 2 requests

                Fetch 1: search, round 1
                  for later fetches
                    hits.__typename: tells the type for fetch 2
                    hits.id: key for fetch 2

                Fetch 2: users, round 2, after 1, entities at hits
                  for the answer
                    hits.name: no other subgraph has User.name
            "#]],
        );
        check(
            &[(
                "search",
                "type Query { first: Track } type Track { title: String }",
            )],
            "{ first { __typename } }",
            &expect![[r#"
                Cost: 1 round, 1 request

                Fetch 1: search, round 1
                  for whether there is an object
                    first
            "#]],
        );
        check(
            &[("search", "type Query { now: Int }")],
            "{ __typename }",
            &expect![[r#"
                Cost: 0 rounds, 0 requests
            "#]],
        );
    }
}
