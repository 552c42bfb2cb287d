//! Which arrays of a store lie on a map, in whatever group and with whatever other axes, and which levels of them there are.
//!
//! An array is a **variable** if one of its axes is latitude and one longitude: by a common name, or by what CF lets the axis'
//! coordinate say (`standard_name`, `units`, `axis`). It goes by its path. Groups that a `multiscales.layout` (GeoZarr) names
//! hold levels: their arrays are variables of the group that has the layout.

use floe_shared::order::sort_by_number;
use floe_shared::table::Table;
use serde_json::Value;

use super::error::{StoreError, shortened};
use super::metadata::group_attributes;
use super::tree::{Node, Tree};
use crate::json;

/// Names under which an axis goes in any case of letters, for latitude and longitude.
const NAMES: [&[&str]; 2] =
    [&["latitude", "lat", "nav_lat", "y"], &["longitude", "lon", "long", "nav_lon", "x"]];
/// What coordinates call themselves (CF 4.1, 4.2 and the grid mapping's own axes).
const STANDARD_NAMES: [&[&str]; 2] = [
    &["latitude", "projection_y_coordinate", "grid_latitude"],
    &["longitude", "projection_x_coordinate", "grid_longitude"],
];
/// Units that only such coordinates have.
const UNITS: [&[&str]; 2] = [
    &["degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"],
    &["degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"],
];
/// CF `axis`.
const AXES: [&str; 2] = ["Y", "X"];

/// A variable before its metadata are read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Its path without the first slash: its name for people, links and hooks.
    pub(super) name: String,
    /// Where its levels lie, the finest first.
    pub(super) levels: Vec<Place>,
    /// Those of its axes that are latitude and longitude.
    pub(super) map_axes: [usize; 2],
}

/// Where a level of a variable lies.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// The group, absolute: `/` or `/3`.
    pub(super) group: String,
    /// The array's path.
    pub(super) path: String,
    /// `spatial:transform`, if given.
    pub(super) transform: Option<[f64; 6]>,
}

/// One entry of `multiscales.layout`, or a group that has none.
#[derive(Clone, Debug)]
struct Level {
    group: String,
    transform: Option<[f64; 6]>,
}

/// The variables of a store, those of the root first, and sentences about what looks like one but has no axes on a map.
pub(super) fn candidates(tree: &Tree) -> Result<(Vec<Candidate>, Vec<String>), StoreError> {
    let mut sets: Vec<(String, Vec<Level>)> = Vec::new();
    let mut left_out = Vec::new();
    for group in tree.groups().keys() {
        // Of the root's levels all else depends; what is wrong with another group is a matter of its own.
        match levels(tree, group) {
            Ok(levels) => sets.push(((*group).to_owned(), levels)),
            Err(error) if *group == "/" => return Err(error),
            Err(error) => left_out.push(error.to_string()),
        }
    }
    let is_level: Vec<String> = sets
        .iter()
        .flat_map(|(group, levels)| {
            levels.iter().map(|level| level.group.clone()).filter(move |level| level != group)
        })
        .collect();
    let mut found: Table<(&str, String), Candidate> = Table::new();
    for (group, levels) in sets.iter().filter(|(group, _)| !is_level.contains(group)) {
        // Beside levels that are groups there may be arrays that have none.
        let own = vec![Level { group: group.clone(), transform: levels[0].transform }];
        let is_own = levels[0].group == *group;
        for levels in [Some(levels), Some(&own).filter(|_| !is_own)].into_iter().flatten() {
            let mut members: Table<&str, &Node> = Table::new();
            for (member, node) in tree.members(&levels[0].group) {
                members.insert(member, node);
            }
            for (member, node) in members.iter() {
                let name = join(group, member).trim_start_matches('/').to_owned();
                let key = (group.as_str(), name.clone());
                if found.contains_key(&key) {
                    continue;
                }
                match axes(tree, &levels[0].group, &node.zarr_json) {
                    Axes::OnMap(map_axes) => {
                        let levels = places(tree, levels, member);
                        found.insert(key, Candidate { name, levels, map_axes });
                    }
                    Axes::Curved(names) => left_out.push(format!(
                        "'{name}': expected latitude and longitude along an axis each, found them over two axes ('{names}')"
                    )),
                    Axes::OffMap => {}
                }
            }
        }
    }
    Ok((found.into_values(), left_out))
}

/// The levels that have a member of the finest one; it may have fewer of them than others.
fn places(tree: &Tree, levels: &[Level], member: &str) -> Vec<Place> {
    let place = |(index, level): (usize, &Level)| {
        let path = join(&level.group, member);
        let is_there = index == 0 || tree.array(&path).is_ok();
        let (group, transform) = (level.group.clone(), level.transform);
        is_there.then_some(Place { group, path, transform })
    };
    levels.iter().enumerate().filter_map(place).collect()
}

/// What the axes of an array are.
enum Axes {
    /// These are latitude and longitude.
    OnMap([usize; 2]),
    /// Others, of which coordinates with two axes say where they are.
    Curved(String),
    /// Others; or the array is a coordinate itself.
    OffMap,
}

fn axes(tree: &Tree, group: &str, zarr_json: &str) -> Axes {
    let Ok(json) = json::parse(zarr_json) else { return Axes::OffMap };
    let Some(names) = json["dimension_names"].as_array() else { return Axes::OffMap };
    let names: Vec<&str> = names.iter().map(|name| name.as_str().unwrap_or_default()).collect();
    let attributes = &json["attributes"];
    if names.len() < 2 || role(attributes).is_some() {
        return Axes::OffMap;
    }
    let by_name = [0, 1].map(|which| names.iter().position(|name| is_one_of(name, NAMES[which])));
    let roles = if by_name.iter().all(Option::is_some) {
        by_name
    } else {
        let told = |name: &&str| role(&metadata(tree.coordinate(group, name)?)?["attributes"]);
        let told: Vec<Option<usize>> = names.iter().map(told).collect();
        [0, 1].map(|which| told.iter().position(|role| *role == Some(which)).or(by_name[which]))
    };
    let has_coordinate = |axis: usize| tree.coordinate(group, names[axis]).is_some();
    match roles {
        [Some(row), Some(col)] if row != col && has_coordinate(row) => Axes::OnMap([row, col]),
        roles => match (curved(tree, group, attributes), roles) {
            (Some(names), _) => Axes::Curved(names),
            (None, [Some(row), Some(col)]) if row != col => Axes::OnMap([row, col]),
            (None, _) => Axes::OffMap,
        },
    }
}

/// The attribute `coordinates`, where it names latitudes and longitudes with two axes.
fn curved(tree: &Tree, group: &str, attributes: &Value) -> Option<String> {
    let names = attributes["coordinates"].as_str()?;
    let has_two_axes = |name: &&str| {
        let json = tree.array(&join(group, name)).ok().and_then(metadata);
        json.is_some_and(|json| {
            let is_named = NAMES.iter().any(|names| is_one_of(name, names));
            json["shape"].as_array().is_some_and(|shape| shape.len() == 2)
                && (is_named || role(&json["attributes"]).is_some())
        })
    };
    (names.split_whitespace().filter(has_two_axes).count() > 1).then(|| names.to_owned())
}

/// Whether a coordinate says that it is one of latitudes (0) or of longitudes (1).
fn role(attributes: &Value) -> Option<usize> {
    let text = |name: &str| attributes[name].as_str().unwrap_or_default();
    [0, 1].into_iter().find(|&which| {
        is_one_of(text("standard_name"), STANDARD_NAMES[which])
            || is_one_of(text("units"), UNITS[which])
            || text("axis") == AXES[which]
    })
}

fn metadata(node: &Node) -> Option<Value> {
    json::parse(&node.zarr_json).ok()
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The levels that a group's attributes name, the finest first; a group without such is its own only one.
fn levels(tree: &Tree, group: &str) -> Result<Vec<Level>, StoreError> {
    let attributes = group_attributes(group, &tree.group(group)?.zarr_json)?;
    let transform = |attributes: &Value| -> Option<[f64; 6]> {
        let numbers = attributes["spatial:transform"].as_array()?.iter();
        numbers.map(Value::as_f64).collect::<Option<Vec<_>>>()?.try_into().ok()
    };
    let older = pyramid(tree, group, &attributes["multiscales"][0]["datasets"]);
    if !older.is_empty() {
        return Ok(older);
    }
    let layout = attributes["multiscales"]["layout"].as_array();
    let Some(layout) = layout.filter(|list| !list.is_empty()) else {
        return Ok(vec![Level { group: group.to_owned(), transform: transform(&attributes) }]);
    };
    let level = |entry: &Value| {
        let asset = entry["asset"].as_str().ok_or_else(|| {
            StoreError::Layout(format!(
                "expected multiscales.layout to name an asset, found {}",
                shortened(&entry.to_string())
            ))
        })?;
        let path = asset.trim_start_matches("./").trim_matches('/');
        let group = if path == "." { group.to_owned() } else { join(group, path) };
        Ok(Level { group, transform: transform(entry) })
    };
    let mut levels = layout.iter().map(level).collect::<Result<Vec<_>, StoreError>>()?;
    levels[0].transform = levels[0].transform.or_else(|| transform(&attributes));
    Ok(levels)
}

/// The levels of the older convention (`multiscales[0].datasets`, as ndpyramid writes it), which come in any order: the one with
/// the most pixels is the finest.
fn pyramid(tree: &Tree, group: &str, datasets: &Value) -> Vec<Level> {
    let elements = |(_, node): (&str, &Node)| -> Option<f64> {
        let json = metadata(node)?;
        Some(json["shape"].as_array()?.iter().filter_map(Value::as_f64).product())
    };
    let level = |entry: &Value| {
        let group = join(group, entry["path"].as_str()?.trim_matches('/'));
        let most = tree.members(&group).filter_map(elements).fold(0.0, f64::max);
        (most > 0.0).then_some((most, Level { group, transform: None }))
    };
    let mut levels: Vec<_> = datasets.as_array().into_iter().flatten().filter_map(level).collect();
    sort_by_number(&mut levels, |(most, _)| -most);
    levels.into_iter().map(|(_, level)| level).collect()
}

/// The path of a member of a group.
pub(super) fn join(group: &str, name: &str) -> String {
    format!("{}/{name}", group.trim_end_matches('/'))
}
