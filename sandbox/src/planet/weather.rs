//! The planet's weather: what a date adds to the climate.

use super::climate::Climate;
use super::noise::fractal;
use crate::granule_name::Platform;

/// When, and with which eyes, the planet is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    seed: u32,
    year: i32,
    /// Days since the start of the record's era: moves the fields along.
    days: f32,
    /// Phase of the year, 0 to 1.
    phase: f32,
    /// Degrees of latitude where the sun stands overhead.
    pub(super) declination: f32,
    platform: Platform,
}

/// The state of a place on a date.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    /// Daytime temperature of the surface in K.
    pub(super) kelvin: f32,
    /// Above 0: hidden by clouds during the whole composite; the more below 0, the clearer.
    pub(super) cloud: f32,
}

impl Weather {
    pub(super) fn new(seed: u32, platform: Platform, year: i32, day_of_year: u32) -> Self {
        let phase = (day_of_year as f32 + 3.5) / 365.25;
        let declination = -23.44 * ((phase + 10.0 / 365.25) * std::f32::consts::TAU).cos();
        let days = (year - 2000) as f32 * 365.25 + day_of_year as f32;
        Self { seed, year, days, phase, declination, platform }
    }

    /// The state of a place: its latitude in degrees, its place on the unit sphere, its climate.
    pub(super) fn at(&self, latitude: f32, sphere: [f32; 3], climate: &Climate) -> State {
        let turn = std::f32::consts::TAU;
        // Warmest about 28 days after the solstice, in each hemisphere's own summer.
        let summer = ((self.phase - 200.0 / 365.25) * turn).cos() * (latitude / 12.0).tanh();
        let year_seed = self.seed ^ (self.year as u32).wrapping_mul(0x9e37_79b1);
        let anomaly = 1.4 * fractal(year_seed, sphere, 2.5, 2) + 0.03 * (self.year - 2020) as f32;
        let epoch = self.seed ^ (self.days as u32 / 8).wrapping_mul(0x85eb_ca6b);
        let variable = 1.0 + latitude.abs().min(65.0) / 30.0;
        let spell = variable * fractal(epoch, sphere, 5.0, 2);
        let afternoon = match self.platform {
            Platform::Terra => 0.0,
            Platform::Aqua => 1.2 + 2.2 * climate.dry,
        };
        let celsius = climate.mean + climate.season * summer + anomaly + spell + afternoon;
        // Ice does not get warmer than its melting point.
        let celsius = celsius + climate.ice * (celsius.min(-1.5) - celsius);
        State { kelvin: celsius + 273.15, cloud: self.cloud(latitude, sphere, climate, summer) }
    }

    fn cloud(&self, latitude: f32, sphere: [f32; 3], climate: &Climate, summer: f32) -> f32 {
        let rains = (-((latitude - 0.55 * self.declination) / 10.0).powi(2)).exp();
        let storms = (-((latitude.abs() - 58.0) / 14.0).powi(2)).exp();
        let winter = (-summer).max(0.0) * (latitude.abs() / 50.0).min(1.0);
        let bias = -0.52 + 0.42 * rains + 0.22 * storms + 0.16 * winter - 0.55 * climate.dry;
        // The pattern drifts eastwards from composite to composite and changes as it goes.
        let drift = self.days * 0.004;
        let (sin, cos) = drift.sin_cos();
        let [x, y, z] = sphere;
        let moved = [x * cos + y * sin, y * cos - x * sin, z + self.days * 0.011];
        let eyes = match self.platform {
            Platform::Terra => 0x55,
            Platform::Aqua => 0x66,
        };
        bias + 0.75 * fractal(self.seed ^ 0x77, moved, 6.0, 3)
            + 0.35 * fractal(self.seed ^ eyes, moved, 40.0, 3)
    }
}
