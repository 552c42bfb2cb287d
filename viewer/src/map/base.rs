//! The base map that comes with the page: land, lakes, coasts and borders.

use super::land;
use crate::basemap::Shapes;
use crate::render::{LineSet, RenderError, Renderer};

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
    /// Shores of lakes.
    pub shores: Vec<Polyline>,
    /// Borders between countries.
    pub borders: Vec<Polyline>,
    /// Whether the shapes are those for closer views, and land is worth a finer picture.
    pub is_fine: bool,
}

impl BaseGeometry {
    /// The geometry of some shapes.
    pub fn new(shapes: Shapes, is_fine: bool) -> Self {
        let outlines = |rings: &[floe_shared::linework::Line]| {
            rings.iter().flat_map(floe_shared::linework::Line::without_cuts).collect()
        };
        let points = |lines: Vec<floe_shared::linework::Line>| {
            lines.into_iter().map(|line| line.points).collect()
        };
        Self {
            coasts: outlines(&shapes.land),
            shores: outlines(&shapes.lakes),
            land: points(shapes.land),
            lakes: points(shapes.lakes),
            borders: points(shapes.borders),
            is_fine,
        }
    }

    /// Columns and rows of the picture of the land.
    pub(super) const fn land_size(&self) -> (usize, usize) {
        if self.is_fine { land::FINE } else { land::COARSE }
    }

    /// Hands the shapes to the GPU, lines in the order coasts, shores, borders.
    pub(super) fn upload(&self, renderer: &mut Renderer) -> Result<(), RenderError> {
        let mut sets = Vec::new();
        for lines in [&self.coasts, &self.shores, &self.borders] {
            let mut set = LineSet::default();
            for line in lines {
                set.push(line.iter().copied());
            }
            sets.push(set);
        }
        renderer.set_lines(&sets)?;
        let size = self.land_size();
        let rings = self.land.iter().chain(&self.lakes).map(Vec::as_slice);
        renderer.set_land(size.0 as u32, size.1 as u32, &land::coverage(rings, size))
    }
}
