//! A tile whose pixels are done: its chunks on every level that it alone determines, and its commit.

use bytes::Bytes;
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::message::{self, Coverage, Note, PeriodStats, Shortfall, TileMessage};
use floe_shared::period::PeriodLabel;
use icechunk::format::snapshot::SnapshotProperties;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::overviews::halve;
use crate::store::{ChunkPlace, ChunkWriter, CommitRequest, Layout, StagedChunk, StoreError};
use floe_raster::plane::Plane;

/// Metadata key under which a tile's commit carries structured statistics.
pub const METADATA: &str = "floe";

/// A chunk's place and bytes; `None` where every pixel is fill.
pub type EncodedChunk = (ChunkPlace, Option<Bytes>);

/// One period of a tile, or all of them together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PeriodReport {
    /// The period.
    pub label: PeriodLabel,
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

/// Reports of periods, in order. Documents have them as `periods` by label and, where they are calendar years, as `years`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeriodReports(pub Vec<PeriodReport>);

impl PeriodReport {
    /// Of a period without a granule.
    pub const fn new(label: PeriodLabel) -> Self {
        Self {
            label,
            input_granules: 0,
            empty_granules: 0,
            rejected_granules: 0,
            output_valid_pixels: 0,
            coverage: 0.0,
            expected_composites: None,
            found_composites: None,
            absent: Vec::new(),
        }
    }

    /// Its document under `years`, where it is a calendar year.
    fn of_year(&self) -> Option<Value> {
        let year = self.label.year()?;
        let Value::Object(mut members) = json!(self) else { return None };
        members.retain(|key, _| key != "label");
        let first = Map::from_iter([("year".to_owned(), Value::from(year))]);
        Some(first.into_iter().chain(members).collect::<Map<_, _>>().into())
    }

    /// What a commit's message says of it.
    fn stats(&self, grid: Grid) -> PeriodStats {
        PeriodStats {
            label: self.label.clone(),
            input_granules: Some(self.input_granules),
            valid_pixels: self.output_valid_pixels,
            coverage: coverage(grid, self.output_valid_pixels),
        }
    }
}

impl PeriodReports {
    fn years(&self) -> Vec<Value> {
        self.0.iter().filter_map(PeriodReport::of_year).collect()
    }

    /// What the metadata of a tile's commit say of its periods: under `years` of each calendar year, else under `periods` of
    /// those that its message has an entry for.
    fn metadata(&self, grid: Grid) -> (&'static str, Value) {
        let years = self.years();
        if years.len() == self.0.len() {
            return ("years", years.into());
        }
        let told = message::together(
            self.0.iter().map(|report| report.stats(grid)).collect(),
            tile_pixels(grid),
        );
        let [all] = &told[..] else { return ("periods", json!(self.0)) };
        let sum = |number: fn(&PeriodReport) -> u64| self.0.iter().map(number).sum::<u64>();
        let known = |number: fn(&PeriodReport) -> Option<u64>| {
            self.0.iter().map(number).sum::<Option<u64>>()
        };
        let all = PeriodReport {
            label: all.label.clone(),
            input_granules: sum(|report| report.input_granules),
            empty_granules: sum(|report| report.empty_granules),
            rejected_granules: sum(|report| report.rejected_granules),
            output_valid_pixels: all.valid_pixels,
            coverage: all.coverage.percent(),
            expected_composites: known(|report| report.expected_composites),
            found_composites: known(|report| report.found_composites),
            absent: self.0.iter().flat_map(|report| report.absent.clone()).collect(),
        };
        ("periods", json!([all]))
    }
}

impl Serialize for PeriodReports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("years", &self.years())?;
        map.serialize_entry("periods", &self.0)?;
        map.end()
    }
}

/// A tile that is ready to be committed.
#[derive(Debug)]
pub struct FinishedTile {
    /// Which.
    pub tile: TileIndex,
    /// Whether any period of the collection has a granule at any of its positions.
    pub is_covered: bool,
    /// Names the granules that it is made of.
    pub fingerprint: String,
    /// One entry a period.
    pub periods: PeriodReports,
    /// Bytes of granules that were read for it.
    pub bytes_read: u64,
    /// Its uploaded chunks of all periods, variables and own levels.
    pub chunks: Vec<StagedChunk>,
}

impl FinishedTile {
    /// What its commit says besides statistics.
    pub fn note(&self) -> Note {
        if !self.is_covered {
            return Note::NoData;
        }
        let short = |report: &PeriodReport| {
            let (found, expected) = (report.found_composites?, report.expected_composites?);
            let label = report.label.clone();
            (found < expected).then_some(Shortfall { label, found, expected })
        };
        Note::of_shortfalls(self.periods.0.iter().filter_map(short).collect())
    }

    /// Its commit. `began_at` is the tip when the work began; `replaces` commits it even though the
    /// tile was committed before.
    pub fn into_commit(self, grid: Grid, began_at: String, replaces: bool) -> CommitRequest {
        let stats = self.periods.0.iter().map(|report| report.stats(grid)).collect();
        let message = TileMessage {
            tile: self.tile,
            periods: message::together(stats, tile_pixels(grid)),
            note: self.note(),
        };
        let (key, periods) = self.periods.metadata(grid);
        let metadata = SnapshotProperties::from([(
            METADATA.to_owned(),
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "tile": self.tile.to_string(),
                "granules": self.fingerprint,
                "bytes_read": self.bytes_read,
                key: periods,
            }),
        )]);
        CommitRequest::of_tile(message, self.chunks, metadata, began_at, replaces)
    }
}

/// The share of a tile's pixels that hold a value.
pub fn coverage(grid: Grid, valid_pixels: u64) -> Coverage {
    Coverage::of(valid_pixels, tile_pixels(grid))
}

/// Pixels of a tile.
fn tile_pixels(grid: Grid) -> u64 {
    let edge = u64::from(grid.tile_pixels());
    edge * edge
}

/// The places of a tile's chunks for one period: every variable on every level that the tile alone
/// determines.
pub fn places(
    layout: &Layout,
    tile: TileIndex,
    period: u32,
) -> impl Iterator<Item = ChunkPlace> + '_ {
    layout.tile_levels().flat_map(move |level| {
        layout.variables().map(move |variable| ChunkPlace {
            level,
            variable,
            period,
            chunk: layout.grid.chunk_of_tile(tile),
        })
    })
}

/// Encodes one period of a tile for every place of [`places`], each level from the one before.
pub fn encode(
    writer: &ChunkWriter,
    layout: &Layout,
    tile: TileIndex,
    period: u32,
    mut planes: Vec<Plane>,
) -> Result<Vec<EncodedChunk>, StoreError> {
    places(layout, tile, period)
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
