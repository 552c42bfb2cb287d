//! The status report as JSON, as text and as `GeoJSON`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat};
use floe_shared::message::YearStats;
use floe_shared::status::{Counts, StatusBoard, TileRecord, TileStatus};
use geojson::{Feature, FeatureCollection, JsonObject};
use serde_json::{Value, json};

use super::amounts::{Bytes, Count, Seconds};
use crate::store::HistoryEntry;
use crate::tile::METADATA;
use crate::tile_list::tile_polygon;

/// The status of a dataset as of one snapshot.
#[derive(Debug)]
pub struct StatusReport {
    store: String,
    snapshot: String,
    counts: Counts,
    totals: Totals,
    tiles: Vec<Value>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Totals {
    granules: u64,
    bytes_read: u64,
    valid_pixels: u64,
    first_commit: Option<i64>,
    last_commit: Option<i64>,
}

impl StatusReport {
    /// The report of a board and the history that it was read from (newest first).
    pub fn new(store: &str, board: &StatusBoard, history: &[HistoryEntry]) -> Self {
        let deciding: BTreeSet<&str> = board
            .tiles
            .iter()
            .filter_map(|record| Some(record.commit.as_ref()?.snapshot.as_str()))
            .collect();
        let mut totals = Totals::default();
        for entry in
            history.iter().filter(|entry| deciding.contains(entry.commit.snapshot.as_str()))
        {
            let bytes = entry.metadata.get(METADATA).and_then(|floe| floe["bytes_read"].as_u64());
            totals.bytes_read += bytes.unwrap_or(0);
        }
        for commit in board.tiles.iter().filter_map(|record| record.commit.as_ref()) {
            totals.first_commit = Some(
                totals.first_commit.map_or(commit.committed_at, |at| at.min(commit.committed_at)),
            );
            totals.last_commit = totals.last_commit.max(Some(commit.committed_at));
            for year in &commit.years {
                totals.granules += year.input_granules.unwrap_or(0);
                totals.valid_pixels += year.valid_pixels;
            }
        }
        Self {
            store: store.to_owned(),
            snapshot: history
                .first()
                .map(|entry| entry.commit.snapshot.clone())
                .unwrap_or_default(),
            counts: board.counts(),
            totals,
            tiles: board.tiles.iter().map(tile_json).collect(),
        }
    }

    /// One document for scripts.
    pub fn json(&self) -> Value {
        let time = |micros: Option<i64>| micros.map(timestamp);
        json!({
            "store": self.store,
            "snapshot": self.snapshot,
            "counts": self.counts,
            "totals": {
                "granules": self.totals.granules,
                "bytes_read": self.totals.bytes_read,
                "valid_pixels": self.totals.valid_pixels,
                "first_commit": time(self.totals.first_commit),
                "last_commit": time(self.totals.last_commit),
            },
            "tiles": self.tiles,
        })
    }

    /// One line for a picture.
    pub fn subtitle(&self) -> String {
        let Counts { processed, nodata, unprocessed, .. } = self.counts;
        let done = processed + nodata;
        format!("{done} of {} land tiles done, snapshot {}", done + unprocessed, self.snapshot)
    }

    /// Counts, a map in characters, totals and a table, for people.
    pub fn text(&self, board: &StatusBoard) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "{}, snapshot {}\n", self.store, self.snapshot);
        text.push_str(&map(board, "  "));
        text.push('\n');
        for status in TileStatus::ALL {
            let _ = writeln!(
                text,
                "  {}  {:<12} {:>5}",
                symbol(status),
                status.label(),
                self.counts.of(status)
            );
        }
        text.push('\n');
        for line in self.totals.lines() {
            let _ = writeln!(text, "  {line}");
        }
        table(board, &mut text);
        text
    }

    /// Counts, totals, a map in characters and what is not done yet, for the summary of a workflow.
    pub fn markdown(&self, board: &StatusBoard) -> String {
        let mut text = format!("### {}\n\n{}\n\n", self.store, self.subtitle());
        text.push_str("| | status | tiles |\n|---|---|---:|\n");
        for status in TileStatus::ALL {
            let _ = writeln!(
                text,
                "| `{}` | {} | {} |",
                symbol(status),
                status.label(),
                self.counts.of(status)
            );
        }
        text.push_str("\n```text\n");
        text.push_str(&map(board, ""));
        text.push_str("```\n\n");
        for line in self.totals.lines() {
            let _ = writeln!(text, "{line}\n");
        }
        let open: Vec<String> = board.unprocessed().map(|tile| tile.to_string()).collect();
        if !open.is_empty() {
            let _ = writeln!(text, "Unprocessed: {}\n", open.join(" "));
        }
        text
    }
}

impl Totals {
    /// For people, one line each.
    fn lines(&self) -> Vec<String> {
        let Self { granules, bytes_read, valid_pixels, first_commit, last_commit } = self;
        let mut lines = vec![format!(
            "{} granules, {} read, {} valid pixels",
            Count(*granules),
            Bytes(*bytes_read),
            Count(*valid_pixels)
        )];
        if let (Some(first), Some(last)) = (first_commit, last_commit) {
            let span = Seconds((last - first) as f64 / 1e6);
            lines.push(format!("committed {} to {} ({span})", timestamp(*first), timestamp(*last)));
        }
        lines
    }
}

/// The world in characters, one line a row of tiles.
fn map(board: &StatusBoard, indent: &str) -> String {
    let mut text = String::new();
    for row in board.tiles.chunks(board.grid.tile_cols() as usize) {
        text.push_str(indent);
        text.extend(row.iter().map(|record| symbol(record.status)));
        text.push('\n');
    }
    text
}

/// One line a committed tile.
fn table(board: &StatusBoard, text: &mut String) {
    let committed: Vec<&TileRecord> =
        board.tiles.iter().filter(|record| record.commit.is_some()).collect();
    if committed.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n  {:<7} {:<10} {:<20} {:<22} years",
        "tile", "status", "snapshot", "committed"
    );
    for record in committed {
        let Some(commit) = &record.commit else { continue };
        let years: Vec<String> = commit.years.iter().map(year_text).collect();
        let _ = writeln!(
            text,
            "  {:<7} {:<10} {:<20} {:<22} {}",
            record.tile.to_string(),
            record.status.label(),
            commit.snapshot,
            seconds_timestamp(commit.committed_at),
            years.join("  ")
        );
    }
}

/// All tiles with their status and statistics, in row-major order.
pub fn geojson(board: &StatusBoard) -> geojson::GeoJson {
    let features = board
        .tiles
        .iter()
        .map(|record| {
            let mut properties = JsonObject::new();
            if let Value::Object(tile) = tile_json(record) {
                properties.extend(tile);
            }
            Feature {
                geometry: Some(tile_polygon(board.grid, record.tile)),
                properties: Some(properties),
                ..Feature::default()
            }
        })
        .collect();
    FeatureCollection { bbox: None, features, foreign_members: None }.into()
}

fn tile_json(record: &TileRecord) -> Value {
    let commit = record.commit.as_ref();
    json!({
        "row": record.tile.row,
        "col": record.tile.col,
        "status": record.status,
        "years": commit.map(|commit| commit.years.iter().map(year_json).collect::<Vec<_>>()).unwrap_or_default(),
        "note": record.note(),
        "snapshot": commit.map(|commit| &commit.snapshot),
        "committed_at": commit.map(|commit| timestamp(commit.committed_at)),
    })
}

fn year_json(year: &YearStats) -> Value {
    json!({
        "year": year.year,
        "input_granules": year.input_granules,
        "output_valid_pixels": year.valid_pixels,
        "coverage": year.coverage.percent(),
    })
}

fn year_text(year: &YearStats) -> String {
    let granules = year.input_granules.map_or_else(|| "?".to_owned(), |count| count.to_string());
    format!("{}: {granules:>4} granules {:>6}", year.year, year.coverage.to_string())
}

const fn symbol(status: TileStatus) -> char {
    match status {
        TileStatus::Processed => '#',
        TileStatus::NoData => 'o',
        TileStatus::Unprocessed => '-',
        TileStatus::Ocean => '.',
    }
}

/// RFC 3339 in UTC, with microseconds.
fn timestamp(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn seconds_timestamp(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use floe_shared::grid::Grid;
    use floe_shared::status::Commit;

    use super::*;

    fn history() -> Vec<HistoryEntry> {
        let entry = |snapshot: &str, message: &str, at: i64| HistoryEntry {
            commit: Commit {
                snapshot: snapshot.to_owned(),
                message: message.to_owned(),
                committed_at: at,
            },
            metadata: [(METADATA.to_owned(), json!({ "bytes_read": 1000 }))].into(),
        };
        vec![
            entry(
                "D",
                "Tile(row=4, col=19) processed. Stats: [(2020: input_granules=2, output_valid_pixels=500000, coverage=50.0%)] Special note: None",
                3_000_000,
            ),
            entry("C", "somebody else's", 2_000_000),
            entry(
                "B",
                "Tile(row=4, col=19) processed. Stats: [(2020: input_granules=9, output_valid_pixels=9, coverage=0.0%)] Special note: None",
                1_000_000,
            ),
        ]
    }

    #[test]
    fn only_the_deciding_commits_count() {
        let history = history();
        let grid = Grid::default();
        let board = StatusBoard::from_history(grid, &[], history.iter().map(|entry| &entry.commit));
        let report = StatusReport::new("store", &board, &history).json();
        assert_eq!(report["snapshot"], "D");
        assert_eq!(
            report["counts"],
            json!({ "processed": 1, "nodata": 0, "unprocessed": 0, "ocean": 647 })
        );
        assert_eq!(report["totals"]["granules"], 2);
        assert_eq!(report["totals"]["bytes_read"], 1000);
        assert_eq!(report["totals"]["valid_pixels"], 500_000);
        let tile = &report["tiles"][4 * 36 + 19];
        assert_eq!(tile["status"], "processed");
        assert_eq!(
            tile["years"][0],
            json!({ "year": 2020, "input_granules": 2, "output_valid_pixels": 500_000, "coverage": 50.0 })
        );
        assert_eq!(tile["committed_at"], "1970-01-01T00:00:03.000000Z");
        assert_eq!(tile["note"], Value::Null);
        assert_eq!(report["tiles"][0]["status"], "ocean");
        assert_eq!(report["tiles"][0]["snapshot"], Value::Null);
    }

    #[test]
    fn the_summary_of_a_workflow_counts_and_names_what_is_missing() {
        let history = history();
        let mut land = vec![false; 648];
        land[4 * 36 + 19] = true;
        land[4 * 36 + 20] = true;
        let board = StatusBoard::from_history(
            Grid::default(),
            &land,
            history.iter().map(|entry| &entry.commit),
        );
        let text = StatusReport::new("az://c/p", &board, &history).markdown(&board);
        assert!(text.starts_with("### az://c/p\n\n1 of 2 land tiles done, snapshot D\n"), "{text}");
        assert!(text.contains("| `#` | processed | 1 |"), "{text}");
        assert!(text.contains("\n...................#-...............\n"), "{text}");
        assert!(text.contains("2 granules, 1.0 kB read, 500,000 valid pixels"), "{text}");
        assert!(text.ends_with("Unprocessed: 4,20\n\n"), "{text}");
    }

    #[test]
    fn the_geojson_has_every_tile_with_its_status() {
        let history = history();
        let board = StatusBoard::from_history(
            Grid::default(),
            &[],
            history.iter().map(|entry| &entry.commit),
        );
        let document: Value = serde_json::from_str(&geojson(&board).to_string()).unwrap();
        let features = document["features"].as_array().unwrap();
        assert_eq!(features.len(), 648);
        let feature = &features[4 * 36 + 19];
        assert_eq!(feature["properties"]["status"], "processed");
        assert_eq!(feature["geometry"]["type"], "Polygon");
    }
}
