//! Each subgraph alone: are its federation directives used as they are meant?
//!
//! One rule, one file. Federation 1 subgraphs come here upgraded, so that one set of rules serves all.

mod access_control;
mod context;
mod cost;
mod external;
mod field_sets;
mod interface_keys;
mod interface_objects;
mod list_size;
mod shareable;
mod tag_names;

use diagnostics::Problems;
use subgraph::Subgraph;

/// Applies every rule to the subgraphs of Federation 2 that had no errors before.
pub(crate) fn of_federation_two(subgraphs: &[Subgraph], problems: &mut Problems) {
    unless_refused(
        subgraphs.iter().filter(|it| !it.was_federation_one),
        problems,
    );
}

/// Applies every rule to the subgraphs that were upgraded without errors.
pub(crate) fn upgraded(subgraphs: &[Subgraph], problems: &mut Problems) {
    unless_refused(
        subgraphs.iter().filter(|it| it.was_federation_one),
        problems,
    );
}

fn unless_refused<'s>(subgraphs: impl Iterator<Item = &'s Subgraph>, problems: &mut Problems) {
    let refused: Vec<_> = problems
        .errors()
        .flat_map(|it| it.locations().map(|span| span.subgraph.clone()))
        .collect();
    for subgraph in subgraphs {
        if !refused.contains(&subgraph.name) {
            validate(subgraph, problems);
        }
    }
}

/// Applies every rule to one subgraph.
fn validate(subgraph: &Subgraph, problems: &mut Problems) {
    let before = problems.errors().count();
    field_sets::check_provides_below_leaves(subgraph, problems);
    if problems.errors().count() > before {
        return;
    }
    field_sets::check(subgraph, problems);
    external::check(subgraph, problems);
    interface_keys::check(subgraph, problems);
    interface_objects::check(subgraph, problems);
    shareable::check(subgraph, problems);
    tag_names::check(subgraph, problems);
    access_control::check(subgraph, problems);
    context::check(subgraph, problems);
    cost::check(subgraph, problems);
    list_size::check(subgraph, problems);
}
