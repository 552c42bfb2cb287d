//! One committer at a time for a repository on a local disk.
//!
//! Icechunk's local filesystem storage overwrites the branch without a condition, so that of two
//! processes which commit at once one loses its commit silently. Every writer therefore holds the
//! kernel's lock on a file within the repository from before it looks at the branch until its commit
//! has landed; the kernel releases the lock when the process ends, however it ends. Object stores have
//! conditional writes and need no lock.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::StoreError;

/// The lock file's name. Icechunk neither lists nor collects it.
pub(super) const LOCK_FILE: &str = "floe.lock";

/// Holds the lock until dropped.
#[derive(Debug)]
pub(super) struct CommitLock {
    _file: Option<File>,
}

/// Waits for the lock of a local repository; `None` for other stores, which need none.
pub(super) async fn acquire(store: &str, directory: Option<&Path>) -> Result<CommitLock, StoreError> {
    let Some(directory) = directory else {
        return Ok(CommitLock { _file: None });
    };
    let path: PathBuf = directory.join(LOCK_FILE);
    let locked = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok::<_, std::io::Error>(file)
    });
    match locked.await {
        Ok(Ok(file)) => Ok(CommitLock { _file: Some(file) }),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(StoreError::NotInitialized { store: store.to_owned() })
        }
        Ok(Err(error)) => Err(super::error::classify(store, "locking it", &error)),
        Err(error) => Err(super::error::classify(store, "locking it", &error)),
    }
}
