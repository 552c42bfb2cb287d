//! A tile whose pixels are done: its chunks on every level that it alone determines, and its commit.

use bytes::Bytes;
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::message::{Coverage, Note, TileMessage, YearStats};
use floe_shared::pyramid::ChunkIndex;
use floe_shared::schema::Variable;
use icechunk::format::snapshot::SnapshotProperties;
use serde::Serialize;
use serde_json::json;

use crate::gather::TileYear;
use crate::overviews::halve;
use crate::store::{ChunkPlace, ChunkWriter, CommitRequest, Layout, StagedChunk, StoreError};

/// Metadata key under which a tile's commit carries structured statistics.
pub const METADATA: &str = "floe";

/// A chunk's place and bytes; `None` where every pixel is fill.
pub type EncodedChunk = (ChunkPlace, Option<Bytes>);

/// One year of a tile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct YearReport {
    /// The year.
    pub year: i32,
    /// Granules that were read.
    pub input_granules: u64,
    /// Of these, granules without an accepted pixel.
    pub empty_granules: u64,
    /// Older productions that were set aside.
    pub rejected_granules: u64,
    /// Pixels of the tile that hold a value.
    pub output_valid_pixels: u64,
    /// Their share in percent.
    pub coverage: f64,
}

/// A tile that is ready to be committed.
#[derive(Debug)]
pub struct FinishedTile {
    /// Which.
    pub tile: TileIndex,
    /// One entry a year.
    pub years: Vec<YearReport>,
    /// Bytes of granules that were read for it.
    pub bytes_read: u64,
    /// Its uploaded chunks of all years, variables and own levels.
    pub chunks: Vec<StagedChunk>,
}

impl FinishedTile {
    /// Whether no year had a granule.
    pub fn has_no_data(&self) -> bool {
        self.years.iter().all(|year| year.input_granules == 0)
    }

    /// Its commit. `began_at` is the tip when the work began; `replaces` commits it even though the
    /// tile was committed before.
    pub fn into_commit(self, grid: Grid, began_at: String, replaces: bool) -> CommitRequest {
        let message = TileMessage {
            tile: self.tile,
            years: self
                .years
                .iter()
                .map(|year| YearStats {
                    year: year.year,
                    input_granules: Some(year.input_granules),
                    valid_pixels: year.output_valid_pixels,
                    coverage: coverage(grid, year.output_valid_pixels),
                })
                .collect(),
            note: if self.has_no_data() { Note::NoData } else { Note::None },
        };
        let metadata = SnapshotProperties::from([(
            METADATA.to_owned(),
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "tile": self.tile.to_string(),
                "bytes_read": self.bytes_read,
                "years": self.years,
            }),
        )]);
        CommitRequest::of_tile(message, self.chunks, metadata, began_at, replaces)
    }
}

/// The share of a tile's pixels that hold a value.
pub fn coverage(grid: Grid, valid_pixels: u64) -> Coverage {
    let edge = u64::from(grid.tile_pixels());
    Coverage::of(valid_pixels, edge * edge)
}

/// The places of a tile's chunks for one year: every variable on every level that the tile alone
/// determines.
pub fn places(layout: &Layout, tile: TileIndex, year: u32) -> impl Iterator<Item = ChunkPlace> {
    layout.tile_levels().flat_map(move |level| {
        Variable::ALL.map(|variable| ChunkPlace {
            level,
            variable,
            year,
            chunk: ChunkIndex::from(tile),
        })
    })
}

/// Encodes one year of a tile for every place of [`places`], each level from the one before.
pub fn encode(
    writer: &ChunkWriter,
    layout: &Layout,
    tile: TileIndex,
    year: u32,
    pixels: TileYear,
) -> Result<Vec<EncodedChunk>, StoreError> {
    let TileYear { mut average, mut maximum, .. } = pixels;
    places(layout, tile, year)
        .map(|place| {
            let layer = match place.variable {
                Variable::Average => &mut average,
                Variable::Maximum => &mut maximum,
            };
            if place.level.index > 0 {
                *layer = halve(layer);
            }
            Ok((place, writer.encode(place.level, layer)?))
        })
        .collect()
}
