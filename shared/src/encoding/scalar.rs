//! Types of stored numbers, and single numbers in their JSON forms.

use serde_json::{Number, Value};

/// The type of the numbers of an array: <https://zarr-specs.readthedocs.io/en/latest/v3/data-types/index.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// `uint8`
    U8,
    /// `int8`
    I8,
    /// `uint16`
    U16,
    /// `int16`
    I16,
    /// `uint32`
    U32,
    /// `int32`
    I32,
    /// `uint64`
    U64,
    /// `int64`
    I64,
    /// `float32`
    F32,
    /// `float64`
    F64,
}

/// A single number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A whole number, from `i64::MIN` to `u64::MAX`.
    Int(i128),
    /// A floating-point number.
    Float(f64),
}

impl DataType {
    /// All types.
    pub const ALL: [Self; 10] = [
        Self::U8,
        Self::I8,
        Self::U16,
        Self::I16,
        Self::U32,
        Self::I32,
        Self::U64,
        Self::I64,
        Self::F32,
        Self::F64,
    ];

    /// Zarr's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// The type of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|data_type| data_type.name() == name)
    }

    /// Bytes of a number.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether its numbers are floating-point numbers.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Whether its numbers are whole and have a sign.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64)
    }

    /// The integer type of the same size with or without a sign; floats stay what they are.
    #[must_use]
    pub const fn with_sign(self, signed: bool) -> Self {
        match (self, signed) {
            (Self::U8 | Self::I8, false) => Self::U8,
            (Self::U8 | Self::I8, true) => Self::I8,
            (Self::U16 | Self::I16, false) => Self::U16,
            (Self::U16 | Self::I16, true) => Self::I16,
            (Self::U32 | Self::I32, false) => Self::U32,
            (Self::U32 | Self::I32, true) => Self::I32,
            (Self::U64 | Self::I64, false) => Self::U64,
            (Self::U64 | Self::I64, true) => Self::I64,
            (Self::F32 | Self::F64, _) => self,
        }
    }

    /// Zero.
    pub const fn zero(self) -> Scalar {
        if self.is_float() { Scalar::Float(0.0) } else { Scalar::Int(0) }
    }

    /// The number of some bits, zero above its size, as a floating-point number.
    pub const fn number(self, bits: u64) -> f64 {
        match self {
            Self::U8 | Self::U16 | Self::U32 => bits as u32 as f64,
            Self::U64 => bits as f64,
            Self::I8 => bits as i8 as f64,
            Self::I16 => bits as i16 as f64,
            Self::I32 => bits as i32 as f64,
            Self::I64 => bits as i64 as f64,
            Self::F32 => f32::from_bits(bits as u32) as f64,
            Self::F64 => f64::from_bits(bits),
        }
    }

    /// The number of some bits, exactly.
    pub const fn scalar(self, bits: u64) -> Scalar {
        match self {
            Self::F32 | Self::F64 => Scalar::Float(self.number(bits)),
            Self::I64 => Scalar::Int(bits as i64 as i128),
            Self::U64 => Scalar::Int(bits as i128),
            _ => Scalar::Int(self.number(bits) as i128),
        }
    }

    /// The bits of a number, zero above its size; what does not fit is cut off.
    pub const fn bits(self, scalar: Scalar) -> u64 {
        let mask = u64::MAX >> (64 - self.size() * 8);
        match (self, scalar) {
            (Self::F32, _) => (scalar.as_f64() as f32).to_bits() as u64,
            (Self::F64, _) => scalar.as_f64().to_bits(),
            (_, Scalar::Int(number)) => number as u64 & mask,
            (_, Scalar::Float(number)) => number as i128 as u64 & mask,
        }
    }

    /// A number as one of this type; `None` where the type has none such.
    pub fn fit(self, scalar: Scalar) -> Option<Scalar> {
        if self.is_float() {
            return Some(self.scalar(self.bits(scalar)));
        }
        let number = match scalar {
            Scalar::Int(number) => number,
            Scalar::Float(number) if number.fract() == 0.0 => number as i128,
            Scalar::Float(_) => return None,
        };
        let whole = Scalar::Int(number);
        (self.scalar(self.bits(whole)) == whole).then_some(whole)
    }
}

impl Scalar {
    /// A number in any of the forms of Zarr v3 and xarray: a JSON number; `NaN`, `Infinity`, `-Infinity`; the bits of a float
    /// in hexadecimal (`0x7fc00000`); the eight bytes of a double, least significant first, in base 64.
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => {
                let whole = number.as_i64().map(i128::from);
                let whole = whole.or_else(|| number.as_u64().map(i128::from));
                whole.map(Self::Int).or_else(|| number.as_f64().map(Self::Float))
            }
            Value::String(text) => Self::from_text(text).map(Self::Float),
            _ => None,
        }
    }

    fn from_text(text: &str) -> Option<f64> {
        match text {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => match text.strip_prefix("0x") {
                Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    let bits = u64::from_str_radix(digits, 16).ok()?;
                    match digits.len() {
                        8 => Some(f64::from(f32::from_bits(bits as u32))),
                        16 => Some(f64::from_bits(bits)),
                        _ => None,
                    }
                }
                _ => from_base64(text),
            },
        }
    }

    /// The number as JSON.
    pub fn json(self) -> Value {
        match self {
            Self::Int(number) => match (i64::try_from(number), u64::try_from(number)) {
                (Ok(number), _) => number.into(),
                (_, Ok(number)) => number.into(),
                _ => Value::Null,
            },
            Self::Float(number) => match Number::from_f64(number) {
                Some(number) => Value::Number(number),
                None if number.is_nan() => "NaN".into(),
                None if number > 0.0 => "Infinity".into(),
                None => "-Infinity".into(),
            },
        }
    }

    /// The number as xarray writes `_FillValue` of an array of a type: floats in base 64.
    pub(super) fn fill_attribute(self, data_type: DataType) -> Value {
        if data_type.is_float() { to_base64(self.as_f64()).into() } else { self.json() }
    }

    /// The number, rounded to a double where it is none.
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

/// The digits of base 64: RFC 4648, section 4.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A double as eight bytes in base 64: eleven digits, of which the last has two bits of padding.
fn to_base64(number: f64) -> String {
    let bits = u128::from(u64::from_be_bytes(number.to_le_bytes())) << 2;
    let digit = |index: u32| char::from(DIGITS[(bits >> (60 - 6 * index)) as usize & 63]);
    (0..11).map(digit).chain(['=']).collect()
}

fn from_base64(text: &str) -> Option<f64> {
    let digits = text.strip_suffix('=')?;
    if digits.len() != 11 {
        return None;
    }
    let bits = digits.bytes().try_fold(0_u128, |bits, byte| {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        Some(bits << 6 | digit as u128)
    })?;
    Some(f64::from_le_bytes(((bits >> 2) as u64).to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_have_the_forms_of_zarr_and_of_xarray() {
        let float = |value: Value| Scalar::read(&value).map(Scalar::as_f64);
        assert_eq!(float(json!(1.5)), Some(1.5));
        assert_eq!(float(json!("-Infinity")), Some(f64::NEG_INFINITY));
        assert!(float(json!("NaN")).is_some_and(f64::is_nan));
        assert!(float(json!("0x7fc00000")).is_some_and(f64::is_nan));
        assert_eq!(float(json!("0x3ff8000000000000")), Some(1.5));
        // As xarray writes NaN and -9999.
        assert!(float(json!("AAAAAAAA+H8=")).is_some_and(f64::is_nan));
        assert_eq!(float(json!("AAAAAICHw8A=")), Some(-9999.0));
        assert_eq!(to_base64(-9999.0), "AAAAAICHw8A=");
        assert_eq!(Scalar::read(&json!(u64::MAX)), Some(Scalar::Int(u64::MAX.into())));
        for nothing in
            [json!("nan"), json!("0x7fc"), json!("0x+7fc0000"), json!([1]), json!("AAAA")]
        {
            assert_eq!(Scalar::read(&nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_number_fits_a_type_that_has_it() {
        assert_eq!(DataType::U8.fit(Scalar::Float(255.0)), Some(Scalar::Int(255)));
        assert_eq!(DataType::U8.fit(Scalar::Int(256)), None);
        assert_eq!(DataType::I16.fit(Scalar::Int(-32768)), Some(Scalar::Int(-32768)));
        assert_eq!(DataType::I16.fit(Scalar::Float(0.5)), None);
        let rounded = Scalar::Float(f64::from(0.1_f32));
        assert_eq!(DataType::F32.fit(Scalar::Float(0.1)), Some(rounded));
    }
}
