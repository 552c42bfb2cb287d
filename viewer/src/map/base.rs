//! The base map that comes with the page: land, lakes, coasts, borders and names.

use super::land;
use crate::render::{LineSet, RenderError, Renderer};

/// A name on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceName {
    /// The name.
    pub name: String,
    /// Longitude in degrees.
    pub lon: f64,
    /// Latitude in degrees.
    pub lat: f64,
    /// Smaller is more important.
    pub rank: u8,
    /// The zoom from which on it is shown.
    pub min_zoom: f64,
    /// Whether it names a point (a town) or an area (a country).
    pub point: bool,
}

/// A list of longitudes and latitudes in degrees that does not cross the antimeridian.
pub type Polyline = Vec<(f64, f64)>;

/// The shapes of the base map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BaseGeometry {
    /// Closed rings of land; what lies inside an odd number of them is land.
    pub land: Vec<Polyline>,
    /// Closed rings of lakes and of islands in them.
    pub lakes: Vec<Polyline>,
    /// Coasts.
    pub coasts: Vec<Polyline>,
    /// Borders between countries.
    pub borders: Vec<Polyline>,
    /// Names.
    pub places: Vec<PlaceName>,
}

impl BaseGeometry {
    /// Hands the shapes to the GPU, lines in the order coasts, lakes, borders.
    pub(super) fn upload(&self, renderer: &mut Renderer) -> Result<(), RenderError> {
        let mut sets = Vec::new();
        for lines in [&self.coasts, &self.lakes, &self.borders] {
            let mut set = LineSet::default();
            for line in lines {
                set.push(line.iter().copied());
            }
            sets.push(set);
        }
        renderer.set_lines(&sets)?;
        let (width, height) = land::SIZE;
        let rings = self.land.iter().chain(&self.lakes).map(Vec::as_slice);
        renderer.set_land(width as u32, height as u32, &land::coverage(rings, land::SIZE))
    }
}
