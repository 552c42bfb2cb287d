//! Observations of any product: finding them, and reading their files.
//!
//! A [`Scene`] is one STAC item: a place, a time and some rasters. Scenes come from a STAC API ([`SceneCatalog`]) or
//! from a list of items ([`ItemList`]); of several productions of one observation the newest counts ([`Found`]). [`AssetReader`] reads their
//! files, over HTTP or from a disk.

mod access;
mod area;
mod census;
mod found;
mod href;
mod item;
mod land_name;
mod list;
mod need;
mod placement;
mod production;
mod question;
mod search;
mod source;

pub use access::AssetReader;
pub use area::LonLatBox;
pub use census::{SceneCensus, day};
pub use found::{Found, Harvest, Sighting, Unusable};
pub use href::{Base, Href, HrefError};
pub use item::{Asset, Reading, Scene, SceneError, Wanted};
pub use land_name::LandName;
pub use list::{ItemList, ListError};
pub use need::Need;
pub use placement::Placement;
pub use production::Production;
pub use search::SceneCatalog;
pub use source::{SceneSource, SourceError};
