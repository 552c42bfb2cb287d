//! The number that stands for "no data" in a file: GDAL's tag, a decimal number as text.

use floe_shared::encoding::{DataType, Scalar};

use super::error::GeoTiffProblem;

/// What a file says of "no data".
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Nodata {
    data_type: DataType,
    /// As it is written.
    text: Option<String>,
}

impl Nodata {
    pub(super) const fn new(data_type: DataType, text: Option<String>) -> Self {
        Self { data_type, text }
    }

    /// The number, if there is one and a sample can hold it.
    pub(super) fn number(&self) -> Option<Scalar> {
        // Writers state whole numbers as such and as decimals: 255, 255.0, 2.55e+02.
        let number: f64 = self.text.as_deref()?.parse().ok()?;
        let fits =
            self.data_type != DataType::F32 || (number as f32).is_finite() == number.is_finite();
        self.data_type.fit(Scalar::Float(number)).filter(|_| fits)
    }

    /// What every pixel of a block holds that is not stored: 0 where the file does not say. An error where it says
    /// what no sample can hold.
    pub(super) fn absent(&self) -> Result<Scalar, GeoTiffProblem> {
        match (self.number(), &self.text) {
            (Some(number), _) => Ok(number),
            (None, None) => Ok(self.data_type.zero()),
            (None, Some(text)) => {
                let expected = if self.data_type.is_float() {
                    format!("a number of type {}", self.data_type.name())
                } else {
                    let [least, most] = integer_range(self.data_type);
                    format!("a whole number from {least} to {most}")
                };
                let found = format!("'{text}'");
                Err(GeoTiffProblem::unexpected("GDAL_NODATA", &expected, &found))
            }
        }
    }
}

/// The least and the greatest number of an integer type.
fn integer_range(data_type: DataType) -> [i128; 2] {
    let numbers = 1_i128 << (8 * data_type.size());
    if data_type.is_signed() { [-numbers / 2, numbers / 2 - 1] } else { [0, numbers - 1] }
}
