//! Which granules the sandbox's archive holds.

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::chance::{draw, share};
use super::granule_name::{CompositeLength, GranuleName, Platform};
use super::planet::{Land, Observation};
use floe_raster::sinusoidal::{
    HORIZONTAL, PIXEL_METRES, POSITION_METRES, Position, RADIUS, VERTICAL,
};

/// Eight-day composites of a year.
pub const COMPOSITES: u32 = 46;
/// Share of the granules that were made more than once.
const REMADE: f64 = 0.03;

/// What an archive holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Holdings {
    /// Years, by start date of the composite.
    pub years: Vec<i32>,
    /// How many composites of each year, 1 to 46, evenly spread over it.
    pub composites: u32,
    /// Satellites.
    pub platforms: Vec<Platform>,
    /// Share of the granules that the catalogue lacks, until it is told to fill its holes.
    pub holes: f64,
}

impl Default for Holdings {
    fn default() -> Self {
        Self {
            years: vec![2020, 2021, 2022],
            composites: COMPOSITES,
            platforms: vec![Platform::Terra, Platform::Aqua],
            holes: 0.0,
        }
    }
}

/// A granule of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MadeGranule {
    pub(super) name: GranuleName,
    /// 0 for the first production, then 1, 2.
    pub(super) remake: u32,
    /// Whether the catalogue lacks it for the time being.
    pub(super) is_hole: bool,
}

impl MadeGranule {
    /// What it shows.
    pub(super) fn observation(&self) -> Observation {
        let GranuleName { platform, start, position, .. } = self.name;
        Observation {
            position,
            platform,
            year: start.year(),
            day_of_year: start.ordinal(),
            remake: self.remake,
        }
    }
}

/// First days of the composites that are offered of a year, 1 to 361.
pub(super) fn composite_days(count: u32) -> impl Iterator<Item = u32> {
    let count = count.clamp(1, COMPOSITES);
    // The middles of `count` equal parts of the year.
    (0..count).map(move |n| 1 + 8 * ((2 * n + 1) * COMPOSITES / (2 * count)))
}

/// The positions that have granules: those with land.
pub(super) fn land_positions(land: &Land) -> Vec<Position> {
    let all = (0..VERTICAL).flat_map(|v| (0..HORIZONTAL).filter_map(move |h| Position::new(h, v)));
    all.filter(|&position| lies_on_globe(position) && land.touches(position)).collect()
}

/// Whether more than half a pixel of a position's width lies within the outline of the globe.
fn lies_on_globe(position: Position) -> bool {
    let (west, north) = position.corner();
    let (east, south) = (west + POSITION_METRES, north - POSITION_METRES);
    // The outline is widest where the position is nearest to the equator.
    let nearest = if north > 0.0 { south.max(0.0) } else { north };
    let reach = std::f64::consts::PI * RADIUS * (nearest / RADIUS).cos();
    west.max(-east).max(0.0) + PIXEL_METRES / 2.0 < reach
}

/// All granules of an archive.
pub(super) fn granules(seed: u64, positions: &[Position], holdings: &Holdings) -> Vec<MadeGranule> {
    let mut granules = Vec::new();
    for &year in &holdings.years {
        for day in composite_days(holdings.composites) {
            let Some(start) = NaiveDate::from_yo_opt(year, day) else { continue };
            for &platform in &holdings.platforms {
                for &position in positions {
                    append_productions(
                        &mut granules,
                        seed,
                        platform,
                        start,
                        position,
                        holdings.holes,
                    );
                }
            }
        }
    }
    granules
}

/// Appends the productions of one granule, mostly one; where the record has a hole they are marked so.
fn append_productions(
    granules: &mut Vec<MadeGranule>,
    seed: u64,
    platform: Platform,
    start: NaiveDate,
    position: Position,
    holes: f64,
) {
    let key = format!("{platform} {start} {position}");
    let is_hole = share(seed, &format!("gap {key}")) < holes;
    let remade = share(seed, &format!("remade {key}"));
    let productions = if remade < REMADE / 6.0 {
        3
    } else if remade < REMADE {
        2
    } else {
        1
    };
    for remake in 0..productions {
        let bits = draw(seed, &format!("production {remake} {key}"));
        // The first one comes a day or two after the composite, the others months later.
        let delay = 9 + i64::from(remake) * 150 + (bits % 2) as i64;
        let made = start + TimeDelta::days(delay);
        let (hour, minute, second) = (bits / 7 % 24, bits / 1009 % 60, bits / 100_003 % 60);
        let day = made.year().unsigned_abs() * 1000 + made.ordinal();
        let production = u64::from(day) * 1_000_000 + hour * 10_000 + minute * 100 + second;
        let days = CompositeLength::Eight;
        let name = GranuleName { platform, days, start, position, version: 61, production };
        granules.push(MadeGranule { name, remake, is_hole });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions() -> Vec<Position> {
        (0..36).map(|h| Position { h, v: 8 }).collect()
    }

    #[test]
    fn composites_spread_evenly_over_the_year() {
        assert_eq!(composite_days(1).collect::<Vec<_>>(), [185]);
        assert_eq!(composite_days(2).collect::<Vec<_>>(), [89, 273]);
        assert_eq!(composite_days(4).collect::<Vec<_>>(), [41, 137, 225, 321]);
        let all: Vec<_> = composite_days(46).collect();
        assert_eq!((all.len(), all[0], all[45]), (46, 1, 361));
    }

    #[test]
    fn the_record_is_the_same_under_one_seed_and_another_under_another() {
        let holdings = Holdings::default();
        let first = granules(1, &positions(), &holdings);
        assert_eq!(first, granules(1, &positions(), &holdings));
        assert_ne!(first, granules(2, &positions(), &holdings));
    }

    #[test]
    fn the_record_has_as_many_holes_as_are_asked_for_and_repeated_productions() {
        let none = granules(1, &positions(), &Holdings::default());
        assert!(none.iter().all(|granule| !granule.is_hole));
        let holdings = Holdings { holes: 0.012, ..Holdings::default() };
        let granules = granules(1, &positions(), &holdings);
        let slots = 36.0 * 46.0 * 3.0 * 2.0;
        assert_eq!(granules.len(), none.len());
        let is_first = |granule: &&MadeGranule| granule.remake == 0 && !granule.is_hole;
        let first = granules.iter().filter(is_first).count() as f64;
        let second = granules.iter().filter(|granule| granule.remake == 1).count() as f64;
        assert!((0.005..0.02).contains(&(1.0 - first / slots)), "{first} of {slots}");
        assert!((0.02..0.04).contains(&(second / slots)), "{second} of {slots}");
        for granule in &granules {
            assert!(granule.name.production_time().is_some(), "{}", granule.name);
            assert!(granule.name.production_time().unwrap() > granule.name.end_time());
        }
    }

    #[test]
    fn positions_beyond_the_globe_have_nothing() {
        assert!(!lies_on_globe(Position { h: 0, v: 0 }));
        assert!(!lies_on_globe(Position { h: 35, v: 17 }));
        assert!(!lies_on_globe(Position { h: 0, v: 5 }));
        assert!(lies_on_globe(Position { h: 0, v: 8 }));
        assert!(lies_on_globe(Position { h: 17, v: 0 }));
        let count = (0..VERTICAL)
            .flat_map(|v| (0..HORIZONTAL).filter_map(move |h| Position::new(h, v)))
            .filter(|&position| lies_on_globe(position))
            .count();
        assert_eq!(count, 460, "MODIS has 460 non-fill positions");
    }
}
