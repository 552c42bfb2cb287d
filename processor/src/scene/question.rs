//! A question for scenes, and the smaller ones that it can be cut into. Pure.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use floe_raster::sinusoidal::{POSITION_METRES, Position, lonlat_from_sinusoidal};
use serde_json::{Value, json};

use super::area::LonLatBox;
use super::found::Sighting;
use super::item::Wanted;
use super::need::Need;

/// Degrees by which the searched band of latitude is wider than the positions, for footprints that are a little off.
const MARGIN: f64 = 1.0;
/// Questions are cut in time down to a day, then in space down to boxes of this many degrees.
const SMALLEST_BOX: f64 = 0.1;

/// What is known of a collection of tiles of the sinusoidal grid.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tiled {
    /// What stands before `horizontal-tile` and `vertical-tile` in the properties of items, where they have such.
    pub(super) prefix: Option<String>,
}

/// Where scenes are asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Area {
    /// In a box that does not cross 180°.
    Box(LonLatBox),
    /// At positions of the sinusoidal grid, the footprints of which catalogues draw too coarsely.
    Positions {
        /// Which.
        positions: BTreeSet<Position>,
        /// How items tell them.
        tiled: Tiled,
    },
}

/// Which scenes are asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    pub(super) area: Area,
    /// When they begin.
    pub(super) begins: Range<DateTime<Utc>>,
}

impl Question {
    /// The questions that together ask for all that is needed.
    pub(super) fn of(need: &Need, tiled: Option<&Tiled>) -> Vec<Self> {
        let at = |area| Self { area, begins: need.begins.clone() };
        if need.begins.is_empty() {
            return Vec::new();
        }
        match tiled {
            Some(_) if need.positions.is_empty() => Vec::new(),
            Some(tiled) => vec![at(Area::Positions {
                positions: need.positions.clone(),
                tiled: tiled.clone(),
            })],
            None => need.searched().parts().into_iter().map(|part| at(Area::Box(part))).collect(),
        }
    }

    /// The smaller questions that together ask the same, of halves of the time, then of the place; `None` for the smallest.
    pub(super) fn parts(&self) -> Option<Vec<Self>> {
        let span = self.begins.end - self.begins.start;
        if span > TimeDelta::days(1) {
            return Some(self.split(self.begins.start + span / 2));
        }
        self.halves()
    }

    /// Smaller questions that bring to light what was held back of an answer whose scenes begin then (in order): each is for about
    /// half of them. Where nothing can be cut, the same again.
    pub(super) fn checks(&self, beginnings: &[DateTime<Utc>]) -> Vec<Self> {
        let within: Vec<&DateTime<Utc>> =
            beginnings.iter().filter(|begins| self.begins.contains(begins)).collect();
        match within.get(within.len() / 2) {
            Some(&&middle) if middle > self.begins.start => self.split(middle),
            Some(_) => self.halves().unwrap_or_else(|| vec![self.clone()]),
            None => vec![self.clone()],
        }
    }

    /// Whether an observation belongs into the answer.
    pub(super) fn covers(&self, sighting: &Sighting) -> bool {
        let has_place = match &self.area {
            Area::Box(area) => sighting.bbox.is_none_or(|bbox| bbox.meets(*area)),
            Area::Positions { positions, .. } => {
                sighting.position.is_none_or(|position| positions.contains(&position))
            }
        };
        has_place && self.begins.contains(&sighting.begins)
    }

    fn split(&self, at: DateTime<Utc>) -> Vec<Self> {
        let part = |begins| Self { area: self.area.clone(), begins };
        vec![part(self.begins.start..at), part(at..self.begins.end)]
    }

    /// The same for the halves of the place.
    fn halves(&self) -> Option<Vec<Self>> {
        let at = |area| Self { area, begins: self.begins.clone() };
        match &self.area {
            Area::Positions { positions, tiled } if positions.len() > 1 => {
                let all: Vec<Position> = positions.iter().copied().collect();
                let (near, far) = all.split_at(all.len() / 2);
                let of = |positions: &[Position]| Area::Positions {
                    positions: positions.iter().copied().collect(),
                    tiled: tiled.clone(),
                };
                Some(vec![at(of(near)), at(of(far))])
            }
            Area::Box(whole) => {
                let (width, height) = (whole.east - whole.west, whole.north - whole.south);
                if width.max(height) < 2.0 * SMALLEST_BOX {
                    return None;
                }
                let (near, far) = if width >= height {
                    let middle = whole.west + width / 2.0;
                    (LonLatBox { east: middle, ..*whole }, LonLatBox { west: middle, ..*whole })
                } else {
                    let middle = whole.south + height / 2.0;
                    (LonLatBox { north: middle, ..*whole }, LonLatBox { south: middle, ..*whole })
                };
                Some(vec![at(Area::Box(near)), at(Area::Box(far))])
            }
            Area::Positions { .. } => None,
        }
    }

    /// The body of the search.
    pub(super) fn body(&self, wanted: &Wanted, limit: usize) -> Value {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let mut body = json!({
            "collections": [wanted.collection],
            "datetime": format!("{}/{}", time(self.begins.start), time(self.begins.end)),
            "fields": fields(wanted),
            "limit": limit,
        });
        match &self.area {
            Area::Box(area) => body["bbox"] = json!(area.numbers()),
            Area::Positions { positions, tiled } => {
                let edge =
                    |v: u8| lonlat_from_sinusoidal(0.0, (9.0 - f64::from(v)) * POSITION_METRES).1;
                let rows: BTreeSet<u8> = positions.iter().map(|position| position.v).collect();
                let columns: BTreeSet<u8> = positions.iter().map(|position| position.h).collect();
                let south = rows.last().map_or(-90.0, |&v| (edge(v + 1) - MARGIN).max(-90.0));
                let north = rows.first().map_or(90.0, |&v| (edge(v) + MARGIN).min(90.0));
                body["bbox"] = json!([-180.0, south, 180.0, north]);
                if let Some(prefix) = &tiled.prefix {
                    body["query"][format!("{prefix}vertical-tile")] = within(&rows);
                    body["query"][format!("{prefix}horizontal-tile")] = within(&columns);
                }
            }
        }
        body
    }
}

/// A filter of the query extension for all numbers from the least to the greatest, by comparisons that every server knows.
fn within(numbers: &BTreeSet<u8>) -> Value {
    json!({ "gte": numbers.first(), "lte": numbers.last() })
}

/// What to ask a server for that knows the fields extension.
fn fields(wanted: &Wanted) -> Value {
    let properties = [
        "datetime",
        "start_datetime",
        "end_datetime",
        "platform",
        "proj:code",
        "proj:epsg",
        "proj:transform",
        "proj:shape",
        &wanted.production,
    ];
    let mut include: Vec<String> = ["id", "type", "collection", "bbox"].map(str::to_owned).to_vec();
    include.extend(properties.map(|name| format!("properties.{name}")));
    include.extend(wanted.assets.iter().map(|asset| format!("assets.{asset}")));
    json!({ "include": include, "exclude": ["links", "geometry"] })
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.area {
            Area::Box(area) => {
                let [west, south, east, north] = area.numbers();
                write!(formatter, "{west}, {south}, {east}, {north}")?;
            }
            Area::Positions { positions, .. } => {
                let names: Vec<String> = positions.iter().map(ToString::to_string).collect();
                write!(formatter, "{}", names.join(" "))?;
            }
        }
        write!(formatter, " from {} to {}", self.begins.start, self.begins.end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::item::tests::{need, wanted};
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_box_across_180_degrees_is_asked_for_in_two_parts() {
        let bounds = LonLatBox::new(170.0, -10.0, -170.0, 0.0).unwrap();
        let questions = Question::of(&Need { bounds, ..need() }, None);
        let bodies: Vec<Value> = questions
            .iter()
            .map(|question| question.body(&wanted(&["red"]), 10)["bbox"].clone())
            .collect();
        assert_eq!(
            bodies,
            [json!([169.9, -10.1, 180.0, 0.1]), json!([-180.0, -10.1, -169.9, 0.1])]
        );
    }

    #[test]
    fn tiles_of_the_sinusoidal_grid_are_asked_for_by_position_in_the_whole_band() {
        let ask = |prefix: Option<String>| {
            let questions = Question::of(&need(), Some(&Tiled { prefix }));
            assert_eq!(questions.len(), 1);
            questions[0].body(&wanted(&["red"]), 10)
        };
        let body = ask(Some("modis:".to_owned()));
        assert_eq!(body["query"]["modis:vertical-tile"], json!({ "gte": 4, "lte": 4 }));
        assert_eq!(body["query"]["modis:horizontal-tile"], json!({ "gte": 18, "lte": 19 }));
        assert_eq!(body["bbox"][0], -180.0);
        assert!((body["bbox"][1].as_f64().unwrap() - 39.0).abs() < 1e-6);
        assert_eq!(body["datetime"], "2022-01-01T00:00:00Z/2023-01-01T00:00:00Z");
        assert_eq!(ask(None).get("query"), None);
        let nowhere = Need { positions: BTreeSet::new(), ..need() };
        assert!(Question::of(&nowhere, Some(&Tiled { prefix: None })).is_empty());
    }

    #[test]
    fn a_question_can_be_cut_down_to_a_day_and_a_small_box() {
        let mut open = Question::of(&need(), None);
        let mut smallest = Vec::new();
        while let Some(question) = open.pop() {
            // One branch of each fork.
            match question.parts() {
                Some(parts) => {
                    assert_eq!(parts.len(), 2);
                    open.push(parts[0].clone());
                }
                None => smallest.push(question),
            }
        }
        let [question] = &smallest[..] else { panic!("{smallest:?}") };
        assert!(question.begins.end - question.begins.start <= TimeDelta::days(1));
        let Area::Box(area) = question.area else { panic!("a box") };
        assert!(
            area.east - area.west < 2.0 * SMALLEST_BOX
                && area.north - area.south < 2.0 * SMALLEST_BOX
        );
        let tiled = Tiled { prefix: None };
        let positions = Area::Positions { positions: need().positions, tiled };
        let begins = time("2022-01-01T00:00:00Z")..time("2022-01-02T00:00:00Z");
        let parts = Question { area: positions, begins }.parts().unwrap();
        assert!(parts.iter().all(|part| part.parts().is_none()));
    }

    #[test]
    fn an_answer_is_checked_by_questions_for_half_of_its_scenes() {
        let question = &Question::of(&need(), None)[0];
        let beginnings =
            ["2022-02-01T00:00:00Z", "2022-10-01T00:00:00Z", "2022-11-01T00:00:00Z"].map(time);
        let checks = question.checks(&beginnings);
        assert_eq!(checks[0].begins, question.begins.start..beginnings[1]);
        assert_eq!(checks[1].begins, beginnings[1]..question.begins.end);
        assert_eq!(question.checks(&[]), std::slice::from_ref(question));
        let first = [question.begins.start];
        assert!(question.checks(&first).iter().all(|check| check.begins == question.begins));
        assert_eq!(question.checks(&first).len(), 2, "halves of the box");
    }
}
