//! What the commit history says of each tile.

use serde::{Deserialize, Serialize};

use crate::grid::{Grid, TileIndex};
use crate::message::{CommitMessage, NO_DATA_NOTE, Note, YearStats};

/// How a tile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TileStatus {
    /// Not land, and nobody asked for it.
    Ocean,
    /// Land without a commit.
    Unprocessed,
    /// Committed with the no-data note: no granule in any year.
    NoData,
    /// Committed with data.
    Processed,
}

impl TileStatus {
    /// All statuses, in the order of a legend.
    pub const ALL: [Self; 4] = [Self::Processed, Self::NoData, Self::Unprocessed, Self::Ocean];

    /// The word used in JSON and GeoJSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ocean => "ocean",
            Self::Unprocessed => "unprocessed",
            Self::NoData => "nodata",
            Self::Processed => "processed",
        }
    }

    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ocean => "ocean",
            Self::Unprocessed => "unprocessed",
            Self::NoData => "no data",
            Self::Processed => "processed",
        }
    }
}

/// One commit of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The snapshot id, as Icechunk writes it (Crockford base 32).
    pub snapshot: String,
    /// The message, verbatim.
    pub message: String,
    /// When it was committed, in microseconds since 1970-01-01T00:00:00Z.
    pub committed_at: i64,
}

/// The commit that decides a tile's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileCommit {
    /// The snapshot id.
    pub snapshot: String,
    /// When it was committed, in microseconds since 1970-01-01T00:00:00Z.
    pub committed_at: i64,
    /// Per-year statistics; empty where the message carries none.
    pub years: Vec<YearStats>,
    /// Its note.
    pub note: Note,
}

/// One tile's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileRecord {
    /// The tile.
    pub tile: TileIndex,
    /// How it stands.
    pub status: TileStatus,
    /// The commit which says so; none for ocean and unprocessed tiles.
    pub commit: Option<TileCommit>,
}

impl TileRecord {
    /// The note's text, where there is one.
    pub fn note(&self) -> Option<&'static str> {
        let commit = self.commit.as_ref()?;
        (commit.note == Note::NoData).then_some(NO_DATA_NOTE)
    }
}

/// How many tiles stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Committed with data.
    pub processed: usize,
    /// Committed with the no-data note.
    pub nodata: usize,
    /// Land without a commit.
    pub unprocessed: usize,
    /// Not land.
    pub ocean: usize,
}

impl Counts {
    /// The count of one status.
    pub const fn of(&self, status: TileStatus) -> usize {
        match status {
            TileStatus::Ocean => self.ocean,
            TileStatus::Unprocessed => self.unprocessed,
            TileStatus::NoData => self.nodata,
            TileStatus::Processed => self.processed,
        }
    }
}

/// All tiles' records, in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusBoard {
    /// The grid that the tiles belong to.
    pub grid: Grid,
    /// One record a tile, row by row from the north-west.
    pub tiles: Vec<TileRecord>,
}

impl StatusBoard {
    /// Reads the history, **newest commit first** as Icechunk walks it; of several commits of one
    /// tile the newest counts. Foreign messages, and tiles that the grid does not have, are ignored.
    ///
    /// `is_land` holds one flag per tile in row-major order; tiles beyond its end are ocean.
    pub fn from_history<'a>(
        grid: Grid,
        is_land: &[bool],
        newest_first: impl IntoIterator<Item = &'a Commit>,
    ) -> Self {
        let mut tiles: Vec<TileRecord> = grid
            .tiles()
            .map(|tile| {
                let land = is_land.get(grid.tile_ordinal(tile)).copied().unwrap_or(false);
                let status = if land { TileStatus::Unprocessed } else { TileStatus::Ocean };
                TileRecord { tile, status, commit: None }
            })
            .collect();
        for commit in newest_first {
            let (tile, years, note) = match CommitMessage::parse(&commit.message) {
                CommitMessage::Tile(message) => (message.tile, message.years, message.note),
                CommitMessage::LegacyTile(tile) => (tile, Vec::new(), Note::None),
                CommitMessage::Foreign(_) => continue,
            };
            if grid.check(tile).is_err() {
                continue;
            }
            let record = &mut tiles[grid.tile_ordinal(tile)];
            if record.commit.is_some() {
                continue;
            }
            record.status = match note {
                Note::None => TileStatus::Processed,
                Note::NoData => TileStatus::NoData,
            };
            record.commit = Some(TileCommit {
                snapshot: commit.snapshot.clone(),
                committed_at: commit.committed_at,
                years,
                note,
            });
        }
        Self { grid, tiles }
    }

    /// How many tiles stand how.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for record in &self.tiles {
            match record.status {
                TileStatus::Ocean => counts.ocean += 1,
                TileStatus::Unprocessed => counts.unprocessed += 1,
                TileStatus::NoData => counts.nodata += 1,
                TileStatus::Processed => counts.processed += 1,
            }
        }
        counts
    }

    /// A tile's record.
    pub fn record(&self, tile: TileIndex) -> Option<&TileRecord> {
        self.grid.check(tile).ok().map(|tile| &self.tiles[self.grid.tile_ordinal(tile)])
    }

    /// The land tiles without a commit, row by row from the north-west.
    pub fn unprocessed(&self) -> impl Iterator<Item = TileIndex> {
        self.tiles
            .iter()
            .filter(|record| record.status == TileStatus::Unprocessed)
            .map(|record| record.tile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(snapshot: &str, message: &str) -> Commit {
        Commit { snapshot: snapshot.to_owned(), message: message.to_owned(), committed_at: 7 }
    }

    fn land(grid: Grid, tiles: &[(u32, u32)]) -> Vec<bool> {
        grid.tiles().map(|tile| tiles.contains(&(tile.row, tile.col))).collect()
    }

    #[test]
    fn land_without_a_commit_is_unprocessed_and_the_rest_is_ocean() {
        let grid = Grid::default();
        let board = StatusBoard::from_history(grid, &land(grid, &[(1, 2), (3, 4)]), []);
        let counts = Counts { processed: 0, nodata: 0, unprocessed: 2, ocean: 646 };
        assert_eq!(board.counts(), counts);
        let unprocessed: Vec<_> = board.unprocessed().map(|tile| tile.to_string()).collect();
        assert_eq!(unprocessed, ["1,2", "3,4"]);
    }

    #[test]
    fn the_newest_commit_of_a_tile_decides() {
        let grid = Grid::default();
        let history = [
            commit("C", "tile_1_2: processed"),
            commit("B", "somebody else's message"),
            commit(
                "A",
                &format!("Tile(row=1, col=2) processed. Stats: [] Special note: {NO_DATA_NOTE}"),
            ),
        ];
        let land = land(grid, &[(1, 2)]);
        let board = StatusBoard::from_history(grid, &land, &history);
        let record = board.record(TileIndex { row: 1, col: 2 }).unwrap();
        assert_eq!(record.status, TileStatus::Processed);
        assert_eq!(record.commit.as_ref().unwrap().snapshot, "C");
        let before = StatusBoard::from_history(grid, &land, &history[1..]);
        let record = before.record(TileIndex { row: 1, col: 2 }).unwrap();
        assert_eq!((record.status, record.note()), (TileStatus::NoData, Some(NO_DATA_NOTE)));
    }

    #[test]
    fn a_tile_that_the_grid_does_not_have_is_ignored() {
        let grid = Grid::default();
        let board = StatusBoard::from_history(grid, &[], &[commit("A", "tile_99_2: processed")]);
        assert_eq!(board.counts().ocean, 648);
    }

    #[test]
    fn an_ocean_tile_that_somebody_processed_is_processed() {
        let grid = Grid::default();
        let board = StatusBoard::from_history(grid, &[], &[commit("A", "tile_0_0: processed")]);
        assert_eq!(board.counts().processed, 1);
    }
}
