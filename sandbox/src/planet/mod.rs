//! A made-up planet on the real coasts: relief, climate, seasons and clouds, all from one seed.
//!
//! Plausible to look at, never to be taken for data. What changes slowly over the ground is worked
//! out on a lattice every [`PITCH`] pixels and interpolated; only texture is per pixel.

mod climate;
mod land;
mod noise;
mod observe;
mod weather;

use std::sync::OnceLock;

use self::climate::{Climate, ClimateModel};
pub(super) use self::land::Land;
use self::land::place;
pub(super) use self::observe::Observation;
use super::chance::mix;
use floe_raster::sinusoidal::{HORIZONTAL, PIXELS, Position, VERTICAL};

/// Pixels between lattice nodes.
const PITCH: u32 = 16;
/// Nodes along a position's edge.
const NODES: u32 = PIXELS / PITCH + 1;

/// The planet.
#[derive(Debug)]
pub(super) struct Planet {
    seed: u32,
    land: Land,
    climate: ClimateModel,
    /// Each position's lattice, worked out when it is first observed; about 160 KB each.
    lattices: Vec<OnceLock<Lattice>>,
}

/// What a position is like whatever the date: one entry per node, row by row from the north-west.
#[derive(Debug)]
struct Lattice {
    climate: Vec<Climate>,
    /// Places on the unit sphere.
    sphere: Vec<[f32; 3]>,
}

impl Planet {
    pub(super) fn new(seed: u64) -> Self {
        let seed = mix(seed) as u32;
        let land = Land::new();
        let climate = ClimateModel::new(seed, &land);
        let count = (HORIZONTAL * VERTICAL) as usize;
        Self { seed, land, climate, lattices: (0..count).map(|_| OnceLock::new()).collect() }
    }

    /// Where the land is.
    pub(super) const fn land(&self) -> &Land {
        &self.land
    }

    fn lattice(&self, position: Position) -> &Lattice {
        let index = usize::from(position.v) * HORIZONTAL as usize + usize::from(position.h);
        self.lattices[index].get_or_init(|| {
            let nodes = (NODES * NODES) as usize;
            let mut lattice =
                Lattice { climate: Vec::with_capacity(nodes), sphere: Vec::with_capacity(nodes) };
            for row in 0..NODES {
                for col in 0..NODES {
                    let (longitude, latitude) = place(position, col * PITCH, row * PITCH);
                    let longitude = longitude.clamp(-180.0, 180.0);
                    let sphere = on_sphere(longitude, latitude);
                    lattice.climate.push(self.climate.at(
                        longitude as f32,
                        latitude as f32,
                        sphere,
                    ));
                    lattice.sphere.push(sphere);
                }
            }
            lattice
        })
    }
}

/// A place on the unit sphere, from degrees.
fn on_sphere(longitude: f64, latitude: f64) -> [f32; 3] {
    let (longitude, latitude) = (longitude.to_radians(), latitude.to_radians());
    [
        (latitude.cos() * longitude.cos()) as f32,
        (latitude.cos() * longitude.sin()) as f32,
        latitude.sin() as f32,
    ]
}
