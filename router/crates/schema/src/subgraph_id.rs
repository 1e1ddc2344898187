//! Which subgraph, as a small number.

/// A subgraph of one supergraph: an index into its list of subgraphs, which is ordered by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubgraphId(pub u16);

impl SubgraphId {
    /// The position in the supergraph's list of subgraphs.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}
