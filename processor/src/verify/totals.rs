//! Pixels of all periods of a tile, against commits that tell them together.

use std::collections::BTreeMap;

use floe_shared::grid::TileIndex;
use floe_shared::message::Coverage;
use floe_shared::schema::VariableId;

use super::problem::{Problem, Remedy};
use super::reading::Reading;

/// What was counted of one variable of a tile.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    valid_pixels: u64,
    /// Periods that have any.
    periods: u64,
    /// Whether a period could not be read.
    is_unclear: bool,
}

/// Pixels with a value, by variable and tile.
#[derive(Debug, Default)]
pub(super) struct Totals {
    counts: BTreeMap<(VariableId, TileIndex), Count>,
}

impl Totals {
    /// Adds what was counted in a period.
    pub(super) fn add(&mut self, variable: VariableId, counted: Vec<(TileIndex, Option<u64>)>) {
        for (tile, valid_pixels) in counted {
            let count = self.counts.entry((variable, tile)).or_default();
            count.valid_pixels += valid_pixels.unwrap_or(0);
            count.periods += u64::from(valid_pixels.is_some_and(|pixels| pixels > 0));
            count.is_unclear |= valid_pixels.is_none();
        }
    }

    /// Where the counts are not what commits say; what is damaged is told elsewhere.
    pub(super) fn problems(&self, reading: &Reading) -> Vec<Problem> {
        let layout = reading.layout();
        let edge = u64::from(layout.grid.tile_pixels());
        let known = self.counts.iter().filter(|(_, count)| !count.is_unclear);
        let mut problems = Vec::new();
        for (&(variable, tile), count) in known {
            let Some(said) = reading.promises.total(tile) else { continue };
            let Count { valid_pixels, periods, .. } = *count;
            let coverage = Coverage::of(valid_pixels, edge * edge * periods);
            // A pixel that was observed and never hit has no day.
            let may_lack = layout.schema.variable(variable).statistic.is_day();
            let is_as_said = if may_lack {
                valid_pixels <= said.valid_pixels
            } else {
                (valid_pixels, coverage) == (said.valid_pixels, said.coverage)
            };
            if !is_as_said {
                let what = format!(
                    "{}: {valid_pixels} valid pixels are stored, a coverage of {coverage}, the commit's message promises {} and {}",
                    said.label, said.valid_pixels, said.coverage
                );
                let name = &layout.schema.variable(variable).name;
                problems.push(Problem::new(Some(tile), name, what, Remedy::Process));
            }
        }
        problems
    }
}
