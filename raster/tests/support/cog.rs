//! Writes small `GeoTIFF`s in every variant that the reader knows.

use libdeflater::{CompressionLvl, Compressor};

/// How a file is written. [`Variant::default`] is what the catalogue serves.
#[expect(clippy::struct_excessive_bools, reason = "each is a property of files that may differ")]
#[derive(Clone, Debug)]
pub struct Variant {
    pub big_endian: bool,
    pub wide: bool,
    /// Edges of TIFF tiles, or `None` for strips of 100 rows.
    pub tile: Option<(usize, usize)>,
    pub compression: u64,
    pub predictor: bool,
    pub matrix: bool,
    /// Writes a reduced image's directory before the main one.
    pub overview_first: bool,
    /// Leaves out blocks that hold only zeros.
    pub sparse: bool,
    pub size: (usize, usize),
    /// Replaces values of entries: (tag, values).
    pub replace: Vec<(u16, Values)>,
    /// Replaces geo keys: (key, value).
    pub geo_keys: Vec<(u64, u64)>,
    pub radius: f64,
}

impl Default for Variant {
    fn default() -> Self {
        Self {
            big_endian: false,
            wide: false,
            tile: Some((512, 512)),
            compression: 8,
            predictor: false,
            matrix: false,
            overview_first: false,
            sparse: false,
            size: (1200, 1200),
            replace: Vec::new(),
            geo_keys: Vec::new(),
            radius: 6_371_007.181,
        }
    }
}

/// Values of an entry.
#[derive(Clone, Debug)]
pub enum Values {
    Short(Vec<u64>),
    Long(Vec<u64>),
    Long8(Vec<u64>),
    Double(Vec<f64>),
    Ascii(String),
}

/// West edge, pixel width, north edge, pixel height (negative), as the file shall state them.
pub type Corner = [f64; 4];

/// Writes a raster of samples of 1 or 2 bytes, given row by row.
pub fn write(variant: &Variant, corner: Corner, bytes: usize, pixels: &[u16]) -> Vec<u8> {
    let (width, height) = variant.size;
    assert_eq!(pixels.len(), width * height);
    let (block_width, block_height) = variant.tile.unwrap_or((width, 100));
    let mut blocks = Vec::new();
    for top in (0..height).step_by(block_height) {
        for left in (0..width).step_by(block_width) {
            let rows = match variant.tile {
                Some(_) => block_height,
                None => block_height.min(height - top),
            };
            let pixel = |row: usize, col: usize| {
                let inside = top + row < height && left + col < width;
                if inside { pixels[(top + row) * width + left + col] } else { 0 }
            };
            let block: Vec<u16> = (0..rows * block_width)
                .map(|at| pixel(at / block_width, at % block_width))
                .collect();
            blocks.push(encode(variant, bytes, block_width, &block));
        }
    }
    let mut out = Vec::new();
    let header = if variant.wide { 16 } else { 8 };
    out.resize(header, 0);
    // GDAL stores directories first; here data first would do as well, but the head must suffice.
    let sizes: Vec<u64> = blocks.iter().map(|block| block.len() as u64).collect();
    let mut directory_length = 0;
    for _ in 0..2 {
        let mut offset = header as u64 + directory_length;
        let offsets: Vec<u64> = sizes
            .iter()
            .map(|&size| {
                let start = if size == 0 { 0 } else { offset };
                offset += size;
                start
            })
            .collect();
        out.truncate(header);
        append_directories(variant, corner, bytes, &offsets, &sizes, &mut out);
        directory_length = (out.len() - header) as u64;
    }
    let magic: &[u8] = match (variant.big_endian, variant.wide) {
        (false, false) => b"II\x2a\0\x08\0\0\0",
        (true, false) => b"MM\0\x2a\0\0\0\x08",
        (false, true) => b"II\x2b\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
        (true, true) => b"MM\0\x2b\0\x08\0\0\0\0\0\0\0\0\0\x10",
    };
    out[..header].copy_from_slice(magic);
    for block in blocks {
        out.extend(block);
    }
    out
}

fn encode(variant: &Variant, bytes: usize, width: usize, block: &[u16]) -> Vec<u8> {
    if variant.sparse && block.iter().all(|&pixel| pixel == 0) {
        return Vec::new();
    }
    let mut raw = Vec::with_capacity(block.len() * bytes);
    for row in block.chunks(width) {
        let mut previous = 0;
        for &pixel in row {
            let stored = if variant.predictor { pixel.wrapping_sub(previous) } else { pixel };
            previous = pixel;
            match (bytes, variant.big_endian) {
                (1, _) => raw.push(stored as u8),
                (_, false) => raw.extend(stored.to_le_bytes()),
                (_, true) => raw.extend(stored.to_be_bytes()),
            }
        }
    }
    if variant.compression == 1 {
        return raw;
    }
    let mut compressor = Compressor::new(CompressionLvl::new(1).unwrap());
    let mut out = vec![0; compressor.zlib_compress_bound(raw.len())];
    let length = compressor.zlib_compress(&raw, &mut out).unwrap();
    out.truncate(length);
    out
}

fn append_directories(
    variant: &Variant,
    corner: Corner,
    bytes: usize,
    offsets: &[u64],
    sizes: &[u64],
    out: &mut Vec<u8>,
) {
    let (width, height) = (variant.size.0 as u64, variant.size.1 as u64);
    let integers = if variant.wide { Values::Long8 } else { Values::Long };
    let mut entries = vec![
        (256, Values::Short(vec![width])),
        (257, Values::Short(vec![height])),
        (258, Values::Short(vec![bytes as u64 * 8])),
        (259, Values::Short(vec![variant.compression])),
        (277, Values::Short(vec![1])),
        (317, Values::Short(vec![if variant.predictor { 2 } else { 1 }])),
        (339, Values::Short(vec![1])),
    ];
    match variant.tile {
        Some((tile_width, tile_height)) => entries.extend([
            (322, Values::Short(vec![tile_width as u64])),
            (323, Values::Short(vec![tile_height as u64])),
            (324, integers(offsets.to_vec())),
            (325, integers(sizes.to_vec())),
        ]),
        None => entries.extend([
            (273, integers(offsets.to_vec())),
            (278, Values::Short(vec![100])),
            (279, integers(sizes.to_vec())),
        ]),
    }
    let [west, pixel_width, north, pixel_height] = corner;
    if variant.matrix {
        let mut matrix = vec![0.0; 16];
        (matrix[0], matrix[3], matrix[5], matrix[7]) = (pixel_width, west, pixel_height, north);
        matrix[15] = 1.0;
        entries.push((34264, Values::Double(matrix)));
    } else {
        entries.push((33550, Values::Double(vec![pixel_width, -pixel_height, 0.0])));
        entries.push((33922, Values::Double(vec![0.0, 0.0, 0.0, west, north, 0.0])));
    }
    let mut keys = [
        (1024, 0, 1, 1),
        (1025, 0, 1, 1),
        (2057, 34736, 1, 0),
        (2058, 34736, 1, 0),
        (3075, 0, 1, 24),
        (3076, 0, 1, 9001),
        (3082, 34736, 1, 1),
        (3088, 34736, 1, 1),
    ];
    for &(key, value) in &variant.geo_keys {
        keys.iter_mut().filter(|entry| entry.0 == key).for_each(|entry| entry.3 = value);
    }
    let mut geo = vec![1, 1, 0, keys.len() as u64];
    geo.extend(
        keys.iter().flat_map(|&(key, location, count, value)| [key, location, count, value]),
    );
    entries.push((34735, Values::Short(geo)));
    entries.push((34736, Values::Double(vec![variant.radius, 0.0])));
    entries.sort_by_key(|entry| entry.0);
    for (tag, values) in &variant.replace {
        entries.retain(|entry| entry.0 != *tag);
        entries.push((*tag, values.clone()));
    }
    if variant.overview_first {
        let mut overview = entries.clone();
        overview.retain(|entry| ![256, 257].contains(&entry.0));
        overview.push((254, Values::Long(vec![1])));
        overview.push((256, Values::Short(vec![600])));
        overview.push((257, Values::Short(vec![600])));
        append_directory(variant, overview, true, out);
    }
    append_directory(variant, entries, false, out);
}

fn append_directory(
    variant: &Variant,
    mut entries: Vec<(u16, Values)>,
    more: bool,
    out: &mut Vec<u8>,
) {
    entries.sort_by_key(|entry| entry.0);
    let put = |out: &mut Vec<u8>, number: u64, width: usize| {
        if variant.big_endian {
            out.extend(&number.to_be_bytes()[8 - width..]);
        } else {
            out.extend(&number.to_le_bytes()[..width]);
        }
    };
    let (count_width, entry_size, word) = if variant.wide { (8, 20, 8) } else { (2, 12, 4) };
    let mut values_at = out.len() + count_width + entries.len() * entry_size + word;
    let mut trailing = Vec::new();
    put(out, entries.len() as u64, count_width);
    for (tag, values) in &entries {
        let (kind, width, numbers): (u64, usize, Vec<u64>) = match values {
            Values::Short(values) => (3, 2, values.clone()),
            Values::Long(values) => (4, 4, values.clone()),
            Values::Long8(values) => (16, 8, values.clone()),
            Values::Double(values) => (12, 8, values.iter().map(|value| value.to_bits()).collect()),
            Values::Ascii(text) => (2, 1, text.bytes().chain([0]).map(u64::from).collect()),
        };
        let mut raw = Vec::new();
        for &number in &numbers {
            put(&mut raw, number, width);
        }
        put(out, u64::from(*tag), 2);
        put(out, kind, 2);
        put(out, numbers.len() as u64, word);
        if raw.len() <= word {
            raw.resize(word, 0);
            out.extend(raw);
        } else {
            put(out, values_at as u64, word);
            values_at += raw.len();
            trailing.extend(raw);
        }
    }
    put(out, if more { values_at as u64 } else { 0 }, word);
    out.extend(trailing);
}
