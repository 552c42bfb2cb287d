//! What a verification has found, for people and for scripts.

use std::collections::BTreeSet;

use floe_shared::grid::TileIndex;
use serde_json::{Value, json};

use super::problem::{Problem, Remedy};
use crate::report::{Bytes, Count};

/// What was read and found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The store.
    pub store: String,
    /// The snapshot that was read.
    pub snapshot: String,
    /// Chunks of pixels that were read.
    pub checked: u64,
    /// Their bytes as they are stored.
    pub bytes: u64,
    /// Tiles with a commit.
    pub tiles: u64,
    /// What does not hold, in the order of tiles.
    pub problems: Vec<Problem>,
    /// Tiles that were committed after `floe overviews` has looked; the global levels are not compared there.
    pub unseen: BTreeSet<TileIndex>,
    /// Tiles that hold chunks without a commit, so that nothing says how many pixels they must have.
    pub unaccounted: BTreeSet<TileIndex>,
}

impl Report {
    /// Whether all holds.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// The tiles whose problems a remedy mends.
    pub fn tiles_to(&self, remedy: Remedy) -> BTreeSet<TileIndex> {
        self.problems
            .iter()
            .filter(|problem| problem.remedy == remedy)
            .filter_map(|problem| problem.tile)
            .collect()
    }

    /// Text for people.
    pub fn text(&self) -> String {
        let mut lines: Vec<String> = self.problems.iter().map(Problem::line).collect();
        let what = format!(
            "{} chunks of {} tiles, {}, snapshot {}",
            Count(self.checked),
            Count(self.tiles),
            Bytes(self.bytes),
            self.snapshot
        );
        lines.push(match self.problems.len() {
            0 => format!("sound: {what}"),
            count => format!("{count} problems in {what}"),
        });
        if !self.unseen.is_empty() {
            lines.push(format!(
                "the global levels were not compared where {} tiles have been committed since `floe overviews`: {}",
                self.unseen.len(),
                list(&self.unseen)
            ));
        }
        if !self.unaccounted.is_empty() {
            lines.push(format!(
                "{} tiles hold chunks without a commit, whose pixels could not be counted: {}",
                self.unaccounted.len(),
                list(&self.unaccounted)
            ));
        }
        lines.join("\n")
    }

    /// One document for scripts.
    pub fn json(&self) -> Value {
        let texts = |tiles: &BTreeSet<TileIndex>| -> Vec<String> {
            tiles.iter().map(ToString::to_string).collect()
        };
        json!({
            "snapshot": self.snapshot,
            "checked": self.checked,
            "bytes": self.bytes,
            "tiles": self.tiles,
            "problems": self.problems,
            "unseen": texts(&self.unseen),
            "unaccounted": texts(&self.unaccounted),
        })
    }
}

/// The first few tiles.
fn list(tiles: &BTreeSet<TileIndex>) -> String {
    const MOST: usize = 12;
    let mut texts: Vec<String> = tiles.iter().take(MOST).map(ToString::to_string).collect();
    if tiles.len() > MOST {
        texts.push("...".to_owned());
    }
    texts.join(" ")
}
