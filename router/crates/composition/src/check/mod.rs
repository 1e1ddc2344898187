//! The merged graph as a whole: does it make sense?
//!
//! The rules look at the model, which has no places; [`places`] finds the subgraphs' definitions of
//! what they complain about.

mod access_transitivity;
mod interface_fields;
mod interface_implementations;
mod places;
mod queries;
mod references;
mod requires_arguments;
mod visibility;

use diagnostics::Problems;
use subgraph::Subgraph;
use supergraph::Model;

/// What can be said even of a graph that did not merge without errors: is anything missing?
pub(crate) fn completeness(model: &Model, subgraphs: &[Subgraph], problems: &mut Problems) {
    queries::check(model, subgraphs, problems);
    interface_implementations::check(model, subgraphs, problems);
}

/// Applies every other rule to the merged graph.
pub(crate) fn check(model: &Model, subgraphs: &[Subgraph], problems: &mut Problems) {
    references::check(model, subgraphs, problems);
    interface_fields::check(model, subgraphs, problems);
    requires_arguments::check(model, subgraphs, problems);
    access_transitivity::check(model, subgraphs, problems);
    if !problems.has_errors() {
        // What clients see is asked last: a graph with holes would hide the wrong things.
        visibility::check(model, subgraphs, problems);
    }
}
