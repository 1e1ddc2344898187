//! From Federation 1 to 2.
pub fn upgrade(_: &mut [crate::Subgraph], _: &mut diagnostics::Problems) {}
