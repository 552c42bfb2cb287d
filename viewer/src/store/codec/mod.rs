//! The codecs that turn an array's chunks into bytes, as far as the viewer undoes them.
//!
//! A chain has array-to-array codecs (`transpose`), one array-to-bytes codec (`bytes` or
//! `sharding_indexed`) and bytes-to-bytes codecs (`zstd`, `crc32c`):
//! <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#codecs>.

mod crc32c;
mod filter;
mod shard;

use serde_json::Value;

pub use filter::Filter;
pub use shard::{Sharding, Slot};

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

/// Byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// Why a chain of codecs cannot be undone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// A codec that the viewer does not have.
    #[error(
        "codec '{name}' is not supported; the viewer reads bytes, transpose, sharding_indexed, zstd and crc32c"
    )]
    Unsupported {
        /// Its name.
        name: String,
    },
    /// A codec's configuration makes no sense.
    #[error("codec '{name}': expected {expected}, found {found}")]
    Configuration {
        /// Its name.
        name: &'static str,
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// The codecs' order makes no sense.
    #[error("expected a chain with one of bytes and sharding_indexed, found {found}")]
    Chain {
        /// The codecs' names.
        found: String,
    },
}

/// Why a chunk's bytes do not decode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Too few or too many bytes.
    #[error("expected {expected} bytes of {what}, found {found}")]
    Length {
        /// Which bytes.
        what: &'static str,
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A zstd frame is damaged.
    #[error("its zstd frame does not decode: {0}")]
    Zstd(String),
    /// A checksum differs.
    #[error("expected checksum {expected:08x}, computed {computed:08x}")]
    Checksum {
        /// The checksum stored.
        expected: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// A shard's index points outside the shard.
    #[error("its index points to {length} bytes from byte {offset} in a shard of {shard} bytes")]
    OutsideShard {
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
        /// Length of the shard.
        shard: u64,
    },
}

impl Chain {
    /// Reads the member `codecs` of an array's `zarr.json` for chunks of a shape.
    pub fn parse(codecs: &Value, chunk_shape: &[u64]) -> Result<Self, CodecError> {
        let list =
            codecs.as_array().ok_or_else(|| CodecError::Chain { found: codecs.to_string() })?;
        let mut order: Vec<usize> = (0..chunk_shape.len()).collect();
        let mut serializer = None;
        let mut filters = Vec::new();
        for codec in list {
            let name = codec.as_str().or_else(|| codec["name"].as_str()).unwrap_or("(unnamed)");
            let configuration = &codec["configuration"];
            match (name, serializer.is_some()) {
                ("transpose", false) => order = transpose(configuration, &order)?,
                ("bytes", false) => serializer = Some(Serializer::Bytes(endian(configuration)?)),
                ("sharding_indexed", false) => {
                    let stored: Vec<u64> = order.iter().map(|&axis| chunk_shape[axis]).collect();
                    let sharding = Sharding::parse(configuration, &stored)?;
                    serializer = Some(Serializer::Sharding(Box::new(sharding)));
                }
                ("zstd", true) => filters.push(Filter::Zstd),
                ("crc32c", true) => filters.push(Filter::Crc32c),
                ("transpose" | "bytes" | "sharding_indexed" | "zstd" | "crc32c", _) => {
                    return Err(CodecError::Chain { found: names(list) });
                }
                _ => return Err(CodecError::Unsupported { name: name.to_owned() }),
            }
        }
        let serializer = serializer.ok_or_else(|| CodecError::Chain { found: names(list) })?;
        Ok(Self { order, serializer, filters })
    }

    /// Undoes the filters: the bytes of `length` bytes of numbers (or of a shard's index).
    pub fn unfilter(&self, encoded: &[u8], length: usize) -> Result<Vec<u8>, DecodeError> {
        filter::undo(&self.filters, encoded, length)
    }

    /// Decodes a chunk of `count` unsigned 16-bit numbers, in stored order.
    pub fn decode_u16(&self, encoded: &[u8], count: usize) -> Result<Vec<u16>, DecodeError> {
        let mut values = vec![0_u16; count];
        // The numbers are decompressed in place: no second buffer, no second pass.
        filter::undo_into(&self.filters, encoded, bytemuck::cast_slice_mut(&mut values))?;
        let foreign = if cfg!(target_endian = "big") { Endian::Little } else { Endian::Big };
        if self.endian() == foreign {
            for value in &mut values {
                *value = value.swap_bytes();
            }
        }
        Ok(values)
    }

    /// The byte order of the numbers.
    pub fn endian(&self) -> Endian {
        match &self.serializer {
            Serializer::Bytes(endian) => *endian,
            Serializer::Sharding(sharding) => sharding.inner.endian(),
        }
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
    let order: Vec<usize> = serde_json::from_value(found.clone()).map_err(|_| error())?;
    if order.len() == before.len() && (0..order.len()).all(|axis| order.contains(&axis)) {
        Ok(order.iter().map(|&axis| before[axis]).collect())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        assert_eq!(chain.decode_u16(&encoded, 1000).unwrap(), numbers);
    }

    #[test]
    fn a_chunk_of_another_length_is_an_error() {
        let chain = Chain::parse(&plain(), &[4]).unwrap();
        let short = zstd::bulk::compress(&[1, 2, 3, 4, 5, 6], 3).unwrap();
        let error = chain.decode_u16(&short, 4).unwrap_err();
        assert_eq!(
            error,
            DecodeError::Length { what: "decompressed chunk", expected: 8, found: 6 }
        );
        let long = zstd::bulk::compress(&[1; 10], 3).unwrap();
        assert!(matches!(chain.decode_u16(&long, 4), Err(DecodeError::Zstd(_))));
        let uncompressed = Chain::parse(&json!(["bytes"]), &[4]).unwrap();
        let error = uncompressed.decode_u16(&[0; 9], 4).unwrap_err().to_string();
        assert_eq!(error, "expected 8 bytes of chunk, found 9");
    }

    #[test]
    fn big_endian_numbers_are_swapped() {
        let chain =
            Chain::parse(&json!([{"name": "bytes", "configuration": {"endian": "big"}}]), &[2]);
        assert_eq!(chain.unwrap().decode_u16(&[1, 2, 3, 4], 2).unwrap(), [0x0102, 0x0304]);
    }

    #[test]
    fn checksums_are_checked_wherever_they_stand() {
        let codecs = json!(["bytes", "crc32c", {"name": "zstd", "configuration": {}}, "crc32c"]);
        let chain = Chain::parse(&codecs, &[3]).unwrap();
        let mut inner = vec![1, 0, 2, 0, 3, 0];
        inner.extend_from_slice(&crc32c::checksum(&inner).to_le_bytes());
        let mut encoded = zstd::bulk::compress(&inner, 1).unwrap();
        encoded.extend_from_slice(&crc32c::checksum(&encoded).to_le_bytes());
        assert_eq!(chain.decode_u16(&encoded, 3).unwrap(), [1, 2, 3]);
        for position in 0..encoded.len() {
            let mut damaged = encoded.clone();
            damaged[position] ^= 1;
            assert!(
                matches!(chain.decode_u16(&damaged, 3), Err(DecodeError::Checksum { .. })),
                "byte {position}"
            );
        }
        assert!(matches!(chain.decode_u16(&encoded[..2], 3), Err(DecodeError::Length { .. })));
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
            text(json!(["bytes", {"name": "blosc"}])),
            "codec 'blosc' is not supported; the viewer reads bytes, transpose, sharding_indexed, zstd and crc32c"
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
}
