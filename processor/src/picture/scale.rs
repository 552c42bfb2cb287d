//! The range of a colour bar and its ticks, from the data. Pure.

use floe_shared::DigitalNumber;

/// 0 °C in kelvin.
const ICE_POINT: f64 = 273.15;

/// A range in °C with a tick at both ends and at even steps between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// The lower end.
    pub(super) low: f64,
    /// The upper end.
    pub(super) high: f64,
    /// From tick to tick.
    pub(super) step: f64,
    /// Whether there are lower values than the lower end.
    pub(super) below: bool,
    /// Whether there are higher values than the upper end.
    pub(super) above: bool,
}

impl Scale {
    /// The 2nd to the 98th percentile of the valid numbers, rounded outwards to whole steps; `None`
    /// where there is none.
    pub(super) fn of(numbers: impl IntoIterator<Item = u16>) -> Option<Self> {
        let mut counts = vec![0_u64; usize::from(u16::MAX) + 1];
        for number in numbers {
            counts[usize::from(number)] += 1;
        }
        counts[usize::from(DigitalNumber::FILL.0)] = 0;
        let first = counts.iter().position(|&count| count > 0)?;
        let last = counts.iter().rposition(|&count| count > 0)?;
        let [low, high] = [0.02, 0.98].map(|share| celsius(percentile(&counts, share)));
        let step = nice_step(high - low);
        let low = (low / step).floor() * step;
        // Equal ends, where all pixels are alike, still need a range.
        let high = ((high / step).ceil() * step).max(low + step);
        let below = celsius(first as u16) < low;
        let above = celsius(last as u16) > high;
        Some(Self { low, high, step, below, above })
    }

    /// Where a digital number lies in the range: 0 at the lower end, 1 at the upper one.
    pub(super) fn share(&self, number: u16) -> f64 {
        (celsius(number) - self.low) / (self.high - self.low)
    }

    /// The ticks: share of the range and text, the lowest first.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let count = ((self.high - self.low) / self.step).round() as u32;
        (0..=count)
            .map(|index| {
                let value = f64::from(index).mul_add(self.step, self.low);
                (f64::from(index) / f64::from(count), label(value, self.step))
            })
            .collect()
    }
}

fn celsius(number: u16) -> f64 {
    f64::from(number).mul_add(DigitalNumber::SCALE, -ICE_POINT)
}

/// The smallest number at or below which lies the share of all values.
fn percentile(counts: &[u64], share: f64) -> u16 {
    let rank = (counts.iter().sum::<u64>() as f64 * share).ceil().max(1.0) as u64;
    let mut seen = 0;
    let place = counts.iter().position(|&count| {
        seen += count;
        seen >= rank
    });
    place.unwrap_or(counts.len() - 1) as u16
}

/// The smallest of 0.1, 0.2, 0.5, 1, 2, 5, 10, ... that cuts a span into at most 9 parts.
fn nice_step(span: f64) -> f64 {
    let steps = (-1..4).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
    steps.into_iter().find(|step| span / step <= 9.0).unwrap_or(5000.0)
}

/// A number with a true minus sign and as many decimals as the step has.
fn label(value: f64, step: f64) -> String {
    let decimals = usize::from(step < 1.0);
    let text = format!("{:.decimals$}", value.abs());
    let is_zero = text.bytes().all(|byte| byte == b'0' || byte == b'.');
    if value < 0.0 && !is_zero { format!("\u{2212}{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(celsius: f64) -> u16 {
        DigitalNumber::from_kelvin(celsius + ICE_POINT).0
    }

    #[test]
    fn the_range_follows_the_bulk_of_the_data_in_whole_steps() {
        let bulk = (0..1000).map(|index| number(-33.0 + f64::from(index) * 0.08));
        let scale = Scale::of(bulk.chain([0, 0, 0]).chain([number(900.0)])).unwrap();
        assert_eq!((scale.low, scale.high, scale.step), (-40.0, 50.0, 10.0));
        assert!(!scale.below && scale.above);
        let labels: Vec<String> = scale.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(labels.join(" "), "−40 −30 −20 −10 0 10 20 30 40 50");
        assert!((scale.share(number(5.0)) - 0.5).abs() < 1e-3);
    }

    #[test]
    fn a_single_value_still_has_a_range() {
        let scale = Scale::of([number(20.0)]).unwrap();
        assert!(scale.low <= 20.0 && scale.high > scale.low);
        let labels: Vec<String> = scale.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(labels, ["19.9", "20.0"].map(str::to_owned), "{scale:?}");
    }

    #[test]
    fn fill_alone_has_no_range() {
        assert_eq!(Scale::of([0, 0]), None);
        assert_eq!(Scale::of([]), None);
    }

    #[test]
    fn minus_zero_is_zero() {
        assert_eq!(label(-0.01, 0.1), "0.0");
        assert_eq!(label(-0.5, 0.5), "−0.5");
    }
}
