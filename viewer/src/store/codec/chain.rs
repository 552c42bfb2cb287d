//! Chains of codecs, as `zarr.json` names them; chunks within a chunk have a chain of their own.

use serde_json::Value;

use super::error::{CodecError, DecodeError};
use super::filter::{self, Filter};
use super::further;

/// The most codecs in a chain.
const MOST_CODECS: usize = 16;
/// The most chunks in a shard: each takes 16 bytes of its index.
const MOST_SLOTS: u64 = 1 << 20;

/// How the chunks of an array are encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Stored axis `i` is the array's axis `order[i]`.
    pub order: Vec<usize>,
    /// How numbers become bytes.
    pub serializer: Serializer,
    /// What happens to the bytes afterwards, in the order of encoding.
    pub filters: Vec<Filter>,
}

/// The array-to-bytes codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serializer {
    /// Number after number.
    Bytes(Endian),
    /// Chunks within the chunk.
    Sharding(Box<Sharding>),
}

/// The bits of a number: integers of its size.
pub trait Bits: bytemuck::Pod + Into<u64> {
    /// The same bytes in the opposite order.
    #[must_use]
    fn swapped(self) -> Self;
}

macro_rules! bits {
    ($($bits:ty),+) => {$(
        impl Bits for $bits {
            fn swapped(self) -> Self {
                self.swap_bytes()
            }
        }
    )+};
}

bits!(u8, u16, u32, u64);

/// Byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

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
    pub(super) index: Chain,
    /// Whether the index stands at the end.
    pub(super) index_at_end: bool,
}

impl Chain {
    /// Reads the member `codecs` of an array's `zarr.json` for chunks of a shape.
    pub fn parse(codecs: &Value, chunk_shape: &[u64]) -> Result<Self, CodecError> {
        let list =
            codecs.as_array().ok_or_else(|| CodecError::Chain { found: codecs.to_string() })?;
        if list.len() > MOST_CODECS {
            return Err(CodecError::TooMany { most: MOST_CODECS, found: list.len() });
        }
        let mut order: Vec<usize> = (0..chunk_shape.len()).collect();
        let mut serializer = None;
        let mut filters = Vec::new();
        for codec in list {
            let name = codec.as_str().or_else(|| codec["name"].as_str()).unwrap_or("(unnamed)");
            let configuration = &codec["configuration"];
            let filter = Filter::named(name, configuration)?;
            match (name, serializer.is_some()) {
                ("transpose", false) => order = transpose(configuration, &order)?,
                ("bytes", false) => serializer = Some(Serializer::Bytes(endian(configuration)?)),
                ("sharding_indexed", false) => {
                    let stored: Vec<u64> = order.iter().map(|&axis| chunk_shape[axis]).collect();
                    let sharding = Sharding::parse(configuration, &stored)?;
                    serializer = Some(Serializer::Sharding(Box::new(sharding)));
                }
                ("transpose" | "bytes" | "sharding_indexed", _) => {
                    return Err(CodecError::Chain { found: names(list) });
                }
                (_, has_serializer) => match filter {
                    Some(filter) if has_serializer => filters.push(filter),
                    Some(_) => return Err(CodecError::Chain { found: names(list) }),
                    None => return Err(CodecError::Unsupported { name: name.to_owned() }),
                },
            }
        }
        let serializer = serializer.ok_or_else(|| CodecError::Chain { found: names(list) })?;
        Ok(Self { order, serializer, filters })
    }

    /// Refuses a chunk of more bytes than `decoded` ones can be encoded to, before anybody fetches it.
    pub fn check_length(decoded: u64, found: u64) -> Result<(), DecodeError> {
        let most = Self::most_length(decoded);
        if found > most { Err(DecodeError::Oversized { most, found }) } else { Ok(()) }
    }

    /// The most bytes that `decoded` ones can be encoded to.
    pub fn most_length(decoded: u64) -> u64 {
        // What zstd cannot compress grows by a 256th at most; checksums and headers take a few bytes.
        decoded.saturating_add(decoded / 64).saturating_add(4096)
    }

    /// Undoes the filters: the bytes of `length` bytes of numbers (or of a shard's index).
    pub fn unfilter(&self, encoded: &[u8], length: usize) -> Result<Vec<u8>, DecodeError> {
        filter::undo(&self.filters, encoded, length)
    }

    /// Undoes the filters of a chunk that had `most` bytes at most before.
    pub fn unfilter_within(&self, encoded: &[u8], most: usize) -> Result<Vec<u8>, DecodeError> {
        filter::undo_within(&self.filters, encoded, most)
    }

    /// Decodes a chunk of `count` numbers, in stored order.
    pub fn decode<T: Bits>(&self, encoded: &[u8], count: usize) -> Result<Vec<T>, DecodeError> {
        let mut values = vec![T::zeroed(); count];
        // The numbers are decompressed in place: no second buffer, no second pass.
        filter::undo_into(&self.filters, encoded, bytemuck::cast_slice_mut(&mut values))?;
        let foreign = if cfg!(target_endian = "big") { Endian::Little } else { Endian::Big };
        if self.endian() == foreign {
            for value in &mut values {
                *value = value.swapped();
            }
        }
        Ok(values)
    }

    /// Fetches what it takes to decode chunks, unless it is there: the [`further`] codecs.
    ///
    /// # Errors
    /// What the browser says where it cannot be had.
    pub async fn prepare(&self) -> Result<(), String> {
        if self.is_further() { further::load().await } else { Ok(()) }
    }

    /// Whether it takes the further codecs.
    pub fn is_further(&self) -> bool {
        let within = match &self.serializer {
            Serializer::Bytes(_) => false,
            Serializer::Sharding(sharding) => sharding.inner.is_further(),
        };
        within || self.filters.iter().any(|filter| filter.is_further())
    }

    /// The byte order of the numbers.
    pub fn endian(&self) -> Endian {
        match &self.serializer {
            Serializer::Bytes(endian) => *endian,
            Serializer::Sharding(sharding) => sharding.inner.endian(),
        }
    }
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
        let chunk_shape = whole_numbers(found).unwrap_or_default();
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
        if counts.iter().product::<u64>() > MOST_SLOTS {
            return Err(error("chunk_shape to cut the shard into 2^20 chunks at most", found));
        }
        let inner = Chain::parse(&configuration["codecs"], &chunk_shape)?;
        if matches!(inner.serializer, Serializer::Sharding(_)) {
            return Err(error("no shards within shards", &configuration["codecs"]));
        }
        let found = &configuration["index_codecs"];
        let mut index_shape = counts.clone();
        index_shape.push(2);
        let index = Chain::parse(found, &index_shape)?;
        let fixed = index.filters.iter().all(|filter| *filter == Filter::Crc32c)
            && matches!(index.serializer, Serializer::Bytes(Endian::Little))
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
}

/// `bytes` without `endian` is for numbers of one byte, where it makes no difference.
fn endian(configuration: &Value) -> Result<Endian, CodecError> {
    match configuration.get("endian").map(|endian| (endian.as_str(), endian)) {
        None | Some((Some("little"), _)) => Ok(Endian::Little),
        Some((Some("big"), _)) => Ok(Endian::Big),
        Some((_, found)) => Err(CodecError::Configuration {
            name: "bytes",
            expected: "endian little or big",
            found: found.to_string(),
        }),
    }
}

/// The order after a further `transpose`.
fn transpose(configuration: &Value, before: &[usize]) -> Result<Vec<usize>, CodecError> {
    let found = &configuration["order"];
    let error = || CodecError::Configuration {
        name: "transpose",
        expected: "order to be a permutation of the axes",
        found: found.to_string(),
    };
    let order = whole_numbers(found).ok_or_else(error)?;
    if order.len() == before.len() && (0..order.len()).all(|axis| order.contains(&(axis as u64))) {
        Ok(order.iter().map(|&axis| before[axis as usize]).collect())
    } else {
        Err(error())
    }
}

fn names(list: &[Value]) -> String {
    let names: Vec<&str> = list
        .iter()
        .map(|codec| codec.as_str().or_else(|| codec["name"].as_str()).unwrap_or("(unnamed)"))
        .collect();
    format!("[{}]", names.join(", "))
}

/// The numbers of a list, if it is one of whole numbers that are not negative.
pub(in crate::store) fn whole_numbers(found: &Value) -> Option<Vec<u64>> {
    found.as_array()?.iter().map(Value::as_u64).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::crc;
    use super::*;

    fn plain() -> Value {
        json!([{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd", "configuration": {"level": 3, "checksum": false}}])
    }

    #[test]
    fn zstd_decompresses_into_numbers() {
        let numbers: Vec<u16> = (0..1000).collect();
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let encoded = zstd::bulk::compress(&bytes, 3).unwrap();
        let chain = Chain::parse(&plain(), &[1, 10, 100]).unwrap();
        assert_eq!(chain.decode::<u16>(&encoded, 1000).unwrap(), numbers);
    }

    #[test]
    fn a_chunk_of_another_length_is_an_error() {
        let chain = Chain::parse(&plain(), &[4]).unwrap();
        let short = zstd::bulk::compress(&[1, 2, 3, 4, 5, 6], 3).unwrap();
        let error = chain.decode::<u16>(&short, 4).unwrap_err();
        assert_eq!(
            error,
            DecodeError::Length { what: "decompressed chunk", expected: 8, found: 6 }
        );
        let long = zstd::bulk::compress(&[1; 10], 3).unwrap();
        assert!(matches!(chain.decode::<u16>(&long, 4), Err(DecodeError::Zstd(_))));
        let uncompressed = Chain::parse(&json!(["bytes"]), &[4]).unwrap();
        let error = uncompressed.decode::<u16>(&[0; 9], 4).unwrap_err().to_string();
        assert_eq!(error, "expected 8 bytes of chunk, found 9");
    }

    #[test]
    fn big_endian_numbers_are_swapped() {
        let chain =
            Chain::parse(&json!([{"name": "bytes", "configuration": {"endian": "big"}}]), &[2]);
        assert_eq!(chain.unwrap().decode::<u16>(&[1, 2, 3, 4], 2).unwrap(), [0x0102, 0x0304]);
    }

    #[test]
    fn checksums_are_checked_wherever_they_stand() {
        let codecs = json!(["bytes", "crc32c", {"name": "zstd", "configuration": {}}, "crc32c"]);
        let chain = Chain::parse(&codecs, &[3]).unwrap();
        let mut inner = vec![1, 0, 2, 0, 3, 0];
        inner.extend_from_slice(&crc::checksum(crc::CASTAGNOLI, &inner).to_le_bytes());
        let mut encoded = zstd::bulk::compress(&inner, 1).unwrap();
        encoded.extend_from_slice(&crc::checksum(crc::CASTAGNOLI, &encoded).to_le_bytes());
        assert_eq!(chain.decode::<u16>(&encoded, 3).unwrap(), [1, 2, 3]);
        for position in 0..encoded.len() {
            let mut damaged = encoded.clone();
            damaged[position] ^= 1;
            assert!(
                matches!(chain.decode::<u16>(&damaged, 3), Err(DecodeError::Checksum { .. })),
                "byte {position}"
            );
        }
        assert!(matches!(chain.decode::<u16>(&encoded[..2], 3), Err(DecodeError::Length { .. })));
    }

    #[test]
    fn transposes_add_up() {
        let codecs = json!([{"name": "transpose", "configuration": {"order": [2, 0, 1]}}, {"name": "transpose", "configuration": {"order": [2, 1, 0]}}, "bytes"]);
        assert_eq!(Chain::parse(&codecs, &[1, 2, 3]).unwrap().order, [1, 0, 2]);
    }

    #[test]
    fn unknown_codecs_and_orders_are_named() {
        let text = |codecs: Value| Chain::parse(&codecs, &[1, 2]).unwrap_err().to_string();
        assert_eq!(
            text(json!(["bytes", {"name": "lzma"}])),
            "codec 'lzma' is not supported; the viewer reads bytes, transpose, sharding_indexed, zstd, gzip, zlib, blosc and crc32c"
        );
        assert_eq!(
            text(json!(["bytes", {"name": "blosc", "configuration": {"cname": "snappy"}}])),
            "codec 'blosc': expected cname lz4, lz4hc, zlib or zstd, found \"snappy\""
        );
        assert_eq!(
            text(json!(["zstd", "bytes"])),
            "expected a chain with one of bytes and sharding_indexed, found [zstd, bytes]"
        );
        assert_eq!(
            text(json!([{"name": "transpose", "configuration": {"order": [0, 0]}}, "bytes"])),
            "codec 'transpose': expected order to be a permutation of the axes, found [0,0]"
        );
        assert_eq!(
            text(json!([{"name": "bytes", "configuration": {"endian": "middle"}}])),
            "codec 'bytes': expected endian little or big, found \"middle\""
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
