//! The range of a colour bar and its ticks, from the data. Pure.

use floe_shared::encoding::Encoding;

/// 0 °C in kelvin.
const ICE_POINT: f64 = 273.15;

/// A range with a tick at both ends and at even steps between them, in the variable's unit; kelvin are shown in °C.
#[derive(Clone, Debug, PartialEq)]
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
    /// The unit.
    pub(super) unit: String,
    /// A digital number's value is the number times the first, plus the second.
    affine: (f64, f64),
}

impl Scale {
    /// The 2nd to the 98th percentile of the valid numbers, rounded outwards to whole steps; `None`
    /// where there is none.
    pub(super) fn of(encoding: &Encoding, numbers: impl IntoIterator<Item = u16>) -> Option<Self> {
        let (scale, offset) = (encoding.scale.unwrap_or(1.0), encoding.offset.unwrap_or(0.0));
        let (unit, affine) = match encoding.units.as_deref() {
            Some("K") => ("°C", (scale, offset - ICE_POINT)),
            units => (units.filter(|&units| units != "1").unwrap_or_default(), (scale, offset)),
        };
        let value = |number: u16| f64::from(number).mul_add(affine.0, affine.1);
        let mut counts = vec![0_u64; usize::from(u16::MAX) + 1];
        for number in numbers {
            counts[usize::from(number)] += 1;
        }
        // Fill.
        counts[0] = 0;
        let first = counts.iter().position(|&count| count > 0)?;
        let last = counts.iter().rposition(|&count| count > 0)?;
        let [low, high] = [0.02, 0.98].map(|share| value(percentile(&counts, share)));
        let (low, high) = (low.min(high), low.max(high));
        let step = nice_step(high - low);
        let low = (low / step).floor() * step;
        // Equal ends, where all pixels are alike, still need a range.
        let high = ((high / step).ceil() * step).max(low + step);
        let ends = [first, last].map(|number| value(number as u16));
        let below = ends.iter().any(|&end| end < low);
        let above = ends.iter().any(|&end| end > high);
        Some(Self { low, high, step, below, above, unit: unit.to_owned(), affine })
    }

    /// Where a digital number lies in the range: 0 at the lower end, 1 at the upper one.
    pub(super) fn share(&self, number: u16) -> f64 {
        let value = f64::from(number).mul_add(self.affine.0, self.affine.1);
        (value - self.low) / (self.high - self.low)
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

/// The smallest of 1e-6, ... 0.1, 0.2, 0.5, 1, 2, 5, 10, ... that cuts a span into at most 9 parts; 0.1 for no span.
fn nice_step(span: f64) -> f64 {
    if span == 0.0 {
        return 0.1;
    }
    let steps = (-6..4).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
    steps.into_iter().find(|step| span / step <= 9.0).unwrap_or(5000.0)
}

/// A number with a true minus sign and as many decimals as the step has.
fn label(value: f64, step: f64) -> String {
    let decimals = (-step.log10()).ceil().max(0.0) as usize;
    let text = format!("{:.decimals$}", value.abs());
    let is_zero = text.bytes().all(|byte| byte == b'0' || byte == b'.');
    if value < 0.0 && !is_zero { format!("\u{2212}{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use floe_shared::encoding::DataType;

    use super::*;

    fn scale(numbers: impl IntoIterator<Item = u16>) -> Option<Scale> {
        let schema = crate::recipe::Recipe::modis_lst().schema;
        Scale::of(&schema.variables[0].encoding, numbers)
    }

    fn number(celsius: f64) -> u16 {
        ((celsius + ICE_POINT) / 0.02).round() as u16
    }

    #[test]
    fn the_range_follows_the_bulk_of_the_data_in_whole_steps() {
        let bulk = (0..1000).map(|index| number(-33.0 + f64::from(index) * 0.08));
        let scale = scale(bulk.chain([0, 0, 0]).chain([number(900.0)])).unwrap();
        assert_eq!((scale.low, scale.high, scale.step), (-40.0, 50.0, 10.0));
        assert!(!scale.below && scale.above);
        let labels: Vec<String> = scale.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(labels.join(" "), "−40 −30 −20 −10 0 10 20 30 40 50");
        assert!((scale.share(number(5.0)) - 0.5).abs() < 1e-3);
    }

    #[test]
    fn a_single_value_still_has_a_range() {
        let scale = scale([number(20.0)]).unwrap();
        assert!(scale.low <= 20.0 && scale.high > scale.low);
        let labels: Vec<String> = scale.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(labels, ["19.9", "20.0"].map(str::to_owned), "{scale:?}");
    }

    #[test]
    fn fill_alone_has_no_range() {
        assert_eq!(scale([0, 0]), None);
        assert_eq!(scale([]), None);
    }

    #[test]
    fn another_unit_is_shown_as_it_is() {
        let encoding = Encoding { units: Some("m".to_owned()), ..Encoding::plain(DataType::U16) };
        let scale = Scale::of(&encoding, 1..=90).unwrap();
        assert_eq!((scale.low, scale.high, scale.unit.as_str()), (0.0, 90.0, "m"));
        let fine = Scale::of(&Encoding { scale: Some(0.0001), ..encoding }, 1..=90).unwrap();
        assert_eq!(fine.ticks()[1].1, "0.001");
    }

    #[test]
    fn minus_zero_is_zero() {
        assert_eq!(label(-0.01, 0.1), "0.0");
        assert_eq!(label(-0.5, 0.5), "−0.5");
    }
}
