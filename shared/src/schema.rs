//! Names, types and attributes of the stored groups and arrays.
//!
//! The root group follows CF-1.8, so that `xarray.open_zarr` decodes it as it is, and carries the
//! GeoZarr conventions (`multiscales`, `proj:`, `spatial:`), so that map clients find the overviews.

use serde_json::{Value, json};

use crate::digital_number::DigitalNumber;
use crate::grid::Grid;
use crate::pyramid::{self, Level};

/// The branch that holds the dataset.
pub const BRANCH: &str = "main";
/// Dimension names of the data variables, outermost first.
pub const DIMENSIONS: [&str; 3] = ["year", "latitude", "longitude"];
/// Name of the CF grid mapping variable.
pub const GRID_MAPPING: &str = "spatial_ref";
/// The CRS of the grid as well-known text (EPSG:4326, ISO 19162 form 1 as CF's `crs_wkt` expects).
pub const CRS_WKT: &str = "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],AXIS[\"Latitude\",NORTH],AXIS[\"Longitude\",EAST],AUTHORITY[\"EPSG\",\"4326\"]]";

/// A stored variable: `uint16` digital numbers of shape (year, latitude, longitude).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// Mean over the year's composites.
    Average,
    /// Maximum over the year's composites.
    Maximum,
}

/// A name that is no variable of the dataset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown variable '{found}': expected avg_daytime_lst or max_daytime_lst")]
pub struct UnknownVariable {
    /// The name.
    pub found: String,
}

impl Variable {
    /// Both variables.
    pub const ALL: [Self; 2] = [Self::Average, Self::Maximum];

    /// The array's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Average => "avg_daytime_lst",
            Self::Maximum => "max_daytime_lst",
        }
    }

    /// CF `long_name`.
    pub const fn long_name(self) -> &'static str {
        match self {
            Self::Average => "Annual mean daytime land surface temperature",
            Self::Maximum => "Annual maximum daytime land surface temperature",
        }
    }

    /// CF `cell_methods`.
    const fn cell_methods(self) -> &'static str {
        match self {
            Self::Average => "year: mean",
            Self::Maximum => "year: maximum",
        }
    }

    /// The array's attributes. `_FillValue` is both here and Zarr's `fill_value`, because readers
    /// differ in which one they look at.
    pub fn attributes(self) -> Value {
        json!({
            "long_name": self.long_name(),
            "standard_name": "surface_temperature",
            "units": "K",
            "scale_factor": DigitalNumber::SCALE,
            "_FillValue": DigitalNumber::FILL.0,
            "valid_range": [DigitalNumber::MIN_VALID.0, DigitalNumber::MAX_VALID.0],
            "cell_methods": self.cell_methods(),
            "grid_mapping": GRID_MAPPING,
        })
    }
}

impl std::str::FromStr for Variable {
    type Err = UnknownVariable;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|variable| variable.name() == text)
            .ok_or_else(|| UnknownVariable { found: text.to_owned() })
    }
}

impl std::fmt::Display for Variable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Attributes of the `year` coordinate.
pub fn year_attributes() -> Value {
    json!({ "long_name": "calendar year", "units": "1", "axis": "T" })
}

/// Attributes of the `latitude` coordinate.
pub fn latitude_attributes() -> Value {
    json!({
        "standard_name": "latitude",
        "long_name": "latitude of the cell centre",
        "units": "degrees_north",
        "axis": "Y",
    })
}

/// Attributes of the `longitude` coordinate.
pub fn longitude_attributes() -> Value {
    json!({
        "standard_name": "longitude",
        "long_name": "longitude of the cell centre",
        "units": "degrees_east",
        "axis": "X",
    })
}

/// Attributes of the grid mapping variable (CF-1.8, section 5.6).
pub fn grid_mapping_attributes(level: Level, grid: Grid) -> Value {
    let edge = grid.resolution() * f64::from(level.factor());
    json!({
        "grid_mapping_name": "latitude_longitude",
        "crs_wkt": CRS_WKT,
        "spatial_ref": CRS_WKT,
        "semi_major_axis": 6_378_137.0,
        "inverse_flattening": 298.257_223_563,
        "longitude_of_prime_meridian": 0.0,
        // GDAL's order: west, pixel width, 0, north, 0, -pixel height.
        "GeoTransform": format!("-180 {edge} 0 90 0 -{edge}"),
    })
}

/// Attributes of the root group.
pub fn root_attributes(grid: Grid) -> Value {
    let levels = pyramid::levels(grid);
    let layout: Vec<Value> = levels.iter().map(|level| layout_entry(*level, grid)).collect();
    let mut attributes = json!({
        "Conventions": "CF-1.8",
        "title": "Annual daytime land surface temperature",
        "source": "MODIS MOD11A2 collection 6.1: 8-day daytime land surface temperature, 1 km",
        "references": "https://doi.org/10.5067/MODIS/MOD11A2.061",
        "multiscales": { "layout": layout, "resampling_method": "average" },
    });
    merge(&mut attributes, spatial_attributes(levels[0], grid));
    attributes
}

/// Attributes of an overview level's group.
pub fn level_attributes(level: Level, grid: Grid) -> Value {
    let mut attributes = json!({
        "Conventions": "CF-1.8",
        "title": format!("Overview level {}: pixels of {} x {} of the grid's", level.index, level.factor(), level.factor()),
    });
    merge(&mut attributes, spatial_attributes(level, grid));
    attributes
}

/// `proj:` and `spatial:` attributes of a level.
fn spatial_attributes(level: Level, grid: Grid) -> Value {
    json!({
        "zarr_conventions": [
            convention("multiscales", "d35379db-88df-4056-af3a-620245f8e347", "Multiscale layout of zarr datasets"),
            convention("proj", "f17cb550-5864-4468-aeb7-f3180cfb622f", "Coordinate reference system information for geospatial data"),
            convention("spatial", "689b58e2-cf7b-45e0-9fff-9cfc0883d6b4", "Spatial coordinate information"),
        ],
        "proj:code": "EPSG:4326",
        "spatial:dimensions": [DIMENSIONS[1], DIMENSIONS[2]],
        "spatial:registration": "pixel",
        "spatial:bbox": [-180.0, -90.0, 180.0, 90.0],
        "spatial:shape": [level.rows, level.cols],
        "spatial:transform": affine(level, grid),
    })
}

fn convention(name: &str, uuid: &str, description: &str) -> Value {
    json!({
        "name": name,
        "uuid": uuid,
        "description": description,
        "schema_url": format!("https://raw.githubusercontent.com/zarr-conventions/{name}/refs/tags/v0.1/schema.json"),
        "spec_url": format!("https://github.com/zarr-conventions/{name}/blob/v0.1/README.md"),
    })
}

/// One entry of `multiscales.layout`; `transform` is relative to the level it derives from.
fn layout_entry(level: Level, grid: Grid) -> Value {
    let asset = |index: u32| if index == 0 { ".".to_owned() } else { index.to_string() };
    let scale = if level.index == 0 { 1.0 } else { 2.0 };
    let mut entry = json!({
        "asset": asset(level.index),
        "transform": { "scale": [scale, scale], "translation": [0.0, 0.0] },
        "spatial:shape": [level.rows, level.cols],
        "spatial:transform": affine(level, grid),
    });
    if level.index > 0 {
        merge(
            &mut entry,
            json!({ "derived_from": asset(level.index - 1), "resampling_method": "average" }),
        );
    }
    entry
}

/// The affine transform of a level from (column, row) to (longitude, latitude), row-major as the
/// `spatial:` convention writes it.
fn affine(level: Level, grid: Grid) -> [f64; 6] {
    let edge = grid.resolution() * f64::from(level.factor());
    [edge, 0.0, -180.0, 0.0, -edge, 90.0]
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_round_trip_by_name() {
        for variable in Variable::ALL {
            assert_eq!(variable.to_string().parse::<Variable>().unwrap(), variable);
        }
        let error = "lst".parse::<Variable>().unwrap_err().to_string();
        assert_eq!(error, "unknown variable 'lst': expected avg_daytime_lst or max_daytime_lst");
    }

    #[test]
    fn the_scale_factor_is_written_as_a_short_number() {
        let text = Variable::Average.attributes().to_string();
        assert!(text.contains(r#""scale_factor":0.02"#), "{text}");
    }

    #[test]
    fn the_layout_names_every_level_and_what_it_derives_from() {
        let attributes = root_attributes(Grid::default());
        let layout = attributes["multiscales"]["layout"].as_array().unwrap();
        assert_eq!(layout.len(), 6);
        assert_eq!(layout[0]["asset"], ".");
        assert!(layout[0].get("derived_from").is_none());
        assert_eq!(layout[1]["derived_from"], ".");
        assert_eq!(layout[5]["asset"], "5");
        assert_eq!(layout[5]["derived_from"], "4");
        assert_eq!(layout[5]["spatial:shape"], json!([563, 1125]));
        assert_eq!(layout[5]["spatial:transform"], json!([0.32, 0.0, -180.0, 0.0, -0.32, 90.0]));
    }
}
