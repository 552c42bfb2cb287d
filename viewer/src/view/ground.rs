//! From a device pixel to a pixel of the grid in `f32`, on the globe: the twin of
//! `render/shaders/place.glsl`. (In the flat projections the shader looks places up: [`axes`](super::axes).)
//!
//! An `f32` cannot tell the device pixels of the whole world apart at high zoom. So the shader never
//! forms a longitude: it computes the **angles from the centre of the view**, by formulas without
//! cancellation, and adds them to the grid position of the centre, which comes split into a whole
//! cell and a fraction. The relative error of an angle stays near 2⁻²², so that the position is
//! right to a fraction of a device pixel at every zoom.
//!
//! With the centre's latitude φ₀ (s = sin φ₀, c = cos φ₀) and positions x (east), y (north), in radii:
//! z = √(1-x²-y²), u = z c - y s, q = √(x²+u²) - u and Δλ = atan2(x, u), Δφ = atan2(y - s q, z + c q).
//!
//! These follow from the addition theorem of tan; the tests hold them to the textbook formulas in `f64`.

use super::{Camera, Projection, wrap_longitude};
use crate::number::bounded;
use crate::placement::Placement;

/// Beyond it, northings are counted from this latitude, in degrees.
const NEAR_POLE: f64 = 86.0;

/// What the shader gets to know of the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    /// The projection.
    pub projection: Projection,
    /// Centre of the view in device pixels from the left and the **bottom** (as `gl_FragCoord`).
    pub centre: [f32; 2],
    /// Radians of arc at the centre of the globe, or of longitude, per device pixel.
    pub radians_per_pixel: f32,
    /// Sine and cosine of the centre's latitude.
    pub sin_cos: [f32; 2],
    /// The grid cell (column, row) that holds the centre. It may lie beyond the grid.
    pub cell: [i32; 2],
    /// The centre's place within that cell, 0 to 1, the way that columns and rows go.
    pub fraction: [f32; 2],
    /// The centre's longitude and latitude: the share of a turn from 180° W, of half a turn from the
    /// north pole.
    pub share: [f32; 2],
    /// Columns and rows of cells per radian to the east and to the north.
    pub cells_per_radian: [f32; 2],
    /// Columns and rows of the grid.
    pub size: [i32; 2],
    /// The least and the greatest row of what is on the Earth: those of the poles where the grid reaches them.
    pub ends: [i32; 2],
    /// Columns of a turn, and what has to be added to that. The columns go around where there are as many.
    pub turn: (i32, f32),
    /// Where rows are steps of Mercator's northing, the place from which these are counted, near the view's centre: sine and
    /// cosine of its latitude, and how many radians the centre lies north of it.
    pub mercator: Option<[f32; 3]>,
    /// Longitude of the grid's middle in radians from the view's centre; 0 where the columns go around.
    pub middle: f32,
}

impl Ground {
    /// What the shader needs for a camera over a grid, on a canvas of `width` x `height` device pixels.
    pub fn new(camera: &Camera, grid: &Placement, width: u32, height: u32) -> Self {
        let view = camera.view();
        let per_degree = [grid.cols_per_degree(), grid.rows_per_degree()];
        // At the poles the northing has no end.
        let near = bounded(view.lat, -NEAR_POLE, NEAR_POLE);
        let from = if grid.is_mercator { near } else { view.lat };
        let (mut col, row) = (grid.column(view.lon), grid.row(from));
        let mut middle = 0.0;
        let mut turn = (grid.turn() as i32, 0.0);
        if !grid.wraps {
            // Columns are counted on without a jump as far as half a turn from the grid's middle.
            let half = f64::from(grid.cols) / 2.0;
            middle = wrap_longitude((half - col) / per_degree[0]);
            col = half - middle * per_degree[0];
            turn = (grid.turn().ceil() as i32, (grid.turn() - grid.turn().ceil()) as f32);
        }
        let [south, north] = grid.reaches_poles();
        let (first, last) = if grid.dlat < 0.0 { (north, south) } else { (south, north) };
        let rows = grid.rows as i32;
        let (sin, cos) = view.lat.to_radians().sin_cos();
        Self {
            projection: camera.projection(),
            centre: [width as f32 / 2.0, height as f32 / 2.0],
            radians_per_pixel: camera.degrees_per_pixel().to_radians() as f32,
            sin_cos: [sin as f32, cos as f32],
            cell: [col.floor() as i32, row.floor() as i32],
            fraction: [(col - col.floor()) as f32, (row - row.floor()) as f32],
            share: [((view.lon + 180.0) / 360.0) as f32, ((90.0 - view.lat) / 180.0) as f32],
            cells_per_radian: per_degree.map(|cells| cells.to_degrees() as f32),
            size: [grid.cols as i32, rows],
            mercator: grid.is_mercator.then(|| {
                let (sin, cos) = from.to_radians().sin_cos();
                [sin, cos, (view.lat - from).to_radians()].map(|value| value as f32)
            }),
            ends: [if first { 0 } else { -1 }, if last { rows - 1 } else { rows }],
            turn,
            middle: middle.to_radians() as f32,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, PI};

    use super::*;
    use crate::view::{View, Viewport};

    const COLS: u32 = 36_000;
    const ROWS: u32 = 18_000;
    /// Device pixels by which the shader may be off.
    const TOLERANCE: f64 = 0.02;

    /// East and north angles from the centre, in radians, of the place on the globe at a fragment
    /// coordinate (device pixels from the left and the bottom). `None` beside the globe.
    #[expect(
        clippy::many_single_char_names,
        reason = "the names of the shader, whose twin this is"
    )]
    fn angles(ground: &Ground, fragment: [f32; 2]) -> Option<[f32; 2]> {
        let x = (fragment[0] - ground.centre[0]) * ground.radians_per_pixel;
        let y = (fragment[1] - ground.centre[1]) * ground.radians_per_pixel;
        let [s, c] = ground.sin_cos;
        let depth = 1.0 - x * x - y * y;
        if depth < 0.0 {
            return None;
        }
        let z = depth.sqrt();
        let u = z * c - y * s;
        let length = (x * x + u * u).sqrt();
        // Over the pole u is negative: there the plain difference is the exact one.
        let q = if u > 0.0 { x * x / (length + u) } else { length - u };
        Some([arc_tangent(x, u), arc_tangent(y - s * q, z + c * q)])
    }

    /// Mercator's northing of an angle from a latitude, counted from there.
    fn northing(angle: f32, [s, c]: [f32; 2]) -> f32 {
        let half = angle * 0.5;
        let difference = 2.0 * (c * half.cos() - s * half.sin()) * half.sin();
        let r = (difference / (1.0 - s * (s + difference))).clamp(-0.999_999_9, 0.999_999_9);
        if r.abs() < 0.05 { r * (1.0 + r * r / 3.0) } else { 0.5 * ((1.0 + r) / (1.0 - r)).ln() }
    }

    /// The grid cell (column, row) at a fragment coordinate. `None` beside the globe or the grid.
    fn cell(ground: &Ground, fragment: [f32; 2]) -> Option<[u32; 2]> {
        let [east, mut north] = angles(ground, fragment)?;
        let [across, along] = ground.cells_per_radian;
        if let Some([sin, cos, shift]) = ground.mercator {
            north = northing(north + shift, [sin, cos]);
        }
        let (mut cell, mut fraction) = (ground.cell, ground.fraction);
        let away = east - ground.middle;
        let turns = if away > PI { -1.0 } else { f32::from(u8::from(away < -PI)) };
        cell[0] += turns as i32 * ground.turn.0;
        fraction[0] += turns * ground.turn.1;
        let col = cell[0] + (fraction[0] + east * across).floor() as i32;
        let row = cell[1] + (fraction[1] + north * along).floor() as i32;
        // The last row holds the south pole itself.
        let row = row.clamp(ground.ends[0], ground.ends[1]);
        let wraps = ground.size[0] >= ground.turn.0;
        let col = if wraps { col.rem_euclid(ground.turn.0) } else { col };
        let is_on_grid = (0..ground.size[0]).contains(&col) && (0..ground.size[1]).contains(&row);
        is_on_grid.then_some([col as u32, row as u32])
    }

    /// atan2 to 2⁻²³, which GLSL does not promise of its own (Cephes' `atanf` polynomial).
    fn arc_tangent(y: f32, x: f32) -> f32 {
        let (ax, ay) = (x.abs(), y.abs());
        let (small, large) = if ax > ay { (ay, ax) } else { (ax, ay) };
        if large == 0.0 {
            return 0.0;
        }
        // tan(π/8): above it the angle is taken from π/4.
        let steep = small > large * 0.414_213_56;
        let t = if steep { (small - large) / (small + large) } else { small / large };
        let q = t * t;
        let series =
            ((8.053_744_5e-2 * q - 1.387_768_6e-1) * q + 1.997_771_1e-1) * q - 3.333_295e-1;
        let mut angle = series * q * t + t;
        if steep {
            angle += FRAC_PI_4;
        }
        if ay > ax {
            angle = FRAC_PI_2 - angle;
        }
        if x < 0.0 {
            angle = PI - angle;
        }
        if y < 0.0 { -angle } else { angle }
    }

    fn screen(pixel_ratio: f64) -> Viewport {
        Viewport { width: 1280.0, height: 800.0, pixel_ratio }
    }

    fn ground(camera: &Camera) -> Ground {
        let viewport = camera.viewport();
        let device = |length: f64| (length * viewport.pixel_ratio) as u32;
        let grid = Placement::global(COLS, ROWS);
        Ground::new(camera, &grid, device(viewport.width), device(viewport.height))
    }

    /// The cell at a fragment by the camera's textbook formulas, and those that a shift by so many
    /// device pixels leads to.
    pub(in super::super) fn reference(
        camera: &Camera,
        fragment: [f32; 2],
        tolerance: f64,
    ) -> Vec<Option<[u32; 2]>> {
        let viewport = camera.viewport();
        let at = |dx: f64, dy: f64| {
            let x = (f64::from(fragment[0]) + dx) / viewport.pixel_ratio;
            let y = viewport.height - (f64::from(fragment[1]) + dy) / viewport.pixel_ratio;
            let (lon, lat) = camera.unproject(x, y)?;
            let col = ((lon + 180.0) * 100.0).floor() as u32 % COLS;
            let row = (((90.0 - lat) * 100.0).floor() as u32).min(ROWS - 1);
            Some([col, row])
        };
        let mut cells = Vec::new();
        for dx in [-tolerance, 0.0, tolerance] {
            for dy in [-tolerance, 0.0, tolerance] {
                cells.push(at(dx, dy));
            }
        }
        cells
    }

    /// Views from all over the world, near and far, on screens of three densities.
    pub(in super::super) fn cameras(projection: Projection) -> impl Iterator<Item = Camera> {
        let places = [
            (0.0, 0.0),
            (12.345_678, 45.678_9),
            (179.999, -16.5),
            (-180.0, 66.0),
            (-70.2, -54.3),
            (33.0, 84.9),
            (-100.0, -84.9),
            (77.7, 89.99),
        ];
        places.into_iter().flat_map(move |(lon, lat)| {
            [1.0, 2.2, 4.0, 6.6, 9.0, 12.0, 14.0].into_iter().flat_map(move |zoom| {
                [1.0, 2.0, 3.0].into_iter().map(move |ratio| {
                    Camera::new(projection, View { lon, lat, zoom }, screen(ratio))
                })
            })
        })
    }

    #[test]
    fn the_shader_finds_the_cell_of_the_reference_to_a_fiftieth_of_a_device_pixel() {
        let mut compared = 0;
        for camera in cameras(Projection::Globe) {
            let ground = ground(&camera);
            let (width, height) = (ground.centre[0] * 2.0, ground.centre[1] * 2.0);
            for i in 0..41_u8 {
                for j in 0..31_u8 {
                    let x = (width * f32::from(i) / 41.0).floor() + 0.5;
                    let y = (height * f32::from(j) / 31.0).floor() + 0.5;
                    let expected = reference(&camera, [x, y], TOLERANCE);
                    // At the limb of the globe a fiftieth of a pixel spans many cells.
                    let rim = (x - ground.centre[0]).hypot(y - ground.centre[1])
                        * ground.radians_per_pixel;
                    if rim > 0.99 {
                        continue;
                    }
                    compared += 1;
                    let found = cell(&ground, [x, y]);
                    let near = |cell: &Option<[u32; 2]>| match (cell, found) {
                        (None, None) => true,
                        (Some(a), Some(b)) => {
                            // Zoomed out, a fiftieth of a pixel spans cells: between the shifted ones.
                            let slack =
                                (camera.degrees_per_pixel() * 100.0 * TOLERANCE).ceil() as u32;
                            let cols = a[0].abs_diff(b[0]);
                            let cols = cols.min(COLS - cols);
                            let slack = if slack > 1 { slack * 8 } else { 0 };
                            cols <= slack && a[1].abs_diff(b[1]) <= slack
                        }
                        _ => false,
                    };
                    assert!(
                        expected.iter().any(near),
                        "{camera:?} at {x},{y}: found {found:?}, expected one of {expected:?}"
                    );
                }
            }
        }
        assert!(compared > 50_000);
    }

    #[test]
    fn the_edge_between_two_cells_lies_within_the_device_pixel_of_the_reference() {
        // The corner of four cells in the middle of the screen, and off it.
        for (lon, lat) in [(10.01, 45.02), (-180.0, 30.0), (10.04, 45.05)] {
            let view = View { lon, lat, zoom: 12.0 };
            let camera = Camera::new(Projection::Globe, view, screen(2.0));
            let ground = ground(&camera);
            for step in 0..2400_u16 {
                let x = f32::from(step) + 0.5;
                for fragment in [[x, 810.5], [1290.5, x.min(1599.5)]] {
                    let expected = reference(&camera, fragment, TOLERANCE);
                    assert!(expected.contains(&cell(&ground, fragment)), "{camera:?} {fragment:?}");
                }
            }
        }
    }

    #[test]
    fn every_latitude_of_the_polar_cap_has_a_cell_on_the_globe() {
        for lat in [90.0, -90.0] {
            let view = View { lon: 0.0, lat, zoom: 6.0 };
            let camera = Camera::new(Projection::Globe, view, screen(1.0));
            let ground = ground(&camera);
            let pole_row = if lat > 0.0 { 0 } else { ROWS - 1 };
            assert_eq!(cell(&ground, [640.0, 400.0]).unwrap()[1], pole_row);
            for x in 600..680_u16 {
                assert!(cell(&ground, [f32::from(x) + 0.5, 400.5]).is_some());
            }
        }
    }

    #[test]
    fn cells_are_found_on_grids_of_any_extent_and_direction() {
        for grid in [
            Placement::new(0.0, -90.0, 0.5, 0.5, 720, 360),
            Placement::new(-0.125, 90.125, 0.25, -0.25, 1440, 721),
            Placement::new(170.0, 10.0, 0.25, -0.5, 80, 40),
            Placement::new(350.0, -60.0, 0.07, 0.03, 300, 500),
            Placement::new(-100.0, 80.0, 0.7, -0.7, 400, 200),
            Placement::new(-180.0, 180.0, 0.5, -0.5, 720, 720).in_mercator(),
            Placement::new(-20.0, -90.0, 0.1, 0.1, 400, 800).in_mercator(),
        ] {
            for (lon, lat) in
                [(0.3, 10.0), (175.0, 5.0), (-10.0, -58.0), (60.0, 89.0), (-170.0, -88.0)]
            {
                for zoom in [1.0, 4.0] {
                    let camera =
                        Camera::new(Projection::Globe, View { lon, lat, zoom }, screen(1.0));
                    let ground = Ground::new(&camera, &grid, 1280, 800);
                    let at = |x: f32, y: f32| {
                        let place = camera.unproject(f64::from(x), 800.0 - f64::from(y));
                        place.and_then(|(lon, lat)| grid.pixel_at(lon, lat))
                    };
                    for i in 0..64_u16 {
                        for j in 0..40_u16 {
                            let [x, y] = [i * 20, j * 20].map(|at| f32::from(at) + 3.5);
                            let rim = (x - 640.0).hypot(y - 400.0) * ground.radians_per_pixel;
                            if (0.98..1.02).contains(&rim) {
                                continue;
                            }
                            let found = cell(&ground, [x, y]).map(|[col, row]| (row, col));
                            let near = [
                                (0.0, 0.0),
                                (0.03, 0.03),
                                (0.03, -0.03),
                                (-0.03, 0.03),
                                (-0.03, -0.03),
                            ];
                            let expected = near.map(|(dx, dy)| at(x + dx, y + dy));
                            assert!(
                                expected.contains(&found),
                                "{grid:?} {camera:?} at {x},{y}: {found:?}, expected {expected:?}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn arc_tangents_agree_with_the_libraries() {
        for i in -200..=200_i16 {
            for j in -200..=200_i16 {
                let (y, x) = (f32::from(i) / 37.0, f32::from(j) / 41.0);
                let expected = f64::from(y).atan2(f64::from(x));
                let error = (f64::from(arc_tangent(y, x)) - expected).abs();
                assert!(error < 6e-7, "{y} {x} {error}");
            }
        }
        for exponent in 1..30 {
            let y = 0.5_f32.powi(exponent);
            let relative = f64::from(arc_tangent(y, 1.0)) / f64::from(y).atan() - 1.0;
            assert!(relative.abs() < 3e-7, "{y} {relative}");
        }
    }
}
