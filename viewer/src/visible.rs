//! Which level suits a view, and which of its chunks are on the screen. Pure.
//!
//! A **cell** is a pixel of the finest level; positions count cells from the outer edges of the first one, in the order
//! of the array's rows and columns.

use std::ops::Range;

use floe_shared::order::sort_by_number;
use floe_shared::table::Table;

use crate::chunk::{ChunkKey, Plane};
use crate::dataset::LevelInfo;
use crate::placement::Placement;
use crate::view::{Camera, Projection};

/// The most levels that a dataset may have.
pub const MAX_LEVELS: usize = 16;
/// CSS pixels between the places that are looked at to find the chunks on the globe, and the least.
const GLOBE_STEP: f64 = 10.0;
const LEAST_GLOBE_STEP: f64 = 2.0;
/// Pixels of its own by which a level may fall short of the finest one.
const SHORTAGE: f64 = 2.01;

/// One level as the map sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Its index in chunk keys.
    pub index: u8,
    /// Columns and rows of cells that a pixel covers.
    pub factor: (f64, f64),
    /// Position of the first pixel's outer edges.
    pub origin: (f64, f64),
    /// Columns and rows of pixels.
    pub size: (u32, u32),
    /// Columns and rows of pixels in a chunk.
    pub chunk: (u32, u32),
}

/// The levels of a grid, finest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Pyramid {
    placement: Placement,
    levels: Vec<Level>,
}

/// A chunk of a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Position of the level in [`Pyramid::levels`].
    pub level: usize,
    /// Row of chunks.
    pub row: u32,
    /// Column of chunks.
    pub col: u32,
}

/// Levels that the map cannot draw.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PyramidError {
    /// No level at all.
    #[error("it has no level")]
    Empty,
    /// More levels than the shader knows.
    #[error("it has {found} levels, the map can draw {MAX_LEVELS}")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// A level that lies elsewhere than the finest one.
    #[error("level {level} does not cover what the finest level covers")]
    Elsewhere {
        /// The level's index.
        level: u8,
    },
    /// A level whose rows go the other way, or whose pixels are finer than those of the first one.
    #[error("level {level} is none of coarser pixels in the order of the finest level's")]
    NotCoarser {
        /// The level's index.
        level: u8,
    },
    /// A level without pixels or chunks.
    #[error("level {level} is empty")]
    EmptyLevel {
        /// The level's index.
        level: u8,
    },
}

impl Level {
    /// A level over the finest one.
    fn new(info: &LevelInfo, finest: &Placement) -> Result<Self, PyramidError> {
        let (level, own) = (info.index, &info.placement);
        if own.rows.min(own.cols).min(info.chunk_rows).min(info.chunk_cols) == 0 {
            return Err(PyramidError::EmptyLevel { level });
        }
        let factor = (own.dlon / finest.dlon, own.dlat / finest.dlat);
        let factor = (whole(factor.0, factor.0 * 1e-5), whole(factor.1, factor.1 * 1e-5));
        if factor.0 < 0.999 || factor.1 < 0.999 || own.is_mercator != finest.is_mercator {
            return Err(PyramidError::NotCoarser { level });
        }
        // To the west or to the east, whatever is nearer.
        let turned = (own.west - finest.west + 180.0).rem_euclid(360.0) - 180.0;
        let column = turned * finest.cols_per_degree();
        let origin = (whole(column, 1e-2), whole(finest.row_of(own.first_lat), 1e-2));
        let covers = |origin: f64, factor: f64, own: u32, all: u32| {
            let end = origin + factor * f64::from(own);
            origin <= factor && f64::from(all) - end <= SHORTAGE * factor
        };
        if covers(origin.0, factor.0, own.cols, finest.cols)
            && covers(origin.1, factor.1, own.rows, finest.rows)
        {
            let (size, chunk) = ((own.cols, own.rows), (info.chunk_cols, info.chunk_rows));
            Ok(Self { index: level, factor, origin, size, chunk })
        } else {
            Err(PyramidError::Elsewhere { level })
        }
    }

    /// Columns and rows of chunks.
    pub fn chunks(&self) -> (u32, u32) {
        (self.size.0.div_ceil(self.chunk.0), self.size.1.div_ceil(self.chunk.1))
    }

    /// Whether a pixel is a square of whole cells, counted from the first one, and none is left out.
    fn is_nested(&self, cells: (u32, u32)) -> bool {
        let covers = |own: u32, all: u32| f64::from(own) * self.factor.0 >= f64::from(all);
        self.origin == (0.0, 0.0)
            && self.factor.0.to_bits() == self.factor.1.to_bits()
            && self.factor.0.fract() == 0.0
            && covers(self.size.0, cells.0)
            && covers(self.size.1, cells.1)
    }

    /// The chunks along one axis that hold cells; those past the level's end are the last chunk's.
    fn span(&self, cells: &Range<f64>, axis: Axis) -> Range<u32> {
        let (factor, origin, chunk, count) = match axis {
            Axis::Columns => (self.factor.0, self.origin.0, self.chunk.0, self.chunks().0),
            Axis::Rows => (self.factor.1, self.origin.1, self.chunk.1, self.chunks().1),
        };
        let at = |cell: f64| (cell - origin) / (factor * f64::from(chunk));
        // The epsilon keeps an edge that lies exactly on the screen's out of the next chunk.
        let first = ((at(cells.start) + 1e-9).floor() as u32).min(count - 1);
        first..((at(cells.end) - 1e-9).ceil() as u32).clamp(first + 1, count)
    }
}

/// An axis of a grid.
#[derive(Clone, Copy)]
enum Axis {
    Columns,
    Rows,
}

/// A number that is whole but for the errors of the coordinates that it comes from, made whole.
fn whole(number: f64, tolerance: f64) -> f64 {
    let rounded = number.round();
    if (number - rounded).abs() <= tolerance { rounded } else { number }
}

impl Pyramid {
    /// Checks the levels of a grid, which come finest first.
    pub fn new(infos: &[LevelInfo]) -> Result<Self, PyramidError> {
        let finest = infos.first().ok_or(PyramidError::Empty)?;
        if infos.len() > MAX_LEVELS {
            return Err(PyramidError::TooMany { found: infos.len() });
        }
        let placement = finest.placement;
        let levels = infos.iter().map(|info| Level::new(info, &placement));
        Ok(Self { placement, levels: levels.collect::<Result<_, _>>()? })
    }

    /// The levels, finest first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The level of an index in chunk keys.
    pub fn level(&self, index: u8) -> Option<&Level> {
        self.levels.iter().find(|level| level.index == index)
    }

    /// Where the cells lie.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// Columns and rows of cells.
    pub fn size(&self) -> (u32, u32) {
        (self.placement.cols, self.placement.rows)
    }

    /// Whether the pixels of each level are squares of whole cells, counted from the first one.
    pub fn is_nested(&self) -> bool {
        self.levels.iter().all(|level| level.is_nested(self.size()))
    }

    /// Position of the level whose pixels are nearest in size to the **device** pixels at the centre,
    /// in the logarithm: drawn at most 1.4 times larger, skipped over at most 1.4 fold.
    pub fn level_for(&self, camera: &Camera) -> usize {
        let cells = camera.degrees_per_pixel() * self.placement.cols_per_degree();
        let across = camera.degrees_per_pixel() * self.placement.rows_per_degree().abs();
        let distance = |level: &Level| {
            f64::midpoint((cells / level.factor.0).log2(), (across / level.factor.1).log2()).abs()
        };
        (0..self.levels.len())
            .min_by(|&a, &b| distance(&self.levels[a]).total_cmp(&distance(&self.levels[b])))
            .unwrap_or(0)
    }

    /// The chunks of a level that are on the screen, those nearest to its centre first.
    pub fn visible(&self, camera: &Camera, level: usize) -> Vec<Place> {
        let shape = &self.levels[level];
        let cells = match camera.projection() {
            Projection::Globe => self.on_globe(camera, shape),
            Projection::Mercator | Projection::Equirectangular => self.on_plane(camera, shape),
        };
        let (view, grid) = (camera.view(), &self.placement);
        let (east, south, turn) = (grid.column(view.lon), grid.row(view.lat), grid.turn());
        // Cells need not be square.
        let stretch = (grid.dlat / grid.dlon).abs();
        // Distance from the centre to the chunk's middle, in widths of a cell, the short way around.
        let distance = |&(row, col): &(u32, u32)| {
            let middle = |index: u32, chunk: u32, factor: f64, origin: f64| {
                (f64::from(index) + 0.5) * f64::from(chunk) * factor + origin
            };
            let dx = (middle(col, shape.chunk.0, shape.factor.0, shape.origin.0) - east).abs();
            let dx = dx.min((turn - dx).abs());
            let dy = middle(row, shape.chunk.1, shape.factor.1, shape.origin.1) - south;
            dx.hypot(dy * stretch)
        };
        let mut places: Vec<_> = cells.keys().map(|cell| (distance(cell), *cell)).collect();
        sort_by_number(&mut places, |&(distance, _)| distance);
        places.into_iter().map(|(_, (row, col))| Place { level, row, col }).collect()
    }

    /// What a view needs: the chunks of the level that suits it, and those of the coarsest level, which
    /// stand in for them until they are there (none where the two are the same).
    pub fn needed(&self, camera: &Camera) -> (Vec<Place>, Vec<Place>) {
        let level = self.level_for(camera);
        let coarsest = self.levels.len() - 1;
        let coarse = if coarsest == level { Vec::new() } else { self.visible(camera, coarsest) };
        (self.visible(camera, level), coarse)
    }

    /// The key of a chunk of a plane.
    pub fn key(&self, place: Place, (variable, plane): Plane) -> ChunkKey {
        let level = self.levels[place.level].index;
        ChunkKey { variable, plane, level, row: place.row, col: place.col }
    }

    /// In the flat projections what is on the screen is a rectangle of longitude and latitude.
    fn on_plane(&self, camera: &Camera, shape: &Level) -> Table<(u32, u32), ()> {
        let (viewport, grid) = (camera.viewport(), &self.placement);
        let middle = viewport.width / 2.0;
        let lat = |y: f64, beyond: f64| camera.unproject(middle, y).map_or(beyond, |place| place.1);
        let ends = [lat(0.0, 90.0), lat(viewport.height, -90.0)].map(|lat| grid.row(lat));
        let rows = ends[0].min(ends[1]).max(0.0)..ends[0].max(ends[1]).min(f64::from(grid.rows));

        let turn = grid.turn();
        let span = (viewport.width / camera.world()).min(1.0) * turn;
        let west = grid.column(camera.view().lon) - span / 2.0;
        let mut chunk_cols = Table::new();
        // The whole world, and the pieces of it west and east of where the grid begins.
        for turns in [-1.0, 0.0, 1.0] {
            let start = (west + turns * turn).max(0.0);
            let end = (west + turns * turn + span).min(f64::from(grid.cols));
            if start < end {
                for col in shape.span(&(start..end), Axis::Columns) {
                    chunk_cols.insert(col, ());
                }
            }
        }
        let mut cells = Table::new();
        if rows.start < rows.end {
            for row in shape.span(&rows, Axis::Rows) {
                for &col in chunk_cols.keys() {
                    cells.insert((row, col), ());
                }
            }
        }
        cells
    }

    /// On the globe places all over the screen are looked at, and the poles by themselves, where the
    /// chunks come to a point.
    fn on_globe(&self, camera: &Camera, shape: &Level) -> Table<(u32, u32), ()> {
        let viewport = camera.viewport();
        let mut cells = Table::new();
        let mut look = |x: f64, y: f64| {
            if let Some((lon, lat)) = camera.unproject(x, y)
                && let Some(chunk) = self.chunk_at(shape, lon, lat)
            {
                cells.insert(chunk, ());
            }
        };
        let step = self.globe_step(camera, shape);
        let steps = |length: f64| ((length / step).ceil() as u32).max(1);
        let (across, down) = (steps(viewport.width), steps(viewport.height));
        for i in 0..=down {
            let y = viewport.height * f64::from(i) / f64::from(down);
            for j in 0..=across {
                look(viewport.width * f64::from(j) / f64::from(across), y);
            }
        }
        for i in 0..360_u16 {
            let (sin, cos) = f64::from(i).to_radians().sin_cos();
            let radius = camera.radius() * 0.999;
            let (x, y) =
                (radius * cos + viewport.width / 2.0, radius * sin + viewport.height / 2.0);
            if (0.0..=viewport.width).contains(&x) && (0.0..=viewport.height).contains(&y) {
                look(x, y);
            }
        }
        for (lat, is_reached) in [-90.0, 90.0].into_iter().zip(self.placement.reaches_poles()) {
            let Some((x, y)) = camera.project(0.0, lat).filter(|_| is_reached) else { continue };
            let margin = 100.0;
            if (-margin..=viewport.width + margin).contains(&x)
                && (-margin..=viewport.height + margin).contains(&y)
            {
                // Only wedges whose tip, 1° from the pole, is on this side.
                for col in 0..shape.chunks().0 {
                    let middle = (f64::from(col) + 0.5) * f64::from(shape.chunk.0);
                    let lon = self.placement.lon(middle * shape.factor.0 + shape.origin.0);
                    let tip = camera.project(lon, lat - f64::signum(lat));
                    if tip.is_some_and(|(x, y)| {
                        (0.0..=viewport.width).contains(&x) && (0.0..=viewport.height).contains(&y)
                    }) && let Some((row, _)) = self.chunk_at(shape, lon, lat)
                    {
                        cells.insert((row, col), ());
                    }
                }
            }
        }
        cells
    }

    /// CSS pixels between places that are looked at on the globe: no chunk shall lie between them, nor the whole grid.
    fn globe_step(&self, camera: &Camera, shape: &Level) -> f64 {
        let per_degree = camera.world() / 360.0;
        let length = |chunk: u32, size: u32, factor: f64, step: f64| {
            f64::from(chunk.min(size)) * factor * step.abs() * per_degree
        };
        let grid = &self.placement;
        let width = length(shape.chunk.0, shape.size.0, shape.factor.0, grid.dlon);
        let height = length(shape.chunk.1, shape.size.1, shape.factor.1, grid.dlat);
        (width.min(height) / 2.0).clamp(LEAST_GLOBE_STEP, GLOBE_STEP)
    }

    /// The chunk (row, column) of a level that holds a place; `None` outside the grid.
    fn chunk_at(&self, shape: &Level, lon: f64, lat: f64) -> Option<(u32, u32)> {
        let (row, col) = self.placement.pixel_at(lon, lat)?;
        let chunk = |cell: u32, axis| {
            let middle = f64::from(cell) + 0.5;
            shape.span(&(middle..middle), axis).start
        };
        Some((chunk(row, Axis::Rows), chunk(col, Axis::Columns)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use floe_shared::grid::Grid;
    use floe_shared::pyramid;

    use super::*;
    use crate::view::{View, Viewport};

    /// A north-up grid of square pixels from 180° W.
    fn placement(edge: f64, cols: u32, rows: u32) -> Placement {
        Placement::new(-180.0, 90.0, edge, -edge, cols, rows)
    }

    fn infos() -> Vec<LevelInfo> {
        pyramid::levels(Grid::default())
            .into_iter()
            .map(|level| LevelInfo {
                index: level.index as u8,
                placement: placement(0.01 * f64::from(level.factor()), level.cols, level.rows),
                chunk_rows: level.chunk,
                chunk_cols: level.chunk,
            })
            .collect()
    }

    fn camera(projection: Projection, lon: f64, lat: f64, zoom: f64, pixel_ratio: f64) -> Camera {
        let viewport = Viewport { width: 1280.0, height: 800.0, pixel_ratio };
        Camera::new(projection, View { lon, lat, zoom }, viewport)
    }

    #[test]
    fn a_world_view_takes_the_coarsest_level_and_at_most_eight_chunks() {
        let pyramid = Pyramid::new(&infos()).unwrap();
        for projection in Projection::ALL {
            let camera = camera(projection, 0.0, 20.0, 1.0, 1.0);
            assert_eq!(pyramid.level_for(&camera), 5, "{projection:?}");
            assert!(pyramid.visible(&camera, 5).len() <= 8);
        }
    }

    #[test]
    fn a_fine_screen_takes_a_finer_level() {
        let pyramid = Pyramid::new(&infos()).unwrap();
        let level =
            |zoom, ratio| pyramid.level_for(&camera(Projection::Mercator, 0.0, 0.0, zoom, ratio));
        assert_eq!(level(3.0, 1.0), 3);
        assert_eq!(level(3.0, 2.0), 2);
        assert_eq!(level(9.0, 1.0), 0);
    }

    #[test]
    fn no_view_needs_more_than_24_chunks_of_its_level() {
        let pyramid = Pyramid::new(&infos()).unwrap();
        for tenth in 6..120_u16 {
            for lon in [0.0, 5.0, -177.0] {
                let camera = camera(Projection::Mercator, lon, 33.0, f64::from(tenth) / 10.0, 1.0);
                let level = pyramid.level_for(&camera);
                let count = pyramid.visible(&camera, level).len();
                // Level 2 keeps one small chunk per tile (250 pixels), so more of them fit.
                let most = if level == 2 { 60 } else { 24 };
                assert!(count <= most, "zoom {tenth}/10 level {level}: {count}");
            }
        }
    }

    #[test]
    fn every_place_on_the_screen_lies_in_a_visible_chunk() {
        let pyramid = Pyramid::new(&infos()).unwrap();
        for projection in Projection::ALL {
            for (lon, lat) in
                [(0.0, 0.0), (179.0, -20.0), (-179.9, 70.0), (40.0, 88.0), (10.0, -89.9)]
            {
                for zoom in [0.0, 1.5, 2.5, 4.0, 6.0, 10.0] {
                    let camera = camera(projection, lon, lat, zoom, 1.0);
                    let level = pyramid.level_for(&camera);
                    let shape = pyramid.levels()[level];
                    let visible: BTreeSet<_> =
                        pyramid.visible(&camera, level).iter().map(|p| (p.row, p.col)).collect();
                    for i in 0..64_u8 {
                        for j in 0..40_u8 {
                            let (x, y) = (f64::from(i) * 20.0 + 3.7, f64::from(j) * 20.0 + 7.3);
                            let Some((lon, lat)) = camera.unproject(x, y) else { continue };
                            let rim = camera.project(lon, lat).map_or(0.0, |(x, y)| {
                                (x - 640.0).hypot(y - 400.0) / camera.radius()
                            });
                            // The outermost hundredth of the globe is foreshortened below a pixel.
                            if projection == Projection::Globe && rim > 0.99 {
                                continue;
                            }
                            let chunk = pyramid.chunk_at(&shape, lon, lat).unwrap();
                            assert!(visible.contains(&chunk), "{camera:?} {x} {y} {chunk:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_chunk_under_the_centre_comes_first_also_at_the_antimeridian() {
        let pyramid = Pyramid::new(&infos()).unwrap();
        let camera = camera(Projection::Mercator, 179.0, 1.0, 6.0, 1.0);
        let places = pyramid.visible(&camera, 1);
        assert_eq!((places[0].row, places[0].col), (8, 35));
        assert!(places.iter().any(|place| place.col == 0));
        assert!(!places.iter().any(|place| place.col == 18));
    }

    #[test]
    fn levels_that_do_not_belong_together_are_refused_by_name() {
        assert_eq!(Pyramid::new(&[]), Err(PyramidError::Empty));
        let refused = |level: usize, placement: Placement| {
            let mut infos = infos();
            infos[level].placement = placement;
            Pyramid::new(&infos).unwrap_err()
        };
        let half = Placement::new(-180.0, 90.0, 0.04, -0.04, 9000, 2250);
        assert_eq!(refused(2, half), PyramidError::Elsewhere { level: 2 });
        let south_first = Placement::new(-180.0, -90.0, 0.04, 0.04, 9000, 4500);
        assert_eq!(refused(2, south_first), PyramidError::NotCoarser { level: 2 });
        let elsewhere = Placement::new(-90.0, 90.0, 0.04, -0.04, 9000, 4500);
        assert_eq!(refused(2, elsewhere), PyramidError::Elsewhere { level: 2 });
        assert_eq!(refused(1, placement(0.02, 0, 0)).to_string(), "level 1 is empty");
    }

    /// Levels of a grid by their placements, in chunks of so many pixels.
    pub(crate) fn levels(chunk: u32, placements: &[Placement]) -> Pyramid {
        let info = |(index, &placement): (usize, &Placement)| LevelInfo {
            index: index as u8,
            placement,
            chunk_rows: chunk,
            chunk_cols: chunk,
        };
        Pyramid::new(&placements.iter().enumerate().map(info).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn levels_of_any_factor_lie_where_their_coordinates_say() {
        let rounded = Placement::new(-180.0, 90.0, 0.32, -180.0 / 562.0, 1125, 562);
        let dropped = Placement::new(-180.0, 90.0, 0.32, -0.32, 1125, 562);
        let shifted = Placement::new(-180.01, 90.01, 0.04, -0.04, 9000, 4501);
        let finest = placement(0.01, 36_000, 18_000);
        for (level, factor, origin, is_nested) in [
            (rounded, (32.0, 18_000.0 / 562.0), (0.0, 0.0), false),
            (dropped, (32.0, 32.0), (0.0, 0.0), false),
            (placement(0.32, 1125, 563), (32.0, 32.0), (0.0, 0.0), true),
            (shifted, (4.0, 4.0), (-1.0, -1.0), false),
        ] {
            let pyramid = levels(512, &[finest, level]);
            let found = pyramid.levels()[1];
            assert!((found.factor.1 - factor.1).abs() < 1e-9, "{found:?}");
            assert_eq!((found.factor.0, found.origin), (factor.0, origin));
            assert_eq!(pyramid.is_nested(), is_nested);
        }
    }

    #[test]
    fn of_a_region_only_its_own_chunks_are_wanted() {
        let region = Placement::new(170.0, 10.0, 0.1, -0.1, 200, 200);
        let pyramid = levels(50, &[region]);
        for projection in Projection::ALL {
            let at = |lon, lat| pyramid.visible(&camera(projection, lon, lat, 5.0, 1.0), 0);
            assert_eq!(at(180.0, 0.0).len(), 16, "{projection:?}");
            assert!(at(100.0, 0.0).is_empty() && at(180.0, 60.0).is_empty());
            let world = pyramid.visible(&camera(projection, -180.0, 0.0, 0.0, 1.0), 0);
            assert_eq!(world.len(), 16, "{projection:?}");
        }
        // Across the antimeridian, near its western end.
        let places = pyramid.visible(&camera(Projection::Mercator, 170.5, 9.5, 9.0, 1.0), 0);
        assert_eq!((places[0].row, places[0].col, places.len()), (0, 0, 1));
    }

    #[test]
    fn rows_that_go_north_are_counted_from_the_south() {
        let pyramid = levels(90, &[Placement::new(0.0, -90.0, 0.5, 0.5, 720, 360)]);
        let places = pyramid.visible(&camera(Projection::Mercator, 10.0, 75.0, 7.0, 1.0), 0);
        assert_eq!((places[0].row, places[0].col), (3, 0));
        let places = pyramid.visible(&camera(Projection::Globe, -10.0, -75.0, 7.0, 1.0), 0);
        assert_eq!((places[0].row, places[0].col), (0, 7));
    }

    #[test]
    fn a_small_region_is_found_on_the_whole_globe() {
        let pyramid = levels(30, &[Placement::new(3.0, 47.0, 0.05, -0.05, 60, 60)]);
        assert_eq!(pyramid.visible(&camera(Projection::Globe, 0.0, 20.0, 1.0, 1.0), 0).len(), 4);
    }

    #[test]
    fn a_store_without_overviews_is_drawn_from_its_only_level() {
        let pyramid = Pyramid::new(&infos()[..1]).unwrap();
        assert_eq!(pyramid.level_for(&camera(Projection::Globe, 0.0, 0.0, 1.0, 1.0)), 0);
    }
}
