//! The base map that comes with the page: land, lakes, coasts and borders.

use std::cell::RefCell;

use super::land;
use crate::basemap::Shapes;
use crate::render::{LineSet, RenderError, Renderer};

/// A list of longitudes and latitudes in degrees that does not cross the antimeridian.
pub type Polyline = Vec<(f64, f64)>;

/// The shapes of the base map.
#[derive(Debug, Default)]
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
    /// What the GPU gets of them, from its making until it has it.
    prepared: RefCell<Option<Prepared>>,
}

/// Shapes in the form in which the GPU takes them.
#[derive(Debug)]
struct Prepared {
    /// Coasts, shores, borders.
    lines: [LineSet; 3],
    /// Coverage of land.
    land: Vec<u8>,
}

impl BaseGeometry {
    /// The geometry of some shapes.
    pub fn new(shapes: &Shapes, is_fine: bool) -> Self {
        let outlines = |rings: &[floe_shared::linework::Line]| {
            rings.iter().flat_map(floe_shared::linework::Line::without_cuts).collect()
        };
        let points = |lines: &[floe_shared::linework::Line]| {
            lines.iter().map(|line| line.points.clone()).collect()
        };
        Self {
            coasts: outlines(&shapes.land),
            shores: outlines(&shapes.lakes),
            land: points(&shapes.land),
            lakes: points(&shapes.lakes),
            borders: points(&shapes.borders),
            is_fine,
            prepared: RefCell::default(),
        }
    }

    /// Does the arithmetic before there is a GPU to use its result.
    #[must_use]
    pub fn prepared(self) -> Self {
        self.prepared.replace(Some(self.prepare()));
        self
    }

    /// Columns and rows of the picture of the land.
    pub(super) const fn land_size(&self) -> (usize, usize) {
        if self.is_fine { land::FINE } else { land::COARSE }
    }

    /// Hands the shapes to the GPU, lines in the order coasts, shores, borders.
    pub(super) fn upload(&self, renderer: &mut Renderer) -> Result<(), RenderError> {
        // Made anew for a context that takes the place of a lost one.
        let Prepared { lines, land } = self.prepared.take().unwrap_or_else(|| self.prepare());
        renderer.set_lines(&lines)?;
        let (width, height) = self.land_size();
        renderer.set_land(width as u32, height as u32, &land)
    }

    fn prepare(&self) -> Prepared {
        let lines = [&self.coasts, &self.shores, &self.borders].map(|lines| {
            let mut set = LineSet::default();
            for line in lines {
                set.push(line.iter().copied());
            }
            set
        });
        let rings = self.land.iter().chain(&self.lakes).map(Vec::as_slice);
        Prepared { lines, land: land::coverage(rings, self.land_size()) }
    }
}
