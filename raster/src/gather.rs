//! From a period's accumulators to a tile: each pixel is looked up once.

use floe_shared::digital_number::mean_half_even;
use floe_shared::grid::TileIndex;
use ndarray::Array2;

use crate::accumulate::{AccumulateError, PeriodAccumulator, Raster};
use crate::centres::Centres;
use crate::plane::Plane;
use crate::rule::SourceStatistic;

/// A period of one tile.
#[derive(Clone, Debug, PartialEq)]
pub struct TilePeriod {
    /// The statistics that were asked for, in their order, as they are stored.
    pub planes: Vec<Plane>,
    /// Pixels with at least one accepted value.
    pub valid_pixels: u64,
}

/// What all granules of the period say of the pixels of one row.
struct RowSums {
    sums: Vec<u32>,
    counts: Vec<u32>,
    maxima: Vec<u16>,
    minima: Vec<u16>,
}

/// Samples the accumulators at the centres of a tile's pixels. A centre that several rasters claim, as
/// rounded corners make possible at their borders, takes what each of them says.
///
/// A result that would be 0, which is no data, becomes 1.
pub fn gather(
    period: &PeriodAccumulator,
    tile: TileIndex,
    statistics: &[SourceStatistic],
) -> Result<TilePeriod, AccumulateError> {
    period.check_ready(tile)?;
    let centres = Centres::new(period.grid(), tile);
    let (height, width) = (centres.height(), centres.width());
    let rasters = period.rasters();
    let mut planes: Vec<Array2<u16>> =
        statistics.iter().map(|_| Array2::zeros((height, width))).collect();
    let mut valid_pixels = 0;
    let mut row_sums = RowSums::new(width);
    for row in 0..height {
        row_sums.clear();
        for raster in &rasters {
            row_sums.add(raster, &centres, row);
        }
        for (plane, &statistic) in planes.iter_mut().zip(statistics) {
            row_sums.write(statistic, plane.row_mut(row).iter_mut());
        }
        valid_pixels += row_sums.counts.iter().filter(|&&count| count > 0).count() as u64;
    }
    Ok(TilePeriod { planes: planes.into_iter().map(Plane::from).collect(), valid_pixels })
}

impl RowSums {
    fn new(width: usize) -> Self {
        Self {
            sums: vec![0; width],
            counts: vec![0; width],
            maxima: vec![0; width],
            minima: vec![u16::MAX; width],
        }
    }

    fn clear(&mut self) {
        self.sums.fill(0);
        self.counts.fill(0);
        self.maxima.fill(0);
        self.minima.fill(u16::MAX);
    }

    /// Writes a statistic of each pixel of the row.
    fn write<'a>(&self, statistic: SourceStatistic, pixels: impl Iterator<Item = &'a mut u16>) {
        // Where nothing was accepted all of them are 0 but the minimum.
        for (col, pixel) in pixels.enumerate() {
            let count = self.counts[col];
            let number = match statistic {
                SourceStatistic::Mean => mean_half_even(self.sums[col], count),
                SourceStatistic::Maximum => self.maxima[col],
                SourceStatistic::Minimum => self.minima[col],
                SourceStatistic::Count => u16::try_from(count).unwrap_or(u16::MAX),
            };
            *pixel = if count > 0 { number.max(1) } else { 0 };
        }
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
            let west = across * layout.block_width;
            let east = (west + layout.block_width).min(layout.width);
            let targets = centres.columns_in(row, columns, west..east);
            let block = raster.block(block as usize);
            if targets.is_empty() || block.sums.is_empty() {
                continue;
            }
            let start = ((source_row - window.row) * window.width) as usize;
            let source = start..start + window.width as usize;
            let (sums, counts) = (&block.sums[source.clone()], &block.counts[source.clone()]);
            // Those that the rule does not keep are empty.
            let maxima = block.maxima.get(source.clone());
            let minima = block.minima.get(source.clone());
            for (target, x) in targets.clone().zip(centres.xs(row, targets)) {
                let index = columns.index(x) as usize - window.col as usize;
                self.sums[target] += sums[index];
                self.counts[target] += u32::from(counts[index]);
                if let Some(maxima) = maxima {
                    self.maxima[target] = self.maxima[target].max(maxima[index]);
                }
                if let Some(minima) = minima {
                    self.minima[target] = self.minima[target].min(minima[index]);
                }
            }
        }
    }
}
