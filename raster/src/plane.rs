//! One variable's pixels in the type in which they are stored.

use floe_shared::encoding::{DataType, Scalar};
use ndarray::{Array2, Axis, Ix2, SliceInfo, SliceInfoElem};

use crate::samples::Samples;

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

/// Rows and columns of a plane.
pub type Part = SliceInfo<[SliceInfoElem; 2], Ix2, Ix2>;

/// Pixels that are not of the type, or as many, as they must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaneError {
    /// A type that no variable has.
    #[error("expected pixels of at most 32 bits (uint8, int8, uint16, int16, uint32, int32 or float32), found {}", found.name())]
    Unsupported {
        /// The type.
        found: DataType,
    },
    /// Pixels of two types where one is needed.
    #[error("expected pixels of type {}, found {}", expected.name(), found.name())]
    OtherType {
        /// The type that they must be of.
        expected: DataType,
        /// Theirs.
        found: DataType,
    },
    /// Not as many as rows and columns need.
    #[error("expected {} x {} pixels, found {found}", expected.0, expected.1)]
    OtherNumber {
        /// Rows and columns.
        expected: (usize, usize),
        /// How many there are.
        found: usize,
    },
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

/// A type of pixels.
pub trait Pixel: Copy + PartialEq + PartialOrd + Send + Sync + 'static {
    /// Its name in Zarr, and its size.
    const DATA_TYPE: DataType;

    /// A number in this type; what does not fit is cut off.
    fn of(number: Scalar) -> Self;

    /// The number, exactly.
    fn scalar(self) -> Scalar;

    /// The number, exactly: no type of pixels has more than 53 bits.
    fn number(self) -> f64;

    /// Whether it is a floating-point number that is none.
    fn is_nan(self) -> bool;

    /// Pixels from their bytes in the machine's order.
    fn read(bytes: &[u8]) -> Vec<Self>;

    /// The pixels of a plane of this type; `None` of another.
    fn pixels(plane: &Plane) -> Option<&Array2<Self>>;

    /// Whether it is data: not fill, and not NaN.
    #[inline]
    fn is_data(self, fill: Self) -> bool {
        self != fill && !self.is_nan()
    }

    /// Whether it is the same number; NaN is the same as NaN.
    #[inline]
    fn is_same(self, other: Self) -> bool {
        self == other || (self.is_nan() && other.is_nan())
    }
}

macro_rules! pixel {
    ($($type:ty: $variant:ident, $scalar:ident as $wide:ty, $is_nan:expr;)*) => { $(
        impl Pixel for $type {
            const DATA_TYPE: DataType = DataType::$variant;

            fn of(number: Scalar) -> Self {
                <$type>::from_ne_bytes(low_bytes(Self::DATA_TYPE.bits(number)))
            }

            fn scalar(self) -> Scalar {
                Scalar::$scalar(<$wide>::from(self))
            }

            #[inline]
            fn number(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn is_nan(self) -> bool {
                let is_nan: fn(Self) -> bool = $is_nan;
                is_nan(self)
            }

            fn read(bytes: &[u8]) -> Vec<Self> {
                let numbers = bytes.as_chunks::<{ size_of::<$type>() }>().0.iter();
                numbers.map(|bytes| <$type>::from_ne_bytes(*bytes)).collect()
            }

            fn pixels(plane: &Plane) -> Option<&Array2<Self>> {
                match plane {
                    Plane::$variant(pixels) => Some(pixels),
                    _ => None,
                }
            }
        }

        impl From<Array2<$type>> for Plane {
            fn from(pixels: Array2<$type>) -> Self {
                Self::$variant(pixels)
            }
        }
    )* };
}

pixel! {
    u8: U8, Int as i128, |_| false;
    i8: I8, Int as i128, |_| false;
    u16: U16, Int as i128, |_| false;
    i16: I16, Int as i128, |_| false;
    u32: U32, Int as i128, |_| false;
    i32: I32, Int as i128, |_| false;
    f32: F32, Float as f64, f32::is_nan;
}

/// The lowest bytes of some bits, in the machine's order.
fn low_bytes<const N: usize>(bits: u64) -> [u8; N] {
    let mut bytes = [0; N];
    let little = bits.to_le_bytes();
    bytes.copy_from_slice(&little[..N]);
    if cfg!(target_endian = "big") {
        bytes.reverse();
    }
    bytes
}

/// Runs code with the type of a plane's pixels; other types are [`PlaneError::Unsupported`].
macro_rules! with_type {
    (@ $concrete:ty, $type:ident, $body:expr) => {{
        type $type = $concrete;
        $body
    }};
    ($data_type:expr, $type:ident => $body:expr) => {
        match $data_type {
            DataType::U8 => with_type!(@ u8, $type, $body),
            DataType::I8 => with_type!(@ i8, $type, $body),
            DataType::U16 => with_type!(@ u16, $type, $body),
            DataType::I16 => with_type!(@ i16, $type, $body),
            DataType::U32 => with_type!(@ u32, $type, $body),
            DataType::I32 => with_type!(@ i32, $type, $body),
            DataType::F32 => with_type!(@ f32, $type, $body),
            found @ (DataType::U64 | DataType::I64 | DataType::F64) => {
                Err(PlaneError::Unsupported { found })
            }
        }
    };
}

impl Plane {
    /// A plane of one number.
    ///
    /// # Errors
    /// [`PlaneError::Unsupported`] for a type of 64 bits.
    pub fn filled(
        data_type: DataType,
        dim: (usize, usize),
        number: Scalar,
    ) -> Result<Self, PlaneError> {
        with_type!(data_type, T => Ok(Array2::from_elem(dim, <T as Pixel>::of(number)).into()))
    }

    /// The plane of some bytes in the machine's order, row by row.
    ///
    /// # Errors
    /// [`PlaneError::Unsupported`] for a type of 64 bits, [`PlaneError::OtherNumber`] for too few or too many bytes.
    pub fn read(
        data_type: DataType,
        dim: (usize, usize),
        bytes: &[u8],
    ) -> Result<Self, PlaneError> {
        let found = bytes.len() / data_type.size();
        if bytes.len() != dim.0 * dim.1 * data_type.size() {
            return Err(PlaneError::OtherNumber { expected: dim, found });
        }
        let wrong = |_| PlaneError::OtherNumber { expected: dim, found };
        with_type!(data_type, T => {
            Array2::from_shape_vec(dim, <T as Pixel>::read(bytes)).map(Self::from).map_err(wrong)
        })
    }

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

    /// Of numbers row by row; `None` where they are not as many as rows and columns make, or floats of 64 bits.
    pub fn from_samples(numbers: Samples, rows: usize, cols: usize) -> Option<Self> {
        let shape = (rows, cols);
        Some(match numbers {
            Samples::U8(numbers) => Self::U8(Array2::from_shape_vec(shape, numbers).ok()?),
            Samples::I8(numbers) => Self::I8(Array2::from_shape_vec(shape, numbers).ok()?),
            Samples::U16(numbers) => Self::U16(Array2::from_shape_vec(shape, numbers).ok()?),
            Samples::I16(numbers) => Self::I16(Array2::from_shape_vec(shape, numbers).ok()?),
            Samples::U32(numbers) => Self::U32(Array2::from_shape_vec(shape, numbers).ok()?),
            Samples::I32(numbers) => Self::I32(Array2::from_shape_vec(shape, numbers).ok()?),
            Samples::F32(numbers) => Self::F32(Array2::from_shape_vec(shape, numbers).ok()?),
            Samples::F64(_) => return None,
        })
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        with_plane!(self, pixels => pixels.dim())
    }

    /// Whether all pixels are one number; NaN is the same as NaN.
    pub fn is_all(&self, number: Scalar) -> bool {
        with_plane!(self, pixels => {
            let number = Pixel::of(number);
            pixels.iter().all(|pixel| pixel.is_same(number))
        })
    }

    /// A copy of a part.
    #[must_use]
    pub fn part(&self, part: Part) -> Self {
        with_plane!(self, pixels => pixels.slice(part).to_owned().into())
    }

    /// Writes the pixels of another plane over a part, which is as large.
    ///
    /// # Errors
    /// [`PlaneError::OtherType`].
    pub fn put(&mut self, part: Part, other: &Self) -> Result<(), PlaneError> {
        with_plane!(self, pixels => {
            let other = alike(pixels, other)?;
            pixels.slice_mut(part).assign(other);
        });
        Ok(())
    }

    /// Appends the rows of another plane, as wide, in the south.
    ///
    /// # Errors
    /// [`PlaneError::OtherType`]; [`PlaneError::OtherNumber`] where it is not as wide.
    pub fn append(&mut self, other: &Self) -> Result<(), PlaneError> {
        let expected = (other.dim().0, self.dim().1);
        with_plane!(self, pixels => {
            let other = alike(pixels, other)?;
            let wrong = |_| PlaneError::OtherNumber { expected, found: other.len() };
            pixels.append(Axis(0), other.view()).map_err(wrong)
        })
    }

    /// Takes rows off in the north; all where there are fewer.
    #[must_use]
    pub fn take_rows(&mut self, count: usize) -> Self {
        with_plane!(self, pixels => {
            let count = count.min(pixels.nrows());
            let taken = pixels.slice(ndarray::s![..count, ..]).to_owned();
            *pixels = pixels.slice(ndarray::s![count.., ..]).to_owned();
            taken.into()
        })
    }
}

/// The pixels of a plane that is of the type of others.
fn alike<'a, T: Pixel>(_: &Array2<T>, plane: &'a Plane) -> Result<&'a Array2<T>, PlaneError> {
    let (expected, found) = (T::DATA_TYPE, plane.data_type());
    T::pixels(plane).ok_or(PlaneError::OtherType { expected, found })
}

#[cfg(test)]
mod tests {
    use ndarray::{array, s};

    use super::*;

    const TYPES: [DataType; 7] = [
        DataType::U8,
        DataType::I8,
        DataType::U16,
        DataType::I16,
        DataType::U32,
        DataType::I32,
        DataType::F32,
    ];

    #[test]
    fn a_plane_of_any_type_is_filled_and_known_to_be() {
        for data_type in TYPES {
            let seven = Plane::filled(data_type, (2, 3), Scalar::Int(7)).unwrap();
            assert_eq!((seven.data_type(), seven.dim()), (data_type, (2, 3)));
            assert!(seven.is_all(Scalar::Int(7)) && !seven.is_all(Scalar::Int(8)));
        }
        let nan = Plane::filled(DataType::F32, (1, 2), Scalar::Float(f64::NAN)).unwrap();
        assert!(nan.is_all(Scalar::Float(f64::NAN)) && !nan.is_all(Scalar::Int(0)));
        let error = Plane::filled(DataType::F64, (1, 1), Scalar::Int(0)).unwrap_err();
        assert!(error.to_string().ends_with("found float64"), "{error}");
    }

    #[test]
    fn bytes_are_read_as_numbers_of_their_type() {
        let numbers = [-3000_i16, 0, 32767, -1];
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
        let read = Plane::read(DataType::I16, (2, 2), &bytes).unwrap();
        assert_eq!(read, array![[-3000_i16, 0], [32767, -1]].into());
        let error = Plane::read(DataType::I16, (2, 3), &bytes).unwrap_err();
        assert_eq!(error.to_string(), "expected 2 x 3 pixels, found 4");
    }

    #[test]
    fn parts_are_copied_written_appended_and_taken() {
        let mut plane: Plane = array![[1_u8, 2, 3], [4, 5, 6]].into();
        assert_eq!(plane.part(s![1.., ..2]), array![[4_u8, 5]].into());
        plane.put(s![..1, 1..], &array![[8_u8, 9]].into()).unwrap();
        plane.append(&array![[7_u8, 7, 7]].into()).unwrap();
        assert_eq!(plane.take_rows(1), array![[1_u8, 8, 9]].into());
        assert_eq!(plane, array![[4_u8, 5, 6], [7, 7, 7]].into());
        let other: Plane = array![[0_i8, 0, 0]].into();
        let error = plane.append(&other).unwrap_err().to_string();
        assert_eq!(error, "expected pixels of type uint8, found int8");
        assert_eq!(plane.put(s![..1, ..], &other).unwrap_err().to_string(), error);
    }
}
