//! One job: a run of neighbouring tiles, from the search to their commits.
//!
//! Means, maxima, minima and counts of MODIS temperatures are accumulated in source space (`granules`), which is fastest; everything else
//! is reduced in target space (`scenes`). In either case each tile gets its one commit once all of its periods are done, and of
//! a tile that lacks what it needs nothing is left behind but unreferenced objects.

mod granules;
mod report;
mod scenes;

use std::collections::BTreeSet;
use std::sync::Arc;

use floe_raster::sinusoidal::Position;
use floe_shared::grid::TileIndex;
use floe_shared::message::{CommitMessage, Note};
use floe_shared::period::{Hemisphere, Period};
use futures::stream::{self, StreamExt, TryStreamExt};

use self::granules::GranuleEngine;
use self::scenes::SceneEngine;
use crate::catalog::{BlobReader, PeriodCensus};
use crate::config::Config;
use crate::cores::Cores;
use crate::error::Error;
use crate::http::Http;
use crate::plan::Job;
use crate::report::progress::Progress;
use crate::store::{ChunkWriter, Committed, Dataset, HistoryEntry, StagedChunk};
use crate::tile::{EncodedChunk, FinishedTile, METADATA, PeriodReports};

pub use self::report::{JobFailure, Outcome, TileReport};

/// What all jobs of a process share.
pub struct Workshop {
    config: Config,
    dataset: Dataset,
    engine: Engine,
    writer: ChunkWriter,
    cores: Cores,
    progress: Progress,
}

/// What makes tiles.
enum Engine {
    /// In source space.
    Granules(GranuleEngine),
    /// In target space.
    Scenes(SceneEngine),
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
        let blobs = Arc::new(BlobReader::new(Arc::clone(&http), &config.catalog.sign_url));
        let cores = Cores::default();
        let engine = match config.source_space() {
            Some(rule) => Engine::Granules(GranuleEngine::new(&config, rule, http, blobs)),
            None => Engine::Scenes(SceneEngine::new(&config, http, blobs, &cores, &progress)),
        };
        let writer = dataset.chunk_writer().await?;
        Ok(Self { config, dataset, engine, writer, cores, progress })
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
        let result = match &self.engine {
            Engine::Granules(engine) => {
                self.work_on_granules(engine, job, replace, &mut done).await
            }
            Engine::Scenes(engine) => self.work_on_scenes(engine, job, replace, &mut done).await,
        };
        match result {
            Ok(()) => Ok(done),
            Err(error) => Err(JobFailure { done, error }),
        }
    }

    /// The commits so far, newest first, and the tip.
    async fn beginning(&self) -> Result<(Vec<HistoryEntry>, String), Error> {
        let history = self.dataset.history(None).await?;
        let tip = match history.first() {
            Some(tip) => tip.commit.snapshot.clone(),
            None => self.dataset.tip().await?,
        };
        Ok((history, tip))
    }

    fn tell_malformed(&self, items: usize) {
        if items > 0 {
            self.progress.say(&format!(
                "floe: the catalogue gave {items} malformed items that this job does not need"
            ));
        }
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
    /// and fall short again. `census` tells a period by its place.
    fn still_incomplete(
        &self,
        work: &TileWork,
        census: impl Fn(usize) -> PeriodCensus,
    ) -> Option<TileReport> {
        let IncompleteCommit { snapshot, fingerprint } = work.incomplete.as_ref()?;
        let falls_short = (0..self.config.periods.count() as usize).any(|period| {
            let PeriodCensus { expected, found, .. } = census(period);
            found < expected
        });
        (falls_short && fingerprint.as_deref() == Some(&*work.fingerprint)).then(|| TileReport {
            outcome: Outcome::StillIncomplete,
            ..TileReport::skipped(work.tile, snapshot.clone())
        })
    }

    /// Uploads encoded chunks.
    async fn stage(&self, encoded: Vec<EncodedChunk>) -> Result<Vec<StagedChunk>, Error> {
        let staged = stream::iter(encoded)
            .map(|(place, bytes)| self.writer.stage(place, bytes))
            .buffer_unordered(self.config.read.concurrency);
        Ok(staged.try_collect().await?)
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
}
