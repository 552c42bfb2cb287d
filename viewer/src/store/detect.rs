//! Which kind of store lies at an address: Icechunk first, and plain Zarr where there is none.

use floe_shared::status::Commit;

use super::containers::Container;
use super::error::StoreError;
use super::fetcher::Fetcher;
use super::object::Kind;
use super::plain::{self, Plain};
use super::repository::{self, Repository};
use super::snapshot;
use super::transport::{Failure, Transport, TransportError};
use super::tree::Tree;
use crate::dataset::{Dataset, RefSpec};

/// What lies at an address.
pub(super) enum Found {
    Repository(Repository),
    Plain(Plain),
}

/// A store as it was at one time.
pub(super) struct State {
    pub(super) tree: Tree,
    /// The snapshot's id; of plain Zarr what differs where its metadata do.
    pub(super) snapshot: String,
    /// The commits that led there, newest first; none of plain Zarr.
    pub(super) history: Vec<Commit>,
    /// Branches and tags.
    pub(super) references: Vec<RefSpec>,
    /// Where virtual chunks lie.
    pub(super) containers: Vec<Container>,
}

/// Looks what lies at the address `url`.
pub(super) async fn look<T: Transport + 'static>(
    fetcher: &Fetcher<T>,
    url: &str,
) -> Result<Found, StoreError> {
    let refused = match fetcher.latest(repository::PATH, Kind::Repository.most_bytes()).await {
        Ok(object) => return opened(Repository::parse(&object)?, url),
        Err(error) if is_absent(&error) => error,
        Err(error) => return Err(error.into()),
    };
    match fetcher.latest(plain::PATH, plain::MOST_BYTES).await {
        Ok(object) => Plain::parse(&object).map(Found::Plain),
        Err(error) if is_absent(&error) => {
            match fetcher.latest(plain::FORMAT_2, plain::MOST_BYTES).await {
                Ok(_) => Err(StoreError::OlderZarr { url: url.to_owned() }),
                // What may not be read may be there.
                Err(_) if refused.failure != Failure::NotFound => Err(refused.into()),
                Err(_) => Err(StoreError::NoStore { url: url.to_owned() }),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether an object may be absent: S3 answers 403 for that where nobody may list.
fn is_absent(error: &TransportError) -> bool {
    matches!(error.failure, Failure::NotFound | Failure::Denied(403))
}

fn opened(repository: Repository, url: &str) -> Result<Found, StoreError> {
    match repository.offline() {
        None => Ok(Found::Repository(repository)),
        Some(reason) => Err(StoreError::Offline {
            url: url.to_owned(),
            reason: if reason.is_empty() { String::new() } else { format!(": {reason}") },
        }),
    }
}

impl Found {
    /// Whether it is still as a dataset has it.
    pub(super) fn is_as(&self, dataset: &Dataset) -> Result<bool, StoreError> {
        Ok(match self {
            Self::Repository(repository) => {
                repository.history(&dataset.reference)? == dataset.history
            }
            Self::Plain(plain) => plain.fingerprint == dataset.snapshot,
        })
    }

    /// Its state at a reference.
    pub(super) async fn at<T: Transport + 'static>(
        self,
        fetcher: &Fetcher<T>,
        url: &str,
        reference: &RefSpec,
    ) -> Result<State, StoreError> {
        match self {
            Self::Repository(repository) => {
                let history = repository.history(reference)?;
                let id = history[0].snapshot.clone();
                let (path, most) = (snapshot::path(&id), Kind::Snapshot.most_bytes());
                let tree =
                    fetcher.metadata(&path, most, |object| snapshot::parse(&id, object)).await?;
                let containers = repository.containers().to_vec();
                let references = repository.references();
                Ok(State { tree, snapshot: id, history, references, containers })
            }
            Self::Plain(_) if *reference != RefSpec::default() => {
                Err(StoreError::NoVersions { url: url.to_owned(), reference: reference.clone() })
            }
            Self::Plain(Plain { tree, fingerprint }) => Ok(State {
                tree,
                snapshot: fingerprint,
                history: Vec::new(),
                references: Vec::new(),
                containers: Vec::new(),
            }),
        }
    }
}
