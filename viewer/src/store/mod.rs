//! Reads the map's arrays out of an Icechunk repository, or out of plain Zarr, over HTTP.
//!
//! No WebGL and no interface here, and nothing of the browser but [`transport::Fetch`]: all of it is
//! tested natively.
//!
//! ```text
//! address ─> repo object ─> history ─> snapshot ─> layout (levels, variables, axes)    [2 requests]
//! chunk key ─> address in the array ─> manifest ─> reference ─> bytes ─> codecs ─> pixels
//!                                      [1 each, once]           [1 each]
//! ```
//!
//! Where no `repo` object is, the root's `zarr.json` lists what there is, and a chunk's indices name its object: a
//! [`tree`] is the one or the other.
//!
//! * [`transport`]: how bytes are had,
//! * [`reader`]: a store opened at a snapshot,
//! * [`tree`]: arrays and groups, and `chunks`: where the bytes of their chunks are,
//! * `detect`: which kind of store lies at an address,
//! * [`repository`], `snapshot`, [`manifest`]: Icechunk's three metadata objects,
//! * `plain`: plain Zarr,
//! * `containers`, `flexbuffer`, `virtual_url`: where virtual chunks lie,
//! * [`metadata`], [`codec`], [`map_array`], `classes`: Zarr arrays,
//! * `discovery`, [`layout`], [`axes`]: what makes a tree a map, `words`: what it says of itself,
//! * `coordinate`, `text`: what the coordinates of axes hold,
//! * [`sampling`]: what is read to know a pixel's values,
//! * [`error`]: everything that can be wrong with it.
//!
//! Whatever the files hold, the outcome is pixels, "nothing stored" or a named error; never a panic, and never more
//! memory than a page has. What has failed is not remembered: it is asked for anew, and past the browser's cache.

pub mod axes;
pub mod cache;
mod chunks;
mod classes;
pub mod codec;
mod containers;
mod coordinate;
mod detect;
mod discovery;
pub mod error;
mod fetcher;
mod flexbuffer;
pub mod kept;
pub mod layout;
pub mod manifest;
pub mod map_array;
pub mod metadata;
mod object;
mod placing;
mod plain;
pub mod reader;
pub mod repository;
mod retry;
pub mod sampling;
mod snapshot;
mod text;
mod tiling;
pub mod transport;
pub mod tree;
mod virtual_url;
mod words;

pub use error::StoreError;
pub use reader::Store;
