//! Attributes of the groups: what the dataset is, and the GeoZarr conventions.

use serde_json::{Value, json};

use super::{Edition, MAP_DIMENSIONS, OWN_ATTRIBUTE, Overview, Schema, crs};
use crate::grid::{Bounds, Grid};
use crate::land::Cover;
use crate::pyramid::{self, Level};

/// Attributes of a level's group; that of level 0 is the root.
pub fn group_attributes(level: Level, grid: Grid, schema: &Schema, edition: Edition) -> Value {
    if level.index == 0 { root(grid, schema, edition) } else { overview(level, grid, edition) }
}

fn root(grid: Grid, schema: &Schema, edition: Edition) -> Value {
    let levels = pyramid::levels(grid);
    let resampling = resampling_method(schema);
    let layout: Vec<Value> =
        levels.iter().map(|level| layout_entry(*level, grid, resampling)).collect();
    let mut attributes = json!({ "Conventions": "CF-1.8", "title": schema.title });
    for (name, text) in [("source", &schema.source), ("references", &schema.references)] {
        if let Some(text) = text {
            attributes[name] = text.as_str().into();
        }
    }
    attributes["multiscales"] = json!({ "layout": layout });
    if let Some(method) = resampling {
        attributes["multiscales"]["resampling_method"] = method.into();
    }
    merge(&mut attributes, spatial(levels[0], grid, edition));
    if schema.cover == Cover::All {
        attributes[OWN_ATTRIBUTE] = json!({ "cover": "all" });
    }
    attributes
}

/// How overviews are made, where all variables' are made alike.
fn resampling_method(schema: &Schema) -> Option<&'static str> {
    let mut methods = schema.variables.iter().map(|variable| variable.overview);
    let first = methods.next()?;
    methods.all(|method| method == first).then(|| Overview::resampling_method(first))
}

fn overview(level: Level, grid: Grid, edition: Edition) -> Value {
    let mut attributes = json!({
        "Conventions": "CF-1.8",
        "title": format!("Overview level {}: pixels of {} x {} of the grid's", level.index, level.factor(), level.factor()),
    });
    merge(&mut attributes, spatial(level, grid, edition));
    attributes
}

/// `proj:` and `spatial:` attributes of a level, and the conventions that its group follows.
fn spatial(level: Level, grid: Grid, edition: Edition) -> Value {
    let has_layout = level.index == 0 || edition == Edition::Plain;
    let layout = has_layout.then(|| {
        convention(
            "multiscales",
            "d35379db-88df-4056-af3a-620245f8e347",
            "Multiscale layout of zarr datasets",
        )
    });
    let mut conventions: Vec<Value> = layout.into_iter().collect();
    conventions.extend([
        convention(
            "proj",
            "f17cb550-5864-4468-aeb7-f3180cfb622f",
            "Coordinate reference system information for geospatial data",
        ),
        convention(
            "spatial",
            "689b58e2-cf7b-45e0-9fff-9cfc0883d6b4",
            "Spatial coordinate information",
        ),
    ]);
    let globe = grid.reach(grid.rows(), grid.cols(), 1);
    let mut attributes = json!({
        "zarr_conventions": conventions,
        "proj:code": crs::CODE,
        "spatial:dimensions": MAP_DIMENSIONS,
        "spatial:registration": "pixel",
        "spatial:bbox": [globe.west, globe.south, globe.east, globe.north],
        "spatial:shape": [level.rows, level.cols],
        "spatial:transform": affine(level, grid),
    });
    if edition == Edition::Checked {
        // The last row and column of a coarse level may reach past the pole and the antimeridian.
        let Bounds { west, south, east, north } =
            grid.reach(level.rows, level.cols, level.factor());
        attributes["spatial:bbox"] = json!([west, south, east, north]);
        attributes["proj:wkt2"] = crs::WKT.into();
    }
    attributes
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
fn layout_entry(level: Level, grid: Grid, resampling: Option<&str>) -> Value {
    let asset = |index: u32| if index == 0 { ".".to_owned() } else { index.to_string() };
    let scale = if level.index == 0 { 1.0 } else { 2.0 };
    let mut entry = json!({
        "asset": asset(level.index),
        "transform": { "scale": [scale, scale], "translation": [0.0, 0.0] },
        "spatial:shape": [level.rows, level.cols],
        "spatial:transform": affine(level, grid),
    });
    if level.index > 0 {
        entry["derived_from"] = asset(level.index - 1).into();
        if let Some(method) = resampling {
            entry["resampling_method"] = method.into();
        }
    }
    entry
}

/// The affine transform of a level from (column, row) to (longitude, latitude), row-major as the
/// `spatial:` convention writes it.
fn affine(level: Level, grid: Grid) -> [f64; 6] {
    let edge = grid.resolution() * f64::from(level.factor());
    let Bounds { west, north, .. } = grid.bounds();
    [edge, 0.0, west, 0.0, -edge, north]
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Statistic, VariableSpec};
    use super::*;
    use crate::encoding::{DataType, Encoding};

    /// One of a variable whose overviews are means, and one whose overviews are made as is said.
    fn schema(second: Overview) -> Schema {
        let variable = |overview| VariableSpec {
            name: "a".to_owned(),
            long_name: "A".to_owned(),
            standard_name: None,
            encoding: Encoding::plain(DataType::U16),
            statistic: Statistic::Mean,
            overview,
            may_lack: false,
            flags: Vec::new(),
        };
        let variables = vec![variable(Overview::Mean), variable(second)];
        let cover = Cover::Land;
        Schema { title: "Test".to_owned(), source: None, references: None, variables, cover }
    }

    #[test]
    fn the_resampling_is_told_where_it_is_one() {
        let grid = Grid::default();
        let root = |second| {
            let level = pyramid::levels(grid)[0];
            group_attributes(level, grid, &schema(second), Edition::Checked)["multiscales"].clone()
        };
        let same = root(Overview::Mean);
        assert_eq!(same["resampling_method"], "average");
        assert_eq!(same["layout"][1]["resampling_method"], "average");
        let differs = root(Overview::Mode);
        assert_eq!(differs.get("resampling_method"), None);
        assert_eq!(differs["layout"][1].get("resampling_method"), None);
    }

    fn attributes(index: usize, edition: Edition) -> Value {
        let grid = Grid::default();
        group_attributes(pyramid::levels(grid)[index], grid, &schema(Overview::Mean), edition)
    }

    #[test]
    fn the_layout_names_every_level_and_what_it_derives_from() {
        let attributes = attributes(0, Edition::Checked);
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

    #[test]
    fn a_group_declares_the_conventions_whose_members_it_has() {
        for index in 0..6 {
            let attributes = attributes(index, Edition::Checked);
            let declared: Vec<&str> = attributes["zarr_conventions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|convention| convention["name"].as_str().unwrap())
                .collect();
            let has_layout = attributes.get("multiscales").is_some();
            assert_eq!(declared.contains(&"multiscales"), has_layout, "level {index}");
            assert_eq!(has_layout, index == 0);
        }
    }

    #[test]
    fn a_level_reaches_as_far_as_its_pixels() {
        let reach = |index| attributes(index, Edition::Checked)["spatial:bbox"].clone();
        assert_eq!(reach(0), json!([-180.0, -90.0, 180.0, 90.0]));
        assert_eq!(reach(5), json!([-180.0, -90.16, 180.0, 90.0]));
        let grid = Grid::new(0.2, 10.0).unwrap();
        let coarse = Level { index: 7, rows: 8, cols: 15, ..pyramid::levels(grid)[0] };
        let attributes = group_attributes(coarse, grid, &schema(Overview::Mean), Edition::Checked);
        assert_eq!(attributes["spatial:bbox"], json!([-180.0, -114.8, 204.0, 90.0]));
    }
}
