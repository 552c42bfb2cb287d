//! Tests of the grid, of the globe and within bounds.

use proptest::prelude::*;

use super::*;

#[test]
fn the_default_grid_is_18000_by_36000_in_648_tiles() {
    let grid = Grid::default();
    assert_eq!((grid.rows(), grid.cols(), grid.tile_pixels()), (18000, 36000, 1000));
    assert_eq!((grid.tile_rows(), grid.tile_cols(), grid.tile_count()), (18, 36, 648));
    assert_eq!(Grid::new(0.01, 10.0).unwrap(), grid);
}

#[test]
fn centres_are_the_nearest_doubles_of_their_decimals() {
    let grid = Grid::default();
    assert_eq!(grid.latitude(0).to_bits(), 89.995_f64.to_bits());
    assert_eq!(grid.longitude(0).to_bits(), (-179.995_f64).to_bits());
    for row in 0..grid.rows() {
        let thousandths = 89_995 - i64::from(row) * 10;
        let decimal: f64 = format!("{thousandths}e-3").parse().unwrap();
        assert_eq!(grid.latitude(row).to_bits(), decimal.to_bits(), "row {row}");
    }
    for col in 0..grid.cols() {
        let thousandths = -179_995 + i64::from(col) * 10;
        let decimal: f64 = format!("{thousandths}e-3").parse().unwrap();
        assert_eq!(grid.longitude(col).to_bits(), decimal.to_bits(), "column {col}");
    }
}

#[test]
fn grids_that_do_not_fit_the_globe_are_refused_by_name() {
    let message = |resolution, tile| Grid::new(resolution, tile).unwrap_err().to_string();
    assert!(message(0.03, 10.0).contains("grid.resolution must divide grid.tile_degrees"));
    assert!(message(0.01, 7.0).contains("grid.tile_degrees must divide 180"));
    assert!(message(-1.0, 10.0).contains("grid.resolution must be a positive number"));
    assert!(message(f64::NAN, 10.0).contains("grid.resolution"));
    assert!(message(0.0001, 10.0).contains("too large"));
}

#[test]
fn tile_texts_that_are_not_two_numbers_are_refused() {
    for text in ["", "1", "1,", ",1", "1,2,3", "-1,2", "+1,2", "1, 2", "a,b", "99999999999,1"] {
        assert!(text.parse::<TileIndex>().is_err(), "{text:?}");
    }
}

#[test]
fn the_antimeridian_and_the_poles_belong_to_a_pixel() {
    let grid = Grid::default();
    assert_eq!(grid.pixel_at(-180.0, 90.0), Some((0, 0)));
    assert_eq!(grid.pixel_at(180.0, -90.0), Some((17999, 0)));
    assert_eq!(grid.pixel_at(179.999, 0.001), Some((8999, 35999)));
    assert_eq!(grid.pixel_at(0.0, 90.1), None);
    assert_eq!(grid.pixel_at(f64::NAN, 0.0), None);
}

/// Resolutions and tile sizes that fit each other.
fn grids() -> impl Strategy<Value = Grid> {
    let tiles = prop::sample::select(vec![5.0, 10.0, 15.0, 20.0, 30.0]);
    (tiles, prop::sample::select(vec![10_u32, 50, 100, 125, 200, 250]))
        .prop_map(|(tile, pixels)| Grid::new(tile / f64::from(pixels), tile))
        .prop_filter_map("not a short decimal", Result::ok)
}

/// A grid of the globe, and the part of it within the bounds of some of its tiles.
fn parts() -> impl Strategy<Value = (Grid, Grid)> {
    let bounded = |globe: Grid| {
        let (rows, around) = (globe.tile_rows(), globe.tile_cols());
        (0..rows, 1..=rows, 0..around, 1..around).prop_map(move |(row, rows, col, cols)| {
            let last_row = (row + rows).min(globe.tile_rows()) - 1;
            let [first, last] = [(row, col), (last_row, (col + cols - 1) % around)]
                .map(|(row, col)| globe.tile_bounds(TileIndex { row, col }));
            let Bounds { west, north, .. } = first;
            let bounds = Bounds { west, south: last.south, east: last.east, north };
            (globe, globe.within(bounds).unwrap())
        })
    };
    grids().prop_flat_map(bounded)
}

fn bounds(west: f64, south: f64, east: f64, north: f64) -> Bounds {
    Bounds { west, south, east, north }
}

#[test]
fn bounds_of_the_globe_are_the_globe() {
    let globe = Grid::default();
    assert!(globe.is_global());
    assert_eq!(globe.bounds(), bounds(-180.0, -90.0, 180.0, 90.0));
    assert_eq!(globe.within(globe.bounds()).unwrap(), globe);
}

#[test]
fn bounds_across_the_antimeridian_go_on_above_180_degrees() {
    let globe = Grid::new(1.0, 10.0).unwrap();
    let pacific = globe.within(bounds(160.0, -10.0, -160.0, 10.0)).unwrap();
    assert_eq!((pacific.rows(), pacific.cols(), pacific.is_global()), (20, 40, false));
    let longitudes = pacific.longitudes(1);
    assert_eq!((longitudes[0], longitudes[19], longitudes[20]), (160.5, 179.5, 180.5));
    assert_eq!((pacific.longitude(19), pacific.longitude(20)), (179.5, -179.5));
    assert_eq!(pacific.reach(20, 40, 1), bounds(160.0, -10.0, 200.0, 10.0));
    assert_eq!(pacific.bounds(), bounds(160.0, -10.0, -160.0, 10.0));
    assert_eq!(pacific.pixel_at(-179.5, 9.5), Some((0, 20)));
    assert_eq!(pacific.pixel_at(0.0, 0.0), None);
    let error = pacific.check(TileIndex { row: 8, col: 2 }).unwrap_err().to_string();
    assert_eq!(
        error,
        "tile 8,2 lies outside the grid: rows are 8 to 9, columns 34 to 1 across 180°"
    );
    let east = globe.within(bounds(180.0, 0.0, -170.0, 10.0)).unwrap();
    assert_eq!(east.tiles().collect::<Vec<_>>(), [TileIndex { row: 8, col: 0 }]);
}

#[test]
fn bounds_that_hold_no_whole_tiles_are_refused_by_their_side() {
    let globe = Grid::new(0.1, 10.0).unwrap();
    let message = |bounds| globe.within(bounds).unwrap_err().to_string();
    let off = "grid.bounds must lie on edges of tiles of 10°, found";
    assert_eq!(message(bounds(5.0, 0.0, 20.0, 10.0)), format!("{off} west 5"));
    assert_eq!(message(bounds(0.0, 0.0, 20.0, 10.1)), format!("{off} north 10.1"));
    for no_bounds in [
        bounds(0.0, 10.0, 20.0, 0.0),
        bounds(0.0, 0.0, 0.0, 10.0),
        bounds(0.0, 0.0, 190.0, 10.0),
        bounds(0.0, -100.0, 10.0, 10.0),
        bounds(f64::NAN, 0.0, 10.0, 10.0),
        bounds(180.0, 0.0, -180.0, 10.0),
    ] {
        let found = message(no_bounds);
        assert!(found.starts_with("grid.bounds must be [west, south, east, north]"), "{found}");
    }
}

proptest! {
    #[test]
    fn tile_indices_round_trip_as_text(row: u32, col: u32) {
        let tile = TileIndex { row, col };
        prop_assert_eq!(tile.to_string().parse::<TileIndex>().unwrap(), tile);
    }

    #[test]
    fn tiles_partition_the_grid(grid in grids(), row_share in 0.0..1.0_f64, col_share in 0.0..1.0_f64) {
        let row = (row_share * f64::from(grid.rows())) as u32;
        let col = (col_share * f64::from(grid.cols())) as u32;
        let owners: Vec<_> =
            grid.tiles().filter(|&tile| grid.tile_window(tile).contains(row, col)).collect();
        prop_assert_eq!(owners, vec![grid.tile_of_pixel(row, col)]);
        let total: u64 = grid.tiles().map(|tile| grid.tile_window(tile).pixels()).sum();
        prop_assert_eq!(total, u64::from(grid.rows()) * u64::from(grid.cols()));
    }

    #[test]
    fn centres_lie_in_the_middle_of_their_tile_windows(grid in grids(), share in 0.0..1.0_f64) {
        let tiles: Vec<_> = grid.tiles().collect();
        let tile = tiles[(share * tiles.len() as f64) as usize];
        let (window, bounds) = (grid.tile_window(tile), grid.tile_bounds(tile));
        let half = grid.resolution() / 2.0;
        prop_assert!((grid.latitude(window.row) - (bounds.north - half)).abs() < 1e-9);
        prop_assert!((grid.latitude(window.end_row() - 1) - (bounds.south + half)).abs() < 1e-9);
        prop_assert!((grid.longitude(window.col) - (bounds.west + half)).abs() < 1e-9);
        prop_assert!((grid.longitude(window.end_col() - 1) - (bounds.east - half)).abs() < 1e-9);
        prop_assert_eq!(
            grid.pixel_at(grid.longitude(window.col), grid.latitude(window.row)),
            Some((window.row, window.col))
        );
    }

    #[test]
    fn a_tile_lies_where_it_lies_on_the_globe((globe, part) in parts(), share in 0.0..1.0_f64) {
        let tiles: Vec<_> = part.tiles().collect();
        prop_assert_eq!(tiles.len(), part.tile_count());
        let ordinal = (share * tiles.len() as f64) as usize;
        let tile = tiles[ordinal];
        prop_assert_eq!(part.tile_ordinal(tile), ordinal);
        prop_assert_eq!(part.check(tile), Ok(tile));
        prop_assert_eq!(part.tile_of_chunk(part.chunk_of_tile(tile)), tile);
        let (here, there) = (part.tile_window(tile), globe.tile_window(tile));
        prop_assert_eq!(part.tile_of_pixel(here.row, here.end_col() - 1), tile);
        for step in [0, here.height - 1] {
            let latitude = part.latitude(here.row + step);
            let longitude = part.longitude(here.col + step);
            prop_assert_eq!(latitude.to_bits(), globe.latitude(there.row + step).to_bits());
            prop_assert_eq!(longitude.to_bits(), globe.longitude(there.col + step).to_bits());
            let pixel = (here.row + step, here.col + step);
            prop_assert_eq!(part.pixel_at(longitude, latitude), Some(pixel));
        }
        let within = |tile: &TileIndex| part.check(*tile).is_ok();
        prop_assert_eq!(globe.tiles().filter(within).count(), tiles.len());
    }
}
