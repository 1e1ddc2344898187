//! A copy of the files that the federation is described by, for tests that change them.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What a launcher reads in the folder in which it is started.
const FILES: [&str; 4] = [
    "supergraph.yaml",
    "router/router.yaml",
    "schema/subgraphs/users.graphql",
    "schema/subgraphs/music.graphql",
];

/// A folder of files, gone when the test is over.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    /// One with the repository's files.
    pub(crate) fn of_the_repository() -> Self {
        let folder = Folder::new();
        for file in FILES {
            let original = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            folder.write(
                file,
                &std::fs::read_to_string(original).expect("it is text"),
            );
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).expect("it is text")
    }

    /// Writes a file as a whole, so that nobody who watches it sees a half.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.file(name);
        std::fs::create_dir_all(file.parent().expect("it is in the folder")).expect("a folder");
        let beside = file.with_extension("new");
        std::fs::write(&beside, text).expect("it can be written");
        std::fs::rename(&beside, &file).expect("it can be moved");
    }
}
