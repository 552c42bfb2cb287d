//! From a year's accumulators to a tile: each pixel is looked up once.

use floe_shared::digital_number::mean_half_even;
use floe_shared::grid::TileIndex;
use ndarray::Array2;

use crate::accumulate::{AccumulateError, Raster, YearAccumulator};
use crate::centres::Centres;

/// A year of one tile: rows from the north, columns from the west, digital numbers, 0 for no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileYear {
    /// The mean of all accepted values, halves to the even neighbour.
    pub average: Array2<u16>,
    /// The greatest of them.
    pub maximum: Array2<u16>,
    /// Pixels with at least one.
    pub valid_pixels: u64,
}

/// What all granules of the year say of the pixels of one row.
struct RowSums {
    sums: Vec<u32>,
    counts: Vec<u32>,
    maxima: Vec<u16>,
}

/// Samples the accumulators at the centres of a tile's pixels. A centre that several rasters claim, as
/// rounded corners make possible at their borders, takes what each of them says.
pub fn gather(year: &YearAccumulator, tile: TileIndex) -> Result<TileYear, AccumulateError> {
    year.check_finished()?;
    let centres = Centres::new(year.grid(), tile);
    let (height, width) = (centres.height(), centres.width());
    let rasters = year.rasters();
    let mut tile_year = TileYear {
        average: Array2::zeros((height, width)),
        maximum: Array2::zeros((height, width)),
        valid_pixels: 0,
    };
    let mut row_sums =
        RowSums { sums: vec![0; width], counts: vec![0; width], maxima: vec![0; width] };
    let rows = tile_year.average.rows_mut().into_iter().zip(tile_year.maximum.rows_mut());
    for (row, (mut average, mut maximum)) in rows.enumerate() {
        row_sums.clear();
        for raster in &rasters {
            row_sums.add(raster, &centres, row);
        }
        for col in 0..width {
            let count = row_sums.counts[col];
            average[col] = mean_half_even(row_sums.sums[col], count);
            maximum[col] = row_sums.maxima[col];
            tile_year.valid_pixels += u64::from(count > 0);
        }
    }
    Ok(tile_year)
}

impl RowSums {
    fn clear(&mut self) {
        self.sums.fill(0);
        self.counts.fill(0);
        self.maxima.fill(0);
    }

    /// Adds what one raster says of one row of pixels.
    fn add(&mut self, raster: &Raster, centres: &Centres, row: usize) {
        let layout = raster.footprint.layout();
        let source_row = raster.transform.rows().index(centres.y(row));
        if !(0..i64::from(layout.height)).contains(&source_row) {
            return;
        }
        let source_row = source_row as u32;
        let columns = raster.transform.columns();
        for across in 0..layout.across() {
            let block = source_row / layout.block_height * layout.across() + across;
            let Some(window) = raster.footprint.window(block as usize) else { continue };
            let block = raster.block(block as usize);
            if block.sums.is_empty() {
                continue;
            }
            let west = across * layout.block_width;
            let east = (west + layout.block_width).min(layout.width);
            let targets = centres.columns_in(row, columns, west..east);
            let start = ((source_row - window.row) * window.width) as usize;
            let source = start..start + window.width as usize;
            let (sums, counts) = (&block.sums[source.clone()], &block.counts[source.clone()]);
            let maxima = &block.maxima[source];
            for (target, x) in targets.clone().zip(centres.xs(row, targets)) {
                let index = columns.index(x) as usize - window.col as usize;
                self.sums[target] += sums[index];
                self.counts[target] += u32::from(counts[index]);
                self.maxima[target] = self.maxima[target].max(maxima[index]);
            }
        }
    }
}
