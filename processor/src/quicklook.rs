//! A variable of the whole grid at the resolution of a picture.

use floe_raster::plane::Pixel;
use floe_raster::with_plane;
use floe_shared::encoding::Decoder;
use floe_shared::pyramid::{ChunkIndex, Level, Owner};
use floe_shared::schema::{VariableId, VariableSpec};
use futures::stream::{self, StreamExt, TryStreamExt};
use ndarray::Array2;

use crate::error::Error;
use crate::store::{ChunkPlace, Dataset};

/// The most columns and rows of the picture.
const SIZE: (usize, usize) = (1440, 720);
/// Chunks read at once.
const CONCURRENCY: usize = 16;

/// The grid, row 0 in the north and column 0 in the west.
#[derive(Debug)]
pub struct Whole {
    /// Values in the variable's units, of classes the stored numbers; NaN is no data.
    pub pixels: Array2<f64>,
    /// Pixels of the picture with a value.
    pub valid_pixels: usize,
    /// The snapshot that was read.
    pub snapshot: String,
}

/// Reads the coarsest level that tiles commit themselves (which is never behind). A pixel of the picture is the mean of the values
/// within it; of classes, that in its middle.
pub async fn read_whole(
    dataset: &Dataset,
    variable: VariableId,
    period: u32,
    at: Option<&str>,
) -> Result<Whole, Error> {
    let levels = dataset.layout().levels();
    let own = levels.into_iter().rfind(|level| level.owner == Owner::Tile);
    let level =
        own.ok_or_else(|| Error::Internal { message: "a grid without levels".to_owned() })?;
    let reader = dataset.chunk_reader(at).await?;
    let spec = dataset.layout().schema.variable(variable);
    let mut picture = Picture::new(level, spec);
    let chunks = (0..level.chunk_rows())
        .flat_map(|row| (0..level.chunk_cols()).map(move |col| ChunkIndex { row, col }));
    let mut read = stream::iter(chunks)
        .map(async |chunk| {
            let place = ChunkPlace { level, variable, period, chunk };
            Ok::<_, Error>((chunk, dataset.read_chunk(&reader, place).await?))
        })
        .buffer_unordered(CONCURRENCY);
    while let Some((chunk, found)) = read.try_next().await? {
        if let Some(pixels) = found {
            with_plane!(&pixels, pixels => picture.add(chunk, pixels));
        }
    }
    drop(read);
    let pixels = picture.means();
    let valid_pixels = pixels.iter().filter(|pixel| !pixel.is_nan()).count();
    Ok(Whole { pixels, valid_pixels, snapshot: reader.snapshot() })
}

/// Values on their way into the picture.
struct Picture<'a> {
    level: Level,
    variable: &'a VariableSpec,
    decoder: Decoder,
    sums: Array2<f64>,
    counts: Array2<u32>,
}

impl<'a> Picture<'a> {
    fn new(level: Level, variable: &'a VariableSpec) -> Self {
        let (width, height) = (level.cols as usize, level.rows as usize);
        let cols = SIZE.0.min(width).min((SIZE.1 * width / height).max(1));
        let dim = ((cols * height).div_ceil(width), cols);
        let decoder = variable.encoding.decoder();
        Self { level, variable, decoder, sums: Array2::zeros(dim), counts: Array2::zeros(dim) }
    }

    fn add<T: Pixel>(&mut self, chunk: ChunkIndex, pixels: &Array2<T>) {
        let (rows, cols) = self.sums.dim();
        let (all_rows, all_cols) = (self.level.rows as usize, self.level.cols as usize);
        let window = self.level.chunk_window(chunk);
        let fill = T::of(self.variable.encoding.absent);
        let is_of_classes = !self.variable.flags.is_empty();
        for ((row, col), &pixel) in pixels.indexed_iter() {
            let (row, col) = (row + window.row as usize, col + window.col as usize);
            if row >= all_rows || col >= all_cols {
                continue;
            }
            let cell = (row * rows / all_rows, col * cols / all_cols);
            let middle = |cell: usize, cells: usize, all: usize| (2 * cell + 1) * all / (2 * cells);
            let is_middle =
                row == middle(cell.0, rows, all_rows) && col == middle(cell.1, cols, all_cols);
            let number = pixel.number();
            let is_value = pixel.is_data(fill) && self.decoder.keeps(number);
            if !is_value || (is_of_classes && !is_middle) {
                continue;
            }
            let physical = self.variable.encoding.physical(number);
            self.sums[cell] += if is_of_classes { number } else { physical };
            self.counts[cell] += 1;
        }
    }

    fn means(&self) -> Array2<f64> {
        // 0 by 0 is NaN.
        ndarray::Zip::from(&self.sums)
            .and(&self.counts)
            .map_collect(|&sum, &count| sum / f64::from(count))
    }
}
