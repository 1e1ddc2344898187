//! Plans of whole examples, and what holds for every plan.
//!
//! Behaviours that a user sees are told in `tests/cases` at the root of the repository, with rows
//! and answers. Here is what only the planner promises: its cost, its bounds, its errors.

mod exhaustive;

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use operation::{ApiSchema, Limits};
use plan::Plan;
use query_graph::QueryGraph;
use supergraph::Supergraph;

use crate::{Options, PlanError, plan};

/// The supergraph of subgraphs given by name and schema; the federation `@link` is added.
fn compose(subgraphs: &[(&str, &str)]) -> Supergraph {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.7\", \
                import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@provides\"])\n";
    let parsed: Vec<subgraph::Subgraph> = subgraphs
        .iter()
        .map(|(name, sdl)| {
            subgraph::Subgraph::parse(name, "", &format!("{sdl}\n{link}")).expect("a valid schema")
        })
        .collect();
    let composition = composition::compose(&parsed);
    composition
        .supergraph
        .unwrap_or_else(|| panic!("{:?}", composition.problems))
}

fn plan_with(supergraph: &Supergraph, query: &str, options: &Options) -> Result<Plan, PlanError> {
    let model = supergraph.model();
    let api = ApiSchema::parse(&model.api_sdl()).expect("a valid API schema");
    let limits = Limits {
        max_tokens: 1_000_000,
        max_fields: 1_000_000,
        ..Limits::default()
    };
    let prepared = operation::prepare(&api, query, None, &limits).expect("a valid operation");
    plan(&QueryGraph::build(model), &prepared.operation, options)
}

fn planned(subgraphs: &[(&str, &str)], query: &str) -> Plan {
    plan_with(&compose(subgraphs), query, &Options::default()).expect("a plan")
}

/// The requests of a plan: the round, the subgraph, and what is sent.
fn requests(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for fetch in &plan.fetches {
        lines.push(format!(
            "{} {}: {}",
            fetch.round, fetch.subgraph_name, fetch.document
        ));
    }
    lines
}

#[test]
fn a_shared_field_with_shared_children_is_asked_where_the_most_is() {
    let plan = planned(
        &[
            (
                "a",
                "type Query { top: Item @shareable } type Item { one: Int @shareable }",
            ),
            (
                "b",
                "type Query { top: Item @shareable } type Item { one: Int @shareable two: Int @shareable }",
            ),
            (
                "c",
                "type Query { top: Item @shareable } type Item { two: Int @shareable one: Int @shareable three: Int }",
            ),
        ],
        "{ top { one two three } }",
    );
    assert_eq!(requests(&plan), ["0 c: {top{one two three}}"]);
}

#[test]
fn entities_of_one_subgraph_in_one_round_share_a_request() {
    let plan = planned(
        &[
            (
                "shop",
                "type Query { order: Order } type Order { buyer: User item: Item } \
                 type User @key(fields: \"id\") { id: ID! } type Item @key(fields: \"id\") { id: ID! }",
            ),
            (
                "names",
                "type User @key(fields: \"id\") { id: ID! name: String } type Item @key(fields: \"id\") { id: ID! title: String }",
            ),
        ],
        "{ order { buyer { name } item { title } } }",
    );
    assert_eq!(
        requests(&plan),
        [
            "0 shop: {order{buyer{id} item{id}}}",
            "1 names: query($representations_0:[_Any!]!,$representations_1:[_Any!]!){\
             _e0:_entities(representations:$representations_0){...on User{name}} \
             _e1:_entities(representations:$representations_1){...on Item{title}}}",
        ]
    );
}

#[test]
fn variables_of_the_client_keep_their_names() {
    let plan = planned(
        &[
            (
                "a",
                "type Query { user(id: ID!): User } type User @key(fields: \"id\") { id: ID! }",
            ),
            (
                "b",
                "type User @key(fields: \"id\") { id: ID! posts(first: Int = 3): Int }",
            ),
        ],
        "query Posts($representations: ID!, $first: Int = 5) { user(id: $representations) { posts(first: $first) } }",
    );
    assert_eq!(
        requests(&plan),
        [
            "0 a: query Posts($representations:ID!){user(id:$representations){id}}",
            "1 b: query Posts($_representations:[_Any!]!,$first:Int=5){\
             _entities(representations:$_representations){...on User{posts(first:$first)}}}",
        ]
    );
}

#[test]
fn a_rounds_worth_of_detours_is_not_taken_for_a_shared_field() {
    // `b` could give the name as well, but going there for it alone would cost a round.
    let plan = planned(
        &[
            (
                "a",
                "type Query { me: User } type User @key(fields: \"id\") { id: ID! name: String @shareable age: Int }",
            ),
            (
                "b",
                "type User @key(fields: \"id\") { id: ID! name: String @shareable }",
            ),
        ],
        "{ me { name age } }",
    );
    assert_eq!(requests(&plan), ["0 a: {me{name age}}"]);
}

#[test]
fn the_same_operation_always_gets_the_same_plan() {
    let (subgraphs, query) = crowded(5, 5, 12, 3);
    let subgraphs: Vec<(&str, &str)> = subgraphs
        .iter()
        .map(|(name, sdl)| (name.as_str(), sdl.as_str()))
        .collect();
    let supergraph = compose(&subgraphs);
    let first = plan_with(&supergraph, &query, &Options::default()).expect("a plan");
    let second = plan_with(&supergraph, &query, &Options::default()).expect("a plan");
    assert_eq!(first.to_string(), second.to_string());
    assert_eq!(first.to_json(), second.to_json());
}

#[test]
fn many_fields_in_several_subgraphs_cost_at_most_one_request_for_each_subgraph_and_round() {
    let levels = 4;
    let (subgraphs, query) = crowded(7, 7, 9, levels);
    let subgraphs: Vec<(&str, &str)> = subgraphs
        .iter()
        .map(|(name, sdl)| (name.as_str(), sdl.as_str()))
        .collect();
    let plan = plan_with(&compose(&subgraphs), &query, &Options::default()).expect("a plan");
    let rounds = plan
        .fetches
        .iter()
        .map(|fetch| fetch.round + 1)
        .max()
        .expect("rounds");
    assert!(
        usize::from(rounds) <= levels,
        "{rounds} rounds for {levels} levels"
    );
    let mut pairs: Vec<_> = plan
        .fetches
        .iter()
        .map(|fetch| (fetch.round, fetch.subgraph))
        .collect();
    pairs.sort_unstable();
    let all = pairs.len();
    pairs.dedup();
    assert_eq!(pairs.len(), all, "one request for each subgraph and round");
}

/// Subgraphs that all have all of some entity types, each field in three of them; and a query that
/// takes every field, `levels` deep.
fn crowded(
    subgraphs: usize,
    types: usize,
    fields: usize,
    levels: usize,
) -> (Vec<(String, String)>, String) {
    let mut schemas = Vec::new();
    for subgraph in 0..subgraphs {
        let mut sdl = String::from("type Query { root: T0 @shareable }\n");
        for ty in 0..types {
            let _ = write!(sdl, "type T{ty} @key(fields: \"id\") {{ id: ID! ");
            for field in
                (0..fields).filter(|field| (subgraph + subgraphs * 3 - field - ty) % subgraphs < 3)
            {
                let _ = write!(sdl, "f{field}: Int @shareable ");
            }
            for next in (1..=2).filter(|next| (subgraph + next + ty) % 3 != 0) {
                let _ = write!(sdl, "n{next}: T{} @shareable ", (ty + next) % types);
            }
            sdl.push_str("}\n");
        }
        schemas.push((format!("s{subgraph}"), sdl));
    }
    let mut query = String::from("{ root ");
    select(&mut query, fields, levels);
    query.push_str(" }");
    (schemas, query)
}

fn select(query: &mut String, fields: usize, levels: usize) {
    query.push_str("{ ");
    for field in 0..fields {
        let _ = write!(query, "f{field} ");
    }
    if levels > 1 {
        for next in 1..=2 {
            let _ = write!(query, "n{next} ");
            select(query, fields, levels - 1);
        }
    }
    query.push_str(" }");
}

#[test]
fn a_supergraph_that_breaks_its_promise_gives_an_error_that_names_the_field() {
    let sdl = compose(&[
        (
            "a",
            "type Query { me: User } type User @key(fields: \"id\") { id: ID! }",
        ),
        (
            "b",
            "type User @key(fields: \"id\") { id: ID! name: String }",
        ),
    ])
    .model()
    .print();
    // Somebody else's composer, which does not check: `b` is no longer reachable.
    let broken = sdl.replace(
        "graph: B, key: \"id\"",
        "graph: B, key: \"id\", resolvable: false",
    );
    assert_ne!(broken, sdl);
    let supergraph = Supergraph::read(&broken).expect("it reads");
    let error =
        plan_with(&supergraph, "{ me { name } }", &Options::default()).expect_err("no plan");
    assert_eq!(
        error,
        PlanError::Unreachable {
            parent_type: "User".into(),
            field: "name".into()
        }
    );
}

#[test]
fn an_operation_over_the_limit_is_refused() {
    let supergraph = compose(&[("a", "type Query { now: Int }")]);
    let aliases: String = (0..50).map(|index| format!("a{index}: now ")).collect();
    let options = Options {
        max_wants: 20,
        ..Options::default()
    };
    let error = plan_with(&supergraph, &format!("{{ {aliases} }}"), &options).expect_err("no plan");
    assert_eq!(error, PlanError::TooLarge { limit: 20 });
}

#[test]
fn what_can_be_had_in_too_many_ways_is_refused() {
    let (subgraphs, query) = crowded(5, 5, 12, 3);
    let subgraphs: Vec<(&str, &str)> = subgraphs
        .iter()
        .map(|(name, sdl)| (name.as_str(), sdl.as_str()))
        .collect();
    let options = Options {
        max_ways: 100,
        ..Options::default()
    };
    let error = plan_with(&compose(&subgraphs), &query, &options).expect_err("no plan");
    assert_eq!(error, PlanError::TooManyWays { limit: 100 });
}

#[test]
fn planning_ends_when_nobody_waits_for_it() {
    let supergraph = compose(&[("a", "type Query { now: Int }")]);
    let options = Options {
        stop: Some(Arc::new(AtomicBool::new(true))),
        ..Options::default()
    };
    let error = plan_with(&supergraph, "{ now }", &options).expect_err("no plan");
    assert_eq!(error, PlanError::Stopped);
}

#[test]
fn a_field_with_a_context_is_asked_for_in_the_request_that_others_make() {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", \
                import: [\"@key\", \"@shareable\", \"@context\", \"@fromContext\"])\n";
    let users = "type Query { user: User } \
                 type User @key(fields: \"id\") { id: ID! locale: String @shareable post: Post } \
                 type Post @key(fields: \"id\") { id: ID! }";
    let texts = "type User @key(fields: \"id\") @context(name: \"user\") { id: ID! locale: String @shareable draft: Post } \
                 type Post @key(fields: \"id\") { id: ID! words: Int \
                 title(size: Int, in: String @fromContext(field: \"$user { locale }\")): String }";
    let parsed = [("users", users), ("texts", texts)].map(|(name, sdl)| {
        subgraph::Subgraph::parse(name, "", &format!("{sdl}\n{link}")).expect("a valid schema")
    });
    let composition = composition::compose(&parsed);
    let supergraph = composition
        .supergraph
        .unwrap_or_else(|| panic!("{:?}", composition.problems));
    let query = "query Posts($size: Int) { user { post { words title(size: $size) } } }";
    let plan = plan_with(&supergraph, query, &Options::default()).expect("a plan");
    assert_eq!(
        requests(&plan),
        [
            "0 users: query Posts{user{post{id} locale}}",
            "1 texts: query Posts($representations_0:[_Any!]!,$representations_1_0:[_Any!]!,\
             $context_4_0_0:String,$size:Int){\
             _e0:_entities(representations:$representations_0){...on Post{words}} \
             _e1_0:_entities(representations:$representations_1_0){...on Post{title(size:$size,in:$context_4_0_0)}}}",
        ]
    );
}
