//! Whether a recipe is one of those that are made in source space: see [`SourceSpace`].

use floe_raster::program::{Affine, Condition, Output, Program, Test};
use floe_raster::rule::{Flags, Rule, SourceStatistic};
use floe_shared::encoding::{DataType, Scalar};
use floe_shared::schema::Statistic;

use super::super::{Assets, Band, SourceSpace};
use super::conditions::holds;

/// Temperatures of MOD11A1, MOD11A2 and Aqua's: unsigned numbers of 16 bits, of which 0 is no data.
const VALUES: [&str; 2] = ["LST_Day_1km", "LST_Night_1km"];
/// Their quality flags: unsigned numbers of 8 bits.
const FLAGS: [&str; 2] = ["QC_Day", "QC_Night"];

/// What the source-space accumulator is told; `None` for what it cannot make.
pub(super) fn of(bands: &[Band], program: &Program) -> Option<SourceSpace> {
    let first = program.outputs.first()?;
    let values = bands.get(first.band)?;
    let (flags_place, flags) = bands.iter().enumerate().find(|(place, _)| *place != first.band)?;
    let are_known = bands.len() == 2
        && VALUES.contains(&values.asset.as_str())
        && FLAGS.contains(&flags.asset.as_str())
        && bands.iter().all(|band| band.index == 1);
    let is_one = |output: &Output| output.band == first.band && output.valid == first.valid;
    if !are_known
        || program.one_per_day
        || !program.outputs.iter().all(|output| is_one(output) && is_kept(output))
    {
        return None;
    }
    let (mut low, mut high) = (1, u16::MAX);
    let of_band = |band: usize| first.valid.iter().filter(move |test| test.band == band);
    for Test { condition, .. } in of_band(first.band) {
        let Condition::Range(from, to) = condition else { return None };
        // Casts hold a number within the type's range.
        (low, high) = (low.max(from.ceil() as u16), high.min(to.floor() as u16));
    }
    let flags_that_count = Flags::that(|flag| {
        of_band(flags_place).all(|test| holds(&test.condition, f64::from(flag)))
    });
    let keeps = |statistic| program.outputs.iter().any(|output| output.statistic == statistic);
    let (maxima, minima) = (keeps(Statistic::Maximum), keeps(Statistic::Minimum));
    let assets = Assets { values: values.asset.clone(), flags: flags.asset.clone() };
    let is_satisfiable = low <= high && !flags_that_count.pairs().is_empty();
    let rule = Rule { range: (low, high), flags: flags_that_count, maxima, minima };
    is_satisfiable.then_some(SourceSpace { assets, rule })
}

/// Whether an output is made of what is kept in source space.
fn is_kept(output: &Output) -> bool {
    let Output { statistic, when, source, stored, .. } = output;
    let as_it_is = Affine { scale: 1.0, offset: 0.0 };
    let passes = stored.affine == if statistic.is_of_values() { *source } else { as_it_is };
    SourceStatistic::of(*statistic).is_some()
        && when.is_empty()
        && passes
        && stored.data_type == DataType::U16
        && stored.fill == Scalar::Int(0)
}
