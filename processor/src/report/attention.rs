//! The tiles that somebody should know of, each kind told once. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use floe_shared::grid::TileIndex;
use floe_shared::status::{StatusBoard, TileStatus};

/// Width of the lines that list tiles, in characters.
const WIDTH: usize = 96;
/// Lines of tiles of one kind.
const MOST_LINES: usize = 4;
/// Kinds of incomplete tiles: as many as differ in what they lack.
const MOST_SHORTFALLS: usize = 8;

/// Tiles of which the same is to be said.
#[derive(Debug, PartialEq, Eq)]
pub struct Concern {
    /// How they stand.
    pub status: TileStatus,
    /// What is to be said, as the end of `N tiles are STATUS...`.
    pub what: String,
    /// The tiles, row by row from the north-west.
    pub tiles: Vec<TileIndex>,
}

/// What is to be said of a board: incomplete tiles by what they lack, the commonest first, then what is unaccounted,
/// then what is unprocessed.
pub fn concerns(board: &StatusBoard) -> Vec<Concern> {
    let mut shortfalls: BTreeMap<String, Vec<TileIndex>> = BTreeMap::new();
    for record in board.tiles.iter().filter(|record| record.status == TileStatus::Incomplete) {
        shortfalls.entry(record.note().unwrap_or_default()).or_default().push(record.tile);
    }
    let mut concerns: Vec<Concern> = shortfalls
        .into_iter()
        .map(|(note, tiles)| {
            let lacking = note.trim_start_matches("Incomplete:").trim_end_matches('.');
            Concern { status: TileStatus::Incomplete, what: format!(":{lacking}"), tiles }
        })
        .collect();
    concerns.sort_by_key(|concern| std::cmp::Reverse(concern.tiles.len()));
    if concerns.len() > MOST_SHORTFALLS {
        let others = concerns.split_off(MOST_SHORTFALLS - 1);
        let kinds = others.len();
        let mut tiles: Vec<TileIndex> =
            others.into_iter().flat_map(|concern| concern.tiles).collect();
        tiles.sort_unstable();
        let what = format!(" in {kinds} other ways");
        concerns.push(Concern { status: TileStatus::Incomplete, what, tiles });
    }
    for (status, what) in [(TileStatus::Unaccounted, UNACCOUNTED), (TileStatus::Unprocessed, "")] {
        let tiles: Vec<TileIndex> = board.tiles_that_are(status).collect();
        if !tiles.is_empty() {
            concerns.push(Concern { status, what: what.to_owned(), tiles });
        }
    }
    concerns
}

const UNACCOUNTED: &str =
    ": the history was cut, and of them only chunks are left; --force processes them again";

/// One line on tiles that are left alone because the history was cut; `None` where there are none.
pub fn unaccounted(board: &StatusBoard) -> Option<String> {
    let concern =
        concerns(board).into_iter().find(|concern| concern.status == TileStatus::Unaccounted)?;
    Some(concern.headline())
}

impl Concern {
    /// How many there are and what is to be said.
    pub fn headline(&self) -> String {
        let verb = if self.tiles.len() == 1 { "tile is" } else { "tiles are" };
        format!("{} {verb} {}{}", self.tiles.len(), self.status.label(), self.what)
    }

    /// Headline and tiles on a few lines, for a terminal.
    pub fn text(&self) -> String {
        let mut text = format!("  {}\n", self.headline());
        let runs = runs(&self.tiles);
        let mut told = 0;
        for _ in 0..MOST_LINES {
            let mut line = String::new();
            while let Some((_, run)) = runs.get(told)
                && (line.is_empty() || line.len() + 1 + run.len() <= WIDTH)
            {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(run);
                told += 1;
            }
            if !line.is_empty() {
                let _ = writeln!(text, "     {line}");
            }
        }
        let left: usize = runs[told..].iter().map(|(count, _)| count).sum();
        if left > 0 {
            let _ = writeln!(text, "     and {left} more; --tiles lists all");
        }
        text
    }
}

/// Neighbours of a row as one word, `4,18-20`, with how many they are.
fn runs(tiles: &[TileIndex]) -> Vec<(usize, String)> {
    tiles
        .chunk_by(|a, b| a.row == b.row && a.col + 1 == b.col)
        .map(|run| match run {
            [first, .., last] => (run.len(), format!("{first}-{}", last.col)),
            _ => (run.len(), run[0].to_string()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use floe_shared::grid::Grid;
    use floe_shared::status::Commit;

    use super::*;

    /// A board with the given incomplete tiles and `land` tiles of row 4 unprocessed.
    fn board(land: &[u32], incomplete: &[(u32, &str)]) -> StatusBoard {
        let grid = Grid::default();
        let land: Vec<bool> =
            grid.tiles().map(|tile| tile.row == 4 && land.contains(&tile.col)).collect();
        let history: Vec<Commit> = incomplete
            .iter()
            .map(|(col, what)| Commit {
                snapshot: "A".to_owned(),
                message: format!(
                    "Tile(row=4, col={col}) processed. Stats: [] Special note: Incomplete: {what}."
                ),
                committed_at: 0,
            })
            .collect();
        StatusBoard::from_history(grid, &land, &history)
    }

    #[test]
    fn tiles_that_lack_the_same_are_told_together_and_the_commonest_first() {
        let board = board(
            &[18, 19, 20, 25],
            &[
                (1, "45 of 46 composites in 2021"),
                (2, "44 of 46 composites in 2021"),
                (3, "44 of 46 composites in 2021"),
            ],
        );
        let text: String = concerns(&board).iter().map(Concern::text).collect();
        assert_eq!(
            text,
            "  2 tiles are incomplete: 44 of 46 composites in 2021\n     4,2-3\n\
             \x20 1 tile is incomplete: 45 of 46 composites in 2021\n     4,1\n\
             \x20 4 tiles are unprocessed\n     4,18-20 4,25\n"
        );
        assert_eq!(unaccounted(&board), None);
    }

    #[test]
    fn many_ways_of_being_incomplete_end_in_one_line() {
        let whats: Vec<String> =
            (0..20).map(|found| format!("{found} of 46 composites in 2021")).collect();
        let incomplete: Vec<(u32, &str)> =
            whats.iter().enumerate().map(|(col, what)| (col as u32, what.as_str())).collect();
        let concerns = concerns(&board(&[], &incomplete));
        assert_eq!(concerns.len(), MOST_SHORTFALLS);
        assert_eq!(concerns[7].headline(), "13 tiles are incomplete in 13 other ways");
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let grid = Grid::default();
        let land: Vec<bool> = grid.tiles().map(|tile| tile.col % 2 == 0).collect();
        let mut board = StatusBoard::from_history(grid, &land, []);
        let text = concerns(&board)[0].text();
        assert!(text.starts_with("  324 tiles are unprocessed\n     0,0 0,2 "), "{text}");
        assert!(text.ends_with(" more; --tiles lists all\n"), "{text}");
        assert_eq!(text.lines().count(), 2 + MOST_LINES);
        assert!(text.lines().all(|line| line.len() <= WIDTH + 5), "{text}");
        board.mark_unaccounted(|tile| tile.col == 1);
        assert!(unaccounted(&board).unwrap().starts_with("18 tiles are unaccounted: the history"));
    }
}
