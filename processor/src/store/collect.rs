//! Housekeeping: removing objects that no snapshot of the history refers to.
//!
//! Jobs upload chunks before they commit, so that an unreferenced object may belong to a commit under
//! way. Two sides keep that safe: only objects older than an age are removed, and a commit refuses chunks
//! that were uploaded longer ago than [`STAGED_CHUNKS_LAST`], which is less than any age that
//! [`Dataset::collect_garbage`] accepts while jobs may run. Snapshots are never expired: that would cut
//! them out of the history, and the history is the status log.

use std::num::{NonZeroU16, NonZeroUsize};
use std::time::Duration;

use chrono::Utc;
use icechunk::format::IcechunkFormatErrorKind;
use icechunk::ops::gc::{GCConfig, GCError, GCSummary, garbage_collect};
use icechunk::repository::{RepositoryError, RepositoryErrorKind};
use serde::Serialize;

use super::error::{StoreError, classify, of_repository, tidy};
use super::probe::Probed;
use super::repository::Dataset;

/// How long after its upload a chunk may still be committed. A job of GitHub Actions ends after six hours.
pub const STAGED_CHUNKS_LAST: Duration = Duration::from_hours(6);
/// The least age of what is removed while jobs may run: twice as long, so that neither clocks nor a slow
/// collection bring the two together.
pub const LEAST_AGE_BESIDE_JOBS: Duration = Duration::from_hours(12);

/// How often a collection begins anew because the repository's object changed under it.
const MOST_RACES: u32 = 20;

/// What was removed, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// Bytes of all of them.
    pub bytes: u64,
    /// Chunks.
    pub chunks: u64,
    /// Manifests.
    pub manifests: u64,
    /// Snapshots that no branch leads to.
    pub snapshots: u64,
    /// Transaction logs of such snapshots.
    pub transaction_logs: u64,
}

impl Collected {
    /// How many objects.
    pub const fn objects(&self) -> u64 {
        self.chunks + self.manifests + self.snapshots + self.transaction_logs
    }
}

impl Dataset {
    /// Counts unreferenced objects that are older than `age`, and removes them if `delete`.
    ///
    /// # Errors
    /// [`StoreError::Permission`] where they may not be removed, and whatever makes the store unreadable:
    /// an object whose references are not known for certain is never removed.
    pub async fn collect_garbage(
        &self,
        age: Duration,
        delete: bool,
    ) -> Result<Collected, StoreError> {
        // Icechunk's own end: two collections at once, or one beside commits, write the repository's
        // object under a condition and begin anew when it was not met; on a local disk the lock does.
        let _lock = if delete { Some(self.store.lock().await?) } else { None };
        let mut races = 0;
        loop {
            match self.collect_once(age, !delete).await {
                Ok(summary) => return self.checked(summary).await,
                Err(error) if is_lost_race(&error) && races < MOST_RACES => {
                    races += 1;
                    let share = rand::random::<f64>();
                    tokio::time::sleep(Duration::from_secs_f64(share)).await;
                }
                Err(error) if is_lost_race(&error) => {
                    return Err(StoreError::Contention {
                        store: self.name().to_owned(),
                        what: "the collection".to_owned(),
                        attempts: races + 1,
                    });
                }
                Err(error) => return Err(self.of_collection(&error).await),
            }
        }
    }

    async fn collect_once(&self, age: Duration, dry_run: bool) -> Result<GCSummary, GCError> {
        let before = Utc::now() - age;
        let few = |number: u16| NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN);
        let bytes = |mega: usize| NonZeroUsize::new(mega * 1_000_000).unwrap_or(NonZeroUsize::MIN);
        let config = GCConfig::clean_all(
            before,
            before,
            None,
            few(50),
            bytes(256),
            bytes(512),
            few(8),
            few(4),
            few(3),
            Some(few(8)),
            dry_run,
        );
        let repository = self.repository();
        Box::pin(garbage_collect(
            repository.asset_manager().clone(),
            &config,
            None,
            repository.config().num_updates_per_repo_info_file(),
        ))
        .await
    }

    async fn checked(&self, summary: GCSummary) -> Result<Collected, StoreError> {
        let collected = Collected {
            bytes: summary.bytes_deleted,
            chunks: summary.chunks_deleted,
            manifests: summary.manifests_deleted,
            snapshots: summary.snapshots_deleted,
            transaction_logs: summary.transaction_logs_deleted,
        };
        if summary.objects_failed_to_delete == 0 {
            return Ok(collected);
        }
        Err(self
            .not_removed(&format!(
                "{} objects were removed, {} could not be {}",
                collected.objects(),
                summary.objects_failed_to_delete,
                summary.delete_errors.join("; ")
            ))
            .await)
    }

    async fn of_collection(&self, error: &GCError) -> StoreError {
        match error {
            GCError::Repository(error) => of_repository(self.name(), ACTION, error),
            GCError::DeletesFailing { last_error, .. } => self.not_removed(last_error).await,
            error => classify(self.name(), ACTION, error),
        }
    }

    /// Icechunk does not hand on why an object was not removed, so it is tried out.
    async fn not_removed(&self, text: &str) -> StoreError {
        let store = self.name().to_owned();
        match self.store.probe().await {
            Ok(Probed { removed: true, .. }) => {
                StoreError::Unavailable { store, action: ACTION, message: tidy(text) }
            }
            Ok(_) => StoreError::Permission {
                store,
                action: ACTION,
                message: "the credentials do not allow to delete".to_owned(),
            },
            Err(error) => error,
        }
    }
}

const ACTION: &str = "removing unreferenced objects";

fn is_lost_race(error: &GCError) -> bool {
    matches!(
        error,
        GCError::Repository(RepositoryError {
            kind: RepositoryErrorKind::RepoInfoUpdated
                | RepositoryErrorKind::RepoUpdateAttemptsLimit(_)
                // The latest commit is by a clock that is a little ahead of ours.
                | RepositoryErrorKind::FormatError(
                    IcechunkFormatErrorKind::InvalidUpdateTimestamp { .. }
                ),
            ..
        })
    )
}
