//! What lies beneath the data: Natural Earth's shapes and names, as they come with the page (`viewer/assets/basemap`).
//!
//! The shapes at 1:110 million are part of the worker's module. The others are files beside the page: the names, read
//! after the first picture, and the shapes at 1:50 million, read when the map comes near.

pub mod places;
pub mod shapes;

use floe_shared::grid::Grid;
use floe_shared::land;

pub use places::{PlaceKind, PlaceName};
pub use shapes::{BaseMapError, Shapes};

/// The shapes at 1:50 million, relative to the page.
pub const FINE_SHAPES: &str = "basemap/shapes-50m.bin";
/// The names, relative to the page.
pub const PLACES: &str = "basemap/places.bin";
/// The zoom from which on the finer shapes are worth their bytes.
pub const FINE_ZOOM: f64 = 2.4;

/// What lies beneath the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BaseMap {
    /// Land, sea, lakes and lines that come with the page.
    #[default]
    Plain,
    /// Dark raster tiles from the network, over the plain map.
    OnlineDark,
    /// Light raster tiles from the network, over the plain map.
    OnlineLight,
    /// Satellite pictures from the network, over the plain map.
    OnlineSatellite,
}

/// The scale of shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scale {
    /// 1:110 million, for views of the world.
    Coarse,
    /// 1:50 million, for closer ones.
    Fine,
}

/// Whether each tile of a grid is land, in row-major order: the rule by which the processor chooses the
/// tiles that it processes, for the same shapes.
pub fn land_tiles(grid: Grid, coarse: &Shapes) -> Vec<bool> {
    land::tiles(grid, &coarse.land)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_grid_has_381_land_tiles() {
        let land = land_tiles(Grid::default(), &Shapes::coarse());
        assert_eq!(land.iter().filter(|land| **land).count(), 381);
        let row = |row: usize| -> String {
            land[row * 36..][..36].iter().map(|&land| if land { '#' } else { '.' }).collect()
        };
        assert_eq!(row(1), "#################..###.###########.#");
        assert_eq!(row(10), "#.........#####....#####.....#######");
    }
}
