//! Which level suits a view, and which of its chunks are on the screen. Pure.

use std::collections::BTreeSet;

use floe_shared::order::sort_by_number;
use floe_shared::schema::Variable;

use crate::chunk::ChunkKey;
use crate::dataset::LevelInfo;
use crate::view::{Camera, Projection};

/// The most levels that a dataset may have.
pub const MAX_LEVELS: usize = 16;
/// CSS pixels between the places that are looked at to find the chunks on the globe.
const GLOBE_STEP: f64 = 10.0;

/// One level as the map sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Its index in chunk keys.
    pub index: u8,
    /// Pixels of the finest level along the edge of one of this level's.
    pub factor: u32,
    /// Columns and rows of pixels.
    pub size: (u32, u32),
    /// Columns and rows of pixels in a chunk.
    pub chunk: (u32, u32),
}

/// The levels of a dataset, finest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pyramid {
    levels: Vec<Level>,
}

/// A chunk of one variable and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Position of the level in [`Pyramid::levels`].
    pub level: usize,
    /// Row of chunks, from the north.
    pub row: u32,
    /// Column of chunks, from 180° W.
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
    /// The finest level does not span the globe.
    #[error("its {cols} x {rows} pixels of {degrees}° do not span the globe")]
    NotGlobal {
        /// Columns of the finest level.
        cols: u32,
        /// Rows of the finest level.
        rows: u32,
        /// Edge of its pixels.
        degrees: f64,
    },
    /// A level whose pixels are not whole multiples of the finest ones.
    #[error("level {level} has pixels of {degrees}°, not a multiple of the finest level's")]
    NotNested {
        /// The level's index.
        level: u8,
        /// Edge of its pixels.
        degrees: f64,
    },
    /// A level without pixels or chunks.
    #[error("level {level} is empty")]
    EmptyLevel {
        /// The level's index.
        level: u8,
    },
}

impl Level {
    /// Columns and rows of chunks.
    pub fn chunks(&self) -> (u32, u32) {
        (self.size.0.div_ceil(self.chunk.0), self.size.1.div_ceil(self.chunk.1))
    }
}

impl Pyramid {
    /// Checks the levels of a dataset, which come finest first.
    pub fn new(infos: &[LevelInfo]) -> Result<Self, PyramidError> {
        let finest = infos.first().ok_or(PyramidError::Empty)?;
        if infos.len() > MAX_LEVELS {
            return Err(PyramidError::TooMany { found: infos.len() });
        }
        let spans = |pixels: u32, degrees: f64| {
            (f64::from(pixels) * finest.degrees_per_pixel - degrees).abs()
                < finest.degrees_per_pixel * 0.01
        };
        if !spans(finest.cols, 360.0) || !spans(finest.rows, 180.0) {
            return Err(PyramidError::NotGlobal {
                cols: finest.cols,
                rows: finest.rows,
                degrees: finest.degrees_per_pixel,
            });
        }
        let level = |info: &LevelInfo| {
            let ratio = info.degrees_per_pixel / finest.degrees_per_pixel;
            if ratio < 0.999 || (ratio - ratio.round()).abs() > 1e-3 {
                return Err(PyramidError::NotNested {
                    level: info.index,
                    degrees: info.degrees_per_pixel,
                });
            }
            if info.rows.min(info.cols).min(info.chunk_rows).min(info.chunk_cols) == 0 {
                return Err(PyramidError::EmptyLevel { level: info.index });
            }
            Ok(Level {
                index: info.index,
                factor: ratio.round() as u32,
                size: (info.cols, info.rows),
                chunk: (info.chunk_cols, info.chunk_rows),
            })
        };
        Ok(Self { levels: infos.iter().map(level).collect::<Result<_, _>>()? })
    }

    /// The levels, finest first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Columns and rows of the finest level.
    pub fn size(&self) -> (u32, u32) {
        self.levels[0].size
    }

    /// Position of the level whose pixels are nearest in size to the **device** pixels at the centre,
    /// in the logarithm: drawn at most 1.4 times larger, skipped over at most 1.4 fold.
    pub fn level_for(&self, camera: &Camera) -> usize {
        let cells = camera.degrees_per_pixel() * f64::from(self.size().0) / 360.0;
        let distance = |level: &Level| (cells / f64::from(level.factor)).log2().abs();
        (0..self.levels.len())
            .min_by(|&a, &b| distance(&self.levels[a]).total_cmp(&distance(&self.levels[b])))
            .unwrap_or(0)
    }

    /// The chunks of a level that are on the screen, those nearest to its centre first.
    pub fn visible(&self, camera: &Camera, level: usize) -> Vec<Place> {
        let shape = &self.levels[level];
        let cells: BTreeSet<(u32, u32)> = match camera.projection() {
            Projection::Globe => self.on_globe(camera, shape),
            Projection::Mercator | Projection::Equirectangular => self.on_plane(camera, shape),
        };
        let view = camera.view();
        let (cols, rows) = (f64::from(self.size().0), f64::from(self.size().1));
        let east = (view.lon + 180.0) / 360.0 * cols;
        let south = (90.0 - view.lat) / 180.0 * rows;
        // Distance from the centre to the chunk's middle, in cells, the short way around.
        let distance = |&(row, col): &(u32, u32)| {
            let middle = |index: u32, chunk: u32| {
                (f64::from(index) + 0.5) * f64::from(chunk) * f64::from(shape.factor)
            };
            let dx = (middle(col, shape.chunk.0) - east).abs();
            let dx = dx.min((cols - dx).abs());
            dx.hypot(middle(row, shape.chunk.1) - south)
        };
        let mut places: Vec<_> = cells.into_iter().map(|cell| (distance(&cell), cell)).collect();
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

    /// The key of a chunk of a variable and the index of a year.
    pub fn key(&self, place: Place, (variable, year): (Variable, u16)) -> ChunkKey {
        let level = self.levels[place.level].index;
        ChunkKey { variable, year, level, row: place.row, col: place.col }
    }

    /// In the flat projections what is on the screen is a rectangle of longitude and latitude.
    fn on_plane(&self, camera: &Camera, shape: &Level) -> BTreeSet<(u32, u32)> {
        let (cols, rows) = self.size();
        let viewport = camera.viewport();
        let middle = viewport.width / 2.0;
        let lat = |y: f64, beyond: f64| camera.unproject(middle, y).map_or(beyond, |place| place.1);
        let (north, south) = (lat(0.0, 90.0), lat(viewport.height, -90.0));
        let row_of =
            |lat: f64| ((90.0 - lat) / 180.0 * f64::from(rows)).clamp(0.0, f64::from(rows));
        let per_row = f64::from(shape.chunk.1 * shape.factor);
        // The epsilon keeps an edge that lies exactly on the screen's out of the next chunk.
        let first_row = (row_of(north) / per_row + 1e-9).floor() as u32;
        let end_row = ((row_of(south) / per_row - 1e-9).ceil() as u32).min(shape.chunks().1);

        let span = (viewport.width / camera.world()).min(1.0) * f64::from(cols);
        let west = (camera.view().lon + 180.0) / 360.0 * f64::from(cols) - span / 2.0;
        let mut chunk_cols = BTreeSet::new();
        let per_col = f64::from(shape.chunk.0 * shape.factor);
        // The whole world, and the pieces of it west and east of the antimeridian.
        for turn in [-1.0, 0.0, 1.0] {
            let start = (west + turn * f64::from(cols)).max(0.0);
            let end = (west + turn * f64::from(cols) + span).min(f64::from(cols));
            if start < end {
                let first = (start / per_col + 1e-9).floor() as u32;
                let last = ((end / per_col - 1e-9).ceil() as u32).min(shape.chunks().0);
                chunk_cols.extend(first..last);
            }
        }
        let mut cells = BTreeSet::new();
        for row in first_row..end_row {
            cells.extend(chunk_cols.iter().map(|&col| (row, col)));
        }
        cells
    }

    /// On the globe places all over the screen are looked at, and the poles by themselves, where the
    /// chunks come to a point.
    fn on_globe(&self, camera: &Camera, shape: &Level) -> BTreeSet<(u32, u32)> {
        let viewport = camera.viewport();
        let mut cells = BTreeSet::new();
        let mut look = |x: f64, y: f64| {
            if let Some((lon, lat)) = camera.unproject(x, y) {
                cells.insert(self.chunk_at(shape, lon, lat));
            }
        };
        let steps = |length: f64| ((length / GLOBE_STEP).ceil() as u32).max(1);
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
        for (lat, row) in [(90.0, 0), (-90.0, shape.chunks().1 - 1)] {
            let Some((x, y)) = camera.project(0.0, lat) else { continue };
            let margin = 100.0;
            if (-margin..=viewport.width + margin).contains(&x)
                && (-margin..=viewport.height + margin).contains(&y)
            {
                // Only wedges whose tip, 1° from the pole, is on this side.
                for col in 0..shape.chunks().0 {
                    let lon = (f64::from(col) + 0.5) / f64::from(shape.chunks().0) * 360.0 - 180.0;
                    let tip = camera.project(lon, lat - lat.signum());
                    if tip.is_some_and(|(x, y)| {
                        (0.0..=viewport.width).contains(&x) && (0.0..=viewport.height).contains(&y)
                    }) {
                        cells.insert((row, col));
                    }
                }
            }
        }
        cells
    }

    /// The chunk (row, column) of a level that holds a place.
    fn chunk_at(&self, shape: &Level, lon: f64, lat: f64) -> (u32, u32) {
        let (cols, rows) = self.size();
        let col = ((lon + 180.0) / 360.0 * f64::from(cols)) as u32;
        let row = ((90.0 - lat) / 180.0 * f64::from(rows)) as u32;
        (
            row.min(rows - 1) / shape.factor / shape.chunk.1,
            col.min(cols - 1) / shape.factor / shape.chunk.0,
        )
    }
}

#[cfg(test)]
mod tests {
    use floe_shared::grid::Grid;
    use floe_shared::pyramid;

    use super::*;
    use crate::view::{View, Viewport};

    fn infos() -> Vec<LevelInfo> {
        pyramid::levels(Grid::default())
            .into_iter()
            .map(|level| LevelInfo {
                index: level.index as u8,
                rows: level.rows,
                cols: level.cols,
                chunk_rows: level.chunk,
                chunk_cols: level.chunk,
                degrees_per_pixel: 0.01 * f64::from(level.factor()),
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
                            let chunk = pyramid.chunk_at(&shape, lon, lat);
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
    fn datasets_that_do_not_span_the_globe_are_refused_by_name() {
        assert_eq!(Pyramid::new(&[]), Err(PyramidError::Empty));
        let mut regional = infos();
        regional[0].cols = 10_000;
        assert!(Pyramid::new(&regional).unwrap_err().to_string().contains("do not span the globe"));
        let mut odd = infos();
        odd[2].degrees_per_pixel = 0.035;
        assert!(Pyramid::new(&odd).unwrap_err().to_string().contains("level 2"));
    }

    #[test]
    fn a_store_without_overviews_is_drawn_from_its_only_level() {
        let pyramid = Pyramid::new(&infos()[..1]).unwrap();
        assert_eq!(pyramid.level_for(&camera(Projection::Globe, 0.0, 0.0, 1.0, 1.0)), 0);
    }
}
