//! Bytes-to-bytes codecs: compression and checksum.

use std::borrow::Cow;

use serde_json::Value;

use super::error::{CodecError, DecodeError};
use super::further::{self, Envelope};
use super::{blosc, crc, zstd};

/// A bytes-to-bytes codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Compression.
    Packed(Packing),
    /// The bytes, then their CRC-32C in four bytes, least significant first.
    Crc32c,
}

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// RFC 8878; any level.
    Zstd,
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// Version 1 of C-Blosc's container, in which blocks may be compressed by zlib.
    Blosc {
        /// Whether they may.
        has_zlib: bool,
    },
}

impl Filter {
    /// The codec of a name, if it is one of these.
    pub(super) fn named(name: &str, configuration: &Value) -> Result<Option<Self>, CodecError> {
        let packing = match name.strip_prefix("numcodecs.").unwrap_or(name) {
            "zstd" => Packing::Zstd,
            "gzip" => Packing::Gzip,
            "zlib" => Packing::Zlib,
            "blosc" => {
                let has_zlib = configuration["cname"].as_str().is_none_or(|name| name == "zlib");
                Packing::Blosc { has_zlib }
            }
            _ => return Ok((name == "crc32c").then_some(Self::Crc32c)),
        };
        let within = &configuration["cname"];
        let is_known =
            within.as_str().is_none_or(|name| ["lz4", "lz4hc", "zlib", "zstd"].contains(&name));
        if matches!(packing, Packing::Blosc { .. }) && !is_known {
            return Err(CodecError::Configuration {
                name: "blosc",
                expected: "cname lz4, lz4hc, zlib or zstd",
                found: within.to_string(),
            });
        }
        Ok(Some(Self::Packed(packing)))
    }

    /// Whether it is one of those that few stores need.
    pub(super) const fn is_further(self) -> bool {
        matches!(
            self,
            Self::Packed(Packing::Gzip | Packing::Zlib | Packing::Blosc { has_zlib: true })
        )
    }
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

/// Undoes filters in a row, of which the first to be applied had `most` bytes at most.
pub(super) fn undo_within(
    filters: &[Filter],
    encoded: &[u8],
    most: usize,
) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = encoded.to_vec();
    for filter in filters.iter().rev() {
        bytes = match filter {
            Filter::Crc32c => checked(&bytes)?.to_vec(),
            Filter::Packed(packing) => {
                let mut decoded = vec![0; most];
                let found = decompress(*packing, &bytes, &mut decoded)?;
                decoded.truncate(found);
                decoded
            }
        };
    }
    Ok(bytes)
}

/// As [`undo`], into a buffer of the right length.
pub(super) fn undo_into(
    filters: &[Filter],
    encoded: &[u8],
    decoded: &mut [u8],
) -> Result<(), DecodeError> {
    let expected = decoded.len();
    let wrong = |what, found| DecodeError::Length { what, expected, found };
    let mut bytes = Cow::Borrowed(encoded);
    for (stage, filter) in filters.iter().enumerate().rev() {
        match filter {
            Filter::Crc32c => bytes = Cow::Owned(checked(&bytes)?.to_vec()),
            Filter::Packed(packing) if stage == 0 => {
                let found = decompress(*packing, &bytes, decoded)?;
                let is_whole = found == expected;
                return if is_whole { Ok(()) } else { Err(wrong("decompressed chunk", found)) };
            }
            // Between two filters the length is known but for a few bytes of checksums, unless
            // somebody compressed twice.
            Filter::Packed(packing) => {
                let mut between = vec![0; expected * 2 + 1024];
                let found = decompress(*packing, &bytes, &mut between)?;
                between.truncate(found);
                bytes = Cow::Owned(between);
            }
        }
    }
    if bytes.len() != expected {
        return Err(wrong("chunk", bytes.len()));
    }
    decoded.copy_from_slice(&bytes);
    Ok(())
}

/// Decompresses into a buffer, which is never grown; gives the number of bytes.
fn decompress(packing: Packing, encoded: &[u8], decoded: &mut [u8]) -> Result<usize, DecodeError> {
    match packing {
        Packing::Zstd => zstd::frame(encoded, decoded),
        Packing::Gzip => further::inflate(Envelope::Gzip, encoded, decoded),
        Packing::Zlib => further::inflate(Envelope::Zlib, encoded, decoded),
        Packing::Blosc { .. } => blosc::decode(encoded, decoded),
    }
}

/// The bytes before the checksum, if it is theirs.
fn checked(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let Some((bytes, checksum)) = bytes.split_last_chunk::<4>() else {
        return Err(DecodeError::Length { what: "checksum", expected: 4, found: bytes.len() });
    };
    let computed = crc::checksum(crc::CASTAGNOLI, bytes);
    let expected = u32::from_le_bytes(*checksum);
    if expected == computed { Ok(bytes) } else { Err(DecodeError::Checksum { expected, computed }) }
}
