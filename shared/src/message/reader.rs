//! Reads commit messages word by word.

use std::str::FromStr;

use super::{Coverage, NO_DATA_NOTE, Note, PeriodStats, Shortfall, TileMessage};
use crate::grid::TileIndex;
use crate::period::{Hemisphere, PeriodLabel};

/// A cursor over the rest of a message; each method takes what it names or answers `None`.
pub(super) struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self(text)
    }

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

    /// A label, which ends where one of these letters stands.
    fn label(&mut self, ends: [char; 2]) -> Option<PeriodLabel> {
        let (text, _) = self.0.split_at(self.0.find(ends)?);
        let label = PeriodLabel::new(text).ok()?;
        self.literal(text)?;
        Some(label)
    }

    fn period_stats(&mut self) -> Option<PeriodStats> {
        self.literal("(")?;
        let label = self.label([':', ')'])?;
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
        Some(PeriodStats { label, input_granules, valid_pixels, coverage })
    }

    pub(super) fn tile_message(&mut self) -> Option<TileMessage> {
        self.literal("Tile(row=")?;
        let row = self.number()?;
        self.literal(", col=")?;
        let col = self.number()?;
        self.literal(") processed. Stats: [")?;
        let mut periods = Vec::new();
        while self.literal("]").is_none() {
            if !periods.is_empty() {
                self.literal(", ")?;
            }
            periods.push(self.period_stats()?);
        }
        self.literal(" Special note: ")?;
        let note = match self.0 {
            "None" => Note::None,
            NO_DATA_NOTE => Note::NoData,
            _ => Note::Incomplete(self.shortfalls()?),
        };
        Some(TileMessage { tile: TileIndex { row, col }, periods, note })
    }

    /// The periods of an incomplete tile, and nothing after them.
    fn shortfalls(&mut self) -> Option<Vec<Shortfall>> {
        self.literal("Incomplete: ")?;
        self.0 = self.0.strip_suffix('.')?;
        let mut periods: Vec<Shortfall> = Vec::new();
        loop {
            let found = self.number()?;
            self.literal(" of ")?;
            let expected = self.number()?;
            self.literal(if periods.is_empty() { " composites in " } else { " in " })?;
            let (text, rest) = self.0.split_at(self.0.find(',').unwrap_or(self.0.len()));
            let label = PeriodLabel::new(text).ok()?;
            self.0 = rest;
            if found >= expected || periods.last().is_some_and(|last| !precedes(last, &label)) {
                return None;
            }
            periods.push(Shortfall { label, found, expected });
            if self.literal(", ").is_none() {
                break;
            }
        }
        self.end()?;
        Some(periods)
    }

    pub(super) fn legacy_tile(&mut self) -> Option<TileIndex> {
        self.literal("tile_")?;
        let row = self.number()?;
        self.literal("_")?;
        let col = self.number()?;
        self.literal(": processed")?;
        self.end()?;
        Some(TileIndex { row, col })
    }
}

/// Whether a period that falls short comes before another one; of labels without a date that they differ is all that is known.
fn precedes(earlier: &Shortfall, label: &PeriodLabel) -> bool {
    let begins = |label: &PeriodLabel| label.name().map(|name| name.begins(Hemisphere::North));
    match (begins(&earlier.label), begins(label)) {
        (Some(earlier), Some(later)) => earlier < later,
        _ => earlier.label != *label,
    }
}
