//! What can go wrong with a repository.

use std::error::Error;

use chrono::{DateTime, Utc};
use icechunk::repository::{RepositoryError, RepositoryErrorKind};
use icechunk::session::{SessionError, SessionErrorKind};
use icechunk::storage::StorageError;

use super::pasted::PastedError;
use crate::exit::Exit;

/// Why a repository could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL or the environment names no place.
    #[error("store '{url}': {message}")]
    Location {
        /// The URL.
        url: String,
        /// What was expected.
        message: String,
    },
    /// Nothing to sign requests with.
    #[error("store '{store}': credentials are missing: set {expected}")]
    MissingCredentials {
        /// The store.
        store: String,
        /// Which variables would do.
        expected: String,
    },
    /// A variable that holds something else than it should.
    #[error("{variable}: {problem}")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// What is wrong with its value, without the value.
        problem: PastedError,
    },
    /// A token whose time is over.
    #[error(
        "AZURE_STORAGE_SAS_TOKEN: the token expired at {}: make a new one",
        end.format("%Y-%m-%dT%H:%M:%SZ")
    )]
    Expired {
        /// Its end.
        end: DateTime<Utc>,
    },
    /// No repository there.
    #[error("store '{store}' is not initialized: run `floe init` first")]
    NotInitialized {
        /// The store.
        store: String,
    },
    /// S3 does not say whether a repository is there.
    #[error(
        "store '{store}': there is no repository at this prefix, or these credentials may not read it (without permission to list the bucket, s3:ListBucket, S3 refuses access in both cases): check bucket and prefix; `floe init` makes a repository, and needs that permission"
    )]
    AbsentOrRefused {
        /// The store.
        store: String,
    },
    /// Something else lies there.
    #[error("store '{store}' cannot be created: the place is not empty and holds no repository")]
    NotEmpty {
        /// The store.
        store: String,
    },
    /// A repository, but not the one that the configuration describes.
    #[error(
        "store '{store}' does not fit the configuration: {subject}: expected {expected}, found {found}"
    )]
    Schema {
        /// The store.
        store: String,
        /// The array or attribute.
        subject: String,
        /// What the configuration asks for.
        expected: String,
        /// What the store holds.
        found: String,
    },
    /// A snapshot id that the repository does not have.
    #[error("store '{store}' has no snapshot '{snapshot}'")]
    UnknownSnapshot {
        /// The store.
        store: String,
        /// The id asked for.
        snapshot: String,
    },
    /// The place cannot be written.
    #[error("store '{store}' is read-only: {reason}")]
    ReadOnly {
        /// The store.
        store: String,
        /// Why.
        reason: String,
    },
    /// The service refuses these credentials.
    #[error("store '{store}' refused access while {action}: {message}")]
    Permission {
        /// The store.
        store: String,
        /// What was being done.
        action: &'static str,
        /// What the service says.
        message: String,
    },
    /// The service does not answer, or not now.
    #[error("store '{store}' could not be reached while {action}: {message}")]
    Unavailable {
        /// The store.
        store: String,
        /// What was being done.
        action: &'static str,
        /// What went wrong.
        message: String,
    },
    /// Chunks that were uploaded too long ago to be sure that they are still there.
    #[error(
        "store '{store}': the chunks of {what} were uploaded {hours} hours ago, and floe gc may have removed them; run the same command again"
    )]
    Stale {
        /// The store.
        store: String,
        /// What was to be committed.
        what: String,
        /// How long ago.
        hours: u64,
    },
    /// Too many others commit at once.
    #[error(
        "store '{store}': {attempts} others came before the commit of {what}; run the same command again"
    )]
    Contention {
        /// The store.
        store: String,
        /// What was to be committed.
        what: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// This machine's clock is far from the store's.
    #[error("store '{store}' refused the commit: this machine's clock is wrong: {message}")]
    Clock {
        /// The store.
        store: String,
        /// What Icechunk says.
        message: String,
    },
    /// The repository's files are damaged, or Icechunk refuses for another reason.
    #[error("store '{store}' failed while {action}: {message}")]
    Failed {
        /// The store.
        store: String,
        /// What was being done.
        action: &'static str,
        /// What Icechunk or Zarr says.
        message: String,
    },
}

impl StoreError {
    /// The exit code of this kind of failure.
    pub const fn exit(&self) -> Exit {
        match self {
            // As the service's own refusal of a key.
            Self::Variable { problem: PastedError::NoKey, .. }
            | Self::Expired { .. }
            | Self::MissingCredentials { .. }
            | Self::ReadOnly { .. }
            | Self::Permission { .. } => Exit::Permission,
            Self::Location { .. }
            | Self::Variable { .. }
            | Self::NotInitialized { .. }
            | Self::AbsentOrRefused { .. }
            | Self::NotEmpty { .. }
            | Self::Schema { .. } => Exit::Configuration,
            Self::UnknownSnapshot { .. } => Exit::Usage,
            Self::Unavailable { .. } => Exit::Unavailable,
            Self::Stale { .. } | Self::Contention { .. } | Self::Clock { .. } => Exit::TryAgain,
            Self::Failed { .. } => Exit::Data,
        }
    }
}

/// What lies at the root of a storage failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Permission,
    Unavailable,
    ReadOnly,
    Other,
}

/// Walks an error's sources for what the object store or the system says.
pub(super) fn cause(error: &(dyn Error + 'static)) -> Cause {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<object_store::Error>() {
            match error {
                object_store::Error::PermissionDenied { .. }
                | object_store::Error::Unauthenticated { .. } => {
                    return Cause::Permission;
                }
                object_store::Error::NotSupported { .. }
                | object_store::Error::NotImplemented { .. } => {
                    return Cause::ReadOnly;
                }
                // A key that is no key is noticed before anything is sent.
                object_store::Error::Generic { source, .. }
                    if source.to_string().contains("Invalid Access Key") =>
                {
                    return Cause::Permission;
                }
                // So is a list that is refused, other than an object.
                object_store::Error::Generic { source, .. } if is_refusal(&source.to_string()) => {
                    return Cause::Permission;
                }
                // The object is shorter than what refers to it says.
                object_store::Error::Generic { source, .. }
                    if source.to_string().contains("416 Range Not Satisfiable") =>
                {
                    return Cause::Other;
                }
                // The retrying client behind it gave up.
                object_store::Error::Generic { store, .. } if *store != "LocalFileSystem" => {
                    return Cause::Unavailable;
                }
                _ => {}
            }
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            match error.kind() {
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                    return Cause::ReadOnly;
                }
                _ => {}
            }
        }
        next = error.source();
    }
    Cause::Other
}

/// Whether the object store's words tell of an answer that refuses the credentials.
fn is_refusal(text: &str) -> bool {
    // The last: a file with credentials that are none.
    ["status code: 401", "status code: 403", "service account file"]
        .iter()
        .any(|status| text.contains(status))
}

/// The innermost messages of an error, on one line, without Icechunk's span traces and without the
/// query of any URL (where a token may stand).
pub(super) fn message(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = tidy(&error.to_string());
        if !text.is_empty() && !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}

/// One line, without Icechunk's span traces and without the query of any URL.
pub(super) fn tidy(text: &str) -> String {
    let text = text.split("\n\ncontext:").next().unwrap_or_default();
    crate::http::redact(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Turns a failure of Icechunk or Zarr into ours.
pub(super) fn classify(
    store: &str,
    action: &'static str,
    error: &(dyn Error + 'static),
) -> StoreError {
    let store = store.to_owned();
    let message = message(error);
    match cause(error) {
        Cause::Permission => StoreError::Permission { store, action, message },
        Cause::Unavailable => StoreError::Unavailable { store, action, message },
        Cause::ReadOnly => StoreError::ReadOnly { store, reason: message },
        Cause::Other => StoreError::Failed { store, action, message },
    }
}

/// As [`classify`], for what the repository layer reports.
pub(super) fn of_repository(
    store: &str,
    action: &'static str,
    error: &RepositoryError,
) -> StoreError {
    match &error.kind {
        RepositoryErrorKind::RepositoryDoesntExist => {
            StoreError::NotInitialized { store: store.to_owned() }
        }
        RepositoryErrorKind::ParentDirectoryNotClean => {
            StoreError::NotEmpty { store: store.to_owned() }
        }
        RepositoryErrorKind::SnapshotNotFound { id } => {
            StoreError::UnknownSnapshot { store: store.to_owned(), snapshot: id.to_string() }
        }
        RepositoryErrorKind::ReadonlyStorage(reason)
        | RepositoryErrorKind::ReadonlyRepository(reason) => {
            StoreError::ReadOnly { store: store.to_owned(), reason: reason.clone() }
        }
        _ => classify(store, action, error),
    }
}

/// As [`classify`], for what the session layer reports.
pub(super) fn of_session(store: &str, action: &'static str, error: &SessionError) -> StoreError {
    match &error.kind {
        SessionErrorKind::InvalidSnapshotTimestamp { .. }
        | SessionErrorKind::InvalidSnapshotTimestampOrdering { .. } => {
            StoreError::Clock { store: store.to_owned(), message: message(error) }
        }
        SessionErrorKind::SnapshotNotFound { id } => {
            StoreError::UnknownSnapshot { store: store.to_owned(), snapshot: id.to_string() }
        }
        SessionErrorKind::RepositoryError(RepositoryErrorKind::ReadonlyStorage(reason)) => {
            StoreError::ReadOnly { store: store.to_owned(), reason: reason.clone() }
        }
        _ => classify(store, action, error),
    }
}

/// As [`classify`], for what the storage layer reports.
pub(super) fn of_storage(store: &str, action: &'static str, error: &StorageError) -> StoreError {
    classify(store, action, error)
}
