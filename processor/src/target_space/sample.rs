//! The numbers of a scene at a window's pixels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use floe_raster::align::{DenseBand, common_runs};
use floe_raster::extent::reaches;
use floe_raster::geotiff::{Decoder, FetchedFile};
use floe_raster::lattice::Lattice;
use floe_raster::reduce::{Observation, PeriodReducer, ReduceError};
use floe_raster::run::Run;
use floe_raster::samples::Samples;
use floe_raster::sampling::Sampling;
use floe_shared::encoding::Scalar;
use floe_shared::grid::Grid;
use floe_shared::window::PixelWindow;

use super::{OpenScene, SceneReadError};

/// How many rows of a window stand for each other when it is surveyed.
const SURVEYED: u32 = 16;

/// The samplings of a window, one for each lattice.
#[derive(Debug)]
pub(super) struct Samplings {
    /// The pixels that are made.
    pub(super) window: PixelWindow,
    known: BTreeMap<Lattice, Arc<Sampling>>,
}

/// A scene's bands as they were fetched for a window.
pub(super) struct FetchedScene {
    pub(super) item: String,
    pub(super) bands: Vec<(FetchedFile, Arc<Sampling>)>,
    pub(super) window: PixelWindow,
}

/// A decoder with room for one block and its pixels of the window; one for each thread.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    decoder: Decoder,
    decoded: Samples,
    numbers: Samples,
}

/// A scene's numbers at the pixels of a window.
#[derive(Default)]
pub(super) struct Sampled {
    parts: Vec<Part>,
    nodata: Vec<Option<Scalar>>,
}

/// Some of the pixels, and a number of each band for each.
struct Part {
    runs: Vec<Run>,
    bands: Vec<Samples>,
}

impl Samplings {
    /// Of the lattices of some scenes.
    pub(super) fn new(grid: Grid, window: PixelWindow, scenes: &[OpenScene]) -> Self {
        let mut known = BTreeMap::new();
        for band in scenes.iter().flat_map(|scene| &scene.bands) {
            known
                .entry(band.lattice)
                .or_insert_with(|| Arc::new(Sampling::new(grid, window, &band.lattice)));
        }
        Self { window, known }
    }

    /// Those of a scene's bands; `None` where one of the bands has no pixel in the window.
    pub(super) fn of(&self, scene: &OpenScene) -> Option<Vec<Arc<Sampling>>> {
        let each = scene.bands.iter().map(|band| {
            let sampling = self.known.get(&band.lattice)?;
            (!sampling.is_empty()).then(|| Arc::clone(sampling))
        });
        each.collect()
    }

    /// Bytes that they take for each pixel of the window.
    fn bytes_per_pixel(&self) -> usize {
        let bytes: usize = self.known.values().map(|sampling| sampling.bytes()).sum();
        bytes.div_ceil(self.window.pixels().max(1) as usize)
    }

    /// The most scenes of which a pixel of the window has a number.
    fn most_observations(&self, scenes: &[OpenScene]) -> usize {
        let mut of_lattice: BTreeMap<Lattice, i64> = BTreeMap::new();
        for band in scenes.iter().filter_map(|scene| scene.bands.first()) {
            *of_lattice.entry(band.lattice).or_default() += 1;
        }
        // The pixels at which runs begin and end, and how many scenes do: a window has many more pixels than runs.
        let mut ends: Vec<(u32, i64)> = Vec::new();
        for (lattice, scenes) in of_lattice {
            let Some(sampling) = self.known.get(&lattice) else { continue };
            for run in sampling.blocks().flat_map(|block| sampling.runs(block)) {
                ends.extend([(run.target, scenes), (run.target + run.length, -scenes)]);
            }
        }
        // Where one ends and the next begins they are not two.
        ends.sort_unstable();
        let counts = ends.into_iter().scan(0, |count, (_, change)| {
            *count += change;
            Some(*count)
        });
        counts.max().unwrap_or_default() as usize
    }
}

/// What has to be known of a window before it is cut into strips.
pub(super) struct Survey {
    /// The rasters that have a pixel in the window.
    reaching: BTreeSet<Lattice>,
    /// Bytes that samplings take for each pixel.
    pub(super) bytes_per_pixel: usize,
    /// The most scenes of which a pixel has a number.
    pub(super) most_observations: usize,
}

impl Survey {
    /// Of every [`SURVEYED`]th row; which scenes reach the window is found out for all of it.
    pub(super) fn new(grid: Grid, window: PixelWindow, scenes: &[OpenScene]) -> Self {
        let lattices = scenes.iter().flat_map(|scene| &scene.bands).map(|band| band.lattice);
        let mut lattices: BTreeSet<Lattice> = lattices.collect();
        lattices.retain(|lattice| reaches(grid, window, lattice));
        let mut survey = Self { reaching: lattices, bytes_per_pixel: 0, most_observations: 0 };
        for strip in window.strips(SURVEYED) {
            let samplings = Samplings::new(grid, PixelWindow { height: 1, ..strip }, scenes);
            survey.bytes_per_pixel = survey.bytes_per_pixel.max(samplings.bytes_per_pixel());
            let most = samplings.most_observations(scenes);
            survey.most_observations = survey.most_observations.max(most);
        }
        survey
    }

    /// Whether each of a scene's bands has a pixel in the window.
    pub(super) fn is_reached_by(&self, scene: &OpenScene) -> bool {
        scene.bands.iter().all(|band| self.reaching.contains(&band.lattice))
    }
}

impl FetchedScene {
    /// Bytes that were fetched.
    pub(super) fn bytes(&self) -> u64 {
        let pieces = self.bands.iter().flat_map(|(file, _)| &file.pieces);
        pieces.map(|piece| piece.bytes.len() as u64).sum()
    }

    /// Decodes the blocks and takes the numbers of the window's pixels.
    pub(super) fn sample(&self, buffers: &mut Buffers) -> Result<Sampled, SceneReadError> {
        let nodata = self.bands.iter().map(|(file, _)| file.directory.nodata).collect();
        let is_one_lattice = self.bands.windows(2).all(|pair| Arc::ptr_eq(&pair[0].1, &pair[1].1));
        let parts = match self.bands.first() {
            Some((_, sampling)) if is_one_lattice => self.by_block(sampling, buffers)?,
            _ => vec![self.aligned(buffers)?],
        };
        Ok(Sampled { parts, nodata })
    }

    /// Block by block, of bands of one lattice.
    fn by_block(
        &self,
        sampling: &Sampling,
        buffers: &mut Buffers,
    ) -> Result<Vec<Part>, SceneReadError> {
        let part = |block| {
            let mut bands = Vec::with_capacity(self.bands.len());
            for band in &self.bands {
                self.block(band, block, buffers)?;
                bands.push(std::mem::take(&mut buffers.numbers));
            }
            Ok(Part { runs: sampling.runs(block).to_vec(), bands })
        };
        sampling.blocks().map(part).collect()
    }

    /// Decodes a block of a band, and takes the numbers of the window's pixels.
    fn block(
        &self,
        (file, sampling): &(FetchedFile, Arc<Sampling>),
        block: usize,
        buffers: &mut Buffers,
    ) -> Result<(), SceneReadError> {
        let Buffers { decoder, decoded, numbers } = buffers;
        let of_file = |source| SceneReadError::GeoTiff { item: self.item.clone(), source };
        let stored = file.stored(block).map_err(of_file)?;
        decoder.samples(&file.directory, block, stored, decoded).map_err(of_file)?;
        let gathered = sampling.gather(decoded, block, numbers);
        gathered.map_err(|source| SceneReadError::Block { item: self.item.clone(), source })
    }

    /// All of the window, of bands of different lattices: the pixels that each of them has.
    fn aligned(&self, buffers: &mut Buffers) -> Result<Part, SceneReadError> {
        let pixels = self.window.pixels() as usize;
        let mut dense = Vec::with_capacity(self.bands.len());
        for band in &self.bands {
            let mut of_band: Option<DenseBand> = None;
            for block in band.1.blocks() {
                self.block(band, block, buffers)?;
                let numbers = &buffers.numbers;
                let of_band = of_band.get_or_insert_with(|| DenseBand::new(numbers, pixels));
                of_band.scatter(band.1.runs(block), numbers);
            }
            dense.extend(of_band);
        }
        let runs = common_runs(&dense, self.window.width as usize);
        let bands = dense.iter().map(|band| band.pick(&runs)).collect();
        Ok(Part { runs, bands })
    }
}

impl Sampled {
    /// Hands the numbers to a reducer; tells how many pixels count.
    pub(super) fn observe(
        &self,
        reducer: &mut PeriodReducer,
        composite: usize,
        date: i32,
    ) -> Result<u64, ReduceError> {
        let mut accepted = 0;
        for Part { runs, bands } in self.parts.iter().filter(|part| !part.runs.is_empty()) {
            let nodata = &self.nodata;
            let observation = Observation { composite, date, runs, bands, nodata };
            accepted += reducer.observe(&observation)?;
        }
        Ok(accepted)
    }
}
