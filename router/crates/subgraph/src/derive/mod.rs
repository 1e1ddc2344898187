//! What follows from the federation directives of one subgraph: its keys and field sets, and which
//! of its fields are external, used, provided or shareable.
//!
//! Run after parsing, and again after an upgrade has changed directives. [`field_sets`] parses what
//! the directives say; [`marks`] walks the selections; [`select`] is how everyone walks them.

mod field_sets;
mod marks;
mod select;

pub use select::{Selected, for_each_selected};

use crate::Subgraph;

/// Works everything out anew.
pub(crate) fn derive(subgraph: &mut Subgraph) {
    field_sets::parse(subgraph);
    marks::mark(subgraph);
}
