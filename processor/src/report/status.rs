//! The status report as JSON, as text and as `GeoJSON`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat};
use floe_shared::message::{Note, PeriodStats};
use floe_shared::status::{Counts, StatusBoard, TileRecord, TileStatus};
use geojson::{Feature, FeatureCollection};
use serde_json::{Map, Value, json};

use super::amounts::{Bytes, Count, Seconds};
use super::attention::{self, Concern};
use crate::store::Standing;
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
    /// The report of a dataset.
    pub fn new(store: &str, standing: &Standing) -> Self {
        let Standing { board, history } = standing;
        let metadata: BTreeMap<&str, &Value> = history
            .iter()
            .filter_map(|entry| {
                Some((entry.commit.snapshot.as_str(), entry.metadata.get(METADATA)?))
            })
            .collect();
        let of =
            |record: &TileRecord| metadata.get(record.commit.as_ref()?.snapshot.as_str()).copied();
        let mut totals = Totals::default();
        for floe in board.tiles.iter().filter_map(of) {
            totals.bytes_read += floe["bytes_read"].as_u64().unwrap_or(0);
        }
        for commit in board.tiles.iter().filter_map(|record| record.commit.as_ref()) {
            totals.first_commit = Some(
                totals.first_commit.map_or(commit.committed_at, |at| at.min(commit.committed_at)),
            );
            totals.last_commit = totals.last_commit.max(Some(commit.committed_at));
            for period in &commit.periods {
                totals.granules += period.input_granules.unwrap_or(0);
                totals.valid_pixels += period.valid_pixels;
            }
        }
        Self {
            store: store.to_owned(),
            snapshot: standing.snapshot().to_owned(),
            counts: board.counts(),
            totals,
            tiles: board.tiles.iter().map(|record| tile_json(record, of(record))).collect(),
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

    /// All tiles with their status and statistics, in row-major order.
    pub fn geojson(&self, board: &StatusBoard) -> geojson::GeoJson {
        let features = board
            .tiles
            .iter()
            .zip(&self.tiles)
            .map(|(record, tile)| Feature {
                geometry: Some(tile_polygon(board.grid, record.tile)),
                properties: tile.as_object().cloned(),
                ..Feature::default()
            })
            .collect();
        FeatureCollection { bbox: None, features, foreign_members: None }.into()
    }

    /// One line for a picture.
    pub fn subtitle(&self) -> String {
        let done = self.counts.done();
        let of = done + self.counts.unprocessed;
        let short = match self.counts.incomplete {
            0 => String::new(),
            count => format!(", {count} of them incomplete"),
        };
        let land = if self.counts.ocean == 0 { "" } else { "land " };
        format!("{done} of {of} {land}tiles done{short}, snapshot {}", self.snapshot)
    }

    /// Counts, a map in characters, totals and what needs attention or, instead, a table of all tiles, for
    /// people.
    pub fn text(&self, board: &StatusBoard, all_tiles: bool) -> String {
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
        if all_tiles {
            table(board, &mut text);
            return text;
        }
        let concerns = attention::concerns(board);
        if !concerns.is_empty() {
            text.push('\n');
            text.extend(concerns.iter().map(Concern::text));
        }
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
        for concern in attention::concerns(board) {
            let tiles: Vec<String> = concern.tiles.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "{}: {}\n", concern.headline(), tiles.join(" "));
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

/// One line a tile that is land or holds something.
fn table(board: &StatusBoard, text: &mut String) {
    let _ = writeln!(
        text,
        "\n  {:<7} {:<12} {:<20} {:<22} periods",
        "tile", "status", "snapshot", "committed"
    );
    for record in board.tiles.iter().filter(|record| record.status != TileStatus::Ocean) {
        let mut line = format!("  {:<7} {:<12}", record.tile.to_string(), record.status.label());
        if let Some(commit) = &record.commit {
            let periods: Vec<String> = commit.periods.iter().map(period_text).collect();
            let at = seconds_timestamp(commit.committed_at);
            let _ = write!(line, " {:<20} {at:<22} {}", commit.snapshot, periods.join("  "));
            if let Note::Incomplete(_) = commit.note {
                let _ = write!(line, "  {}", commit.note);
            }
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// One tile; `floe` is what the metadata of its commit say.
fn tile_json(record: &TileRecord, floe: Option<&Value>) -> Value {
    let commit = record.commit.as_ref();
    let periods: Vec<(&PeriodStats, Map<String, Value>)> = commit
        .map(|commit| {
            let of = |stats| (stats, period_json(stats, &commit.note, floe));
            commit.periods.iter().map(of).collect()
        })
        .unwrap_or_default();
    let named = |key: &str, name: Value, members: &Map<String, Value>| {
        let name = Map::from_iter([(key.to_owned(), name)]);
        name.into_iter().chain(members.clone()).collect::<Map<_, _>>()
    };
    let years = periods.iter().filter_map(|(stats, members)| {
        stats.label.year().map(|year| named("year", year.into(), members))
    });
    let years: Vec<_> = years.collect();
    let periods = periods.iter();
    let periods: Vec<_> =
        periods.map(|(stats, members)| named("label", json!(stats.label), members)).collect();
    json!({
        "row": record.tile.row,
        "col": record.tile.col,
        "status": record.status,
        "years": years,
        "periods": periods,
        "note": record.note(),
        "snapshot": commit.map(|commit| &commit.snapshot),
        "committed_at": commit.map(|commit| timestamp(commit.committed_at)),
    })
}

/// One period of a tile, but for its name. How many composites there were and should have been is told by the commit's note,
/// of periods that fall short, or by its metadata; it is null where neither says so.
fn period_json(period: &PeriodStats, note: &Note, floe: Option<&Value>) -> Map<String, Value> {
    let entries = |key: &str| floe.and_then(|floe| floe[key].as_array()).into_iter().flatten();
    let year = period.label.year();
    let recorded = entries("years")
        .find(|entry| year.is_some_and(|year| entry["year"] == year))
        .or_else(|| entries("periods").find(|entry| entry["label"] == period.label.as_str()));
    let noted = match note {
        Note::Incomplete(short) => short.iter().find(|entry| entry.label == period.label),
        Note::None | Note::NoData => None,
    };
    let count = |key: &str, noted: Option<u64>| {
        noted.or_else(|| recorded.and_then(|recorded| recorded[key].as_u64()))
    };
    [
        ("input_granules", json!(period.input_granules)),
        ("output_valid_pixels", json!(period.valid_pixels)),
        ("coverage", json!(period.coverage.percent())),
        ("expected_composites", json!(count("expected_composites", noted.map(|one| one.expected)))),
        ("found_composites", json!(count("found_composites", noted.map(|one| one.found)))),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into_iter()
    .collect()
}

fn period_text(period: &PeriodStats) -> String {
    let granules = period.input_granules.map_or_else(|| "?".to_owned(), |count| count.to_string());
    format!("{}: {granules:>4} granules {:>6}", period.label, period.coverage.to_string())
}

const fn symbol(status: TileStatus) -> char {
    match status {
        TileStatus::Processed => '#',
        TileStatus::Incomplete => '+',
        TileStatus::Unaccounted => '?',
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
    use crate::store::HistoryEntry;

    fn standing(land: &[bool]) -> Standing {
        let history = history();
        let commits = history.iter().map(|entry| &entry.commit);
        let board = StatusBoard::from_history(Grid::default(), land, commits);
        Standing { history, board }
    }

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
        let report = StatusReport::new("store", &standing(&[])).json();
        assert_eq!(report["snapshot"], "D");
        assert_eq!(
            report["counts"],
            json!({
                "processed": 1,
                "incomplete": 0,
                "nodata": 0,
                "unaccounted": 0,
                "unprocessed": 0,
                "ocean": 647,
            })
        );
        assert_eq!(report["totals"]["granules"], 2);
        assert_eq!(report["totals"]["bytes_read"], 1000);
        assert_eq!(report["totals"]["valid_pixels"], 500_000);
        let tile = &report["tiles"][4 * 36 + 19];
        assert_eq!(tile["status"], "processed");
        assert_eq!(
            tile["years"][0],
            json!({
                "year": 2020,
                "input_granules": 2,
                "output_valid_pixels": 500_000,
                "coverage": 50.0,
                "expected_composites": null,
                "found_composites": null,
            })
        );
        assert_eq!(tile["committed_at"], "1970-01-01T00:00:03.000000Z");
        assert_eq!(tile["note"], Value::Null);
        assert_eq!(report["tiles"][0]["status"], "ocean");
        assert_eq!(report["tiles"][0]["snapshot"], Value::Null);
    }

    #[test]
    fn the_summary_of_a_workflow_counts_and_names_what_is_missing() {
        let mut land = vec![false; 648];
        land[4 * 36 + 19] = true;
        land[4 * 36 + 20] = true;
        let standing = standing(&land);
        let text = StatusReport::new("az://c/p", &standing).markdown(&standing.board);
        assert!(text.starts_with("### az://c/p\n\n1 of 2 land tiles done, snapshot D\n"), "{text}");
        assert!(text.contains("| `#` | processed | 1 |"), "{text}");
        assert!(text.contains("\n...................#-...............\n"), "{text}");
        assert!(text.contains("2 granules, 1.0 kB read, 500,000 valid pixels"), "{text}");
        assert!(text.ends_with("1 tile is unprocessed: 4,20\n\n"), "{text}");
    }

    #[test]
    fn people_see_a_map_counts_and_what_needs_attention_or_all_tiles() {
        let mut land = vec![false; 648];
        land[4 * 36 + 19] = true;
        land[4 * 36 + 20] = true;
        let standing = standing(&land);
        let report = StatusReport::new("data/store", &standing);
        let text = report.text(&standing.board, false);
        let empty = "  ....................................\n";
        let expected = format!(
            "data/store, snapshot D\n\n{}  ...................#-...............\n{}\n\
             \x20 #  processed        1\n\
             \x20 +  incomplete       0\n\
             \x20 o  no data          0\n\
             \x20 ?  unaccounted      0\n\
             \x20 -  unprocessed      1\n\
             \x20 .  ocean          646\n\n\
             \x20 2 granules, 1.0 kB read, 500,000 valid pixels\n\
             \x20 committed 1970-01-01T00:00:03.000000Z to 1970-01-01T00:00:03.000000Z (0.0 s)\n\n\
             \x20 1 tile is unprocessed\n     4,20\n",
            empty.repeat(4),
            empty.repeat(13),
        );
        assert_eq!(text, expected);
        let all = report.text(&standing.board, true);
        assert!(all.contains("  4,19    processed    D                    1970-01-01T00:00:03Z   2020:    2 granules  50.0%\n"), "{all}");
        assert!(all.ends_with("\n  4,20    unprocessed\n"), "{all}");
    }

    #[test]
    fn composites_come_from_the_note_or_from_the_metadata_or_are_unknown() {
        let message = "Tile(row=4, col=19) processed. Stats: [(2020: input_granules=2, output_valid_pixels=5, coverage=0.0%), (2021: input_granules=2, output_valid_pixels=5, coverage=0.0%), (2022: input_granules=2, output_valid_pixels=5, coverage=0.0%)] Special note: Incomplete: 45 of 46 composites in 2021.";
        let entry = HistoryEntry {
            commit: Commit { snapshot: "A".to_owned(), message: message.to_owned(), committed_at: 0 },
            metadata: [(
                METADATA.to_owned(),
                json!({ "years": [{ "year": 2022, "expected_composites": 46, "found_composites": 46 }] }),
            )]
            .into(),
        };
        let board = StatusBoard::from_history(Grid::default(), &[], [&entry.commit]);
        let standing = Standing { history: vec![entry], board };
        let tile = &StatusReport::new("store", &standing).json()["tiles"][4 * 36 + 19];
        assert_eq!(tile["status"], "incomplete");
        let years = tile["years"].as_array().unwrap();
        let counts: Vec<(Option<u64>, Option<u64>)> = years
            .iter()
            .map(|year| (year["found_composites"].as_u64(), year["expected_composites"].as_u64()))
            .collect();
        assert_eq!(counts, [(None, None), (Some(45), Some(46)), (Some(46), Some(46))]);
    }

    #[test]
    fn the_geojson_has_every_tile_with_its_status() {
        let standing = standing(&[]);
        let report = StatusReport::new("store", &standing);
        let document: Value =
            serde_json::from_str(&report.geojson(&standing.board).to_string()).unwrap();
        let features = document["features"].as_array().unwrap();
        assert_eq!(features.len(), 648);
        let feature = &features[4 * 36 + 19];
        assert_eq!(feature["properties"]["status"], "processed");
        assert_eq!(feature["geometry"]["type"], "Polygon");
    }
}
