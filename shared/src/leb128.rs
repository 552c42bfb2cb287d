//! Reads the variable-length numbers of the embedded binary files: LEB128, and zigzag over it.

/// Why a number cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Leb128Error {
    /// The bytes end within a value.
    #[error("the file ends at byte {at}, within a value")]
    Truncated {
        /// Length of the input.
        at: usize,
    },
    /// A number is longer than 32 bits.
    #[error("the file holds a number of more than 32 bits at byte {at}")]
    NumberTooLong {
        /// Where the number begins.
        at: usize,
    },
}

/// Reads from the front of some bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the byte `at`.
    pub const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Where the next value begins.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub const fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// The next so many bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Leb128Error> {
        let truncated = Leb128Error::Truncated { at: self.bytes.len() };
        let end = self.at.checked_add(count).ok_or(truncated)?;
        let taken = self.bytes.get(self.at..end).ok_or(truncated)?;
        self.at = end;
        Ok(taken)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, Leb128Error> {
        self.take(1).map(|taken| taken[0])
    }

    /// An unsigned number.
    pub fn varint(&mut self) -> Result<u32, Leb128Error> {
        let begin = self.at;
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value).map_err(|_| Leb128Error::NumberTooLong { at: begin });
            }
        }
        Err(Leb128Error::NumberTooLong { at: begin })
    }

    /// A signed number: 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
    pub fn zigzag(&mut self) -> Result<i64, Leb128Error> {
        let value = i64::from(self.varint()?);
        Ok((value >> 1) ^ -(value & 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_and_more_bytes_follow_each_other() {
        let mut reader = Reader::new(&[0xff, 5, 0xe8, 0x07, 3, 4, 9], 1);
        assert_eq!((reader.varint(), reader.varint()), (Ok(5), Ok(1000)));
        assert_eq!((reader.zigzag(), reader.zigzag()), (Ok(-2), Ok(2)));
        assert_eq!((reader.at(), reader.left()), (6, 1));
        assert_eq!(reader.take(1), Ok([9].as_slice()));
        assert_eq!(reader.byte(), Err(Leb128Error::Truncated { at: 7 }));
    }

    #[test]
    fn more_than_32_bits_are_refused() {
        let whole = [0xff, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(Reader::new(&whole, 0).varint(), Ok(u32::MAX));
        let longer = [0xff, 0xff, 0xff, 0xff, 0x1f];
        assert_eq!(Reader::new(&longer, 0).varint(), Err(Leb128Error::NumberTooLong { at: 0 }));
        assert_eq!(Reader::new(&[1], 0).take(usize::MAX), Err(Leb128Error::Truncated { at: 1 }));
    }
}
