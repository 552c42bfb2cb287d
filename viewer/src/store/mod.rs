//! Reads the map's arrays out of an Icechunk repository over plain HTTP.
//!
//! No WebGL and no interface here, and nothing of the browser but [`transport::Fetch`]: all of it is
//! tested natively.
//!
//! ```text
//! address ─> repo object ─> history ─> snapshot ─> layout (levels, variables, years)   [2 requests]
//! chunk key ─> address in the array ─> manifest ─> reference ─> bytes ─> codecs ─> pixels
//!                                      [1 each, once]           [1 each]
//! ```
//!
//! * [`transport`]: how bytes are had,
//! * [`reader`]: a store opened at a snapshot,
//! * [`repository`], [`snapshot`], [`manifest`]: Icechunk's three metadata objects,
//! * [`metadata`], [`codec`], [`map_array`]: Zarr arrays,
//! * [`layout`]: what makes a snapshot a map,
//! * [`error`]: everything that can be wrong with it.
//!
//! Whatever the files hold, the outcome is pixels, "nothing stored" or a named error; never a panic.

pub mod cache;
pub mod codec;
mod coordinate;
pub mod error;
mod fetcher;
pub mod layout;
pub mod manifest;
pub mod map_array;
pub mod metadata;
mod object;
pub mod reader;
pub mod repository;
mod retry;
pub mod snapshot;
pub mod transport;
mod virtual_url;

pub use error::StoreError;
pub use reader::Store;
