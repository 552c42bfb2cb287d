//! One job: a run of neighbouring tiles, from the search to their commits.
//!
//! Period by period the granules are fetched, inflated and reduced, as many at once as the configuration
//! says, so that download, inflating and arithmetic overlap. Then each tile is sampled, encoded and
//! uploaded. When all periods are done, each tile gets its one commit. A tile that needs a granule which cannot
//! be had is given up (`Losses`): the others are committed before the job fails, and of it nothing is
//! left behind but unreferenced objects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use floe_shared::grid::TileIndex;
use floe_shared::message::{CommitMessage, Note};
use floe_shared::period::{Hemisphere, Period};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::catalog::{BlobReader, Catalog, CatalogError, Found, GranuleFiles, PeriodCensus};
use crate::config::Config;
use crate::error::Error;
use crate::http::Http;
use crate::plan::Job;
use crate::reader::{GranuleReader, Strategy};
use crate::recipe::SourceSpace;
use crate::report::progress::Progress;
use crate::store::{ChunkWriter, Committed, Dataset, HistoryEntry, StagedChunk};
use crate::tile::{self, FinishedTile, METADATA, PeriodReport, PeriodReports};
use floe_raster::accumulate::{BlockDecoder, YearAccumulator};
use floe_raster::gather::gather;
use floe_raster::needed;
use floe_raster::rule::Rule;
use floe_raster::sinusoidal::Position;

/// What all jobs of a process share.
pub struct Workshop {
    config: Config,
    dataset: Dataset,
    rule: Rule,
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
    /// One entry a period.
    #[serde(flatten)]
    pub periods: PeriodReports,
}

/// What became of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Committed with data.
    Processed,
    /// Committed with the incomplete note.
    Incomplete,
    /// Committed with the no-data note.
    NoData,
    /// Done before, and left as it was.
    Skipped,
    /// Incomplete before and still so: the catalogue has nothing new for it.
    #[serde(rename = "skipped")]
    StillIncomplete,
    /// Holds chunks whose commit was cut off the history, and was left as it was.
    Unaccounted,
}

/// What one period's granules of one position gave.
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
    /// Its commit, where that says that the tile is incomplete.
    incomplete: Option<IncompleteCommit>,
    /// Names the granules that it is made of.
    fingerprint: String,
    periods: PeriodReports,
    chunks: Vec<StagedChunk>,
}

/// A commit that says that its tile is incomplete.
struct IncompleteCommit {
    snapshot: String,
    /// The granules that it was made of.
    fingerprint: Option<String>,
}

/// Positions of which a granule cannot be had, and the first reason why.
#[derive(Default)]
struct Losses {
    state: Mutex<(BTreeSet<Position>, Option<Error>)>,
}

/// A job of which not all tiles were committed.
#[derive(Debug)]
pub struct JobFailure {
    /// The tiles that were, or needed not to be.
    pub done: Vec<TileReport>,
    /// The first thing that failed.
    pub error: Error,
}

impl From<JobFailure> for Error {
    fn from(failure: JobFailure) -> Self {
        failure.error
    }
}

impl Losses {
    fn add(&self, position: Position, error: Error) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.insert(position);
        state.1.get_or_insert(error);
    }

    /// Whether a tile can still be made.
    fn spare(&self, work: &TileWork) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.is_disjoint(&work.positions)
    }

    /// Whether a tile that can still be made needs a position.
    fn leave_needed(&self, tiles: &[TileWork], position: Position) -> bool {
        tiles.iter().any(|work| work.positions.contains(&position) && self.spare(work))
    }

    fn into_error(self) -> Option<Error> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl TileWork {
    fn new(tile: TileIndex, positions: BTreeSet<Position>, history: &[HistoryEntry]) -> Self {
        let newest = history.iter().find_map(|entry| {
            let message = CommitMessage::parse(&entry.commit.message);
            (message.tile() == Some(tile)).then_some((entry, message))
        });
        let incomplete = match newest {
            Some((entry, CommitMessage::Tile(message)))
                if matches!(message.note, Note::Incomplete(_)) =>
            {
                let metadata = entry.metadata.get(METADATA);
                let fingerprint = metadata.and_then(|floe| floe["granules"].as_str());
                Some(IncompleteCommit {
                    snapshot: entry.commit.snapshot.clone(),
                    fingerprint: fingerprint.map(str::to_owned),
                })
            }
            _ => None,
        };
        Self {
            tile,
            positions,
            incomplete,
            fingerprint: String::new(),
            periods: PeriodReports::default(),
            chunks: Vec::new(),
        }
    }
}

impl Workshop {
    /// Sets up the workshop over an opened dataset.
    pub async fn new(
        config: Config,
        dataset: Dataset,
        http: Arc<Http>,
        progress: Progress,
    ) -> Result<Self, Error> {
        let SourceSpace { assets, rule } = config.source_space()?.clone();
        let catalog = Catalog::new(Arc::clone(&http), &config.catalog, &assets);
        let blobs = Arc::new(BlobReader::new(Arc::clone(&http), &config.catalog.sign_url));
        let writer = dataset.chunk_writer().await?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            config,
            dataset,
            rule,
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

    /// Processes and commits all tiles of a job. `replace` processes tiles again whatever was committed
    /// before; without it a tile that is incomplete stays as it is where the catalogue has nothing new.
    ///
    /// # Errors
    /// The first failure, with what was done all the same: tiles that do not need what failed.
    pub async fn run(&self, job: &Job, replace: bool) -> Result<Vec<TileReport>, JobFailure> {
        let mut done = Vec::with_capacity(job.tiles.len());
        match self.work(job, replace, &mut done).await {
            Ok(()) => Ok(done),
            Err(error) => Err(JobFailure { done, error }),
        }
    }

    async fn work(
        &self,
        job: &Job,
        replace: bool,
        done: &mut Vec<TileReport>,
    ) -> Result<(), Error> {
        let grid = self.config.grid;
        let history = self.dataset.history(None).await?;
        let began_at = match history.first() {
            Some(tip) => tip.commit.snapshot.clone(),
            None => self.dataset.tip().await?,
        };
        let new = |&tile| TileWork::new(tile, needed::positions(grid, &[tile]), &history);
        let mut tiles: Vec<TileWork> = job.tiles.iter().map(new).collect();
        let positions: BTreeSet<Position> =
            tiles.iter().flat_map(|tile| tile.positions.clone()).collect();
        let periods = self.periods(&job.tiles)?;
        let mut found = self.catalog.search(&positions, &periods).await?;
        if found.malformed > 0 {
            self.progress.say(&format!(
                "floe: the catalogue gave {} malformed items that this job does not need",
                found.malformed
            ));
        }
        let losses = Losses::default();
        for (position, error) in std::mem::take(&mut found.unusable) {
            losses.add(position, CatalogError::from(error).into());
        }
        tiles.retain_mut(|work| {
            work.fingerprint = found.fingerprint(&work.positions);
            let unchanged = if replace { None } else { self.unchanged(work, &found) };
            if let Some(report) = &unchanged {
                self.progress.tile_done(report);
            }
            let stays = unchanged.is_none();
            done.extend(unchanged);
            stays && losses.spare(work)
        });
        let needed = found
            .granules
            .iter()
            .filter(|granule| losses.leave_needed(&tiles, granule.id.key.position));
        self.progress.expect_granules(needed.count());
        let mut bytes_read = 0;
        for (index, period) in periods.iter().enumerate() {
            bytes_read += self.process_period(&mut tiles, &found, &losses, (index, period)).await?;
        }
        // Granules are shared: each tile of the job bears an equal part.
        let bytes_read = bytes_read / tiles.len().max(1) as u64;
        for work in tiles {
            let covered = found.census.covers(&work.positions);
            done.push(self.commit(work, covered, bytes_read, &began_at, replace).await?);
        }
        losses.into_error().map_or(Ok(()), Err)
    }

    /// The periods of some tiles, which lie in one hemisphere where it matters.
    fn periods(&self, tiles: &[TileIndex]) -> Result<Vec<Period>, Error> {
        let periods = &self.config.periods;
        if !periods.cadence().has_hemispheres() {
            return Ok(periods.periods().to_vec());
        }
        let of = |&tile: &TileIndex| Hemisphere::of(&self.config.grid.tile_bounds(tile));
        let mut hemispheres = tiles.iter().map(of);
        let first = hemispheres.next().flatten();
        match first {
            Some(first) if hemispheres.all(|other| other == Some(first)) => {
                Ok(periods.of_hemisphere(first).periods().to_vec())
            }
            _ => Err(Error::Internal {
                message: "a job of water years over tiles of both hemispheres".to_owned(),
            }),
        }
    }

    /// The report of a tile that was committed as incomplete, where it would be made of the same granules
    /// and fall short again.
    fn unchanged(&self, work: &TileWork, found: &Found) -> Option<TileReport> {
        let IncompleteCommit { snapshot, fingerprint } = work.incomplete.as_ref()?;
        let falls_short = (0..self.config.periods.count()).any(|period| {
            let PeriodCensus { expected, found, .. } =
                found.census.of_period(&work.positions, period as usize);
            found < expected
        });
        (falls_short && fingerprint.as_deref() == Some(&*work.fingerprint)).then(|| TileReport {
            outcome: Outcome::StillIncomplete,
            ..TileReport::skipped(work.tile, snapshot.clone())
        })
    }

    /// Takes one period of a job, with its place, as far as uploaded chunks, and gives up the tiles that lack a granule; tells
    /// the bytes of granules that were read.
    async fn process_period(
        &self,
        tiles: &mut Vec<TileWork>,
        found: &Found,
        losses: &Losses,
        (index, period): (usize, &Period),
    ) -> Result<u64, Error> {
        let indices: Vec<TileIndex> = tiles.iter().map(|work| work.tile).collect();
        if indices.is_empty() {
            return Ok(0);
        }
        let accumulator =
            Arc::new(YearAccumulator::new(self.config.grid, &indices, self.rule.clone()));
        let counts = self.accumulate(&accumulator, tiles, found, losses, period).await;
        tiles.retain(|work| losses.spare(work));
        for work in tiles {
            let of_tile = |key: &Position| work.positions.contains(key);
            let PeriodCensus { expected, found: came, absent } =
                found.census.of_period(&work.positions, index);
            let mut report = PeriodReport {
                expected_composites: expected,
                found_composites: came,
                absent,
                ..PeriodReport::new(period.label.clone())
            };
            for (_, count) in counts.iter().filter(|(position, _)| of_tile(position)) {
                report.input_granules += count.read;
                report.empty_granules += count.empty;
            }
            report.rejected_granules = found.superseded_of(&work.positions, period);
            if report.input_granules > report.empty_granules {
                let (chunks, valid_pixels) =
                    self.tile_chunks(&accumulator, work.tile, index as u32).await?;
                report.output_valid_pixels = valid_pixels;
                report.coverage = tile::coverage(self.config.grid, valid_pixels).percent();
                work.chunks.extend(chunks);
            } else {
                let places = tile::places(self.dataset.layout(), work.tile, index as u32);
                work.chunks.extend(places.map(StagedChunk::fill));
            }
            work.periods.0.push(report);
        }
        Ok(counts.values().map(|count| count.bytes).sum())
    }

    /// Reads and reduces all granules of a period that a tile needs which can still be made.
    async fn accumulate(
        &self,
        accumulator: &Arc<YearAccumulator>,
        tiles: &[TileWork],
        found: &Found,
        losses: &Losses,
        period: &Period,
    ) -> BTreeMap<Position, PositionCount> {
        let indices: Vec<TileIndex> = tiles.iter().map(|work| work.tile).collect();
        let mut strategies: BTreeMap<Position, Strategy> = BTreeMap::new();
        let granules: Vec<(GranuleFiles, Strategy)> = found
            .of_period(period)
            .filter(|granule| losses.leave_needed(tiles, granule.id.key.position))
            .map(|granule| {
                let strategy = *strategies
                    .entry(granule.id.key.position)
                    .or_insert_with(|| Strategy::plan(self.config.grid, &indices, granule.id.key));
                (granule.clone(), strategy)
            })
            .collect();
        let mut counts: BTreeMap<Position, PositionCount> = BTreeMap::new();
        let mut added = stream::iter(granules)
            .map(async |(granule, strategy)| {
                let position = granule.id.key.position;
                if !losses.leave_needed(tiles, position) {
                    return None;
                }
                match self.add(accumulator, granule, strategy).await {
                    Ok(added) => Some(added),
                    Err(error) => {
                        losses.add(position, error);
                        None
                    }
                }
            })
            .buffer_unordered(self.config.read.concurrency);
        while let Some(added) = added.next().await {
            let Some(Added { position, accepted, bytes }) = added else { continue };
            let count = counts.entry(position).or_default();
            count.read += 1;
            count.empty += u64::from(accepted == 0);
            count.bytes += bytes;
        }
        counts
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
        period: u32,
    ) -> Result<(Vec<StagedChunk>, u64), Error> {
        let accumulator = Arc::clone(accumulator);
        let writer = self.writer.clone();
        let layout = self.dataset.layout().clone();
        let statistics = self.config.recipe.statistics();
        let (encoded, valid_pixels) = self
            .on_a_core(move || -> Result<_, Error> {
                let pixels = gather(&accumulator, tile, &statistics)?;
                let valid_pixels = pixels.valid_pixels;
                Ok((tile::encode(&writer, &layout, tile, period, pixels)?, valid_pixels))
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
        is_covered: bool,
        bytes_read: u64,
        began_at: &str,
        replace: bool,
    ) -> Result<TileReport, Error> {
        let TileWork { tile, incomplete, fingerprint, periods, chunks, .. } = work;
        let finished = FinishedTile {
            tile,
            is_covered,
            fingerprint,
            periods: periods.clone(),
            bytes_read,
            chunks,
        };
        let outcome = match finished.note() {
            Note::None => Outcome::Processed,
            Note::Incomplete(_) => Outcome::Incomplete,
            Note::NoData => Outcome::NoData,
        };
        let mut request = finished.into_commit(self.config.grid, began_at.to_owned(), replace);
        // What an incomplete commit has put where there is fill now must go.
        request.replaces |= incomplete.is_some();
        let (outcome, snapshot, commit_attempts) = match self.dataset.commit(request).await? {
            Committed::Landed { snapshot, attempts } => (outcome, snapshot, attempts),
            Committed::Overtaken { by } => (Outcome::Skipped, by, 0),
        };
        let report = TileReport {
            row: tile.row,
            col: tile.col,
            outcome,
            snapshot,
            commit_attempts,
            periods,
        };
        self.progress.tile_done(&report);
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
            periods: PeriodReports::default(),
        }
    }

    /// A tile that was left alone because it holds chunks without their commit.
    pub fn unaccounted(tile: TileIndex) -> Self {
        Self { outcome: Outcome::Unaccounted, ..Self::skipped(tile, String::new()) }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let Self { row, col, snapshot, .. } = self;
        match self.outcome {
            Outcome::Skipped => format!("tile {row},{col}: already done in {snapshot}, skipped"),
            Outcome::Unaccounted => {
                format!(
                    "tile {row},{col}: holds chunks whose commit was cut off the history, skipped"
                )
            }
            Outcome::NoData => {
                format!("tile {row},{col}: no granule in any year, committed as {snapshot}")
            }
            Outcome::StillIncomplete => format!(
                "tile {row},{col}: still incomplete, the catalogue has nothing new since {snapshot}, skipped"
            ),
            Outcome::Processed | Outcome::Incomplete => {
                let periods: Vec<String> = self
                    .periods
                    .0
                    .iter()
                    .map(|period| {
                        let lack = match (period.found_composites, period.expected_composites) {
                            (Some(found), Some(expected)) if found < expected => {
                                format!(" ({found} of {expected} composites)")
                            }
                            _ => String::new(),
                        };
                        format!(
                            "{}: {} granules{lack}, {:.1} %",
                            period.label, period.input_granules, period.coverage
                        )
                    })
                    .collect();
                let periods = periods.join("; ");
                format!("tile {row},{col}: {periods}; committed as {snapshot}")
            }
        }
    }
}
