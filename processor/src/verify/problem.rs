//! What is wrong in a store, where, and what mends it.

use floe_shared::grid::TileIndex;
use serde::{Serialize, Serializer};

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The tile, written as `ROW,COL`; none for what is no tile's.
    #[serde(serialize_with = "as_text")]
    pub tile: Option<TileIndex>,
    /// The array or group, as Zarr names it: `avg_daytime_lst`, `1/year`, `time`; `/` is the root.
    pub array: String,
    /// What was expected and found.
    pub what: String,
    /// What mends it.
    #[serde(skip)]
    pub remedy: Remedy,
}

/// What mends a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remedy {
    /// Processing the tile again.
    Process,
    /// Making the global levels' chunks above the tile anew.
    Overviews,
    /// Nothing that Floe can do.
    Nothing,
}

impl Problem {
    /// A problem of an array or group; `path` may begin with a slash.
    pub(super) fn new(tile: Option<TileIndex>, path: &str, what: String, remedy: Remedy) -> Self {
        let name = path.trim_start_matches('/');
        let array = if name.is_empty() { "/" } else { name }.to_owned();
        Self { tile, array, what, remedy }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let tile = self.tile.map_or_else(|| "-".to_owned(), |tile| tile.to_string());
        format!("{tile:>5}  {}: {}", self.array, self.what)
    }
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn as_text<S: Serializer>(tile: &Option<TileIndex>, serializer: S) -> Result<S::Ok, S::Error> {
    tile.map(|tile| tile.to_string()).serialize(serializer)
}
