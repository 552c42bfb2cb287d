//! One variable's pixels in the type in which they are stored.

use floe_shared::encoding::DataType;
use ndarray::Array2;

/// Pixels of one variable and period: rows from the north, columns from the west.
#[derive(Clone, Debug, PartialEq)]
pub enum Plane {
    /// `uint8`
    U8(Array2<u8>),
    /// `int8`
    I8(Array2<i8>),
    /// `uint16`
    U16(Array2<u16>),
    /// `int16`
    I16(Array2<i16>),
    /// `uint32`
    U32(Array2<u32>),
    /// `int32`
    I32(Array2<i32>),
    /// `float32`
    F32(Array2<f32>),
}

/// Runs code with the pixels of a [`Plane`] as an `Array2` of their own type.
#[macro_export]
macro_rules! with_plane {
    ($plane:expr, $pixels:ident => $body:expr) => {
        match $plane {
            $crate::plane::Plane::U8($pixels) => $body,
            $crate::plane::Plane::I8($pixels) => $body,
            $crate::plane::Plane::U16($pixels) => $body,
            $crate::plane::Plane::I16($pixels) => $body,
            $crate::plane::Plane::U32($pixels) => $body,
            $crate::plane::Plane::I32($pixels) => $body,
            $crate::plane::Plane::F32($pixels) => $body,
        }
    };
}

impl Plane {
    /// The type of the pixels.
    pub const fn data_type(&self) -> DataType {
        match self {
            Self::U8(_) => DataType::U8,
            Self::I8(_) => DataType::I8,
            Self::U16(_) => DataType::U16,
            Self::I16(_) => DataType::I16,
            Self::U32(_) => DataType::U32,
            Self::I32(_) => DataType::I32,
            Self::F32(_) => DataType::F32,
        }
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        with_plane!(self, pixels => pixels.dim())
    }
}
