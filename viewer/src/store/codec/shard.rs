//! The index of a shard (codec `sharding_indexed`), at its start or end: where its chunks lie.
//!
//! <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html>

use std::ops::Range;

use super::chain::Sharding;
use super::error::DecodeError;

/// Where a chunk lies within its shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Nowhere: every pixel is fill.
    Empty,
    /// At some bytes.
    At {
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
    },
}

impl Sharding {
    /// Length of the encoded index in bytes.
    pub fn index_length(&self) -> u64 {
        self.slots() * 16 + 4 * self.index.filters.len() as u64
    }

    /// Where the index lies in a shard of the given length.
    pub fn index_range(&self, shard: u64) -> Result<Range<u64>, DecodeError> {
        let length = self.index_length();
        let start = shard.checked_sub(length).ok_or(DecodeError::Length {
            what: "shard with its index",
            expected: length as usize,
            found: shard as usize,
        })?;
        Ok(if self.index_at_end { start..shard } else { 0..length })
    }

    /// Decodes the index: one slot for each chunk, row-major.
    pub fn decode_index(&self, encoded: &[u8], shard: u64) -> Result<Vec<Slot>, DecodeError> {
        let bytes = self.index.unfilter(encoded, self.slots() as usize * 16)?;
        let (numbers, _) = bytes.as_chunks::<8>();
        numbers
            .chunks_exact(2)
            .map(|pair| match (u64::from_le_bytes(pair[0]), u64::from_le_bytes(pair[1])) {
                (u64::MAX, u64::MAX) => Ok(Slot::Empty),
                (offset, length) if offset.checked_add(length).is_some_and(|end| end <= shard) => {
                    Ok(Slot::At { offset, length })
                }
                (offset, length) => Err(DecodeError::OutsideShard { offset, length, shard }),
            })
            .collect()
    }

    /// Number of chunks in a shard.
    fn slots(&self) -> u64 {
        self.counts.iter().product()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::crc;
    use super::*;

    fn sharding(location: &str) -> Sharding {
        let configuration = json!({"chunk_shape": [1, 2], "codecs": ["bytes"], "index_codecs": ["bytes", "crc32c"], "index_location": location});
        Sharding::parse(&configuration, &[1, 4]).unwrap()
    }

    fn index(entries: &[u64]) -> Vec<u8> {
        let mut bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        bytes.extend_from_slice(&crc::checksum(crc::CASTAGNOLI, &bytes).to_le_bytes());
        bytes
    }

    #[test]
    fn the_index_tells_chunks_from_holes() {
        let sharding = sharding("end");
        assert_eq!((sharding.counts.clone(), sharding.index_length()), (vec![1, 2], 36));
        assert_eq!(sharding.index_range(40).unwrap(), 4..40);
        assert_eq!(super::tests::sharding("start").index_range(40).unwrap(), 0..36);
        let slots = sharding.decode_index(&index(&[u64::MAX, u64::MAX, 0, 4]), 40).unwrap();
        assert_eq!(slots, [Slot::Empty, Slot::At { offset: 0, length: 4 }]);
    }

    #[test]
    fn a_damaged_index_is_an_error() {
        let sharding = sharding("end");
        let text = |result: Result<Vec<Slot>, DecodeError>| result.unwrap_err().to_string();
        assert_eq!(
            text(sharding.decode_index(&index(&[0, 4, 38, 4]), 40)),
            "its index points to 4 bytes from byte 38 in a shard of 40 bytes"
        );
        assert!(
            text(sharding.decode_index(&index(&[0, 4, u64::MAX, 2]), 40)).contains("its index")
        );
        let mut damaged = index(&[0, 4, 4, 4]);
        damaged[3] ^= 8;
        assert!(text(sharding.decode_index(&damaged, 40)).contains("checksum"));
        assert_eq!(
            sharding.index_range(8).unwrap_err().to_string(),
            "expected 36 bytes of shard with its index, found 8"
        );
    }
}
