//! The codecs that turn an array's chunks into bytes, as far as the viewer undoes them.
//!
//! A chain has array-to-array codecs (`transpose`), one array-to-bytes codec (`bytes` or
//! `sharding_indexed`) and bytes-to-bytes codecs (`zstd`, `gzip`, `zlib`, `blosc`, `crc32c`), some of which go by a name of
//! numcodecs too (`numcodecs.zlib`). Those that few stores need are [`further`] ones:
//! <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#codecs>.

mod blosc;
mod chain;
mod crc;
mod error;
mod filter;
pub mod further;
mod inflate;
mod lz4;
mod shard;
mod zstd;

pub(in crate::store) use chain::whole_numbers;
pub use chain::{Bits, Chain, Endian, Serializer, Sharding};
pub use error::{CodecError, DecodeError};
pub use filter::Filter;
pub use shard::Slot;
