//! A period's sums, counts, maxima and minima, pixel by pixel of the source rasters.
//!
//! Nearest-neighbour sampling commutes with reduction over time: what a period's granules say is
//! reduced where the pixels are, and each tile is sampled once at the end ([`crate::gather`]).
//! Granules of one position are reduced together only where their transforms are equal bit by bit.
//!
//! Several threads may add granules at once; sums, counts, maxima and minima do not depend on the order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use floe_shared::encoding::DataType;
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::window::PixelWindow;

use crate::geotiff::{Decoder, Directory, GeoTiffError, Layout, Transform};
use crate::granule::FetchedGranule;
use crate::needed::Footprint;
use crate::rule::{Pair, Rule};
use crate::sinusoidal::Position;

/// At most so many granules in a period. Whatever they hold, no sum then overflows: 65535 pixels of at
/// most 65535 make 4,294,836,225, which is below 2³², and a count fits 16 bits. (A year has 46
/// composites of each satellite.)
pub const MAX_GRANULES: u32 = u16::MAX as u32;

/// Why a granule could not be added.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AccumulateError {
    /// One of its files is unusable.
    #[error(transparent)]
    File(#[from] GeoTiffError),
    /// Sums could overflow.
    #[error("expected at most {MAX_GRANULES} granules in a period, found more")]
    TooMany,
    /// A granule was begun and not ended, and the sums are not what they seem.
    #[error(
        "expected all granules to be added, found {unfinished} that failed half way or still run"
    )]
    Unfinished {
        /// Granules begun and not ended.
        unfinished: u32,
    },
    /// Asked for a tile whose pixels were not kept.
    #[error("expected one of the tiles that the period was accumulated for, found {tile}")]
    OtherTile {
        /// The tile.
        tile: TileIndex,
    },
}

/// The accumulators of one period for a set of tiles.
#[derive(Debug)]
pub struct PeriodAccumulator {
    grid: Grid,
    tiles: Vec<TileIndex>,
    rule: Rule,
    rasters: Mutex<BTreeMap<RasterKey, Arc<Raster>>>,
    granules: AtomicU32,
    /// Granules that were begun and not (yet) added as a whole.
    unfinished: AtomicU32,
}

/// What granules must share to be reduced together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RasterKey {
    position: Position,
    transform: Transform,
    layout: Layout,
}

/// The accumulators of one raster: one position with one exact transform.
#[derive(Debug)]
pub(crate) struct Raster {
    pub(crate) transform: Transform,
    pub(crate) footprint: Arc<Footprint>,
    blocks: Vec<Mutex<BlockSums>>,
}

/// The accumulators of a block's needed rectangle, row by row. Empty until a pixel is accepted.
#[derive(Debug, Default)]
pub(crate) struct BlockSums {
    pub(crate) sums: Vec<u32>,
    pub(crate) counts: Vec<u16>,
    /// Empty where the rule does not keep them.
    pub(crate) maxima: Vec<u16>,
    /// The greatest number where nothing was accepted; empty where the rule does not keep them.
    pub(crate) minima: Vec<u16>,
    /// Of the row that is being added: all bits where a pixel counts, else none.
    keep: Vec<u16>,
}

impl PeriodAccumulator {
    /// Empty accumulators for some tiles.
    pub fn new(grid: Grid, tiles: &[TileIndex], rule: Rule) -> Self {
        Self {
            grid,
            tiles: tiles.to_vec(),
            rule,
            rasters: Mutex::default(),
            granules: AtomicU32::new(0),
            unfinished: AtomicU32::new(0),
        }
    }

    /// The grid of the tiles.
    pub const fn grid(&self) -> Grid {
        self.grid
    }

    /// What the tiles need of a raster; computed once for all granules alike.
    pub fn footprint(
        &self,
        position: Position,
        transform: Transform,
        layout: Layout,
    ) -> Arc<Footprint> {
        Arc::clone(&self.raster(RasterKey { position, transform, layout }).footprint)
    }

    /// Inflates the needed blocks of a granule and adds their accepted pixels: those that the rule says count, and
    /// that are not the file's "no data". Returns how many there were.
    ///
    /// After an error the period cannot be gathered any more, since a part of the granule may have been
    /// added.
    pub fn add(
        &self,
        granule: &FetchedGranule,
        decoder: &mut BlockDecoder,
    ) -> Result<u64, AccumulateError> {
        // Counted down on success only: neither an error nor a panic leaves a usable period behind.
        self.unfinished.fetch_add(1, Ordering::AcqRel);
        let accepted = self.add_blocks(granule, decoder)?;
        self.unfinished.fetch_sub(1, Ordering::AcqRel);
        Ok(accepted)
    }

    fn add_blocks(
        &self,
        granule: &FetchedGranule,
        decoder: &mut BlockDecoder,
    ) -> Result<u64, AccumulateError> {
        if self.granules.fetch_add(1, Ordering::Relaxed) >= MAX_GRANULES {
            return Err(AccumulateError::TooMany);
        }
        let (lst, qc) = (granule.lst(), granule.qc());
        let raster = self.raster(RasterKey {
            position: granule.id().key.position,
            transform: lst.directory.transform,
            layout: lst.directory.layout,
        });
        let mut accepted = 0;
        for (block, sums) in raster.blocks.iter().enumerate() {
            let Some(window) = raster.footprint.window(block) else { continue };
            let BlockDecoder { decoder, lst: temperatures, qc: flags } = decoder;
            decoder.decode(&lst.directory, block, lst.stored(block)?, temperatures)?;
            hide_nodata(&lst.directory, temperatures, self.rule.range);
            decoder.decode(&qc.directory, block, qc.stored(block)?, flags)?;
            let pixels = BlockPixels { block, window, lst: temperatures, qc: flags };
            accepted += lock(sums).add(&self.rule, &raster.footprint, &pixels);
        }
        Ok(accepted)
    }

    /// Refuses a tile that is none of the period's, and a period with a granule that was added in part.
    pub(crate) fn check_ready(&self, tile: TileIndex) -> Result<(), AccumulateError> {
        if !self.tiles.contains(&tile) {
            return Err(AccumulateError::OtherTile { tile });
        }
        match self.unfinished.load(Ordering::Acquire) {
            0 => Ok(()),
            unfinished => Err(AccumulateError::Unfinished { unfinished }),
        }
    }

    fn raster(&self, key: RasterKey) -> Arc<Raster> {
        let mut rasters = lock(&self.rasters);
        let raster = rasters.entry(key).or_insert_with(|| {
            let footprint = Footprint::new(self.grid, &self.tiles, key.transform, key.layout);
            Arc::new(Raster {
                transform: key.transform,
                blocks: (0..key.layout.blocks()).map(|_| Mutex::default()).collect(),
                footprint: Arc::new(footprint),
            })
        });
        Arc::clone(raster)
    }

    pub(crate) fn rasters(&self) -> Vec<Arc<Raster>> {
        lock(&self.rasters).values().cloned().collect()
    }
}

impl Raster {
    pub(crate) fn block(&self, block: usize) -> MutexGuard<'_, BlockSums> {
        lock(&self.blocks[block])
    }
}

/// Turns decoded temperatures (16 bits, the low byte first) that stand for "no data" in their file into fill (0), where
/// they would pass for numbers of a range of valid ones, which does not hold 0.
pub fn hide_nodata(directory: &Directory, temperatures: &mut [u8], (low, high): (u16, u16)) {
    // One that the samples cannot hold is none of theirs.
    let nodata = directory.nodata.map_or(0, |nodata| directory.data_type.bits(nodata) as u16);
    if directory.data_type != DataType::U16 || !(low..=high).contains(&nodata) {
        return;
    }
    for pixel in temperatures.as_chunks_mut::<2>().0 {
        if u16::from_le_bytes(*pixel) == nodata {
            *pixel = [0; 2];
        }
    }
}

/// A decoder with buffers for one block of both layers; keep one per thread.
#[derive(Debug, Default)]
pub struct BlockDecoder {
    decoder: Decoder,
    lst: Vec<u8>,
    qc: Vec<u8>,
}

/// The decoded pixels of a block, and those of them that are needed.
struct BlockPixels<'a> {
    block: usize,
    window: PixelWindow,
    lst: &'a [u8],
    qc: &'a [u8],
}

impl BlockSums {
    fn new(rule: &Rule, pixels: usize) -> Self {
        let kept = |keeps: bool, number| if keeps { vec![number; pixels] } else { Vec::new() };
        Self {
            sums: vec![0; pixels],
            counts: vec![0; pixels],
            maxima: kept(rule.maxima, 0),
            minima: kept(rule.minima, u16::MAX),
            keep: Vec::new(),
        }
    }

    /// Adds the accepted ones of a block's needed pixels.
    fn add(&mut self, rule: &Rule, footprint: &Footprint, pixels: &BlockPixels<'_>) -> u64 {
        let BlockPixels { block, window, lst, qc } = *pixels;
        let layout = footprint.layout();
        let origin = layout.window(block);
        if self.sums.is_empty() {
            *self = Self::new(rule, window.pixels() as usize);
        }
        // The usual rule has a loop of its own: one pass instead of four.
        let usual = match (rule, rule.flags.pairs()) {
            (Rule { range: (low, u16::MAX), maxima: true, minima: false, .. }, &[pair]) => {
                Some((*low, pair))
            }
            _ => None,
        };
        let lst = lst.as_chunks::<2>().0;
        let mut accepted = 0;
        for row in window.row..window.end_row() {
            let needed = footprint.columns(row);
            let start = needed.start.max(window.col);
            let end = needed.end.min(window.end_col());
            if start >= end {
                continue;
            }
            let stored = ((row - origin.row) * layout.block_width + start - origin.col) as usize;
            let kept = ((row - window.row) * window.width + start - window.col) as usize;
            let length = (end - start) as usize;
            let (lst, qc) = (&lst[stored..stored + length], &qc[stored..stored + length]);
            accepted += u64::from(match usual {
                Some((low, pair)) => add_row(
                    (low, pair),
                    lst,
                    qc,
                    &mut self.sums[kept..kept + length],
                    &mut self.counts[kept..kept + length],
                    &mut self.maxima[kept..kept + length],
                ),
                None => self.add_by_rule(rule, lst, qc, kept),
            });
        }
        accepted
    }

    /// Adds a row by any rule: which pixels count first, then one statistic after the other, each a loop that is
    /// compiled to vector instructions.
    fn add_by_rule(&mut self, rule: &Rule, lst: &[[u8; 2]], qc: &[u8], start: usize) -> u32 {
        let places = start..start + lst.len();
        self.keep.clear();
        let (low, high) = rule.range;
        self.keep.extend(lst.iter().map(|lst| {
            let lst = u16::from_le_bytes(*lst);
            (u16::from(lst >= low) & u16::from(lst <= high)).wrapping_neg()
        }));
        match rule.flags.pairs() {
            &[Pair { mask, wanted }] => {
                for (keep, qc) in self.keep.iter_mut().zip(qc) {
                    *keep &= u16::from(qc & mask == wanted).wrapping_neg();
                }
            }
            pairs => {
                for (keep, qc) in self.keep.iter_mut().zip(qc) {
                    let any = pairs.iter().fold(0, |any, pair| {
                        any | u16::from(qc & pair.mask == pair.wanted).wrapping_neg()
                    });
                    *keep &= any;
                }
            }
        }
        let keep = &self.keep;
        let values = || lst.iter().zip(keep).map(|(lst, keep)| u16::from_le_bytes(*lst) & keep);
        for (sum, value) in self.sums[places.clone()].iter_mut().zip(values()) {
            *sum += u32::from(value);
        }
        let mut accepted = 0;
        for (count, keep) in self.counts[places.clone()].iter_mut().zip(keep) {
            *count += keep & 1;
            accepted += u32::from(keep & 1);
        }
        if rule.maxima {
            for (maximum, value) in self.maxima[places.clone()].iter_mut().zip(values()) {
                *maximum = (*maximum).max(value);
            }
        }
        if rule.minima {
            let minima = self.minima[places].iter_mut();
            for ((minimum, value), keep) in minima.zip(values()).zip(keep) {
                *minimum = (*minimum).min(value | !keep);
            }
        }
        accepted
    }
}

/// The inner loop of the usual rule; branch-free, so that it is compiled to vector instructions.
fn add_row(
    (low, Pair { mask, wanted }): (u16, Pair),
    lst: &[[u8; 2]],
    qc: &[u8],
    sums: &mut [u32],
    counts: &mut [u16],
    maxima: &mut [u16],
) -> u32 {
    let mut accepted = 0;
    for ((((lst, qc), sum), count), maximum) in lst.iter().zip(qc).zip(sums).zip(counts).zip(maxima)
    {
        let lst = u16::from_le_bytes(*lst);
        let good = u16::from(qc & mask == wanted) & u16::from(lst >= low);
        let value = lst & good.wrapping_neg();
        *sum += u32::from(value);
        *count += good;
        *maximum = (*maximum).max(value);
        accepted += u32::from(good);
    }
    accepted
}

/// A panic while adding is no reason to panic here: [`PeriodAccumulator::check_ready`] remembers it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
