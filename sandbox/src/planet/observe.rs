//! What MODIS sees of a position in one composite: temperatures and quality bits, pixel by pixel.

use super::land::Run;
use super::noise::{add_lattice_row, pixel_bits};
use super::weather::{State, Weather};
use super::{NODES, PITCH, Planet};
use crate::chance::mix;
use crate::granule_name::Platform;
use floe_raster::sinusoidal::{PIXELS, POSITION_METRES, Position, RADIUS};

/// One look at one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) position: Position,
    pub(crate) platform: Platform,
    pub(crate) year: i32,
    /// First day of the composite, 1 to 366.
    pub(crate) day_of_year: u32,
    /// How many times the granule has been made again: each time its values change.
    pub(crate) remake: u32,
}

/// The two layers, 1200 x 1200 each, row by row from the north-west.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pixels {
    /// Digital numbers of 0.02 K, 0 where there is none.
    pub(crate) temperature: Vec<u16>,
    /// Quality bits as in MOD11A2's `QC_Day`.
    pub(crate) quality: Vec<u8>,
}

/// Quality: not produced because of clouds.
const CLOUDED: u8 = 2;
/// Quality: not produced for other reasons (sea, night).
const NOT_PRODUCED: u8 = 3;
/// The quality bits of a pixel with a value, by how close clouds are: the combinations that real
/// granules hold. Bits 0-1 are 0 (good) or 1 (nominal).
const QUALITY_NEAR_CLOUDS: [(f32, u8); 4] = [(-0.05, 145), (-0.09, 81), (-0.2, 65), (-0.22, 17)];
/// The sun must climb this many degrees above the horizon at noon for a daytime value.
const DAYLIGHT: f32 = 3.0;

/// One row of the lattice, interpolated between node rows.
struct LatticeRow {
    kelvin: [f32; NODES as usize],
    cloud: [f32; NODES as usize],
    rough: [f32; NODES as usize],
}

/// One row's working space, one entry per pixel.
struct PixelRow {
    kelvin: Vec<f32>,
    cloud: Vec<f32>,
    texture: Vec<f32>,
}

impl Planet {
    /// Looks at a position.
    pub(crate) fn observe(&self, observation: &Observation) -> Pixels {
        let Observation { position, platform, year, day_of_year, remake } = *observation;
        let weather = Weather::new(self.seed, platform, year, day_of_year);
        let states = self.states(position, &weather, remake);
        let rough: Vec<f32> = self.lattice(position).climate.iter().map(|c| c.rough).collect();
        let land = self.land.of(position);
        let name = (u64::from(year.unsigned_abs()) << 32)
            | (u64::from(day_of_year) << 16)
            | (u64::from(remake) << 8)
            | u64::from(platform == Platform::Aqua);
        let date_seed = mix(u64::from(self.seed) ^ mix(name)) as u32;

        let count = (PIXELS * PIXELS) as usize;
        let mut pixels = Pixels { temperature: vec![0; count], quality: vec![NOT_PRODUCED; count] };
        let empty = || vec![0.0; PIXELS as usize];
        let mut line = PixelRow { kelvin: empty(), cloud: empty(), texture: empty() };
        for row in 0..PIXELS {
            let runs = land.row(row);
            let (Some(first), Some(last)) = (runs.first(), runs.last()) else { continue };
            if (latitude(position, row) - weather.declination).abs() > 90.0 - DAYLIGHT {
                continue;
            }
            let lattice = LatticeRow::between(&states, &rough, row);
            let columns =
                u32::from(first.start) / PITCH * PITCH..u32::from(last.end).next_multiple_of(PITCH);
            line.fill(self.seed, date_seed, position, row, columns, &lattice);
            let base = (row * PIXELS) as usize;
            for run in runs {
                let span = base + usize::from(run.start)..base + usize::from(run.end);
                line.classify(
                    *run,
                    |col| {
                        let (x, y) = global_pixel(position, col, row);
                        pixel_bits(date_seed, x, y)
                    },
                    &mut pixels.temperature[span.clone()],
                    &mut pixels.quality[span],
                );
            }
        }
        pixels
    }

    /// The state at each node.
    fn states(&self, position: Position, weather: &Weather, remake: u32) -> Vec<State> {
        let lattice = self.lattice(position);
        let shift = remake as f32;
        let nodes = lattice.climate.iter().zip(&lattice.sphere).enumerate();
        nodes
            .map(|(index, (climate, sphere))| {
                let row = index as u32 / NODES * PITCH;
                let state = weather.at(latitude(position, row), *sphere, climate);
                State { kelvin: state.kelvin + 1.5 * shift, cloud: state.cloud - 0.1 * shift }
            })
            .collect()
    }
}

impl LatticeRow {
    fn between(states: &[State], rough: &[f32], row: u32) -> Self {
        let above = (row / PITCH * NODES) as usize;
        let below = above + NODES as usize;
        let down = (row % PITCH) as f32 / PITCH as f32;
        let lerp = |a: f32, b: f32| a + (b - a) * down;
        Self {
            kelvin: std::array::from_fn(|n| {
                lerp(states[above + n].kelvin, states[below + n].kelvin)
            }),
            cloud: std::array::from_fn(|n| lerp(states[above + n].cloud, states[below + n].cloud)),
            rough: std::array::from_fn(|n| lerp(rough[above + n], rough[below + n])),
        }
    }
}

impl PixelRow {
    /// Works out temperature and cloud for columns of a row; the range's ends are multiples of
    /// [`PITCH`].
    fn fill(
        &mut self,
        seed: u32,
        date_seed: u32,
        position: Position,
        row: u32,
        columns: std::ops::Range<u32>,
        lattice: &LatticeRow,
    ) {
        let (x, y) = global_pixel(position, columns.start, row);
        let span = columns.start as usize..columns.end as usize;
        let texture = &mut self.texture[span.clone()];
        texture.fill(0.0);
        add_lattice_row::<16>(texture, seed ^ 0x101, x, y, 1.3);
        add_lattice_row::<8>(texture, seed ^ 0x202, x, y, 1.1);
        add_lattice_row::<4>(texture, seed ^ 0x303, x, y, 0.8);
        let cloud = &mut self.cloud[span];
        cloud.fill(0.0);
        add_lattice_row::<16>(cloud, date_seed ^ 0x404, x, y, 0.16);
        add_lattice_row::<4>(cloud, date_seed ^ 0x505, x, y, 0.12);
        let pitch = PITCH as usize;
        for node in (columns.start / PITCH) as usize..(columns.end / PITCH) as usize {
            let step =
                |values: &[f32]| (values[node], (values[node + 1] - values[node]) / PITCH as f32);
            let (kelvin, warmer) = step(&lattice.kelvin);
            let (clouds, denser) = step(&lattice.cloud);
            let (rough, rougher) = step(&lattice.rough);
            let span = node * pitch..(node + 1) * pitch;
            let texture = &self.texture[span.clone()];
            let pixels = self.kelvin[span.clone()].iter_mut().zip(&mut self.cloud[span]);
            for (offset, ((out, cloud), texture)) in pixels.zip(texture).enumerate() {
                let t = offset as f32;
                *out = kelvin + warmer * t + (rough + rougher * t) * texture;
                *cloud += clouds + denser * t;
            }
        }
    }

    /// Turns a run's temperature and cloud into digital numbers and quality bits.
    fn classify(
        &self,
        run: Run,
        bits: impl Fn(u32) -> u32,
        temperature: &mut [u16],
        quality: &mut [u8],
    ) {
        let span = usize::from(run.start)..usize::from(run.end);
        let inputs = self.kelvin[span.clone()].iter().zip(&self.cloud[span]);
        let outputs = temperature.iter_mut().zip(quality);
        for ((col, (kelvin, cloud)), (number, flags)) in
            (u32::from(run.start)..).zip(inputs).zip(outputs)
        {
            let bits = bits(col);
            let jitter = ((bits & 0xffff) as f32 - 32_768.0) * (0.7 / 32_768.0);
            (*number, *flags) = pixel(kelvin + jitter, *cloud, bits >> 16);
        }
    }
}

/// A pixel's digital number and quality bits; `rare` holds 16 random bits.
fn pixel(kelvin: f32, cloud: f32, rare: u32) -> (u16, u8) {
    let number = |kelvin: f32| (kelvin * 50.0 + 0.5).max(7500.0) as u16;
    if cloud > 0.0 {
        return (0, CLOUDED);
    }
    if cloud > -0.01 {
        // Edges of clouds: a value which its quality bits forbid to use, too cold or too warm.
        return if rare & 1 == 0 {
            (number(kelvin - 18.0), CLOUDED)
        } else {
            (number(kelvin + 9.0), NOT_PRODUCED | 64)
        };
    }
    let quality = QUALITY_NEAR_CLOUDS
        .iter()
        .find_map(|&(above, quality)| (cloud > above).then_some(quality))
        .unwrap_or(0);
    match rare {
        // Below the valid range although the quality bits are fine.
        0..=7 => (1 + (rare * 937) as u16, quality),
        // A hot outlier that only its quality bits give away.
        8..=15 => (number(kelvin + 40.0), NOT_PRODUCED | 128),
        _ => (number(kelvin), quality),
    }
}

/// Latitude of a row's centre in degrees.
fn latitude(position: Position, row: u32) -> f32 {
    let (_, north) = position.corner();
    let metres = north - (f64::from(row) + 0.5) * (POSITION_METRES / f64::from(PIXELS));
    (metres / RADIUS).to_degrees() as f32
}

/// A pixel's column and row over the whole sinusoidal grid.
fn global_pixel(position: Position, col: u32, row: u32) -> (u32, u32) {
    (u32::from(position.h) * PIXELS + col, u32::from(position.v) * PIXELS + row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(seed: u64, platform: Platform, remake: u32) -> Pixels {
        let position = Position { h: 18, v: 4 };
        let observation = Observation { position, platform, year: 2020, day_of_year: 185, remake };
        Planet::new(seed).observe(&observation)
    }

    #[test]
    fn the_seed_the_satellite_and_the_production_decide_the_pixels() {
        let first = look(1, Platform::Terra, 0);
        assert_eq!(first, look(1, Platform::Terra, 0));
        assert_ne!(first, look(2, Platform::Terra, 0));
        assert_ne!(first, look(1, Platform::Aqua, 0));
        assert_ne!(first, look(1, Platform::Terra, 1));
    }

    #[test]
    fn a_granule_holds_every_kind_of_pixel_that_a_reader_must_tell_apart() {
        let pixels = look(1, Platform::Terra, 0);
        let count = |test: fn(u16, u8) -> bool| {
            pixels.temperature.iter().zip(&pixels.quality).filter(|(n, q)| test(**n, **q)).count()
        };
        assert!(count(|n, q| n == 0 && q == CLOUDED) > 1000, "clouds");
        assert!(count(|n, q| n == 0 && q == NOT_PRODUCED) > 1000, "sea");
        assert!(count(|n, q| n >= 7500 && q == 0) > 100_000, "good values");
        assert!(count(|n, q| n >= 7500 && q & 3 == 1) > 1000, "nominal values");
        assert!(count(|n, q| n >= 7500 && q & 3 > 1) > 100, "forbidden values");
        assert!(count(|n, q| n > 0 && n < 7500 && q & 3 <= 1) > 10, "values below the valid range");
        assert_eq!(count(|n, q| n == 0 && q & 3 <= 1), 0, "good quality without a value");
    }
}
