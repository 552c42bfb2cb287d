//! The `blosc` codec: blocks that are shuffled, split and compressed, as version 1 of C-Blosc writes them:
//! <https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst>.

use super::error::DecodeError;
use super::further::{self, Envelope};
use super::{lz4, zstd};

/// Bytes of the header.
const HEADER: usize = 16;
/// Flags of the header.
const SHUFFLED: u8 = 1;
const COPIED: u8 = 2;
const BITS_SHUFFLED: u8 = 4;
const WHOLE: u8 = 16;
/// Blocks are split by the bytes of their numbers only where those are so few ...
const MOST_SPLITS: usize = 16;
/// ... and the block has so many of them.
const LEAST_SPLIT: usize = 128;

/// Decodes into a buffer; gives the number of bytes.
pub(super) fn decode(encoded: &[u8], decoded: &mut [u8]) -> Result<usize, DecodeError> {
    let damaged = |problem| DecodeError::Damaged { codec: "blosc", problem };
    let cut_short = || damaged("it is cut short");
    let (header, _) = encoded.split_first_chunk::<HEADER>().ok_or_else(cut_short)?;
    let [_, _, flags, type_size, ..] = *header;
    let number = |at: usize| {
        let bytes = encoded.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let [length, block, whole] = [4, 8, 12].map(|at| number(at).unwrap_or_default());
    let decoded = decoded
        .get_mut(..length)
        .ok_or_else(|| damaged("it holds more bytes than there are numbers"))?;
    if whole != encoded.len() {
        return Err(cut_short());
    }
    if flags & COPIED != 0 {
        let bytes = encoded.get(HEADER..HEADER + length).ok_or_else(cut_short)?;
        decoded.copy_from_slice(bytes);
        return Ok(length);
    }
    if length == 0 {
        return Ok(0);
    }
    if block == 0 || block > length || type_size == 0 {
        return Err(damaged("its header makes no sense"));
    }
    let size = usize::from(type_size);
    let mut shuffled = vec![0; block];
    for (index, decoded) in decoded.chunks_mut(block).enumerate() {
        let shuffled = &mut shuffled[..decoded.len()];
        let mut at = number(HEADER + index * 4).ok_or_else(cut_short)?;
        let is_split = flags & WHOLE == 0
            && size <= MOST_SPLITS
            && block / size >= LEAST_SPLIT
            && decoded.len() == block;
        let part = if is_split { block / size } else { decoded.len() };
        for part in shuffled.chunks_mut(part) {
            let length = number(at).ok_or_else(cut_short)?;
            let bytes =
                encoded.get(at + 4..).and_then(|rest| rest.get(..length)).ok_or_else(cut_short)?;
            decompress(flags >> 5, bytes, part)?;
            at += 4 + length;
        }
        if flags & SHUFFLED != 0 && size > 1 {
            unshuffle(size, shuffled, decoded);
        } else if flags & BITS_SHUFFLED != 0 && decoded.len() / size % 8 == 0 {
            unshuffle_bits(size, shuffled, decoded);
        } else {
            decoded.copy_from_slice(shuffled);
        }
    }
    Ok(length)
}

/// Decompresses a part of a block, by the number of its compressor.
fn decompress(compressor: u8, encoded: &[u8], part: &mut [u8]) -> Result<(), DecodeError> {
    if encoded.len() == part.len() {
        // It could not be compressed.
        part.copy_from_slice(encoded);
        return Ok(());
    }
    let damaged = |problem| DecodeError::Damaged { codec: "blosc", problem };
    let written = match compressor {
        1 => {
            lz4::block(encoded, part).ok_or_else(|| damaged("a block of LZ4 makes no sense"))?;
            part.len()
        }
        3 => further::inflate(Envelope::Zlib, encoded, part)?,
        4 => zstd::frame(encoded, part)?,
        _ => return Err(damaged("expected it to be compressed by lz4, zlib or zstd")),
    };
    if written == part.len() { Ok(()) } else { Err(damaged("a block has another length")) }
}

/// Puts the bytes of each number together: those of one significance stand together.
fn unshuffle(size: usize, shuffled: &[u8], decoded: &mut [u8]) {
    let count = shuffled.len() / size;
    let (planes, rest) = shuffled.split_at(count * size);
    let (numbers, end) = decoded.split_at_mut(count * size);
    for (place, plane) in planes.chunks_exact(count.max(1)).enumerate() {
        for (number, byte) in numbers.chunks_exact_mut(size).zip(plane) {
            number[place] = *byte;
        }
    }
    end.copy_from_slice(rest);
}

/// Puts the bits of each number together: those of one significance stand together, of eight numbers in a byte.
fn unshuffle_bits(size: usize, shuffled: &[u8], decoded: &mut [u8]) {
    let count = shuffled.len() / size;
    let (planes, rest) = shuffled.split_at(count * size);
    let (numbers, end) = decoded.split_at_mut(count * size);
    numbers.fill(0);
    for (place, plane) in planes.chunks_exact((count / 8).max(1)).enumerate() {
        let (byte, bit) = (place / 8, place % 8);
        for (eight, bits) in numbers.chunks_exact_mut(size * 8).zip(plane) {
            for (index, number) in eight.chunks_exact_mut(size).enumerate() {
                number[byte] |= (bits >> index & 1) << bit;
            }
        }
    }
    end.copy_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A container of one block.
    fn container(flags: u8, size: u8, length: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![2, 1, flags, size];
        for number in [length, length, (HEADER + 8 + body.len()) as u32] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&(HEADER as u32 + 4).to_le_bytes());
        bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    fn decoded(encoded: &[u8], room: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; room];
        let length = decode(encoded, &mut bytes).map_err(|error| error.to_string())?;
        bytes.truncate(length);
        Ok(bytes)
    }

    #[test]
    fn shuffled_bytes_and_bits_are_put_together() {
        let bytes = container(WHOLE | SHUFFLED | 1 << 5, 2, 7, &[1, 2, 3, 11, 12, 13, 99]);
        assert_eq!(decoded(&bytes, 7).unwrap(), [1, 11, 2, 12, 3, 13, 99]);
        // Eight numbers of one byte: bit 0 of the first and bit 7 of the last are set.
        let bytes = container(WHOLE | BITS_SHUFFLED | 1 << 5, 1, 8, &[1, 0, 0, 0, 0, 0, 0, 128]);
        assert_eq!(decoded(&bytes, 8).unwrap(), [1, 0, 0, 0, 0, 0, 0, 128]);
        let bytes = container(WHOLE | BITS_SHUFFLED | 1 << 5, 1, 8, &[0b10, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(decoded(&bytes, 8).unwrap(), [128, 1, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn lying_lengths_and_other_compressors_are_named() {
        let good =
            container(WHOLE | 4 << 5, 1, 300, &::zstd::bulk::compress(&[7; 300], 1).unwrap());
        assert_eq!(decoded(&good, 300).unwrap(), [7; 300]);
        assert!(decoded(&good, 299).unwrap_err().contains("more bytes than there are numbers"));
        for length in 0..good.len() {
            assert!(decoded(&good[..length], 300).is_err(), "{length} bytes");
        }
        let snappy = container(WHOLE | 2 << 5, 1, 300, &[7]);
        assert!(decoded(&snappy, 300).unwrap_err().contains("compressed by lz4, zlib or zstd"));
        let mut beyond = good.clone();
        beyond[HEADER..HEADER + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(decoded(&beyond, 300).unwrap_err().contains("cut short"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(flags in any::<u8>(), size in any::<u8>(), length in 0..500_u32, body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decoded(&container(flags, size, length, &body), 512);
        }
    }
}
