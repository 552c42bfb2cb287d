//! Rasters of any system, sampled at the centres of a window's pixels, against GDAL's nearest warp.
//!
//! Of UTM rasters all pixels are compared but those whose centre lies within a millionth of a pixel of an edge between two
//! of them: PROJ adds up other series, whose last bits decide there. Four in a million do by chance; five, and one in
//! ten thousand beside them, may do so in a window. Of other rasters every pixel is compared, also where all centres lie on edges.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write;

use floe_raster::crs::Crs;
use floe_raster::extent::reaches;
use floe_raster::geotiff::{Layout, Transform};
use floe_raster::lattice::Lattice;
use floe_raster::projection::from_lonlat;
use floe_raster::samples::Samples;
use floe_raster::sampling::Sampling;
use floe_raster::sinusoidal::Position;
use floe_shared::grid::Grid;
use floe_shared::window::PixelWindow;
use proptest::prelude::*;
use support::python;

const SPHERE: &str = "+proj=longlat +R=6371007.181 +no_defs";
const SINUSOIDAL: &str = "+proj=sinu +R=6371007.181 +units=m +no_defs";

/// A raster and a window of a grid.
#[derive(Clone, Copy, Debug)]
struct Case {
    crs: Crs,
    transform: Transform,
    layout: Layout,
    grid: Grid,
    window: PixelWindow,
    /// What is added to the grid's longitudes for GDAL, which does not wrap them in geographic rasters.
    turn: f64,
}

fn tiled(width: u32, height: u32, edge: u32) -> Layout {
    Layout { width, height, block_width: edge, block_height: edge, padded: true }
}

fn strips(width: u32, height: u32, rows: u32) -> Layout {
    Layout { width, height, block_width: width, block_height: rows, padded: false }
}

/// A window of so many pixels around a place, as far as the grid goes.
fn around(grid: Grid, longitude: f64, latitude: f64, edge: u32) -> PixelWindow {
    let (row, col) = grid.pixel_at(longitude, latitude).unwrap();
    let (row, col) = (row.saturating_sub(edge / 2), col.saturating_sub(edge / 2));
    let (height, width) = (edge.min(grid.rows() - row), edge.min(grid.cols() - col));
    PixelWindow { row, col, height, width }
}

impl Case {
    /// A raster of a zone whose middle is some metres off a place, with whole corners.
    fn utm(
        code: u32,
        place: (f64, f64),
        off: (f64, f64),
        pixel: f64,
        layout: Layout,
        window: (f64, u32),
    ) -> Self {
        let crs = Crs::from_epsg(code).unwrap();
        let (x, y) = from_lonlat(crs, place.0, place.1);
        let corner = |middle: f64, count: u32| {
            ((middle - pixel * f64::from(count) / 2.0) / pixel).round() * pixel
        };
        let west = corner(x + off.0, layout.width);
        let north = corner(y + off.1, layout.height) + pixel * f64::from(layout.height);
        let transform = Transform { west, width: pixel, north, height: -pixel };
        let grid = Grid::new(window.0, if window.0 < 0.001 { 0.5 } else { 5.0 }).unwrap();
        let window = around(grid, place.0, place.1, window.1);
        Self { crs, transform, layout, grid, window, turn: 0.0 }
    }

    fn lattice(&self) -> Lattice {
        Lattice::new(self.crs, self.transform, self.layout).unwrap()
    }

    fn line(&self) -> String {
        let (raster, grid) = match self.crs {
            Crs::Sinusoidal => (SINUSOIDAL.to_owned(), SPHERE),
            crs => (crs.to_string(), "EPSG:4326"),
        };
        let Transform { west, width, north, height } = self.transform;
        let Layout { width: columns, height: rows, .. } = self.layout;
        let (resolution, window) = (self.grid.resolution(), self.window);
        let left = f64::from(window.col) * resolution - 180.0 + self.turn;
        let top = 90.0 - f64::from(window.row) * resolution;
        format!(
            "{raster}\t{west}\t{width}\t{north}\t{height}\t{columns}\t{rows}\t{grid}\t{left}\t{top}\t{resolution}\t{}\t{}\n",
            window.width, window.height
        )
    }

    /// The numbers of a block whose pixels hold their place in the raster, from 1; padding holds -1.
    fn block(&self, block: usize) -> Samples {
        let (window, layout) = (self.layout.window(block), self.layout);
        let mut numbers = vec![-1; layout.stored_pixels(block)];
        for row in 0..window.height {
            for col in 0..window.width {
                let place = (window.row + row) * layout.width + window.col + col + 1;
                numbers[(row * layout.block_width + col) as usize] = place as i32;
            }
        }
        Samples::I32(numbers)
    }

    /// What every pixel of the window takes of the raster, by way of its blocks.
    fn sampled(&self) -> Vec<i32> {
        let sampling = Sampling::new(self.grid, self.window, &self.lattice());
        let mut pixels = vec![0; self.window.pixels() as usize];
        let mut list = Samples::U8(Vec::new());
        let mut last = None;
        for block in sampling.blocks() {
            assert!(last < Some(block));
            last = Some(block);
            sampling.gather(&self.block(block), block, &mut list).unwrap();
            let Samples::I32(numbers) = &list else { panic!("{list:?}") };
            let mut numbers = numbers.iter();
            for run in sampling.runs(block) {
                assert!(run.length > 0);
                assert!(run.target % self.window.width + run.length <= self.window.width);
                for pixel in &mut pixels[run.target as usize..][..run.length as usize] {
                    assert_eq!(*pixel, 0, "a pixel twice");
                    *pixel = *numbers.next().unwrap();
                }
            }
            assert_eq!(numbers.next(), None);
        }
        pixels
    }

    /// Whether a pixel's centre lies so close to an edge that the last bits of its coordinates decide.
    fn is_on_an_edge(&self, pixel: usize) -> bool {
        let (row, col) = (pixel as u32 / self.window.width, pixel as u32 % self.window.width);
        let longitude = self.grid.longitude(self.window.col + col) + self.turn;
        let latitude = self.grid.latitude(self.window.row + row);
        let (x, y) = from_lonlat(self.crs, longitude, latitude);
        let distance = |coordinate: f64, corner: f64, size: f64| {
            let pixels = (coordinate - corner) / size;
            (pixels - pixels.round()).abs()
        };
        let Transform { west, width, north, height } = self.transform;
        distance(x, west, width) < 1e-6 || distance(y, north, height) < 1e-6
    }
}

/// Compares each case with GDAL; the pixels of each that take something of the raster.
fn assert_equal_gdal(cases: &[Case]) -> Vec<usize> {
    let scratch = tempfile::tempdir().unwrap();
    let (file, out) = (scratch.path().join("cases"), scratch.path().join("places"));
    let mut text = String::new();
    for case in cases {
        write!(text, "{}", case.line()).unwrap();
    }
    std::fs::write(&file, text).unwrap();
    python::run("gdal_places.py", &[&file, &out]);
    let bytes = std::fs::read(&out).unwrap();
    let mut theirs = bytes.as_chunks::<4>().0.iter().map(|&four| i32::from_le_bytes(four));
    let mut taken = Vec::new();
    for case in cases {
        let ours = case.sampled();
        let (mut differing, mut on_edges) = (Vec::new(), 0);
        for (pixel, (&ours, theirs)) in ours.iter().zip(&mut theirs).enumerate() {
            if matches!(case.crs, Crs::Utm { .. }) && case.is_on_an_edge(pixel) {
                on_edges += 1;
            } else if ours != theirs {
                differing.push((pixel, ours, theirs, case.is_on_an_edge(pixel)));
            }
        }
        assert!(
            differing.is_empty(),
            "{} pixels differ (pixel, ours, theirs), first {:?}, of {case:?}",
            differing.len(),
            &differing[..differing.len().min(5)]
        );
        assert!(on_edges <= 5 + ours.len() / 10_000, "{on_edges} of {} on edges", ours.len());
        let count = ours.iter().filter(|&&place| place != 0).count();
        assert_eq!(reaches(case.grid, case.window, &case.lattice()), count > 0, "{case:?}");
        taken.push(count);
    }
    assert_eq!(theirs.next(), None);
    taken
}

/// Compares each case with GDAL, of which at least so many pixels each must take something of the raster.
fn assert_equal_gdal_with(least: usize, cases: &[Case]) {
    let taken = assert_equal_gdal(cases);
    assert!(taken.iter().all(|&taken| taken >= least), "{taken:?}");
}

#[test]
fn fine_windows_take_the_pixels_of_10_metre_rasters_that_gdal_takes() {
    let layout = tiled(1300, 1200, 512);
    let utm = |code, place| Case::utm(code, place, (700.0, -300.0), 10.0, layout, (0.0001, 1000));
    assert_equal_gdal_with(
        300_000,
        &[
            // The equator from both sides, with the false northing of either.
            utm(32632, (9.4, 0.003)),
            utm(32732, (9.4, 0.003)),
            utm(32633, (13.5, 47.25)),
            utm(32755, (147.1, -42.9)),
        ],
    );
}

#[test]
fn coarse_windows_take_the_pixels_of_whole_scenes_that_gdal_takes() {
    let utm = |code, place, pixel, layout, window| {
        Case::utm(code, place, (0.0, 0.0), pixel, layout, window)
    };
    assert_equal_gdal_with(
        5_000,
        &[
            utm(32633, (16.0, 48.0), 60.0, tiled(1830, 1830, 256), (0.01, 1000)),
            utm(32718, (-77.0, -12.0), 60.0, strips(1830, 1830, 1), (0.001, 500)),
            utm(32621, (-57.0, 70.0), 30.0, strips(2000, 1900, 3), (0.005, 300)),
        ],
    );
}

#[test]
fn rasters_of_neighbouring_zones_both_take_part_at_the_edge_of_a_zone() {
    let layout = tiled(1400, 1400, 512);
    let utm = |code, off| Case::utm(code, (12.0, 46.5), off, 10.0, layout, (0.0001, 600));
    let cases = [utm(32632, (-2000.0, 0.0)), utm(32633, (2000.0, 500.0))];
    assert_equal_gdal_with(200_000, &cases);
    let both = cases[0]
        .sampled()
        .iter()
        .zip(cases[1].sampled())
        .filter(|(a, b)| **a > 0 && *b > 0)
        .count();
    assert!(both > 100_000, "{both}");
    // A scene that reaches six degrees into the neighbour's zone.
    assert_equal_gdal_with(
        200_000,
        &[Case::utm(32632, (18.0, 46.5), (0.0, 0.0), 10.0, layout, (0.0001, 600))],
    );
}

#[test]
fn both_sides_of_the_antimeridian_take_the_pixels_of_either_zone() {
    let layout = tiled(1400, 1400, 512);
    let utm = |code, longitude, latitude| {
        Case::utm(code, (longitude, latitude), (0.0, 0.0), 10.0, layout, (0.0001, 500))
    };
    assert_equal_gdal_with(
        80_000,
        &[
            utm(32601, -180.0, 66.0),
            utm(32601, 179.97, 66.0),
            utm(32660, -179.97, 66.0),
            utm(32660, 179.97, 66.0),
            utm(32701, 179.99, -17.0),
            utm(32760, -180.0, -17.0),
        ],
    );
}

#[test]
fn near_the_poles_the_same_pixels_are_taken_as_by_gdal() {
    let layout = tiled(1400, 1400, 512);
    let utm =
        |code, place, pixel, window| Case::utm(code, place, (0.0, 0.0), pixel, layout, window);
    // Around the pole itself a raster holds all longitudes.
    let mut pole = utm(32633, (15.0, 89.9), 60.0, (0.05, 100));
    pole.window = PixelWindow { row: 0, col: 0, height: 20, width: 7200 };
    assert_equal_gdal_with(
        20_000,
        &[
            utm(32633, (15.5, 83.9), 10.0, (0.0001, 1000)),
            utm(32633, (22.0, 85.0), 60.0, (0.01, 500)),
            utm(32733, (15.5, -83.2), 30.0, (0.001, 400)),
            pole,
        ],
    );
}

/// A geographic raster by its edges.
fn geographic(
    west: f64,
    north: f64,
    pixel: f64,
    layout: Layout,
    window: PixelWindow,
    turn: f64,
) -> Case {
    let transform = Transform { west, width: pixel, north, height: -pixel };
    Case { crs: Crs::Geographic, transform, layout, grid: Grid::default(), window, turn }
}

#[test]
fn geographic_rasters_take_the_pixels_that_gdal_takes() {
    let grid = Grid::default();
    let near = |longitude, latitude| around(grid, longitude, latitude, 400);
    let case = |west, north, pixel, layout, (longitude, latitude)| {
        geographic(west, north, pixel, layout, near(longitude, latitude), 0.0)
    };
    assert_equal_gdal_with(
        10_000,
        &[
            // As many pixels as the grid, and pixels between them.
            case(10.0, 50.0, 0.01, tiled(600, 600, 256), (12.0, 48.0)),
            case(10.0, 50.0, 0.0123, tiled(600, 600, 256), (12.0, 48.0)),
            // Centres on the edges between pixels: those behind the edge.
            case(-60.0, 10.0, 0.0025, strips(2000, 2000, 7), (-57.5, 7.5)),
            case(-60.0, 10.0, 0.00025, tiled(4000, 4000, 512), (-58.0, 8.0)),
            case(-180.0, -80.0, 0.025, tiled(900, 400, 128), (-178.0, -88.0)),
        ],
    );
}

#[test]
fn longitudes_of_geographic_rasters_wrap() {
    let grid = Grid::default();
    let near = |longitude, latitude| around(grid, longitude, latitude, 400);
    let (globe, part) = (tiled(1440, 721, 256), tiled(2000, 500, 256));
    assert_equal_gdal_with(
        50_000,
        &[
            // From 0 to 360 degrees with a column's centre on the meridian: both sides of it, and of the antimeridian.
            geographic(-0.125, 90.125, 0.25, globe, near(1.0, 40.0), 0.0),
            geographic(-0.125, 90.125, 0.25, globe, near(-3.0, 40.0), 360.0),
            geographic(-0.125, 90.125, 0.25, globe, near(-178.0, -40.0), 360.0),
            geographic(-0.125, 90.125, 0.25, globe, near(178.0, -40.0), 0.0),
            // Across 180 degrees, counted from either side.
            geographic(170.0, 12.0, 0.011, part, near(-178.0, 10.0), 360.0),
            geographic(170.0, 12.0, 0.011, part, near(178.0, 10.0), 0.0),
            geographic(-190.0, 12.0, 0.011, part, near(178.0, 10.0), -360.0),
        ],
    );
    // Where GDAL's own range ends the other side follows.
    let across = geographic(-0.125, 90.125, 0.25, globe, near(0.0, 40.0), 0.0).sampled();
    assert!(across.iter().all(|&place| place > 0));
}

#[test]
fn sinusoidal_rasters_of_every_size_take_the_pixels_that_gdal_takes() {
    let case = |h, v, pixels, edge, (longitude, latitude), resolution: f64| {
        let grid = Grid::new(resolution, 10.0).unwrap();
        let transform = Transform::ideal(Position { h, v }, pixels);
        let layout = tiled(pixels, pixels, edge);
        let window = around(grid, longitude, latitude, 700);
        Case { crs: Crs::Sinusoidal, transform, layout, grid, window, turn: 0.0 }
    };
    assert_equal_gdal_with(
        20_000,
        &[
            case(19, 4, 1200, 512, (16.0, 45.3), 0.0125),
            case(19, 4, 2400, 512, (16.0, 45.3), 0.005),
            case(11, 10, 4800, 256, (-69.0, -13.0), 0.0025),
        ],
    );
}

#[test]
fn rows_that_run_northwards_are_looked_up_as_they_are_stored() {
    let down = Case::utm(32633, (15.0, 50.0), (0.0, 0.0), 30.0, tiled(700, 600, 256), (0.001, 300));
    let bottom = down.transform.north - 30.0 * 600.0;
    let transform = Transform { north: bottom, height: 30.0, ..down.transform };
    let up = Case { transform, ..down };
    assert_equal_gdal_with(10_000, &[down, up]);
}

/// Rasters of any zone, about as fine as a grid, near a window of it.
fn cases() -> impl Strategy<Value = Case> {
    let grids = prop::sample::select(vec![(0.1, 10.0), (0.01, 10.0), (0.001, 1.0), (0.0001, 0.5)]);
    let system = prop_oneof![
        6 => (1_u8..=60, any::<bool>()).prop_map(|(zone, south)| Crs::Utm { zone, south }),
        2 => Just(Crs::Geographic),
        2 => Just(Crs::Sinusoidal),
    ];
    let place = (-4.5..4.5_f64, -84.0..84.0_f64, -180.0..180.0_f64);
    let shape = (20_u32..200, 20_u32..200, 5_u32..100, any::<bool>(), 0.3..2.0_f64);
    let off = (-0.7..0.7_f64, -0.7..0.7_f64);
    (grids, system, place, shape, off).prop_map(|(grid, crs, place, shape, off)| {
        let grid = Grid::new(grid.0, grid.1).unwrap();
        let (width, height, edge, is_tiled, share) = shape;
        let longitude = match crs {
            Crs::Utm { zone, .. } => {
                (f64::from(zone) * 6.0 - 183.0 + place.0 + 180.0).rem_euclid(360.0) - 180.0
            }
            _ => place.2,
        };
        let degree = if crs == Crs::Geographic { 1.0 } else { 111_000.0 };
        let pixel = grid.resolution() * degree * share;
        let (x, y) = from_lonlat(crs, longitude, place.1);
        let transform = Transform {
            west: x - pixel * f64::from(width) * (0.5 + off.0),
            width: pixel,
            north: y + pixel * f64::from(height) * (0.5 + off.1),
            height: -pixel * 1.01,
        };
        let layout = if is_tiled {
            tiled(width, height, edge)
        } else {
            strips(width, height, edge.min(height))
        };
        Case {
            crs,
            transform,
            layout,
            grid,
            window: around(grid, longitude, place.1, 100),
            turn: 0.0,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 30, ..ProptestConfig::with_cases(4) })]

    #[test]
    fn random_rasters_take_the_pixels_that_gdal_takes(cases in prop::collection::vec(cases(), 40)) {
        let taken = assert_equal_gdal(&cases);
        prop_assert!(taken.iter().filter(|&&taken| taken > 0).count() > 10);
    }
}
