//! The axes of a store's variables beside latitude and longitude: which coordinate says what their steps are, and what those
//! are once it has been read.

use std::ops::Range;

use floe_shared::cf_time::{TimeUnits, is_midnight};
use floe_shared::encoding::DataType;
use serde_json::{Value, json};

use super::error::StoreError;
use super::metadata::ArrayMetadata;
use super::text::TextArray;
use super::tree::{Node, Tree};
use crate::axis::{Axis, Steps};
use crate::json;

/// The most steps of an axis whose coordinate is read: every hour of a century.
const MOST_STEPS: u32 = 1 << 20;

/// An axis before its coordinate is read.
#[derive(Clone, Debug)]
pub struct AxisSource {
    /// The dimension's name.
    pub name: String,
    /// Number of steps.
    pub length: u32,
    /// What says what they are.
    pub coordinate: Coordinate,
    /// The coordinate's path; empty without one.
    path: String,
    attributes: Value,
    /// The steps between which chunks are, of any of the arrays that have the axis; empty as long as there are none.
    stored: Range<u32>,
}

/// What says what the steps of an axis are.
#[derive(Clone, Debug)]
pub enum Coordinate {
    /// Nothing.
    None,
    /// Numbers.
    Numbers(ArrayMetadata),
    /// Texts.
    Texts(TextArray),
    /// Something that cannot be read, and why.
    Unread(StoreError),
}

impl AxisSource {
    /// The place of an axis among those that are known, to which it is added if it is new. `group` is that of the variable.
    pub(super) fn place(
        known: &mut Vec<Self>,
        tree: &Tree,
        group: &str,
        (name, length): (&str, u32),
    ) -> u16 {
        let node = tree.coordinate(group, name);
        let path = node.map_or("", |node| node.path.as_str());
        let is_it = |axis: &Self| axis.name == name && axis.length == length && axis.path == path;
        let at = known.iter().position(is_it).unwrap_or_else(|| {
            known.push(Self::new(name, length, node));
            known.len() - 1
        });
        at as u16
    }

    fn new(name: &str, length: u32, node: Option<&Node>) -> Self {
        let (coordinate, attributes) = node.map_or((Coordinate::None, Value::Null), |node| {
            let mut json = json::parse(&node.zarr_json).unwrap_or_default();
            as_numbers(&mut json);
            let attributes = json["attributes"].clone();
            (Coordinate::of(&node.path, json, length), attributes)
        });
        let path = node.map(|node| node.path.clone()).unwrap_or_default();
        Self { name: name.to_owned(), length, coordinate, path, attributes, stored: 0..0 }
    }

    /// The axis with steps that have but their index, until its coordinate has been read.
    pub fn unread(&self) -> Axis {
        let text = |attribute: &str| self.attributes[attribute].as_str().unwrap_or_default();
        let names = [text("long_name"), text("standard_name"), &self.name];
        let long_name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        Axis {
            name: self.name.clone(),
            long_name: long_name.to_owned(),
            units: String::new(),
            steps: Steps::Indices(self.length),
            stored: (self.stored.start, self.stored.end),
        }
    }

    /// Takes in between which chunks along the axis an array has any, and how many steps a chunk has.
    pub(super) fn mark_stored(&mut self, chunks: &Range<u32>, steps: u32) {
        if chunks.is_empty() {
            return;
        }
        let step = |chunk: u32| chunk.saturating_mul(steps).min(self.length);
        let (first, end) = (step(chunks.start), step(chunks.end));
        self.stored = if self.stored.is_empty() {
            first..end
        } else {
            self.stored.start.min(first)..self.stored.end.max(end)
        };
    }

    /// The axis, if the attributes of its coordinate leave no doubt: CF `actual_range` of a coordinate of whole numbers,
    /// which is strictly monotonic, with as many of them as values.
    pub(super) fn told(&self) -> Option<Axis> {
        let range = self.attributes["actual_range"].as_array()?;
        let [first, last] = range.as_slice() else { return None };
        let (first, last) = (first.as_i64()?, last.as_i64()?);
        let whole = last.checked_sub(first)?.checked_add(1)? == i64::from(self.length);
        let is_whole = matches!(&self.coordinate, Coordinate::Numbers(metadata)
            if !matches!(metadata.encoding.data_type, DataType::F32 | DataType::F64));
        (whole && is_whole)
            .then(|| self.numbers((first..=last).map(|number| number as f64).collect()))
    }

    /// The axis of a coordinate's numbers; NaN for one that is missing.
    pub(super) fn numbers(&self, values: Vec<f64>) -> Axis {
        let units = self.attributes["units"].as_str().unwrap_or_default();
        let calendar = self.attributes["calendar"].as_str();
        let steps = if let Some(time) = TimeUnits::read(units, calendar) {
            let seconds: Vec<f64> = values.iter().map(|&value| time.seconds(value)).collect();
            let is_day = |&seconds: &f64| seconds.is_nan() || is_midnight(seconds);
            let with_clock = !seconds.iter().all(is_day);
            Steps::Times { seconds, calendar: time.calendar(), with_clock }
        } else {
            let is_single = matches!(&self.coordinate, Coordinate::Numbers(metadata)
                if metadata.encoding.data_type == DataType::F32);
            Steps::Numbers { values, is_single }
        };
        let is_time = matches!(steps, Steps::Times { .. });
        let units = if is_time { String::new() } else { units.to_owned() };
        Axis { units, steps, ..self.unread() }
    }

    /// The axis of a coordinate's texts.
    pub(super) fn texts(&self, texts: Vec<String>) -> Axis {
        Axis { steps: Steps::Texts(texts), ..self.unread() }
    }

    /// Says why the steps of the axis have but their index, where something else was expected.
    pub(super) fn complaint(&self, why: &dyn std::fmt::Display) -> String {
        format!(
            "the steps of axis '{}' are numbered, for its coordinate cannot be read: {why}",
            self.name
        )
    }
}

impl Coordinate {
    fn of(path: &str, json: Value, length: u32) -> Self {
        let metadata = if TextArray::is_text(&json["data_type"]) {
            TextArray::parse(path, json).map(Self::Texts)
        } else {
            ArrayMetadata::parse(path, &json.to_string()).map(Self::Numbers)
        };
        let checked = metadata.and_then(|coordinate| {
            let metadata = match &coordinate {
                Self::Texts(texts) => texts.metadata(),
                Self::Numbers(metadata) => metadata,
                Self::None | Self::Unread(_) => return Ok(coordinate),
            };
            let expected = format!("one axis of {length} values, and at most {MOST_STEPS}");
            if metadata.shape == [u64::from(length)] && length <= MOST_STEPS {
                Ok(coordinate)
            } else {
                let found = format!("{:?}", metadata.shape);
                Err(metadata.wrong("shape", expected, found))
            }
        });
        checked.unwrap_or_else(Self::Unread)
    }
}

/// Turns the metadata of moments as numpy stores them (`numpy.datetime64`) into those that CF would have: whole numbers with
/// units.
fn as_numbers(json: &mut Value) {
    if json["data_type"]["name"] != "numpy.datetime64" {
        return;
    }
    let configuration = &json["data_type"]["configuration"];
    let unit = match configuration["unit"].as_str() {
        Some("D") => "days",
        Some("h") => "hours",
        Some("m") => "minutes",
        Some("s") => "seconds",
        Some("ms") => "milliseconds",
        Some("us") => "microseconds",
        Some("ns") => "nanoseconds",
        _ => return,
    };
    if configuration["scale_factor"] != 1 {
        return;
    }
    json["data_type"] = json!("int64");
    if !json["attributes"].is_object() {
        json["attributes"] = json!({});
    }
    json["attributes"]["units"] = json!(format!("{unit} since 1970-01-01"));
    json["attributes"]["_FillValue"] = json!(i64::MIN);
}
