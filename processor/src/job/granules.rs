//! A job of MODIS granules: their pixels are accumulated in source space, for all tiles of the job at once.
//!
//! Period by period the granules are fetched, inflated and reduced, as many at once as the configuration
//! says, so that download, inflating and arithmetic overlap. Then each tile is sampled, encoded and
//! uploaded. A tile that needs a granule which cannot be had is given up (`Losses`): the others are committed before the job
//! fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use floe_raster::accumulate::{BlockDecoder, PeriodAccumulator};
use floe_raster::gather::gather;
use floe_raster::needed;
use floe_raster::rule::Rule;
use floe_raster::sinusoidal::Position;
use floe_shared::grid::TileIndex;
use floe_shared::period::Period;
use futures::stream::{self, StreamExt};

use super::{TileReport, TileWork, Workshop};
use crate::catalog::{BlobReader, Catalog, CatalogError, Found, GranuleFiles, PeriodCensus};
use crate::config::Config;
use crate::error::Error;
use crate::http::Http;
use crate::plan::Job;
use crate::reader::{GranuleReader, Strategy};
use crate::recipe::SourceSpace;
use crate::store::StagedChunk;
use crate::tile::{self, PeriodReport};

/// What finds, reads and accumulates granules.
pub(super) struct GranuleEngine {
    rule: Rule,
    catalog: Catalog,
    reader: GranuleReader,
    /// Those that are free.
    decoders: Arc<Mutex<Vec<BlockDecoder>>>,
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

/// Positions of which a granule cannot be had, and the first reason why.
#[derive(Default)]
struct Losses {
    state: Mutex<(BTreeSet<Position>, Option<Error>)>,
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

impl GranuleEngine {
    /// For a recipe of source space.
    pub(super) fn new(
        config: &Config,
        SourceSpace { assets, rule }: &SourceSpace,
        http: Arc<Http>,
        blobs: Arc<BlobReader>,
    ) -> Self {
        Self {
            rule: rule.clone(),
            catalog: Catalog::new(http, &config.catalog, assets),
            reader: GranuleReader::new(blobs),
            decoders: Arc::default(),
        }
    }
}

impl Workshop {
    /// Makes and commits the tiles of a job. Those that need a granule which cannot be had are given up.
    pub(super) async fn work_on_granules(
        &self,
        engine: &GranuleEngine,
        job: &Job,
        replace: bool,
        done: &mut Vec<TileReport>,
    ) -> Result<(), Error> {
        let grid = self.config.grid;
        let (history, began_at) = self.beginning().await?;
        let new = |&tile| TileWork::new(tile, needed::positions(grid, &[tile]), &history);
        let mut tiles: Vec<TileWork> = job.tiles.iter().map(new).collect();
        let positions: BTreeSet<Position> =
            tiles.iter().flat_map(|tile| tile.positions.clone()).collect();
        let periods = self.periods(&job.tiles)?;
        let mut found = engine.catalog.search(&positions, &periods).await?;
        self.tell_malformed(found.malformed);
        let losses = Losses::default();
        for (position, error) in std::mem::take(&mut found.unusable) {
            losses.add(position, CatalogError::from(error).into());
        }
        tiles.retain_mut(|work| {
            work.fingerprint = found.fingerprint(&work.positions);
            let census = |period| found.census.of_period(&work.positions, period);
            let unchanged = if replace { None } else { self.still_incomplete(work, census) };
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
            bytes_read +=
                self.process_period(engine, &mut tiles, &found, &losses, (index, period)).await?;
        }
        // Granules are shared: each tile of the job bears an equal part.
        let bytes_read = bytes_read / tiles.len().max(1) as u64;
        for work in tiles {
            let covered = found.census.covers(&work.positions);
            done.push(self.commit(work, covered, bytes_read, &began_at, replace).await?);
        }
        losses.into_error().map_or(Ok(()), Err)
    }

    /// Takes one period of a job, with its place, as far as uploaded chunks, and gives up the tiles that lack a granule; tells
    /// the bytes of granules that were read.
    async fn process_period(
        &self,
        engine: &GranuleEngine,
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
            Arc::new(PeriodAccumulator::new(self.config.grid, &indices, engine.rule.clone()));
        let counts = self.accumulate(engine, &accumulator, tiles, found, losses, period).await;
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
        engine: &GranuleEngine,
        accumulator: &Arc<PeriodAccumulator>,
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
                match self.add(engine, accumulator, granule, strategy).await {
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
        engine: &GranuleEngine,
        accumulator: &Arc<PeriodAccumulator>,
        files: GranuleFiles,
        strategy: Strategy,
    ) -> Result<Added, Error> {
        let granule = engine.reader.read(&files, strategy, accumulator).await?;
        let bytes: usize = [granule.lst(), granule.qc()]
            .iter()
            .flat_map(|layer| &layer.pieces)
            .map(|piece| piece.bytes.len())
            .sum();
        let accumulator = Arc::clone(accumulator);
        let decoders = Arc::clone(&engine.decoders);
        let accepted = self
            .cores
            .run(move || {
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
        accumulator: &Arc<PeriodAccumulator>,
        tile: TileIndex,
        period: u32,
    ) -> Result<(Vec<StagedChunk>, u64), Error> {
        let accumulator = Arc::clone(accumulator);
        let writer = self.writer.clone();
        let layout = self.dataset.layout().clone();
        let statistics = self.config.recipe.statistics();
        let (encoded, valid_pixels) = self
            .cores
            .run(move || -> Result<_, Error> {
                let pixels = gather(&accumulator, tile, &statistics)?;
                let valid_pixels = pixels.valid_pixels;
                Ok((tile::encode(&writer, &layout, tile, period, pixels.planes)?, valid_pixels))
            })
            .await??;
        Ok((self.stage(encoded).await?, valid_pixels))
    }
}
