//! The files the router composes and configures itself from: those of the repository, or copies of
//! them that are built into this program.

use std::io;
use std::path::{Path, PathBuf};

/// The repository's files, as they were when this program was built.
const BUILT_IN: [(&str, &str); 4] = [
    (SUPERGRAPH, include_str!("../supergraph.yaml")),
    (ROUTER, include_str!("../router/router.yaml")),
    (
        "schema/subgraphs/users.graphql",
        include_str!("../schema/subgraphs/users.graphql"),
    ),
    (
        "schema/subgraphs/music.graphql",
        include_str!("../schema/subgraphs/music.graphql"),
    ),
];

const SUPERGRAPH: &str = "supergraph.yaml";
const ROUTER: &str = "router/router.yaml";

/// The folder inside the data folder for the copies.
const COPIES: &str = "federation";

/// Where the router finds what it needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FederationFiles {
    /// Which subgraphs there are.
    pub(crate) supergraph_config: PathBuf,
    /// The router's own configuration.
    pub(crate) router_config: PathBuf,
}

/// A copy could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", file.display())]
pub(crate) struct CannotWrite {
    file: PathBuf,
    source: io::Error,
}

impl FederationFiles {
    /// The files below `here` when it is the repository, so that the router follows their changes.
    /// Else the built-in ones, which are written into the data folder, because the router reads files.
    ///
    /// # Errors
    /// When a copy cannot be written.
    pub(crate) fn find(here: &Path, data_folder: &Path) -> Result<Self, CannotWrite> {
        let of_repository = FederationFiles::below(here);
        // A `supergraph.yaml` alone may be anybody's.
        if of_repository.supergraph_config.is_file() && of_repository.router_config.is_file() {
            return Ok(of_repository);
        }
        let copies = data_folder.join(COPIES);
        for (name, content) in BUILT_IN {
            let file = copies.join(name);
            write(&file, content).map_err(|source| CannotWrite { file, source })?;
        }
        Ok(FederationFiles::below(&copies))
    }

    fn below(folder: &Path) -> Self {
        FederationFiles {
            supergraph_config: folder.join(SUPERGRAPH),
            router_config: folder.join(ROUTER),
        }
    }
}

fn write(file: &Path, content: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_repository_its_own_files_are_used() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files =
            FederationFiles::find(repository, Path::new("/nowhere")).expect("nothing is written");
        assert_eq!(files.supergraph_config, repository.join("supergraph.yaml"));
        assert_eq!(files.router_config, repository.join("router/router.yaml"));
    }

    #[test]
    fn elsewhere_every_file_that_the_supergraph_names_is_written() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        let files = FederationFiles::find(elsewhere.path(), data.path()).expect("it is writable");
        assert!(files.router_config.is_file());

        let config = std::fs::read_to_string(&files.supergraph_config).expect("it was written");
        let named: Vec<&str> = config
            .lines()
            .filter_map(|line| line.trim().strip_prefix("file: "))
            .collect();
        assert_eq!(named.len(), 2, "{config}");
        for file in named {
            assert!(
                data.path().join(COPIES).join(file).is_file(),
                "{file} is not built in"
            );
        }
    }

    #[test]
    fn copies_of_an_older_program_are_replaced() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let stale = data.path().join(COPIES).join(SUPERGRAPH);
        write(&stale, "subgraphs: {}").expect("it is writable");
        FederationFiles::find(Path::new("/nowhere"), data.path()).expect("it is writable");
        let now = std::fs::read_to_string(stale).expect("it is there");
        assert_eq!(now, include_str!("../supergraph.yaml"));
    }
}
