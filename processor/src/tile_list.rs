//! `tile_list.geojson`: all tiles of the grid, within its bounds, and which of them are land.
//!
//! One GeoJSON `FeatureCollection` (RFC 7946) with a `Polygon` for each tile in row-major order and
//! the properties `row`, `col` and `land`. The text is deterministic, one feature a line, so that a
//! change shows as the lines of the tiles that changed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use floe_shared::TileIndex;
use floe_shared::grid::{Bounds, Grid};
use geojson::{Feature, FeatureCollection, GeoJson, Geometry, GeometryValue, JsonObject};

use floe_raster::natural_earth;

/// Which tiles of a grid are land.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileList {
    grid: Grid,
    land: Vec<bool>,
}

/// Why the tile list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TileListError {
    /// The file cannot be read.
    #[error("cannot read the tile list {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the tile list {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The file is not the tile list of the grid.
    #[error("{} is no tile list of this grid: {source}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: TileListFault,
    },
}

/// What is wrong with a tile list's text.
#[derive(Debug, thiserror::Error)]
pub enum TileListFault {
    /// Not GeoJSON.
    #[error("expected GeoJSON: {0}")]
    NotGeoJson(#[source] Box<geojson::Error>),
    /// GeoJSON, but a single feature or geometry.
    #[error("expected a FeatureCollection, found a single {found}")]
    NotACollection {
        /// The type of the document.
        found: &'static str,
    },
    /// Too few or too many features.
    #[error("expected one feature for each of the grid's {expected} tiles, found {found}")]
    Count {
        /// Tiles of the grid.
        expected: usize,
        /// Features of the file.
        found: usize,
    },
    /// A property is missing or of another type.
    #[error("feature {ordinal} must have the property '{property}' as {expected}, found {found}")]
    Property {
        /// Place of the feature, from 0.
        ordinal: usize,
        /// Name of the property.
        property: &'static str,
        /// The type it should have.
        expected: &'static str,
        /// What the file holds, as JSON.
        found: String,
    },
    /// The features are in another order.
    #[error("feature {ordinal} must be tile {expected}, found {found}")]
    Order {
        /// Place of the feature, from 0.
        ordinal: usize,
        /// The tile that belongs there.
        expected: TileIndex,
        /// The tile that the file has there, as `row,col`.
        found: String,
    },
    /// The polygon is not the tile.
    #[error("feature {ordinal} must be the square of tile {tile}")]
    Outline {
        /// Place of the feature, from 0.
        ordinal: usize,
        /// The tile.
        tile: TileIndex,
    },
}

impl TileList {
    /// The list by the land rule.
    pub fn of(grid: Grid) -> Self {
        Self { grid, land: natural_earth::land_tiles(grid) }
    }

    /// The grid.
    pub const fn grid(&self) -> Grid {
        self.grid
    }

    /// One flag per tile in row-major order.
    pub fn land(&self) -> &[bool] {
        &self.land
    }

    /// Whether a tile is land; `false` for a tile that the grid does not have.
    pub fn is_land(&self, tile: TileIndex) -> bool {
        self.grid.check(tile).is_ok_and(|tile| self.land[self.grid.tile_ordinal(tile)])
    }

    /// The land tiles in row-major order.
    pub fn land_tiles(&self) -> impl Iterator<Item = TileIndex> + '_ {
        self.grid.tiles().zip(&self.land).filter(|(_, land)| **land).map(|(tile, _)| tile)
    }

    /// The text of the file.
    pub fn to_geojson(&self) -> String {
        collection_text(
            self.grid,
            self.grid.tiles().zip(&self.land).map(|(tile, land)| {
                let mut properties = tile_properties(tile);
                properties.insert("land".to_owned(), (*land).into());
                tile_feature(self.grid, tile, properties)
            }),
        )
    }

    /// Reads the text of a file: every tile of the grid, once, in row-major order. Foreign members are
    /// ignored.
    pub fn from_geojson(grid: Grid, text: &str) -> Result<Self, TileListFault> {
        let document =
            text.parse::<GeoJson>().map_err(|error| TileListFault::NotGeoJson(Box::new(error)))?;
        let FeatureCollection { features, .. } = match document {
            GeoJson::FeatureCollection(collection) => collection,
            GeoJson::Feature(_) => return Err(TileListFault::NotACollection { found: "Feature" }),
            GeoJson::Geometry(_) => {
                return Err(TileListFault::NotACollection { found: "Geometry" });
            }
        };
        let (expected, found) = (grid.tile_count(), features.len());
        if found != expected {
            return Err(TileListFault::Count { expected, found });
        }
        let land = grid
            .tiles()
            .zip(&features)
            .enumerate()
            .map(|(ordinal, (tile, feature))| read_feature(grid, ordinal, tile, feature))
            .collect::<Result<_, _>>()?;
        Ok(Self { grid, land })
    }

    /// Reads a file; see [`TileList::from_geojson`].
    pub fn read(grid: Grid, path: &Path) -> Result<Self, TileListError> {
        let text = fs::read_to_string(path)
            .map_err(|source| TileListError::Read { path: path.to_owned(), source })?;
        Self::from_geojson(grid, &text)
            .map_err(|source| TileListError::Invalid { path: path.to_owned(), source })
    }

    /// Writes a file, replacing it.
    pub fn write(&self, path: &Path) -> Result<(), TileListError> {
        fs::write(path, self.to_geojson())
            .map_err(|source| TileListError::Write { path: path.to_owned(), source })
    }
}

/// What became of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// There was none: it was written.
    New,
    /// There was one of this grid, perhaps edited: it was kept.
    Kept,
}

/// Writes the list by the land rule unless the file exists; an existing one must fit the grid.
pub fn write_if_needed(path: &Path, grid: Grid) -> Result<Written, TileListError> {
    match TileList::read(grid, path) {
        Ok(_) => Ok(Written::Kept),
        Err(TileListError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            TileList::of(grid).write(path)?;
            Ok(Written::New)
        }
        Err(error) => Err(error),
    }
}

/// One flag per tile in row-major order: from the file, or by the land rule where there is no file.
pub fn land_flags(path: &Path, grid: Grid) -> Result<Vec<bool>, TileListError> {
    match TileList::read(grid, path) {
        Ok(list) => Ok(list.land),
        Err(TileListError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(TileList::of(grid).land)
        }
        Err(error) => Err(error),
    }
}

/// The properties that name a tile: `row` and `col`.
pub fn tile_properties(tile: TileIndex) -> JsonObject {
    let mut properties = JsonObject::new();
    properties.insert("row".to_owned(), tile.row.into());
    properties.insert("col".to_owned(), tile.col.into());
    properties
}

/// A tile as a feature: its square as a closed, counter-clockwise ring, with `bbox` and properties.
pub fn tile_feature(grid: Grid, tile: TileIndex, properties: JsonObject) -> Feature {
    let bounds = grid.tile_bounds(tile);
    Feature {
        bbox: Some(vec![bounds.west, bounds.south, bounds.east, bounds.north]),
        geometry: Some(tile_polygon(grid, tile)),
        id: None,
        properties: Some(properties),
        foreign_members: None,
    }
}

/// A tile's square as a closed, counter-clockwise ring.
pub fn tile_polygon(grid: Grid, tile: TileIndex) -> Geometry {
    Geometry::new(GeometryValue::new_polygon([tile_ring(grid, tile)]))
}

/// A `FeatureCollection` with the grid's bounds as `bbox` (west above east across 180°: RFC 7946, section 5.2) and one feature a
/// line.
pub fn collection_text(grid: Grid, features: impl IntoIterator<Item = Feature>) -> String {
    let Bounds { west, south, east, north } = grid.bounds();
    let mut text = format!(
        "{{\"type\":\"FeatureCollection\",\"bbox\":[{west:?},{south:?},{east:?},{north:?}],\"features\":["
    );
    let mut separator = "\n";
    for feature in features {
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{feature}");
        separator = ",\n";
    }
    text.push_str("\n]}\n");
    text
}

/// South-west, south-east, north-east, north-west, south-west.
fn tile_ring(grid: Grid, tile: TileIndex) -> [[f64; 2]; 5] {
    let bounds = grid.tile_bounds(tile);
    [
        [bounds.west, bounds.south],
        [bounds.east, bounds.south],
        [bounds.east, bounds.north],
        [bounds.west, bounds.north],
        [bounds.west, bounds.south],
    ]
}

/// Whether a feature's tile is land, after checking that it is the tile that belongs there.
fn read_feature(
    grid: Grid,
    ordinal: usize,
    tile: TileIndex,
    feature: &Feature,
) -> Result<bool, TileListFault> {
    let property = |property: &'static str, expected: &'static str| {
        let value = feature.property(property);
        let found = value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        (value, TileListFault::Property { ordinal, property, expected, found })
    };
    let index = |name| {
        let (value, error) = property(name, "a whole number");
        value.and_then(serde_json::Value::as_u64).ok_or(error)
    };
    let (row, col) = (index("row")?, index("col")?);
    if (row, col) != (tile.row.into(), tile.col.into()) {
        let found = format!("{row},{col}");
        return Err(TileListFault::Order { ordinal, expected: tile, found });
    }
    let outline = tile_polygon(grid, tile).value;
    if feature.geometry.as_ref().is_none_or(|geometry| geometry.value != outline) {
        return Err(TileListFault::Outline { ordinal, tile });
    }
    let (value, error) = property("land", "true or false");
    value.and_then(serde_json::Value::as_bool).ok_or(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> (Grid, String) {
        let grid = Grid::new(1.0, 60.0).unwrap();
        (grid, TileList::of(grid).to_geojson())
    }

    #[test]
    fn the_committed_file_is_what_the_code_generates() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tile_list.geojson");
        let generated = TileList::of(Grid::default());
        assert!(
            fs::read_to_string(&path).unwrap() == generated.to_geojson(),
            "{} differs from the land rule: floe init writes it",
            path.display()
        );
        let read = TileList::read(Grid::default(), &path).unwrap();
        assert_eq!(read, generated);
        assert_eq!(read.land_tiles().count(), 381);
        assert!(read.is_land("4,19".parse().unwrap()));
        assert!(!read.is_land("0,0".parse().unwrap()) && !read.is_land("99,0".parse().unwrap()));
    }

    #[test]
    fn rings_are_closed_and_run_counter_clockwise() {
        let ring = tile_ring(Grid::default(), "4,19".parse().unwrap());
        assert_eq!(ring.first(), ring.last());
        let twice_the_area: f64 =
            ring.windows(2).map(|edge| edge[0][0] * edge[1][1] - edge[1][0] * edge[0][1]).sum();
        assert!((twice_the_area - 200.0).abs() < 1e-9);
    }

    #[test]
    fn there_is_one_feature_a_line_with_its_bbox() {
        let (grid, text) = small();
        assert_eq!(text.lines().count(), grid.tile_count() + 2);
        assert_eq!(
            text.lines().nth(1).unwrap(),
            "{\"type\":\"Feature\",\"bbox\":[-180.0,30.0,-120.0,90.0],\
             \"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[-180.0,30.0],[-120.0,30.0],\
             [-120.0,90.0],[-180.0,90.0],[-180.0,30.0]]]},\
             \"properties\":{\"row\":0,\"col\":0,\"land\":true}},"
        );
    }

    #[test]
    fn a_land_flag_set_by_hand_is_kept() {
        let (grid, text) = small();
        let edited = text.replacen("\"land\":true", "\"land\":false", 1);
        let list = TileList::from_geojson(grid, &edited).unwrap();
        assert!(!list.land()[0]);
        assert_eq!(list.to_geojson(), edited);
    }

    #[test]
    fn another_grid_and_damage_are_named() {
        let (grid, text) = small();
        let error = |text: &str| TileList::from_geojson(grid, text).unwrap_err().to_string();
        assert!(error("{").starts_with("expected GeoJSON: "));
        assert_eq!(
            error("{\"type\":\"Point\",\"coordinates\":[1,2]}"),
            "expected a FeatureCollection, found a single Geometry"
        );
        let other = TileList::of(Grid::new(1.0, 30.0).unwrap()).to_geojson();
        assert_eq!(error(&other), "expected one feature for each of the grid's 18 tiles, found 72");
        assert_eq!(
            error(&text.replacen("\"col\":1", "\"col\":2", 1)),
            "feature 1 must be tile 0,1, found 0,2"
        );
        assert_eq!(
            error(&text.replacen("\"row\":0", "\"row\":\"0\"", 1)),
            "feature 0 must have the property 'row' as a whole number, found \"0\""
        );
        assert_eq!(
            error(&text.replacen(",\"land\":true", "", 1)),
            "feature 0 must have the property 'land' as true or false, found nothing"
        );
        assert_eq!(
            error(&text.replacen("[-120.0,30.0],", "[-120.0,31.0],", 1)),
            "feature 0 must be the square of tile 0,0"
        );
    }

    #[test]
    fn a_list_is_written_once_and_then_kept_as_edited() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tile_list.geojson");
        let (grid, text) = small();
        assert_eq!(land_flags(&path, grid).unwrap(), TileList::of(grid).land());
        assert!(!path.exists());
        assert_eq!(write_if_needed(&path, grid).unwrap(), Written::New);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        let edited = text.replacen("\"land\":true", "\"land\":false", 1);
        fs::write(&path, &edited).unwrap();
        assert_eq!(write_if_needed(&path, grid).unwrap(), Written::Kept);
        assert_eq!(fs::read_to_string(&path).unwrap(), edited);
        assert!(!land_flags(&path, grid).unwrap()[0]);
    }

    #[test]
    fn a_list_of_another_grid_is_neither_used_nor_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tile_list.geojson");
        let (grid, text) = small();
        fs::write(&path, &text).unwrap();
        let other = Grid::new(1.0, 30.0).unwrap();
        let error = write_if_needed(&path, other).unwrap_err().to_string();
        assert!(
            error.contains("tile_list.geojson") && error.contains("72 tiles, found 18"),
            "{error}"
        );
        assert!(land_flags(&path, other).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert!(matches!(
            TileList::read(grid, directory.path()).unwrap_err(),
            TileListError::Read { .. }
        ));
    }
}
