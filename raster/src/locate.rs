//! Which pixel of a raster holds the centre of each pixel of a window.

use floe_shared::grid::Grid;
use floe_shared::window::PixelWindow;

use crate::centres::Centres;
use crate::crs::Crs;
use crate::lattice::Lattice;
use crate::sinusoidal::Affine;
use crate::utm::{Meridian, Parallel, Zone};

/// A pixel of a raster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourcePixel {
    /// Its row, in the order of the file.
    pub(crate) row: u32,
    /// Its column.
    pub(crate) col: u32,
}

/// One axis of a raster.
#[derive(Clone, Copy)]
struct Axis {
    affine: Affine,
    count: u32,
}

impl Axis {
    /// The row or column that holds a coordinate, if the raster has it.
    #[inline]
    fn index(self, coordinate: f64) -> Option<u32> {
        u32::try_from(self.affine.index(coordinate)).ok().filter(|&index| index < self.count)
    }
}

/// Looks up the pixels of a raster for the rows of a window.
///
/// `floor(coordinate in pixels + 1e-10)` for both axes, as in [`Affine`]: a centre on an edge belongs to the pixel behind
/// it. Terms that rows or columns share are computed once, which changes no bit of a coordinate.
pub(crate) struct Locator {
    grid: Grid,
    window: PixelWindow,
    rows: Axis,
    columns: Axis,
    terms: Terms,
}

/// What is known of a window's columns.
enum Terms {
    Sinusoidal(Centres),
    /// The column of the raster for each column.
    Geographic(Vec<Option<u32>>),
    Utm(Zone, Vec<Meridian>),
}

impl Locator {
    /// Of a window and a raster.
    pub(crate) fn new(grid: Grid, window: PixelWindow, lattice: &Lattice) -> Self {
        let (transform, layout) = (lattice.transform(), lattice.layout());
        let columns = Axis { affine: transform.columns(), count: layout.width };
        let longitudes = (window.col..window.end_col()).map(|col| grid.longitude(col));
        let terms = match lattice.crs() {
            Crs::Sinusoidal => Terms::Sinusoidal(Centres::of_window(grid, window)),
            Crs::Geographic => {
                // Files count their longitudes from anywhere.
                let turned = |longitude: f64| {
                    let turns = [longitude, longitude + 360.0, longitude - 360.0];
                    turns.into_iter().find_map(|longitude| columns.index(longitude))
                };
                Terms::Geographic(longitudes.map(turned).collect())
            }
            Crs::Utm { zone, south } => {
                let zone = Zone::new(zone, south);
                Terms::Utm(zone, longitudes.map(|longitude| zone.meridian(longitude)).collect())
            }
        };
        let rows = Axis { affine: transform.rows(), count: layout.height };
        Self { grid, window, rows, columns, terms }
    }

    /// Puts the pixel of each column of a row, counted from the window's own, in the place of what was in the list.
    pub(crate) fn row(&self, row: u32, pixels: &mut Vec<Option<SourcePixel>>) {
        pixels.clear();
        let latitude = self.grid.latitude(self.window.row + row);
        match &self.terms {
            Terms::Sinusoidal(centres) => {
                let width = centres.width();
                if let Some(source) = self.rows.index(centres.y(row as usize)) {
                    let columns = centres.xs(row as usize, 0..width).map(|x| self.columns.index(x));
                    pixels.extend(columns.map(|col| Some(SourcePixel { row: source, col: col? })));
                }
            }
            Terms::Geographic(columns) => {
                if let Some(source) = self.rows.index(latitude) {
                    let columns = columns.iter();
                    pixels
                        .extend(columns.map(|col| Some(SourcePixel { row: source, col: (*col)? })));
                }
            }
            Terms::Utm(zone, meridians) => {
                let parallel = Parallel::new(latitude);
                pixels.extend(meridians.iter().map(|&meridian| {
                    let (x, y) = zone.project(parallel, meridian);
                    Some(SourcePixel { row: self.rows.index(y)?, col: self.columns.index(x)? })
                }));
            }
        }
    }
}
