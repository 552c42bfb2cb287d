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

use super::sample::{Buffers, FetchedScene, Sampled, Samplings};
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
        let whole = self.samplings(task.window, &scenes).await?;
        let plan = Plan::new(task, scenes, &whole);
        // Those that do not reach the tile are done with.
        for _ in plan.steps.len()..task.scenes.len() {
            self.progress.granule_done(0);
        }
        if plan.steps.is_empty() {
            return Ok(None);
        }
        let rows = self.rows_of_a_strip(task.window, &plan, &whole)?;
        let mut strips = Vec::new();
        if rows == task.window.height {
            strips.push(self.strip(&plan, &whole, true).await?);
        } else {
            drop(whole);
            for first in (0..task.window.height).step_by(rows as usize) {
                let height = rows.min(task.window.height - first);
                let window = PixelWindow { row: task.window.row + first, height, ..task.window };
                let samplings = self.samplings(window, &plan.scenes).await?;
                strips.push(self.strip(&plan, &samplings, first == 0).await?);
            }
        }
        let is_empty = |step: &usize| strips.iter().all(|strip: &Strip| strip.accepted[*step] == 0);
        Ok(Some(PeriodWork {
            valid_pixels: strips.iter().map(|strip| strip.reduced.valid_pixels).sum(),
            read: plan.steps.len() as u64,
            empty: (0..plan.steps.len()).filter(is_empty).count() as u64,
            bytes: strips.iter().map(|strip| strip.bytes).sum(),
            planes: planes(task.window, strips)?,
        }))
    }

    /// How many rows of a tile can be reduced at once.
    fn rows_of_a_strip(
        &self,
        window: PixelWindow,
        plan: &Plan,
        samplings: &Samplings,
    ) -> Result<u32, Error> {
        let first = &plan.scenes[plan.steps[0].place];
        let types: Vec<DataType> =
            first.bands.iter().map(|band| band.directory.data_type).collect();
        let observations = samplings.most_observations(plan.reaching());
        let reducing = bytes_per_pixel(&self.program, &types, plan.composites.len(), observations)?;
        let a_pixel = reducing + samplings.bytes_per_pixel();
        let rows = self.memory / (a_pixel.max(1) * window.width as usize);
        Ok(u32::try_from(rows).unwrap_or(u32::MAX).clamp(1, window.height))
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
        samplings: &Samplings,
        is_first: bool,
    ) -> Result<Strip, Error> {
        let pixels = samplings.window.pixels() as usize;
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
    fn new(task: &PeriodTask, scenes: Arc<Vec<OpenScene>>, samplings: &Samplings) -> Self {
        let days = task.scenes.iter().map(|(day, _)| *day);
        let mut composites: Vec<i32> = task.due.iter().copied().chain(days.clone()).collect();
        composites.sort_unstable();
        composites.dedup();
        let of_period = |day: i32| u16::try_from(day - task.begins + 1).unwrap_or(u16::MAX);
        let step = |(place, date)| {
            samplings.of(&scenes[place])?;
            let composite = composites.binary_search(&date).ok()?;
            Some(Step { place, composite, date })
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

    /// The scenes that reach the tile.
    fn reaching(&self) -> impl Iterator<Item = &OpenScene> {
        self.steps.iter().map(|step| &self.scenes[step.place])
    }
}

/// Puts the strips of each output below each other.
fn planes(window: PixelWindow, strips: Vec<Strip>) -> Result<Vec<Plane>, Error> {
    let cols = window.width as usize;
    let mut all: Vec<Plane> = Vec::new();
    for strip in strips {
        let planes = strip.reduced.planes.into_iter().map(|numbers| {
            let rows = numbers.len() / cols;
            Plane::from_samples(numbers, rows, cols)
        });
        let planes: Vec<Plane> = planes.collect::<Option<_>>().ok_or_else(|| Error::Internal {
            message: format!("expected planes of {cols} columns"),
        })?;
        if all.is_empty() {
            all = planes;
            continue;
        }
        for (all, below) in all.iter_mut().zip(&planes) {
            all.append(below)?;
        }
    }
    Ok(all)
}
