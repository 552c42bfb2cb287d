//! Committing under contention: the reattach protocol.
//!
//! A try takes a fresh session on the tip, looks at what others have committed since the job began,
//! attaches the uploaded chunks by reference and commits. Where another commit came first, the try is
//! repeated: nothing is recomputed, nothing uploaded twice, and the cost of a try does not grow with the
//! number of commits in between, as that of a rebase would. Rebase would also detect two jobs on one
//! tile; here the look at the history does.

use std::time::{Duration, Instant};

use floe_shared::grid::TileIndex;
use floe_shared::message::{CommitMessage, TileMessage};
use floe_shared::schema::BRANCH;
use icechunk::format::snapshot::SnapshotProperties;
use icechunk::repository::VersionInfo;
use icechunk::session::{Session, SessionError, SessionErrorKind};
use rand::RngExt as _;
use serde_json::Value;

use super::chunk::{StagedChunk, node_path};
use super::contention::{self, Observed};
use super::error::{StoreError, of_repository, of_session};
use super::repository::{Dataset, HistoryEntry};

/// Lost races after which a commit gives up.
const MOST_RACES: u32 = 400;
/// Failures of the storage itself after which a commit gives up (each has been retried below already).
const MOST_FAILURES: u32 = 4;
/// Metadata key of the token by which a commit recognises itself.
const TOKEN: &str = "floe:commit";

/// What to commit.
#[derive(Debug)]
pub struct CommitRequest {
    /// The message.
    pub message: String,
    /// The uploaded chunks.
    pub chunks: Vec<StagedChunk>,
    /// What the snapshot carries besides.
    pub metadata: SnapshotProperties,
    /// The tip when the work began, against which others' commits are told.
    pub began_at: String,
    /// What in others' commits makes this one pointless.
    pub stop_if: StopIf,
    /// Whether places without a chunk may hold one from an earlier commit, to be removed.
    pub replaces: bool,
}

/// What in others' commits since the work began makes a commit pointless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopIf {
    /// Nothing: commit in any case.
    Never,
    /// A commit of this tile.
    Tile(TileIndex),
    /// Any commit whose metadata has this key.
    Metadata(&'static str),
}

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It landed.
    Landed {
        /// The snapshot.
        snapshot: String,
        /// Tries that it took, at least 1.
        attempts: u32,
    },
    /// Somebody else's commit made it pointless.
    Overtaken {
        /// The other's snapshot.
        by: String,
    },
}

enum Try {
    Done(Committed),
    Lost,
    NotNow(StoreError),
}

impl CommitRequest {
    /// A tile's commit.
    pub fn of_tile(
        message: TileMessage,
        chunks: Vec<StagedChunk>,
        metadata: SnapshotProperties,
        began_at: String,
        replaces: bool,
    ) -> Self {
        let stop_if = if replaces { StopIf::Never } else { StopIf::Tile(message.tile) };
        Self { message: CommitMessage::Tile(message).to_string(), chunks, metadata, began_at, stop_if, replaces }
    }
}

impl Dataset {
    /// Commits, however many others do so at the same time.
    ///
    /// # Errors
    /// [`StoreError::Contention`] after very many lost races; everything but a lost race, a clock that is
    /// a little behind and a passing failure of the storage fails at once.
    pub async fn commit(&self, mut request: CommitRequest) -> Result<Committed, StoreError> {
        let token = format!("{:032x}", rand::rng().random::<u128>());
        request.metadata.insert(TOKEN.to_owned(), Value::String(token.clone()));
        let mut observed = Observed::default();
        let mut failures = 0;
        loop {
            let started = Instant::now();
            let attempts = observed.lost + 1;
            let outcome = self.try_commit(&request, &token, attempts, &mut observed).await?;
            observed.attempt = observed.attempt.max(started.elapsed());
            match outcome {
                Try::Done(committed) => return Ok(committed),
                Try::Lost if observed.lost + 1 >= MOST_RACES => {
                    return Err(StoreError::Contention {
                        store: self.name().to_owned(),
                        what: request.message,
                        attempts: MOST_RACES,
                    });
                }
                Try::Lost => {
                    observed.lost += 1;
                    let share = rand::rng().random::<f64>();
                    tokio::time::sleep(contention::wait(observed, share)).await;
                }
                Try::NotNow(error) => {
                    failures += 1;
                    if failures >= MOST_FAILURES {
                        return Err(error);
                    }
                    let seconds = f64::from(1_u32 << failures) * (0.5 + rand::rng().random::<f64>());
                    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
                }
            }
        }
    }

    async fn try_commit(
        &self,
        request: &CommitRequest,
        token: &str,
        attempts: u32,
        observed: &mut Observed,
    ) -> Result<Try, StoreError> {
        let _turn = self.store.lock().await?;
        let mut session = match self.repository.writable_session(BRANCH).await {
            Ok(session) => session,
            Err(error) => return not_now(of_repository(self.name(), "opening its branch", &error)),
        };
        match self.look_at_others(&session, request, token).await {
            Ok(Look::Free { foreign_commits }) => observed.foreign_commits = foreign_commits,
            Ok(Look::Own { snapshot }) => {
                return Ok(Try::Done(Committed::Landed { snapshot, attempts }));
            }
            Ok(Look::Overtaken { by }) => return Ok(Try::Done(Committed::Overtaken { by })),
            Err(error) => return not_now(error),
        }
        if let Err(error) = self.attach(&mut session, request).await {
            return not_now(error);
        }
        let commit = session
            .commit(&request.message)
            .properties(request.metadata.clone())
            .allow_empty(true)
            .execute()
            .await;
        match commit {
            Ok(snapshot) => {
                Ok(Try::Done(Committed::Landed { snapshot: snapshot.to_string(), attempts }))
            }
            Err(error) if is_lost_race(&error) => Ok(Try::Lost),
            Err(error) => not_now(of_session(self.name(), "committing", &error)),
        }
    }

    async fn look_at_others(
        &self,
        session: &Session,
        request: &CommitRequest,
        token: &str,
    ) -> Result<Look, StoreError> {
        if session.snapshot_id().to_string() == request.began_at {
            return Ok(Look::Free { foreign_commits: 0 });
        }
        let history = self.ancestry(&VersionInfo::SnapshotId(session.snapshot_id().clone())).await?;
        // After a reset of the branch the snapshot that we began at may be gone: then all counts.
        let since: &[HistoryEntry] = match history.iter().position(|entry| entry.commit.snapshot == request.began_at) {
            Some(position) => &history[..position],
            None => &history,
        };
        if let Some(own) = since.iter().find(|entry| entry.metadata.get(TOKEN).and_then(Value::as_str) == Some(token)) {
            return Ok(Look::Own { snapshot: own.commit.snapshot.clone() });
        }
        let overtaken = since.iter().find(|entry| match request.stop_if {
            StopIf::Never => false,
            StopIf::Tile(tile) => CommitMessage::parse(&entry.commit.message).tile() == Some(tile),
            StopIf::Metadata(key) => entry.metadata.contains_key(key),
        });
        Ok(match overtaken {
            Some(entry) => Look::Overtaken { by: entry.commit.snapshot.clone() },
            None => Look::Free { foreign_commits: since.len() as u32 },
        })
    }

    async fn attach(&self, session: &mut Session, request: &CommitRequest) -> Result<(), StoreError> {
        for chunk in &request.chunks {
            if chunk.payload.is_none() && !request.replaces {
                continue;
            }
            let path = node_path(self.name(), &chunk.place.array())?;
            session
                .set_chunk_ref(path, chunk.place.indices(), chunk.payload.clone())
                .await
                .map_err(|error| of_session(self.name(), "attaching a chunk", &error))?;
        }
        Ok(())
    }
}

enum Look {
    Free { foreign_commits: u32 },
    Own { snapshot: String },
    Overtaken { by: String },
}

/// A failure that may pass is tried again; any other ends the commit.
fn not_now(error: StoreError) -> Result<Try, StoreError> {
    match error {
        StoreError::Unavailable { .. } | StoreError::Clock { .. } => Ok(Try::NotNow(error)),
        error => Err(error),
    }
}

fn is_lost_race(error: &SessionError) -> bool {
    use icechunk::repository::RepositoryErrorKind as Repository;
    matches!(
        &error.kind,
        SessionErrorKind::Conflict { .. }
            | SessionErrorKind::RepositoryError(
                Repository::Conflict { .. } | Repository::RepoInfoUpdated | Repository::RepoUpdateAttemptsLimit(_)
            )
    )
}
