//! An opened repository: schema check and history.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use floe_shared::schema::{BRANCH, Variable};
use floe_shared::status::Commit;
use futures::TryStreamExt;
use icechunk::format::SnapshotId;
use icechunk::format::snapshot::{SnapshotInfo, SnapshotProperties};
use icechunk::repository::VersionInfo;
use icechunk::session::Session;
use icechunk::{Repository, Storage};
use serde_json::Value;
use zarrs::array::Array;
use zarrs_icechunk::AsyncIcechunkStore;

use super::claim::{self, Claims};
use super::connect::{self, Access};
use super::error::{StoreError, classify, of_repository, of_session};
use super::layout::{self, Layout};
use super::location::{Environment, Location};
use super::lock::{self, CommitLock, LOCK_FILE};

/// A place that holds, or shall hold, a repository.
#[derive(Debug, Clone)]
pub struct Store {
    location: Location,
    pub(super) name: String,
    pub(super) storage: Arc<dyn Storage + Send + Sync>,
    /// One commit at a time within this process.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// And one at a time among all processes, where nothing else sees to that.
    claims: Claims,
}

/// A repository whose schema fits the configuration.
#[derive(Debug)]
pub struct Dataset {
    pub(super) store: Store,
    pub(super) repository: Repository,
    pub(super) layout: Layout,
}

/// One commit with what it carries besides its message.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// The commit.
    pub commit: Commit,
    /// The snapshot's metadata.
    pub metadata: SnapshotProperties,
}

impl From<SnapshotInfo> for HistoryEntry {
    fn from(info: SnapshotInfo) -> Self {
        Self {
            commit: Commit {
                snapshot: info.id.to_string(),
                message: info.message,
                committed_at: info.flushed_at.timestamp_micros(),
            },
            metadata: info.metadata,
        }
    }
}

/// The right to write the branch of a local store; elsewhere, only against others of this process.
#[derive(Debug)]
pub(super) struct Lock {
    _file: CommitLock,
    _process: tokio::sync::OwnedMutexGuard<()>,
}

/// The turn to commit: held from the look at the branch until the commit has landed.
#[derive(Debug)]
pub(super) struct Turn {
    claim: Option<claim::Held>,
    _lock: Lock,
}

impl Turn {
    /// Says that it lasts longer than was thought.
    pub(super) async fn prolong(&mut self, lasts: Duration) {
        if let Some(claim) = &mut self.claim {
            claim.prolong(lasts).await;
        }
    }

    /// Ends it.
    pub(super) async fn end(self) {
        if let Some(claim) = self.claim {
            claim.release().await;
        }
    }
}

impl Store {
    /// Prepares the access to a location; nothing is read yet.
    pub async fn connect(
        location: Location,
        access: Access,
        environment: Environment<'_>,
    ) -> Result<Self, StoreError> {
        let storage = connect::storage(&location, access, environment).await?;
        Ok(Self::over(location, storage))
    }

    /// A store over a storage that is open already, which `location` names.
    pub fn over(location: Location, storage: Arc<dyn Storage + Send + Sync>) -> Self {
        let name = location.to_string();
        let claims = Claims::new(Arc::clone(&storage));
        Self { location, name, storage, turn: Arc::default(), claims }
    }

    /// The location as people write it, without secrets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The location.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The storage behind it.
    pub fn storage(&self) -> &Arc<dyn Storage + Send + Sync> {
        &self.storage
    }

    /// The directory of a local store.
    pub(super) fn directory(&self) -> Option<&FilePath> {
        match &self.location {
            Location::Local(path) => Some(path),
            _ => None,
        }
    }

    pub(super) async fn lock(&self) -> Result<Lock, StoreError> {
        let process = Arc::clone(&self.turn).lock_owned().await;
        let file = lock::acquire(&self.name, self.directory()).await?;
        Ok(Lock { _file: file, _process: process })
    }

    /// Waits for the turn to commit, which is needed for `lasts` at most.
    pub(super) async fn turn(&self, lasts: Duration) -> Result<Turn, StoreError> {
        let lock = self.lock().await?;
        let claim = match self.directory() {
            Some(_) => None,
            None => self.claims.wait(lasts).await,
        };
        Ok(Turn { claim, _lock: lock })
    }

    pub(super) async fn open_repository(&self) -> Result<Repository, StoreError> {
        // Icechunk reports a directory that is not there as an I/O error.
        if self.directory().is_some_and(|directory| !directory.exists()) {
            return Err(StoreError::NotInitialized { store: self.name.clone() });
        }
        Repository::open(Arc::clone(&self.storage))
            .config(connect::runtime_config())
            .execute()
            .await
            .map_err(|error| of_repository(&self.name, "opening it", &error))
    }

    /// Opens the repository and checks that it holds the dataset which `layout` describes.
    pub async fn open(&self, layout: &Layout) -> Result<Dataset, StoreError> {
        let repository = self.open_repository().await?;
        let dataset = Dataset { store: self.clone(), repository, layout: layout.clone() };
        dataset.check_schema().await?;
        Ok(dataset)
    }
}

impl Dataset {
    /// The store's name.
    pub fn name(&self) -> &str {
        self.store.name()
    }

    /// The dataset's layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The snapshot at the tip of the branch.
    pub async fn tip(&self) -> Result<String, StoreError> {
        let id = self
            .repository
            .lookup_branch(BRANCH)
            .await
            .map_err(|error| of_repository(self.name(), "reading its branch", &error))?;
        Ok(id.to_string())
    }

    /// All commits that lead to a snapshot (or to the tip), newest first. One request.
    pub async fn history(&self, at: Option<&str>) -> Result<Vec<HistoryEntry>, StoreError> {
        let version = match at {
            Some(text) => VersionInfo::SnapshotId(self.snapshot_id(text)?),
            None => VersionInfo::BranchTipRef(BRANCH.to_owned()),
        };
        self.ancestry(&version).await
    }

    async fn ancestry(&self, version: &VersionInfo) -> Result<Vec<HistoryEntry>, StoreError> {
        const ACTION: &str = "reading its history";
        let snapshots: Vec<_> = self
            .repository
            .ancestry(version)
            .await
            .map_err(|error| of_repository(self.name(), ACTION, &error))?
            .try_collect()
            .await
            .map_err(|error| of_repository(self.name(), ACTION, &error))?;
        Ok(snapshots.into_iter().map(HistoryEntry::from).collect())
    }

    fn snapshot_id(&self, text: &str) -> Result<SnapshotId, StoreError> {
        SnapshotId::try_from(text).map_err(|_| StoreError::UnknownSnapshot {
            store: self.name().to_owned(),
            snapshot: text.to_owned(),
        })
    }

    /// A session that reads a snapshot, or the tip.
    pub(super) async fn reading(&self, at: Option<&str>) -> Result<Session, StoreError> {
        let version = match at {
            Some(text) => VersionInfo::SnapshotId(self.snapshot_id(text)?),
            None => VersionInfo::BranchTipRef(BRANCH.to_owned()),
        };
        self.repository
            .readonly_session(&version)
            .await
            .map_err(|error| of_repository(self.name(), "opening a snapshot", &error))
    }

    /// Compares what is stored with what the configuration asks for.
    async fn check_schema(&self) -> Result<(), StoreError> {
        let session = self.reading(None).await?;
        let zarr = Arc::new(AsyncIcechunkStore::new(session));
        for level in self.layout.levels() {
            for variable in Variable::ALL {
                let path = layout::array_path(level, variable.name());
                let expected = self
                    .layout
                    .variable(variable, level)
                    .build_metadata()
                    .map_err(|error| classify(self.name(), "forming the schema", &error))?;
                let expected = serde_json::to_value(expected)
                    .map_err(|error| classify(self.name(), "forming the schema", &error))?;
                let found = self.array_metadata(&zarr, &path).await?;
                for field in
                    ["shape", "chunk_grid", "data_type", "fill_value", "codecs", "dimension_names"]
                {
                    self.compare(&format!("{path}: {field}"), &expected[field], &found[field])?;
                }
            }
        }
        let path = format!("/{}", floe_shared::schema::DIMENSIONS[0]);
        let years = Array::async_open(Arc::clone(&zarr), &path)
            .await
            .map_err(|error| classify(self.name(), "reading its years", &error))?;
        let years: Vec<i32> = years
            .async_retrieve_chunk(&[0])
            .await
            .map_err(|error| classify(self.name(), "reading its years", &error))?;
        self.compare(&path, &self.layout.years.clone().into(), &years.into())
    }

    async fn array_metadata(
        &self,
        zarr: &Arc<AsyncIcechunkStore>,
        path: &str,
    ) -> Result<Value, StoreError> {
        match Array::async_open(Arc::clone(zarr), path).await {
            Ok(array) => serde_json::to_value(array.metadata())
                .map_err(|error| classify(self.name(), "reading its schema", &error)),
            Err(zarrs::array::ArrayCreateError::MissingMetadata) => Err(StoreError::Schema {
                store: self.name().to_owned(),
                subject: path.to_owned(),
                expected: "an array".to_owned(),
                found: "nothing".to_owned(),
            }),
            Err(error) => Err(classify(self.name(), "reading its schema", &error)),
        }
    }

    fn compare(&self, subject: &str, expected: &Value, found: &Value) -> Result<(), StoreError> {
        if expected == found {
            return Ok(());
        }
        Err(StoreError::Schema {
            store: self.name().to_owned(),
            subject: subject.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        })
    }
}

/// Whether a directory holds anything but Floe's own lock file.
pub(super) fn holds_foreign_files(directory: &FilePath) -> std::io::Result<bool> {
    let lock: PathBuf = directory.join(LOCK_FILE);
    for entry in std::fs::read_dir(directory)? {
        if entry?.path() != lock {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Maps a session error of this dataset.
pub(super) fn session_error(
    dataset: &Dataset,
    action: &'static str,
) -> impl Fn(icechunk::session::SessionError) -> StoreError {
    let name = dataset.name().to_owned();
    move |error| of_session(&name, action, &error)
}
