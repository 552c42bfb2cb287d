//! The blocks that a directory names: how they are laid out, where they lie, and whether they can be there.

use std::ops::Range;

use super::Layer;
use super::error::CogProblem;
use super::layout::Layout;
use super::tiff::{Entries, Stop};
use crate::sinusoidal::PIXELS;

/// The largest block edge that is read: more would be a whole granule many times over.
const MAX_BLOCK: u64 = 8192;
/// The most pixels in a block, padding included: 2048 x 2048 hold a whole granule.
const MOST_PIXELS: u64 = 2048 * 2048;
/// The most blocks in a raster: tiles of 16 x 16, the smallest that TIFF allows, make 5625.
const MOST_BLOCKS: usize = 1 << 13;

/// The layout of blocks, and where each of them lies: nowhere (`0..0`) if it is not stored.
pub(super) fn read(entries: &Entries<'_, '_>) -> Result<(Layout, Vec<Range<u64>>), Stop> {
    let required = |name, tag| -> Result<u64, Stop> {
        Ok(entries.integer(name, tag)?.ok_or(CogProblem::Missing { name })?)
    };
    let (width, height) = (required("ImageWidth", 256)?, required("ImageLength", 257)?);
    let granule = u64::from(PIXELS);
    if (width, height) != (granule, granule) {
        let text = |width, height| format!("{width} x {height} pixels");
        let (expected, found) = (text(granule, granule), text(width, height));
        return Err(CogProblem::unexpected("the image's size", &expected, &found).into());
    }
    let padded = entries.integer("TileWidth", 322)?.is_some();
    let (block_width, block_height) = if padded {
        (required("TileWidth", 322)?, required("TileLength", 323)?)
    } else {
        (width, entries.integer("RowsPerStrip", 278)?.unwrap_or(height).min(height))
    };
    for (name, edge) in [("TileWidth", block_width), ("TileLength", block_height)] {
        if !(1..=MAX_BLOCK).contains(&edge) {
            let expected = format!("1 to {MAX_BLOCK}");
            return Err(CogProblem::unexpected(name, &expected, &edge).into());
        }
    }
    if block_width * block_height > MOST_PIXELS {
        let (expected, found) =
            (format!("at most {MOST_PIXELS}"), format!("{block_width} x {block_height}"));
        return Err(CogProblem::unexpected("pixels of a block", &expected, &found).into());
    }
    let layout = Layout {
        width: width as u32,
        height: height as u32,
        block_width: block_width as u32,
        block_height: block_height as u32,
        padded,
    };
    if layout.blocks() > MOST_BLOCKS {
        let expected = format!("at most {MOST_BLOCKS}");
        return Err(CogProblem::unexpected("number of blocks", &expected, &layout.blocks()).into());
    }
    let list = |name, tag| -> Result<Vec<u64>, Stop> {
        let list = entries.integers(name, tag, MOST_BLOCKS)?.ok_or(CogProblem::Missing { name })?;
        if list.len() == layout.blocks() {
            Ok(list)
        } else {
            let text = |count| format!("{count} values");
            let (expected, found) = (text(layout.blocks()), text(list.len()));
            Err(CogProblem::unexpected(name, &expected, &found).into())
        }
    };
    let (offsets, lengths) = if padded {
        (list("TileOffsets", 324)?, list("TileByteCounts", 325)?)
    } else {
        (list("StripOffsets", 273)?, list("StripByteCounts", 279)?)
    };
    let blocks = offsets
        .into_iter()
        .zip(lengths)
        .map(|(offset, length)| offset..offset.saturating_add(length))
        .collect();
    Ok((layout, blocks))
}

/// Refuses blocks that end behind the file, begin within its header, share some bytes with others, have more bytes
/// than their pixels can take, or are said to lie somewhere without any: each of these would pass other bytes, or
/// none, for pixels, or have somebody fetch without bound.
///
/// Blocks alike may share all their bytes; one that is not stored has neither place nor length.
///
/// `data` is where blocks can lie: between the header and the end of the file.
pub(super) fn check(
    blocks: &[Range<u64>],
    layout: Layout,
    layer: Layer,
    data: Range<u64>,
) -> Result<(), CogProblem> {
    for (block, &Range { start, end }) in blocks.iter().enumerate() {
        if (start, end) == (0, 0) {
            continue;
        }
        if start < data.start || start == end {
            return Err(CogProblem::NoPlace { block, start, length: end - start });
        }
        if end > data.end {
            let (what, found) = (format!("block {block}"), data.end);
            return Err(CogProblem::Truncated { what, expected: end, found });
        }
        let pixels = (layout.stored_pixels(block) * layer.sample_bytes()) as u64;
        // What cannot be compressed grows a little: by 5 bytes in 65535, a header and a checksum.
        let (most, found) = (pixels + pixels / 1024 + 64, end - start);
        if found > most {
            return Err(CogProblem::Oversized { block, most, found });
        }
    }
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by_key(|&block| (blocks[block].start, blocks[block].end));
    for pair in order.windows(2) {
        let (first, second) = (&blocks[pair[0]], &blocks[pair[1]]);
        if first != second && second.start < first.end {
            return Err(CogProblem::Overlap { block: pair[1], other: pair[0] });
        }
    }
    Ok(())
}
