//! Whose error messages clients may read: they can carry secrets, so none by default.

use std::collections::BTreeMap;

use schema::SubgraphId;
use serde::{Deserialize, Serialize};

/// `include_subgraph_errors` in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct IncludeSubgraphErrors {
    /// Of every subgraph.
    pub all: bool,
    /// Of one subgraph, by its name.
    pub subgraphs: BTreeMap<String, bool>,
}

/// The same by id.
#[derive(Debug)]
pub(super) struct ErrorExposure(Vec<bool>);

impl ErrorExposure {
    pub(super) fn new<'g>(
        config: &IncludeSubgraphErrors,
        names: impl Iterator<Item = &'g str>,
    ) -> Self {
        Self(
            names
                .map(|name| config.subgraphs.get(name).copied().unwrap_or(config.all))
                .collect(),
        )
    }

    pub(super) fn of(&self, subgraph: SubgraphId) -> bool {
        self.0.get(subgraph.index()).copied().unwrap_or(false)
    }
}

#[test]
fn a_subgraphs_own_setting_counts() {
    let config = IncludeSubgraphErrors {
        all: true,
        subgraphs: [("users".to_owned(), false)].into(),
    };
    let exposure = ErrorExposure::new(&config, ["music", "users"].into_iter());
    assert!(exposure.of(SubgraphId(0)));
    assert!(!exposure.of(SubgraphId(1)));
    assert!(!exposure.of(SubgraphId(9)));
}
