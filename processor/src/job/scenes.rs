//! A job of scenes: its tiles are reduced in target space, neighbours together, so that what they share is read once.

use std::collections::BTreeSet;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use floe_shared::period::Period;

use super::{TileReport, TileWork, Workshop};
use crate::catalog::BlobReader;
use crate::config::Config;
use crate::cores::Cores;
use crate::error::Error;
use crate::http::Http;
use crate::plan::Job;
use crate::report::progress::Progress;
use crate::scene::{AssetReader, Found, Need, Scene, SceneCensus, SceneSource, day};
use crate::store::StagedChunk;
use crate::target_space::{PeriodTask, PeriodWork, Reduction, SceneReader, TileTask};
use crate::tile::{self, PeriodReport, PeriodReports};

/// Tiles of so many pixels are reduced together, of which all results of a period are in memory at once.
const PIXELS_TOGETHER: u64 = 8_000_000;

/// What makes tiles of scenes.
pub(super) struct SceneEngine {
    pub(super) source: SceneSource,
    pub(super) reduction: Reduction,
}

impl SceneEngine {
    /// For any recipe.
    pub(super) fn new(
        config: &Config,
        http: Arc<Http>,
        blobs: Arc<BlobReader>,
        cores: &Cores,
        progress: &Progress,
    ) -> Self {
        let reduction = Reduction {
            grid: config.grid,
            reader: SceneReader::new(AssetReader::new(blobs), config.recipe.bands.clone()),
            program: Arc::new(config.recipe.program.clone()),
            concurrency: config.read.concurrency,
            memory: config.read.memory * 1_000_000,
            cores: cores.clone(),
            progress: progress.clone(),
            buffers: Arc::default(),
        };
        Self { source: SceneSource::new(http, config), reduction }
    }
}

/// What all tiles of a job share.
struct JobOfScenes<'a> {
    engine: &'a SceneEngine,
    periods: Vec<Period>,
    found: Found,
    began_at: String,
    replace: bool,
}

/// A tile that is to be made.
struct TileOfScenes {
    work: TileWork,
    need: Need,
    census: SceneCensus,
    /// The ids of its scenes.
    scenes: BTreeSet<String>,
    bytes_read: u64,
}

/// What is known of a tile before it is made.
enum Prepared {
    /// It stays as it is.
    Done(TileReport),
    /// It is to be made.
    Ahead(Box<TileOfScenes>),
}

impl TileOfScenes {
    /// Forgets what was made of it.
    fn forget(&mut self) {
        self.work.periods = PeriodReports::default();
        self.work.chunks.clear();
        self.bytes_read = 0;
    }
}

impl Workshop {
    /// Makes and commits the tiles of a job. A tile that fails leaves the others as they are.
    pub(super) async fn work_on_scenes(
        &self,
        engine: &SceneEngine,
        job: &Job,
        replace: bool,
        done: &mut Vec<TileReport>,
    ) -> Result<(), Error> {
        let (history, began_at) = self.beginning().await?;
        let periods = self.periods(&job.tiles)?;
        let need = Need::of_tiles(self.config.grid, &job.tiles, span(&periods));
        let found = engine.source.find(&need).await?;
        self.tell_malformed(found.malformed);
        let of_job = JobOfScenes { engine, periods, found, began_at, replace };
        let mut failure = None;
        let mut tiles = Vec::new();
        for &tile in &job.tiles {
            let need = Need::of_tiles(self.config.grid, &[tile], need.begins.clone());
            let work = TileWork::new(tile, need.positions.clone(), &history);
            match self.prepare(&of_job, work, need).await {
                Ok(Prepared::Ahead(tile)) => tiles.push(*tile),
                Ok(Prepared::Done(report)) => done.push(report),
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        let pixels = |tile: &TileOfScenes| self.config.grid.tile_window(tile.work.tile).pixels();
        let together = tiles.first().map_or(1, |tile| PIXELS_TOGETHER / pixels(tile).max(1));
        while !tiles.is_empty() {
            let rest = tiles.split_off(tiles.len().min(together.max(1) as usize));
            let mut group = mem::replace(&mut tiles, rest);
            let are_made = group.len() > 1 && self.make_together(&of_job, &mut group).await;
            for mut tile in group {
                // What one of them lacks must not keep the others back.
                if !are_made {
                    tile.forget();
                    if let Err(error) = self.make(&of_job, std::slice::from_mut(&mut tile)).await {
                        failure.get_or_insert(error);
                        continue;
                    }
                }
                match self.finish(&of_job, tile).await {
                    Ok(report) => done.push(report),
                    Err(error) => {
                        failure.get_or_insert(error);
                    }
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Finds out what a tile is to be made of, and whether that is worth it.
    async fn prepare(
        &self,
        of_job: &JobOfScenes<'_>,
        mut work: TileWork,
        need: Need,
    ) -> Result<Prepared, Error> {
        let JobOfScenes { engine, periods, found, replace, .. } = of_job;
        if let Some(unusable) = found.unusable_within(&need).next() {
            return Err(unusable.error.clone().into());
        }
        let scenes: Vec<&Scene> = found.of_need(&need).collect();
        work.fingerprint = found.fingerprint(&need);
        let census =
            SceneCensus::take(&engine.source, &self.config.catalog, &need, periods, &scenes)
                .await?;
        if !replace && let Some(report) = self.still_incomplete(&work, |at| census.of_period(at)) {
            self.progress.tile_done(&report);
            return Ok(Prepared::Done(report));
        }
        let scenes = scenes.into_iter().map(|scene| scene.id.clone()).collect();
        Ok(Prepared::Ahead(Box::new(TileOfScenes { work, need, census, scenes, bytes_read: 0 })))
    }

    /// Makes all periods of some tiles, unless anything of them fails.
    async fn make_together(&self, of_job: &JobOfScenes<'_>, tiles: &mut [TileOfScenes]) -> bool {
        let result = self.make(of_job, tiles).await;
        if let Err(error) = &result {
            let count = tiles.len();
            self.progress.say(&format!("floe: {error}: {count} tiles are made one by one"));
        }
        result.is_ok()
    }

    /// Makes all periods of some tiles.
    async fn make(
        &self,
        of_job: &JobOfScenes<'_>,
        tiles: &mut [TileOfScenes],
    ) -> Result<(), Error> {
        let JobOfScenes { engine, periods, found, .. } = of_job;
        let is_of_any = |scene: &&Scene| tiles.iter().any(|tile| tile.scenes.contains(&scene.id));
        let scenes: Vec<&Scene> = found.scenes.iter().filter(is_of_any).collect();
        for (index, period) in periods.iter().enumerate() {
            let scenes = in_order(&scenes, period, engine.reduction.program.one_per_day);
            let of_tile = |tile: &TileOfScenes| {
                let places = scenes.iter().enumerate();
                let own = places.filter(|(_, (_, scene))| tile.scenes.contains(&scene.id));
                TileTask {
                    window: self.config.grid.tile_window(tile.work.tile),
                    due: tile.census.due_days(index),
                    scenes: own.map(|(place, _)| place).collect(),
                }
            };
            let of_tiles: Vec<TileTask> = tiles.iter().map(of_tile).collect();
            let expected = of_tiles.iter().map(|tile| tile.scenes.len()).sum();
            self.progress.expect_granules(expected);
            let task =
                PeriodTask { begins: period.start, ends: period.end, scenes, tiles: of_tiles };
            let made = engine.reduction.run(&task).await?;
            for (tile, made) in tiles.iter_mut().zip(made) {
                self.take_in(found, tile, (index, period), made).await?;
            }
        }
        Ok(())
    }

    /// Uploads a period of a tile and notes what it was made of.
    async fn take_in(
        &self,
        found: &Found,
        tile: &mut TileOfScenes,
        (index, period): (usize, &Period),
        made: Option<PeriodWork>,
    ) -> Result<(), Error> {
        let census = tile.census.of_period(index);
        let mut report = PeriodReport {
            expected_composites: census.expected,
            found_composites: census.found,
            absent: census.absent,
            ..PeriodReport::new(period.label.clone())
        };
        report.rejected_granules = found.superseded_of(&tile.need, period);
        if let Some(made) = &made {
            tile.bytes_read += made.bytes;
            report.input_granules = made.read;
            report.empty_granules = made.empty;
        }
        if let Some(made) = made.filter(|made| made.valid_pixels > 0) {
            report.output_valid_pixels = made.valid_pixels;
            report.coverage = tile::coverage(self.config.grid, made.valid_pixels).percent();
            tile.work.chunks.extend(self.upload(&tile.work, index as u32, made).await?);
        } else {
            let places = tile::places(self.dataset.layout(), tile.work.tile, index as u32);
            tile.work.chunks.extend(places.map(StagedChunk::fill));
        }
        tile.work.periods.0.push(report);
        Ok(())
    }

    /// Commits a tile all periods of which are made.
    async fn finish(
        &self,
        of_job: &JobOfScenes<'_>,
        tile: TileOfScenes,
    ) -> Result<TileReport, Error> {
        let TileOfScenes { work, census, bytes_read, .. } = tile;
        let JobOfScenes { began_at, replace, .. } = of_job;
        self.commit(work, census.is_covered(), bytes_read, began_at, *replace).await
    }

    /// Encodes and uploads the chunks of all levels that are the tile's own.
    async fn upload(
        &self,
        work: &TileWork,
        period: u32,
        made: PeriodWork,
    ) -> Result<Vec<StagedChunk>, Error> {
        let (writer, layout, tile) =
            (self.writer.clone(), self.dataset.layout().clone(), work.tile);
        let encode = move || tile::encode(&writer, &layout, tile, period, made.planes);
        self.stage(self.cores.run(encode).await??).await
    }
}

/// The scenes of a period, each with its day in UTC, in the order in which their observations count: that of time; where one of a
/// day counts, within a day the newest production first, then the lowest id.
fn in_order(scenes: &[&Scene], period: &Period, one_per_day: bool) -> Vec<(i32, Scene)> {
    let mut of_period: Vec<(i32, Scene)> = scenes
        .iter()
        .map(|scene| (day(scene.begins), (*scene).clone()))
        .filter(|(day, _)| period.contains(*day))
        .collect();
    of_period.sort_by(|(day, scene), (other_day, other)| {
        let within = if one_per_day {
            scene.order_within_day(other)
        } else {
            (scene.begins, &scene.id).cmp(&(other.begins, &other.id))
        };
        day.cmp(other_day).then(within)
    });
    of_period
}

/// From the beginning of the first period to the end of the last one.
fn span(periods: &[Period]) -> Range<DateTime<Utc>> {
    let time = |day: i32| DateTime::UNIX_EPOCH + TimeDelta::days(day.into());
    let first = periods.iter().map(|period| period.start).min().unwrap_or_default();
    let end = periods.iter().map(|period| period.end).max().unwrap_or_default();
    time(first)..time(end)
}
