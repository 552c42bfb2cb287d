//! Samplings against a search pixel by pixel, and where rasters are looked for.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use floe_raster::crs::Crs;
use floe_raster::extent::{reaches, search_bounds};
use floe_raster::geotiff::{Layout, Transform};
use floe_raster::lattice::Lattice;
use floe_raster::projection::from_lonlat;
use floe_raster::samples::Samples;
use floe_raster::sampling::Sampling;
use floe_raster::utm::Zone;
use floe_shared::grid::{Bounds, Grid};
use floe_shared::window::PixelWindow;
use proptest::prelude::*;

/// The pixel of the window and that of the raster (row, column) of every centre that the raster holds.
fn search(grid: Grid, window: PixelWindow, lattice: &Lattice) -> Vec<(u32, (u32, u32))> {
    let (transform, layout) = (lattice.transform(), lattice.layout());
    let mut found = Vec::new();
    for row in 0..window.height {
        for col in 0..window.width {
            let latitude = grid.latitude(window.row + row);
            let longitude = grid.longitude(window.col + col);
            let turns: &[f64] =
                if lattice.crs() == Crs::Geographic { &[0.0, 360.0, -360.0] } else { &[0.0] };
            let pixel = turns.iter().find_map(|turn| {
                let (x, y) = from_lonlat(lattice.crs(), longitude + turn, latitude);
                let (row, col) = (transform.rows().index(y), transform.columns().index(x));
                let inside = (0..i64::from(layout.height)).contains(&row)
                    && (0..i64::from(layout.width)).contains(&col);
                inside.then_some((row as u32, col as u32))
            });
            found.extend(pixel.map(|pixel| (row * window.width + col, pixel)));
        }
    }
    found
}

/// The pixels of a block that a sampling takes: what it gathers from a block whose numbers are the places of its pixels.
fn sources(sampling: &Sampling, layout: Layout, block: usize) -> Vec<u32> {
    let places = Samples::U32((0..layout.stored_pixels(block) as u32).collect());
    let mut list = Samples::U8(Vec::new());
    sampling.gather(&places, block, &mut list).unwrap();
    let Samples::U32(sources) = list else { panic!("expected u32, found {:?}", list.data_type()) };
    sources
}

/// What a sampling has, in the order of the window.
fn listed(sampling: &Sampling, layout: Layout) -> Vec<(u32, (u32, u32))> {
    let mut found = Vec::new();
    for block in sampling.blocks() {
        let window = layout.window(block);
        let targets =
            sampling.runs(block).iter().flat_map(|run| run.target..run.target + run.length);
        let sources = sources(sampling, layout, block);
        let pixel = |source: u32| {
            (window.row + source / layout.block_width, window.col + source % layout.block_width)
        };
        found.extend(targets.zip(sources.into_iter().map(pixel)));
    }
    found.sort_unstable();
    found
}

/// Rasters anywhere, many of which barely reach the window or do not reach it, some of which hold a pole.
fn rasters() -> impl Strategy<Value = (Grid, PixelWindow, Lattice)> {
    let system = prop_oneof![
        6 => (1_u8..=60, any::<bool>()).prop_map(|(zone, south)| Crs::Utm { zone, south }),
        2 => Just(Crs::Geographic),
        2 => Just(Crs::Sinusoidal),
    ];
    let grid = prop::sample::select(vec![(0.1, 10.0), (0.5, 10.0), (1.0, 10.0), (2.0, 10.0)]);
    let place = (-12.0..12.0_f64, prop_oneof![-90.0..90.0_f64, 84.0..90.0, -90.0..-84.0]);
    let shape = (1_u32..100, 1_u32..100, 1_u32..40, 0.02..20.0_f64);
    let off = (-1.2..1.2_f64, -1.2..1.2_f64, -1.0..1.0_f64, any::<bool>());
    (grid, system, place, shape, off).prop_map(|(grid, crs, place, shape, off)| {
        let grid = Grid::new(grid.0, grid.1).unwrap();
        let zone = if let Crs::Utm { zone, .. } = crs { zone } else { 60 };
        let longitude = f64::from(zone) * 6.0 - 183.0 + place.0;
        let longitude = (longitude + 180.0).rem_euclid(360.0) - 180.0;
        let (width, height, edge, share) = shape;
        let (x, y) = from_lonlat(crs, longitude, place.1);
        let degree = if crs == Crs::Geographic { 1.0 } else { 111_000.0 };
        let pixel = grid.resolution() * degree * share;
        let size = if off.3 { -pixel } else { pixel };
        let transform = Transform {
            west: x - pixel * f64::from(width) * (0.5 + off.0 * 0.5),
            width: pixel,
            north: y - size * f64::from(height) * (0.5 + off.1 * 0.5),
            height: size,
        };
        let layout = Layout { width, height, block_width: edge, block_height: edge, padded: true };
        let lattice = Lattice::new(crs, transform, layout).unwrap();
        let (row, col) = grid.pixel_at(longitude, place.1).unwrap();
        let (row, col) = (row.saturating_sub(20), (col + (off.2 * 30.0) as u32).saturating_sub(20));
        let window = PixelWindow {
            row,
            col: col.min(grid.cols() - 1),
            height: 40.min(grid.rows() - row),
            width: 40.min(grid.cols() - col.min(grid.cols() - 1)),
        };
        (grid, window, lattice)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn samplings_are_those_that_a_search_pixel_by_pixel_finds((grid, window, lattice) in rasters()) {
        let expected = search(grid, window, &lattice);
        let sampling = Sampling::new(grid, window, &lattice);
        prop_assert_eq!(listed(&sampling, lattice.layout()), &expected[..]);
        prop_assert_eq!(sampling.is_empty(), expected.is_empty());
        prop_assert_eq!(reaches(grid, window, &lattice), !expected.is_empty());
    }

    #[test]
    fn scenes_that_reach_a_window_lie_within_the_bounds_of_its_search(
        zone in 1_u8..=60, place in (-8.0..8.0_f64, -84.0..84.0_f64), edge in 30_000.0..260_000.0_f64,
        off in (-1.0..1.0_f64, -1.0..1.0_f64), resolution in prop::sample::select(vec![0.0001, 0.001, 0.01]),
    ) {
        let grid = Grid::new(resolution, 0.5).unwrap();
        let crs = Crs::Utm { zone, south: place.1 < 0.0 };
        let longitude = f64::from(zone) * 6.0 - 183.0 + place.0;
        let longitude = (longitude + 180.0).rem_euclid(360.0) - 180.0;
        let (x, y) = from_lonlat(crs, longitude, place.1);
        let (west, north) = (x - edge / 2.0 * (1.0 + off.0), y + edge / 2.0 * (1.0 + off.1));
        let transform = Transform { west, width: edge / 100.0, north, height: -edge / 100.0 };
        let layout = Layout { width: 100, height: 100, block_width: 100, block_height: 100, padded: true };
        let lattice = Lattice::new(crs, transform, layout).unwrap();
        let (row, col) = grid.pixel_at(longitude, place.1).unwrap();
        let window = PixelWindow { row, col, height: 1, width: 1 };
        if reaches(grid, window, &lattice) {
            // A box around the four corners, as catalogues have it.
            let zone = Zone::new(zone, place.1 < 0.0);
            let corners = [(0.0, 0.0), (edge, 0.0), (0.0, edge), (edge, edge)]
                .map(|(right, down)| zone.lonlat(west + right, north - down));
            let most = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::MIN, f64::max);
            let least = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::MAX, f64::min);
            let found = search_bounds(grid, window).into_iter().any(|bounds| {
                [-360.0, 0.0, 360.0].iter().any(|turn| {
                    least(|at| at.0) + turn <= bounds.east && most(|at| at.0) + turn >= bounds.west
                }) && least(|at| at.1) <= bounds.north && most(|at| at.1) >= bounds.south
            });
            prop_assert!(found);
        }
    }
}

#[test]
fn searches_across_180_degrees_have_two_boxes_and_around_a_pole_all_longitudes() {
    let grid = Grid::new(0.01, 10.0).unwrap();
    let of = |row, col| search_bounds(grid, PixelWindow { row, col, height: 100, width: 100 });
    let rounded = |bounds: &Bounds| {
        [bounds.west, bounds.south, bounds.east, bounds.north]
            .map(|degrees| (degrees * 10.0).round() as i32)
    };
    let boxes = |row, col| of(row, col).iter().map(rounded).collect::<Vec<_>>();
    assert_eq!(boxes(9000, 18_000), [[-1, -11, 11, 1]]);
    assert_eq!(boxes(9000, 0), [[1799, -11, 1800, 1], [-1800, -11, -1789, 1]]);
    assert_eq!(boxes(9000, 35_900), [[1789, -11, 1800, 1], [-1800, -11, -1799, 1]]);
    assert_eq!(boxes(17_900, 100)[0][1], -900);
    let all = search_bounds(grid, PixelWindow { row: 0, col: 0, height: 1, width: 36_000 });
    assert_eq!(all.iter().map(rounded).collect::<Vec<_>>(), [[-1800, 899, 1800, 900]]);
}

/// A window of 1000 x 1000 over a raster of 10 m.
fn fine(layout: Layout) -> Sampling {
    let crs = Crs::Utm { zone: 33, south: false };
    let (x, y) = from_lonlat(crs, 13.0, 60.0);
    let transform = Transform { west: x - 9000.0, width: 10.0, north: y + 9000.0, height: -10.0 };
    let grid = Grid::new(0.0001, 0.5).unwrap();
    let (row, col) = grid.pixel_at(13.0, 60.0).unwrap();
    let window = PixelWindow { row: row - 500, col: col - 500, height: 1000, width: 1000 };
    Sampling::new(grid, window, &Lattice::new(crs, transform, layout).unwrap())
}

#[test]
fn a_window_of_a_million_pixels_takes_less_than_ten_megabytes() {
    for block_height in [512, 1] {
        let padded = block_height == 512;
        let block_width = if padded { 512 } else { 1800 };
        let sampling =
            fine(Layout { width: 1800, height: 1800, block_width, block_height, padded });
        let pixels: u32 =
            sampling.blocks().flat_map(|at| sampling.runs(at)).map(|run| run.length).sum();
        assert_eq!(pixels, 1_000_000);
        assert!(sampling.bytes() < 10_000_000, "{}", sampling.bytes());
    }
}

#[test]
fn blocks_that_are_cut_short_are_refused_and_blocks_without_a_centre_give_nothing() {
    let sampling = fine(Layout {
        width: 1800,
        height: 1800,
        block_width: 512,
        block_height: 512,
        padded: true,
    });
    let first = sampling.blocks().next().unwrap();
    let mut list = Samples::U16(vec![1, 2, 3]);
    let error = sampling.gather(&Samples::I8(vec![0; 100]), first, &mut list).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("expected block {first} to have {} pixels, found 100", 512 * 512)
    );
    sampling.gather(&Samples::I8(vec![5; 512 * 512]), first, &mut list).unwrap();
    let pixels = sampling.runs(first).iter().map(|run| run.length as usize).sum();
    assert_eq!(list, Samples::I8(vec![5; pixels]));
    assert!(!sampling.blocks().any(|block| block == 1000));
    sampling.gather(&Samples::F32(Vec::new()), 1000, &mut list).unwrap();
    assert_eq!(list, Samples::F32(Vec::new()));
}
