//! Claims: writers on an object store tell each other whose turn it is.
//!
//! A branch takes one commit at a time, and a try that another overtakes has written manifests and a
//! snapshot for nothing. Waiting at random keeps the tries apart only at the price of idle time. So a
//! writer first puts its name into one small object, under the condition that nobody else did since it
//! looked, commits, and clears the object; the others look now and then until it is clear.
//!
//! A claim is advice. What protects a commit is the conditional write of the repository's own object: a
//! writer that ignores claims, or cannot write them, costs somebody a try and nothing else. A claim that
//! stays the same for longer than its holder said it would need is passed over; each writer measures
//! that by its own clock, so that neither a killed holder nor a wrong clock stops the others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use icechunk::Storage;
use icechunk::storage::{
    GetModifiedResult, Settings, StorageContext, StorageError, StorageErrorKind, VersionInfo,
    VersionedUpdateResult,
};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;

/// The object's name. Icechunk neither lists nor collects it.
pub(super) const CLAIM_FILE: &str = "floe.claim";
/// Looks are never closer together than this.
const SHORTEST: Duration = Duration::from_millis(100);
/// Nor further apart than this.
const LONGEST: Duration = Duration::from_millis(1500);
/// Looks of all waiting writers together are about this far apart.
const ALL_TOGETHER: Duration = Duration::from_millis(10);
/// A writer that cannot see the claim which keeps it from making one tries so often, and then without one.
const UNSEEN: u32 = 5;
/// A writer that has waited this long tries without a claim.
const PATIENCE: Duration = Duration::from_mins(20);

/// What the object says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    /// How many claims there were.
    number: u64,
    /// Whose turn it is, or was.
    holder: String,
    /// Whether the turn is over.
    over: bool,
    /// How many turns of others the holder waited for: as many writers are waiting, about.
    waited: u64,
    /// How long the holder needs at most.
    lasts_ms: u64,
}

impl Claim {
    /// Before the first one.
    const fn none() -> Self {
        Self { number: 0, holder: String::new(), over: true, waited: 0, lasts_ms: 0 }
    }
}

/// A claim that this writer holds.
#[derive(Debug)]
pub(super) struct Held {
    claims: Claims,
    claim: Claim,
    version: VersionInfo,
}

/// The claims of one repository.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    storage: Arc<dyn Storage + Send + Sync>,
    /// This writer's name.
    name: String,
}

/// What a look at the object found.
struct Found {
    claim: Claim,
    version: VersionInfo,
}

impl Claims {
    /// The claims of a writer that nobody else is.
    pub(super) fn new(storage: Arc<dyn Storage + Send + Sync>) -> Self {
        Self { storage, name: format!("{:016x}", rand::random::<u64>()) }
    }

    /// Waits for this writer's turn, which it will need for `lasts` at most. `None` where the store keeps
    /// no claims, or after very long.
    pub(super) async fn wait(&self, lasts: Duration) -> Option<Held> {
        let settings = self.storage.default_settings().await.ok()?;
        let began = Instant::now();
        let mut first_number = None;
        let mut yielded = false;
        let mut unseen = 0;
        let mut unchanged: Option<(VersionInfo, Instant)> = None;
        while began.elapsed() < PATIENCE {
            let found = self.look(&settings).await.ok()?;
            let Found { claim, version } = found;
            let turns = claim.number.saturating_sub(*first_number.get_or_insert(claim.number));
            let since = match &unchanged {
                Some((known, since)) if *known == version => *since,
                _ => {
                    let now = Instant::now();
                    unchanged = Some((version.clone(), now));
                    now
                }
            };
            let expired = since.elapsed() > Duration::from_millis(claim.lasts_ms);
            if claim.over && claim.holder == self.name && !yielded {
                // Others that wait look too seldom to get in between two turns that follow each other.
                yielded = true;
                tokio::time::sleep(SHORTEST * 2).await;
                continue;
            }
            if claim.over || expired {
                let ours = Claim {
                    number: claim.number + 1,
                    holder: self.name.clone(),
                    over: false,
                    waited: turns,
                    lasts_ms: lasts.as_millis() as u64,
                };
                let is_first = version == VersionInfo::for_creation();
                match self.put(&settings, &ours, &version).await.ok()? {
                    VersionedUpdateResult::Updated { new_version } => {
                        return Some(Held {
                            claims: self.clone(),
                            claim: ours,
                            version: new_version,
                        });
                    }
                    VersionedUpdateResult::NotOnLatestVersion if is_first => {
                        unseen += 1;
                        if unseen == UNSEEN {
                            return None;
                        }
                    }
                    VersionedUpdateResult::NotOnLatestVersion => {}
                }
            }
            tokio::time::sleep(pause(claim.waited, turns, rand::random::<f64>())).await;
        }
        None
    }

    async fn look(&self, settings: &Settings) -> Result<Found, StorageError> {
        let context = StorageContext::unattributed(settings);
        match self.storage.get_object_conditional(&context, CLAIM_FILE, None).await {
            Ok(GetModifiedResult::Modified { mut data, new_version }) => {
                let mut bytes = Vec::new();
                data.read_to_end(&mut bytes)
                    .await
                    .map_err(|error| StorageError::capture(StorageErrorKind::IOError(error)))?;
                // Whatever else stands there is a turn that is over.
                let claim = serde_json::from_slice(&bytes).unwrap_or(Claim::none());
                Ok(Found { claim, version: new_version })
            }
            Ok(GetModifiedResult::OnLatestVersion) => Err(StorageError::capture(
                StorageErrorKind::Other("an answer without an object".to_owned()),
            )),
            Err(error) if matches!(error.kind, StorageErrorKind::ObjectNotFound) => {
                Ok(Found { claim: Claim::none(), version: VersionInfo::for_creation() })
            }
            Err(error) => Err(error),
        }
    }

    async fn put(
        &self,
        settings: &Settings,
        claim: &Claim,
        over: &VersionInfo,
    ) -> Result<VersionedUpdateResult, StorageError> {
        let context = StorageContext::unattributed(settings);
        let bytes = serde_json::to_vec(claim)
            .map(Bytes::from)
            .map_err(|error| StorageError::capture(StorageErrorKind::Other(error.to_string())))?;
        self.storage.put_object(&context, CLAIM_FILE, bytes, None, Vec::new(), Some(over)).await
    }
}

impl Held {
    /// Says that the turn lasts longer than was thought.
    pub(super) async fn prolong(&mut self, lasts: Duration) {
        self.claim.lasts_ms = lasts.as_millis() as u64;
        self.write().await;
    }

    /// Ends the turn.
    pub(super) async fn release(mut self) {
        self.claim.over = true;
        self.write().await;
    }

    /// Where another has passed over this claim, or the storage fails, the others will see to themselves.
    async fn write(&mut self) {
        let Ok(settings) = self.claims.storage.default_settings().await else { return };
        if let Ok(VersionedUpdateResult::Updated { new_version }) =
            self.claims.put(&settings, &self.claim, &self.version).await
        {
            self.version = new_version;
        }
    }
}

/// How long until the next look, of a writer that saw `turns` turns begin since it waits, where the
/// present holder had waited for `waited`. All writers together look about every [`ALL_TOGETHER`],
/// whatever their number, and who has waited for long looks more often, so that turns follow each other
/// closely and nobody is left behind. `share` (0 to 1, drawn at random) keeps them apart.
fn pause(waited: u64, turns: u64, share: f64) -> Duration {
    let writers = waited as f64 + 1.0;
    let seconds = ALL_TOGETHER.as_secs_f64() * writers * writers / (turns.max(1) as f64);
    let seconds = seconds.clamp(SHORTEST.as_secs_f64(), LONGEST.as_secs_f64());
    Duration::from_secs_f64(seconds * (0.5 + share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use icechunk::new_in_memory_storage;

    async fn writers(count: usize) -> Vec<Claims> {
        let storage = new_in_memory_storage().await.unwrap();
        (0..count).map(|_| Claims::new(Arc::clone(&storage))).collect()
    }

    async fn look(claims: &Claims) -> Claim {
        let settings = claims.storage.default_settings().await.unwrap();
        claims.look(&settings).await.unwrap().claim
    }

    const LONG: Duration = Duration::from_mins(10);

    #[tokio::test]
    async fn a_second_writer_waits_until_the_first_one_is_done() {
        let [first, second] = writers(2).await.try_into().unwrap();
        let held = first.wait(LONG).await.unwrap();
        let second = tokio::spawn(async move { second.wait(LONG).await.unwrap() });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!second.is_finished(), "the turn is the first one's");
        held.release().await;
        assert_eq!(second.await.unwrap().claim.number, 2);
    }

    #[tokio::test]
    async fn a_claim_that_outlives_its_time_is_passed_over_and_its_late_release_does_no_harm() {
        let [dead, second] = writers(2).await.try_into().unwrap();
        let held_by_dead = dead.wait(Duration::from_millis(50)).await.unwrap();
        let held = second.wait(LONG).await.unwrap();
        held_by_dead.release().await;
        let claim = look(&second).await;
        assert_eq!((claim.holder, claim.over), (second.name.clone(), false));
        held.release().await;
        assert!(look(&second).await.over);
    }

    #[tokio::test]
    async fn something_else_in_the_object_is_no_claim() {
        let [writer] = writers(1).await.try_into().unwrap();
        let settings = writer.storage.default_settings().await.unwrap();
        let context = StorageContext::unattributed(&settings);
        let nonsense = Bytes::from_static(b"nonsense");
        writer
            .storage
            .put_object(&context, CLAIM_FILE, nonsense, None, Vec::new(), None)
            .await
            .unwrap();
        assert_eq!(writer.wait(LONG).await.unwrap().claim.number, 1);
    }

    #[tokio::test]
    async fn of_many_writers_one_has_the_turn_at_a_time_and_all_get_theirs() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let at_once = Arc::new(AtomicU32::new(0));
        let tasks: Vec<_> = writers(10)
            .await
            .into_iter()
            .map(|writer| {
                let at_once = Arc::clone(&at_once);
                tokio::spawn(async move {
                    for _ in 0..2 {
                        let held = writer.wait(LONG).await.unwrap();
                        assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0, "nobody else has it");
                        tokio::task::yield_now().await;
                        at_once.fetch_sub(1, Ordering::SeqCst);
                        held.release().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }

    #[test]
    fn many_writers_look_seldom_and_the_oldest_most_often() {
        assert_eq!(pause(0, 0, 0.5), SHORTEST);
        assert_eq!(pause(127, 5, 0.5), LONGEST);
        assert!(pause(127, 127, 0.5) < pause(127, 115, 0.5));
        assert!(pause(127, 300, 0.5) < pause(127, 127, 0.5) / 2);
        assert!(pause(3, 3, 0.0) < pause(3, 3, 1.0));
    }
}
