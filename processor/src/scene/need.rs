//! Which scenes a job needs: where and when. Pure.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{DateTime, Utc};
use floe_raster::needed;
use floe_raster::sinusoidal::Position;
use floe_shared::grid::{Grid, TileIndex};

use super::area::LonLatBox;
use super::land_name::LandName;

/// Boxes of items are drawn around polygons whose corners alone are exact: the edges of a UTM square of 110 km bend by up to
/// 0.004°, those that span a wider zone by more.
const MARGIN: f64 = 0.1;

/// Where and when the observations lie that a job needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// A box that holds the job's pixels.
    pub bounds: LonLatBox,
    /// The positions of the sinusoidal grid that hold their centres: footprints of granules are coarse, while these are exact.
    pub positions: BTreeSet<Position>,
    /// When the observations begin.
    pub begins: Range<DateTime<Utc>>,
}

impl Need {
    /// What neighbouring tiles of one row need.
    pub fn of_tiles(grid: Grid, tiles: &[TileIndex], begins: Range<DateTime<Utc>>) -> Self {
        let boxes: Vec<_> = tiles.iter().map(|&tile| grid.tile_bounds(tile)).collect();
        let least = |edge: fn(&floe_shared::grid::Bounds) -> f64| {
            boxes.iter().map(edge).fold(f64::INFINITY, f64::min)
        };
        let most = |edge: fn(&floe_shared::grid::Bounds) -> f64| {
            boxes.iter().map(edge).fold(f64::NEG_INFINITY, f64::max)
        };
        let bounds = LonLatBox {
            west: least(|bounds| bounds.west),
            south: least(|bounds| bounds.south),
            east: most(|bounds| bounds.east),
            north: most(|bounds| bounds.north),
        };
        Self { bounds, positions: needed::positions(grid, tiles), begins }
    }

    /// The box in which items are looked for.
    pub(super) fn searched(&self) -> LonLatBox {
        self.bounds.widened(MARGIN)
    }

    /// Whether a place is needed: by the position where an item's name tells it, else by its box. An item that says neither may
    /// lie anywhere.
    pub(super) fn has_place(&self, name: Option<&LandName>, bbox: Option<LonLatBox>) -> bool {
        match name {
            Some(name) => self.positions.contains(&name.position),
            None => bbox.is_none_or(|bbox| bbox.meets(self.searched())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_need_the_positions_of_their_pixels_and_what_meets_their_box() {
        let grid = Grid::new(0.05, 10.0).unwrap();
        let tiles = [TileIndex { row: 4, col: 18 }, TileIndex { row: 4, col: 19 }];
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let begins = time("2021-01-01T00:00:00Z")..time("2022-01-01T00:00:00Z");
        let need = Need::of_tiles(grid, &tiles, begins);
        assert_eq!(need.bounds, LonLatBox { west: 0.0, south: 40.0, east: 20.0, north: 50.0 });
        let name = |position: &str| LandName::read(&format!("MOD10A2.A2021001.{position}.061"));
        // The granule's box may say what it will.
        let far = LonLatBox::new(100.0, 0.0, 101.0, 1.0);
        assert!(need.has_place(name("h18v04").as_ref(), far));
        assert!(!need.has_place(name("h20v04").as_ref(), None));
        assert!(!need.has_place(None, far));
        assert!(need.has_place(None, LonLatBox::new(20.05, 45.0, 21.0, 46.0)));
        assert!(need.has_place(None, None));
    }
}
