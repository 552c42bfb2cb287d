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

/// The scenes of a tile among those of a period.
#[derive(Clone, Debug)]
pub(super) struct Scenes {
    /// All of the period.
    pub(super) all: Arc<Vec<OpenScene>>,
    /// The places of the tile's.
    pub(super) places: Arc<[usize]>,
}

/// The samplings of a window, one for each lattice.
#[derive(Debug)]
pub(super) struct Samplings {
    /// The pixels that are made.
    pub(super) window: PixelWindow,
    known: BTreeMap<Lattice, Arc<Sampling>>,
}

/// A scene's files as they were fetched for some windows.
pub(super) struct FetchedScene {
    pub(super) item: String,
    /// By band.
    pub(super) files: Vec<FetchedFile>,
    pub(super) targets: Vec<Target>,
}

/// A window that needs a scene.
pub(super) struct Target {
    pub(super) window: PixelWindow,
    /// By band.
    pub(super) samplings: Vec<Arc<Sampling>>,
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

impl Scenes {
    fn iter(&self) -> impl Iterator<Item = &OpenScene> {
        self.places.iter().map(|place| &self.all[*place])
    }
}

impl Samplings {
    /// Of the lattices of some scenes.
    pub(super) fn new(grid: Grid, window: PixelWindow, scenes: &Scenes) -> Self {
        let mut known = BTreeMap::new();
        for band in scenes.iter().flat_map(|scene| &scene.bands) {
            known
                .entry(band.lattice)
                .or_insert_with(|| Arc::new(Sampling::new(grid, window, &band.lattice)));
        }
        Self { window, known }
    }

    /// What the window needs of a scene; `None` where one of the bands has no pixel in it.
    pub(super) fn target(&self, scene: &OpenScene) -> Option<Target> {
        let each = scene.bands.iter().map(|band| {
            let sampling = self.known.get(&band.lattice)?;
            (!sampling.is_empty()).then(|| Arc::clone(sampling))
        });
        Some(Target { window: self.window, samplings: each.collect::<Option<_>>()? })
    }

    /// Bytes that they take for each pixel of the window.
    fn bytes_per_pixel(&self) -> usize {
        let bytes: usize = self.known.values().map(|sampling| sampling.bytes()).sum();
        bytes.div_ceil(self.window.pixels().max(1) as usize)
    }

    /// The most scenes of which a pixel of the window has a number.
    fn most_observations(&self, scenes: &Scenes) -> usize {
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
    pub(super) fn new(grid: Grid, window: PixelWindow, scenes: &Scenes) -> Self {
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

/// The blocks of a band that any of some windows needs, in order.
pub(super) fn blocks(targets: &[Target], band: usize) -> Vec<usize> {
    let blocks: BTreeSet<usize> =
        targets.iter().flat_map(|target| target.samplings[band].blocks()).collect();
    blocks.into_iter().collect()
}

impl FetchedScene {
    /// Bytes that were fetched.
    pub(super) fn bytes(&self) -> u64 {
        let pieces = self.files.iter().flat_map(|file| &file.pieces);
        pieces.map(|piece| piece.bytes.len() as u64).sum()
    }

    /// Decodes the blocks, each once, and takes the numbers of each window's pixels.
    pub(super) fn sample(&self, buffers: &mut Buffers) -> Result<Vec<Sampled>, SceneReadError> {
        let nodata: Vec<_> = self.files.iter().map(|file| file.directory.nodata).collect();
        let is_one_lattice = self
            .targets
            .iter()
            .all(|target| target.samplings.windows(2).all(|pair| Arc::ptr_eq(&pair[0], &pair[1])));
        let parts = if is_one_lattice { self.by_block(buffers)? } else { self.aligned(buffers)? };
        Ok(parts.into_iter().map(|parts| Sampled { parts, nodata: nodata.clone() }).collect())
    }

    /// Block by block, of bands of one lattice: a list for each window.
    fn by_block(&self, buffers: &mut Buffers) -> Result<Vec<Vec<Part>>, SceneReadError> {
        let mut all: Vec<Vec<Part>> = self.targets.iter().map(|_| Vec::new()).collect();
        for block in blocks(&self.targets, 0) {
            for (target, parts) in self.targets.iter().zip(&mut all) {
                let runs = target.samplings[0].runs(block);
                if !runs.is_empty() {
                    parts.push(Part { runs: runs.to_vec(), bands: Vec::new() });
                }
            }
            for band in 0..self.files.len() {
                self.decode(band, block, buffers)?;
                for (target, parts) in self.targets.iter().zip(&mut all) {
                    let Some(part) = parts.last_mut().filter(|part| part.bands.len() == band)
                    else {
                        continue;
                    };
                    self.gather(target, band, block, buffers)?;
                    part.bands.push(std::mem::take(&mut buffers.numbers));
                }
            }
        }
        Ok(all)
    }

    /// All of each window, of bands of different lattices: the pixels that each of them has.
    fn aligned(&self, buffers: &mut Buffers) -> Result<Vec<Vec<Part>>, SceneReadError> {
        let mut dense: Vec<Vec<DenseBand>> = self.targets.iter().map(|_| Vec::new()).collect();
        for band in 0..self.files.len() {
            for block in blocks(&self.targets, band) {
                self.decode(band, block, buffers)?;
                for (target, dense) in self.targets.iter().zip(&mut dense) {
                    let runs = target.samplings[band].runs(block);
                    if runs.is_empty() {
                        continue;
                    }
                    self.gather(target, band, block, buffers)?;
                    let numbers = &buffers.numbers;
                    if dense.len() == band {
                        dense.push(DenseBand::new(numbers, target.window.pixels() as usize));
                    }
                    dense[band].scatter(runs, numbers);
                }
            }
        }
        let part = |(target, dense): (&Target, Vec<DenseBand>)| {
            let runs = common_runs(&dense, target.window.width as usize);
            let bands = dense.iter().map(|band| band.pick(&runs)).collect();
            vec![Part { runs, bands }]
        };
        Ok(self.targets.iter().zip(dense).map(part).collect())
    }

    fn decode(
        &self,
        band: usize,
        block: usize,
        buffers: &mut Buffers,
    ) -> Result<(), SceneReadError> {
        let of_file = |source| SceneReadError::GeoTiff { item: self.item.clone(), source };
        let file = &self.files[band];
        let stored = file.stored(block).map_err(of_file)?;
        let Buffers { decoder, decoded, .. } = buffers;
        decoder.samples(&file.directory, block, stored, decoded).map_err(of_file)
    }

    /// Takes the numbers of a window's pixels out of a block that was decoded.
    fn gather(
        &self,
        target: &Target,
        band: usize,
        block: usize,
        buffers: &mut Buffers,
    ) -> Result<(), SceneReadError> {
        let gathered = target.samplings[band].gather(&buffers.decoded, block, &mut buffers.numbers);
        gathered.map_err(|source| SceneReadError::Block { item: self.item.clone(), source })
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
