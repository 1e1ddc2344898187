//! Turns subgraphs into one supergraph, or says why that cannot be done.
//!
//! Knows nothing of HTTP, files or clocks: same subgraphs, same answer, whatever their order.
//! Read `prepare` (put in order, Federation 1 upgraded) and `validate` (each subgraph alone),
//! then `merge` (same-named types become one), then `check` (does the whole make sense?), then
//! `satisfiability` (is every field reachable?). Each stage collects all its problems, and errors
//! of one stop the next: asking what is reachable in a half-merged schema only repeats them.

mod check;
mod merge;
mod prepare;
mod satisfiability;
mod validate;

#[cfg(test)]
mod testing;

use diagnostics::Problems;
use subgraph::Subgraph;
use supergraph::Supergraph;

/// What came of composing.
#[derive(Debug)]
pub struct Composition {
    /// The supergraph, unless there are errors.
    pub supergraph: Option<Supergraph>,
    /// The errors, or the hints about a supergraph; in canonical order.
    pub problems: Problems,
}

/// Composes subgraphs into a supergraph.
pub fn compose(subgraphs: &[Subgraph]) -> Composition {
    let mut subgraphs = prepare::sort(subgraphs);
    let mut problems = check_each_alone(&subgraphs);
    if problems.has_errors() {
        return Composition::failed(problems);
    }
    prepare::upgrade(&mut subgraphs, &mut problems);
    validate::upgraded(&subgraphs, &mut problems);
    if problems.has_errors() {
        return Composition::failed(problems);
    }
    let Some(model) = merge::merge(&subgraphs, &mut problems) else {
        return Composition::failed(problems);
    };
    check::completeness(&model, &subgraphs, &mut problems);
    if problems.has_errors() {
        return Composition::failed(problems);
    }
    check::check(&model, &subgraphs, &mut problems);
    if problems.has_errors() {
        return Composition::failed(problems);
    }
    match satisfiability::prove(model, &subgraphs, &mut problems) {
        Some(supergraph) => Composition::done(supergraph, problems),
        None => Composition::failed(problems),
    }
}

/// What is wrong with each subgraph alone, where others of the graph cannot be read. Nothing is said of
/// those of Federation 1: what they mean depends on the others.
pub fn check_each_alone(subgraphs: &[Subgraph]) -> Problems {
    let mut problems = Problems::default();
    let subgraphs = prepare::sort(subgraphs);
    prepare::check_names(&subgraphs, &mut problems);
    validate::of_federation_two(&subgraphs, &mut problems);
    problems
}

impl Composition {
    fn done(supergraph: Supergraph, mut problems: Problems) -> Self {
        problems.sort();
        Self {
            supergraph: Some(supergraph),
            problems,
        }
    }

    /// Hints about a supergraph that does not exist would only distract from what prevents it.
    fn failed(mut problems: Problems) -> Self {
        problems.drop_hints();
        problems.sort();
        Self {
            supergraph: None,
            problems,
        }
    }
}

#[test]
fn the_order_of_subgraphs_does_not_matter() {
    let parse = |(name, sdl): &(&str, &str)| {
        Subgraph::parse(name, "", sdl).unwrap_or_else(|problems| panic!("{problems}"))
    };
    let good = [
        (
            "a",
            "\"one\" type Query { v: V } type V { x: Int y: E } enum E { A }",
        ),
        (
            "b",
            "\"two\" type Query { w: V } type V { x: Int y: E } enum E { B A }",
        ),
        (
            "c",
            "type Query { u(e: [Int!]): Int } directive @log on FIELD",
        ),
    ];
    let bad = [
        ("a", "type Query { v: Int w: Int }"),
        ("b", "type Query { v: String w: Int }"),
        (
            "c",
            "type Query { v: Boolean } extend type T @key(fields: \"id\") { id: ID }",
        ),
    ];
    for case in [good, bad] {
        let forward: Vec<Subgraph> = case.iter().map(parse).collect();
        let backward: Vec<Subgraph> = case.iter().rev().map(parse).collect();
        let (one, other) = (compose(&forward), compose(&backward));
        assert_eq!(one.problems, other.problems);
        let print = |it: &Composition| it.supergraph.as_ref().map(|it| it.model().print());
        assert_eq!(print(&one), print(&other));
    }
}

#[test]
fn nothing_composes_to_an_error_and_not_to_a_panic() {
    let composition = compose(&[]);
    assert!(composition.supergraph.is_none());
    assert_eq!(
        composition.problems.to_string(),
        "NO_QUERIES Query: No subgraph has a query: at least one must define a field of `Query`."
    );
}

#[test]
fn two_subgraphs_cannot_have_one_name() {
    let parse = |name| Subgraph::parse(name, "", "type Query { a: Int }").unwrap();
    let composition = compose(&[parse("a"), parse("a"), parse("_")]);
    let codes: Vec<_> = composition
        .problems
        .iter()
        .map(|it| it.code.as_str())
        .collect();
    assert_eq!(codes, ["INVALID_SUBGRAPH_NAME", "INVALID_SUBGRAPH_NAME"]);
}

#[test]
fn what_is_wrong_with_a_subgraph_alone_does_not_need_the_others() {
    let parse = |(name, sdl)| Subgraph::parse(name, "", sdl).unwrap();
    let link = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requires"])"#;
    let requires = "type Query { a: Int @requires(fields: \"b\") }";
    let subgraphs = [
        ("_", "type Query { a: Int }"),
        ("new", &*format!("{requires} {link}")),
        ("old", requires),
    ]
    .map(parse);
    expect_test::expect![[r#"
        INVALID_SUBGRAPH_NAME: A subgraph cannot be called `_`: the name is reserved.
          --> _:1:1 the subgraph
        REQUIRES_INVALID_FIELDS Query.a: There is no field `Query.b` in this subgraph.
          --> new:1:40 in the `@requires` of `Query.a`
          help: did you mean `a`?"#]]
    .assert_eq(&check_each_alone(&subgraphs).to_string());
}

#[test]
fn the_old_are_not_looked_at_before_the_new_are_right() {
    let parse = |(name, sdl)| Subgraph::parse(name, "", sdl).unwrap();
    let link = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requires"])"#;
    let new = format!("type Query {{ a: Int @requires(fields: \"b\") }} {link}");
    let old = "extend type T @key(fields: \"id\") { id: ID }";
    let composition = compose(&[("new", &*new), ("old", old)].map(parse));
    expect_test::expect![[r#"
        REQUIRES_INVALID_FIELDS Query.a: There is no field `Query.b` in this subgraph.
          --> new:1:40 in the `@requires` of `Query.a`
          help: did you mean `a`?"#]]
    .assert_eq(&composition.problems.to_string());
}
