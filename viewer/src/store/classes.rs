//! Arrays whose numbers stand for classes: their codes are places in the list of classes, counted from 1, so that a
//! palette has a colour for each.

use floe_shared::encoding::{DataType, Decoder, EncodingError, Scalar};
use floe_shared::flags::{self, Flag};

use super::codec::Bits;
use super::metadata::ArrayMetadata;

/// The most classes: 0 is the code of no data, and the one after the last that of numbers without a class.
const MOST: usize = 254;

/// What turns stored numbers into codes of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    /// The numbers of the classes in ascending order, with their codes.
    numbers: Vec<(f64, u8)>,
    decoder: Decoder,
}

impl Classes {
    /// The code of a stored number.
    pub fn code(&self, bits: u64) -> u8 {
        let Some(number) = self.decoder.value(bits) else { return 0 };
        let found = self.numbers.binary_search_by(|(class, _)| class.total_cmp(&number));
        found.map_or(self.numbers.len() as u8 + 1, |place| self.numbers[place].1)
    }

    /// The codes of stored numbers.
    pub fn codes<T: Bits>(&self, numbers: &[T]) -> Vec<u8> {
        // Neighbours are alike.
        let mut last = (0, self.code(0));
        let code = |&bits: &T| {
            let bits: u64 = bits.into();
            if bits != last.0 {
                last = (bits, self.code(bits));
            }
            last.1
        };
        numbers.iter().map(code).collect()
    }
}

/// The flags of an array that its data can have, and its classes, if its numbers are nothing else: whole numbers that stand
/// for themselves. Where all flags are numbers beyond the valid range there are none, since the rest is measured.
pub(super) fn read(
    metadata: &ArrayMetadata,
) -> Result<(Vec<Flag>, Option<Classes>), EncodingError> {
    let encoding = &metadata.encoding;
    let (stored, meant) = (encoding.data_type, encoding.meant_type());
    let decoder = encoding.decoder();
    let mut flags = flags::read(&metadata.attributes)?;
    flags.retain_mut(|flag| match (&mut flag.mask, stored.fit(Scalar::Float(flag.value))) {
        (Some(mask), _) => {
            *mask &= u64::MAX >> (64 - stored.size() * 8);
            true
        }
        (None, Some(number)) => {
            let bits = stored.bits(number);
            flag.value = meant.number(bits);
            decoder.value(bits).is_some()
        }
        (None, None) => false,
    });
    let is_plain = encoding.scale.is_none() && encoding.offset.is_none();
    if !is_plain {
        // The page knows physical values only.
        for flag in &mut flags {
            flag.value = encoding.physical(flag.value);
        }
    }
    let are_numbers = flags.iter().all(|flag| flag.mask.is_none());
    let are_few = (1..=MOST).contains(&flags.len());
    if !(is_whole(meant) && is_plain && are_numbers && are_few) {
        return Ok((flags, None));
    }
    let mut numbers: Vec<(f64, u8)> =
        flags.iter().zip(1..).map(|(flag, code)| (flag.value, code)).collect();
    floe_shared::order::sort_by_number(&mut numbers, |&(number, _)| number);
    Ok((flags, Some(Classes { numbers, decoder })))
}

fn is_whole(data_type: DataType) -> bool {
    !data_type.is_float()
}
