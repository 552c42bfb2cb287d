//! One period of one tile: from its scenes to the planes that are stored.

use std::sync::{Arc, Mutex, PoisonError};

use floe_raster::plane::Plane;
use floe_raster::program::Program;
use floe_raster::reduce::{Composite, PeriodReducer, Reduced, bytes_per_pixel};
use floe_shared::encoding::DataType;
use floe_shared::grid::Grid;
use floe_shared::window::PixelWindow;
use futures::future::try_join_all;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::sample::{Buffers, FetchedScene, Sampled, Samplings, Survey};
use super::{OpenScene, SceneReadError, SceneReader};
use crate::cores::Cores;
use crate::error::Error;
use crate::report::progress::Progress;
use crate::scene::Scene;

/// What all tiles of a process share.
pub(crate) struct Reduction {
    pub(crate) grid: Grid,
    pub(crate) reader: SceneReader,
    pub(crate) program: Arc<Program>,
    /// Scenes under download at once.
    pub(crate) concurrency: usize,
    /// Bytes that one period of a tile may take.
    pub(crate) memory: usize,
    pub(crate) cores: Cores,
    pub(crate) progress: Progress,
    /// Those that are free.
    pub(crate) buffers: Arc<Mutex<Vec<Buffers>>>,
}

/// A period of a tile.
pub(crate) struct PeriodTask {
    /// The tile's pixels.
    pub(crate) window: PixelWindow,
    /// The first day, in days since 1970.
    pub(crate) begins: i32,
    /// The day after the last one.
    pub(crate) ends: i32,
    /// First days of the composites that are due, ascending.
    pub(crate) due: Vec<i32>,
    /// The scenes, each with its day, in the order in which they count.
    pub(crate) scenes: Vec<(i32, Scene)>,
}

/// What was made of a period.
pub(crate) struct PeriodWork {
    /// By the order of the program's outputs.
    pub(crate) planes: Vec<Plane>,
    /// Pixels with an observation that counts for any of them.
    pub(crate) valid_pixels: u64,
    /// Scenes that reach the tile.
    pub(crate) read: u64,
    /// Of these, scenes without a pixel that counts.
    pub(crate) empty: u64,
    /// Bytes that were fetched.
    pub(crate) bytes: u64,
}

/// A scene that reaches the tile.
struct Step {
    /// Its place among the period's scenes.
    place: usize,
    /// The place of its composite.
    composite: usize,
    /// Its day, in days since 1970.
    date: i32,
}

/// How a period is reduced.
struct Plan {
    scenes: Arc<Vec<OpenScene>>,
    /// The scenes that reach the tile, in the order in which they count.
    steps: Vec<Step>,
    composites: Vec<Composite>,
    /// How many days the period has.
    days: u16,
}

/// What one strip of a tile gave.
struct Strip {
    reduced: Reduced,
    /// Pixels that count, of each step.
    accepted: Vec<u64>,
    bytes: u64,
}

/// What the strips of a tile gave so far.
#[derive(Default)]
struct Made {
    planes: Vec<Plane>,
    /// Pixels that count, of each step.
    accepted: Vec<u64>,
    valid_pixels: u64,
    bytes: u64,
}

impl Reduction {
    /// Reduces a period of a tile; `None` where no scene reaches it.
    ///
    /// # Errors
    /// Where any of the scenes cannot be read: nothing is made without it.
    pub(crate) async fn run(&self, task: &PeriodTask) -> Result<Option<PeriodWork>, Error> {
        let scenes: Vec<OpenScene> = stream::iter(&task.scenes)
            .map(|(_, scene)| self.reader.open(scene))
            .buffered(self.concurrency)
            .try_collect()
            .await?;
        let scenes = Arc::new(scenes);
        let survey = self.survey(task.window, &scenes).await?;
        let plan = Plan::new(task, scenes, &survey);
        // Those that do not reach the tile are done with.
        for _ in plan.steps.len()..task.scenes.len() {
            self.progress.granule_done(0);
        }
        if plan.steps.is_empty() {
            return Ok(None);
        }
        let rows = self.rows_of_a_strip(task.window, &plan, &survey)?;
        let mut made = Made::default();
        for window in task.window.strips(rows) {
            let strip = self.strip(&plan, window, made.planes.is_empty()).await?;
            made.append(task.window, strip)?;
        }
        Ok(Some(PeriodWork {
            planes: made.planes,
            valid_pixels: made.valid_pixels,
            read: plan.steps.len() as u64,
            empty: made.accepted.iter().filter(|accepted| **accepted == 0).count() as u64,
            bytes: made.bytes,
        }))
    }

    async fn survey(
        &self,
        window: PixelWindow,
        scenes: &Arc<Vec<OpenScene>>,
    ) -> Result<Survey, Error> {
        let (grid, scenes) = (self.grid, Arc::clone(scenes));
        self.cores.run(move || Survey::new(grid, window, &scenes)).await
    }

    /// How many rows of a tile can be reduced at once.
    fn rows_of_a_strip(
        &self,
        window: PixelWindow,
        plan: &Plan,
        survey: &Survey,
    ) -> Result<u32, Error> {
        let first = &plan.scenes[plan.steps[0].place];
        let types: Vec<DataType> =
            first.bands.iter().map(|band| band.directory.data_type).collect();
        let observations = survey.most_observations;
        let reducing = bytes_per_pixel(&self.program, &types, plan.composites.len(), observations)?;
        let a_pixel = reducing + survey.bytes_per_pixel;
        let rows = self.memory / (a_pixel.max(1) * window.width as usize);
        Ok(u32::try_from(rows).unwrap_or(u32::MAX))
    }

    async fn samplings(
        &self,
        window: PixelWindow,
        scenes: &Arc<Vec<OpenScene>>,
    ) -> Result<Samplings, Error> {
        let (grid, scenes) = (self.grid, Arc::clone(scenes));
        self.cores.run(move || Samplings::new(grid, window, &scenes)).await
    }

    /// Reduces the pixels of some rows; the progress counts the scenes of the first ones.
    async fn strip(
        &self,
        plan: &Plan,
        window: PixelWindow,
        is_first: bool,
    ) -> Result<Strip, Error> {
        let samplings = &self.samplings(window, &plan.scenes).await?;
        let pixels = window.pixels() as usize;
        let program = Arc::clone(&self.program);
        let mut reducer = PeriodReducer::new(program, pixels, &plan.composites, plan.days)?;
        let sampled = stream::iter(&plan.steps)
            .map(|step| self.fetch(&plan.scenes[step.place], samplings))
            .buffered(self.concurrency)
            .map(|fetched| self.sample(fetched))
            .buffered(self.cores.count());
        let mut sampled = std::pin::pin!(sampled.zip(stream::iter(&plan.steps)));
        let (mut all_accepted, mut all_bytes) = (Vec::new(), 0);
        while let Some((sampled, &Step { composite, date, .. })) = sampled.next().await {
            let (sampled, bytes) = sampled?;
            all_bytes += bytes;
            let observe = move || {
                let accepted = sampled.observe(&mut reducer, composite, date);
                (reducer, accepted)
            };
            let (observed, accepted) = self.cores.run(observe).await?;
            reducer = observed;
            all_accepted.push(accepted?);
            if is_first {
                self.progress.granule_done(bytes);
            }
        }
        let reduced = self.cores.run(move || reducer.finish()).await?;
        Ok(Strip { reduced, accepted: all_accepted, bytes: all_bytes })
    }

    /// Fetches what a window needs of a scene; `None` where one of its bands has no pixel in it.
    async fn fetch(
        &self,
        scene: &OpenScene,
        samplings: &Samplings,
    ) -> Result<Option<FetchedScene>, SceneReadError> {
        let Some(of_bands) = samplings.of(scene) else { return Ok(None) };
        let files = scene.bands.iter().zip(of_bands).map(async |(band, sampling)| {
            let file = self.reader.fetch(scene, band, &sampling).await?;
            Ok::<_, SceneReadError>((file, sampling))
        });
        let bands = try_join_all(files).await?;
        Ok(Some(FetchedScene { item: scene.id.clone(), bands, window: samplings.window }))
    }

    /// Decodes a scene on a core; tells its bytes besides.
    async fn sample(
        &self,
        fetched: Result<Option<FetchedScene>, SceneReadError>,
    ) -> Result<(Sampled, u64), Error> {
        let Some(fetched) = fetched? else { return Ok((Sampled::default(), 0)) };
        let bytes = fetched.bytes();
        let buffers = Arc::clone(&self.buffers);
        let sampled = self.cores.run(move || {
            let free = buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut own = free.unwrap_or_default();
            let sampled = fetched.sample(&mut own);
            buffers.lock().unwrap_or_else(PoisonError::into_inner).push(own);
            sampled
        });
        Ok((sampled.await??, bytes))
    }
}

impl Plan {
    /// Composites are those that are due, and the days of scenes besides.
    fn new(task: &PeriodTask, scenes: Arc<Vec<OpenScene>>, survey: &Survey) -> Self {
        let days = task.scenes.iter().map(|(day, _)| *day);
        let mut composites: Vec<i32> = task.due.iter().copied().chain(days.clone()).collect();
        composites.sort_unstable();
        composites.dedup();
        let of_period = |day: i32| u16::try_from(day - task.begins + 1).unwrap_or(u16::MAX);
        let step = |(place, date)| {
            let composite = composites.binary_search(&date).ok()?;
            survey.is_reached_by(&scenes[place]).then_some(Step { place, composite, date })
        };
        let steps = days.enumerate().filter_map(step).collect();
        let day = |&day: &i32| Composite { day: of_period(day) };
        Self {
            steps,
            composites: composites.iter().map(day).collect(),
            days: of_period(task.ends - 1),
            scenes,
        }
    }
}

impl Made {
    /// Puts the next strip of a window below those before.
    fn append(&mut self, window: PixelWindow, strip: Strip) -> Result<(), Error> {
        let cols = window.width as usize;
        let planes = strip.reduced.planes.into_iter().map(|numbers| {
            let rows = numbers.len() / cols;
            Plane::from_samples(numbers, rows, cols)
        });
        let planes: Vec<Plane> = planes.collect::<Option<_>>().ok_or_else(|| Error::Internal {
            message: format!("expected planes of {cols} columns"),
        })?;
        if self.planes.is_empty() {
            self.planes = planes;
            self.accepted = strip.accepted;
        } else {
            for (all, below) in self.planes.iter_mut().zip(&planes) {
                all.append(below)?;
            }
            for (all, accepted) in self.accepted.iter_mut().zip(strip.accepted) {
                *all += accepted;
            }
        }
        self.valid_pixels += strip.reduced.valid_pixels;
        self.bytes += strip.bytes;
        Ok(())
    }
}
