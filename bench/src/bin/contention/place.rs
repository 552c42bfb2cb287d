//! Where the repository is: in memory behind injected latencies, or any store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use floe_processor::store::{Access, Dataset, Location, Store, process_environment};
use floe_shared::message::CommitMessage;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use icechunk::format::{ByteRange, ChunkIndices, Path, SnapshotId};
use icechunk::new_in_memory_storage;
use icechunk::repository::VersionInfo;
use icechunk::storage::latency::LatencyStorage;
use icechunk::storage::metering::MeteringStorage;
use icechunk::storage::{Storage, StorageContext};

use crate::work::Work;

/// A repository's place, with what all its handles have asked of it.
pub(crate) struct Place {
    location: Location,
    /// In memory there is one storage, elsewhere each handle opens its own.
    memory: Option<Arc<LatencyStorage>>,
    latency: (u64, u64),
    meters: Mutex<Vec<Arc<MeteringStorage>>>,
}

/// What a store holds, by kind of object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored(BTreeMap<String, (u64, u64)>);

impl Stored {
    /// Objects and bytes of a kind.
    pub(crate) fn of(&self, kind: &str) -> (u64, u64) {
        self.0.get(kind).copied().unwrap_or_default()
    }
}

/// What was asked of a store.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    pub(crate) bytes_written: u64,
}

impl Place {
    pub(crate) async fn of(store: &str, read_ms: u64, write_ms: u64) -> anyhow::Result<Self> {
        let meters = Mutex::default();
        if store == "memory" {
            let backend = new_in_memory_storage().await?;
            // No latency until the clock starts.
            let memory = Some(Arc::new(LatencyStorage::new(backend, 0, 0)));
            let location = Location::Azure {
                account: "memory".to_owned(),
                container: "memory".to_owned(),
                prefix: "bench".to_owned(),
            };
            return Ok(Self { location, memory, latency: (read_ms, write_ms), meters });
        }
        let location = Location::resolve(Some(store), &process_environment)?;
        Ok(Self { location, memory: None, latency: (0, 0), meters })
    }

    async fn storage(&self) -> anyhow::Result<Arc<dyn Storage + Send + Sync>> {
        if let Some(memory) = &self.memory {
            return Ok(Arc::clone(memory) as Arc<dyn Storage + Send + Sync>);
        }
        let store =
            Store::connect(self.location.clone(), Access::Write, &process_environment).await?;
        Ok(Arc::clone(store.storage()))
    }

    /// Creates the repository.
    pub(crate) async fn create(&self, work: &Work) -> anyhow::Result<()> {
        let store = Store::over(self.location.clone(), self.storage().await?);
        store.initialize(&work.layout).await?;
        Ok(())
    }

    /// A handle of one writer, whose requests are counted.
    pub(crate) async fn handle(&self, work: &Work) -> anyhow::Result<Dataset> {
        let meter = Arc::new(MeteringStorage::new(self.storage().await?));
        self.meters.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&meter));
        Ok(Store::over(self.location.clone(), meter).open(&work.layout).await?)
    }

    /// From here on requests count, and take as long as they shall.
    pub(crate) fn start(&self) {
        if let Some(memory) = &self.memory {
            memory.set_read_delay_ms(self.latency.0);
            memory.set_write_delay_ms(self.latency.1);
        }
        for meter in self.meters.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            meter.reset();
        }
    }

    /// What was asked since the start.
    pub(crate) fn stop(&self) -> Asked {
        let mut asked = Asked::default();
        for meter in self.meters.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            for (operation, stats) in meter.snapshot().per_op {
                if matches!(operation, "put_object" | "copy_object") {
                    asked.writes += stats.requests;
                    asked.bytes_written += stats.bytes_written;
                } else {
                    asked.reads += stats.requests;
                }
            }
        }
        if let Some(memory) = &self.memory {
            memory.set_read_delay_ms(0);
            memory.set_write_delay_ms(0);
        }
        asked
    }

    /// What lies in the store.
    pub(crate) async fn stored(&self) -> anyhow::Result<Stored> {
        let storage = self.storage().await?;
        let settings = storage.default_settings().await?;
        let context = StorageContext::unattributed(&settings);
        let mut stored = Stored::default();
        let mut objects = storage.list_objects(&context, "").await?;
        while let Some(object) = objects.try_next().await? {
            let kind = object.id.split('/').next().unwrap_or_default().to_owned();
            let entry = stored.0.entry(kind).or_default();
            entry.0 += 1;
            entry.1 += object.size_bytes;
        }
        Ok(stored)
    }

    /// Reads everything back: each tile must have one commit, each chunk its content. Returns how many
    /// tiles landed.
    pub(crate) async fn check(&self, work: &Work) -> anyhow::Result<usize> {
        let dataset =
            Store::over(self.location.clone(), self.storage().await?).open(&work.layout).await?;
        let history = dataset.history(None).await?;
        let mut commits = BTreeMap::new();
        for entry in &history {
            if let Some(tile) = CommitMessage::parse(&entry.commit.message).tile() {
                *commits.entry(tile).or_insert(0_u32) += 1;
            }
        }
        for (tile, count) in &commits {
            ensure!(*count == 1, "tile {tile}: expected one commit, found {count}");
        }
        let tip = SnapshotId::try_from(dataset.tip().await?.as_str())
            .map_err(|error| anyhow::anyhow!("the tip is no snapshot: {error}"))?;
        let session = dataset.repository().readonly_session(&VersionInfo::SnapshotId(tip)).await?;
        let places: Vec<_> = commits.keys().flat_map(|&tile| work.places(tile)).collect();
        stream::iter(places)
            .map(async |place| {
                let path = Path::new(&place.array(&work.layout))?;
                let indices = ChunkIndices(vec![place.period, place.chunk.row, place.chunk.col]);
                let found = session.get_chunk_reader(&path, &indices, &ByteRange::ALL).await?;
                let bytes = found.with_context(|| format!("{place:?} is not there"))?.await?;
                ensure!(bytes == work.content(place), "{place:?} has another content");
                anyhow::Ok(())
            })
            .buffer_unordered(32)
            .try_collect::<()>()
            .await?;
        Ok(commits.len())
    }
}
