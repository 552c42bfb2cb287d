//! From the attributes of a tree to the levels and variables of a map.
//!
//! Overviews follow the GeoZarr `multiscales` convention: `layout`, finest first, names each level's
//! group (`asset`; `.` is the root itself) and its `spatial:transform`. A store without it has
//! one level.

use floe_shared::grid::{Bounds, Grid};
use floe_shared::schema::OWN_ATTRIBUTE;
use serde_json::Value;

use super::axes::AxisSource;
use super::discovery::{self, Candidate, Place};
use super::error::StoreError;
use super::map_array::MapArray;
use super::metadata::{ArrayMetadata, group_attributes};
use super::placing::{self, Crs};
use super::tree::{Node, Tree};
use super::words;
use crate::chunk::{Codes, Form};
use crate::dataset::{LevelInfo, Texts, VariableInfo};
use crate::json;
use crate::number;
use crate::placement::Placement;
use crate::units::Unit;

/// The most variables.
const MOST_VARIABLES: usize = 256;
/// The most chunks of a level in a plane: a 4000th of a degree in chunks of 700 pixels.
const MOST_CHUNKS: u64 = 1 << 22;
/// The most tiles of a grid; the chunks of a grid with more are none.
const MOST_TILES: usize = 1 << 16;

/// What a tree's metadata say, before any chunk is read.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The grids of the variables, in their order.
    pub grids: Vec<GridLayout>,
    /// The variables.
    pub variables: Vec<VariableInfo>,
    /// The arrays of each, by level.
    pub arrays: Vec<Vec<MapArray>>,
    /// What is known of the axes beside latitude and longitude.
    pub axes: Vec<AxisSource>,
    /// The form of all codes: the largest that a variable needs.
    pub form: Form,
    /// What the store says of itself.
    pub texts: Texts,
    /// Whether tiles that are no land are to be processed as well.
    pub covers_all: bool,
    /// What lies on a map but is not drawn, a sentence each.
    pub left_out: Vec<String>,
}

/// A grid: variables whose levels have the same sizes, chunks and coordinates share one.
#[derive(Clone, Debug, PartialEq)]
pub struct GridLayout {
    /// Its levels, the finest first.
    pub levels: Vec<Level>,
    /// Rows and columns of a chunk of the finest level (of a shard, where it has any).
    pub chunk: (u32, u32),
}

/// One level.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// What the map needs to know.
    pub info: LevelInfo,
    /// Whether the attributes say where it lies; else its coordinates must be read.
    pub is_placed: bool,
    /// The path of what would hold it, for messages.
    pub group: String,
    /// The paths of its latitudes and its longitudes, where there are such.
    pub coordinates: [Option<String>; 2],
    /// In which coordinates it has equal steps.
    pub(super) crs: Crs,
}

/// A variable whose metadata have been read.
struct Variable {
    name: String,
    group: String,
    grid: GridLayout,
    arrays: Vec<MapArray>,
}

impl Layout {
    /// Reads the metadata. A variable that cannot be drawn takes none of the others away.
    pub fn read(tree: &Tree) -> Result<Self, StoreError> {
        let (candidates, mut left_out) = discovery::candidates(tree)?;
        let mut refused = None;
        let mut found: Vec<Variable> = Vec::new();
        for candidate in candidates {
            match variable(tree, candidate) {
                Ok(variable) => found.push(variable),
                Err(error) => {
                    left_out.push(error.to_string());
                    refused.get_or_insert(error);
                }
            }
        }
        if found.is_empty() {
            return Err(refused.unwrap_or_else(|| nothing(&left_out)));
        }
        if found.len() > MOST_VARIABLES {
            let rest = found.split_off(MOST_VARIABLES);
            left_out.push(format!(
                "{} variables from '{}' on: expected at most {MOST_VARIABLES}",
                rest.len(),
                rest[0].name
            ));
        }
        let form = found.iter().flat_map(|variable| &variable.arrays).map(MapArray::form);
        let form = form.max_by_key(|form| form.bytes()).unwrap_or_default();
        let root = group_attributes("/", &tree.group("/")?.zarr_json)?;
        let finest: Vec<&MapArray> = found.iter().map(|variable| &variable.arrays[0]).collect();
        let labels = words::labels(&finest);
        let (mut axes, mut grids) = (Vec::new(), Vec::new());
        let mut variables = Vec::new();
        let mut arrays = Vec::new();
        for (variable, label) in found.into_iter().zip(labels) {
            let own = variable.arrays[0].further();
            let own = own.map(|axis| AxisSource::place(&mut axes, tree, &variable.group, axis));
            let own: Vec<u16> = own.collect();
            for array in &variable.arrays {
                let node = tree.array(&array.metadata.path)?;
                for (place, (axis, steps)) in own.iter().zip(array.further_chunks()) {
                    axes[usize::from(*place)].mark_stored(&node.chunks_along(axis), steps);
                }
            }
            variables.push(VariableInfo {
                label,
                axes: own,
                grid: place(&mut grids, variable.grid),
                ..info(&variable.name, &variable.arrays[0], form)
            });
            arrays.push(variable.arrays);
        }
        let covers_all = root[OWN_ATTRIBUTE]["cover"] == "all";
        let texts = words::texts(&root);
        Ok(Self { grids, variables, arrays, axes, form, texts, covers_all, left_out })
    }
}

impl Layout {
    /// The names of the axes along columns and rows of pixels, as the first variable has them.
    pub fn place_axes(&self) -> (String, String) {
        let [row, col] = self.arrays[0][0].map_dimensions();
        (row.to_owned(), col.to_owned())
    }
}

/// The place of a grid among those that are known, to which it is added if it is new.
fn place(known: &mut Vec<GridLayout>, grid: GridLayout) -> u16 {
    let at = known.iter().position(|other| *other == grid).unwrap_or_else(|| {
        known.push(grid);
        known.len() - 1
    });
    at as u16
}

/// Why there is no map at all.
fn nothing(left_out: &[String]) -> StoreError {
    let found = left_out.first().map_or("none", String::as_str);
    StoreError::Layout(format!("expected an array over latitude and longitude, found {found}"))
}

/// Reads the arrays of a variable.
fn variable(tree: &Tree, candidate: Candidate) -> Result<Variable, StoreError> {
    let Candidate { name, levels: places, map_axes } = candidate;
    let mut arrays: Vec<MapArray> = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let json = &tree.array(&place.path)?.zarr_json;
        let array = MapArray::new(ArrayMetadata::parse(&place.path, json)?, map_axes)?;
        if let Some(finest) = arrays.first() {
            alike(&array, finest)?;
        }
        let crs = match levels.first() {
            Some(finest) => finest.crs,
            None => crs(tree, place, &array)?,
        };
        levels.push(level(tree, index, (place, crs), &array)?);
        arrays.push(array);
    }
    let form =
        arrays.iter().map(MapArray::form).max_by_key(|form| form.bytes()).unwrap_or_default();
    for array in &arrays[1..] {
        same_codes(array, &arrays[0], form)?;
    }
    let grid = GridLayout { levels, chunk: arrays[0].chunk_size() };
    Ok(Variable { name, group: places[0].group.clone(), grid, arrays })
}

/// What there is to know of a variable but its axes, its grid and what it is called among others.
fn info(name: &str, array: &MapArray, form: Form) -> VariableInfo {
    let (metadata, encoding) = (&array.metadata, &array.metadata.encoding);
    let units = encoding.units.as_deref().unwrap_or_default();
    VariableInfo {
        name: name.to_owned(),
        long_name: words::long_name(metadata),
        units: units.to_owned(),
        temperature: Unit::from_units(units).filter(|_| !words::is_difference(metadata)),
        codes: array.codes(form),
        valid: words::valid(metadata),
        kind: words::kind(metadata),
        flags: array.flags.clone(),
        are_classes: array.classes.is_some(),
        ..VariableInfo::default()
    }
}

/// What the map needs to know of a level.
fn level(
    tree: &Tree,
    index: usize,
    (place, crs): (&Place, Crs),
    array: &MapArray,
) -> Result<Level, StoreError> {
    let ((rows, cols), (chunk_rows, chunk_cols)) = (array.size(), array.tile_size());
    let chunks = rows.div_ceil(chunk_rows.into()) * cols.div_ceil(chunk_cols.into());
    if chunks > MOST_CHUNKS {
        let expected = format!("at most {MOST_CHUNKS} chunks in a plane");
        return Err(array.metadata.wrong("chunk_shape", expected, chunks));
    }
    let size = (cols as u32, rows as u32);
    let placement =
        place.transform.map(|told| placing::from_transform(&place.group, told, size, crs));
    let placement = placement.transpose()?;
    let info = LevelInfo {
        index: u8::try_from(index)
            .map_err(|_| StoreError::Layout(format!("it has more than {index} levels")))?,
        placement: placement.unwrap_or_else(|| Placement::global(size.0, size.1)),
        chunk_rows,
        chunk_cols,
    };
    // Those of a coarser level are its own: what is around it has other rows.
    let coordinate = |name: &str| {
        let around = tree.coordinate(&place.group, name).map(|node| node.path.clone());
        around.filter(|path| index == 0 || *path == discovery::join(&place.group, name))
    };
    let coordinates = array.map_dimensions().map(coordinate);
    let (is_placed, group) = (placement.is_some(), place.group.clone());
    Ok(Level { info, is_placed, group, coordinates, crs })
}

/// In which coordinates a variable has equal steps.
fn crs(tree: &Tree, place: &Place, array: &MapArray) -> Result<Crs, StoreError> {
    let attributes = |node: &Node| -> Value {
        json::parse(&node.zarr_json).map_or(Value::Null, |mut json| json["attributes"].take())
    };
    let of = |name: &str| tree.coordinate(&place.group, name).map(attributes);
    let named = array.metadata.text("grid_mapping").unwrap_or("spatial_ref");
    let named = named.split([':', ' ']).next().unwrap_or_default();
    let [row, _] = array.map_dimensions();
    let own = |group: &str| tree.group(group).map(attributes).unwrap_or_default();
    let says = |attributes: &Value| {
        attributes.as_object().is_some_and(|all| all.keys().any(|key| key.starts_with("proj:")))
    };
    let group = Some(own(&place.group)).filter(says).unwrap_or_else(|| own("/"));
    let (mapping, coordinate) = (of(named).unwrap_or_default(), of(row).unwrap_or_default());
    Crs::read(&place.group, &group, &mapping, &coordinate)
}

/// The tiles of a grid of square pixels that rows run southwards in and whose edges are those of tiles, counted from 180° W and
/// 90° N: its chunks, or 10° where chunks make no tiles. `None` of any other grid.
pub(super) fn tiles(placement: &Placement, chunk: (u32, u32)) -> Option<Grid> {
    // A short decimal where there is one, for that is what the grid was made from.
    let short = |degrees: f64| (degrees * 1e9).round() / 1e9;
    let resolution = short(1.0 / placement.cols_per_degree());
    let west = short((placement.west + 180.0).rem_euclid(360.0) - 180.0);
    let east = short(west + resolution * f64::from(placement.cols));
    let north = short(placement.first_lat);
    let bounds = Bounds {
        west,
        south: short(north - resolution * f64::from(placement.rows)),
        east: if east > 180.0 { short(east - 360.0) } else { east },
        north,
    };
    if !placement.covers(bounds) {
        return None;
    }
    let own = (chunk.0 == chunk.1).then(|| resolution * f64::from(chunk.0));
    own.into_iter()
        .chain([10.0, 180.0])
        .filter_map(|tile| {
            Grid::new(resolution, short(tile)).and_then(|grid| grid.within(bounds)).ok()
        })
        .find(|grid| grid.tile_count() <= MOST_TILES && grid.rows() == placement.rows)
}

/// Checks that a level has the planes of the finest one.
fn alike(array: &MapArray, finest: &MapArray) -> Result<(), StoreError> {
    if array.further().eq(finest.further()) {
        return Ok(());
    }
    let planes = |array: &MapArray| {
        let axes: Vec<String> =
            array.further().map(|(name, length)| format!("{length} of '{name}'")).collect();
        format!("[{}]", axes.join(", "))
    };
    let expected = format!("with as many steps as the finest level, {}", planes(finest));
    Err(array.metadata.wrong("shape", expected, planes(array)))
}

/// Checks that the numbers of a level stand for what those of the finest one stand for.
fn same_codes(array: &MapArray, finest: &MapArray, form: Form) -> Result<(), StoreError> {
    let (found, expected) = (&array.metadata.encoding, &finest.metadata.encoding);
    if found.units != expected.units {
        let units = |units: &Option<String>| format!("{:?}", units.as_deref().unwrap_or_default());
        let expected = format!("{} as in the finest level", units(&expected.units));
        return Err(array.metadata.wrong("units", expected, units(&found.units)));
    }
    if array.classes != finest.classes {
        let expected = "those of the finest level";
        let found = &array.metadata.attributes["flag_values"];
        return Err(array.metadata.wrong("flag_values and _FillValue", expected, found));
    }
    let (found, expected) = (array.codes(form), finest.codes(form));
    let numbers = |codes: Codes| (codes.missing, codes.scale, codes.offset);
    if numbers(found) == numbers(expected) {
        Ok(())
    } else {
        let numbers = |codes: Codes| {
            let [scale, offset] = [codes.scale, codes.offset].map(number::text);
            format!("scale {scale}, offset {offset} and missing number {}", codes.missing)
        };
        let expected = format!("{} as in the finest level", numbers(expected));
        Err(array.metadata.wrong("attributes", expected, numbers(found)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placement(west: f64, north: f64, step: f64, (cols, rows): (u32, u32)) -> Placement {
        Placement::new(west, north, step, -step, cols, rows)
    }

    #[test]
    fn chunks_are_tiles_where_they_lie_on_the_globes_tiles() {
        let globe = tiles(&placement(-180.0, 90.0, 0.01, (36_000, 18_000)), (1000, 1000)).unwrap();
        assert_eq!(globe, Grid::default());
        // Across 180°, as its columns ascend.
        let pacific = tiles(&placement(170.0, 20.0, 0.1, (400, 200)), (100, 100)).unwrap();
        assert_eq!((pacific.tile_rows(), pacific.tile_cols()), (2, 4));
        let corners: Vec<String> = pacific.tiles().map(|tile| tile.to_string()).collect();
        assert_eq!(corners[..4], ["7,35", "7,0", "7,1", "7,2"]);
        let alps = tiles(&placement(6.0, 46.6, 0.0001, (18_000, 7_000)), (1000, 1000)).unwrap();
        assert_eq!(alps.tiles().next().unwrap().to_string(), "434,1860");
    }

    #[test]
    fn other_grids_have_no_tiles() {
        let south_up = Placement::new(-180.0, -90.0, 1.0, 1.0, 360, 180);
        assert_eq!(tiles(&south_up, (10, 10)), None);
        // Its edges lie within tiles.
        assert_eq!(tiles(&placement(5.0, 46.5, 0.1, (300, 200)), (100, 100)), None);
        assert_eq!(
            tiles(&placement(0.0, 40.0, 0.1, (300, 200)), (7, 11)),
            Grid::new(0.1, 10.0)
                .and_then(|globe| globe.within(Bounds {
                    west: 0.0,
                    south: 20.0,
                    east: 30.0,
                    north: 40.0
                }))
                .ok()
        );
    }
}
