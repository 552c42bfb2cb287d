//! A tile whose pixels are done: its chunks on every level that it alone determines, and its commit.

use bytes::Bytes;
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::message::{Coverage, Note, TileMessage, YearShortfall, YearStats};
use floe_shared::pyramid::ChunkIndex;
use icechunk::format::snapshot::SnapshotProperties;
use serde::Serialize;
use serde_json::json;

use crate::overviews::halve;
use crate::store::{ChunkPlace, ChunkWriter, CommitRequest, Layout, StagedChunk, StoreError};
use floe_raster::gather::TileYear;

/// Metadata key under which a tile's commit carries structured statistics.
pub const METADATA: &str = "floe";

/// A chunk's place and bytes; `None` where every pixel is fill.
pub type EncodedChunk = (ChunkPlace, Option<Bytes>);

/// One year of a tile.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
    /// Composites that were due; `None` where nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_composites: Option<u64>,
    /// Of these, those that the catalogue had: the fewest over the tile's positions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found_composites: Option<u64>,
    /// First days of composites that were absent at any position, or `FIRST/LAST` for several in a row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}

/// A tile that is ready to be committed.
#[derive(Debug)]
pub struct FinishedTile {
    /// Which.
    pub tile: TileIndex,
    /// Whether any year of the collection has a granule at any of its positions.
    pub is_covered: bool,
    /// Names the granules that it is made of.
    pub fingerprint: String,
    /// One entry a year.
    pub years: Vec<YearReport>,
    /// Bytes of granules that were read for it.
    pub bytes_read: u64,
    /// Its uploaded chunks of all years, variables and own levels.
    pub chunks: Vec<StagedChunk>,
}

impl FinishedTile {
    /// What its commit says besides statistics.
    pub fn note(&self) -> Note {
        if !self.is_covered {
            return Note::NoData;
        }
        let short: Vec<YearShortfall> = self
            .years
            .iter()
            .filter_map(|report| {
                let (found, expected) = (report.found_composites?, report.expected_composites?);
                let year = report.year;
                (found < expected).then_some(YearShortfall { year, found, expected })
            })
            .collect();
        if short.is_empty() { Note::None } else { Note::Incomplete(short) }
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
            note: self.note(),
        };
        let metadata = SnapshotProperties::from([(
            METADATA.to_owned(),
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "tile": self.tile.to_string(),
                "granules": self.fingerprint,
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
pub fn places(
    layout: &Layout,
    tile: TileIndex,
    year: u32,
) -> impl Iterator<Item = ChunkPlace> + '_ {
    layout.tile_levels().flat_map(move |level| {
        layout.variables().map(move |variable| ChunkPlace {
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
    let mut planes = pixels.planes;
    places(layout, tile, year)
        .map(|place| {
            let plane = &mut planes[usize::from(place.variable.0)];
            if place.level.index > 0 {
                let spec = layout.schema.variable(place.variable);
                *plane = halve(plane, spec.overview, spec.encoding.absent);
            }
            Ok((place, writer.encode(place, plane)?))
        })
        .collect()
}
