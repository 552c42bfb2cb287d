//! The catalogue: all granules, in the order in which a search gives them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{Datelike, NaiveDate};

use super::chance::share;
use super::footprint::{Fit, Footprint};
use super::granule_name::GranuleName;
use super::real_granules::{GranuleFiles, ImageTags};
use super::record::MadeGranule;
use floe_raster::sinusoidal::Position;

/// The collection that every granule belongs to.
pub(super) const COLLECTION: &str = "modis-11A2-061";

/// One granule of the catalogue.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: GranuleName,
    /// The item's id: the name as text.
    pub(super) id: String,
    pub(super) fit: Fit,
    pub(super) source: Source,
}

/// Where a granule's pixels come from.
#[derive(Debug)]
pub(super) enum Source {
    /// Generated.
    Made(MadeGranule),
    /// From a folder.
    Files(GranuleFiles),
}

/// All granules, newest first and of one date by descending id, as the real catalogue sorts them.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) entries: Vec<Entry>,
    by_name: HashMap<GranuleName, usize>,
    footprints: HashMap<(Position, u8), Footprint>,
    /// First days of composites that are holes at every position.
    absent: Vec<NaiveDate>,
    is_filled: AtomicBool,
}

impl Entry {
    /// Size and place, where the granule's own file states them.
    pub(super) fn image(&self) -> Option<ImageTags> {
        match &self.source {
            Source::Made(_) => None,
            Source::Files(files) => files.image,
        }
    }

    fn is_hole(&self) -> bool {
        matches!(&self.source, Source::Made(made) if made.is_hole)
    }

    /// Share of clouds in percent, as the item states it: an estimate that need not fit the pixels.
    pub(super) fn cloud_cover(&self) -> u32 {
        (share(0, &self.id) * 70.0) as u32
    }
}

impl Catalog {
    /// Of generated granules.
    pub(super) fn of_made(seed: u64, granules: Vec<MadeGranule>) -> Self {
        Self::new(seed, granules.into_iter().map(|made| (made.name, Source::Made(made))))
    }

    /// Of a folder's granules.
    pub(super) fn of_files(seed: u64, granules: BTreeMap<GranuleName, GranuleFiles>) -> Self {
        Self::new(seed, granules.into_iter().map(|(name, files)| (name, Source::Files(files))))
    }

    fn new(seed: u64, granules: impl Iterator<Item = (GranuleName, Source)>) -> Self {
        let mut entries: Vec<Entry> = granules
            .map(|(name, source)| {
                let id = name.to_string();
                let fit = Fit::drawn(share(seed, &format!("footprint {id}")));
                Entry { name, id, fit, source }
            })
            .collect();
        entries.sort_by(|a, b| (b.name.start, &b.id).cmp(&(a.name.start, &a.id)));
        let by_name = entries.iter().enumerate().map(|(n, entry)| (entry.name, n)).collect();
        let mut footprints = HashMap::new();
        for entry in &entries {
            footprints
                .entry((entry.name.position, entry.fit as u8))
                .or_insert_with(|| Footprint::of(entry.name.position, entry.fit));
        }
        let (absent, is_filled) = (Vec::new(), AtomicBool::new(false));
        Self { entries, by_name, footprints, absent, is_filled }
    }

    /// Lacks the composites that begin on these days as well.
    pub(super) fn without(self, absent: Vec<NaiveDate>) -> Self {
        Self { absent, ..self }
    }

    /// Gains what it lacks.
    pub(super) fn fill(&self) {
        self.is_filled.store(true, Ordering::Relaxed);
    }

    /// Whether a granule can be found.
    pub(super) fn shows(&self, entry: &Entry) -> bool {
        let is_hole = entry.is_hole() || self.absent.contains(&entry.name.start);
        !is_hole || self.is_filled.load(Ordering::Relaxed)
    }

    /// Days of the year on which a composite of the record begins.
    pub(super) fn days(&self) -> BTreeSet<u32> {
        self.entries.iter().map(|entry| entry.name.start.ordinal()).collect()
    }

    /// The granule of a name.
    pub(super) fn get(&self, name: &GranuleName) -> Option<&Entry> {
        self.by_name.get(name).map(|&index| &self.entries[index])
    }

    /// The granule of an item id.
    pub(super) fn by_id(&self, id: &str) -> Option<&Entry> {
        self.get(&id.parse().ok()?).filter(|entry| self.shows(entry))
    }

    /// The outline that the catalogue gives for a granule.
    pub(super) fn footprint(&self, entry: &Entry) -> &Footprint {
        &self.footprints[&(entry.name.position, entry.fit as u8)]
    }
}
