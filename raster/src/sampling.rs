//! A raster of any system sampled at the centres of a window's pixels, in the window's own order.

use std::mem;
use std::ops::Range;

use floe_shared::grid::Grid;
use floe_shared::window::PixelWindow;

use crate::extent::parts;
use crate::geotiff::Layout;
use crate::lattice::Lattice;
use crate::locate::{Locator, SourcePixel};
use crate::run::Run;
use crate::samples::Samples;
use crate::with_samples;

/// Which pixels of a raster's blocks meet which pixels of a window: the pixel whose area holds the centre, as GDAL's
/// nearest warp without an error threshold has it. Longitudes wrap.
///
/// Some 4 bytes for each centre and 8 for each run: 5 MB for a window of 1000 x 1000; 12 for each run where centres beside each
/// other lie in pixels beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampling {
    layout: Layout,
    /// In ascending order.
    blocks: Vec<BlockPart>,
    runs: Vec<Run>,
    /// Pixels of the decoded blocks, counted row by row with their padding: for each pixel of a run or, of stretches, for the
    /// first one.
    sources: Vec<u32>,
}

/// What of the two lists belongs to a block.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BlockPart {
    block: usize,
    runs: Range<usize>,
    sources: Range<usize>,
    /// Whether the pixels of each run are neighbours in the block as well.
    are_stretches: bool,
}

/// A block that has not the pixels that its raster's layout gives it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected block {block} to have {expected} pixels, found {found}")]
pub struct BlockSizeError {
    /// The block.
    pub block: usize,
    /// Pixels of the layout, with padding.
    pub expected: usize,
    /// Pixels that were given.
    pub found: usize,
}

impl Sampling {
    /// Of the pixels of a window of the grid, which may have fewer than 2³² pixels.
    pub fn new(grid: Grid, window: PixelWindow, lattice: &Lattice) -> Self {
        let layout = lattice.layout();
        let parts = parts(grid, window, lattice);
        let most = parts.iter().map(|part| part.pixels() as usize).sum();
        let mut draft = Draft { layout, runs: Vec::new(), sources: Vec::with_capacity(most) };
        let mut pixels = Vec::new();
        for part in parts {
            let locator = Locator::new(grid, part, lattice);
            for row in 0..part.height {
                locator.row(row, &mut pixels);
                let first = (part.row + row - window.row) * window.width + (part.col - window.col);
                draft.add_row(first, &pixels);
            }
        }
        draft.finish()
    }

    /// Whether the raster holds no centre.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The blocks that hold a centre, in ascending order.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.blocks.iter().map(|part| part.block)
    }

    /// The window's pixels whose centres a block holds; none for other blocks.
    pub fn runs(&self, block: usize) -> &[Run] {
        self.part(block).map_or(&[], |part| &self.runs[part.runs.clone()])
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        mem::size_of_val(self.blocks.as_slice())
            + mem::size_of_val(self.runs.as_slice())
            + mem::size_of_val(self.sources.as_slice())
    }

    /// Puts the numbers of a block's runs, run after run, in the place of what was in `into`, which gets their type.
    ///
    /// # Errors
    ///
    /// If the block has not as many numbers as a stored block of the layout.
    pub fn gather(
        &self,
        numbers: &Samples,
        block: usize,
        into: &mut Samples,
    ) -> Result<(), BlockSizeError> {
        let Some(part) = self.part(block) else {
            with_samples!(numbers, numbers => put(into, numbers, |_, _| ()));
            return Ok(());
        };
        let (expected, found) = (self.layout.stored_pixels(block), numbers.len());
        if expected != found {
            return Err(BlockSizeError { block, expected, found });
        }
        let (runs, sources) = (&self.runs[part.runs.clone()], &self.sources[part.sources.clone()]);
        if part.are_stretches {
            with_samples!(numbers, numbers => put(into, numbers, |numbers, list| {
                copy_stretches(numbers, runs, sources, list);
            }));
        } else {
            with_samples!(numbers, numbers => put(into, numbers, |numbers, list| {
                list.extend(sources.iter().map(|&source| numbers[source as usize]));
            }));
        }
        Ok(())
    }

    fn part(&self, block: usize) -> Option<&BlockPart> {
        let at = self.blocks.binary_search_by_key(&block, |part| part.block).ok()?;
        Some(&self.blocks[at])
    }
}

/// Runs in the order of the window, with the block of each and its place in the list of sources.
struct Draft {
    layout: Layout,
    runs: Vec<(u32, u32, Run)>,
    sources: Vec<u32>,
}

impl Draft {
    /// Adds neighbouring pixels of a row, the first of which is `target`.
    fn add_row(&mut self, target: u32, pixels: &[Option<SourcePixel>]) {
        let mut block = 0;
        let mut window = PixelWindow::default();
        let mut goes_on = false;
        for (pixel, target) in pixels.iter().zip(target..) {
            let Some(SourcePixel { row, col }) = *pixel else {
                goes_on = false;
                continue;
            };
            if !window.contains(row, col) {
                let Layout { block_width, block_height, .. } = self.layout;
                block = row / block_height * self.layout.across() + col / block_width;
                window = self.layout.window(block as usize);
                goes_on = false;
            }
            match self.runs.last_mut() {
                Some((_, _, run)) if goes_on => run.length += 1,
                _ => {
                    self.runs.push((block, self.sources.len() as u32, Run { target, length: 1 }));
                }
            }
            goes_on = true;
            self.sources.push((row - window.row) * self.layout.block_width + (col - window.col));
        }
    }

    /// Puts the runs of each block together.
    fn finish(mut self) -> Sampling {
        // Stable: the runs of a block stay in the order of the window.
        self.runs.sort_by_key(|&(block, _, _)| block);
        let mut sampling = Sampling {
            layout: self.layout,
            blocks: Vec::new(),
            runs: Vec::with_capacity(self.runs.len()),
            sources: Vec::new(),
        };
        for runs in self.runs.chunk_by(|a, b| a.0 == b.0) {
            let (first_run, first_source) = (sampling.runs.len(), sampling.sources.len());
            let sources = |&(_, start, run): &(u32, u32, Run)| {
                &self.sources[start as usize..][..run.length as usize]
            };
            let is_stretch = |sources: &[u32]| sources.windows(2).all(|two| two[0] + 1 == two[1]);
            let are_stretches = runs.iter().map(sources).all(is_stretch);
            sampling.runs.extend(runs.iter().map(|(_, _, run)| *run));
            for sources in runs.iter().map(sources) {
                let kept = if are_stretches { &sources[..1] } else { sources };
                sampling.sources.extend_from_slice(kept);
            }
            sampling.blocks.extend(runs.first().map(|&(block, _, _)| BlockPart {
                block: block as usize,
                runs: first_run..sampling.runs.len(),
                sources: first_source..sampling.sources.len(),
                are_stretches,
            }));
        }
        sampling
    }
}

fn copy_stretches<T: Copy>(numbers: &[T], runs: &[Run], sources: &[u32], list: &mut Vec<T>) {
    list.reserve(runs.iter().map(|run| run.length as usize).sum());
    for (run, start) in runs.iter().zip(sources) {
        list.extend_from_slice(&numbers[*start as usize..][..run.length as usize]);
    }
}

/// Numbers of a type that [`Samples`] has.
trait Sample: Copy {
    fn take(samples: Samples) -> Option<Vec<Self>>;
    fn wrap(numbers: Vec<Self>) -> Samples;
}

macro_rules! sample {
    ($($number:ty => $variant:ident),*) => {$(
        impl Sample for $number {
            fn take(samples: Samples) -> Option<Vec<Self>> {
                if let Samples::$variant(numbers) = samples { Some(numbers) } else { None }
            }

            fn wrap(numbers: Vec<Self>) -> Samples {
                Samples::$variant(numbers)
            }
        }
    )*};
}

sample!(u8 => U8, i8 => I8, u16 => U16, i16 => I16, u32 => U32, i32 => I32, f32 => F32, f64 => F64);

/// Fills a list of a block's own type, in the memory of `into` where that has the type already.
fn put<T: Sample>(into: &mut Samples, numbers: &[T], fill: impl FnOnce(&[T], &mut Vec<T>)) {
    let mut list = T::take(mem::replace(into, Samples::U8(Vec::new()))).unwrap_or_default();
    list.clear();
    fill(numbers, &mut list);
    *into = T::wrap(list);
}
