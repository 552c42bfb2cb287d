//! An opened repository: its branch and history.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::claim::{self, Claims};
use super::connect::{self, Access};
use super::error::{StoreError, of_repository};
use super::layout::Layout;
use super::location::{Environment, Location};
use super::lock::{self, CommitLock, LOCK_FILE};
use floe_shared::schema::{BRANCH, Edition};
use floe_shared::status::Commit;
use futures::TryStreamExt;
use icechunk::format::SnapshotId;
use icechunk::format::snapshot::{SnapshotInfo, SnapshotProperties};
use icechunk::repository::{RepositoryError, VersionInfo};
use icechunk::session::Session;
use icechunk::{Repository, Storage};

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
    pub(super) edition: Edition,
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
            .map_err(|error| self.not_opened(&error))
    }

    /// Why the repository could not be opened. S3 refuses access to what is absent where the bucket may not be
    /// listed; that it refuses the credentials themselves has another code.
    fn not_opened(&self, error: &RepositoryError) -> StoreError {
        match of_repository(&self.name, "opening it", error) {
            StoreError::Permission { message, .. }
                if matches!(self.location, Location::S3 { .. })
                    && message.contains("AccessDenied") =>
            {
                StoreError::AbsentOrRefused { store: self.name.clone() }
            }
            error => error,
        }
    }

    /// Opens the repository and checks that it holds the dataset which `layout` describes.
    pub async fn open(&self, layout: &Layout) -> Result<Dataset, StoreError> {
        let mut dataset = self.unchecked(layout).await?;
        dataset.edition = dataset.check_schema().await?;
        Ok(dataset)
    }

    /// Opens the repository to find out what is wrong with it: only a store that lies on another grid, or holds other years, is
    /// refused.
    pub async fn open_for_inspection(&self, layout: &Layout) -> Result<Dataset, StoreError> {
        let mut dataset = self.unchecked(layout).await?;
        dataset.edition = dataset.check_grid().await?;
        Ok(dataset)
    }

    async fn unchecked(&self, layout: &Layout) -> Result<Dataset, StoreError> {
        Ok(Dataset {
            store: self.clone(),
            repository: self.open_repository().await?,
            layout: layout.clone(),
            edition: Edition::Checked,
        })
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

    /// Which metadata it was created with.
    pub fn edition(&self) -> Edition {
        self.edition
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
