//! Finding granules and reading their files: STAC search, SAS tokens, blobs.

mod answer;
mod census;
mod due;
mod harvest;
mod item;
mod question;
mod search;
mod sign;

pub use answer::Doubt;
pub(crate) use answer::{AT_ONCE, Asker};
pub(crate) use census::fingerprint;
pub use census::{Census, PeriodCensus};
pub use due::{Composite, Gap, GapError};
pub(crate) use due::{date, day_of};
pub use item::{GranuleFiles, ItemError, Wanted};
pub use search::{Catalog, CatalogError, Found};
pub use sign::{BlobError, BlobReader};
