//! Finding granules and reading their files: STAC search, SAS tokens, blobs.

mod item;
mod search;
mod sign;

pub use item::{GranuleFiles, ItemError};
pub use search::{Catalog, CatalogError, Found};
pub use sign::{BlobError, BlobReader};
