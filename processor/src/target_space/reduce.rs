//! One period of one tile: from its scenes to the planes that are stored.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use floe_raster::plane::Plane;
use floe_raster::program::Program;
use floe_raster::reduce::{Composite, PeriodReducer, ReduceError, Reduced, bytes_per_pixel};
use floe_shared::encoding::DataType;
use floe_shared::grid::Grid;
use floe_shared::window::PixelWindow;
use futures::future::try_join_all;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::sample::{Buffers, FetchedScene, Sampled, Samplings, Scenes, Survey, Target, blocks};
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

/// A period of some tiles.
pub(crate) struct PeriodTask {
    /// The first day, in days since 1970.
    pub(crate) begins: i32,
    /// The day after the last one.
    pub(crate) ends: i32,
    /// The scenes of all tiles, each with its day, in the order in which they count.
    pub(crate) scenes: Vec<(i32, Scene)>,
    /// The tiles.
    pub(crate) tiles: Vec<TileTask>,
}

/// A tile of a period.
pub(crate) struct TileTask {
    /// Its pixels.
    pub(crate) window: PixelWindow,
    /// First days of the composites that are due, ascending.
    pub(crate) due: Vec<i32>,
    /// The places of its scenes among those of all tiles, ascending.
    pub(crate) scenes: Vec<usize>,
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

/// How a period of a tile is reduced.
struct Plan {
    window: PixelWindow,
    scenes: Scenes,
    /// The scenes that reach the tile, in the order in which they count.
    steps: Vec<Step>,
    composites: Vec<Composite>,
    /// How many days the period has.
    days: u16,
    /// Bytes that a pixel takes.
    bytes_per_pixel: usize,
}

/// Rows of a tile that are reduced at once.
struct Strip {
    /// The place of the tile among the plans.
    plan: usize,
    window: PixelWindow,
}

/// What a strip gave.
struct Outcome {
    reduced: Reduced,
    /// Pixels that count, of each step.
    accepted: Vec<u64>,
    bytes: u64,
}

/// A strip that takes a scene.
#[derive(Clone, Copy)]
struct Use {
    /// Its place among the strips.
    strip: usize,
    /// The place of the scene's composite.
    composite: usize,
    /// The scene's day, in days since 1970.
    date: i32,
    /// Whether it is the first of its tile.
    is_first: bool,
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
    /// Reduces a period of some tiles, which share what is read for more than one of them as far as memory goes; `None` for a
    /// tile that no scene reaches.
    ///
    /// # Errors
    /// Where any of the scenes cannot be read: nothing is made without it.
    pub(crate) async fn run(&self, task: &PeriodTask) -> Result<Vec<Option<PeriodWork>>, Error> {
        let scenes: Vec<OpenScene> = stream::iter(&task.scenes)
            .map(|(_, scene)| self.reader.open(scene))
            .buffered(self.concurrency)
            .try_collect()
            .await?;
        let scenes = Arc::new(scenes);
        let mut plans = Vec::with_capacity(task.tiles.len());
        for tile in &task.tiles {
            let scenes = Scenes { all: Arc::clone(&scenes), places: tile.scenes.clone().into() };
            let survey = self.survey(tile.window, &scenes).await?;
            let plan = self.plan(task, tile, scenes, &survey)?;
            // Those that do not reach the tile are done with.
            for _ in plan.steps.len()..tile.scenes.len() {
                self.progress.granule_done(0);
            }
            plans.push(plan);
        }
        let mut made: Vec<Made> = plans.iter().map(|_| Made::default()).collect();
        for strips in self.batches(&plans) {
            let outcomes = self.reduce(&plans, &strips).await?;
            for (strip, outcome) in strips.iter().zip(outcomes) {
                made[strip.plan].append(strip.window, outcome)?;
            }
        }
        let work = |(plan, made): (&Plan, Made)| {
            (!plan.steps.is_empty()).then(|| PeriodWork {
                planes: made.planes,
                valid_pixels: made.valid_pixels,
                read: plan.steps.len() as u64,
                empty: made.accepted.iter().filter(|accepted| **accepted == 0).count() as u64,
                bytes: made.bytes,
            })
        };
        Ok(plans.iter().zip(made).map(work).collect())
    }

    async fn survey(&self, window: PixelWindow, scenes: &Scenes) -> Result<Survey, Error> {
        let (grid, scenes) = (self.grid, scenes.clone());
        self.cores.run(move || Survey::new(grid, window, &scenes)).await
    }

    async fn samplings(&self, window: PixelWindow, scenes: &Scenes) -> Result<Samplings, Error> {
        let (grid, scenes) = (self.grid, scenes.clone());
        self.cores.run(move || Samplings::new(grid, window, &scenes)).await
    }

    /// Composites are those that are due, and the days of scenes besides.
    fn plan(
        &self,
        task: &PeriodTask,
        tile: &TileTask,
        scenes: Scenes,
        survey: &Survey,
    ) -> Result<Plan, Error> {
        let of_tile = tile.scenes.iter().map(|&place| (place, task.scenes[place].0));
        let days = of_tile.clone().map(|(_, day)| day);
        let mut composites: Vec<i32> = tile.due.iter().copied().chain(days).collect();
        composites.sort_unstable();
        composites.dedup();
        let of_period = |day: i32| u16::try_from(day - task.begins + 1).unwrap_or(u16::MAX);
        let step = |(place, date): (usize, i32)| {
            let composite = composites.binary_search(&date).ok()?;
            survey.is_reached_by(&scenes.all[place]).then_some(Step { place, composite, date })
        };
        let steps: Vec<Step> = of_tile.filter_map(step).collect();
        let day = |&day: &i32| Composite { day: of_period(day) };
        let composites: Vec<Composite> = composites.iter().map(day).collect();
        let bands = steps.first().map_or(&[][..], |step| &scenes.all[step.place].bands);
        let types: Vec<DataType> = bands.iter().map(|band| band.directory.data_type).collect();
        let observations = survey.most_observations;
        let reducing = bytes_per_pixel(&self.program, &types, composites.len(), observations)?;
        Ok(Plan {
            window: tile.window,
            scenes,
            steps,
            composites,
            days: of_period(task.ends - 1),
            bytes_per_pixel: reducing + survey.bytes_per_pixel,
        })
    }

    /// Which strips of the tiles are reduced together: as many as memory has room for, in the order of tiles and rows.
    fn batches(&self, plans: &[Plan]) -> Vec<Vec<Strip>> {
        let mut batches: Vec<Vec<Strip>> = Vec::new();
        let mut taken = usize::MAX;
        for (place, plan) in plans.iter().enumerate().filter(|(_, plan)| !plan.steps.is_empty()) {
            let a_row = plan.bytes_per_pixel.max(1) * plan.window.width as usize;
            let rows = u32::try_from(self.memory / a_row).unwrap_or(u32::MAX);
            for window in plan.window.strips(rows) {
                let strip = Strip { plan: place, window };
                let bytes = a_row * window.height as usize;
                taken = taken.saturating_add(bytes);
                match batches.last_mut() {
                    Some(batch) if taken <= self.memory => batch.push(strip),
                    _ => {
                        batches.push(vec![strip]);
                        taken = bytes;
                    }
                }
            }
        }
        batches
    }

    /// Reduces some strips, for which each scene is read once. The progress counts the scenes of a tile's first one.
    async fn reduce(&self, plans: &[Plan], strips: &[Strip]) -> Result<Vec<Outcome>, Error> {
        let mut all_samplings = Vec::with_capacity(strips.len());
        let mut reducers = Vec::with_capacity(strips.len());
        let mut uses: BTreeMap<usize, Vec<Use>> = BTreeMap::new();
        for (strip, &Strip { plan, window }) in strips.iter().enumerate() {
            let plan = &plans[plan];
            all_samplings.push(self.samplings(window, &plan.scenes).await?);
            let (program, pixels) = (Arc::clone(&self.program), window.pixels() as usize);
            reducers.push(PeriodReducer::new(program, pixels, &plan.composites, plan.days)?);
            for &Step { place, composite, date } in &plan.steps {
                let is_first = window.row == plan.window.row;
                uses.entry(place).or_default().push(Use { strip, composite, date, is_first });
            }
        }
        let Some(scenes) = plans.first().map(|plan| &plan.scenes.all) else {
            return Ok(Vec::new());
        };
        let sampled = stream::iter(&uses)
            .map(|(place, uses)| self.fetch(&scenes[*place], uses, &all_samplings))
            .buffered(self.concurrency)
            .map(|fetched| self.sample(fetched))
            .buffered(self.cores.count());
        let mut sampled = std::pin::pin!(sampled.zip(stream::iter(uses.values())));
        let mut accepted: Vec<Vec<u64>> = strips.iter().map(|_| Vec::new()).collect();
        let mut bytes: Vec<u64> = vec![0; strips.len()];
        while let Some((sampled, uses)) = sampled.next().await {
            let (sampled, read) = sampled?;
            // Shared by those who use it; the first has the rest.
            let share = read / uses.len().max(1) as u64;
            for (order, of) in uses.iter().enumerate() {
                let rest = if order == 0 { read % uses.len() as u64 } else { 0 };
                bytes[of.strip] += share + rest;
                if of.is_first {
                    self.progress.granule_done(share + rest);
                }
            }
            let uses = uses.clone();
            let observe = move || {
                let mut counts = Vec::with_capacity(uses.len());
                for (sampled, Use { strip, composite, date, .. }) in sampled.iter().zip(uses) {
                    let count = sampled.observe(&mut reducers[strip], composite, date)?;
                    counts.push((strip, count));
                }
                Ok::<_, ReduceError>((reducers, counts))
            };
            let (observed, counts) = self.cores.run(observe).await??;
            reducers = observed;
            for (strip, count) in counts {
                accepted[strip].push(count);
            }
        }
        let mut outcomes = Vec::with_capacity(strips.len());
        for ((reducer, accepted), bytes) in reducers.into_iter().zip(accepted).zip(bytes) {
            let reduced = self.cores.run(move || reducer.finish()).await?;
            outcomes.push(Outcome { reduced, accepted, bytes });
        }
        Ok(outcomes)
    }

    /// Fetches what strips need of a scene; for each use its place among the targets, if it has a pixel of each band.
    async fn fetch(
        &self,
        scene: &OpenScene,
        uses: &[Use],
        samplings: &[Samplings],
    ) -> Result<(FetchedScene, Vec<bool>), SceneReadError> {
        let targets: Vec<Option<Target>> =
            uses.iter().map(|of| samplings[of.strip].target(scene)).collect();
        let has_pixels = targets.iter().map(Option::is_some).collect();
        let targets: Vec<Target> = targets.into_iter().flatten().collect();
        let files = scene.bands.iter().enumerate().map(async |(place, band)| {
            self.reader.fetch(scene, band, blocks(&targets, place)).await
        });
        let files = if targets.is_empty() { Vec::new() } else { try_join_all(files).await? };
        Ok((FetchedScene { item: scene.id.clone(), files, targets }, has_pixels))
    }

    /// Decodes a scene on a core: its numbers for each use, and its bytes.
    async fn sample(
        &self,
        fetched: Result<(FetchedScene, Vec<bool>), SceneReadError>,
    ) -> Result<(Vec<Sampled>, u64), Error> {
        let (fetched, has_pixels) = fetched?;
        let bytes = fetched.bytes();
        let buffers = Arc::clone(&self.buffers);
        let sampled = self.cores.run(move || {
            let free = buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut own = free.unwrap_or_default();
            let sampled = fetched.sample(&mut own);
            buffers.lock().unwrap_or_else(PoisonError::into_inner).push(own);
            sampled
        });
        let mut sampled = sampled.await??.into_iter();
        let of_use = |has_pixels: bool| {
            if has_pixels { sampled.next().unwrap_or_default() } else { Sampled::default() }
        };
        Ok((has_pixels.into_iter().map(of_use).collect(), bytes))
    }
}

impl Made {
    /// Puts the next strip of a window below those before.
    fn append(&mut self, window: PixelWindow, strip: Outcome) -> Result<(), Error> {
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
