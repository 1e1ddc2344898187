//! Which file the graph is described by.

use std::path::{Path, PathBuf};

/// A file that describes the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Supergraph SDL, composed beforehand.
    Supergraph(PathBuf),
    /// A `supergraph.yaml`, composed here.
    Config(PathBuf),
}

/// Why no source can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SourceError {
    /// Two are named.
    #[error("--supergraph and --supergraph-config name two sources for the graph; choose one")]
    Both,
    /// None is named and none is found.
    #[error(
        "no graph: name one with --supergraph FILE or --supergraph-config FILE, or start where there is a supergraph.yaml or a supergraph.graphql"
    )]
    None,
}

impl Source {
    /// The one that was named, or the one found in `directory`.
    pub(crate) fn choose(
        supergraph: Option<PathBuf>,
        config: Option<PathBuf>,
        directory: &Path,
    ) -> Result<Self, SourceError> {
        match (supergraph, config) {
            (Some(_), Some(_)) => Err(SourceError::Both),
            (Some(path), None) => Ok(Self::Supergraph(path)),
            (None, Some(path)) => Ok(Self::Config(path)),
            (None, None) => {
                let config = directory.join("supergraph.yaml");
                let supergraph = directory.join("supergraph.graphql");
                if config.is_file() {
                    Ok(Self::Config(config))
                } else if supergraph.is_file() {
                    Ok(Self::Supergraph(supergraph))
                } else {
                    Err(SourceError::None)
                }
            }
        }
    }
}

#[test]
fn the_named_source_wins_and_two_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let choose = |supergraph: Option<&str>, config: Option<&str>| {
        Source::choose(
            supergraph.map(Into::into),
            config.map(Into::into),
            directory.path(),
        )
    };
    assert_eq!(choose(None, None), Err(SourceError::None));
    std::fs::write(directory.path().join("supergraph.graphql"), "").unwrap();
    assert!(matches!(choose(None, None), Ok(Source::Supergraph(_))));
    std::fs::write(directory.path().join("supergraph.yaml"), "").unwrap();
    assert!(matches!(choose(None, None), Ok(Source::Config(_))));
    assert_eq!(
        choose(Some("a"), None),
        Ok(Source::Supergraph(PathBuf::from("a")))
    );
    assert_eq!(choose(Some("a"), Some("b")), Err(SourceError::Both));
}
