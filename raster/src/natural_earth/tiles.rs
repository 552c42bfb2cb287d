//! Which tiles are land.

use floe_shared::grid::Grid;
use floe_shared::land;

use super::LAND_110M;

/// Whether each tile of the grid is land, in row-major order: the rule of [`land::tiles`] over Natural
/// Earth's 1:110m land.
pub fn land_tiles(grid: Grid) -> Vec<bool> {
    land::tiles(grid, &LAND_110M)
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
}
