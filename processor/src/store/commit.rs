//! Committing under contention: the reattach protocol.
//!
//! A try takes a fresh session on the tip, looks at what others have committed since the job began,
//! attaches the uploaded chunks by reference and commits. Where another commit came first, the try is
//! repeated: nothing is recomputed, nothing uploaded twice, and the cost of a try does not grow with the
//! number of commits in between, as that of a rebase would. Rebase would also detect two jobs on one
//! tile; here the look at the history does.
//!
//! Tries that others overtake are garbage and time lost for all, so writers take turns: on a local disk
//! by a lock, which is needed there anyway, on object stores by claims (`claim.rs`), which are advice.

use std::time::{Duration, Instant, SystemTime};

use chrono::Utc;
use floe_shared::grid::TileIndex;
use floe_shared::message::{CommitMessage, TileMessage};
use floe_shared::schema::BRANCH;
use futures::TryStreamExt as _;
use icechunk::format::snapshot::SnapshotProperties;
use icechunk::repository::VersionInfo;
use icechunk::session::{Session, SessionError, SessionErrorKind};
use rand::RngExt as _;
use serde_json::Value;

use super::chunk::{StagedChunk, node_path};
use super::collect::STAGED_CHUNKS_LAST;
use super::contention::{self, Observed};
use super::error::{StoreError, of_repository, of_session};
use super::repository::{Dataset, HistoryEntry, Turn};

/// Lost races after which a commit gives up.
const MOST_RACES: u32 = 200;
/// Failures of the storage itself after which a commit gives up (each has been retried below already).
const MOST_FAILURES: u32 = 4;
/// Icechunk wants every commit to be younger than its parent. A clock that is behind the tip by less
/// than this is waited for within the turn.
const SHORT_LAG: Duration = Duration::from_secs(10);
/// One that is behind by less than this, outside of it: icechunk lets nobody commit whose clock is more
/// than 600 s ahead of the store's.
const LONGEST_LAG: Duration = Duration::from_mins(11);
/// How often a clock may be found behind by more than [`SHORT_LAG`]: if again, it is ours that is wrong.
const MOST_LONG_LAGS: u32 = 2;
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

/// How a try ended.
enum Try {
    Done(Committed),
    Lost,
    NotNow(StoreError),
    /// The tip is younger than this machine's clock.
    Behind(Duration),
}

/// What a commit under way knows.
struct UnderWay {
    request: CommitRequest,
    token: String,
    observed: Observed,
    /// Tries so far.
    attempts: u32,
    /// The tip that was seen last: what led to it needs no second look.
    seen: String,
    /// Whether others' commits count as competitors yet: those before the first look do not.
    competing: bool,
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
        Self {
            message: CommitMessage::Tile(message).to_string(),
            chunks,
            metadata,
            began_at,
            stop_if,
            replaces,
        }
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
        let seen = request.began_at.clone();
        let observed = Observed::default();
        let mut commit = UnderWay { request, token, observed, attempts: 0, seen, competing: false };
        let (mut failures, mut lags) = (0, 0);
        loop {
            self.refuse_stale(&commit.request)?;
            let mut turn = self.store.turn(lasts(commit.observed)).await?;
            let outcome = self.try_commit(&mut commit, &mut turn).await;
            turn.end().await;
            match outcome? {
                Try::Done(committed) => return Ok(committed),
                Try::Lost if commit.observed.lost + 1 >= MOST_RACES => {
                    return Err(StoreError::Contention {
                        store: self.name().to_owned(),
                        what: commit.request.message,
                        attempts: commit.attempts,
                    });
                }
                Try::Lost => {
                    commit.observed.lost += 1;
                    let share = rand::rng().random::<f64>();
                    tokio::time::sleep(contention::wait(commit.observed, share)).await;
                }
                Try::NotNow(error) => {
                    failures += 1;
                    if failures >= MOST_FAILURES {
                        return Err(error);
                    }
                    let seconds =
                        f64::from(1_u32 << failures) * (0.5 + rand::rng().random::<f64>());
                    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
                }
                Try::Behind(lag) => {
                    commit.observed.lost += 1;
                    lags += u32::from(lag > SHORT_LAG);
                    if lag > LONGEST_LAG
                        || lags > MOST_LONG_LAGS
                        || commit.observed.lost >= MOST_RACES
                    {
                        return Err(StoreError::Clock {
                            store: self.name().to_owned(),
                            message: format!("it is {} s behind the newest commit", lag.as_secs()),
                        });
                    }
                    tokio::time::sleep(lag).await;
                }
            }
        }
    }

    async fn try_commit(&self, commit: &mut UnderWay, turn: &mut Turn) -> Result<Try, StoreError> {
        let started = Instant::now();
        let mut session = match self.repository.writable_session(BRANCH).await {
            Ok(session) => session,
            Err(error) => return not_now(of_repository(self.name(), "opening its branch", &error)),
        };
        match self.look_at_others(&session, commit).await {
            Ok(Look::Free { lag: None }) => {}
            Ok(Look::Free { lag: Some(lag) }) if lag > SHORT_LAG => return Ok(Try::Behind(lag)),
            Ok(Look::Free { lag: Some(lag) }) => {
                turn.prolong(lag + lasts(commit.observed)).await;
                tokio::time::sleep(lag).await;
            }
            Ok(Look::Done(committed)) => return Ok(Try::Done(committed)),
            Err(error) => return not_now(error),
        }
        if let Err(error) = self.attach(&mut session, &commit.request).await {
            return not_now(error);
        }
        commit.attempts += 1;
        let result = session
            .commit(&commit.request.message)
            .properties(commit.request.metadata.clone())
            .allow_empty(true)
            .execute()
            .await;
        commit.observed.attempt = commit.observed.attempt.max(started.elapsed());
        match result {
            Ok(snapshot) => Ok(Try::Done(Committed::Landed {
                snapshot: snapshot.to_string(),
                attempts: commit.attempts,
            })),
            Err(error) if is_lost_race(&error) => Ok(Try::Lost),
            Err(error) if let Some(lag) = lag_of(&error) => Ok(Try::Behind(lag)),
            Err(error) => not_now(of_session(self.name(), "committing", &error)),
        }
    }

    /// Looks at the commits between the tip that was seen last and that of a session.
    async fn look_at_others(
        &self,
        session: &Session,
        commit: &mut UnderWay,
    ) -> Result<Look, StoreError> {
        const ACTION: &str = "reading its history";
        let failed = |error| of_repository(self.name(), ACTION, &error);
        let tip = session.snapshot_id();
        let history = self
            .repository
            .ancestry(&VersionInfo::SnapshotId(tip.clone()))
            .await
            .map_err(failed)?;
        tokio::pin!(history);
        let mut lag = None;
        let mut foreign_commits = 0;
        // After a reset of the branch the tip that was seen last may be gone: then all counts.
        while let Some(info) = history.try_next().await.map_err(failed)? {
            if info.id == *tip {
                lag = lag_behind(info.flushed_at.timestamp_micros(), Utc::now().timestamp_micros());
            }
            let entry = HistoryEntry::from(info);
            if entry.commit.snapshot == commit.seen {
                break;
            }
            if let Some(committed) = commit.ended_by(&entry) {
                return Ok(Look::Done(committed));
            }
            foreign_commits += 1;
        }
        commit.seen = tip.to_string();
        if commit.competing {
            commit.observed.foreign_commits += foreign_commits;
        }
        commit.competing = true;
        Ok(Look::Free { lag })
    }

    async fn attach(
        &self,
        session: &mut Session,
        request: &CommitRequest,
    ) -> Result<(), StoreError> {
        for chunk in &request.chunks {
            if chunk.payload.is_none() && !request.replaces {
                continue;
            }
            let path = node_path(self.name(), &chunk.place.array(self.layout()))?;
            session
                .set_chunk_ref(path, chunk.place.indices(), chunk.payload.clone())
                .await
                .map_err(|error| of_session(self.name(), "attaching a chunk", &error))?;
        }
        Ok(())
    }

    /// A collection of garbage may have removed what was uploaded long ago.
    fn refuse_stale(&self, request: &CommitRequest) -> Result<(), StoreError> {
        let uploaded = request.chunks.iter().filter(|chunk| chunk.payload.is_some());
        let Some(oldest) = uploaded.map(|chunk| chunk.at).min() else { return Ok(()) };
        let age = SystemTime::now().duration_since(oldest).unwrap_or_default();
        if age < STAGED_CHUNKS_LAST {
            return Ok(());
        }
        Err(StoreError::Stale {
            store: self.name().to_owned(),
            what: request.message.clone(),
            hours: age.as_secs() / 3600,
        })
    }
}

impl UnderWay {
    /// How another's commit, or our own that landed though its answer was lost, ends this one.
    fn ended_by(&self, entry: &HistoryEntry) -> Option<Committed> {
        let snapshot = entry.commit.snapshot.clone();
        if entry.metadata.get(TOKEN).and_then(Value::as_str) == Some(&self.token) {
            return Some(Committed::Landed { snapshot, attempts: self.attempts });
        }
        let overtaken = match self.request.stop_if {
            StopIf::Never => false,
            StopIf::Tile(tile) => CommitMessage::parse(&entry.commit.message).tile() == Some(tile),
            StopIf::Metadata(key) => entry.metadata.contains_key(key),
        };
        overtaken.then_some(Committed::Overtaken { by: snapshot })
    }
}

enum Look {
    Free { lag: Option<Duration> },
    Done(Committed),
}

/// How long the next try may last: several times what the last one did.
fn lasts(observed: Observed) -> Duration {
    (observed.attempt * 4).clamp(Duration::from_secs(4), Duration::from_mins(1))
}

/// How far a clock is behind the newest commit, which a commit must be younger than. Microseconds since
/// 1970.
fn lag_behind(tip: i64, now: i64) -> Option<Duration> {
    let lag = tip - now;
    (lag >= 0).then(|| Duration::from_micros(lag.unsigned_abs() + 1))
}

/// How far icechunk says that our clock is behind: the branch's object is written a little later than the
/// snapshot that the look has seen, and somebody may have committed in between.
fn lag_of(error: &SessionError) -> Option<Duration> {
    use icechunk::format::IcechunkFormatErrorKind as Format;
    use icechunk::repository::RepositoryErrorKind as Repository;
    let (theirs, ours) = match &error.kind {
        SessionErrorKind::InvalidSnapshotTimestampOrdering { parent, child } => (parent, child),
        SessionErrorKind::RepositoryError(Repository::FormatError(
            Format::InvalidUpdateTimestamp { latest_time, new_time },
        )) => (latest_time, new_time),
        _ => return None,
    };
    lag_behind(theirs.timestamp_micros(), ours.timestamp_micros())
}

/// A failure that may pass is tried again; any other ends the commit.
fn not_now(error: StoreError) -> Result<Try, StoreError> {
    match error {
        StoreError::Unavailable { .. } => Ok(Try::NotNow(error)),
        error => Err(error),
    }
}

fn is_lost_race(error: &SessionError) -> bool {
    use icechunk::repository::RepositoryErrorKind as Repository;
    matches!(
        &error.kind,
        SessionErrorKind::Conflict { .. }
            | SessionErrorKind::RepositoryError(
                Repository::Conflict { .. }
                    | Repository::RepoInfoUpdated
                    | Repository::RepoUpdateAttemptsLimit(_)
            )
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use floe_shared::grid::Grid;
    use icechunk::new_in_memory_storage;

    use super::*;
    use crate::store::{Layout, Location, Store};

    /// Noise, so that the chunk does not fit into the manifest.
    fn noise() -> bytes::Bytes {
        (0..2000).map(|_| rand::random::<u8>()).collect()
    }

    async fn request(dataset: &Dataset, tile: TileIndex) -> CommitRequest {
        let place = crate::store::ChunkPlace {
            level: dataset.layout().levels()[0],
            variable: floe_shared::schema::VariableId(0),
            period: 0,
            chunk: dataset.layout().grid.chunk_of_tile(tile),
        };
        let chunk =
            dataset.chunk_writer().await.unwrap().stage(place, Some(noise())).await.unwrap();
        let note = floe_shared::message::Note::None;
        let message = TileMessage { tile, periods: Vec::new(), note };
        let began_at = dataset.tip().await.unwrap();
        CommitRequest::of_tile(message, vec![chunk], SnapshotProperties::default(), began_at, false)
    }

    /// Handles on one repository, as several machines have them.
    async fn handles(count: usize) -> Vec<Dataset> {
        let storage = new_in_memory_storage().await.unwrap();
        let location = Location::Azure {
            account: "memory".to_owned(),
            container: "memory".to_owned(),
            prefix: "test".to_owned(),
        };
        let schema = crate::recipe::Recipe::modis_lst().schema;
        let periods = floe_shared::period::PeriodAxis::of_years(&[2021]).unwrap();
        let grid = Grid::new(0.5, 10.0).unwrap();
        let layout = Layout { grid, periods, chunk_pixels: None, schema };
        let mut handles = Vec::new();
        for _ in 0..count {
            let store = Store::over(location.clone(), Arc::clone(&storage) as _);
            store.initialize(&layout).await.unwrap();
            handles.push(store.open(&layout).await.unwrap());
        }
        handles
    }

    #[tokio::test]
    async fn a_tile_that_another_committed_meanwhile_is_not_committed_again() {
        let [first, second] = handles(2).await.try_into().unwrap();
        let tile = TileIndex { row: 4, col: 19 };
        let (ours, theirs) = (request(&first, tile).await, request(&second, tile).await);
        let Committed::Landed { snapshot, attempts: 1 } = second.commit(theirs).await.unwrap()
        else {
            panic!("nobody else committed yet")
        };
        assert_eq!(first.commit(ours).await.unwrap(), Committed::Overtaken { by: snapshot });
    }

    #[tokio::test]
    async fn another_tile_that_came_between_costs_no_second_try() {
        let [first, second] = handles(2).await.try_into().unwrap();
        let ours = request(&first, TileIndex { row: 4, col: 19 }).await;
        let theirs = request(&second, TileIndex { row: 4, col: 20 }).await;
        second.commit(theirs).await.unwrap();
        let landed = first.commit(ours).await.unwrap();
        assert!(matches!(landed, Committed::Landed { attempts: 1, .. }), "{landed:?}");
    }

    #[tokio::test]
    async fn chunks_that_wait_for_too_long_are_refused_since_they_may_be_collected() {
        let [dataset] = handles(1).await.try_into().unwrap();
        let mut request = request(&dataset, TileIndex { row: 4, col: 19 }).await;
        request.chunks[0].at -= STAGED_CHUNKS_LAST;
        let error = dataset.commit(request).await.unwrap_err();
        assert!(error.to_string().contains("uploaded 6 hours ago"), "{error}");
        assert_eq!(error.exit(), crate::exit::Exit::TryAgain);
    }

    #[test]
    fn a_clock_behind_the_tip_waits_until_it_is_past_it() {
        assert_eq!(lag_behind(1_000_000, 1_000_001), None);
        assert_eq!(lag_behind(1_000_000, 1_000_000), Some(Duration::from_micros(1)));
        assert_eq!(lag_behind(6_000_000, 1_000_000), Some(Duration::from_micros(5_000_001)));
    }

    #[test]
    fn icechunk_s_word_that_a_clock_is_behind_is_waited_for() {
        use icechunk::format::IcechunkFormatErrorKind as Format;
        use icechunk::repository::RepositoryErrorKind as Repository;
        let (new_time, later) = (Utc::now(), Utc::now() + Duration::from_secs(5));
        let five = |kind| lag_of(&SessionError::capture(kind)).unwrap().as_secs();
        assert_eq!(
            five(SessionErrorKind::InvalidSnapshotTimestampOrdering {
                parent: later,
                child: new_time
            }),
            5
        );
        assert_eq!(
            five(SessionErrorKind::RepositoryError(Repository::FormatError(
                Format::InvalidUpdateTimestamp { latest_time: later, new_time }
            ))),
            5
        );
        let other = SessionErrorKind::InvalidSnapshotTimestamp {
            object_store_time: new_time,
            snapshot_time: later,
        };
        assert!(lag_of(&SessionError::capture(other)).is_none());
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let (store, message) = (String::new(), String::new());
        let action = "committing";
        let unavailable = StoreError::Unavailable { store, action, message };
        assert!(not_now(unavailable).is_ok());
        for error in [
            StoreError::Clock { store: String::new(), message: String::new() },
            StoreError::Permission { store: String::new(), action, message: String::new() },
            StoreError::Failed { store: String::new(), action, message: String::new() },
        ] {
            assert!(not_now(error).is_err());
        }
    }
}
