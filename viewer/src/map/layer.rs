//! The data on the map: which chunks a view lacks, and which variable and year are shown. Pure but for
//! the arrays of chunks that wait.

use std::collections::{BTreeMap, VecDeque};

use floe_shared::schema::Variable;
use js_sys::Uint16Array;

use super::residency::Residency;
use crate::chunk::ChunkKey;
use crate::dataset::Dataset;
use crate::view::Camera;
use crate::visible::{Place, Pyramid};

/// A variable and the index of a year.
pub(super) type Plane = (Variable, u16);

/// The data.
pub(super) struct Layer {
    pub(super) snapshot: String,
    pub(super) pyramid: Pyramid,
    pub(super) residency: Residency,
    /// Chunks that arrived and wait for their upload.
    pub(super) arrived: VecDeque<Arrived>,
    pub(super) failed: BTreeMap<ChunkKey, bool>,
    /// What was asked for last.
    pub(super) wanted: Vec<ChunkKey>,
    /// Whether all of them are known.
    pub(super) complete: bool,
    /// The variable and year on the screen: the old one until the new one has arrived.
    pub(super) shown: Option<Plane>,
    pub(super) first_level: usize,
    /// Whether the finest level to draw has changed since the last picture.
    pub(super) moved_level: bool,
}

/// A chunk that waits for its upload.
pub(super) struct Arrived {
    pub(super) key: ChunkKey,
    pub(super) size: (u32, u32),
    pub(super) values: Uint16Array,
}

impl Layer {
    /// A dataset of which nothing has arrived.
    pub(super) fn new(dataset: &Dataset, pyramid: Pyramid, residency: Residency) -> Self {
        Self {
            snapshot: dataset.snapshot.clone(),
            pyramid,
            residency,
            arrived: VecDeque::new(),
            failed: BTreeMap::new(),
            wanted: Vec::new(),
            complete: false,
            shown: None,
            first_level: 0,
            moved_level: false,
        }
    }

    /// Whether a chunk is of the variable and year on the screen: another one changes nothing there.
    pub(super) fn is_shown(&self, key: ChunkKey) -> bool {
        self.shown.is_none_or(|shown| shown == (key.variable, key.year))
    }

    /// Whether nothing of it has arrived yet.
    pub(super) fn is_empty(&self) -> bool {
        !self.residency.holds_data() && self.arrived.is_empty()
    }

    /// What is lacking for the view at `ahead` (where the camera is heading), most urgent first, if
    /// it differs from what was asked for last.
    pub(super) fn plan(
        &mut self,
        ahead: &Camera,
        now: &Camera,
        plane: Plane,
    ) -> Option<Vec<ChunkKey>> {
        let (mut fine, coarse) = self.pyramid.needed(ahead);
        // A store without overviews may have more chunks on the screen than fit.
        if let Some(first) = fine.first() {
            let room = self.residency.capacity(self.pyramid.levels()[first.level].chunk);
            fine.truncate(room.saturating_sub(room / 4).max(1));
        }
        let keys = |places: &[Place]| -> Vec<ChunkKey> {
            places.iter().map(|&place| self.pyramid.key(place, plane)).collect()
        };
        let (fine, coarse) = (keys(&fine), keys(&coarse));

        let first_level = self.pyramid.level_for(now);
        self.moved_level |= first_level != self.first_level;
        self.first_level = first_level;
        self.residency.begin_frame();
        let passing = self.pyramid.visible(now, first_level);
        for place in passing {
            let key = self.pyramid.key(place, self.shown.unwrap_or(plane));
            self.residency.touch(&key);
        }
        for key in fine.iter().chain(&coarse) {
            self.residency.touch(key);
        }
        let settled =
            |key: &ChunkKey| self.residency.page(key).is_some() || self.failed.contains_key(key);
        self.complete = fine.iter().all(settled);
        // The new variable or year takes the place of the old one as a whole.
        let covered = self.complete || (!coarse.is_empty() && coarse.iter().all(settled));
        if self.shown.is_none() || covered {
            self.shown = Some(plane);
        }

        let lacking = |key: &ChunkKey| {
            !settled(key) && !self.arrived.iter().any(|arrived| arrived.key == *key)
        };
        let mut wanted = Vec::new();
        if fine.iter().any(lacking) {
            wanted.extend(coarse.iter().copied().filter(lacking));
        }
        wanted.extend(fine.iter().copied().filter(lacking));
        if wanted == self.wanted {
            return None;
        }
        self.wanted.clone_from(&wanted);
        Some(wanted)
    }
}
