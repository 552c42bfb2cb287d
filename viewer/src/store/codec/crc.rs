//! Cyclic redundancy checks of 32 bits, bits reversed: that of the `crc32c` codec and that of gzip.

/// CRC-32C (Castagnoli), RFC 3720 appendix B.4.
pub(super) const CASTAGNOLI: u32 = 0x82F6_3B78;
/// That of gzip, RFC 1952 section 8.
pub(super) const GZIP: u32 = 0xEDB8_8320;

/// The checksum of some bytes by a polynomial.
pub(super) fn checksum(polynomial: u32, bytes: &[u8]) -> u32 {
    // Made anew for each chunk, which takes no time beside the chunk; a constant would be a kilobyte of the page.
    let table: [u32; 256] = std::array::from_fn(|byte| {
        (0..8).fold(byte as u32, |value, _| (value >> 1) ^ (polynomial * (value & 1)))
    });
    !bytes.iter().fold(u32::MAX, |value, byte| {
        (value >> 8) ^ table[((value ^ u32::from(*byte)) & 0xFF) as usize]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_3720_hold() {
        assert_eq!(checksum(CASTAGNOLI, &[0; 32]), 0x8A91_36AA);
        assert_eq!(checksum(CASTAGNOLI, &[0xFF; 32]), 0x62A8_AB43);
        assert_eq!(checksum(CASTAGNOLI, b"123456789"), 0xE306_9283);
    }

    #[test]
    fn gzips_is_the_usual_one() {
        assert_eq!(checksum(GZIP, b"123456789"), 0xCBF4_3926);
    }
}
