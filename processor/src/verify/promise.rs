//! What the commits promise of each tile.

use std::collections::BTreeMap;

use floe_shared::grid::TileIndex;
use floe_shared::status::StatusBoard;

use super::problem::{Problem, Remedy};
use crate::store::Layout;
use crate::tile;

/// What is promised of one year of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// So many pixels with a value, in both variables.
    Pixels(u64),
    /// Nothing: the commit has no statistics (the oldest messages), or has been cut off the history.
    Unsaid,
    /// That nothing is stored: the tile has no commit. What is stored nevertheless is unaccounted for.
    NoCommit,
}

/// All promises, by tile and year.
#[derive(Debug)]
pub(super) struct Promises {
    by_tile: BTreeMap<TileIndex, Vec<Promise>>,
}

impl Promises {
    /// Reads the commits of a board, and tells the messages that contradict themselves.
    ///
    /// Those are told of the first variable.
    pub(super) fn read(board: &StatusBoard, layout: &Layout) -> (Self, Vec<Problem>) {
        let years = &layout.years;
        let mut problems = Vec::new();
        let mut by_tile = BTreeMap::new();
        for record in &board.tiles {
            let Some(commit) = &record.commit else { continue };
            for stats in &commit.periods {
                let coverage = tile::coverage(board.grid, stats.valid_pixels);
                let is_of_axis = stats.label.year().is_some_and(|year| years.contains(&year));
                if is_of_axis && stats.coverage != coverage {
                    let what = format!(
                        "{}: the commit's message says a coverage of {}, {} valid pixels are {coverage}",
                        stats.label, stats.coverage, stats.valid_pixels
                    );
                    let array = layout.schema.variables.first().map_or("", |first| &first.name);
                    problems.push(Problem::new(Some(record.tile), array, what, Remedy::Process));
                }
            }
            let of_year = |year: &i32| {
                let stats = commit.periods.iter().find(|stats| stats.label.year() == Some(*year));
                match stats {
                    Some(stats) => Promise::Pixels(stats.valid_pixels),
                    None if commit.periods.is_empty() => Promise::Unsaid,
                    // Of a year that the message leaves out it promises nothing.
                    None => Promise::Pixels(0),
                }
            };
            by_tile.insert(record.tile, years.iter().map(of_year).collect());
        }
        (Self { by_tile }, problems)
    }

    /// What is promised of a tile in a year, by the year's place.
    pub(super) fn of(&self, tile: TileIndex, year: u32) -> Promise {
        match self.by_tile.get(&tile) {
            Some(years) => years.get(year as usize).copied().unwrap_or(Promise::Unsaid),
            None => Promise::NoCommit,
        }
    }

    /// Tiles that have a commit.
    pub(super) fn committed(&self) -> impl Iterator<Item = TileIndex> {
        self.by_tile.keys().copied()
    }
}
