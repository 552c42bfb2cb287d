//! A variable of the whole world at the resolution of a picture.

use floe_shared::pyramid::{ChunkIndex, Level, Owner};
use floe_shared::schema::VariableId;
use futures::stream::{self, StreamExt, TryStreamExt};
use ndarray::Array2;

use crate::error::Error;
use crate::store::{ChunkPlace, Dataset};

/// Columns of the picture; rows are half as many.
const WIDTH: usize = 1440;
/// Chunks read at once.
const CONCURRENCY: usize = 16;

/// The world, row 0 in the north and column 0 at 180° W.
#[derive(Debug)]
pub struct World {
    /// Digital numbers; 0 is no data.
    pub pixels: Array2<u16>,
    /// Pixels of the picture with a value.
    pub valid_pixels: usize,
    /// The snapshot that was read.
    pub snapshot: String,
}

/// Reads the coarsest level that tiles commit themselves (which is never behind) and averages it down
/// over valid pixels.
pub async fn read_world(
    dataset: &Dataset,
    variable: VariableId,
    year: u32,
    at: Option<&str>,
) -> Result<World, Error> {
    let levels = dataset.layout().levels();
    let own = levels.into_iter().rfind(|level| level.owner == Owner::Tile);
    let level =
        own.ok_or_else(|| Error::Internal { message: "a grid without levels".to_owned() })?;
    let reader = dataset.chunk_reader(at).await?;
    let width = WIDTH.min(level.cols as usize);
    let mut sums = Sums::new(width.div_ceil(2), width);
    let chunks = (0..level.chunk_rows())
        .flat_map(|row| (0..level.chunk_cols()).map(move |col| ChunkIndex { row, col }));
    let mut read = stream::iter(chunks)
        .map(async |chunk| {
            let place = ChunkPlace { level, variable, year, chunk };
            Ok::<_, Error>((chunk, dataset.read_chunk(&reader, place).await?))
        })
        .buffer_unordered(CONCURRENCY);
    while let Some((chunk, found)) = read.try_next().await? {
        if let Some(pixels) = found {
            sums.add(level, chunk, &pixels);
        }
    }
    drop(read);
    let pixels = sums.means();
    let valid_pixels = pixels.iter().filter(|&&pixel| pixel != 0).count();
    Ok(World { pixels, valid_pixels, snapshot: reader.snapshot() })
}

struct Sums {
    sums: Array2<u64>,
    counts: Array2<u32>,
}

impl Sums {
    fn new(rows: usize, cols: usize) -> Self {
        Self { sums: Array2::zeros((rows, cols)), counts: Array2::zeros((rows, cols)) }
    }

    fn add(&mut self, level: Level, chunk: ChunkIndex, pixels: &Array2<u16>) {
        let (rows, cols) = self.sums.dim();
        let window = level.chunk_window(chunk);
        for ((row, col), &pixel) in pixels.indexed_iter() {
            let (row, col) = (row + window.row as usize, col + window.col as usize);
            if pixel == 0 || row >= level.rows as usize || col >= level.cols as usize {
                continue;
            }
            let cell = (row * rows / level.rows as usize, col * cols / level.cols as usize);
            self.sums[cell] += u64::from(pixel);
            self.counts[cell] += 1;
        }
    }

    fn means(&self) -> Array2<u16> {
        ndarray::Zip::from(&self.sums)
            .and(&self.counts)
            .map_collect(|&sum, &count| sum.checked_div(u64::from(count)).unwrap_or(0) as u16)
    }
}
