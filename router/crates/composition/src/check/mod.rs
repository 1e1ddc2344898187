//! The merged graph as a whole: does it make sense?

use diagnostics::Problems;
use subgraph::Subgraph;
use supergraph::Model;

/// Applies every rule to the merged graph.
pub(crate) fn check(_model: &Model, _subgraphs: &[Subgraph], _problems: &mut Problems) {}
