//! Numbers of one band, of any type that is read.

use floe_shared::encoding::DataType;

/// Numbers of one band in the type that its file has.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// Unsigned, 8 bits.
    U8(Vec<u8>),
    /// Signed, 8 bits.
    I8(Vec<i8>),
    /// Unsigned, 16 bits.
    U16(Vec<u16>),
    /// Signed, 16 bits.
    I16(Vec<i16>),
    /// Unsigned, 32 bits.
    U32(Vec<u32>),
    /// Signed, 32 bits.
    I32(Vec<i32>),
    /// Floating point, 32 bits.
    F32(Vec<f32>),
    /// Floating point, 64 bits.
    F64(Vec<f64>),
}

/// Runs code with the numbers of [`Samples`] as a `Vec` of their own type.
#[macro_export]
macro_rules! with_samples {
    ($samples:expr, $numbers:ident => $body:expr) => {
        match $samples {
            $crate::samples::Samples::U8($numbers) => $body,
            $crate::samples::Samples::I8($numbers) => $body,
            $crate::samples::Samples::U16($numbers) => $body,
            $crate::samples::Samples::I16($numbers) => $body,
            $crate::samples::Samples::U32($numbers) => $body,
            $crate::samples::Samples::I32($numbers) => $body,
            $crate::samples::Samples::F32($numbers) => $body,
            $crate::samples::Samples::F64($numbers) => $body,
        }
    };
}

impl Default for Samples {
    fn default() -> Self {
        Self::U8(Vec::new())
    }
}

impl Samples {
    /// No numbers of a type; `None` for integers of 64 bits, which no raster that is read has.
    pub fn empty(data_type: DataType) -> Option<Self> {
        Some(match data_type {
            DataType::U8 => Self::U8(Vec::new()),
            DataType::I8 => Self::I8(Vec::new()),
            DataType::U16 => Self::U16(Vec::new()),
            DataType::I16 => Self::I16(Vec::new()),
            DataType::U32 => Self::U32(Vec::new()),
            DataType::I32 => Self::I32(Vec::new()),
            DataType::F32 => Self::F32(Vec::new()),
            DataType::F64 => Self::F64(Vec::new()),
            DataType::U64 | DataType::I64 => return None,
        })
    }

    /// Their type.
    pub const fn data_type(&self) -> DataType {
        match self {
            Self::U8(_) => DataType::U8,
            Self::I8(_) => DataType::I8,
            Self::U16(_) => DataType::U16,
            Self::I16(_) => DataType::I16,
            Self::U32(_) => DataType::U32,
            Self::I32(_) => DataType::I32,
            Self::F32(_) => DataType::F32,
            Self::F64(_) => DataType::F64,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        with_samples!(self, numbers => numbers.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
