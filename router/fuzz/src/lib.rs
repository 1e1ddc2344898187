//! What must hold for any text at all, whoever made it up.
//!
//! The fuzzer calls these functions with texts that it invents, and an ordinary test of the `router` package
//! with those of the corpus: one more that broke something belongs there.

#![allow(
    clippy::panic,
    clippy::expect_used,
    missing_debug_implementations,
    unreachable_pub,
    reason = "whoever fuzzes wants panics"
)]

use composition::{Composition, compose as compose_parsed};
use diagnostics::render::{Colour, github, json, text};
use diagnostics::{Problem, Problems};
use query_graph::QueryGraph;
use subgraph::Subgraph;
use supergraph::Supergraph;

/// What stands behind each subgraph's text, unless the text says `@link` itself or begins with `# 1`.
const LINK: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@requires", "@provides", "@external", "@extends", "@tag", "@shareable", "@inaccessible", "@override", "@composeDirective", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy", "@context", "@fromContext", "@cost", "@listSize"])"#;

/// A line that separates one subgraph's text from the next.
const SEPARATOR: &str = "\n---\n";
/// More subgraphs find nothing that these do not.
const MOST_SUBGRAPHS: usize = 6;

/// Composes a text that holds several subgraphs, and checks what came of it.
///
/// # Panics
/// When something does not hold that must.
pub fn compose(input: &str) {
    let sdls: Vec<String> = input
        .split(SEPARATOR)
        .take(MOST_SUBGRAPHS)
        .map(|sdl| {
            if sdl.contains("@link") || sdl.starts_with("# 1") {
                sdl.to_owned()
            } else {
                format!("{sdl}{LINK}")
            }
        })
        .collect();
    let mut parsed = Vec::new();
    for (index, sdl) in sdls.iter().enumerate() {
        match Subgraph::parse(&format!("s{index}"), "http://example.org", sdl) {
            Ok(subgraph) => parsed.push(subgraph),
            Err(problems) => {
                assert!(problems.has_errors(), "refused without a reason");
                show(&problems, &sdls);
            }
        }
    }
    let forward = compose_parsed(&parsed);
    parsed.reverse();
    let backward = compose_parsed(&parsed);
    show(&forward.problems, &sdls);
    assert_eq!(
        forward.problems, backward.problems,
        "the order of the subgraphs shows"
    );
    assert_eq!(
        print(&forward),
        print(&backward),
        "the order of the subgraphs shows"
    );
    assert_ne!(
        forward.supergraph.is_some(),
        forward.problems.has_errors(),
        "either a supergraph or errors"
    );
    let Some(composed) = &forward.supergraph else {
        return;
    };
    let printed = composed.model().print();
    let read = match Supergraph::read(&printed) {
        Ok(read) => read,
        Err(error) => panic!("what is printed cannot be read: {error}\n{printed}"),
    };
    assert_eq!(
        printed,
        read.model().print(),
        "what is printed is read as something else"
    );
    let api = composed.model().api_sdl();
    assert_eq!(
        api,
        read.model().api_sdl(),
        "the API depends on whether it was printed"
    );
    for (what, sdl) in [("supergraph", &printed), ("API schema", &api)] {
        if let Err(error) = operation::ApiSchema::parse(sdl) {
            panic!("the {what} is not valid GraphQL: {error}\n{sdl}");
        }
    }
}

/// Reads a text as a supergraph, and checks what came of it.
///
/// # Panics
/// When something does not hold that must.
pub fn supergraph(input: &str) {
    let Ok(read) = Supergraph::read(input) else {
        return;
    };
    let printed = read.model().print();
    // The text is taken at its word, so it may say what is no supergraph when it is said again. But
    // once it can be read, it stays what it is.
    if let Ok(again) = Supergraph::read(&printed) {
        assert_eq!(
            printed,
            again.model().print(),
            "what is printed is read as something else"
        );
    }
    let _ = operation::ApiSchema::parse(&read.model().api_sdl());
    let _ = QueryGraph::build(read.model());
}

fn print(composition: &Composition) -> Option<String> {
    let supergraph = composition.supergraph.as_ref()?;
    Some(supergraph.model().print())
}

/// Problems are shown in every way there is, with excerpts.
fn show(problems: &Problems, sdls: &[String]) {
    let source_of = |name: &str| {
        let index: usize = name.strip_prefix('s')?.parse().ok()?;
        sdls.get(index).map(String::as_str)
    };
    let check = |problem: &Problem| {
        for span in problem.locations() {
            let source = source_of(&span.subgraph);
            assert!(source.is_some(), "{}: no such subgraph", span.subgraph);
            let lines = source.map_or(0, |it| it.split('\n').count().max(1));
            assert!(
                usize::try_from(span.start.line).is_ok_and(|line| (1..=lines).contains(&line)),
                "{problem}: no such line"
            );
        }
        assert!(!text(problem, Colour::Always, source_of).is_empty());
        assert!(!github(problem, |_| Some("schema.graphql")).is_empty());
        assert!(json(problem).is_object());
    };
    problems.iter().for_each(check);
}
