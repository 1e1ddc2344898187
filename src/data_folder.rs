//! The folder where the services keep their data: made, tried, and held by one launcher at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The file whose lock says that a launcher uses the folder.
const LOCK: &str = "musicwallet.lock";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataFolderError {
    /// It cannot be made, or not be written to.
    #[error("the data folder {} is not writable: {source}; choose another with --data-dir", folder.display())]
    NotWritable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another launcher holds it. Two would write the same databases.
    #[error("the data folder {} is in use by another musicwallet; choose another with --data-dir", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
}

/// A folder that this process may write to, and no other launcher uses while this value lives.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    // The system gives the lock back when the file is closed, however the process ends.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder when it is missing, and takes its lock.
    ///
    /// # Errors
    /// When the folder is not writable, or in use by another launcher.
    pub(crate) fn open(folder: &Path) -> Result<Self, DataFolderError> {
        let not_writable = |source| DataFolderError::NotWritable {
            folder: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(not_writable)?;
        // Services run with this path too, so it must not depend on where they stand.
        let path = folder.canonicalize().map_err(not_writable)?;
        // Opened for writing, and in a file of its own: the proof that files can be made here.
        let lock = File::create(path.join(LOCK)).map_err(not_writable)?;
        match lock.try_lock() {
            Ok(()) => Ok(DataFolder { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataFolderError::InUse {
                folder: folder.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(not_writable(source)),
        }
    }

    /// The folder, as an absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_made() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::open(&parent.path().join("a/b")).expect("it can be made");
        assert!(folder.path().is_absolute());
        assert!(folder.path().is_dir());
    }

    #[test]
    fn a_file_in_its_place_is_told_with_the_flag_that_helps() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let file = parent.path().join("data");
        std::fs::write(&file, "not a folder").expect("it can be written");
        let message = DataFolder::open(&file)
            .expect_err("it is a file")
            .to_string();
        let start = format!("the data folder {} is not writable: ", file.display());
        assert!(message.starts_with(&start), "{message}");
        assert!(
            message.ends_with("; choose another with --data-dir"),
            "{message}"
        );
    }

    #[test]
    fn two_launchers_do_not_share_a_folder() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let first = DataFolder::open(parent.path()).expect("it is free");
        let second = DataFolder::open(parent.path()).expect_err("the first holds it");
        assert!(
            second.to_string().contains("in use by another musicwallet"),
            "{second}"
        );
        drop(first);
        DataFolder::open(parent.path()).expect("it is free again");
    }
}
