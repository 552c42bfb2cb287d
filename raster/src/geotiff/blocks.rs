//! The blocks that a directory names: how they are laid out, where they lie, and whether they can be there.

use std::ops::Range;

use super::error::GeoTiffProblem;
use super::format::Format;
use super::layout::Layout;
use super::tiff::{Entries, Stop};

/// The longest edge of a raster: half a million pixels more than the globe has at 0.00025°.
const MOST_EDGE: u64 = 1 << 21;
/// The most bytes that a block decodes to, padding and other bands included.
const MOST_BYTES: u64 = 32 << 20;
/// The most blocks of a file, bands that are stored one after the other included.
const MOST_BLOCKS: usize = 1 << 18;

/// The layout of blocks, and where each of the band's lies: nowhere (`0..0`) if it is not stored.
pub(super) fn read(
    entries: &Entries<'_, '_>,
    format: &Format,
) -> Result<(Layout, Vec<Range<u64>>), Stop> {
    let (layout, blocks) = (read_layout(entries, format)?, MOST_BLOCKS / format.planes);
    if layout.blocks() > blocks {
        let (expected, found) = (format!("at most {blocks}"), layout.blocks());
        return Err(GeoTiffProblem::unexpected("number of blocks", &expected, &found).into());
    }
    let list = |name, tag| -> Result<Vec<u64>, Stop> {
        let mut list =
            entries.integers(name, tag, MOST_BLOCKS)?.ok_or(GeoTiffProblem::Missing { name })?;
        let of_all_bands = layout.blocks() * format.planes;
        if list.len() != of_all_bands {
            let text = |count| format!("{count} values");
            let (expected, found) = (text(of_all_bands), text(list.len()));
            return Err(GeoTiffProblem::unexpected(name, &expected, &found).into());
        }
        list.drain(..layout.blocks() * format.plane);
        list.truncate(layout.blocks());
        Ok(list)
    };
    let (offsets, lengths) = if layout.padded {
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

fn read_layout(entries: &Entries<'_, '_>, format: &Format) -> Result<Layout, Stop> {
    let edge = |name, tag, most, default: Option<u64>| -> Result<u64, Stop> {
        let edge = entries.integer(name, tag)?.or(default);
        let edge = edge.ok_or(GeoTiffProblem::Missing { name })?;
        if (1..=most).contains(&edge) {
            Ok(edge)
        } else {
            let expected = format!("1 to {most}");
            Err(GeoTiffProblem::unexpected(name, &expected, &edge).into())
        }
    };
    let width = edge("ImageWidth", 256, MOST_EDGE, None)?;
    let height = edge("ImageLength", 257, MOST_EDGE, None)?;
    let padded = entries.integer("TileWidth", 322)?.is_some();
    let (block_width, block_height) = if padded {
        (edge("TileWidth", 322, MOST_EDGE, None)?, edge("TileLength", 323, MOST_EDGE, None)?)
    } else {
        // A single strip is said to have any number of rows, up to the greatest that there is.
        let rows = edge("RowsPerStrip", 278, u64::from(u32::MAX), Some(height))?;
        (width, rows.min(height))
    };
    let found = block_width * block_height * format.pixel_bytes() as u64;
    if found > MOST_BYTES {
        let expected = format!("at most {MOST_BYTES}");
        let found = format!("{found} ({block_width} x {block_height} pixels)");
        return Err(GeoTiffProblem::unexpected("bytes of a block", &expected, &found).into());
    }
    Ok(Layout {
        width: width as u32,
        height: height as u32,
        block_width: block_width as u32,
        block_height: block_height as u32,
        padded,
    })
}

/// Refuses blocks that end behind the file, begin within its header, share some bytes with others, have more bytes
/// than their pixels can take, or are said to lie somewhere without any: each of these would pass other bytes, or
/// none, for pixels, or have somebody fetch without bound.
///
/// Blocks alike may share all their bytes; one that is not stored has neither place nor length.
///
/// `most_stored` tells how many bytes those of a block's pixels may become; `data` is where blocks can lie: between the header
/// and the end of the file.
pub(super) fn check(
    blocks: &[Range<u64>],
    layout: Layout,
    format: &Format,
    most_stored: impl Fn(u64) -> u64,
    data: Range<u64>,
) -> Result<(), GeoTiffProblem> {
    for (block, &Range { start, end }) in blocks.iter().enumerate() {
        if (start, end) == (0, 0) {
            continue;
        }
        if start < data.start || start == end {
            return Err(GeoTiffProblem::NoPlace { block, start, length: end - start });
        }
        if end > data.end {
            let (what, found) = (format!("block {block}"), data.end);
            return Err(GeoTiffProblem::Truncated { what, expected: end, found });
        }
        let bytes = layout.stored_pixels(block) * format.pixel_bytes();
        let (most, found) = (most_stored(bytes as u64), end - start);
        if found > most {
            return Err(GeoTiffProblem::Oversized { block, most, found });
        }
    }
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by_key(|&block| (blocks[block].start, blocks[block].end));
    for pair in order.windows(2) {
        let (first, second) = (&blocks[pair[0]], &blocks[pair[1]]);
        if first != second && second.start < first.end {
            return Err(GeoTiffProblem::Overlap { block: pair[1], other: pair[0] });
        }
    }
    Ok(())
}
