//! Bytes-to-bytes codecs: compression and checksum.

use std::borrow::Cow;
use std::io::Read as _;

use super::{DecodeError, crc32c};

/// A bytes-to-bytes codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// RFC 8878; any level.
    Zstd,
    /// The bytes, then their CRC-32C in four bytes, least significant first.
    Crc32c,
}

/// Undoes filters in a row, of which the first to be applied had `length` bytes.
pub(super) fn undo(
    filters: &[Filter],
    encoded: &[u8],
    length: usize,
) -> Result<Vec<u8>, DecodeError> {
    let mut decoded = vec![0; length];
    undo_into(filters, encoded, &mut decoded)?;
    Ok(decoded)
}

/// As [`undo`], into a buffer of the right length.
pub(super) fn undo_into(
    filters: &[Filter],
    encoded: &[u8],
    decoded: &mut [u8],
) -> Result<(), DecodeError> {
    let mut bytes = Cow::Borrowed(encoded);
    for (stage, filter) in filters.iter().enumerate().rev() {
        match filter {
            Filter::Crc32c => bytes = Cow::Owned(checked(&bytes)?.to_vec()),
            Filter::Zstd if stage == 0 => return decompress_into(&bytes, decoded),
            // Between two filters the length is known but for a few bytes of checksums, unless
            // somebody compressed twice.
            Filter::Zstd => {
                bytes = Cow::Owned(decompress(&bytes, decoded.len() * 2 + 1024)?);
            }
        }
    }
    if bytes.len() != decoded.len() {
        return Err(DecodeError::Length {
            what: "chunk",
            expected: decoded.len(),
            found: bytes.len(),
        });
    }
    decoded.copy_from_slice(&bytes);
    Ok(())
}

/// The bytes before the checksum, if it is theirs.
fn checked(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let Some((bytes, checksum)) = bytes.split_last_chunk::<4>() else {
        return Err(DecodeError::Length { what: "checksum", expected: 4, found: bytes.len() });
    };
    let (expected, computed) = (u32::from_le_bytes(*checksum), crc32c::checksum(bytes));
    if expected == computed { Ok(bytes) } else { Err(DecodeError::Checksum { expected, computed }) }
}

fn decompress_into(frame: &[u8], decoded: &mut [u8]) -> Result<(), DecodeError> {
    let expected = decoded.len();
    let found = zstd::zstd_safe::decompress(decoded, frame)
        .map_err(|code| DecodeError::Zstd(zstd::zstd_safe::get_error_name(code).to_owned()))?;
    if found == expected {
        Ok(())
    } else {
        Err(DecodeError::Length { what: "decompressed chunk", expected, found })
    }
}

fn decompress(frame: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    zstd::stream::read::Decoder::with_buffer(frame)
        .and_then(|decoder| decoder.take(limit as u64).read_to_end(&mut bytes))
        .map_err(|error| DecodeError::Zstd(error.to_string()))?;
    Ok(bytes)
}
