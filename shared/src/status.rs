//! What the commit history says of each tile.

use serde::{Deserialize, Serialize};

use crate::grid::{Grid, TileIndex};
use crate::message::{CommitMessage, Note, PeriodStats};

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
    /// Committed with the incomplete note: the catalogue lacked composites that were due.
    Incomplete,
    /// Holds chunks, and the commit that would account for them was cut off the history.
    Unaccounted,
    /// Committed with data.
    Processed,
}

impl TileStatus {
    /// All statuses, in the order of a legend.
    pub const ALL: [Self; 6] = [
        Self::Processed,
        Self::Incomplete,
        Self::NoData,
        Self::Unaccounted,
        Self::Unprocessed,
        Self::Ocean,
    ];

    /// The word used in JSON and GeoJSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ocean => "ocean",
            Self::Unprocessed => "unprocessed",
            Self::NoData => "nodata",
            Self::Incomplete => "incomplete",
            Self::Unaccounted => "unaccounted",
            Self::Processed => "processed",
        }
    }

    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoData => "no data",
            _ => self.word(),
        }
    }

    /// Whether the tile is computed again only where that is asked for by `--force`.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Processed | Self::NoData | Self::Unaccounted)
    }

    /// Whether the tile waits for work: never processed, or short of composites that the catalogue may
    /// have gained meanwhile.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Unprocessed | Self::Incomplete)
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
    /// Statistics by period; empty where the message carries none.
    pub periods: Vec<PeriodStats>,
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
    /// The commit which says so; none for ocean, unprocessed and unaccounted tiles.
    pub commit: Option<TileCommit>,
}

impl TileRecord {
    /// The note's text, where there is one.
    pub fn note(&self) -> Option<String> {
        let note = &self.commit.as_ref()?.note;
        (*note != Note::None).then(|| note.to_string())
    }
}

/// How many tiles stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Committed with data.
    pub processed: usize,
    /// Committed with the incomplete note.
    pub incomplete: usize,
    /// Committed with the no-data note.
    pub nodata: usize,
    /// Holding chunks without their commit.
    pub unaccounted: usize,
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
            TileStatus::Incomplete => self.incomplete,
            TileStatus::Unaccounted => self.unaccounted,
            TileStatus::Processed => self.processed,
        }
    }

    /// Tiles that were committed, or whose chunks say that they were.
    pub const fn done(&self) -> usize {
        self.processed + self.incomplete + self.nodata + self.unaccounted
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
            let (tile, periods, note) = match CommitMessage::parse(&commit.message) {
                CommitMessage::Tile(message) => (message.tile, message.periods, message.note),
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
                Note::Incomplete(_) => TileStatus::Incomplete,
            };
            record.commit = Some(TileCommit {
                snapshot: commit.snapshot.clone(),
                committed_at: commit.committed_at,
                periods,
                note,
            });
        }
        Self { grid, tiles }
    }

    /// Marks as unaccounted what holds chunks and has no commit, land or not: of a history that was cut,
    /// the chunks are all that is left.
    pub fn mark_unaccounted(&mut self, holds_chunks: impl Fn(TileIndex) -> bool) {
        for record in &mut self.tiles {
            if record.commit.is_none() && holds_chunks(record.tile) {
                record.status = TileStatus::Unaccounted;
            }
        }
    }

    /// How many tiles stand how.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for record in &self.tiles {
            match record.status {
                TileStatus::Ocean => counts.ocean += 1,
                TileStatus::Unprocessed => counts.unprocessed += 1,
                TileStatus::NoData => counts.nodata += 1,
                TileStatus::Incomplete => counts.incomplete += 1,
                TileStatus::Unaccounted => counts.unaccounted += 1,
                TileStatus::Processed => counts.processed += 1,
            }
        }
        counts
    }

    /// A tile's record.
    pub fn record(&self, tile: TileIndex) -> Option<&TileRecord> {
        self.grid.check(tile).ok().map(|tile| &self.tiles[self.grid.tile_ordinal(tile)])
    }

    /// The tiles of a status, row by row from the north-west.
    pub fn tiles_that_are(&self, status: TileStatus) -> impl Iterator<Item = TileIndex> {
        self.tiles.iter().filter(move |record| record.status == status).map(|record| record.tile)
    }

    /// The tiles that wait for work ([`TileStatus::is_open`]), row by row from the north-west.
    pub fn open(&self) -> impl Iterator<Item = TileIndex> {
        self.tiles.iter().filter(|record| record.status.is_open()).map(|record| record.tile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::NO_DATA_NOTE;

    fn commit(snapshot: &str, message: &str) -> Commit {
        Commit { snapshot: snapshot.to_owned(), message: message.to_owned(), committed_at: 7 }
    }

    fn land(grid: Grid, tiles: &[(u32, u32)]) -> Vec<bool> {
        grid.tiles().map(|tile| tiles.contains(&(tile.row, tile.col))).collect()
    }

    fn texts(tiles: impl Iterator<Item = TileIndex>) -> Vec<String> {
        tiles.map(|tile| tile.to_string()).collect()
    }

    #[test]
    fn land_without_a_commit_is_unprocessed_and_the_rest_is_ocean() {
        let grid = Grid::default();
        let board = StatusBoard::from_history(grid, &land(grid, &[(1, 2), (3, 4)]), []);
        let counts = Counts { unprocessed: 2, ocean: 646, ..Counts::default() };
        assert_eq!(board.counts(), counts);
        assert_eq!(texts(board.tiles_that_are(TileStatus::Unprocessed)), ["1,2", "3,4"]);
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
        let note = Some(NO_DATA_NOTE.to_owned());
        assert_eq!((record.status, record.note()), (TileStatus::NoData, note));
    }

    #[test]
    fn an_incomplete_tile_is_open_until_a_newer_commit_completes_it() {
        let grid = Grid::default();
        let note = "Incomplete: 45 of 46 composites in 2021.";
        let history = [
            commit("B", "Tile(row=1, col=2) processed. Stats: [] Special note: None"),
            commit("A", &format!("Tile(row=1, col=2) processed. Stats: [] Special note: {note}")),
        ];
        let land = land(grid, &[(1, 2), (3, 4)]);
        let before = StatusBoard::from_history(grid, &land, &history[1..]);
        let record = before.record(TileIndex { row: 1, col: 2 }).unwrap();
        assert_eq!((record.status, record.note()), (TileStatus::Incomplete, Some(note.to_owned())));
        assert_eq!(texts(before.open()), ["1,2", "3,4"]);
        let counts = Counts { incomplete: 1, unprocessed: 1, ocean: 646, ..Counts::default() };
        assert_eq!((before.counts(), before.counts().done()), (counts, 1));
        let after = StatusBoard::from_history(grid, &land, &history);
        assert_eq!(texts(after.open()), ["3,4"]);
    }

    #[test]
    fn chunks_without_a_commit_are_unaccounted_and_not_open() {
        let grid = Grid::default();
        let land = land(grid, &[(1, 2), (3, 4)]);
        let mut board =
            StatusBoard::from_history(grid, &land, &[commit("A", "tile_1_2: processed")]);
        board.mark_unaccounted(|tile| tile.row < 2);
        assert_eq!(
            board.record(TileIndex { row: 1, col: 2 }).unwrap().status,
            TileStatus::Processed
        );
        let sea = board.record(TileIndex { row: 0, col: 7 }).unwrap();
        assert_eq!((sea.status, sea.note()), (TileStatus::Unaccounted, None));
        assert!(sea.status.is_settled());
        assert_eq!(texts(board.open()), ["3,4"]);
    }

    #[test]
    fn words_are_what_json_writes_and_every_status_has_its_own_count() {
        for status in TileStatus::ALL {
            let word = serde_json::to_value(status).unwrap();
            assert_eq!(word, status.word());
            let mut counts = serde_json::to_value(Counts::default()).unwrap();
            counts[status.word()] = 1.into();
            let counts: Counts = serde_json::from_value(counts).unwrap();
            assert_eq!(counts.of(status), 1, "{status:?}");
            assert!(!(status.is_open() && status.is_settled()));
        }
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
