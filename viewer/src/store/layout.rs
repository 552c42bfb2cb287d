//! From the attributes of a snapshot to the levels and variables of a map.
//!
//! Overviews follow the GeoZarr `multiscales` convention: `layout`, finest first, names each level's
//! group (`asset`; `.` is the root itself) and its `spatial:transform`. A store without it has
//! one level.

use floe_shared::grid::Grid;
use floe_shared::schema::Variable;
use serde_json::Value;

use super::error::StoreError;
use super::map_array::MapArray;
use super::metadata::{ArrayMetadata, group_attributes};
use super::snapshot::Snapshot;
use crate::dataset::{LevelInfo, VariableInfo};

/// Relative deviation up to which two pixel edges are the same.
const TOLERANCE: f64 = 1e-6;

/// What a snapshot's metadata say, before any chunk is read.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Levels, finest first.
    pub levels: Vec<Level>,
    /// The variables that every level has.
    pub variables: Vec<VariableInfo>,
    /// The grid, its tiles as large as the chunks of the finest level.
    pub grid: Grid,
    /// Whether the attributes say where the grid lies; else the coordinates must be read.
    pub is_placed: bool,
    /// The year coordinate.
    pub year: ArrayMetadata,
    /// Number of years.
    pub year_count: u64,
}

/// One level.
#[derive(Clone, Debug)]
pub struct Level {
    /// What the map needs to know.
    pub info: LevelInfo,
    /// Its arrays, in the order of [`Layout::variables`].
    pub arrays: Vec<MapArray>,
}

/// One entry of `multiscales.layout`.
struct Asset {
    /// The group, absolute: `/` or `/3`.
    group: String,
    /// `spatial:transform`, if given.
    transform: Option<[f64; 6]>,
}

impl Layout {
    /// Reads the metadata.
    pub fn read(snapshot: &Snapshot) -> Result<Self, StoreError> {
        let root = group_attributes("/", &snapshot.group("/")?.zarr_json)?;
        let assets = assets(&root)?;
        let present: Vec<Variable> = Variable::ALL
            .into_iter()
            .filter(|variable| snapshot.array(&join(&assets[0].group, variable.name())).is_ok())
            .collect();
        if present.is_empty() {
            let names = Variable::ALL.map(Variable::name).join(" or ");
            return Err(StoreError::Layout(format!("expected an array {names} at its root")));
        }
        let mut levels: Vec<Level> = Vec::new();
        let mut is_placed = true;
        for (index, asset) in assets.iter().enumerate() {
            let arrays = present.iter().map(|variable| {
                let path = join(&asset.group, variable.name());
                MapArray::new(ArrayMetadata::parse(&path, &snapshot.array(&path)?.zarr_json)?)
            });
            let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
            let degrees = match asset.transform {
                Some(transform) => north_up(&asset.group, transform)?,
                None if index == 0 => {
                    is_placed = false;
                    360.0 / arrays[0].shape()[2] as f64
                }
                None => {
                    return Err(StoreError::Layout(format!(
                        "expected overview '{}' to have a spatial:transform, found none",
                        asset.group
                    )));
                }
            };
            levels.push(level(index, degrees, arrays, levels.first())?);
        }
        let finest = &levels[0];
        let variables = finest.arrays.iter().zip(&present).map(|(array, &variable)| {
            let metadata = &array.metadata;
            check_fill(metadata)?;
            Ok(VariableInfo {
                variable,
                long_name: metadata.text("long_name").unwrap_or(variable.long_name()).to_owned(),
                units: metadata.text("units").unwrap_or_default().to_owned(),
                scale: metadata.number("scale_factor", 1.0)?,
                offset: metadata.number("add_offset", 0.0)?,
                fill: 0,
            })
        });
        let variables = variables.collect::<Result<_, StoreError>>()?;
        let year_path = join(&assets[0].group, "year");
        Ok(Self {
            grid: grid(&finest.info, finest.arrays[0].chunk_size())?,
            year_count: finest.arrays[0].shape()[0],
            year: ArrayMetadata::parse(&year_path, &snapshot.array(&year_path)?.zarr_json)?,
            variables,
            levels,
            is_placed,
        })
    }

    /// The years, if the attributes of their coordinate leave no doubt: CF `actual_range` of a
    /// coordinate, which is strictly monotonic, with as many years as values.
    pub fn years(&self) -> Option<Vec<i32>> {
        let range = self.year.attributes["actual_range"].as_array()?;
        let year = |value: &Value| i32::try_from(value.as_i64()?).ok();
        let [first, last] = range.as_slice() else { return None };
        let (first, last) = (year(first)?, year(last)?);
        let count = i64::from(last) - i64::from(first) + 1;
        (count == self.year_count as i64).then(|| (first..=last).collect())
    }
}

/// The levels that the root's attributes name.
fn assets(root: &Value) -> Result<Vec<Asset>, StoreError> {
    let transform = |attributes: &Value| -> Option<[f64; 6]> {
        serde_json::from_value(attributes["spatial:transform"].clone()).ok()
    };
    let Some(layout) = root["multiscales"]["layout"].as_array().filter(|list| !list.is_empty())
    else {
        return Ok(vec![Asset { group: "/".to_owned(), transform: transform(root) }]);
    };
    let assets = layout.iter().map(|entry| {
        let asset = entry["asset"].as_str().ok_or_else(|| {
            StoreError::Layout(format!(
                "expected multiscales.layout to name an asset, found {entry}"
            ))
        })?;
        let path = asset.trim_start_matches("./").trim_matches('/');
        let group = if path == "." { "/".to_owned() } else { format!("/{path}") };
        Ok(Asset { group, transform: transform(entry) })
    });
    let mut assets = assets.collect::<Result<Vec<_>, StoreError>>()?;
    assets[0].transform = assets[0].transform.or_else(|| transform(root));
    Ok(assets)
}

/// The edge of a pixel, if the transform is that of a global north-up grid from 180° W, 90° N.
fn north_up(group: &str, transform: [f64; 6]) -> Result<f64, StoreError> {
    let [edge, shear, west, other_shear, south, north] = transform;
    let is = |found: f64, expected: f64| (found - expected).abs() <= TOLERANCE * edge;
    let fits = edge > 0.0
        && edge.is_finite()
        && is(shear, 0.0)
        && is(other_shear, 0.0)
        && is(west, -180.0)
        && is(south, -edge)
        && is(north, 90.0);
    if fits {
        Ok(edge)
    } else {
        Err(StoreError::Layout(format!(
            "expected group '{group}' to have the spatial:transform [d, 0, -180, 0, -d, 90], found {transform:?}"
        )))
    }
}

/// Checks a level against itself and the finest one.
fn level(
    index: usize,
    degrees: f64,
    arrays: Vec<MapArray>,
    finest: Option<&Level>,
) -> Result<Level, StoreError> {
    let first = &arrays[0];
    let ([years, rows, cols], (chunk_rows, chunk_cols)) = (first.shape(), first.unit_size());
    for array in &arrays[1..] {
        if array.shape() != first.shape() || array.unit_size() != first.unit_size() {
            return Err(array.metadata.wrong(
                "shape and chunks",
                format!(
                    "{:?} and {:?} as in '{}'",
                    first.shape(),
                    first.unit_size(),
                    first.metadata.path
                ),
                format!("{:?} and {:?}", array.shape(), array.unit_size()),
            ));
        }
    }
    // The last row and column may reach past the globe, by less than a pixel.
    let spans = |count: u64, whole: f64| {
        let excess = count as f64 - whole / degrees;
        (-TOLERANCE * count as f64..1.0).contains(&excess)
    };
    if !spans(rows, 180.0) || !spans(cols, 360.0) {
        return Err(first.metadata.wrong(
            "shape",
            format!("that of a global grid of {degrees}°"),
            format!("{rows} x {cols} pixels"),
        ));
    }
    if finest.is_some_and(|finest| finest.arrays[0].shape()[0] != years) {
        return Err(first.metadata.wrong("shape", "as many years as the finest level", years));
    }
    let info = LevelInfo {
        index: u8::try_from(index)
            .map_err(|_| StoreError::Layout(format!("it has more than {index} levels")))?,
        rows: rows as u32,
        cols: cols as u32,
        chunk_rows,
        chunk_cols,
        degrees_per_pixel: degrees,
    };
    Ok(Level { info, arrays })
}

/// The grid whose tiles are the chunks, or of 10° where chunks make no tiles.
fn grid(finest: &LevelInfo, chunk: (u32, u32)) -> Result<Grid, StoreError> {
    let resolution = 360.0 / f64::from(finest.cols);
    // A short decimal where there is one, for that is what the grid was made from.
    let resolution = (resolution * 1e9).round() / 1e9;
    let own = (chunk.0 == chunk.1).then(|| resolution * f64::from(chunk.0));
    own.into_iter()
        .chain([10.0, 180.0])
        .find_map(|tile| Grid::new(resolution, (tile * 1e9).round() / 1e9).ok())
        .ok_or_else(|| {
            StoreError::Layout(format!(
                "expected pixels of a whole number of 10⁻⁹ degrees that divide 180 degrees, found {resolution}"
            ))
        })
}

/// 0 is "no data" on the map, and absent chunks are fill.
fn check_fill(metadata: &ArrayMetadata) -> Result<(), StoreError> {
    if metadata.fill_value != 0 {
        return Err(metadata.wrong("fill_value", "0 (no data)", &metadata.fill_value));
    }
    match &metadata.attributes["_FillValue"] {
        Value::Null => Ok(()),
        // Python's Zarr writes some fill values of attributes in base 64; 0 is all A.
        Value::String(text) if text.trim_end_matches('=').bytes().all(|byte| byte == b'A') => {
            Ok(())
        }
        found if found.as_f64() == Some(0.0) => Ok(()),
        found => Err(metadata.wrong("_FillValue", "0 (no data)", found)),
    }
}

/// The path of a member of a group.
fn join(group: &str, name: &str) -> String {
    format!("{}/{name}", group.trim_end_matches('/'))
}
