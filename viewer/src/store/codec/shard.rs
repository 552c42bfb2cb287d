//! The `sharding_indexed` codec: many chunks in one object, with an index at its start or end.
//!
//! <https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html>

use std::ops::Range;

use serde_json::Value;

use super::{Chain, CodecError, DecodeError, Filter, Serializer};

/// How a shard is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharding {
    /// Shape of the chunks within the shard.
    pub chunk_shape: Vec<u64>,
    /// Chunks per axis of the shard.
    pub counts: Vec<u64>,
    /// How those chunks are encoded.
    pub inner: Chain,
    /// How the index is encoded.
    index: Chain,
    /// Whether the index stands at the end.
    index_at_end: bool,
}

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
    /// Reads the codec's configuration for shards of a shape.
    pub(super) fn parse(configuration: &Value, shard_shape: &[u64]) -> Result<Self, CodecError> {
        let error = |expected, found: &Value| CodecError::Configuration {
            name: "sharding_indexed",
            expected,
            found: found.to_string(),
        };
        let found = &configuration["chunk_shape"];
        let chunk_shape: Vec<u64> = serde_json::from_value(found.clone()).unwrap_or_default();
        let divides = chunk_shape.len() == shard_shape.len()
            && chunk_shape
                .iter()
                .zip(shard_shape)
                .all(|(&chunk, &shard)| chunk > 0 && shard.is_multiple_of(chunk));
        if !divides {
            return Err(error("chunk_shape to divide the shard", found));
        }
        let counts: Vec<u64> =
            shard_shape.iter().zip(&chunk_shape).map(|(shard, chunk)| shard / chunk).collect();
        let inner = Chain::parse(&configuration["codecs"], &chunk_shape)?;
        if matches!(inner.serializer, Serializer::Sharding(_)) {
            return Err(error("no shards within shards", &configuration["codecs"]));
        }
        let found = &configuration["index_codecs"];
        let mut index_shape = counts.clone();
        index_shape.push(2);
        let index = Chain::parse(found, &index_shape)?;
        let fixed = index.filters.iter().all(|filter| *filter == Filter::Crc32c)
            && matches!(index.serializer, Serializer::Bytes(super::Endian::Little))
            && index.order.is_sorted();
        if !fixed {
            return Err(error("index_codecs to be bytes (little endian) and crc32c", found));
        }
        let index_at_end = match &configuration["index_location"] {
            Value::Null => true,
            location if location == "end" => true,
            location if location == "start" => false,
            found => return Err(error("index_location start or end", found)),
        };
        Ok(Self { chunk_shape, counts, inner, index, index_at_end })
    }

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

    use super::super::crc32c;
    use super::*;

    fn sharding(location: &str) -> Sharding {
        let configuration = json!({"chunk_shape": [1, 2], "codecs": ["bytes"], "index_codecs": ["bytes", "crc32c"], "index_location": location});
        Sharding::parse(&configuration, &[1, 4]).unwrap()
    }

    fn index(entries: &[u64]) -> Vec<u8> {
        let mut bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        bytes.extend_from_slice(&crc32c::checksum(&bytes).to_le_bytes());
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

    #[test]
    fn shards_that_chunks_do_not_fill_are_refused() {
        let configuration =
            json!({"chunk_shape": [3], "codecs": ["bytes"], "index_codecs": ["bytes"]});
        let error = Sharding::parse(&configuration, &[4]).unwrap_err().to_string();
        assert_eq!(
            error,
            "codec 'sharding_indexed': expected chunk_shape to divide the shard, found [3]"
        );
    }
}
