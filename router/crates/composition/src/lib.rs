//! Turns subgraphs into one supergraph, or says why that cannot be done.
//!
//! Knows nothing of HTTP, files or clocks: same subgraphs, same answer, whatever their order.
//! Read [`prepare`] (put in order, Federation 1 upgraded), then [`validate`] (each subgraph alone),
//! then [`merge`] (same-named types become one), then [`check`] (does the whole make sense?), then
//! [`satisfiability`] (is every field reachable?). Each stage collects all its problems, and errors
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
    let mut problems = Problems::default();
    let subgraphs = prepare::prepare(subgraphs, &mut problems);
    if problems.has_errors() {
        return Composition::failed(problems);
    }
    for subgraph in subgraphs.iter() {
        validate::validate(subgraph, &mut problems);
    }
    if problems.has_errors() {
        return Composition::failed(problems);
    }
    let model = merge::merge(&subgraphs, &mut problems);
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
