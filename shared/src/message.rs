//! The grammar of commit messages, the dataset's only status log.
//!
//! A tile's commit carries one line:
//!
//! ```text
//! Tile(row=R, col=C) processed. Stats: [(2020: input_granules=G, output_valid_pixels=N, coverage=P%), …] Special note: NOTE
//! ```
//!
//! with whole numbers `R`, `C`, `G` and `N`, `P` with one decimal, and a `NOTE` that is `None`, the
//! no-data note or, where the catalogue lacked composites that were due, the periods that fall short:
//!
//! ```text
//! Incomplete: 45 of 46 composites in 2021, 0 of 46 in 2022.
//! ```
//!
//! `2020` stands for the label of any period ([`crate::period`]): `2021-07`, `2021-DJF`, `WY2021`. Messages are part of what every
//! reader of a repository fetches first. From thirteen periods on, other than years, one entry therefore tells them all
//! ([`together`]): `(2020-01..2022-12: ...)`, and so does one of what falls short.
//!
//! Two older forms are read too: `tile_R_C: processed`, and statistics written
//! `(2020: valid_pixels=N, coverage=P%)`. Every other message is foreign: kept as it is and ignored.

mod reader;
mod together;

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::grid::TileIndex;
use crate::period::PeriodLabel;

use reader::Reader;
pub use together::{MOST_ENTRIES, span, together};

/// What a tile's commit says when no year had a granule.
pub const NO_DATA_NOTE: &str =
    "No input data found for any year, therefore no output written to tile.";

/// How the message of the commit begins that creates a dataset.
pub const CREATED: &str = "Dataset created: ";
/// How the message of a commit of overviews begins.
pub const OVERVIEWS: &str = "Overviews updated: ";

/// Whether a message is one that the processor writes, by its first words: what such a commit holds is where the
/// schema says.
pub fn is_own(message: &str) -> bool {
    [CREATED, OVERVIEWS, "Tile(row=", "tile_"].iter().any(|start| message.starts_with(start))
}

/// A commit message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitMessage {
    /// A tile was processed.
    Tile(TileMessage),
    /// A tile was processed, said in the oldest form, without statistics.
    LegacyTile(TileIndex),
    /// Anything else, verbatim.
    Foreign(String),
}

/// The message of a tile's commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileMessage {
    /// The tile.
    pub tile: TileIndex,
    /// One entry a period, in the order of the dataset, or one for all.
    pub periods: Vec<PeriodStats>,
    /// What is special about it.
    pub note: Note,
}

/// The special note of a tile's commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Nothing special.
    None,
    /// [`NO_DATA_NOTE`].
    NoData,
    /// The periods for which the catalogue had fewer composites than were due: at least one, ascending.
    Incomplete(Vec<Shortfall>),
}

/// A period for which the catalogue had fewer composites than were due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// The period.
    pub label: PeriodLabel,
    /// Composites that there were: the fewest over the tile's positions, less than `expected`.
    pub found: u64,
    /// Composites that were due.
    pub expected: u64,
}

/// One period's statistics of a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodStats {
    /// The period.
    pub label: PeriodLabel,
    /// Granules that were read; older messages do not say.
    pub input_granules: Option<u64>,
    /// Pixels of the tile that hold a value.
    pub valid_pixels: u64,
    /// Their share of the tile.
    pub coverage: Coverage,
}

/// A share of a tile's pixels, in tenths of a percent (1000 is the whole tile).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coverage {
    /// Tenths of a percent.
    pub permille: u32,
}

impl Coverage {
    /// The share `valid / total`, rounded to the nearest tenth of a percent.
    pub const fn of(valid: u64, total: u64) -> Self {
        if total == 0 {
            return Self { permille: 0 };
        }
        Self { permille: ((valid * 2000 + total) / (total * 2)) as u32 }
    }

    /// The share in percent.
    pub fn percent(self) -> f64 {
        f64::from(self.permille) / 10.0
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}%", self.permille / 10, self.permille % 10)
    }
}

impl fmt::Display for PeriodStats {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, valid_pixels, coverage, .. } = self;
        match self.input_granules {
            Some(granules) => write!(
                formatter,
                "({label}: input_granules={granules}, output_valid_pixels={valid_pixels}, coverage={coverage})"
            ),
            None => {
                write!(formatter, "({label}: valid_pixels={valid_pixels}, coverage={coverage})")
            }
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("None"),
            Self::NoData => formatter.write_str(NO_DATA_NOTE),
            Self::Incomplete(periods) => {
                formatter.write_str("Incomplete:")?;
                for (index, Shortfall { label, found, expected }) in periods.iter().enumerate() {
                    let (separator, unit) =
                        if index == 0 { (" ", " composites") } else { (", ", "") };
                    write!(formatter, "{separator}{found} of {expected}{unit} in {label}")?;
                }
                formatter.write_str(".")
            }
        }
    }
}

impl fmt::Display for TileMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TileIndex { row, col } = self.tile;
        write!(formatter, "Tile(row={row}, col={col}) processed. Stats: [")?;
        for (index, stats) in self.periods.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}{stats}")?;
        }
        write!(formatter, "] Special note: {}", self.note)
    }
}

impl fmt::Display for CommitMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tile(message) => message.fmt(formatter),
            Self::LegacyTile(tile) => {
                write!(formatter, "tile_{}_{}: processed", tile.row, tile.col)
            }
            Self::Foreign(text) => formatter.write_str(text),
        }
    }
}

impl CommitMessage {
    /// Reads a message. Never fails: what is not a tile's message is foreign.
    pub fn parse(text: &str) -> Self {
        let mut reader = Reader::new(text);
        if let Some(message) = reader.tile_message() {
            return Self::Tile(message);
        }
        let mut reader = Reader::new(text);
        match reader.legacy_tile() {
            Some(tile) => Self::LegacyTile(tile),
            None => Self::Foreign(text.to_owned()),
        }
    }

    /// The tile that the message speaks of.
    pub const fn tile(&self) -> Option<TileIndex> {
        match self {
            Self::Tile(message) => Some(message.tile),
            Self::LegacyTile(tile) => Some(*tile),
            Self::Foreign(_) => None,
        }
    }
}

impl FromStr for CommitMessage {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn label(text: &str) -> PeriodLabel {
        PeriodLabel::new(text).unwrap()
    }

    #[test]
    fn a_tile_message_reads_exactly_as_the_grammar_says() {
        let message = CommitMessage::Tile(TileMessage {
            tile: TileIndex { row: 4, col: 19 },
            periods: vec![
                PeriodStats {
                    label: label("2020"),
                    input_granules: Some(138),
                    valid_pixels: 912_345,
                    coverage: Coverage::of(912_345, 1_000_000),
                },
                PeriodStats {
                    label: label("2021"),
                    input_granules: Some(0),
                    valid_pixels: 0,
                    coverage: Coverage::of(0, 1_000_000),
                },
            ],
            note: Note::None,
        });
        let text = "Tile(row=4, col=19) processed. Stats: [(2020: input_granules=138, output_valid_pixels=912345, coverage=91.2%), (2021: input_granules=0, output_valid_pixels=0, coverage=0.0%)] Special note: None";
        assert_eq!(message.to_string(), text);
        assert_eq!(CommitMessage::parse(text), message);
    }

    #[test]
    fn both_older_forms_are_read_and_written_back() {
        let oldest = "tile_3_11: processed";
        assert_eq!(
            CommitMessage::parse(oldest),
            CommitMessage::LegacyTile(TileIndex { row: 3, col: 11 })
        );
        let older = "Tile(row=3, col=11) processed. Stats: [(2020: valid_pixels=5, coverage=0.1%)] Special note: None";
        let CommitMessage::Tile(message) = CommitMessage::parse(older) else {
            panic!("{older} is a tile's message");
        };
        assert_eq!(message.periods[0].input_granules, None);
        assert_eq!(message.periods[0].valid_pixels, 5);
        for text in [oldest, older] {
            assert_eq!(CommitMessage::parse(text).to_string(), text);
        }
    }

    #[test]
    fn the_no_data_note_is_told_from_none() {
        let text = format!("Tile(row=0, col=0) processed. Stats: [] Special note: {NO_DATA_NOTE}");
        let CommitMessage::Tile(message) = CommitMessage::parse(&text) else {
            panic!("a tile's message");
        };
        assert_eq!(message.note, Note::NoData);
    }

    #[test]
    fn the_incomplete_note_names_the_years_that_fall_short() {
        let text = "Tile(row=4, col=19) processed. Stats: [] Special note: Incomplete: 45 of 46 composites in 2021, 0 of 46 in 2022.";
        let message = CommitMessage::Tile(TileMessage {
            tile: TileIndex { row: 4, col: 19 },
            periods: Vec::new(),
            note: Note::Incomplete(vec![
                Shortfall { label: label("2021"), found: 45, expected: 46 },
                Shortfall { label: label("2022"), found: 0, expected: 46 },
            ]),
        });
        assert_eq!(message.to_string(), text);
        assert_eq!(CommitMessage::parse(text), message);
    }

    #[test]
    fn nearly_right_notes_are_foreign() {
        for note in [
            "Incomplete: .",
            "Incomplete:",
            "Incomplete",
            "Incomplete: 45 of 46 composites in 2021",
            "Incomplete: 45 of 46 composites in 2021. ",
            "Incomplete: 45 of 46 composites in 2021..",
            "Incomplete: 45 of 46 composites in 2021, .",
            "Incomplete: 45 of 46 in 2021.",
            "Incomplete: 46 of 46 composites in 2021.",
            "Incomplete: 47 of 46 composites in 2021.",
            "Incomplete: 045 of 46 composites in 2021.",
            "incomplete: 45 of 46 composites in 2021.",
            "Incomplete: 45 of 46 composites in 2022, 0 of 46 in 2021.",
            "Incomplete: 45 of 46 composites in 2021, 0 of 46 in 2021.",
            "Incomplete: 45 of 46 composites in 2021, 0 of 46 composites in 2022.",
            "Incomplete: 45 of 46 composites in 2021 and 0 of 46 in 2022.",
        ] {
            let text = format!("Tile(row=3, col=11) processed. Stats: [] Special note: {note}");
            assert_eq!(
                CommitMessage::parse(&text),
                CommitMessage::Foreign(text.clone()),
                "{note:?}"
            );
        }
    }

    #[test]
    fn nearly_right_messages_are_foreign_and_kept() {
        for text in [
            "",
            "Repository initialized",
            "tile_3_11: processed ",
            "tile_03_11: processed",
            "Tile(row=3, col=11) processed. Stats: [] Special note: none",
            "Tile(row=3, col=11) processed. Stats: [(2020: valid_pixels=5, coverage=1%)] Special note: None",
            "Tile(row=3, col=11) processed. Stats: [(2020: valid_pixels=5, coverage=1.25%)] Special note: None",
            "Tile(row=-3, col=11) processed. Stats: [] Special note: None",
            " Tile(row=3, col=11) processed. Stats: [] Special note: None",
            "Tile(row=3, col=11) processed. Stats: [] Special note: None\n",
        ] {
            assert_eq!(
                CommitMessage::parse(text),
                CommitMessage::Foreign(text.to_owned()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn coverage_rounds_to_the_nearest_tenth() {
        assert_eq!(Coverage::of(1, 3).to_string(), "33.3%");
        assert_eq!(Coverage::of(2, 3).to_string(), "66.7%");
        assert_eq!(Coverage::of(1_000_000, 1_000_000).to_string(), "100.0%");
        assert_eq!(Coverage::of(0, 0).to_string(), "0.0%");
    }

    /// Labels of the grammar, and others; each of a number of its own, which they ascend by.
    fn labels() -> impl Strategy<Value = fn(u32) -> PeriodLabel> {
        let of_year: fn(u32) -> PeriodLabel = |number| PeriodLabel::of_year(number as i32);
        let of_month: fn(u32) -> PeriodLabel = |number| {
            PeriodLabel::new(&format!("{:04}-{:02}", 1 + number / 12, 1 + number % 12)).unwrap()
        };
        let water: fn(u32) -> PeriodLabel =
            |number| PeriodLabel::new(&format!("WY{:04}", 1 + number)).unwrap();
        let other: fn(u32) -> PeriodLabel =
            |number| PeriodLabel::new(&format!("é{number}..z")).unwrap();
        prop::sample::select(vec![of_year, of_month, water, other])
    }

    fn period_stats() -> impl Strategy<Value = PeriodStats> {
        let numbers = (0..9_000_u32, prop::option::of(any::<u64>()), any::<u64>(), 0..=1000_u32);
        (labels(), numbers).prop_map(|(label, (number, input_granules, valid_pixels, permille))| {
            let coverage = Coverage { permille };
            PeriodStats { label: label(number), input_granules, valid_pixels, coverage }
        })
    }

    fn notes() -> impl Strategy<Value = Note> {
        let numbers = prop::collection::btree_map(0..9_000_u32, (any::<u64>(), 1_u64..), 1..4);
        let shortfalls = (labels(), numbers).prop_map(|(label, periods)| {
            let shortfall = |(number, (found, expected)): (u32, (u64, u64))| Shortfall {
                label: label(number),
                found: found % expected,
                expected,
            };
            Note::Incomplete(periods.into_iter().map(shortfall).collect())
        });
        prop_oneof![Just(Note::None), Just(Note::NoData), shortfalls]
    }

    fn messages() -> impl Strategy<Value = CommitMessage> {
        let tiles = (any::<u32>(), any::<u32>()).prop_map(|(row, col)| TileIndex { row, col });
        prop_oneof![
            (tiles.clone(), prop::collection::vec(period_stats(), 0..4), notes()).prop_map(
                |(tile, periods, note)| CommitMessage::Tile(TileMessage { tile, periods, note })
            ),
            tiles.prop_map(CommitMessage::LegacyTile),
        ]
    }

    #[test]
    fn labels_of_all_kinds_are_read() {
        for name in ["2021-07", "2021-DJF", "WY2021", "2021-02-10", "2020-01..2022-12", "spring"] {
            let text = format!(
                "Tile(row=3, col=11) processed. Stats: [({name}: input_granules=4, output_valid_pixels=5, coverage=0.1%)] Special note: Incomplete: 1 of 4 composites in {name}."
            );
            let CommitMessage::Tile(message) = CommitMessage::parse(&text) else {
                panic!("{text} is a tile's message");
            };
            assert_eq!(message.periods[0].label, label(name));
            let shortfall = Shortfall { label: label(name), found: 1, expected: 4 };
            assert_eq!(message.note, Note::Incomplete(vec![shortfall]));
            assert_eq!(CommitMessage::Tile(message).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn messages_round_trip_as_text(message in messages()) {
            prop_assert_eq!(CommitMessage::parse(&message.to_string()), message);
        }

        #[test]
        fn any_text_comes_back_verbatim(text in ".*") {
            prop_assert_eq!(CommitMessage::parse(&text).to_string(), text);
        }

        #[test]
        fn any_incomplete_note_comes_back_verbatim(
            years in prop::collection::vec((0..3_u64, 0..3_u64, 2020..2023_i32), 0..4),
            end in "[.]?[ .]?",
        ) {
            let years: Vec<String> =
                years.iter().map(|(found, expected, year)| format!("{found} of {expected} composites in {year}")).collect();
            let years = years.join(", ").replace(", 0 of 2 composites", ", 0 of 2");
            let text = format!("Tile(row=0, col=0) processed. Stats: [] Special note: Incomplete: {years}{end}");
            prop_assert_eq!(CommitMessage::parse(&text).to_string(), text);
        }

        #[test]
        fn a_damaged_message_never_panics_and_comes_back_verbatim(message in messages(), cut in 0..200_usize) {
            let text: String = message.to_string().chars().skip(cut % 7).take(cut).collect();
            prop_assert_eq!(CommitMessage::parse(&text).to_string(), text);
        }
    }
}
