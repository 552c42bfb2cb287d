//! What the map asks the reader for, and what it gets back.

use js_sys::{Object, Uint8Array, Uint16Array, Uint32Array};
use wasm_bindgen::{JsCast as _, JsValue};

/// A variable of a dataset: its place in [`Dataset::variables`](crate::dataset::Dataset::variables).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableId(pub u16);

/// One rectangle of stored pixels: a plane of a variable, at a level of the pyramid.
///
/// `row` and `col` count the level's chunks as [`LevelInfo`](crate::dataset::LevelInfo) gives
/// their size, in the order of the array's own rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkKey {
    /// The variable.
    pub variable: VariableId,
    /// Row-major index over the variable's axes beside latitude and longitude, the last one fastest; 0 without any.
    pub plane: u32,
    /// Index of the level among those of the variable's grid, 0 the finest.
    pub level: u8,
    /// Row of chunks.
    pub row: u32,
    /// Column of chunks.
    pub col: u32,
}

/// A variable and the index of one of its planes, as in [`ChunkKey`].
pub type Plane = (VariableId, u32);

/// What became of a chunk that was asked for.
#[derive(Clone, Debug)]
pub enum ChunkAnswer {
    /// Its pixels, row by row. Chunks at the end of a level's rows and columns are cut to the level: `width` and `height` are those of [`LevelInfo::chunk_size`].
    ///
    /// [`LevelInfo::chunk_size`]: crate::dataset::LevelInfo::chunk_size
    Data {
        /// Columns of pixels.
        width: u32,
        /// Rows of pixels.
        height: u32,
        /// `width * height` codes.
        values: Texels,
    },
    /// The store holds no such chunk: every pixel is fill. Nothing was fetched for it.
    Absent,
    /// It could not be read.
    Failed {
        /// What was expected and what was found.
        message: String,
        /// Whether asking again may help (network, overload), after the reader's own retries.
        transient: bool,
    },
    /// It has not been read, since the view would take more bytes than the visitor has been asked for.
    Held,
}

/// What stands for a pixel's value on its way to the screen. All variables of a dataset have one form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A stored number of 8 bits; with a sign, counted from the least.
    U8,
    /// A stored number of 16 bits; with a sign, counted from the least.
    #[default]
    U16,
    /// The bits of the physical value as a float of 32 bits.
    Float,
}

impl Form {
    /// Bytes of a code.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::Float => 4,
        }
    }
}

/// How a variable's codes stand for physical values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Codes {
    /// The code of "no data"; no code at all, where it is larger than the form's.
    pub missing: u32,
    /// Physical value = code's number * `scale` + `offset`.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
    /// The least code of a whole number that is data; what is less is no data either. Floats have none.
    pub lowest: u32,
    /// The greatest one.
    pub highest: u32,
}

impl Default for Codes {
    /// Of numbers that stand for themselves.
    fn default() -> Self {
        Self { missing: 0, scale: 1.0, offset: 0.0, lowest: 0, highest: u32::MAX }
    }
}

impl Codes {
    /// The code of "no data" among floats: a NaN.
    pub const NAN: u32 = 0x7FC0_0000;

    /// The code's number of a physical value, between those of two codes or beyond them.
    pub fn number(&self, value: f64) -> f64 {
        (value - self.offset) / self.scale
    }

    /// The physical value of a code; `None` for no data.
    pub fn value(&self, form: Form, code: u32) -> Option<f64> {
        let number = match form {
            Form::U8 | Form::U16 => f64::from(code),
            Form::Float => f64::from(f32::from_bits(code)),
        };
        let is_data = code != self.missing && (self.lowest..=self.highest).contains(&code);
        is_data.then_some(number * self.scale + self.offset)
    }
}

/// The codes of a chunk's pixels, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// [`Form::U8`].
    U8(Vec<u8>),
    /// [`Form::U16`].
    U16(Vec<u16>),
    /// [`Form::Float`].
    Float(Vec<u32>),
}

impl Pixels {
    /// So many pixels of one code.
    pub fn filled(form: Form, code: u32, count: usize) -> Self {
        match form {
            Form::U8 => Self::U8(vec![code as u8; count]),
            Form::U16 => Self::U16(vec![code as u16; count]),
            Form::Float => Self::Float(vec![code; count]),
        }
    }

    /// Number of pixels.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(codes) => codes.len(),
            Self::U16(codes) => codes.len(),
            Self::Float(codes) => codes.len(),
        }
    }

    /// Whether there is no pixel.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy that the browser holds.
    pub fn texels(&self) -> Texels {
        match self {
            Self::U8(codes) => Texels::U8(Uint8Array::from(codes.as_slice())),
            Self::U16(codes) => Texels::U16(Uint16Array::from(codes.as_slice())),
            Self::Float(codes) => Texels::Float(Uint32Array::from(codes.as_slice())),
        }
    }
}

/// [`Pixels`] as the browser holds them.
#[derive(Clone, Debug)]
pub enum Texels {
    /// [`Form::U8`].
    U8(Uint8Array),
    /// [`Form::U16`].
    U16(Uint16Array),
    /// [`Form::Float`].
    Float(Uint32Array),
}

impl Texels {
    /// What came with a message.
    pub fn of(value: JsValue) -> Option<Self> {
        let value = match value.dyn_into() {
            Ok(codes) => return Some(Self::U16(codes)),
            Err(value) => value,
        };
        let value = match value.dyn_into() {
            Ok(codes) => return Some(Self::Float(codes)),
            Err(value) => value,
        };
        value.dyn_into().ok().map(Self::U8)
    }

    /// The form of the codes.
    pub fn form(&self) -> Form {
        match self {
            Self::U8(_) => Form::U8,
            Self::U16(_) => Form::U16,
            Self::Float(_) => Form::Float,
        }
    }

    /// Number of pixels.
    pub fn length(&self) -> u32 {
        match self {
            Self::U8(codes) => codes.length(),
            Self::U16(codes) => codes.length(),
            Self::Float(codes) => codes.length(),
        }
    }

    /// The array.
    pub fn array(&self) -> &Object {
        match self {
            Self::U8(codes) => codes,
            Self::U16(codes) => codes,
            Self::Float(codes) => codes,
        }
    }

    /// The bytes beneath the array, to be transferred.
    pub fn buffer(&self) -> Object {
        match self {
            Self::U8(codes) => codes.buffer().into(),
            Self::U16(codes) => codes.buffer().into(),
            Self::Float(codes) => codes.buffer().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_for_values_but_for_that_of_no_data() {
        let codes = Codes { scale: 0.02, lowest: 7500, highest: 65_000, ..Codes::default() };
        assert_eq!(codes.value(Form::U16, 15_000), Some(300.0));
        assert_eq!(codes.value(Form::U16, 0), None);
        assert_eq!(codes.value(Form::U16, 7499), None);
        assert_eq!(codes.value(Form::U16, 65_001), None);
        assert!((codes.number(300.0) - 15_000.0).abs() < 1e-9);
        let codes = Codes { missing: Codes::NAN, ..Codes::default() };
        assert_eq!(codes.value(Form::Float, 1.5_f32.to_bits()), Some(1.5));
        assert_eq!(codes.value(Form::Float, Codes::NAN), None);
    }
}
