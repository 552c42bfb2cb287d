//! The data on the map: which chunks a view lacks, and which plane is shown. Pure but for
//! the arrays of chunks that wait.

use std::collections::VecDeque;

use floe_shared::table::Table;

use super::residency::Residency;
use crate::chunk::{ChunkKey, Codes, Form, Plane, Texels, VariableId};
use crate::dataset::{Dataset, VariableInfo};
use crate::view::{Camera, View};
use crate::visible::{Place, Pyramid};

/// The data.
pub(super) struct Layer {
    pub(super) snapshot: String,
    /// The form of all codes.
    pub(super) form: Form,
    /// What those of each variable stand for, and which is its pyramid.
    variables: Vec<(Codes, usize)>,
    pub(super) pyramids: Vec<Pyramid>,
    pub(super) residency: Residency,
    /// Chunks that arrived and wait for their upload.
    pub(super) arrived: VecDeque<Arrived>,
    pub(super) failed: Table<ChunkKey, bool>,
    /// Chunks that have not been read, since the visitor has to be asked: as long as the view is the same.
    pub(super) held: Table<ChunkKey, bool>,
    /// The view for which that was planned.
    planned: Option<View>,
    /// Whether the view has more chunks than there is room for.
    pub(super) is_cut: bool,
    /// What was asked for last.
    pub(super) wanted: Vec<ChunkKey>,
    /// Whether all of them are known.
    pub(super) complete: bool,
    /// The plane on the screen: the old one until the new one has arrived.
    pub(super) shown: Option<Plane>,
    /// The variable and year that have covered the screen, be it coarsely.
    pub(super) covered: Option<Plane>,
    pub(super) first_level: usize,
    /// Whether the finest level to draw has changed since the last picture.
    pub(super) moved_level: bool,
}

/// A chunk that waits for its upload.
pub(super) struct Arrived {
    pub(super) key: ChunkKey,
    pub(super) size: (u32, u32),
    pub(super) values: Texels,
}

impl Layer {
    /// A dataset of which nothing has arrived.
    pub(super) fn new(dataset: &Dataset, pyramids: Vec<Pyramid>, residency: Residency) -> Self {
        let variable = |info: &VariableInfo| (info.codes, usize::from(info.grid));
        Self {
            snapshot: dataset.snapshot.clone(),
            form: dataset.form,
            variables: dataset.variables.iter().map(variable).collect(),
            pyramids,
            residency,
            arrived: VecDeque::new(),
            failed: Table::new(),
            held: Table::new(),
            planned: None,
            is_cut: false,
            wanted: Vec::new(),
            complete: false,
            shown: None,
            covered: None,
            first_level: 0,
            moved_level: false,
        }
    }

    /// Whether a chunk is of the plane on the screen: another one changes nothing there.
    pub(super) fn is_shown(&self, key: ChunkKey) -> bool {
        self.shown.is_none_or(|shown| shown == (key.variable, key.plane))
    }

    /// What the codes on the screen stand for.
    pub(super) fn shown_codes(&self) -> Option<Codes> {
        let (shown, _) = self.shown?;
        self.variables.get(usize::from(shown.0)).map(|(codes, _)| *codes)
    }

    /// The pyramid of a variable.
    pub(super) fn pyramid(&self, variable: VariableId) -> Option<&Pyramid> {
        let (_, grid) = self.variables.get(usize::from(variable.0))?;
        self.pyramids.get(*grid)
    }

    /// The pyramid of what is on the screen; of what will be, as long as there is nothing.
    pub(super) fn shown_pyramid(&self) -> Option<&Pyramid> {
        match self.shown {
            Some((variable, _)) => self.pyramid(variable),
            None => self.pyramids.first(),
        }
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
        if self.planned.replace(ahead.view()) != Some(ahead.view()) {
            self.held.clear();
        }
        let (Some(pyramid), shown) = (self.pyramid(plane.0), self.shown.unwrap_or(plane)) else {
            return None;
        };
        let (mut fine, coarse) = pyramid.needed(ahead);
        let mut is_cut = false;
        // A store without overviews may have more chunks on the screen than fit.
        if let Some(first) = fine.first() {
            let room = self.residency.capacity(pyramid.levels()[first.level].chunk);
            let room = room.saturating_sub(room / 4).max(1);
            is_cut = fine.len() > room;
            fine.truncate(room);
        }
        let keys = |pyramid: &Pyramid, places: &[Place], plane: Plane| -> Vec<ChunkKey> {
            places.iter().map(|&place| pyramid.key(place, plane)).collect()
        };
        let (fine, coarse) = (keys(pyramid, &fine, plane), keys(pyramid, &coarse, plane));

        self.is_cut = is_cut;
        self.find_level(now, shown);
        self.residency.begin_frame();
        let passing = self.pyramid(shown.0).map_or_else(Vec::new, |pyramid| {
            keys(pyramid, &pyramid.visible(now, self.first_level), shown)
        });
        for key in &passing {
            self.residency.touch(key);
        }
        for key in fine.iter().chain(&coarse) {
            self.residency.touch(key);
        }
        let settled = |key: &ChunkKey| {
            self.residency.page(key).is_some()
                || self.failed.contains_key(key)
                || self.held.contains_key(key)
        };
        let complete = fine.iter().all(settled);
        // The new plane takes the place of the old one as a whole.
        let covered = complete || (!coarse.is_empty() && coarse.iter().all(settled));
        let lacking = |key: &ChunkKey| {
            !settled(key) && !self.arrived.iter().any(|arrived| arrived.key == *key)
        };
        let mut wanted = Vec::new();
        if fine.iter().any(lacking) {
            wanted.extend(coarse.iter().copied().filter(lacking));
        }
        wanted.extend(fine.iter().copied().filter(lacking));
        self.complete = complete;
        if self.shown.is_none() || covered {
            self.shown = Some(plane);
            self.find_level(now, plane);
        }
        if covered {
            self.covered = Some(plane);
        }
        if wanted == self.wanted {
            return None;
        }
        self.wanted.clone_from(&wanted);
        Some(wanted)
    }

    /// Finds the level of the screen.
    fn find_level(&mut self, camera: &Camera, (variable, _): Plane) {
        let level = self.pyramid(variable).map_or(0, |pyramid| pyramid.level_for(camera));
        self.moved_level |= level != self.first_level;
        self.first_level = level;
    }
}
