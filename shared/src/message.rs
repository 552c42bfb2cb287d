//! The grammar of commit messages, the dataset's only status log.
//!
//! A tile's commit carries one line:
//!
//! ```text
//! Tile(row=R, col=C) processed. Stats: [(2020: input_granules=G, output_valid_pixels=N, coverage=P%), …] Special note: NOTE
//! ```
//!
//! with whole numbers `R`, `C`, `G` and `N`, `P` with one decimal, and a `NOTE` that is `None`, the
//! no-data note or, where the catalogue lacked composites that were due, the years that fall short:
//!
//! ```text
//! Incomplete: 45 of 46 composites in 2021, 0 of 46 in 2022.
//! ```
//!
//! Two older forms are read too: `tile_R_C: processed`, and statistics written
//! `(2020: valid_pixels=N, coverage=P%)`. Every other message is foreign: kept as it is and ignored.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::grid::TileIndex;

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
    /// One entry a year, in the order of the dataset.
    pub years: Vec<YearStats>,
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
    /// The years for which the catalogue had fewer composites than were due: at least one, ascending.
    Incomplete(Vec<YearShortfall>),
}

/// A year for which the catalogue had fewer composites than were due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearShortfall {
    /// The calendar year.
    pub year: i32,
    /// Composites that there were: the fewest over the tile's positions, less than `expected`.
    pub found: u64,
    /// Composites that were due.
    pub expected: u64,
}

/// One year's statistics of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearStats {
    /// The calendar year.
    pub year: i32,
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

impl fmt::Display for YearStats {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, valid_pixels, coverage, .. } = self;
        match self.input_granules {
            Some(granules) => write!(
                formatter,
                "({year}: input_granules={granules}, output_valid_pixels={valid_pixels}, coverage={coverage})"
            ),
            None => write!(formatter, "({year}: valid_pixels={valid_pixels}, coverage={coverage})"),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("None"),
            Self::NoData => formatter.write_str(NO_DATA_NOTE),
            Self::Incomplete(years) => {
                formatter.write_str("Incomplete:")?;
                for (index, YearShortfall { year, found, expected }) in years.iter().enumerate() {
                    let (separator, unit) =
                        if index == 0 { (" ", " composites") } else { (", ", "") };
                    write!(formatter, "{separator}{found} of {expected}{unit} in {year}")?;
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
        for (index, stats) in self.years.iter().enumerate() {
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
        let mut reader = Reader(text);
        if let Some(message) = reader.tile_message() {
            return Self::Tile(message);
        }
        let mut reader = Reader(text);
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

/// A cursor over the rest of a message; each method takes what it names or answers `None`.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn literal(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// A whole number as `Display` writes it: no sign, no leading zero.
    fn number<T: FromStr>(&mut self) -> Option<T> {
        let end = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(end);
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        let number = digits.parse().ok()?;
        self.0 = rest;
        Some(number)
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    fn coverage(&mut self) -> Option<Coverage> {
        let whole: u32 = self.number()?;
        self.literal(".")?;
        let tenths: u32 = self.number().filter(|tenths| *tenths < 10)?;
        self.literal("%")?;
        Some(Coverage { permille: whole.checked_mul(10)?.checked_add(tenths)? })
    }

    fn year_stats(&mut self) -> Option<YearStats> {
        self.literal("(")?;
        let year = self.number()?;
        self.literal(": ")?;
        let input_granules = if self.literal("input_granules=").is_some() {
            let granules = self.number()?;
            self.literal(", output_")?;
            Some(granules)
        } else {
            None
        };
        self.literal("valid_pixels=")?;
        let valid_pixels = self.number()?;
        self.literal(", coverage=")?;
        let coverage = self.coverage()?;
        self.literal(")")?;
        Some(YearStats { year, input_granules, valid_pixels, coverage })
    }

    fn tile_message(&mut self) -> Option<TileMessage> {
        self.literal("Tile(row=")?;
        let row = self.number()?;
        self.literal(", col=")?;
        let col = self.number()?;
        self.literal(") processed. Stats: [")?;
        let mut years = Vec::new();
        while self.literal("]").is_none() {
            if !years.is_empty() {
                self.literal(", ")?;
            }
            years.push(self.year_stats()?);
        }
        self.literal(" Special note: ")?;
        let note = match self.0 {
            "None" => Note::None,
            NO_DATA_NOTE => Note::NoData,
            _ => Note::Incomplete(self.shortfalls()?),
        };
        Some(TileMessage { tile: TileIndex { row, col }, years, note })
    }

    /// The years of an incomplete tile, and nothing after them.
    fn shortfalls(&mut self) -> Option<Vec<YearShortfall>> {
        self.literal("Incomplete: ")?;
        let mut years: Vec<YearShortfall> = Vec::new();
        loop {
            let found = self.number()?;
            self.literal(" of ")?;
            let expected = self.number()?;
            self.literal(if years.is_empty() { " composites in " } else { " in " })?;
            let year = self.number()?;
            if found >= expected || years.last().is_some_and(|last| last.year >= year) {
                return None;
            }
            years.push(YearShortfall { year, found, expected });
            if self.literal(", ").is_none() {
                break;
            }
        }
        self.literal(".")?;
        self.end()?;
        Some(years)
    }

    fn legacy_tile(&mut self) -> Option<TileIndex> {
        self.literal("tile_")?;
        let row = self.number()?;
        self.literal("_")?;
        let col = self.number()?;
        self.literal(": processed")?;
        self.end()?;
        Some(TileIndex { row, col })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tile_message_reads_exactly_as_the_grammar_says() {
        let message = CommitMessage::Tile(TileMessage {
            tile: TileIndex { row: 4, col: 19 },
            years: vec![
                YearStats {
                    year: 2020,
                    input_granules: Some(138),
                    valid_pixels: 912_345,
                    coverage: Coverage::of(912_345, 1_000_000),
                },
                YearStats {
                    year: 2021,
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
        assert_eq!(message.years[0].input_granules, None);
        assert_eq!(message.years[0].valid_pixels, 5);
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
            years: Vec::new(),
            note: Note::Incomplete(vec![
                YearShortfall { year: 2021, found: 45, expected: 46 },
                YearShortfall { year: 2022, found: 0, expected: 46 },
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

    fn year_stats() -> impl Strategy<Value = YearStats> {
        (0..10_000_i32, prop::option::of(any::<u64>()), any::<u64>(), 0..=1000_u32).prop_map(
            |(year, input_granules, valid_pixels, permille)| YearStats {
                year,
                input_granules,
                valid_pixels,
                coverage: Coverage { permille },
            },
        )
    }

    fn notes() -> impl Strategy<Value = Note> {
        let shortfalls = prop::collection::btree_map(0..10_000_i32, (any::<u64>(), 1_u64..), 1..4)
            .prop_map(|years| {
                let shortfall = |(year, (found, expected)): (i32, (u64, u64))| YearShortfall {
                    year,
                    found: found % expected,
                    expected,
                };
                Note::Incomplete(years.into_iter().map(shortfall).collect())
            });
        prop_oneof![Just(Note::None), Just(Note::NoData), shortfalls]
    }

    fn messages() -> impl Strategy<Value = CommitMessage> {
        let tiles = (any::<u32>(), any::<u32>()).prop_map(|(row, col)| TileIndex { row, col });
        prop_oneof![
            (tiles.clone(), prop::collection::vec(year_stats(), 0..4), notes()).prop_map(
                |(tile, years, note)| CommitMessage::Tile(TileMessage { tile, years, note })
            ),
            tiles.prop_map(CommitMessage::LegacyTile),
        ]
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
