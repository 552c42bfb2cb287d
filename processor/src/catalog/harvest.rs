//! What the answers of a search have brought so far: each granule once, of several productions the newest.
//! Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::due::Composite;
use super::item::{self, GranuleFiles, ItemError, Reading, Wanted};
use super::search::Found;
use floe_raster::granule::GranuleKey;
use floe_raster::sinusoidal::Position;

/// Collects the granules that a job needs.
pub(super) struct Harvest<'a> {
    wanted: &'a Wanted,
    needs: Box<dyn Fn(&GranuleKey) -> bool + Send + Sync + 'a>,
    newest: BTreeMap<GranuleKey, GranuleFiles>,
    superseded: Vec<GranuleKey>,
    unusable: BTreeMap<Position, ItemError>,
    /// Items that have been read, by id and production.
    seen: HashSet<String>,
    malformed: HashSet<String>,
    items: usize,
}

impl<'a> Harvest<'a> {
    /// Of the granules that are wanted and that `needs` names.
    pub(super) fn new(
        wanted: &'a Wanted,
        needs: impl Fn(&GranuleKey) -> bool + Send + Sync + 'a,
    ) -> Self {
        Self {
            wanted,
            needs: Box::new(needs),
            newest: BTreeMap::new(),
            superseded: Vec::new(),
            unusable: BTreeMap::new(),
            seen: HashSet::new(),
            malformed: HashSet::new(),
            items: 0,
        }
    }

    /// Takes in an item; tells the granule where it was not known before in any production.
    pub(super) fn add(&mut self, item: &Value) -> Option<GranuleKey> {
        self.items += 1;
        let granule = match item::read(item, self.wanted, &self.needs) {
            Reading::Needed(granule) => *granule,
            Reading::Unusable(key, error) => {
                self.unusable.entry(key.position).or_insert(error);
                return None;
            }
            Reading::Other => return None,
            Reading::Malformed => {
                self.malformed.insert(item.to_string());
                return None;
            }
        };
        if !self.seen.insert(format!("{} {}", granule.item, granule.id)) {
            return None;
        }
        let key = granule.id.key;
        let Some(known) = self.newest.get_mut(&key) else {
            self.newest.insert(key, granule);
            return Some(key);
        };
        if granule.id != known.id {
            self.superseded.push(key);
        }
        if granule.production_order() > known.production_order() {
            *known = granule;
        }
        None
    }

    /// Whether no item at all has come.
    pub(super) const fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Where granules have come from.
    pub(super) fn positions(&self) -> BTreeSet<Position> {
        let unusable = self.unusable.keys().copied();
        self.newest.keys().map(|key| key.position).chain(unusable).collect()
    }

    /// The composites that have come of a position.
    pub(super) fn composites(&self, position: Position) -> BTreeSet<Composite> {
        let at = self.newest.keys().filter(|key| key.position == position);
        at.filter_map(Composite::of).collect()
    }

    /// The positions that cannot be used, since an item of theirs cannot.
    pub(super) fn is_unusable(&self, position: Position) -> bool {
        self.unusable.contains_key(&position)
    }

    /// The result, without a word on what is due.
    pub(super) fn finish(self) -> Found {
        let mut found = Found {
            superseded: self.superseded,
            malformed: self.malformed.len(),
            unusable: self.unusable,
            ..Found::default()
        };
        for granule in self.newest.into_values() {
            let position = granule.id.key.position;
            match granule.complete(&self.wanted.assets) {
                Ok(granule) => found.granules.push(granule),
                Err(error) => {
                    found.unusable.entry(position).or_insert(error);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(production: &str) -> Value {
        let name = format!("MOD11A2.A2022033.h19v10.061.{production}");
        let href = |asset| json!({ "href": format!("https://a/c/{name}_{asset}.tif") });
        json!({ "id": name, "assets": {
            "LST_Day_1km": href("LST_Day_1km"), "QC_Day": href("QC_Day"),
        } })
    }

    #[test]
    fn an_item_that_comes_again_counts_once_and_the_newest_production_wins() {
        let (old, new) = (item("2022042044121"), item("2022101000000"));
        let wanted = &Wanted::lst();
        let mut harvest = Harvest::new(wanted, |_| true);
        let added: Vec<bool> =
            [&old, &new, &old, &new].map(|item| harvest.add(item).is_some()).to_vec();
        assert_eq!(added, [true, false, false, false]);
        let found = harvest.finish();
        assert_eq!((found.granules.len(), found.superseded.len()), (1, 1));
        assert_eq!(found.granules[0].item, new["id"]);
    }

    #[test]
    fn a_file_that_only_an_older_production_lacks_is_no_trouble() {
        let (mut old, new) = (item("2022042044121"), item("2022101000000"));
        old["assets"] = json!({});
        let wanted = &Wanted::lst();
        let mut harvest = Harvest::new(wanted, |_| true);
        harvest.add(&old);
        harvest.add(&new);
        assert!(harvest.finish().unusable.is_empty());
        let wanted = &Wanted::lst();
        let mut harvest = Harvest::new(wanted, |_| true);
        harvest.add(&old);
        assert!(harvest.finish().unusable.contains_key(&Position { h: 19, v: 10 }));
    }
}
