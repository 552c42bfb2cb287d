//! Where the columns and rows of device pixels lie, in the flat projections.
//!
//! There a column has one longitude and a row one latitude, so that a few thousand places say what a
//! million pixels show. They are computed in `f64`, to the pixel of the grid, and looked up by the shader
//! (`render/shaders/place.glsl`), which would take longer to compute them than for all the rest.

use super::{Camera, Projection};
use crate::placement::Placement;

/// A place along one axis, as the shader wants it: the grid's column or row, which may lie beyond the
/// grid's ends; the place within it, 0 to 1 (the way that columns or rows go); radians from the view's centre (east
/// or north); the share of a turn from 180° W or of half a turn from the north pole, below 0 or above 1 beyond a pole.
pub type AxisPlace = [f32; 4];

/// The row of what lies beyond a pole, even of a grid whose rows reach past it.
const NO_ROW: f64 = -1.0;

/// The places of a canvas's columns and rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// From the left.
    pub columns: Vec<AxisPlace>,
    /// From the **bottom**, as `gl_FragCoord`.
    pub rows: Vec<AxisPlace>,
}

impl Axes {
    /// The axes of a camera over a grid, on a canvas of so many device pixels. `None` on the globe, where each pixel has
    /// a place of its own.
    pub fn new(camera: &Camera, grid: &Placement, canvas: (u32, u32)) -> Option<Self> {
        if camera.projection() == Projection::Globe {
            return None;
        }
        let (view, ratio) = (camera.view(), camera.viewport().pixel_ratio);
        // CSS pixels from the middle of the canvas to the middle of a device pixel.
        let away =
            |index: u32, count: u32| (f64::from(index) + 0.5 - f64::from(count) / 2.0) / ratio;
        let columns = (0..canvas.0).map(|index| {
            let east = away(index, canvas.0) / camera.world() * 360.0;
            let lon = (view.lon + east + 180.0).rem_euclid(360.0);
            let at = grid.column(view.lon + east);
            // A tiny negative number's remainder is a whole turn.
            let last = if grid.wraps { f64::from(grid.cols) - 1.0 } else { f64::INFINITY };
            let column = at.floor().min(last);
            [column, at - column, east.to_radians(), lon / 360.0].map(|value| value as f32)
        });
        let rows = (0..canvas.1).map(|index| {
            let lat = camera.latitude_below(-away(index, canvas.1));
            let at = grid.row(lat);
            let row = at.floor();
            let north = (lat - view.lat).to_radians();
            // The share as a float shall not lie on the ground where the latitude does not.
            let (share, least, most) = (((90.0 - lat) / 180.0) as f32, f32::EPSILON, 1.0_f32);
            let (beyond, share) = match lat {
                _ if lat > 90.0 => (true, share.min(-least)),
                _ if lat < -90.0 => (true, share.max(most + least)),
                _ => (false, share),
            };
            let is_on_grid = (0.0..f64::from(grid.rows)).contains(&row);
            let shown = if beyond && is_on_grid { NO_ROW } else { row };
            let [row, within, north] = [shown, at - row, north].map(|value| value as f32);
            [row, within, north, share]
        });
        Some(Self { columns: columns.collect(), rows: rows.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ground::tests::{cameras, reference};
    use super::*;
    use crate::view::{View, Viewport};

    const GRID: (u32, u32) = (36_000, 18_000);

    fn globe() -> Placement {
        Placement::global(GRID.0, GRID.1)
    }

    const FLAT: [Projection; 2] = [Projection::Mercator, Projection::Equirectangular];

    fn axes(camera: &Camera) -> Axes {
        let viewport = camera.viewport();
        let device = |length: f64| (length * viewport.pixel_ratio) as u32;
        Axes::new(camera, &globe(), (device(viewport.width), device(viewport.height))).unwrap()
    }

    /// The cell at a fragment.
    fn cell(axes: &Axes, x: usize, y: usize) -> Option<[u32; 2]> {
        let (column, row) = (axes.columns[x][0], axes.rows[y][0]);
        (0.0..GRID.1 as f32).contains(&row).then_some([column as u32, row as u32])
    }

    #[test]
    fn columns_and_rows_have_the_cell_of_the_reference() {
        let mut compared = 0;
        for camera in FLAT.into_iter().flat_map(cameras) {
            let axes = axes(&camera);
            for i in 0..41 {
                for j in 0..31 {
                    let (x, y) = (axes.columns.len() * i / 41, axes.rows.len() * j / 31);
                    // The reference rounds too: at an edge both sides are right.
                    let expected = reference(&camera, [x as f32 + 0.5, y as f32 + 0.5], 1e-6);
                    let found = cell(&axes, x, y);
                    assert!(
                        expected.contains(&found),
                        "{camera:?} at {x},{y}: found {found:?}, expected one of {expected:?}"
                    );
                    compared += 1;
                }
            }
        }
        assert!(compared > 100_000);
    }

    #[test]
    fn a_place_lies_within_its_cell_and_at_its_angle_and_share() {
        for camera in FLAT.into_iter().flat_map(cameras) {
            let (axes, view) = (axes(&camera), camera.view());
            for &[column, within, east, share] in &axes.columns {
                assert!((0.0..=1.0).contains(&within) && (0.0..36_000.0).contains(&column));
                let lon = f64::from(share) * 360.0 - 180.0;
                let apart = view.lon + f64::from(east).to_degrees() - lon;
                assert!((apart - (apart / 360.0).round() * 360.0).abs() < 1e-4, "{camera:?}");
                let position = (f64::from(column) + f64::from(within)) / 100.0 - 180.0;
                assert!((position - lon).abs() < 1e-4, "{camera:?}");
            }
            for &[row, within, north, share] in &axes.rows {
                assert!((0.0..=1.0).contains(&within), "{camera:?}");
                let lat = 90.0 - f64::from(share) * 180.0;
                assert!((view.lat + f64::from(north).to_degrees() - lat).abs() < 1e-4);
                let position = 90.0 - (f64::from(row) + f64::from(within)) / 100.0;
                assert!((position - lat).abs() < 1e-4, "{camera:?}");
            }
        }
    }

    #[test]
    fn rows_go_up_and_columns_to_the_right() {
        let screen = Viewport { width: 300.0, height: 200.0, pixel_ratio: 2.0 };
        let view = View { lon: 0.0, lat: 0.0, zoom: 5.0 };
        let axes = axes(&Camera::new(Projection::Mercator, view, screen));
        assert_eq!((axes.columns.len(), axes.rows.len()), (600, 400));
        assert!(axes.columns[0][2] < 0.0 && axes.columns[599][2] > 0.0);
        assert!(axes.rows[0][2] < 0.0 && axes.rows[399][2] > 0.0);
    }

    #[test]
    fn the_globe_has_none() {
        let screen = Viewport { width: 300.0, height: 200.0, pixel_ratio: 1.0 };
        let view = View { lon: 0.0, lat: 0.0, zoom: 5.0 };
        assert_eq!(
            Axes::new(&Camera::new(Projection::Globe, view, screen), &globe(), (1, 1)),
            None
        );
    }

    /// The pixels (row, column) of a grid that the places of a canvas's rows and columns find, and those that the
    /// latitudes and longitudes of the rows and columns have.
    fn assert_places(grid: &Placement, camera: &Camera) {
        let axes = Axes::new(camera, grid, (640, 400)).unwrap();
        for (index, &[row, ..]) in axes.rows.iter().enumerate() {
            let lat = camera.latitude_below(200.0 - index as f64 - 0.5);
            let expected = grid.pixel_at(grid.west, lat).map(|(row, _)| row);
            let found = (0.0..grid.rows as f32).contains(&row).then_some(row as u32);
            assert_eq!(found, expected, "{grid:?} {camera:?} row {index} at {lat}");
        }
        for (index, &[column, ..]) in axes.columns.iter().enumerate() {
            let lon = camera.view().lon + (index as f64 + 0.5 - 320.0) / camera.world() * 360.0;
            let lat = grid.lat(f64::from(grid.rows) / 2.0);
            let expected = grid.pixel_at(lon, lat).map(|(_, column)| column);
            let found = (0.0..grid.cols as f32).contains(&column).then_some(column as u32);
            assert_eq!(found, expected, "{grid:?} {camera:?} column {index} at {lon}");
        }
    }

    #[test]
    fn places_are_found_on_grids_of_any_extent_and_direction() {
        let screen = Viewport { width: 640.0, height: 400.0, pixel_ratio: 1.0 };
        for grid in [
            Placement::new(0.0, -90.0, 0.5, 0.5, 720, 360),
            Placement::new(-0.125, 90.125, 0.25, -0.25, 1440, 721),
            Placement::new(170.0, 10.0, 0.25, -0.5, 80, 40),
            Placement::new(350.0, -60.0, 0.07, 0.03, 300, 500),
            Placement::new(-180.5, 90.5, 1.0, -1.0, 361, 181),
            Placement::new(-180.0, 180.0, 0.5, -0.5, 720, 720).in_mercator(),
        ] {
            for projection in FLAT {
                for (lon, lat, zoom) in [(0.3, 0.0, 0.0), (175.0, 5.0, 4.0), (-10.0, -58.0, 6.0)] {
                    let camera = Camera::new(projection, View { lon, lat, zoom }, screen);
                    assert_places(&grid, &camera);
                }
            }
        }
    }
}
