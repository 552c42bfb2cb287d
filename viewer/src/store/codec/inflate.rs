//! The `gzip` and `zlib` codecs: RFC 1952 and RFC 1950 around RFC 1951. In the browser they are a module of their own
//! ([`super::further`]), which has no words for what is wrong.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use super::crc;
use super::further::{Envelope, Problem};

/// Bytes of a member's header without its optional parts, and of its trailer.
const HEADER: usize = 10;
const TRAILER: usize = 8;

/// Inflates into a buffer, which is never grown; gives the number of bytes.
pub(super) fn inflate(
    envelope: Envelope,
    encoded: &[u8],
    decoded: &mut [u8],
) -> Result<usize, Problem> {
    match envelope {
        Envelope::Gzip => gzip(encoded, decoded),
        Envelope::Zlib => zlib(encoded, decoded),
    }
}

/// Inflates members of gzip, one after the other.
fn gzip(mut encoded: &[u8], decoded: &mut [u8]) -> Result<usize, Problem> {
    let mut length = 0;
    loop {
        let body = after_header(encoded).ok_or(Problem::Header)?;
        let (consumed, written) = stream(body, &mut decoded[length..], 0)?;
        let (trailer, rest) =
            body[consumed..].split_first_chunk::<TRAILER>().ok_or(Problem::CutShort)?;
        let inflated = &decoded[length..length + written];
        let [a, b, c, d, size @ ..] = *trailer;
        if u32::from_le_bytes([a, b, c, d]) != crc::checksum(crc::GZIP, inflated) {
            return Err(Problem::Checksum);
        }
        if u32::from_le_bytes(size) != written as u32 {
            return Err(Problem::Length);
        }
        length += written;
        if rest.is_empty() {
            return Ok(length);
        }
        encoded = rest;
    }
}

fn zlib(encoded: &[u8], decoded: &mut [u8]) -> Result<usize, Problem> {
    stream(encoded, decoded, inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER)
        .map(|(_, written)| written)
}

/// What follows a member's header.
fn after_header(member: &[u8]) -> Option<&[u8]> {
    let [0x1F, 0x8B, 8, flags, ..] = *member else { return None };
    let mut rest = member.get(HEADER..)?;
    if flags & 4 != 0 {
        let (length, extra) = rest.split_first_chunk::<2>()?;
        rest = extra.get(u16::from_le_bytes(*length).into()..)?;
    }
    // A file's name and a comment, each ended by a zero.
    for text in [8, 16] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    rest.get(if flags & 2 != 0 { 2 } else { 0 }..)
}

/// Inflates a stream; gives how many bytes were read and written.
fn stream(encoded: &[u8], decoded: &mut [u8], flags: u32) -> Result<(usize, usize), Problem> {
    let flags = flags | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = DecompressorOxide::new();
    let (status, consumed, written) = decompress(&mut state, encoded, decoded, 0, flags);
    match status {
        TINFLStatus::Done => Ok((consumed, written)),
        TINFLStatus::HasMoreOutput => Err(Problem::TooLong),
        TINFLStatus::Adler32Mismatch => Err(Problem::Checksum),
        TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => {
            Err(Problem::CutShort)
        }
        _ => Err(Problem::Deflated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Python's `gzip.compress(b"floe floe floe", mtime=0)`.
    const FLOE: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xcb\xc9\x4f\x55\x48\x83\x11\x00\x31\xac\xf3\xc9\x0e\x00\x00\x00";

    #[test]
    fn members_follow_one_another() {
        let two = [FLOE, FLOE].concat();
        let mut decoded = [0; 28];
        assert_eq!(gzip(&two, &mut decoded), Ok(28));
        assert_eq!(&decoded, b"floe floe floefloe floe floe");
    }

    #[test]
    fn optional_parts_of_a_header_are_passed_over() {
        let mut member = FLOE[..10].to_vec();
        member[3] = 4 | 8 | 16 | 2;
        member.extend_from_slice(b"\x02\x00ab");
        member.extend_from_slice(b"name\0comment\0");
        member.extend_from_slice(&[1, 2]);
        member.extend_from_slice(&FLOE[10..]);
        let mut decoded = [0; 14];
        assert_eq!(gzip(&member, &mut decoded), Ok(14));
        for length in 0..member.len() {
            assert!(gzip(&member[..length], &mut decoded).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn damage_and_excess_are_named() {
        let problem = |bytes: &[u8], room: usize| gzip(bytes, &mut vec![0; room]).unwrap_err();
        assert_eq!(problem(FLOE, 13), Problem::TooLong);
        assert_eq!(problem(b"", 1), Problem::Header);
        let end = FLOE.len();
        for (place, expected) in [(end - 8, Problem::Checksum), (end - 4, Problem::Length)] {
            let mut damaged = FLOE.to_vec();
            damaged[place] ^= 1;
            assert_eq!(problem(&damaged, 14), expected);
        }
        assert_eq!(problem(&FLOE[..end - 9], 14), Problem::CutShort);
        assert!(zlib(&[0x78, 0x9C, 0xFF], &mut [0; 4]).is_err());
    }
}
