//! How the numbers of an array stand for physical values: element types, fill and missing values, scale and offset.
//!
//! The grammar is that of CF (sections 2.5.1 and 8.1) as xarray reads and writes it in Zarr v3 attributes: `scale_factor`,
//! `add_offset`, `_FillValue`, `missing_value`, `valid_range` (`valid_min`, `valid_max`), `_Unsigned` and `units`. [`Encoding::attributes`]
//! writes it and [`Encoding::read`] reads it back.
//!
//! Zarr's own `fill_value` says what a chunk holds that is not stored, and nothing else: whether that number is "no data" is up to
//! the attributes, as in xarray.

mod scalar;

use serde_json::{Map, Value};

pub use scalar::{DataType, Scalar};

/// How the numbers of an array stand for physical values.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    /// The type of the stored numbers.
    pub data_type: DataType,
    /// What chunks that are not stored hold (Zarr's `fill_value`).
    pub absent: Scalar,
    /// `_FillValue`: a stored number that means "no data".
    pub fill: Option<Scalar>,
    /// `missing_value`: more of them.
    pub missing: Vec<Scalar>,
    /// `scale_factor`: physical value = stored number * scale + offset.
    pub scale: Option<f64>,
    /// `add_offset`.
    pub offset: Option<f64>,
    /// `valid_range`, in stored numbers (see [`Encoding::valid_numbers`]); either end may be open.
    pub valid: [Option<Scalar>; 2],
    /// `_Unsigned`, which tells apart what formats without unsigned (or signed) integers cannot.
    pub unsigned: Option<bool>,
    /// `units` of the physical values.
    pub units: Option<String>,
}

/// An attribute, or `fill_value`, that does not say what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {member} to be {expected}, found {found}")]
pub struct EncodingError {
    /// The attribute's name, or `fill_value`.
    pub member: &'static str,
    /// What it must be.
    pub expected: &'static str,
    /// What it is, as JSON.
    pub found: String,
}

/// Turns stored numbers into physical values; made once for many of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoder {
    data_type: DataType,
    missing: Vec<f64>,
    valid: [f64; 2],
    scale: Option<f64>,
    offset: Option<f64>,
}

impl Encoding {
    /// Numbers that stand for themselves, all of them valid.
    pub fn plain(data_type: DataType) -> Self {
        Self {
            data_type,
            absent: data_type.zero(),
            fill: None,
            missing: Vec::new(),
            scale: None,
            offset: None,
            valid: [None, None],
            unsigned: None,
            units: None,
        }
    }

    /// Reads `fill_value` and attributes of an array.
    ///
    /// # Errors
    /// Where one of them is neither absent nor what it should be.
    pub fn read(
        data_type: DataType,
        fill_value: &Value,
        attributes: &Value,
    ) -> Result<Self, EncodingError> {
        let wrong = |member, expected, found: &Value| EncodingError {
            member,
            expected,
            found: found.to_string(),
        };
        let factor = |member: &'static str| match the_one(&attributes[member]) {
            Value::Null => Ok(None),
            found => match found.as_f64() {
                Some(number) if number.is_finite() => Ok(Some(number)),
                _ => Err(wrong(member, "a finite number", found)),
            },
        };
        let scalar = |member: &'static str, found: &Value| {
            Scalar::read(found)
                .ok_or_else(|| wrong(member, "a number (or NaN, hexadecimal or base 64)", found))
        };
        let optional = |member: &'static str| match the_one(&attributes[member]) {
            Value::Null => Ok(None),
            found => scalar(member, found).map(Some),
        };
        let unsigned = match &attributes["_Unsigned"] {
            Value::Null => None,
            Value::Bool(unsigned) => Some(*unsigned),
            found => match found.as_str().map(str::to_ascii_lowercase).as_deref() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => return Err(wrong("_Unsigned", "true or false", found)),
            },
        };
        let missing = match &attributes["missing_value"] {
            Value::Null => Vec::new(),
            Value::Array(list) => {
                list.iter().map(|found| scalar("missing_value", found)).collect::<Result<_, _>>()?
            }
            found => vec![scalar("missing_value", found)?],
        };
        let valid = match &attributes["valid_range"] {
            Value::Null => [optional("valid_min")?, optional("valid_max")?],
            Value::Array(ends) if ends.len() == 2 => {
                [Some(scalar("valid_range", &ends[0])?), Some(scalar("valid_range", &ends[1])?)]
            }
            found => return Err(wrong("valid_range", "two numbers", found)),
        };
        let absent = match fill_value {
            Value::Null => data_type.zero(),
            found => data_type
                .fit(scalar("fill_value", found)?)
                .ok_or_else(|| wrong("fill_value", "a number of the array's type", found))?,
        };
        let scale = factor("scale_factor")?;
        if scale == Some(0.0) {
            return Err(wrong("scale_factor", "other than 0", &attributes["scale_factor"]));
        }
        let encoding = Self {
            data_type,
            absent,
            fill: optional("_FillValue")?.map(|fill| data_type.fit(fill).unwrap_or(fill)),
            missing,
            scale,
            offset: factor("add_offset")?,
            valid,
            unsigned,
            units: attributes["units"].as_str().map(str::to_owned),
        };
        let [least, greatest] = encoding.valid_numbers();
        if least > greatest {
            let found = Value::from(encoding.valid.map(|end| end.map(Scalar::json)).to_vec());
            return Err(wrong("valid_range", "the least number and the greatest", &found));
        }
        Ok(encoding)
    }

    /// The attributes that [`Encoding::read`] reads.
    pub fn attributes(&self) -> Map<String, Value> {
        let mut attributes = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            attributes.extend(value.map(|value| (name.to_owned(), value)));
        };
        put("units", self.units.clone().map(Value::from));
        put("scale_factor", self.scale.map(Value::from));
        put("add_offset", self.offset.map(Value::from));
        put("_FillValue", self.fill.map(|fill| fill.fill_attribute(self.data_type)));
        put(
            "missing_value",
            match self.missing.as_slice() {
                [] => None,
                [one] => Some(one.json()),
                several => Some(several.iter().map(|missing| missing.json()).collect()),
            },
        );
        match self.valid {
            [Some(low), Some(high)] => {
                put("valid_range", Some(vec![low.json(), high.json()].into()));
            }
            [low, high] => {
                put("valid_min", low.map(Scalar::json));
                put("valid_max", high.map(Scalar::json));
            }
        }
        put("_Unsigned", self.unsigned.map(|unsigned| unsigned.to_string().into()));
        attributes
    }

    /// The type of the numbers once `_Unsigned` is heeded.
    pub fn meant_type(&self) -> DataType {
        self.unsigned.map_or(self.data_type, |unsigned| self.data_type.with_sign(!unsigned))
    }

    /// The numbers that mean "no data", as [`Decoder`] compares them: NaN besides, in floats.
    pub fn missing_numbers(&self) -> Vec<f64> {
        // As xarray does: `_FillValue` has the array's type, so that its sign goes the same way; `missing_value` is
        // compared as it stands.
        let fill = self.fill.map(|fill| self.meant_type().number(self.data_type.bits(fill)));
        let missing = self.missing.iter().map(|missing| missing.as_f64());
        fill.into_iter().chain(missing).filter(|number| !number.is_nan()).collect()
    }

    /// The least and the greatest stored number that are data (CF, section 2.5.1), infinite where nothing bounds them: what
    /// lies beyond is missing. As netCDF has it, the ends have the sign that `_Unsigned` says, and fractions among those of
    /// packed whole numbers are physical values.
    pub fn valid_numbers(&self) -> [f64; 2] {
        let is_float = |end: &Option<Scalar>| matches!(end, Some(Scalar::Float(_)));
        let is_packed = self.scale.is_some() || self.offset.is_some();
        let are_physical =
            is_packed && !self.data_type.is_float() && self.valid.iter().any(is_float);
        let number = |end: Scalar| {
            if are_physical {
                let number =
                    (end.as_f64() - self.offset.unwrap_or(0.0)) / self.scale.unwrap_or(1.0);
                // What is meant is a whole number, but for what decimals lack.
                let whole = number.round();
                if (number - whole).abs() <= 1e-9 * whole.abs().max(1.0) { whole } else { number }
            } else {
                match self.data_type.fit(end) {
                    Some(end) => self.meant_type().number(self.data_type.bits(end)),
                    None => end.as_f64(),
                }
            }
        };
        let known = |end: Option<Scalar>| end.map(number).filter(|number| !number.is_nan());
        let [least, greatest] = self.valid.map(known);
        let is_turned = are_physical && self.scale.is_some_and(|scale| scale < 0.0);
        let [least, greatest] = if is_turned { [greatest, least] } else { [least, greatest] };
        [least.unwrap_or(f64::NEG_INFINITY), greatest.unwrap_or(f64::INFINITY)]
    }

    /// What turns stored numbers into physical values.
    pub fn decoder(&self) -> Decoder {
        Decoder {
            data_type: self.meant_type(),
            missing: self.missing_numbers(),
            valid: self.valid_numbers(),
            scale: self.scale,
            offset: self.offset,
        }
    }

    /// The physical value of chunks that are not stored; `None` for no data.
    pub fn absent_value(&self) -> Option<f64> {
        self.decoder().value(self.data_type.bits(self.absent))
    }

    /// The physical value of a number that is not missing.
    pub fn physical(&self, number: f64) -> f64 {
        affine(number, self.scale, self.offset)
    }
}

impl Decoder {
    /// The physical value of a stored number, given its bits, least significant first and zero above: NaN, what is
    /// declared missing and what is not valid is `None`.
    pub fn value(&self, bits: u64) -> Option<f64> {
        let number = self.data_type.number(bits);
        self.keeps(number).then(|| affine(number, self.scale, self.offset))
    }

    /// Whether a stored number is a value, and not NaN, declared missing or not valid.
    #[inline]
    pub fn keeps(&self, number: f64) -> bool {
        let [least, greatest] = self.valid;
        let is_valid = number >= least && number <= greatest;
        is_valid && !self.missing.iter().any(|&missing| same(number, missing))
    }

    /// Whether stored numbers are floats of 32 bits that stand for themselves.
    pub fn is_plain_single(&self) -> bool {
        self.data_type == DataType::F32 && self.scale.is_none() && self.offset.is_none()
    }
}

/// Whether two numbers are the same but for the last bits, which reading a decimal may miss.
fn same(number: f64, missing: f64) -> bool {
    number.total_cmp(&missing).is_eq() || (number - missing).abs() <= missing.abs() * 1e-15
}

fn affine(number: f64, scale: Option<f64>, offset: Option<f64>) -> f64 {
    // Two roundings, as xarray's.
    let scaled = number * scale.unwrap_or(1.0);
    scaled + offset.unwrap_or(0.0)
}

/// Some writers put single numbers into lists.
fn the_one(value: &Value) -> &Value {
    match value {
        Value::Array(list) if list.len() == 1 => &list[0],
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(data_type: DataType, attributes: &Value) -> Encoding {
        Encoding::read(data_type, &json!(0), attributes).unwrap()
    }

    /// The values of some stored numbers.
    fn values(encoding: &Encoding, numbers: &[i64]) -> Vec<Option<f64>> {
        let decoder = encoding.decoder();
        let mask = u64::MAX >> (64 - encoding.data_type.size() * 8);
        numbers.iter().map(|number| decoder.value(*number as u64 & mask)).collect()
    }

    #[test]
    fn scale_offset_and_fill_are_applied() {
        let attributes = json!({"scale_factor": 0.1, "add_offset": -273.15, "_FillValue": 0});
        let encoding = read(DataType::U16, &attributes);
        assert_eq!(values(&encoding, &[0, 3000]), [None, Some(3000.0 * 0.1 - 273.15)]);
        let lists = json!({"scale_factor": [0.5], "add_offset": [10], "missing_value": [5, 0]});
        let encoding = read(DataType::I8, &lists);
        let expected = [Some(9.5), None, None, Some(-54.0)];
        assert_eq!(values(&encoding, &[-1, 0, 5, -128]), expected);
    }

    #[test]
    fn the_fill_value_of_zarr_is_no_fill_value() {
        let encoding = read(DataType::U16, &json!({}));
        assert_eq!(encoding.absent_value(), Some(0.0));
        let encoding = read(DataType::U16, &json!({"_FillValue": 0}));
        assert_eq!(encoding.absent_value(), None);
        let nan = Encoding::read(DataType::F32, &json!("NaN"), &json!({})).unwrap();
        assert_eq!(nan.absent_value(), None);
    }

    #[test]
    fn unsigned_turns_the_sign_of_data_and_fill_but_not_of_missing_values() {
        let attributes = json!({"_Unsigned": "true", "_FillValue": -1, "scale_factor": 0.5});
        let encoding = read(DataType::I8, &attributes);
        assert_eq!(values(&encoding, &[-1, 0, -128]), [None, Some(0.0), Some(64.0)]);
        let missing = read(DataType::I8, &json!({"_Unsigned": "true", "missing_value": -1}));
        assert_eq!(values(&missing, &[-1]), [Some(255.0)]);
        let missing = read(DataType::I8, &json!({"_Unsigned": "true", "missing_value": 255}));
        assert_eq!(values(&missing, &[-1]), [None]);
        let signed = read(DataType::U8, &json!({"_Unsigned": "false"}));
        assert_eq!(values(&signed, &[255]), [Some(-1.0)]);
    }

    #[test]
    fn a_float_is_missing_where_it_is_nan_or_equals_a_missing_value_as_it_stands() {
        let value = |attributes: &Value, number: f32| {
            read(DataType::F32, attributes).decoder().value(number.to_bits().into())
        };
        assert_eq!(value(&json!({}), f32::NAN), None);
        assert_eq!(value(&json!({}), 0.5), Some(0.5));
        // A `_FillValue` is a number of the array's type, a `missing_value` that is none equals none: as xarray.
        assert_eq!(value(&json!({"_FillValue": 1e20}), 1e20), None);
        assert_eq!(value(&json!({"missing_value": 1e20}), 1e20), Some(f64::from(1e20_f32)));
        let exact = json!({"missing_value": f64::from(1e20_f32)});
        assert_eq!(value(&exact, 1e20), None);
        assert_eq!(value(&json!({"_FillValue": "AAAAAAAA+H8="}), 1e20), Some(f64::from(1e20_f32)));
    }

    #[test]
    fn what_is_no_encoding_is_named() {
        let text = |attributes: Value| {
            Encoding::read(DataType::U16, &json!(0), &attributes).unwrap_err().to_string()
        };
        assert_eq!(
            text(json!({"scale_factor": "0.5"})),
            "expected scale_factor to be a finite number, found \"0.5\""
        );
        assert!(text(json!({"scale_factor": [1, 2]})).ends_with("found [1,2]"));
        assert!(text(json!({"scale_factor": 0})).contains("scale_factor to be other than 0"));
        assert!(text(json!({"_FillValue": true})).contains("_FillValue to be a number"));
        assert!(text(json!({"missing_value": ["x"]})).ends_with("found \"x\""));
        assert!(text(json!({"valid_range": [1]})).contains("valid_range to be two numbers"));
        assert!(text(json!({"_Unsigned": 1})).contains("_Unsigned to be true or false"));
        let error = Encoding::read(DataType::U16, &json!(-1), &json!({})).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected fill_value to be a number of the array's type, found -1"
        );
    }

    #[test]
    fn what_lies_beyond_the_valid_range_is_missing() {
        let encoding = read(DataType::I16, &json!({"valid_range": [-2, 5], "scale_factor": 0.5}));
        assert_eq!(values(&encoding, &[-3, -2, 5, 6]), [None, Some(-1.0), Some(2.5), None]);
        let encoding = read(DataType::U8, &json!({"valid_max": 250}));
        assert_eq!(values(&encoding, &[0, 250, 251]), [Some(0.0), Some(250.0), None]);
        let turned = json!({"_Unsigned": "true", "valid_range": [1, -2]});
        let encoding = read(DataType::I8, &turned);
        assert_eq!(values(&encoding, &[0, 1, -2, -1]), [None, Some(1.0), Some(254.0), None]);
        // A number that no float of 32 bits is.
        let encoding = read(DataType::F32, &json!({"valid_range": [0.0, 0.3]}));
        assert!(encoding.decoder().value(0.3_f32.to_bits().into()).is_some());
        assert_eq!(encoding.decoder().value(0.4_f32.to_bits().into()), None);
        assert_eq!(encoding.decoder().value(f32::NAN.to_bits().into()), None);
    }

    #[test]
    fn fractions_bound_the_physical_values_of_packed_numbers() {
        let attributes = json!({"valid_range": [-0.2, 1.0], "scale_factor": 0.0001});
        let encoding = read(DataType::I16, &attributes);
        let stored = [-2001, -2000, 10_000, 10_001];
        let are_data = |encoding: &Encoding, numbers: &[i64]| -> Vec<bool> {
            values(encoding, numbers).iter().map(Option::is_some).collect()
        };
        assert_eq!(are_data(&encoding, &stored), [false, true, true, false]);
        let attributes = json!({"valid_range": [-1.5, 2.0], "scale_factor": -0.5});
        let turned = read(DataType::I16, &attributes);
        assert_eq!(are_data(&turned, &[-5, -4, 3, 4]), [false, true, true, false]);
        let attributes = json!({"valid_range": [5, 2]});
        let error = Encoding::read(DataType::I16, &json!(0), &attributes).unwrap_err();
        assert!(error.to_string().ends_with("the least number and the greatest, found [5,2]"));
    }

    fn data_type() -> impl Strategy<Value = DataType> {
        (0..DataType::ALL.len()).prop_map(|index| DataType::ALL[index])
    }

    /// A number of a type.
    fn scalar(data_type: DataType) -> impl Strategy<Value = Scalar> {
        any::<u64>().prop_map(move |bits| {
            let mask = u64::MAX >> (64 - data_type.size() * 8);
            match data_type.scalar(bits & mask) {
                // Two NaNs are never equal.
                Scalar::Float(number) if number.is_nan() => Scalar::Float(f64::INFINITY),
                scalar => scalar,
            }
        })
    }

    fn encoding() -> impl Strategy<Value = Encoding> {
        let ascends = |encoding: &Encoding| {
            let [least, greatest] = encoding.valid_numbers();
            least <= greatest
        };
        data_type()
            .prop_flat_map(|data_type| {
                let numbers = (
                    scalar(data_type),
                    proptest::option::of(scalar(data_type)),
                    proptest::collection::vec(scalar(data_type), 0..3),
                    [
                        proptest::option::of(scalar(data_type)),
                        proptest::option::of(scalar(data_type)),
                    ],
                );
                let factors =
                    (proptest::option::of(1e-3..1e3_f64), proptest::option::of(-1e3..1e3_f64));
                let words = (any::<Option<bool>>(), proptest::option::of("\\PC{0,6}"));
                (numbers, factors, words).prop_map(
                    move |((absent, fill, missing, valid), (scale, offset), (unsigned, units))| {
                        Encoding {
                            data_type,
                            absent,
                            fill,
                            missing,
                            scale,
                            offset,
                            valid,
                            unsigned,
                            units,
                        }
                    },
                )
            })
            .prop_filter("valid ranges ascend", ascends)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(encoding in encoding()) {
            let attributes: Value = encoding.attributes().into();
            // Through text, as in a store.
            let attributes: Value = serde_json::from_str(&attributes.to_string()).unwrap();
            let fill_value: Value = serde_json::from_str(&encoding.absent.json().to_string()).unwrap();
            prop_assert_eq!(Encoding::read(encoding.data_type, &fill_value, &attributes), Ok(encoding));
        }

        #[test]
        fn bits_of_a_number_are_that_number(data_type in data_type(), bits in any::<u64>()) {
            let bits = bits & (u64::MAX >> (64 - data_type.size() * 8));
            let scalar = data_type.scalar(bits);
            let number = data_type.number(bits);
            prop_assert!(number.is_nan() || (data_type.bits(scalar) == bits && scalar.as_f64().to_bits() == number.to_bits()));
        }

        #[test]
        fn any_json_is_an_encoding_or_a_named_error(text in ".{0,12}", number in any::<f64>(), which in 0..8_usize) {
            let names = ["scale_factor", "add_offset", "_FillValue", "missing_value", "valid_range", "valid_min", "_Unsigned", "units"];
            for found in [json!(text), json!(number), json!([number, text])] {
                for data_type in DataType::ALL {
                    if let Err(error) = Encoding::read(data_type, &found, &json!({names[which]: found})) {
                        prop_assert!(error.to_string().contains(&found.to_string()) || found.is_array());
                    }
                }
            }
        }
    }
}
