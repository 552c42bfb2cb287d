//! Makes a full-size store to measure the map over: what months of processing would have written, in
//! minutes and without a source.
//!
//! ```sh
//! cargo run --release -p floe-bench --bin full-size-store -- DIRECTORY
//! ```
//!
//! Schema, chunks, commits and overviews come from the processor's own code; only the pixels are made
//! up. One commit a tile; a run that was broken off is taken up again where it stopped.

mod field;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use clap::Parser;
use floe_processor::overviews::global;
use floe_processor::recipe::{self, RecipeText};
use floe_processor::store::{
    Access, ChunkWriter, Committed, Dataset, Layout, Location, StagedChunk, Store,
    process_environment,
};
use floe_processor::tile::{self, EncodedChunk, FinishedTile, PeriodReport, PeriodReports};
use floe_raster::natural_earth::land_tiles;
use floe_raster::needed;
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::message::CommitMessage;
use floe_shared::period::PeriodAxis;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::json;

use field::Field;

/// Composites of 8 days in a year.
const COMPOSITES: u64 = 46;
/// What a real granule's two files take, for the metadata.
const GRANULE_BYTES: u64 = 2_200_000;

/// Makes a full-size store to measure the map over.
#[derive(Debug, Parser)]
struct Options {
    /// The store's directory.
    directory: PathBuf,
    /// Degrees of a pixel.
    #[arg(long, default_value_t = 0.01)]
    resolution: f64,
    /// Degrees of a tile.
    #[arg(long, default_value_t = 10.0)]
    tile_degrees: f64,
    /// The years.
    #[arg(long, value_delimiter = ',', default_values_t = [2020, 2021, 2022])]
    years: Vec<i32>,
    /// Tiles under way at once; as many as there are cores where it is left out.
    #[arg(long)]
    jobs: Option<usize>,
}

/// What all tiles share.
struct Maker {
    dataset: Dataset,
    writer: ChunkWriter,
    field: Field,
}

/// A tile's layers, encoded.
struct Encoded {
    chunks: Vec<EncodedChunk>,
    periods: PeriodReports,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let began = Instant::now();
    let grid = Grid::new(options.resolution, options.tile_degrees)?;
    let schema = RecipeText::find(recipe::DEFAULT)?.recipe()?.schema;
    let periods = PeriodAxis::of_years(&options.years)?;
    let layout = Layout { grid, periods, chunk_pixels: None, schema };
    let maker = Arc::new(Maker::open(&options.directory, layout).await?);
    let done = maker.done().await?;
    let land = land_tiles(grid);
    let tiles: Vec<TileIndex> = grid
        .tiles()
        .filter(|&tile| land[grid.tile_ordinal(tile)] && !done.contains(&tile))
        .collect();
    let count = tiles.len();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut made = stream::iter(tiles)
        .map(|tile| Arc::clone(&maker).tile(tile))
        .buffer_unordered(options.jobs.unwrap_or(cores).max(1));
    let mut number = 0;
    while let Some(tile) = made.try_next().await? {
        number += 1;
        eprintln!("tile {tile}: {number} of {count}, {:.0} s", began.elapsed().as_secs_f64());
    }
    let overviews = global::update(&maker.dataset, &BTreeSet::new()).await?;
    eprintln!("{}", overviews.line());
    let report = json!({
        "store": options.directory,
        "tiles_made": count,
        "tiles_kept": done.len(),
        "commits": maker.dataset.history(None).await?.len(),
        "bytes": bytes_of(&options.directory)?,
        "wall_seconds": began.elapsed().as_secs_f64(),
    });
    writeln!(std::io::stdout(), "{report:#}")?;
    Ok(())
}

impl Maker {
    /// Creates the store where it is missing, and opens it.
    async fn open(directory: &Path, layout: Layout) -> anyhow::Result<Self> {
        let location = Location::Local(directory.to_owned());
        let store = Store::connect(location, Access::Write, &process_environment).await?;
        store.initialize(&layout).await?;
        let dataset = store.open(&layout).await?;
        Ok(Self { writer: dataset.chunk_writer().await?, dataset, field: Field::new(layout.grid) })
    }

    /// The tiles that an earlier run has committed.
    async fn done(&self) -> anyhow::Result<BTreeSet<TileIndex>> {
        let history = self.dataset.history(None).await?;
        Ok(history
            .iter()
            .filter_map(|entry| CommitMessage::parse(&entry.commit.message).tile())
            .collect())
    }

    /// Makes, uploads and commits a tile.
    async fn tile(self: Arc<Self>, tile: TileIndex) -> anyhow::Result<TileIndex> {
        let began_at = self.dataset.tip().await?;
        let maker = Arc::clone(&self);
        let Encoded { chunks, periods } = tokio::task::spawn_blocking(move || maker.encode(tile))
            .await
            .context("making a tile")??;
        let mut staged: Vec<StagedChunk> = Vec::with_capacity(chunks.len());
        for (place, bytes) in chunks {
            staged.push(self.writer.stage(place, bytes).await?);
        }
        let bytes_read =
            periods.0.iter().map(|period| period.input_granules).sum::<u64>() * GRANULE_BYTES;
        let finished = FinishedTile {
            tile,
            is_covered: true,
            fingerprint: String::new(),
            periods,
            bytes_read,
            chunks: staged,
        };
        let request = finished.into_commit(self.dataset.layout().grid, began_at, false);
        let committed = self.dataset.commit(request).await?;
        ensure!(
            matches!(committed, Committed::Landed { .. }),
            "tile {tile} was committed by another program meanwhile"
        );
        Ok(tile)
    }

    /// All chunks of a tile.
    fn encode(&self, tile: TileIndex) -> anyhow::Result<Encoded> {
        let layout = self.dataset.layout();
        let ground = self.field.ground(tile);
        let granules = needed::positions(layout.grid, &[tile]).len() as u64 * COMPOSITES;
        let mut encoded = Encoded { chunks: Vec::new(), periods: PeriodReports::default() };
        for (index, label) in layout.periods.labels().enumerate() {
            let year = label.year().context("a period that is no year")?;
            let pixels = self.field.year(&ground, year);
            encoded.periods.0.push(PeriodReport {
                input_granules: granules,
                output_valid_pixels: pixels.valid_pixels,
                coverage: tile::coverage(layout.grid, pixels.valid_pixels).percent(),
                ..PeriodReport::new(label.clone())
            });
            encoded.chunks.extend(tile::encode(
                &self.writer,
                layout,
                tile,
                index as u32,
                pixels.planes,
            )?);
        }
        Ok(encoded)
    }
}

/// The bytes of all files below a directory.
fn bytes_of(directory: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_of(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
