//! A job of scenes: its tiles are reduced in target space, one after the other.

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
use crate::target_space::{PeriodTask, PeriodWork, Reduction, SceneReader};
use crate::tile::{self, PeriodReport};

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
        for &tile in &job.tiles {
            let need = Need::of_tiles(self.config.grid, &[tile], need.begins.clone());
            let work = TileWork::new(tile, need.positions.clone(), &history);
            match self.make_of_scenes(&of_job, work, &need).await {
                Ok(report) => done.push(report),
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Makes one tile.
    async fn make_of_scenes(
        &self,
        of_job: &JobOfScenes<'_>,
        mut work: TileWork,
        need: &Need,
    ) -> Result<TileReport, Error> {
        let JobOfScenes { engine, periods, found, began_at, replace } = of_job;
        if let Some(unusable) = found.unusable_within(need).next() {
            return Err(unusable.error.clone().into());
        }
        let scenes: Vec<&Scene> = found.of_need(need).collect();
        work.fingerprint = found.fingerprint(need);
        let census =
            SceneCensus::take(&engine.source, &self.config.catalog, need, periods, &scenes).await?;
        if !replace && let Some(report) = self.still_incomplete(&work, |at| census.of_period(at)) {
            self.progress.tile_done(&report);
            return Ok(report);
        }
        let mut bytes_read = 0;
        for (index, period) in periods.iter().enumerate() {
            let task = PeriodTask {
                window: self.config.grid.tile_window(work.tile),
                begins: period.start,
                ends: period.end,
                due: census.due_days(index),
                scenes: in_order(&scenes, period, engine.reduction.program.one_per_day),
            };
            self.progress.expect_granules(task.scenes.len());
            let made = engine.reduction.run(&task).await?;
            let census = census.of_period(index);
            let mut report = PeriodReport {
                expected_composites: census.expected,
                found_composites: census.found,
                absent: census.absent,
                ..PeriodReport::new(period.label.clone())
            };
            report.rejected_granules = found.superseded_of(need, period);
            match made {
                Some(made) if made.valid_pixels > 0 => {
                    bytes_read += made.bytes;
                    report.input_granules = made.read;
                    report.empty_granules = made.empty;
                    report.output_valid_pixels = made.valid_pixels;
                    report.coverage = tile::coverage(self.config.grid, made.valid_pixels).percent();
                    work.chunks.extend(self.upload(&work, index as u32, made).await?);
                }
                nothing => {
                    if let Some(made) = nothing {
                        bytes_read += made.bytes;
                        report.input_granules = made.read;
                        report.empty_granules = made.empty;
                    }
                    let places = tile::places(self.dataset.layout(), work.tile, index as u32);
                    work.chunks.extend(places.map(StagedChunk::fill));
                }
            }
            work.periods.0.push(report);
        }
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
