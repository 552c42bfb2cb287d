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
    /// What is added to a value to have it in this unit.
    shift: f64,
}

impl Scale {
    /// The valid range of what has one, else (and of temperatures, whose valid range is far wider than what there is) the
    /// 2nd to the 98th percentile of values, which are in the encoding's units; rounded outwards to whole steps. NaN is no data:
    /// `None` where there is nothing else.
    pub(super) fn of(encoding: &Encoding, values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (unit, shift) = match encoding.units.as_deref() {
            Some("K") => ("°C", -ICE_POINT),
            units => (units.filter(|&units| units != "1").unwrap_or_default(), 0.0),
        };
        let values = values.into_iter().filter(|value| value.is_finite());
        let mut values: Vec<f64> = values.map(|value| value + shift).collect();
        values.sort_by(f64::total_cmp);
        let (&first, &last) = (values.first()?, values.last()?);
        let valid = encoding.valid_numbers().map(|end| encoding.physical(end));
        let is_temperature = shift != 0.0;
        let [low, high] = if is_temperature || valid.iter().any(|end| end.is_infinite()) {
            [0.02, 0.98].map(|share| percentile(&values, share))
        } else {
            valid
        };
        let (low, high) = (low.min(high), low.max(high));
        let step = nice_step(high - low);
        let low = (low / step).floor() * step;
        // Equal ends, where all pixels are alike, still need a range.
        let high = ((high / step).ceil() * step).max(low + step);
        let (below, above) = (first < low, last > high);
        Some(Self { low, high, step, below, above, unit: unit.to_owned(), shift })
    }

    /// Where a value lies in the range: 0 at the lower end, 1 at the upper one.
    pub(super) fn share(&self, value: f64) -> f64 {
        (value + self.shift - self.low) / (self.high - self.low)
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

/// The smallest of sorted values at or below which lies the share of all.
fn percentile(values: &[f64], share: f64) -> f64 {
    let rank = (values.len() as f64 * share).ceil().max(1.0) as usize;
    values.get(rank - 1).or(values.last()).copied().unwrap_or_default()
}

/// The smallest of ... 0.1, 0.2, 0.5, 1, 2, 5, 10, ... that cuts a span into at most 9 parts; 0.1 for no span.
fn nice_step(span: f64) -> f64 {
    if span == 0.0 {
        return 0.1;
    }
    let steps = (-12..39).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
    steps.into_iter().find(|step| span / step <= 9.0).unwrap_or(span)
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
    use floe_shared::encoding::{DataType, Scalar};

    use super::*;

    fn scale(values: impl IntoIterator<Item = f64>) -> Option<Scale> {
        let schema = crate::recipe::Recipe::modis_lst().schema;
        Scale::of(&schema.variables[0].encoding, values)
    }

    fn kelvin(celsius: f64) -> f64 {
        celsius + ICE_POINT
    }

    #[test]
    fn the_range_follows_the_bulk_of_the_data_in_whole_steps() {
        let bulk = (0..1000).map(|index| kelvin(-33.0 + f64::from(index) * 0.08));
        let scale = scale(bulk.chain([f64::NAN; 3]).chain([kelvin(900.0)])).unwrap();
        assert_eq!((scale.low, scale.high, scale.step), (-40.0, 50.0, 10.0));
        assert!(!scale.below && scale.above);
        let labels: Vec<String> = scale.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(labels.join(" "), "−40 −30 −20 −10 0 10 20 30 40 50");
        assert!((scale.share(kelvin(5.0)) - 0.5).abs() < 1e-3);
    }

    #[test]
    fn a_single_value_still_has_a_range() {
        let scale = scale([kelvin(20.0)]).unwrap();
        assert!(scale.low <= 20.0 && scale.high > scale.low);
        assert_eq!(scale.ticks().len(), 2, "{scale:?}");
    }

    #[test]
    fn no_data_alone_has_no_range() {
        assert_eq!(scale([f64::NAN; 2]), None);
        assert_eq!(scale([]), None);
    }

    #[test]
    fn another_unit_is_shown_as_it_is() {
        let encoding = Encoding { units: Some("m".to_owned()), ..Encoding::plain(DataType::U16) };
        let scale = Scale::of(&encoding, (1..=90).map(f64::from)).unwrap();
        assert_eq!((scale.low, scale.high, scale.unit.as_str()), (0.0, 90.0, "m"));
        let fine = Scale::of(&encoding, (1..=90).map(|value| f64::from(value) * 1e-4)).unwrap();
        assert_eq!(fine.ticks()[1].1, "0.001");
        let vast = Scale::of(&encoding, [0.0, 4e9]).unwrap();
        assert!(vast.ticks().len() <= 10);
    }

    #[test]
    fn a_valid_range_is_the_range_of_the_colours() {
        let valid = [Some(Scalar::Int(-2000)), Some(Scalar::Int(10_000))];
        let plain = Encoding::plain(DataType::I16);
        let encoding = Encoding { scale: Some(0.0001), valid, ..plain };
        let scale = Scale::of(&encoding, [0.25, 0.5]).unwrap();
        assert_eq!((scale.ticks()[0].1.as_str(), scale.ticks()[6].1.as_str()), ("−0.2", "1.0"));
        assert!(!scale.below && !scale.above);
    }

    #[test]
    fn minus_zero_is_zero() {
        assert_eq!(label(-0.01, 0.1), "0.0");
        assert_eq!(label(-0.5, 0.5), "−0.5");
    }
}
