//! Writes a granule's layer as a cloud-optimised GeoTIFF laid out as the Planetary Computer's files.
//!
//! Classic little-endian TIFF with GDAL's COG structure: a ghost area, then all directories, then the
//! data of the overviews (coarsest first) and of the full resolution; 512 x 512 blocks, DEFLATE in a
//! zlib wrapper, no predictor, each block between its size and its last four bytes repeated.
//! (TIFF 6.0; GDAL's COG driver documentation, "File format details".)

use libdeflater::{CompressionLvl, Compressor};

use super::grid_reference::GridReference;
use floe_raster::sinusoidal::PIXELS;

/// Pixels along a block's edge.
const BLOCK: usize = 512;
/// Pixels along the edge of each image: full resolution, then the overviews.
const EDGES: [usize; 3] = [PIXELS as usize, PIXELS as usize / 2, PIXELS as usize / 4];

const GHOST: &str = "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\nBLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n ";

/// The GeoTIFF keys of the MODIS sinusoidal grid, as GDAL writes them (key, location, count, value).
const GEO_KEYS: [[u16; 4]; 19] = [
    [1, 1, 0, 18],
    [1024, 0, 1, 1],
    [1025, 0, 1, 1],
    [1026, 34737, 8, 0],
    [2048, 0, 1, 32767],
    [2049, 34737, 151, 8],
    [2050, 0, 1, 32767],
    [2054, 0, 1, 9102],
    [2056, 0, 1, 32767],
    [2057, 34736, 1, 3],
    [2058, 34736, 1, 4],
    [2061, 34736, 1, 5],
    [3072, 0, 1, 32767],
    [3074, 0, 1, 32767],
    [3075, 0, 1, 24],
    [3076, 0, 1, 9001],
    [3082, 34736, 1, 1],
    [3083, 34736, 1, 2],
    [3088, 34736, 1, 0],
];
const GEO_DOUBLES: [f64; 6] = [0.0, 0.0, 0.0, 6_371_007.181, 6_371_007.181, 0.0];
const GEO_ASCII: &str = "unnamed|GCS Name = Unknown datum based upon the custom spheroid|Datum = Not_specified_based_on_custom_spheroid|Ellipsoid = Custom spheroid|Primem = Greenwich||";

/// A pixel type of the two layers.
pub(super) trait Sample: Copy + Default + PartialEq + Into<u32> {
    const BYTES: usize;

    fn store(self, out: &mut [u8]);
    fn from_mean(value: u32) -> Self;
}

impl Sample for u16 {
    const BYTES: usize = 2;

    fn store(self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_le_bytes());
    }

    fn from_mean(value: u32) -> Self {
        value as Self
    }
}

impl Sample for u8 {
    const BYTES: usize = 1;

    fn store(self, out: &mut [u8]) {
        out[0] = self;
    }

    fn from_mean(value: u32) -> Self {
        value as Self
    }
}

/// What a file says about itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Description<'a> {
    /// The granule's name, without its ending.
    pub(super) granule: &'a str,
    /// The layer's long name.
    pub(super) title: &'a str,
    /// Where the image lies.
    pub(super) reference: GridReference,
}

/// Writes 1200 x 1200 pixels, row by row from the north-west, as a file.
pub(super) fn write_cog<T: Sample>(pixels: &[T], description: &Description<'_>) -> Vec<u8> {
    let half = halved(pixels, EDGES[0]);
    let quarter = halved(&half, EDGES[1]);
    let mut compressor =
        Compressor::new(CompressionLvl::new(1).expect("1 is one of the levels of libdeflate"));
    let levels = [pixels, &half, &quarter];
    let mut blocks: [Vec<Vec<u8>>; 3] = Default::default();
    for ((blocks, level), edge) in blocks.iter_mut().zip(levels).zip(EDGES) {
        *blocks = compressed_blocks(level, edge, &mut compressor);
    }

    let metadata = format!(
        "<GDALMetadata>\n  <Item name=\"LOCALGRANULEID\">{}.hdf</Item>\n  <Item name=\"long_name\">{}</Item>\n  <Item name=\"OVERVIEW_RESAMPLING\" domain=\"IMAGE_STRUCTURE\">AVERAGE</Item>\n</GDALMetadata>\n",
        description.granule, description.title
    );
    let directories = |places: &[Vec<(u32, u32)>; 3], offset: usize| -> Vec<u8> {
        let mut out = Vec::new();
        for (level, places) in places.iter().enumerate() {
            let start = offset + out.len();
            let mut directory = Directory::new(T::BYTES as u16 * 8, EDGES[level] as u16, places);
            if level == 0 {
                directory.georeference(description.reference);
                directory.text(42112, &metadata);
            } else {
                directory.long(254, &[1]);
            }
            out.extend_from_slice(&directory.encode(start, level + 1 < EDGES.len()));
        }
        out
    };

    let mut file = b"II*\0\0\0\0\0".to_vec();
    let ghost = format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes\n{GHOST}", GHOST.len());
    file.extend_from_slice(ghost.as_bytes());
    file.resize(file.len().next_multiple_of(2), 0);
    let first = file.len();
    file[4..8].copy_from_slice(&(first as u32).to_le_bytes());
    // Directories have one length whatever the places they name, so this draft measures it.
    let unplaced = blocks.each_ref().map(|blocks| vec![(0, 0); blocks.len()]);
    let mut end = first + directories(&unplaced, first).len();
    let mut places = unplaced;
    for level in (0..EDGES.len()).rev() {
        for (place, block) in places[level].iter_mut().zip(&blocks[level]) {
            *place = ((end + 4) as u32, block.len() as u32);
            end += block.len() + 8;
        }
    }
    file.reserve(end - first);
    file.extend_from_slice(&directories(&places, first));
    for block in blocks.iter().rev().flatten() {
        file.extend_from_slice(&(block.len() as u32).to_le_bytes());
        file.extend_from_slice(block);
        file.extend_from_slice(&block[block.len() - 4..]);
    }
    file
}

/// The next coarser overview: each pixel is the mean of those of its four that are not 0.
fn halved<T: Sample>(pixels: &[T], edge: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(pixels.len() / 4);
    for rows in pixels.chunks_exact(edge * 2) {
        let (above, below) = rows.split_at(edge);
        for (above, below) in above.chunks_exact(2).zip(below.chunks_exact(2)) {
            let (mut sum, mut count) = (0, 0);
            for pixel in [above[0], above[1], below[0], below[1]] {
                sum += pixel.into();
                count += u32::from(pixel != T::default());
            }
            out.push(T::from_mean(sum / count.max(1)));
        }
    }
    out
}

/// The blocks of an image, row by row, padded with 0 beyond its edge and compressed.
fn compressed_blocks<T: Sample>(
    pixels: &[T],
    edge: usize,
    compressor: &mut Compressor,
) -> Vec<Vec<u8>> {
    let across = edge.div_ceil(BLOCK);
    let mut raw = vec![0; BLOCK * BLOCK * T::BYTES];
    let mut packed = vec![0; compressor.zlib_compress_bound(raw.len())];
    let mut blocks = Vec::with_capacity(across * across);
    for (top, left) in (0..across).flat_map(|row| (0..across).map(move |col| (row, col))) {
        let (top, left) = (top * BLOCK, left * BLOCK);
        let (height, width) = (BLOCK.min(edge - top), BLOCK.min(edge - left));
        if height < BLOCK || width < BLOCK {
            raw.fill(0);
        }
        for (line, out) in raw.chunks_exact_mut(BLOCK * T::BYTES).take(height).enumerate() {
            let start = (top + line) * edge + left;
            let row = &pixels[start..start + width];
            for (pixel, out) in row.iter().zip(out.chunks_exact_mut(T::BYTES)) {
                pixel.store(out);
            }
        }
        let length = compressor
            .zlib_compress(&raw, &mut packed)
            .expect("the buffer has the size that the compressor asks for");
        blocks.push(packed[..length].to_vec());
    }
    blocks
}

/// One image file directory in the making.
struct Directory {
    /// Tag, field type, count, value bytes.
    entries: Vec<(u16, u16, u32, Vec<u8>)>,
}

impl Directory {
    fn new(bits: u16, edge: u16, places: &[(u32, u32)]) -> Self {
        let mut directory = Self { entries: Vec::new() };
        let block = BLOCK as u16;
        // Unsigned integers, one band, black is zero, DEFLATE (8).
        for (tag, value) in [
            (256, edge),
            (257, edge),
            (258, bits),
            (259, 8),
            (262, 1),
            (277, 1),
            (284, 1),
            (317, 1),
            (322, block),
            (323, block),
            (339, 1),
        ] {
            directory.short(tag, &[value]);
        }
        directory.long(324, &places.iter().map(|place| place.0).collect::<Vec<_>>());
        directory.long(325, &places.iter().map(|place| place.1).collect::<Vec<_>>());
        directory.text(42113, "0");
        directory
    }

    fn georeference(&mut self, reference: GridReference) {
        let GridReference { west, north, pixel_width, pixel_height } = reference;
        self.double(33550, &[pixel_width, pixel_height, 0.0]);
        self.double(33922, &[0.0, 0.0, 0.0, west, north, 0.0]);
        self.short(34735, GEO_KEYS.as_flattened());
        self.double(34736, &GEO_DOUBLES);
        self.text(34737, GEO_ASCII);
    }

    fn short(&mut self, tag: u16, values: &[u16]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.entries.push((tag, 3, values.len() as u32, bytes));
    }

    fn long(&mut self, tag: u16, values: &[u32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.entries.push((tag, 4, values.len() as u32, bytes));
    }

    fn double(&mut self, tag: u16, values: &[f64]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.entries.push((tag, 12, values.len() as u32, bytes));
    }

    fn text(&mut self, tag: u16, value: &str) {
        let bytes: Vec<u8> = value.bytes().chain([0]).collect();
        self.entries.push((tag, 2, bytes.len() as u32, bytes));
    }

    /// The directory and its long values, to be placed at `offset`; the next directory follows at
    /// once where there is one.
    fn encode(mut self, offset: usize, has_next: bool) -> Vec<u8> {
        self.entries.sort_by_key(|entry| entry.0);
        let values_at = offset + 2 + self.entries.len() * 12 + 4;
        let (mut table, mut values) = (Vec::new(), Vec::new());
        table.extend_from_slice(&(self.entries.len() as u16).to_le_bytes());
        for (tag, kind, count, bytes) in self.entries {
            table.extend_from_slice(&tag.to_le_bytes());
            table.extend_from_slice(&kind.to_le_bytes());
            table.extend_from_slice(&count.to_le_bytes());
            if bytes.len() <= 4 {
                let mut inline = [0; 4];
                inline[..bytes.len()].copy_from_slice(&bytes);
                table.extend_from_slice(&inline);
            } else {
                table.extend_from_slice(&((values_at + values.len()) as u32).to_le_bytes());
                values.extend_from_slice(&bytes);
                values.resize(values.len().next_multiple_of(2), 0);
            }
        }
        let next = if has_next { (values_at + values.len()) as u32 } else { 0 };
        table.extend_from_slice(&next.to_le_bytes());
        table.extend_from_slice(&values);
        table
    }
}

#[cfg(test)]
mod tests {
    use libdeflater::Decompressor;

    use super::*;
    use floe_raster::sinusoidal::Position;

    fn number(file: &[u8], at: usize, bytes: usize) -> usize {
        let mut word = [0; 8];
        word[..bytes].copy_from_slice(&file[at..at + bytes]);
        u64::from_le_bytes(word) as usize
    }

    /// Offset, type, count and place of the value of each tag of a directory; the next directory.
    fn directory(file: &[u8], at: usize) -> (Vec<(usize, usize, usize, usize)>, usize) {
        let count = number(file, at, 2);
        let entry = |n: usize| {
            let at = at + 2 + n * 12;
            let (tag, kind, count) =
                (number(file, at, 2), number(file, at + 2, 2), number(file, at + 4, 4));
            let width = [0, 1, 1, 2, 4, 8, 0, 0, 0, 0, 0, 0, 8][kind];
            let place = if count * width <= 4 { at + 8 } else { number(file, at + 8, 4) };
            (tag, kind, count, place)
        };
        ((0..count).map(entry).collect(), number(file, at + 2 + count * 12, 4))
    }

    fn values(file: &[u8], tags: &[(usize, usize, usize, usize)], wanted: usize) -> Vec<usize> {
        let (_, kind, count, place) = *tags.iter().find(|tag| tag.0 == wanted).unwrap();
        let width = if kind == 3 { 2 } else { 4 };
        (0..count).map(|n| number(file, place + n * width, width)).collect()
    }

    #[test]
    fn directories_come_first_then_overviews_then_pixels_which_are_those_given() {
        let edge = PIXELS as usize;
        let pixels: Vec<u16> = (0..edge * edge).map(|n| (n % 40_009) as u16).collect();
        let reference = GridReference::of(Position { h: 19, v: 10 });
        let file = write_cog(&pixels, &Description { granule: "G", title: "T", reference });
        assert_eq!(&file[..4], b"II*\0");
        let mut at = number(&file, 4, 4);
        let mut starts = Vec::new();
        for (level, edge) in EDGES.into_iter().enumerate() {
            assert!(at > 0 && at < 6000, "directory {level} at {at}");
            let (tags, next) = directory(&file, at);
            assert!(tags.is_sorted_by_key(|tag| tag.0));
            assert!(tags.iter().all(|tag| tag.3 < 6000), "values of directory {level}");
            assert_eq!(values(&file, &tags, 256), [edge]);
            let (offsets, lengths) = (values(&file, &tags, 324), values(&file, &tags, 325));
            starts.push(offsets[0]);
            for (&offset, &length) in offsets.iter().zip(&lengths) {
                assert_eq!(number(&file, offset - 4, 4), length, "leader");
                let end = offset + length;
                assert_eq!(file[end - 4..end], file[end..end + 4], "trailer");
            }
            if level == 0 {
                let mut found = vec![0u16; edge * edge];
                for (block, (&offset, &length)) in offsets.iter().zip(&lengths).enumerate() {
                    let mut raw = vec![0; BLOCK * BLOCK * 2];
                    let packed = &file[offset..offset + length];
                    Decompressor::new().zlib_decompress(packed, &mut raw).unwrap();
                    for (n, pixel) in raw.chunks_exact(2).enumerate() {
                        let (row, col) =
                            (block / 3 * BLOCK + n / BLOCK, block % 3 * BLOCK + n % BLOCK);
                        if row < edge && col < edge {
                            found[row * edge + col] = u16::from_le_bytes([pixel[0], pixel[1]]);
                        }
                    }
                }
                assert!(found == pixels, "pixels differ");
            }
            at = next;
        }
        assert_eq!(at, 0);
        assert!(starts[2] < starts[1] && starts[1] < starts[0], "{starts:?}");
    }

    #[test]
    fn overviews_average_what_is_there() {
        let mut pixels = vec![0u16; 16];
        pixels[0] = 10;
        pixels[1] = 20;
        assert_eq!(halved(&pixels, 4), [15, 0, 0, 0]);
    }
}
