//! One job: a run of neighbouring tiles, from the search to their commits.
//!
//! Year by year the granules are fetched, inflated and reduced, as many at once as the configuration
//! says, so that download, inflating and arithmetic overlap. Then each tile is sampled, encoded and
//! uploaded. When all years are done, each tile gets its one commit. Whatever fails before leaves
//! nothing behind but unreferenced objects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use floe_shared::grid::TileIndex;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::accumulate::{BlockDecoder, YearAccumulator};
use crate::catalog::{BlobReader, Catalog, Found, GranuleFiles};
use crate::config::Config;
use crate::error::Error;
use crate::gather::gather;
use crate::http::Http;
use crate::needed;
use crate::plan::Job;
use crate::reader::{GranuleReader, Strategy};
use crate::report::progress::Progress;
use crate::sinusoidal::Position;
use crate::store::{ChunkWriter, Committed, Dataset, StagedChunk};
use crate::tile::{self, FinishedTile, YearReport};

/// What all jobs of a process share.
pub struct Workshop {
    config: Config,
    dataset: Dataset,
    catalog: Catalog,
    reader: GranuleReader,
    writer: ChunkWriter,
    /// Inflating and sampling never take more threads than there are cores.
    cores: Arc<Semaphore>,
    decoders: Arc<Mutex<Vec<BlockDecoder>>>,
    progress: Progress,
}

/// How a tile ended.
#[derive(Clone, Debug, Serialize)]
pub struct TileReport {
    /// Row.
    pub row: u32,
    /// Column.
    pub col: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// The snapshot that holds it.
    pub snapshot: String,
    /// Tries that its commit took; 0 where it was skipped.
    pub commit_attempts: u32,
    /// One entry a year.
    pub years: Vec<YearReport>,
}

/// What became of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Committed with data.
    Processed,
    /// Committed with the no-data note.
    NoData,
    /// Done before, and left as it was.
    Skipped,
}

/// What one year's granules of one position gave.
#[derive(Clone, Copy, Debug, Default)]
struct PositionCount {
    read: u64,
    empty: u64,
    bytes: u64,
}

/// What one granule gave.
struct Added {
    position: Position,
    accepted: u64,
    bytes: u64,
}

/// One tile on its way.
struct TileWork {
    tile: TileIndex,
    positions: BTreeSet<Position>,
    years: Vec<YearReport>,
    chunks: Vec<StagedChunk>,
}

impl Workshop {
    /// Sets up the workshop over an opened dataset.
    pub async fn new(
        config: Config,
        dataset: Dataset,
        http: Arc<Http>,
        progress: Progress,
    ) -> Result<Self, Error> {
        let catalog = Catalog::new(Arc::clone(&http), &config.catalog);
        let blobs = Arc::new(BlobReader::new(Arc::clone(&http), &config.catalog.sign_url));
        let writer = dataset.chunk_writer().await?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            config,
            dataset,

            catalog,
            reader: GranuleReader::new(blobs),
            writer,
            cores: Arc::new(Semaphore::new(cores)),
            decoders: Arc::default(),
            progress,
        })
    }

    /// The dataset.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Processes and commits all tiles of a job. `replace` processes tiles again that have been
    /// committed before.
    pub async fn run(&self, job: &Job, replace: bool) -> Result<Vec<TileReport>, Error> {
        let grid = self.config.grid;
        let began_at = self.dataset.tip().await?;
        let mut tiles: Vec<TileWork> = job
            .tiles
            .iter()
            .map(|&tile| TileWork {
                tile,
                positions: needed::positions(grid, &[tile]),
                chunks: Vec::new(),
                years: Vec::new(),
            })
            .collect();
        let positions: BTreeSet<Position> =
            tiles.iter().flat_map(|tile| tile.positions.clone()).collect();
        let found = self.catalog.search(&positions, &self.config.years).await?;
        self.progress.expect_granules(found.granules.len());
        let mut bytes_read = 0;
        for (index, &year) in self.config.years.iter().enumerate() {
            bytes_read += self.process_year(job, &mut tiles, &found, index as u32, year).await?;
        }
        // Granules are shared: each tile of the job bears an equal part.
        let bytes_read = bytes_read / tiles.len().max(1) as u64;
        let mut reports = Vec::with_capacity(tiles.len());
        for tile in tiles {
            reports.push(self.commit(tile, bytes_read, &began_at, replace).await?);
        }
        Ok(reports)
    }

    /// Takes one year of a job as far as uploaded chunks; tells the bytes of granules that were read.
    async fn process_year(
        &self,
        job: &Job,
        tiles: &mut [TileWork],
        found: &Found,
        year_index: u32,
        year: i32,
    ) -> Result<u64, Error> {
        let accumulator = Arc::new(YearAccumulator::new(self.config.grid, &job.tiles));
        let counts = self.accumulate(&accumulator, job, found, year).await?;
        for work in tiles {
            let of_tile = |key: &Position| work.positions.contains(key);
            let mut report = YearReport { year, ..YearReport::default() };
            for (_, count) in counts.iter().filter(|(position, _)| of_tile(position)) {
                report.input_granules += count.read;
                report.empty_granules += count.empty;
            }
            report.rejected_granules = found
                .superseded
                .iter()
                .filter(|key| key.year == year && of_tile(&key.position))
                .count() as u64;
            if report.input_granules > report.empty_granules {
                let (chunks, valid_pixels) =
                    self.tile_chunks(&accumulator, work.tile, year_index).await?;
                report.output_valid_pixels = valid_pixels;
                report.coverage = tile::coverage(self.config.grid, valid_pixels).percent();
                work.chunks.extend(chunks);
            } else {
                let places = tile::places(self.dataset.layout(), work.tile, year_index);
                work.chunks.extend(places.map(StagedChunk::fill));
            }
            work.years.push(report);
        }
        Ok(counts.values().map(|count| count.bytes).sum())
    }

    /// Reads and reduces all granules of a year.
    async fn accumulate(
        &self,
        accumulator: &Arc<YearAccumulator>,
        job: &Job,
        found: &Found,
        year: i32,
    ) -> Result<BTreeMap<Position, PositionCount>, Error> {
        let mut strategies: BTreeMap<Position, Strategy> = BTreeMap::new();
        let granules: Vec<(GranuleFiles, Strategy)> = found
            .of_year(year)
            .map(|granule| {
                let strategy = *strategies.entry(granule.id.key.position).or_insert_with(|| {
                    Strategy::plan(self.config.grid, &job.tiles, granule.id.key)
                });
                (granule.clone(), strategy)
            })
            .collect();
        let added: Vec<Added> = stream::iter(granules)
            .map(|(granule, strategy)| self.add(accumulator, granule, strategy))
            .buffer_unordered(self.config.read.concurrency)
            .try_collect()
            .await?;
        let mut counts: BTreeMap<Position, PositionCount> = BTreeMap::new();
        for Added { position, accepted, bytes } in added {
            let count = counts.entry(position).or_default();
            count.read += 1;
            count.empty += u64::from(accepted == 0);
            count.bytes += bytes;
        }
        Ok(counts)
    }

    async fn add(
        &self,
        accumulator: &Arc<YearAccumulator>,
        files: GranuleFiles,
        strategy: Strategy,
    ) -> Result<Added, Error> {
        let granule = self.reader.read(&files, strategy, accumulator).await?;
        let bytes: usize = [granule.lst(), granule.qc()]
            .iter()
            .flat_map(|layer| &layer.pieces)
            .map(|piece| piece.bytes.len())
            .sum();
        let accumulator = Arc::clone(accumulator);
        let decoders = Arc::clone(&self.decoders);
        let accepted = self
            .on_a_core(move || {
                let free = decoders.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let mut decoder = free.unwrap_or_default();
                let accepted = accumulator.add(&granule, &mut decoder);
                decoders.lock().unwrap_or_else(PoisonError::into_inner).push(decoder);
                accepted
            })
            .await??;
        self.progress.granule_done(bytes as u64);
        Ok(Added { position: files.id.key.position, accepted, bytes: bytes as u64 })
    }

    /// Samples a tile and uploads its chunks of all levels that are the tile's own.
    async fn tile_chunks(
        &self,
        accumulator: &Arc<YearAccumulator>,
        tile: TileIndex,
        year_index: u32,
    ) -> Result<(Vec<StagedChunk>, u64), Error> {
        let accumulator = Arc::clone(accumulator);
        let writer = self.writer.clone();
        let layout = self.dataset.layout().clone();
        let (encoded, valid_pixels) = self
            .on_a_core(move || -> Result<_, Error> {
                let pixels = gather(&accumulator, tile)?;
                let valid_pixels = pixels.valid_pixels;
                Ok((tile::encode(&writer, &layout, tile, year_index, pixels)?, valid_pixels))
            })
            .await??;
        let chunks = stream::iter(encoded)
            .map(|(place, bytes)| self.writer.stage(place, bytes))
            .buffer_unordered(self.config.read.concurrency)
            .try_collect()
            .await?;
        Ok((chunks, valid_pixels))
    }

    async fn commit(
        &self,
        work: TileWork,
        bytes_read: u64,
        began_at: &str,
        replace: bool,
    ) -> Result<TileReport, Error> {
        let TileWork { tile, years, chunks, .. } = work;
        let finished = FinishedTile { tile, years: years.clone(), bytes_read, chunks };
        let no_data = finished.has_no_data();
        let request = finished.into_commit(self.config.grid, began_at.to_owned(), replace);
        let (outcome, snapshot, commit_attempts) = match self.dataset.commit(request).await? {
            Committed::Landed { snapshot, attempts } => {
                let outcome = if no_data { Outcome::NoData } else { Outcome::Processed };
                (outcome, snapshot, attempts)
            }
            Committed::Overtaken { by } => (Outcome::Skipped, by, 0),
        };
        let report =
            TileReport { row: tile.row, col: tile.col, outcome, snapshot, commit_attempts, years };
        self.progress.tile_done(&report.line());
        Ok(report)
    }

    /// Runs arithmetic on a thread of its own, as many at once as there are cores.
    async fn on_a_core<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let failed = |message: String| Error::Internal { message };
        let permit = Arc::clone(&self.cores)
            .acquire_owned()
            .await
            .map_err(|error| failed(error.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(|error| failed(error.to_string()))
    }
}

impl TileReport {
    /// A skipped tile.
    pub fn skipped(tile: TileIndex, snapshot: String) -> Self {
        Self {
            row: tile.row,
            col: tile.col,
            outcome: Outcome::Skipped,
            snapshot,
            commit_attempts: 0,
            years: Vec::new(),
        }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let Self { row, col, snapshot, .. } = self;
        match self.outcome {
            Outcome::Skipped => format!("tile {row},{col}: already done in {snapshot}, skipped"),
            Outcome::NoData => {
                format!("tile {row},{col}: no granule in any year, committed as {snapshot}")
            }
            Outcome::Processed => {
                let years: Vec<String> = self
                    .years
                    .iter()
                    .map(|year| {
                        format!(
                            "{}: {} granules, {:.1} %",
                            year.year, year.input_granules, year.coverage
                        )
                    })
                    .collect();
                format!("tile {row},{col}: {}; committed as {snapshot}", years.join("; "))
            }
        }
    }
}
