//! `tile_list.geojson`: all tiles of the grid and which of them are land.
//!
//! One GeoJSON `FeatureCollection` (RFC 7946) with a `Polygon` for each tile in row-major order and
//! the properties `row`, `col` and `land`. The text is deterministic, one feature a line, so that a
//! change shows as the lines of the tiles that changed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use floe_shared::TileIndex;
use floe_shared::grid::Grid;
use geojson::{Feature, FeatureCollection, GeoJson, Geometry, GeometryValue, JsonObject};

use crate::natural_earth;

/// Which tiles of a grid are land.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileList {
    grid: Grid,
    land: Vec<bool>,
}

/// Why a file is not the tile list of a grid.
#[derive(Debug, thiserror::Error)]
pub enum TileListError {
    /// The file cannot be read.
    #[error("cannot read the tile list {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the tile list {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// Not GeoJSON.
    #[error("the tile list is not GeoJSON")]
    NotGeoJson(#[source] Box<geojson::Error>),
    /// GeoJSON, but a single feature or geometry.
    #[error("the tile list must be a FeatureCollection, found a single {found}")]
    NotACollection {
        /// The type of the document.
        found: &'static str,
    },
    /// Too few or too many features.
    #[error(
        "the tile list must have one feature for each of the grid's {expected} tiles, found {found}"
    )]
    Count {
        /// Tiles of the grid.
        expected: usize,
        /// Features of the file.
        found: usize,
    },
    /// A property is missing or of another type.
    #[error(
        "feature {ordinal} of the tile list must have the property '{property}' as {expected}, found {found}"
    )]
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
    #[error("feature {ordinal} of the tile list must be tile {expected}, found {found}")]
    Order {
        /// Place of the feature, from 0.
        ordinal: usize,
        /// The tile that belongs there.
        expected: TileIndex,
        /// The tile that the file has there, as `row,col`.
        found: String,
    },
    /// The polygon is not the tile: the list was made for another grid.
    #[error(
        "feature {ordinal} of the tile list must be the square of tile {tile}: the list was made for another grid"
    )]
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
        collection_text(self.grid.tiles().zip(&self.land).map(|(tile, land)| {
            let mut properties = tile_properties(tile);
            properties.insert("land".to_owned(), (*land).into());
            tile_feature(self.grid, tile, properties)
        }))
    }

    /// Reads the text of a file: every tile of the grid, once, in row-major order. Foreign members are
    /// ignored.
    pub fn from_geojson(grid: Grid, text: &str) -> Result<Self, TileListError> {
        let document =
            text.parse::<GeoJson>().map_err(|error| TileListError::NotGeoJson(Box::new(error)))?;
        let FeatureCollection { features, .. } = match document {
            GeoJson::FeatureCollection(collection) => collection,
            GeoJson::Feature(_) => return Err(TileListError::NotACollection { found: "Feature" }),
            GeoJson::Geometry(_) => {
                return Err(TileListError::NotACollection { found: "Geometry" });
            }
        };
        let (expected, found) = (grid.tile_count(), features.len());
        if found != expected {
            return Err(TileListError::Count { expected, found });
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
    }

    /// Writes a file, replacing it.
    pub fn write(&self, path: &Path) -> Result<(), TileListError> {
        fs::write(path, self.to_geojson())
            .map_err(|source| TileListError::Write { path: path.to_owned(), source })
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
        geometry: Some(Geometry::new(GeometryValue::new_polygon([tile_ring(grid, tile)]))),
        id: None,
        properties: Some(properties),
        foreign_members: None,
    }
}

/// A `FeatureCollection` with the globe as `bbox` and one feature a line.
pub fn collection_text(features: impl IntoIterator<Item = Feature>) -> String {
    let mut text = String::from(
        "{\"type\":\"FeatureCollection\",\"bbox\":[-180.0,-90.0,180.0,90.0],\"features\":[",
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
) -> Result<bool, TileListError> {
    let property = |property: &'static str, expected: &'static str| {
        let value = feature.property(property);
        let found = value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        (value, TileListError::Property { ordinal, property, expected, found })
    };
    let index = |name| {
        let (value, error) = property(name, "a whole number");
        value.and_then(serde_json::Value::as_u64).ok_or(error)
    };
    let (row, col) = (index("row")?, index("col")?);
    if (row, col) != (tile.row.into(), tile.col.into()) {
        let found = format!("{row},{col}");
        return Err(TileListError::Order { ordinal, expected: tile, found });
    }
    let outline = GeometryValue::new_polygon([tile_ring(grid, tile)]);
    if feature.geometry.as_ref().is_none_or(|geometry| geometry.value != outline) {
        return Err(TileListError::Outline { ordinal, tile });
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
        assert_eq!(error("{"), "the tile list is not GeoJSON");
        assert_eq!(
            error("{\"type\":\"Point\",\"coordinates\":[1,2]}"),
            "the tile list must be a FeatureCollection, found a single Geometry"
        );
        let other = TileList::of(Grid::new(1.0, 30.0).unwrap()).to_geojson();
        assert_eq!(
            error(&other),
            "the tile list must have one feature for each of the grid's 18 tiles, found 72"
        );
        assert_eq!(
            error(&text.replacen("\"col\":1", "\"col\":2", 1)),
            "feature 1 of the tile list must be tile 0,1, found 0,2"
        );
        assert_eq!(
            error(&text.replacen("\"row\":0", "\"row\":\"0\"", 1)),
            "feature 0 of the tile list must have the property 'row' as a whole number, found \"0\""
        );
        assert_eq!(
            error(&text.replacen(",\"land\":true", "", 1)),
            "feature 0 of the tile list must have the property 'land' as true or false, found nothing"
        );
        assert_eq!(
            error(&text.replacen("[-120.0,30.0],", "[-120.0,31.0],", 1)),
            "feature 0 of the tile list must be the square of tile 0,0: the list was made for another grid"
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let path = Path::new("/nonexistent/tile_list.geojson");
        let error = TileList::read(Grid::default(), path).unwrap_err();
        assert_eq!(error.to_string(), "cannot read the tile list /nonexistent/tile_list.geojson");
    }
}
