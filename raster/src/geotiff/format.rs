//! How a file stores samples: their type, and where those of a band are among those of others.

use floe_shared::encoding::DataType;

use super::error::GeoTiffProblem;
use super::tiff::{Entries, MOST_VALUES, Stop};

/// What is wanted of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The type of the samples; any that is read if `None`.
    pub data_type: Option<DataType>,
    /// The band, counted from 1.
    pub band: u32,
}

impl Default for Expect {
    /// The first band, of any type.
    fn default() -> Self {
        Self { data_type: None, band: 1 }
    }
}

/// How samples are stored, and which of them are the band's.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Format {
    pub(super) data_type: DataType,
    /// Samples of a pixel that follow each other within a block: those of all bands, or one.
    pub(super) interleaved: usize,
    /// Which of them is the band's, from 0.
    pub(super) place: usize,
    /// Which of the sets of blocks is the band's, from 0 …
    pub(super) plane: usize,
    /// … of how many: of all bands, or one.
    pub(super) planes: usize,
}

impl Format {
    pub(super) fn read(entries: &Entries<'_, '_>, expect: Expect) -> Result<Self, Stop> {
        let bands = entries.integer("SamplesPerPixel", 277)?.unwrap_or(1);
        if !(1..=MOST_VALUES as u64).contains(&bands) {
            let expected = format!("1 to {MOST_VALUES}");
            return Err(GeoTiffProblem::unexpected("SamplesPerPixel", &expected, &bands).into());
        }
        let data_type = read_type(entries)?;
        if let Some(expected) = expect.data_type.filter(|&expected| expected != data_type) {
            let (expected, found) = (expected.name(), data_type.name());
            return Err(GeoTiffProblem::unexpected("data type", &expected, &found).into());
        }
        if !(1..=bands).contains(&u64::from(expect.band)) {
            let expected = format!("1 to {bands}");
            return Err(GeoTiffProblem::unexpected("band", &expected, &expect.band).into());
        }
        let fill_order = entries.integer("FillOrder", 266)?.unwrap_or(1);
        if fill_order != 1 {
            return Err(GeoTiffProblem::unexpected("FillOrder", &1, &fill_order).into());
        }
        let (bands, band) = (bands as usize, expect.band as usize - 1);
        match entries.integer("PlanarConfiguration", 284)?.unwrap_or(1) {
            1 => Ok(Self { data_type, interleaved: bands, place: band, plane: 0, planes: 1 }),
            2 => Ok(Self { data_type, interleaved: 1, place: 0, plane: band, planes: bands }),
            found => {
                let expected = "1 (interleaved) or 2 (separate)";
                Err(GeoTiffProblem::unexpected("PlanarConfiguration", &expected, &found).into())
            }
        }
    }

    /// Bytes of a pixel in a block, of all bands that the block holds.
    pub(super) const fn pixel_bytes(&self) -> usize {
        self.interleaved * self.data_type.size()
    }
}

/// The type that all bands have.
fn read_type(entries: &Entries<'_, '_>) -> Result<DataType, Stop> {
    let one_of_all = |name, tag, default| -> Result<u64, Stop> {
        let values = entries.integers(name, tag, MOST_VALUES)?.unwrap_or_default();
        let first = values.first().copied().unwrap_or(default);
        match values.iter().find(|&&value| value != first) {
            None => Ok(first),
            Some(other) => {
                let expected = "the same for all bands";
                let found = format!("{first} and {other}");
                Err(GeoTiffProblem::unexpected(name, &expected, &found).into())
            }
        }
    };
    let bits = one_of_all("BitsPerSample", 258, 1)?;
    let format = one_of_all("SampleFormat", 339, 1)?;
    Ok(match (format, bits) {
        // 4 is "undefined", which everybody takes for unsigned.
        (1 | 4, 8) => DataType::U8,
        (1 | 4, 16) => DataType::U16,
        (1 | 4, 32) => DataType::U32,
        (2, 8) => DataType::I8,
        (2, 16) => DataType::I16,
        (2, 32) => DataType::I32,
        (3, 32) => DataType::F32,
        (3, 64) => DataType::F64,
        _ => {
            let kind = match format {
                1 | 4 => "unsigned integers",
                2 => "signed integers",
                3 => "floats",
                5 | 6 => "complex numbers",
                _ => "numbers of an unknown format",
            };
            let expected = "integers of 8, 16 or 32 bits or floats of 32 or 64";
            let found = format!("{kind} of {bits} bits");
            return Err(GeoTiffProblem::unexpected("data type", &expected, &found).into());
        }
    })
}
