//! A made-up annual temperature field on the real coasts: plausible to look at and to compress, never
//! to be taken for data.
//!
//! Zonal climate, relief in eight octaves, and a little noise in every pixel, so that its layers take
//! about as many bytes as real ones. Everything follows from the place alone, so tiles fit together.

use floe_raster::gather::TilePeriod;
use floe_raster::natural_earth::LandMask;
use floe_shared::grid::{Grid, TileIndex};
use ndarray::Array2;

/// Cells of the coast's bitmap: as fine as the full grid sees a coast drawn at 1:50 million.
const CELLS_PER_DEGREE: u32 = 60;
/// Digital numbers in a kelvin.
const PER_KELVIN: f32 = 50.0;
/// The freezing point as a digital number.
const ZERO_CELSIUS: f32 = 273.15 * PER_KELVIN;
/// Size in degrees and height of the relief's octaves.
const RELIEF: [(f64, f32); 8] = [
    (23.0, 0.9),
    (9.0, 0.7),
    (3.7, 0.45),
    (1.3, 0.25),
    (0.53, 0.14),
    (0.21, 0.08),
    (0.09, 0.05),
    (0.04, 0.03),
];
/// Size in degrees and strength in kelvin of what tells one year from another.
const WEATHER: [(f64, f32); 3] = [(31.0, 0.9), (11.0, 0.6), (3.1, 0.3)];

/// The field over a grid.
#[derive(Debug)]
pub(crate) struct Field {
    grid: Grid,
    land: LandMask,
}

/// What does not change from year to year in a tile.
#[derive(Debug)]
pub(crate) struct Ground {
    tile: TileIndex,
    /// Mean temperature as a digital number; negative at sea.
    mean: Array2<f32>,
    /// By how much the warmest composite exceeds the mean.
    excess: Array2<f32>,
}

impl Field {
    pub(crate) fn new(grid: Grid) -> Self {
        Self { grid, land: LandMask::new(CELLS_PER_DEGREE) }
    }

    /// What is the same every year.
    pub(crate) fn ground(&self, tile: TileIndex) -> Ground {
        let edge = self.grid.tile_pixels() as usize;
        let window = self.grid.tile_window(tile);
        let mut mean = Array2::zeros((edge, edge));
        let mut excess = Array2::zeros((edge, edge));
        let mut relief = vec![0.0_f32; edge];
        for row in 0..edge {
            let latitude = self.grid.latitude(window.row + row as u32);
            self.fill(&mut relief, 1, &RELIEF, latitude, window.col);
            let poleward = (latitude as f32).to_radians();
            let zonal = 55.0 * poleward.cos().max(0.0).powf(1.25) - 27.0;
            let season = 4.0 + 0.3 * (latitude as f32).abs();
            for (col, &height) in relief.iter().enumerate() {
                let longitude = self.grid.longitude(window.col + col as u32);
                if self.land.contains(longitude, latitude) {
                    let lowland = (-height).max(0.0);
                    let celsius = zonal - 9.0 * height.max(0.0) + 7.0 * lowland * poleward.cos();
                    mean[(row, col)] = ZERO_CELSIUS + celsius * PER_KELVIN;
                    excess[(row, col)] = (season + 5.0 * lowland) * PER_KELVIN;
                } else {
                    mean[(row, col)] = -1.0;
                }
            }
        }
        Ground { tile, mean, excess }
    }

    /// A year on that ground.
    pub(crate) fn year(&self, ground: &Ground, year: i32) -> TilePeriod {
        let edge = self.grid.tile_pixels() as usize;
        let window = self.grid.tile_window(ground.tile);
        let seed = year as u32;
        let mut means = Array2::<u16>::zeros((edge, edge));
        let mut maxima = means.clone();
        let mut valid_pixels = 0;
        let mut weather = vec![0.0_f32; edge];
        for row in 0..edge {
            let line = window.row + row as u32;
            self.fill(&mut weather, seed, &WEATHER, self.grid.latitude(line), window.col);
            for (col, &anomaly) in weather.iter().enumerate() {
                let mean = ground.mean[(row, col)];
                if mean < 0.0 {
                    continue;
                }
                let bits = hash(seed, line as i32, (window.col + col as u32) as i32);
                let mean = mean + anomaly * PER_KELVIN + bell(bits) * 4.0;
                let maximum = mean + ground.excess[(row, col)] + bell(bits.rotate_left(13)) * 16.0;
                means[(row, col)] = mean.round().clamp(7500.0, 65535.0) as u16;
                maxima[(row, col)] = maximum.round().clamp(7500.0, 65535.0) as u16;
                valid_pixels += 1;
            }
        }
        TilePeriod { planes: vec![means.into(), maxima.into()], valid_pixels }
    }

    /// Adds up octaves of value noise along a row of pixels that begins at column `first`.
    fn fill(&self, row: &mut [f32], seed: u32, octaves: &[(f64, f32)], latitude: f64, first: u32) {
        row.fill(0.0);
        for (number, &(size, strength)) in octaves.iter().enumerate() {
            let seed = seed.wrapping_mul(0x9e37_79b1).wrapping_add(number as u32);
            let south = (90.0 - latitude) / size;
            let line = south.floor() as i32;
            let down = ease(south.fract() as f32);
            let node = |column: i32| {
                let (above, below) =
                    (signed(hash(seed, line, column)), signed(hash(seed, line + 1, column)));
                strength * (above + (below - above) * down)
            };
            let (mut column, mut left, mut right) = (i32::MIN, 0.0, 0.0);
            for (col, pixel) in row.iter_mut().enumerate() {
                let east = (self.grid.longitude(first + col as u32) + 180.0) / size;
                let here = east as i32;
                if here != column {
                    (column, left, right) = (here, node(here), node(here + 1));
                }
                *pixel += left + (right - left) * ease(east.fract() as f32);
            }
        }
    }
}

/// 0 to 1 with level ends.
fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// Scrambles a place of a lattice.
fn hash(seed: u32, row: i32, col: i32) -> u32 {
    let mut h = seed
        ^ (row as u32).wrapping_mul(0x85eb_ca77)
        ^ (col as u32).wrapping_mul(0xc2b2_ae3d).rotate_left(7);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// -1 to 1.
fn signed(h: u32) -> f32 {
    (h >> 8) as f32 / 8_388_608.0 - 1.0
}

/// A bell of unit width from 32 random bits: the sum of four bytes.
fn bell(h: u32) -> f32 {
    let sum: u32 = h.to_le_bytes().into_iter().map(u32::from).sum();
    (sum as f32 - 510.0) / 147.8
}
