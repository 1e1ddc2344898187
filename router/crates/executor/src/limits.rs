//! What one execution may use: small answers of subgraphs can be made to grow into large ones.

/// Bounds on one execution. The defaults are far above what honest answers need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most slots that may be filled, 12 bytes each. A list of empty objects takes three
    /// bytes an item in a body and many slots here, so that the limit on a body's size alone
    /// would not bound the memory a hostile subgraph makes us use. An answer that needs more is
    /// refused as malformed.
    pub max_slots: usize,
    /// The most objects that are visited to find those an entity fetch is for. Objects that
    /// several places share are stored once and visited for each place, so that lists of shared
    /// objects within shared objects multiply. Beyond, `data` is null, with an error.
    pub max_visits: usize,
    /// The largest `data`, in bytes; shared objects are also written for each place. Beyond,
    /// `data` is null, with an error.
    pub max_data_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_slots: 1 << 24,
            max_visits: 1 << 24,
            max_data_bytes: 1 << 29,
        }
    }
}
