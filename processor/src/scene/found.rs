//! What the items that came are worth: each observation once, of several productions the newest. Pure.

use std::collections::hash_map::{Entry, HashMap};
use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use floe_raster::sinusoidal::Position;
use floe_shared::period::Period;
use serde_json::Value;

use super::area::LonLatBox;
use super::census::day;
use super::href::Base;
use super::item::{Reading, Scene, SceneError, Wanted};
use super::land_name::LandName;
use super::need::Need;
use crate::catalog::fingerprint;

/// The scenes that a job needs.
#[derive(Debug, Default)]
pub struct Found {
    /// One production of each observation, in the order of their beginnings, then of their ids.
    pub scenes: Vec<Scene>,
    /// Ids of items that were set aside: older productions of the same observations.
    pub superseded: Vec<String>,
    /// Malformed items that nobody asked for.
    pub malformed: usize,
    /// Items that are needed and cannot be used.
    pub unusable: Vec<Unusable>,
}

/// An item that is needed and cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Unusable {
    /// The box around it, where it is known: only tiles that meet it lack something.
    pub bbox: Option<LonLatBox>,
    /// Why.
    pub error: SceneError,
}

/// Where and when an observation lies that was not known before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// When it begins.
    pub begins: DateTime<Utc>,
    /// The box around it, where it is known.
    pub bbox: Option<LonLatBox>,
    /// Its position on the sinusoidal grid, where its name tells one.
    pub position: Option<Position>,
}

/// Collects the scenes that a job needs.
pub struct Harvest<'a> {
    wanted: &'a Wanted,
    need: &'a Need,
    newest: HashMap<String, (Scene, Result<(), SceneError>)>,
    superseded: Vec<String>,
    unusable: BTreeMap<String, Unusable>,
    malformed: HashSet<String>,
    items: usize,
}

impl<'a> Harvest<'a> {
    /// Of what is wanted and needed.
    pub fn new(wanted: &'a Wanted, need: &'a Need) -> Self {
        Self {
            wanted,
            need,
            newest: HashMap::new(),
            superseded: Vec::new(),
            unusable: BTreeMap::new(),
            malformed: HashSet::new(),
            items: 0,
        }
    }

    /// Takes in an item; tells of its observation where it was not known before in any production.
    pub fn add(&mut self, item: &Value, base: &Base) -> Option<Sighting> {
        self.items += 1;
        let (scene, result) = match Scene::read(item, self.wanted, self.need, base) {
            Reading::Needed(scene, result) => (*scene, result),
            Reading::Unusable(error) => {
                let bbox = item.get("bbox").and_then(LonLatBox::read);
                self.unusable.insert(error.to_string(), Unusable { bbox, error });
                return None;
            }
            Reading::Other => return None,
            Reading::Malformed => {
                self.malformed.insert(item.to_string());
                return None;
            }
        };
        match self.newest.entry(key(&scene)) {
            Entry::Vacant(free) => {
                let position = scene.name.as_ref().map(|name| name.position);
                let sighting = Sighting { begins: scene.begins, bbox: scene.bbox, position };
                free.insert((scene, result));
                Some(sighting)
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                let order = scene.production_order(&known.0);
                if order.is_eq() && scene.id == known.0.id {
                    return None;
                }
                // Of equals the greater id, so that the order of the items does not matter.
                if order.then_with(|| scene.id.cmp(&known.0.id)).is_gt() {
                    let older = std::mem::replace(known, (scene, result));
                    self.superseded.push(older.0.id);
                } else {
                    self.superseded.push(scene.id);
                }
                None
            }
        }
    }

    /// Whether no item at all has come.
    pub const fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// When the observations begin that have come, in order.
    pub fn beginnings(&self) -> Vec<DateTime<Utc>> {
        let mut beginnings: Vec<_> = self.newest.values().map(|(scene, _)| scene.begins).collect();
        beginnings.sort_unstable();
        beginnings
    }

    /// The result.
    pub fn finish(self) -> Found {
        let mut found = Found {
            superseded: self.superseded,
            malformed: self.malformed.len(),
            unusable: self.unusable.into_values().collect(),
            ..Found::default()
        };
        found.superseded.sort_unstable();
        found.superseded.dedup();
        for (scene, result) in self.newest.into_values() {
            match result {
                Ok(()) => found.scenes.push(scene),
                Err(error) => found.unusable.push(Unusable { bbox: scene.bbox, error }),
            }
        }
        found.scenes.sort_by(|a, b| (a.begins, &a.id).cmp(&(b.begins, &b.id)));
        found.unusable.sort_by_key(|unusable| unusable.error.to_string());
        found
    }
}

/// What productions of one observation have in common: see [`Scene::is_same_observation`].
fn key(scene: &Scene) -> String {
    match &scene.name {
        Some(name) => format!("{}.A{}.{}", name.product, name.begins, name.position),
        None => scene.id.clone(),
    }
}

impl Found {
    /// Names the scenes that meet a box, briefly: other scenes, or other productions of them, give another text.
    pub fn fingerprint(&self, need: &Need) -> String {
        fingerprint(self.of_need(need).map(|scene| {
            // What a name lacks, the item's own property tells.
            let of_name = scene.name.as_ref().and_then(|name| name.production);
            match of_name {
                Some(production) => format!("{} {production}", scene.id),
                None => format!("{} {}", scene.id, scene.production),
            }
        }))
    }

    /// The scenes of a part of the job.
    pub fn of_need<'a>(&'a self, need: &'a Need) -> impl Iterator<Item = &'a Scene> {
        self.scenes.iter().filter(|scene| need.has_place(scene.name.as_ref(), scene.bbox))
    }

    /// How many older productions of granules that begin in a period were set aside for a part of the job; those of items whose
    /// names tell no granule are not counted.
    pub fn superseded_of(&self, need: &Need, period: &Period) -> u64 {
        let names = self.superseded.iter().filter_map(|id| LandName::read(id));
        let is_of = |name: &LandName| {
            let begins = name.begins.and_time(chrono::NaiveTime::MIN).and_utc();
            need.has_place(Some(name), None) && period.contains(day(begins))
        };
        names.filter(is_of).count() as u64
    }

    /// What is unusable and lies where a part of the job needs it.
    pub fn unusable_within(&self, need: &Need) -> impl Iterator<Item = &Unusable> {
        self.unusable.iter().filter(|unusable| need.has_place(None, unusable.bbox))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::item::tests::{need, wanted};
    use super::*;

    fn base() -> Base {
        Base::Network("https://host/items".to_owned())
    }

    fn item(id: &str, created: &str) -> Value {
        json!({
            "id": id, "bbox": [10, 40, 11, 41],
            "properties": { "datetime": "2022-02-03T10:00:00Z", "created": created },
            "assets": { "red": { "href": format!("{id}_red.tif") } },
        })
    }

    fn found(items: &[Value]) -> Found {
        let (wanted, need) = (wanted(&["red"]), need());
        let mut harvest = Harvest::new(&wanted, &need);
        for item in items {
            harvest.add(item, &base());
        }
        harvest.finish()
    }

    #[test]
    fn of_several_productions_of_one_granule_the_newest_alone_counts() {
        let granule = |production: &str, created: &str| {
            item(&format!("MOD10A2.A2022034.h18v04.061{production}"), created)
        };
        let old = granule(".2022042050729", "2023-01-01T00:00:00Z");
        let new = granule(".2022142050729", "2022-01-01T00:00:00Z");
        let unnamed = granule("", "2024-01-01T00:00:00Z");
        for order in [[&old, &new, &unnamed], [&unnamed, &new, &old], [&new, &old, &new]] {
            let found = found(&order.map(Clone::clone));
            assert_eq!(found.scenes.len(), 1);
            assert_eq!(found.scenes[0].id, new["id"]);
        }
        let other_day = item("MOD10A2.A2022042.h18v04.061.2022050050729", "2022-01-01T00:00:00Z");
        assert_eq!(
            found(&[old, new, other_day]).superseded,
            ["MOD10A2.A2022034.h18v04.061.2022042050729"]
        );
    }

    #[test]
    fn other_items_are_told_apart_by_id_alone() {
        let (a, b) = (item("S2A_a", "2022-03-01T00:00:00Z"), item("S2A_b", "2022-04-01T00:00:00Z"));
        let newer = item("S2A_a", "2022-05-01T00:00:00Z");
        let found = found(&[a.clone(), b, newer, a]);
        let ids: Vec<&str> = found.scenes.iter().map(|scene| scene.id.as_str()).collect();
        assert_eq!((ids, found.superseded), (vec!["S2A_a", "S2A_b"], vec!["S2A_a".to_owned()]));
        assert_eq!(
            found.scenes[0].production,
            Production::read(Some(&json!("2022-05-01T00:00:00Z")))
        );
        let mut of_day: Vec<&Scene> = found.scenes.iter().collect();
        of_day.sort_by(|a, b| a.order_within_day(b));
        assert_eq!(of_day[0].id, "S2A_a", "the newest production goes first");
    }

    #[test]
    fn a_file_that_only_an_older_production_lacks_is_no_trouble() {
        let mut old = item("S2A_a", "2022-03-01T00:00:00Z");
        old["assets"] = json!({ "blue": {} });
        let new = item("S2A_a", "2022-04-01T00:00:00Z");
        assert!(found(&[old.clone(), new]).unusable.is_empty());
        let found = found(&[old]);
        assert_eq!(
            found.unusable[0].error.to_string(),
            "item 'S2A_a' has no asset red; it has blue"
        );
        assert_eq!(found.unusable_within(&need()).count(), 1);
        let elsewhere = Need { bounds: LonLatBox::new(-90.0, 0.0, -80.0, 10.0).unwrap(), ..need() };
        assert_eq!(found.unusable_within(&elsewhere).count(), 0);
    }

    #[test]
    fn other_scenes_and_other_productions_have_another_fingerprint() {
        let print = |items: &[Value]| found(items).fingerprint(&need());
        let (a, b) = (item("a", "2022-03-01T00:00:00Z"), item("b", "2022-03-01T00:00:00Z"));
        let again = item("a", "2022-04-01T00:00:00Z");
        let prints = [
            print(&[]),
            print(std::slice::from_ref(&a)),
            print(&[a.clone(), b.clone()]),
            print(&[again]),
        ];
        assert_eq!(prints.iter().collect::<HashSet<_>>().len(), 4, "{prints:?}");
        assert_eq!(print(&[b.clone(), a.clone()]), print(&[a, b]));
    }

    use super::super::production::Production;
}
