//! The coarse global levels: chunks that span tiles, recomputed where tiles have changed.
//!
//! Each run remembers in its commit the snapshot that it has seen. The next run recomputes the chunks
//! of tiles that were committed since, level by level from the next finer one, so that any number of
//! runs gives the same bytes as one at the end. Two runs at the same time: the one that comes second
//! finds the other's commit and starts anew.

use std::collections::{BTreeMap, BTreeSet};

use floe_raster::plane::Plane;
use floe_shared::grid::TileIndex;
use floe_shared::message::{CommitMessage, OVERVIEWS};
use floe_shared::pyramid::{ChunkIndex, Level, Owner};
use floe_shared::schema::VariableId;
use floe_shared::window::PixelWindow;
use futures::stream::{self, StreamExt, TryStreamExt};
use icechunk::format::snapshot::SnapshotProperties;
use serde::Serialize;
use serde_json::{Value, json};

use super::halve::halve;
use super::slice_of;
use crate::error::Error;
use crate::store::{
    ChunkPlace, ChunkReader, ChunkWriter, CommitRequest, Committed, Dataset, HistoryEntry,
    StagedChunk, StopIf, StoreError, is_whole,
};

/// Metadata key of an overviews commit.
pub const METADATA: &str = "floe:overviews";
/// Chunks read or written at once.
const CONCURRENCY: usize = 16;
/// How often a run starts anew because another one came first.
const MOST_RESTARTS: u32 = 8;

/// What a run did.
#[derive(Clone, Debug, Serialize)]
pub struct OverviewsReport {
    /// The snapshot with the new chunks; the one looked at where nothing had changed.
    pub snapshot: String,
    /// Tiles committed since the last run.
    pub tiles: usize,
    /// Chunks recomputed.
    pub chunks: usize,
    /// Whether a commit was made.
    pub updated: bool,
}

/// Chunks computed in this run of one variable and period.
type Fresh = BTreeMap<(u32, ChunkIndex), Plane>;

/// Brings the global levels up to date, and makes those above the tiles of `also` anew in any case.
pub async fn update(
    dataset: &Dataset,
    also: &BTreeSet<TileIndex>,
) -> Result<OverviewsReport, Error> {
    for _ in 0..MOST_RESTARTS {
        let history = dataset.history(None).await?;
        let seen_now =
            history.first().map(|entry| entry.commit.snapshot.clone()).unwrap_or_default();
        let mut tiles = unseen_tiles(dataset, &history).await?;
        tiles.extend(also);
        let levels = dataset.layout().levels();
        let has_global = levels.iter().any(|level| level.owner == Owner::Global);
        if tiles.is_empty() || !has_global {
            return Ok(OverviewsReport {
                snapshot: seen_now,
                tiles: tiles.len(),
                chunks: 0,
                updated: false,
            });
        }
        let reader = dataset.chunk_reader(Some(&seen_now)).await?;
        let writer = dataset.chunk_writer().await?;
        let mut chunks = Vec::new();
        for period in 0..dataset.layout().periods.count() {
            for variable in dataset.layout().variables() {
                let run = Run { dataset, reader: &reader, writer: &writer, variable, period };
                chunks.extend(run.recompute(&levels, &tiles).await?);
            }
        }
        let count = chunks.len();
        let request = CommitRequest {
            message: format!(
                "{OVERVIEWS}{} tiles since the last time, {count} chunks",
                tiles.len()
            ),
            chunks,
            metadata: SnapshotProperties::from([(
                METADATA.to_owned(),
                json!({ "seen": seen_now }),
            )]),
            began_at: seen_now,
            stop_if: StopIf::Metadata(METADATA),
            replaces: true,
        };
        if let Committed::Landed { snapshot, .. } = dataset.commit(request).await? {
            return Ok(OverviewsReport {
                snapshot,
                tiles: tiles.len(),
                chunks: count,
                updated: true,
            });
        }
    }
    Err(StoreError::Contention {
        store: dataset.name().to_owned(),
        what: "the overviews".to_owned(),
        attempts: MOST_RESTARTS,
    }
    .into())
}

/// The tiles that were committed since the last run looked; `history` has the newest commit first.
pub async fn unseen_tiles(
    dataset: &Dataset,
    history: &[HistoryEntry],
) -> Result<BTreeSet<TileIndex>, StoreError> {
    let seen = last_seen(history);
    let grid = dataset.layout().grid;
    let mut tiles: BTreeSet<TileIndex> = history[..seen.unwrap_or(history.len())]
        .iter()
        .filter_map(|entry| CommitMessage::parse(&entry.commit.message).tile())
        .filter(|&tile| grid.check(tile).is_ok())
        .collect();
    if let (None, false, Some(tip)) = (seen, is_whole(history), history.first()) {
        // What was committed and then cut off the history has nothing else that speaks for it.
        tiles.extend(dataset.tiles_with_chunks(&tip.commit.snapshot).await?);
    }
    Ok(tiles)
}

/// Where in the history the snapshot is that the last run saw; a snapshot that is no longer there (the branch was reset,
/// or the history cut) says nothing: all count.
fn last_seen(history: &[HistoryEntry]) -> Option<usize> {
    let seen = history.iter().find_map(|entry| entry.metadata.get(METADATA)?["seen"].as_str())?;
    history.iter().position(|entry| entry.commit.snapshot == seen)
}

/// One variable and period.
struct Run<'a> {
    dataset: &'a Dataset,
    reader: &'a ChunkReader,
    writer: &'a ChunkWriter,
    variable: VariableId,
    period: u32,
}

impl Run<'_> {
    async fn recompute(
        &self,
        levels: &[Level],
        tiles: &BTreeSet<TileIndex>,
    ) -> Result<Vec<StagedChunk>, Error> {
        let grid = self.dataset.layout().grid;
        let mut fresh = Fresh::new();
        let mut staged = Vec::new();
        for pair in levels.windows(2) {
            let (finer, level) = (pair[0], pair[1]);
            if level.owner == Owner::Tile {
                continue;
            }
            let places: BTreeSet<ChunkIndex> =
                tiles.iter().flat_map(|&tile| level.chunks_of_tile(grid, tile)).collect();
            let computed: Vec<(ChunkIndex, Plane, StagedChunk)> = stream::iter(places)
                .map(|chunk| self.chunk(level, finer, chunk, &fresh))
                .buffer_unordered(4)
                .try_collect()
                .await?;
            for (chunk, pixels, stage) in computed {
                fresh.insert((level.index, chunk), pixels);
                staged.push(stage);
            }
        }
        Ok(staged)
    }

    async fn chunk(
        &self,
        level: Level,
        finer: Level,
        chunk: ChunkIndex,
        fresh: &Fresh,
    ) -> Result<(ChunkIndex, Plane, StagedChunk), Error> {
        let window = level.chunk_window(chunk);
        let spec = self.dataset.layout().schema.variable(self.variable);
        let below = self.finer_pixels(finer, window, fresh).await?;
        let pixels = halve(&below, spec.overview, spec.encoding.absent);
        let place = ChunkPlace { level, variable: self.variable, period: self.period, chunk };
        let encoded = self.writer.encode(place, &pixels)?;
        Ok((chunk, pixels, self.writer.stage(place, encoded).await?))
    }

    /// The pixels of the next finer level below a window of this one.
    async fn finer_pixels(
        &self,
        finer: Level,
        window: PixelWindow,
        fresh: &Fresh,
    ) -> Result<Plane, Error> {
        let (row, col) = (window.row * 2, window.col * 2);
        let below = PixelWindow {
            row,
            col,
            height: (window.height * 2).min(finer.rows - row),
            width: (window.width * 2).min(finer.cols - col),
        };
        let encoding = &self.dataset.layout().schema.variable(self.variable).encoding;
        let dim = (below.height as usize, below.width as usize);
        let mut pixels = Plane::filled(encoding.data_type, dim, encoding.absent)?;
        let chunks: Vec<ChunkIndex> = finer.chunks_in(below).collect();
        let mut read = stream::iter(chunks)
            .map(async |chunk| {
                let known = fresh.get(&(finer.index, chunk)).cloned();
                let place = ChunkPlace {
                    level: finer,
                    variable: self.variable,
                    period: self.period,
                    chunk,
                };
                let found = match known {
                    Some(pixels) => Some(pixels),
                    None => self.dataset.read_chunk(self.reader, place).await?,
                };
                Ok::<_, Error>((chunk, found))
            })
            .buffer_unordered(CONCURRENCY);
        while let Some((chunk, found)) = read.try_next().await? {
            let own = finer.chunk_window(chunk);
            let (Some(found), Some(common)) = (found, own.intersection(below)) else { continue };
            pixels.put(slice_of(common, below), &found.part(slice_of(common, own)))?;
        }
        Ok(pixels)
    }
}

impl OverviewsReport {
    /// One line for people.
    pub fn line(&self) -> String {
        if self.updated {
            format!(
                "overviews: {} chunks recomputed for {} tiles, committed as {}",
                self.chunks, self.tiles, self.snapshot
            )
        } else {
            format!("overviews: up to date at {}", self.snapshot)
        }
    }

    /// One document for scripts.
    pub fn json(&self) -> Value {
        json!(self)
    }
}
