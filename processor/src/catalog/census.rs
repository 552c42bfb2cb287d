//! What is due at each position and what of it is absent, summed up for tiles. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::due::{Composite, stretches};
use super::search::Found;
use floe_raster::sinusoidal::Position;

/// What a search found of what is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Whether anything is known of what is due.
    is_known: bool,
    /// The composites that are due in each period.
    due: Vec<BTreeSet<Composite>>,
    /// Positions without a granule in any period of the collection: nothing is due there.
    uncovered: BTreeSet<Position>,
    /// What is absent at each of the others.
    absent: BTreeMap<Position, BTreeSet<Composite>>,
}

/// One period of a tile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodCensus {
    /// Composites that are due; `None` where nothing is known.
    pub expected: Option<u64>,
    /// Of these, those that came, at the position where the fewest did.
    pub found: Option<u64>,
    /// What is absent at any position: first days, or `FIRST/LAST` for several that follow each other.
    pub absent: Vec<String>,
}

impl Census {
    pub(crate) const fn new(
        is_known: bool,
        due: Vec<BTreeSet<Composite>>,
        uncovered: BTreeSet<Position>,
        absent: BTreeMap<Position, BTreeSet<Composite>>,
    ) -> Self {
        Self { is_known, due, uncovered, absent }
    }

    /// Whether any of these positions has a granule in any year.
    pub fn covers(&self, positions: &BTreeSet<Position>) -> bool {
        positions.iter().any(|position| !self.uncovered.contains(position))
    }

    /// What came of what is due in a period, by its place among those that were searched for, for a tile that needs these
    /// positions.
    pub fn of_period(&self, positions: &BTreeSet<Position>, period: usize) -> PeriodCensus {
        let nothing = BTreeSet::new();
        let due = self.due.get(period).unwrap_or(&nothing);
        if !self.is_known {
            return PeriodCensus::default();
        }
        if !self.covers(positions) {
            return PeriodCensus { expected: Some(0), found: Some(0), absent: Vec::new() };
        }
        let lacking = positions.iter().filter_map(|position| self.absent.get(position));
        let lacking: Vec<BTreeSet<Composite>> =
            lacking.map(|absent| absent & due).filter(|absent| !absent.is_empty()).collect();
        let most = lacking.iter().map(BTreeSet::len).max().unwrap_or(0);
        let anywhere = lacking.into_iter().flatten().collect();
        PeriodCensus {
            expected: Some(due.len() as u64),
            found: Some((due.len() - most) as u64),
            absent: stretches(&anywhere, due),
        }
    }
}

impl Found {
    /// Names the granules that a tile is made of, briefly: other granules, or other productions of them,
    /// give another text.
    pub fn fingerprint(&self, positions: &BTreeSet<Position>) -> String {
        let of_tile =
            self.granules.iter().filter(|granule| positions.contains(&granule.id.key.position));
        fingerprint(of_tile.map(|granule| {
            // What two items of one name have in common needs no second look; where the name lacks the time
            // of production, the item's own tells.
            match granule.id.production {
                Some(_) => granule.id.to_string(),
                None => format!("{} {}", granule.id, granule.created()),
            }
        }))
    }
}

/// A short text that other texts, or another order of them, give differently.
pub(crate) fn fingerprint(texts: impl Iterator<Item = String>) -> String {
    // FNV-1a of 128 bits (RFC 9923): told apart are a handful of lists, and nobody forges them.
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
    let mut hash: u128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D;
    for text in texts {
        for byte in text.bytes().chain([b'\n']) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    }
    format!("{hash:032x}")[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::super::item::GranuleFiles;
    use super::*;
    use floe_raster::granule::Platform;

    const A: Position = Position { h: 18, v: 4 };
    const B: Position = Position { h: 19, v: 4 };
    const SEA: Position = Position { h: 20, v: 4 };

    fn composites(days: &[u32]) -> BTreeSet<Composite> {
        let begins = |day| NaiveDate::from_yo_opt(2021, day).unwrap();
        days.iter()
            .map(|&day| Composite { begins: begins(day), platform: Platform::Terra })
            .collect()
    }

    fn census(is_known: bool) -> Census {
        Census::new(
            is_known,
            vec![BTreeSet::new(), composites(&[1, 9, 17, 25])],
            BTreeSet::from([SEA]),
            BTreeMap::from([(A, composites(&[1])), (B, composites(&[9, 17]))]),
        )
    }

    #[test]
    fn a_tile_has_as_few_composites_as_its_poorest_position_and_lacks_what_any_lacks() {
        let year = census(true).of_period(&BTreeSet::from([A, B, SEA]), 1);
        assert_eq!((year.expected, year.found), (Some(4), Some(2)));
        assert_eq!(year.absent, ["2021-01-01/2021-01-17"]);
        let year = census(true).of_period(&BTreeSet::from([A]), 1);
        assert_eq!((year.expected, year.found), (Some(4), Some(3)));
    }

    #[test]
    fn nothing_is_due_in_the_open_sea_nor_where_nothing_is_known() {
        let sea = BTreeSet::from([SEA]);
        assert!(!census(true).covers(&sea));
        assert_eq!(census(true).of_period(&sea, 1).expected, Some(0));
        assert_eq!(census(false).of_period(&BTreeSet::from([A]), 1), PeriodCensus::default());
    }

    #[test]
    fn other_granules_and_other_productions_have_another_fingerprint() {
        let found = |names: &[&str]| Found {
            granules: names.iter().map(|name| GranuleFiles::named(name)).collect(),
            ..Found::default()
        };
        let print = |names: &[&str]| found(names).fingerprint(&BTreeSet::from([A]));
        let (first, second) = (
            "MOD11A2.A2021001.h18v04.061.2021011010101",
            "MOD11A2.A2021009.h18v04.061.2021019010101",
        );
        let all = [
            print(&[]),
            print(&[first]),
            print(&[first, second]),
            print(&["MOD11A2.A2021001.h18v04.061.2021111010101", second]),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 4, "{all:?}");
        assert_eq!(print(&[first]), print(&[first, "MOD11A2.A2021001.h19v04.061.2021011010101"]));
        assert_eq!(all[1].len(), 16);
    }
}
