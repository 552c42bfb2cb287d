//! What is committed: tiles of the real layout, with small chunks of known content.

use anyhow::Context as _;
use bytes::Bytes;
use floe_processor::recipe::{self, RecipeText};
use floe_processor::store::{ChunkPlace, Layout};
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::message::{Coverage, Note, PeriodStats, TileMessage};
use floe_shared::period::PeriodAxis;
use floe_shared::pyramid::Owner;

/// More than Icechunk keeps within its manifests (512 bytes), as a real chunk is.
const CHUNK_BYTES: usize = 600;

/// The tiles of a run.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) layout: Layout,
    pub(crate) tiles: Vec<TileIndex>,
}

impl Work {
    /// The first `tiles` tiles of the full grid.
    pub(crate) fn new(tiles: usize, years: usize) -> anyhow::Result<Self> {
        let grid = Grid::default();
        let years: Vec<i32> = (0..years).map(|year| 2020 + year as i32).collect();
        let periods = PeriodAxis::of_years(&years)?;
        let tiles: Vec<TileIndex> = grid.tiles().take(tiles).collect();
        tiles.first().context("--tiles: expected at least 1")?;
        let schema = RecipeText::find(recipe::DEFAULT)?.recipe()?.schema;
        Ok(Self { layout: Layout { grid, periods, chunk_pixels: None, schema }, tiles })
    }

    /// The tiles of one of `count` writers.
    pub(crate) fn of_writer(&self, writer: usize, count: usize) -> Vec<TileIndex> {
        self.tiles.iter().copied().skip(writer).step_by(count).collect()
    }

    /// The chunks of a tile.
    pub(crate) fn places(&self, tile: TileIndex) -> Vec<ChunkPlace> {
        let mut places = Vec::new();
        for level in self.layout.levels() {
            if level.owner != Owner::Tile {
                continue;
            }
            for variable in self.layout.variables() {
                for period in 0..self.layout.periods.count() {
                    places.push(ChunkPlace {
                        level,
                        variable,
                        period,
                        chunk: self.layout.grid.chunk_of_tile(tile),
                    });
                }
            }
        }
        places
    }

    /// The content of a chunk: its own name, over and over.
    pub(crate) fn content(&self, place: ChunkPlace) -> Bytes {
        let name = format!("{} {} {:?};", place.array(&self.layout), place.period, place.chunk);
        name.bytes().cycle().take(CHUNK_BYTES).collect()
    }

    /// The commit message of a tile.
    pub(crate) fn message(&self, tile: TileIndex) -> TileMessage {
        TileMessage {
            tile,
            periods: self
                .layout
                .periods
                .labels()
                .map(|label| PeriodStats {
                    label: label.clone(),
                    input_granules: Some(184),
                    valid_pixels: 987_654,
                    coverage: Coverage { permille: 988 },
                })
                .collect(),
            note: Note::None,
        }
    }
}
