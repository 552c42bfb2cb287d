//! The land rule: a tile is land when it shares area with the land of the world.
//!
//! The land is a list of rings that are cut at the antimeridian and closed over the pole, so that
//! longitude and latitude are plain plane coordinates. Which tiles are land follows from Natural Earth's
//! 1:110m land; whoever asks brings those rings.

use crate::grid::{Bounds, Grid, TileIndex};
use crate::linework::{Line, Place};
use crate::order::sort_by_number;

/// Which tiles of its grid a dataset covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cover {
    /// Those that are land.
    Land,
    /// All.
    All,
}

/// Whether each tile of the grid is land, row by row from the north-west.
///
/// A tile is land when an edge of the coast runs through it or, where none does, when its centre is
/// land. An edge that only follows the tile's border is none that runs through it.
pub fn tiles(grid: Grid, rings: &[Line]) -> Vec<bool> {
    let mut land = vec![false; grid.tile_count()];
    for (from, to) in rings.iter().flat_map(Line::edges) {
        mark_crossed(grid, from, to, &mut land);
    }
    for row in 0..grid.tile_rows() {
        let mut row = grid.row_of_tiles(row).peekable();
        let Some(first) = row.peek() else { break };
        let north = 90.0 - f64::from(first.row) * grid.tile_degrees();
        let crossings = crossings(rings, north - grid.tile_degrees() / 2.0);
        for tile in row {
            let centre = (f64::from(tile.col) + 0.5) * grid.tile_degrees() - 180.0;
            let west_of_it = crossings.partition_point(|&longitude| longitude < centre);
            land[grid.tile_ordinal(tile)] |= west_of_it % 2 == 1;
        }
    }
    land
}

/// The longitudes at which a parallel crosses the rings, ascending. Land lies between the first and
/// the second, the third and the fourth, and so on.
pub fn crossings(rings: &[Line], latitude: f64) -> Vec<f64> {
    let mut longitudes: Vec<f64> = rings
        .iter()
        .flat_map(Line::edges)
        .filter(|(from, to)| (from.1 <= latitude) != (to.1 <= latitude))
        .map(|(from, to)| from.0 + (to.0 - from.0) * (latitude - from.1) / (to.1 - from.1))
        .collect();
    sort_by_number(&mut longitudes, |&longitude| longitude);
    longitudes
}

/// Marks the tiles through whose inside an edge runs.
fn mark_crossed(grid: Grid, from: Place, to: Place, land: &mut [bool]) {
    let size = grid.tile_degrees();
    let index =
        |distance: f64, globe: f64| ((distance / size) as u32).min((globe / size) as u32 - 1);
    let rows = [90.0 - from.1.max(to.1), 90.0 - from.1.min(to.1)];
    let cols = [from.0.min(to.0) + 180.0, from.0.max(to.0) + 180.0];
    let [top, bottom] = rows.map(|distance| index(distance, 180.0));
    let [left, right] = cols.map(|distance| index(distance, 360.0));
    for row in top..=bottom {
        for col in left..=right {
            let tile = TileIndex { row, col };
            if grid.check(tile).is_ok() && runs_through(from, to, grid.tile_bounds(tile)) {
                land[grid.tile_ordinal(tile)] = true;
            }
        }
    }
}

/// Whether a segment enters the open inside of a rectangle (Liang and Barsky's clipping).
fn runs_through(from: Place, to: Place, bounds: Bounds) -> bool {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (step, room) in [
        (-dx, from.0 - bounds.west),
        (dx, bounds.east - from.0),
        (-dy, from.1 - bounds.south),
        (dy, bounds.north - from.1),
    ] {
        if step < 0.0 {
            enter = enter.max(room / step);
        } else if step > 0.0 {
            leave = leave.min(room / step);
        } else if room <= 0.0 {
            return false;
        }
    }
    enter < leave
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[Place]) -> Line {
        Line { points: points.to_vec(), closed: true }
    }

    fn picture(rings: &[Line]) -> Vec<String> {
        let grid = Grid::new(1.0, 30.0).unwrap();
        tiles(grid, rings)
            .chunks(grid.tile_cols() as usize)
            .map(|row| row.iter().map(|&land| if land { '#' } else { '.' }).collect())
            .collect()
    }

    #[test]
    fn coasts_and_what_lies_within_them_are_land() {
        // From 95° W to 25° E, 50° S to 50° N, without a lake that fills one tile exactly.
        let land = ring(&[(-95.0, -50.0), (25.0, -50.0), (25.0, 50.0), (-95.0, 50.0)]);
        let lake = ring(&[(-60.0, 0.0), (-30.0, 0.0), (-30.0, 30.0), (-60.0, 30.0)]);
        assert_eq!(
            picture(&[land, lake]),
            [
                "............",
                "..#####.....",
                "..##.##.....",
                "..#####.....",
                "..#####.....",
                "............",
            ]
        );
    }

    #[test]
    fn within_bounds_a_tile_is_land_where_it_is_on_the_globe() {
        let land = ring(&[(-95.0, -50.0), (25.0, -50.0), (25.0, 50.0), (-95.0, 50.0)]);
        let globe = Grid::new(1.0, 30.0).unwrap();
        let all = tiles(globe, std::slice::from_ref(&land));
        let bounds = Bounds { west: 120.0, south: -60.0, east: -60.0, north: 60.0 };
        let part = globe.within(bounds).unwrap();
        let expected: Vec<bool> = part.tiles().map(|tile| all[globe.tile_ordinal(tile)]).collect();
        assert!(expected.contains(&true) && expected.contains(&false));
        assert_eq!(tiles(part, &[land]), expected);
    }

    #[test]
    fn a_ring_that_only_touches_a_tile_makes_it_no_land() {
        let land = ring(&[(0.0, 0.0), (30.0, 0.0), (30.0, 30.0), (0.0, 30.0)]);
        assert_eq!(picture(&[land]).concat().matches('#').count(), 1);
        assert_eq!(picture(&[]).concat().matches('#').count(), 0);
    }

    #[test]
    fn a_parallel_crosses_the_rings_from_west_to_east() {
        let land = ring(&[(20.0, -10.0), (40.0, 10.0), (20.0, 10.0)]);
        let island = ring(&[(-5.0, -5.0), (-1.0, -5.0), (-1.0, 5.0), (-5.0, 5.0)]);
        assert_eq!(crossings(&[land, island], 0.0), [-5.0, -1.0, 20.0, 30.0]);
    }

    #[test]
    fn an_edge_runs_through_a_tile_without_a_vertex_inside() {
        let tile = Bounds { west: 0.0, south: 0.0, east: 10.0, north: 10.0 };
        assert!(runs_through((-1.0, 5.0), (11.0, 6.0), tile));
        assert!(runs_through((-1.0, 8.0), (3.0, 12.0), tile));
        assert!(!runs_through((-1.0, 9.0), (1.0, 12.0), tile));
        assert!(!runs_through((-5.0, 5.0), (0.0, 5.0), tile), "it only touches the border");
        assert!(!runs_through((0.0, -5.0), (0.0, 15.0), tile), "it follows the border");
        assert!(!runs_through((10.0, 10.0), (12.0, 12.0), tile), "it touches a corner");
    }
}
