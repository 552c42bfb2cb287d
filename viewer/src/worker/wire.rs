//! Values as bytes, for messages between two builds of this same crate.
//!
//! Little endian, lengths as `u32`, no names and no alignment. It costs the page a twentieth of what a
//! general serializer would.

/// Writes values one after the other.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

/// Reads them back in the same order.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

/// The bytes are not those of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message between page and worker is damaged")]
pub struct Damaged;

/// A value with a form in bytes.
pub trait Wire: Sized {
    /// Appends the value.
    fn write(&self, writer: &mut Writer);

    /// Takes the value off the front.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged>;

    /// The value's bytes.
    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.0
    }

    /// The value that has exactly these bytes.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut reader = Reader(bytes);
        let value = Self::read(&mut reader)?;
        if reader.0.is_empty() { Ok(value) } else { Err(Damaged) }
    }
}

impl Writer {
    /// Appends raw bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*head)
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Wire for $number {
            fn write(&self, writer: &mut Writer) {
                writer.bytes(&self.to_le_bytes());
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
                reader.take().map(Self::from_le_bytes)
            }
        }
    )+};
}

numbers!(u8, u16, u32, u64, i32, i64, f32, f64);

impl Wire for bool {
    fn write(&self, writer: &mut Writer) {
        u8::from(*self).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        match u8::read(reader)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged),
        }
    }
}

impl Wire for String {
    fn write(&self, writer: &mut Writer) {
        (self.len() as u32).write(writer);
        writer.bytes(self.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let length = u32::read(reader)? as usize;
        let (head, rest) = reader.0.split_at_checked(length).ok_or(Damaged)?;
        reader.0 = rest;
        std::str::from_utf8(head).map(str::to_owned).map_err(|_| Damaged)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, writer: &mut Writer) {
        (self.len() as u32).write(writer);
        for value in self {
            value.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let length = u32::read(reader)?;
        (0..length).map(|_| T::read(reader)).collect()
    }
}

impl<T: Wire + Copy + Default, const N: usize> Wire for [T; N] {
    fn write(&self, writer: &mut Writer) {
        for value in self {
            value.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let mut values = [T::default(); N];
        for value in &mut values {
            *value = T::read(reader)?;
        }
        Ok(values)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, writer: &mut Writer) {
        self.is_some().write(writer);
        if let Some(value) = self {
            value.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        if bool::read(reader)? { T::read(reader).map(Some) } else { Ok(None) }
    }
}

impl<T: Wire, E: Wire> Wire for Result<T, E> {
    fn write(&self, writer: &mut Writer) {
        self.is_ok().write(writer);
        match self {
            Ok(value) => value.write(writer),
            Err(error) => error.write(writer),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        if bool::read(reader)? { T::read(reader).map(Ok) } else { E::read(reader).map(Err) }
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
        self.1.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok((A::read(reader)?, B::read(reader)?))
    }
}

/// Gives a struct the form of its members in a row.
macro_rules! wire_struct {
    ($name:ty { $($member:ident),+ $(,)? }) => {
        impl $crate::worker::wire::Wire for $name {
            fn write(&self, writer: &mut $crate::worker::wire::Writer) {
                $(self.$member.write(writer);)+
            }

            fn read(
                reader: &mut $crate::worker::wire::Reader<'_>,
            ) -> Result<Self, $crate::worker::wire::Damaged> {
                Ok(Self { $($member: $crate::worker::wire::Wire::read(reader)?),+ })
            }
        }
    };
}

/// Gives an enum of variants with named members the form of a number and its members.
macro_rules! wire_enum {
    ($name:ty { $($number:literal => $variant:ident { $($member:ident),* $(,)? }),+ $(,)? }) => {
        impl $crate::worker::wire::Wire for $name {
            fn write(&self, writer: &mut $crate::worker::wire::Writer) {
                match self {
                    $(Self::$variant { $($member),* } => {
                        writer.bytes(&[$number]);
                        $($member.write(writer);)*
                    })+
                }
            }

            fn read(
                reader: &mut $crate::worker::wire::Reader<'_>,
            ) -> Result<Self, $crate::worker::wire::Damaged> {
                match u8::read(reader)? {
                    $($number => Ok(Self::$variant {
                        $($member: $crate::worker::wire::Wire::read(reader)?),*
                    }),)+
                    _ => Err($crate::worker::wire::Damaged),
                }
            }
        }
    };
}

pub(super) use {wire_enum, wire_struct};
