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
use subgraph::{FederationVersion, Subgraph};

/// Applies every rule to every subgraph that is upgraded and had no errors before.
pub(crate) fn validate_each(subgraphs: &[Subgraph], problems: &mut Problems) {
    let refused: Vec<_> = problems
        .errors()
        .flat_map(|it| it.locations().map(|span| span.subgraph.clone()))
        .collect();
    for subgraph in subgraphs {
        if subgraph.version != FederationVersion::One && !refused.contains(&subgraph.name) {
            validate(subgraph, problems);
        }
    }
}

/// Applies every rule to one subgraph.
fn validate(subgraph: &Subgraph, problems: &mut Problems) {
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
