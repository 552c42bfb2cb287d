//! One variable of one period, from north to south: every chunk is read once.

use std::collections::BTreeSet;
use std::sync::Arc;

use floe_raster::plane::{self, PlaneError};
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::pyramid::{ChunkIndex, Level, Owner};
use floe_shared::schema::{VariableId, VariableSpec};
use floe_shared::window::PixelWindow;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::band::{Band, Due};
use super::compare::{self, Pixels};
use super::problem::{Problem, Remedy};
use super::promise::Promise;
use super::reading::Reading;
use crate::error::Error;
use crate::overviews::slice_of;
use crate::store::ChunkPlace;

/// Chunks, or tiles with their few, that are read at once.
const CONCURRENCY: usize = 16;

/// What is verified, and what was found so far.
pub(super) struct Plane<'a> {
    reading: &'a Arc<Reading>,
    variable: VariableId,
    period: u32,
    levels: Vec<Level>,
    found: Found,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) problems: Vec<Problem>,
    /// Tiles that hold chunks and have no commit.
    pub(super) unaccounted: BTreeSet<TileIndex>,
    /// Pixels with a value, of tiles whose commits tell those of all periods together; `None` where it cannot be told.
    pub(super) counted: Vec<(TileIndex, Option<u64>)>,
}

/// What one tile gave.
struct OfTile {
    tile: TileIndex,
    problems: Vec<(Level, String)>,
    /// The coarsest level that is the tile's own.
    coarsest: Pixels,
    holds_chunks: bool,
    /// Pixels with a value, counted where the tile's commit tells those of all periods together.
    valid_pixels: Option<u64>,
}

impl<'a> Plane<'a> {
    /// A variable of a period, by the period's place.
    pub(super) fn new(reading: &'a Arc<Reading>, variable: VariableId, period: u32) -> Self {
        Self {
            reading,
            variable,
            period,
            levels: reading.layout().levels(),
            found: Found::default(),
        }
    }

    fn spec(&self) -> &'a VariableSpec {
        self.reading.layout().schema.variable(self.variable)
    }

    /// Pixels without data.
    fn fill(&self, dim: (usize, usize)) -> Result<plane::Plane, PlaneError> {
        let encoding = &self.spec().encoding;
        plane::Plane::filled(encoding.data_type, dim, encoding.absent)
    }

    /// Reads and judges it.
    pub(super) async fn verify(mut self) -> Result<Found, Error> {
        let grid = self.reading.layout().grid;
        let own: Vec<Level> = self.reading.layout().tile_levels().collect();
        let Some(&coarsest) = own.last() else { return Ok(self.found) };
        // One for each level whose pixels a global level is made from.
        let mut bands: Vec<Band> = self
            .levels
            .windows(2)
            .filter(|pair| pair[1].owner == Owner::Global)
            .map(|pair| Band::new(pair[0], pair[1], self.spec()))
            .collect::<Result<_, _>>()?;
        for row in 0..grid.tile_rows() {
            let mut pixels = self.fill((coarsest.chunk as usize, coarsest.cols as usize))?;
            let (read, passed): (Vec<_>, Vec<_>) =
                grid.row_of_tiles(row).partition(|&tile| self.reading.is_asked_for(tile));
            let mut hidden: Vec<TileIndex> = passed;
            let mut tiles =
                stream::iter(read).map(|tile| self.tile(tile, &own)).buffer_unordered(CONCURRENCY);
            let mut done = Vec::new();
            while let Some(of_tile) = tiles.try_next().await? {
                let tile = of_tile.tile;
                match &of_tile.coarsest {
                    Pixels::Stored(stored) => {
                        let window = coarsest.chunk_window(grid.chunk_of_tile(tile));
                        let within = PixelWindow {
                            row: window.row,
                            col: 0,
                            height: coarsest.chunk,
                            width: coarsest.cols,
                        };
                        pixels.put(slice_of(window, within), stored)?;
                    }
                    Pixels::Fill => {}
                    Pixels::Damaged(_) | Pixels::Skipped => hidden.push(tile),
                }
                if self.reading.is_unseen(tile) {
                    hidden.push(tile);
                }
                done.push(of_tile);
            }
            drop(tiles);
            for of_tile in done {
                self.note(of_tile);
            }
            if let Some(band) = bands.first_mut() {
                band.extend(&pixels)?;
                for tile in hidden {
                    band.hide(coarsest.chunk_window(grid.chunk_of_tile(tile)));
                }
            }
            self.climb(&mut bands).await?;
        }
        Ok(self.found)
    }

    /// Reads a tile's chunks and judges them.
    async fn tile(&self, tile: TileIndex, own: &[Level]) -> Result<OfTile, Error> {
        let chunk = self.reading.layout().grid.chunk_of_tile(tile);
        let mut fetched = Vec::with_capacity(own.len());
        for &level in own {
            let place = self.place(level, chunk);
            fetched.push((place, self.reading.fetch(place).await?));
        }
        let reading = Arc::clone(self.reading);
        let promise = reading.promise(tile, self.period);
        let variable = self.variable;
        reading
            .clone()
            .on_a_core(move || {
                let levels: Vec<(Level, Pixels)> = fetched
                    .into_iter()
                    .map(|(place, fetched)| (place.level, reading.decode(place, fetched)))
                    .collect();
                let holds_chunks = levels
                    .iter()
                    .any(|(_, pixels)| matches!(pixels, Pixels::Stored(_) | Pixels::Damaged(_)));
                let variable = reading.layout().schema.variable(variable);
                let problems = compare::tile(&levels, promise, variable)?;
                let finest = levels.first().filter(|_| reading.promises.are_together(tile));
                let valid_pixels =
                    finest.and_then(|(_, pixels)| compare::valid_pixels(pixels, variable));
                let coarsest =
                    levels.into_iter().next_back().map_or(Pixels::Skipped, |(_, pixels)| pixels);
                Ok::<_, PlaneError>(OfTile { tile, problems, coarsest, holds_chunks, valid_pixels })
            })
            .await?
            .map_err(Error::from)
    }

    fn note(&mut self, of_tile: OfTile) {
        let OfTile { tile, problems, holds_chunks, valid_pixels, .. } = of_tile;
        if self.reading.promises.are_together(tile) {
            self.found.counted.push((tile, valid_pixels));
        }
        if holds_chunks && self.reading.promise(tile, self.period) == Promise::NoCommit {
            self.found.unaccounted.insert(tile);
        }
        let chunk = self.reading.layout().grid.chunk_of_tile(tile);
        for (level, what) in problems {
            let what = self.of_period(&what);
            let array = self.place(level, chunk).array(self.reading.layout());
            self.found.problems.push(Problem::new(Some(tile), &array, what, Remedy::Process));
        }
    }

    /// Compares the global levels as far as what lies below them is known.
    async fn climb(&mut self, bands: &mut [Band<'_>]) -> Result<(), Error> {
        for index in 0..bands.len() {
            while let Some(due) = bands[index].due()? {
                let (finer, level) = bands[index].levels();
                let (stored, hidden) = self.row(finer, level, &due).await?;
                if let Some(band) = bands.get_mut(index + 1) {
                    band.extend(&stored)?;
                    for window in hidden {
                        band.hide(window);
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads a row of a global level's chunks and compares them with what they must hold; tells the level's pixels,
    /// and which of them could not be read.
    async fn row(
        &mut self,
        finer: Level,
        level: Level,
        due: &Due,
    ) -> Result<(plane::Plane, Vec<PixelWindow>), Error> {
        let chunks: Vec<ChunkIndex> =
            (0..level.chunk_cols()).map(|col| ChunkIndex { row: due.row, col }).collect();
        let (read, passed): (Vec<_>, Vec<_>) =
            chunks.into_iter().partition(|&chunk| self.reading.is_above_asked_for(level, chunk));
        let mut hidden: Vec<PixelWindow> =
            passed.into_iter().map(|chunk| level.chunk_window(chunk)).collect();
        let read: Vec<(ChunkIndex, Pixels)> = stream::iter(read)
            .map(|chunk| self.global(level, chunk))
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        let dim = due.pixels.dim();
        let mut row = self.fill(dim)?;
        for (chunk, pixels) in read {
            let window = level.chunk_window(chunk);
            let all = PixelWindow {
                row: due.row * level.chunk,
                col: 0,
                height: dim.0 as u32,
                width: level.cols,
            };
            match pixels {
                Pixels::Stored(stored) => {
                    let inside =
                        PixelWindow { row: 0, col: 0, height: window.height, width: window.width };
                    row.put(slice_of(window, all), &stored.part(slice_of(inside, inside)))?;
                }
                Pixels::Fill if due.of(window).is_all(self.spec().encoding.absent) => continue,
                Pixels::Fill => {}
                Pixels::Damaged(reason) => {
                    hidden.push(window);
                    let tile = self.first_tile(level, window, (0, 0));
                    self.note_global(level, chunk, tile, &reason);
                    continue;
                }
                Pixels::Skipped => {
                    hidden.push(window);
                    continue;
                }
            }
            let known = due.known(window);
            let stored = row.part(slice_of(window, all));
            let difference = compare::difference(&stored, &due.of(window), |place| known[place])?;
            if let Some(difference) = difference {
                let tile = self.first_tile(level, window, difference.first);
                self.note_global(level, chunk, tile, &difference.what(finer, self.spec().overview));
            }
        }
        Ok((row, hidden))
    }

    async fn global(&self, level: Level, chunk: ChunkIndex) -> Result<(ChunkIndex, Pixels), Error> {
        let place = self.place(level, chunk);
        let fetched = self.reading.fetch(place).await?;
        let reading = Arc::clone(self.reading);
        let pixels = reading.clone().on_a_core(move || reading.decode(place, fetched)).await?;
        Ok((chunk, pixels))
    }

    fn note_global(&mut self, level: Level, chunk: ChunkIndex, tile: TileIndex, what: &str) {
        let what = format!("chunk {},{}: {}", chunk.row, chunk.col, self.of_period(what));
        let array = self.place(level, chunk).array(self.reading.layout());
        self.found.problems.push(Problem::new(Some(tile), &array, what, Remedy::Overviews));
    }

    /// The tile that holds a pixel of a window of a level.
    fn first_tile(
        &self,
        level: Level,
        window: PixelWindow,
        (row, col): (usize, usize),
    ) -> TileIndex {
        let grid: Grid = self.reading.layout().grid;
        let factor = level.factor();
        let row = (window.row + row as u32) * factor;
        let col = (window.col + col as u32) * factor;
        grid.tile_of_pixel(row.min(grid.rows() - 1), col.min(grid.cols() - 1))
    }

    fn of_period(&self, what: &str) -> String {
        match self.reading.layout().periods.labels().nth(self.period as usize) {
            Some(label) => format!("{label}: {what}"),
            None => what.to_owned(),
        }
    }

    fn place(&self, level: Level, chunk: ChunkIndex) -> ChunkPlace {
        ChunkPlace { level, variable: self.variable, period: self.period, chunk }
    }
}
