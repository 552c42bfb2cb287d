//! The land rule: a tile is land when it shares area with Natural Earth's 1:110m land.

use floe_shared::grid::{Bounds, Grid};
use floe_shared::linework::{Line, Place};

use super::LAND_110M;

/// Whether each tile of the grid is land, in row-major order.
///
/// A tile is land when an edge of the coast runs through it or, where none does, when its centre is
/// land. An edge that only follows the tile's border is none that runs through it.
pub fn land_tiles(grid: Grid) -> Vec<bool> {
    let mut land = vec![false; grid.tile_count()];
    for (from, to) in LAND_110M.iter().flat_map(Line::edges) {
        mark_crossed(grid, from, to, &mut land);
    }
    for row in 0..grid.tile_rows() {
        let first = row as usize * grid.tile_cols() as usize;
        let north = 90.0 - f64::from(row) * grid.tile_degrees();
        let crossings = super::mask::crossings(&LAND_110M, north - grid.tile_degrees() / 2.0);
        for col in 0..grid.tile_cols() {
            let centre = (f64::from(col) + 0.5) * grid.tile_degrees() - 180.0;
            let west_of_it = crossings.partition_point(|&longitude| longitude < centre);
            land[first + col as usize] |= west_of_it % 2 == 1;
        }
    }
    land
}

/// Marks the tiles through whose inside an edge runs.
fn mark_crossed(grid: Grid, from: Place, to: Place, land: &mut [bool]) {
    let size = grid.tile_degrees();
    let index = |distance: f64, count: u32| ((distance / size) as u32).min(count - 1);
    let rows = [90.0 - from.1.max(to.1), 90.0 - from.1.min(to.1)];
    let cols = [from.0.min(to.0) + 180.0, from.0.max(to.0) + 180.0];
    let [top, bottom] = rows.map(|distance| index(distance, grid.tile_rows()));
    let [left, right] = cols.map(|distance| index(distance, grid.tile_cols()));
    for row in top..=bottom {
        for col in left..=right {
            let tile = floe_shared::TileIndex { row, col };
            if runs_through(from, to, grid.tile_bounds(tile)) {
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
    use floe_shared::TileIndex;

    use super::*;

    fn picture(grid: Grid) -> Vec<String> {
        land_tiles(grid)
            .chunks(grid.tile_cols() as usize)
            .map(|row| row.iter().map(|&land| if land { '#' } else { '.' }).collect())
            .collect()
    }

    #[test]
    fn the_default_grid_has_381_land_tiles() {
        let rows = picture(Grid::default());
        assert_eq!(rows.concat().matches('#').count(), 381, "{rows:#?}");
        assert_eq!(rows[1], "#################..###.###########.#");
        assert_eq!(rows[10], "#.........#####....#####.....#######");
        assert_eq!(rows[17], "#".repeat(36));
    }

    #[test]
    fn the_pixel_size_does_not_matter() {
        let coarse = Grid::new(0.05, 10.0).unwrap();
        assert_eq!(land_tiles(coarse), land_tiles(Grid::default()));
    }

    #[test]
    fn a_tile_is_land_exactly_when_one_of_its_parts_is() {
        for (fine, coarse) in [(5.0, 10.0), (1.0, 5.0), (10.0, 30.0)] {
            let (fine, coarse) = (Grid::new(1.0, fine).unwrap(), Grid::new(1.0, coarse).unwrap());
            let ratio = coarse.tile_pixels() / fine.tile_pixels();
            let mut parts = vec![false; coarse.tile_count()];
            for (tile, land) in fine.tiles().zip(land_tiles(fine)) {
                let whole = TileIndex { row: tile.row / ratio, col: tile.col / ratio };
                parts[coarse.tile_ordinal(whole)] |= land;
            }
            assert_eq!(parts, land_tiles(coarse));
        }
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
