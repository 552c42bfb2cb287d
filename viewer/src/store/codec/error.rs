//! Why codecs cannot be undone, or bytes do not decode.

/// Why a chain of codecs cannot be undone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// A codec that the viewer does not have.
    #[error(
        "codec '{name}' is not supported; the viewer reads bytes, transpose, sharding_indexed, zstd, gzip, zlib, blosc and crc32c"
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
    /// More codecs than anybody needs.
    #[error("expected at most {most} codecs, found {found}")]
    TooMany {
        /// The most that are undone.
        most: usize,
        /// How many there are.
        found: usize,
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
    /// More bytes than the pixels can take.
    #[error("expected at most {most} encoded bytes, found {found}")]
    Oversized {
        /// What the pixels can take.
        most: u64,
        /// What is said to be stored.
        found: u64,
    },
    /// A zstd frame is damaged.
    #[error("its zstd frame does not decode: {0}")]
    Zstd(String),
    /// What another codec has compressed is damaged.
    #[error("its {codec} bytes do not decode: {problem}")]
    Damaged {
        /// The codec.
        codec: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
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
