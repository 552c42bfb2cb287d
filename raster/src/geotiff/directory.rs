//! What a file says of one of its bands: type, place, blocks and how to decode them.

use std::ops::Range;

use floe_shared::encoding::{DataType, Scalar};

use super::blocks;
use super::error::{GeoTiffError, GeoTiffProblem};
use super::fetched::Piece;
use super::format::{Expect, Format};
use super::geo_keys::GeoKeys;
use super::layout::Layout;
use super::lerc;
use super::nodata::Nodata;
use super::tiff::{Entries, MOST_VALUES, Stop, Tiff};
use super::transform::Transform;
use crate::crs::Crs;

/// How the bytes of a block are compressed: of one in LERC, those of the blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// Not at all.
    None,
    /// A zlib stream.
    Deflate,
    /// Codes of 9 to 12 bits, the highest bit first (TIFF 6.0, section 13).
    Lzw,
    /// A zstd frame.
    Zstd,
}

/// What is stored in place of the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predictor {
    /// The pixels themselves.
    None,
    /// Differences from the pixel to the left.
    Horizontal,
    /// Of a row's floats all first bytes, then all second ones and so on, as differences.
    FloatingPoint,
}

/// One band of the full-resolution image of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Directory {
    /// The file, as errors name it.
    pub asset: String,
    /// The type of the band's numbers.
    pub data_type: DataType,
    /// Size of the raster and of its blocks.
    pub layout: Layout,
    /// The reference system in which the raster lies.
    pub crs: Crs,
    /// Where in it the raster lies.
    pub transform: Transform,
    /// The number that stands for "no data", if the file says one that its samples can hold.
    pub nodata: Option<Scalar>,
    pub(super) absent: Nodata,
    pub(super) format: Format,
    pub(super) compression: Compression,
    /// Whether blocks are blobs of LERC.
    pub(super) is_lerc: bool,
    pub(super) predictor: Predictor,
    pub(super) big_endian: bool,
    blocks: Vec<Range<u64>>,
}

/// What came of reading a directory from a part of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// All of it was there.
    Ready(Box<Directory>),
    /// These bytes of the file are needed besides, all in one piece. They lie within the file, and are no more than what a
    /// directory, or the longest list of blocks that is read, takes (2 MiB).
    Needs(Range<u64>),
}

impl Directory {
    /// Reads the directory of the full-resolution image from the pieces of a file that have been fetched: of the band that is
    /// expected, which must have the type that is expected, north up in a reference system that is known, in blocks that can be
    /// decoded and that end within the file.
    ///
    /// A directory lies anywhere in its file, often at the end, and its longer values lie elsewhere again: what is missing is
    /// asked for ([`Parsed::Needs`]), first the header. Overviews and masks, which may lie before the full-resolution data, are
    /// passed over. For several bands of a file its directory is read several times.
    pub fn parse(
        asset: &str,
        expect: Expect,
        pieces: &[Piece],
        file_length: u64,
    ) -> Result<Parsed, GeoTiffError> {
        let pieces = pieces.iter().map(|piece| (piece.start, &*piece.bytes)).collect();
        match Self::read(asset, expect, pieces, file_length) {
            Ok(directory) => Ok(Parsed::Ready(Box::new(directory))),
            Err(Stop::Needs(range)) => Ok(Parsed::Needs(range)),
            Err(Stop::Wrong(problem)) => Err(problem.of(asset)),
        }
    }

    /// The same for a file that is at hand as a whole.
    pub fn parse_file(asset: &str, expect: Expect, file: &[u8]) -> Result<Self, GeoTiffError> {
        Self::read(asset, expect, vec![(0, file)], file.len() as u64).map_err(|stop| {
            let problem = match stop {
                Stop::Wrong(problem) => problem,
                // What does not end within the file is refused before it is asked for.
                Stop::Needs(Range { start, end }) => {
                    GeoTiffProblem::NotFetched { what: "the directory".to_owned(), start, end }
                }
            };
            problem.of(asset)
        })
    }

    /// Where the bytes of a block of the band are; empty for a block that is not stored. Bands that are interleaved
    /// share their blocks.
    pub fn block(&self, block: usize) -> Range<u64> {
        self.blocks[block].clone()
    }

    /// The byte ranges of some blocks, in the order of the file; ranges with less than `gap` bytes
    /// between them become one, so that a few requests fetch all.
    pub fn ranges(&self, blocks: &[usize], gap: u64) -> Vec<Range<u64>> {
        let mut ranges: Vec<_> = blocks
            .iter()
            .map(|&block| self.block(block))
            .filter(|range| !range.is_empty())
            .collect();
        ranges.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end.saturating_add(gap) => {
                    last.end = last.end.max(range.end);
                }
                _ => merged.push(range),
            }
        }
        merged
    }

    /// Bytes of a decoded block, of this band alone.
    pub fn decoded_length(&self, block: usize) -> usize {
        self.layout.stored_pixels(block) * self.data_type.size()
    }

    /// Refuses a raster whose pixels are not those of another one, or which is cut into other blocks.
    pub fn check_alike(&self, other: &Self) -> Result<(), GeoTiffError> {
        let unlike = |what, expected: &dyn std::fmt::Display, found: &dyn std::fmt::Display| {
            let (other, expected, found) =
                (other.asset.clone(), expected.to_string(), found.to_string());
            Err(GeoTiffProblem::Unlike { what, other, expected, found }.of(&self.asset))
        };
        if self.crs != other.crs {
            return unlike("the reference system", &other.crs, &self.crs);
        }
        if self.transform != other.transform {
            return unlike("the transform", &other.transform, &self.transform);
        }
        if self.layout != other.layout {
            let text = |layout: Layout| format!("{layout:?}");
            return unlike("the layout of blocks", &text(other.layout), &text(self.layout));
        }
        Ok(())
    }

    fn read(
        asset: &str,
        expect: Expect,
        pieces: Vec<(u64, &[u8])>,
        file_length: u64,
    ) -> Result<Self, Stop> {
        let tiff = Tiff::open(pieces, file_length)?;
        let entries = tiff.find(|entries| {
            let kind = entries.integer("NewSubfileType", 254)?.unwrap_or(0);
            // Bit 0: an overview; bit 2: a mask.
            Ok(kind & 0b101 == 0)
        })?;
        let format = Format::read(&entries, expect)?;
        let (compression, is_lerc) = Compression::read(&entries)?;
        let predictor = Predictor::read(&entries, format.data_type)?;
        let keys = GeoKeys::read(&entries)?;
        let (crs, points) = (keys.crs()?, keys.pixels_are_points()?);
        let (layout, places) = blocks::read(&entries, &format)?;
        let data = tiff.header_length()..file_length;
        let most =
            |bytes| compression.most_stored(if is_lerc { lerc::most_bytes(bytes) } else { bytes });
        blocks::check(&places, layout, &format, most, data)?;
        let absent = Nodata::new(format.data_type, entries.text("GDAL_NODATA", 42113)?);
        Ok(Self {
            asset: asset.to_owned(),
            data_type: format.data_type,
            layout,
            crs,
            transform: Transform::read(&entries, points)?,
            nodata: absent.number(),
            absent,
            format,
            compression,
            is_lerc,
            predictor,
            big_endian: tiff.big_endian,
            blocks: places,
        })
    }
}

impl Compression {
    /// The compression, and whether what is compressed is in LERC.
    fn read(entries: &Entries<'_, '_>) -> Result<(Self, bool), Stop> {
        match entries.integer("Compression", 259)?.unwrap_or(1) {
            1 => Ok((Self::None, false)),
            8 | 32946 => Ok((Self::Deflate, false)),
            5 => Ok((Self::Lzw, false)),
            50000 => Ok((Self::Zstd, false)),
            34887 => Ok((Self::of_lerc(entries)?, true)),
            code => {
                let name = match code {
                    2..=4 => " (CCITT)",
                    6 | 7 => " (JPEG)",
                    32773 => " (PackBits)",
                    34712 => " (JPEG 2000)",
                    34925 => " (LZMA)",
                    50001 => " (WebP)",
                    50002 | 52546 => " (JPEG XL)",
                    _ => "",
                };
                let (expected, found) =
                    ("none, LZW, DEFLATE, ZSTD or LERC", format!("{code}{name}"));
                Err(GeoTiffProblem::unexpected("Compression", &expected, &found).into())
            }
        }
    }

    /// What blobs of LERC are compressed by.
    fn of_lerc(entries: &Entries<'_, '_>) -> Result<Self, Stop> {
        // The version of LERC, which each blob tells as well, and the compression.
        let name = "LercParameters";
        let parameters = entries.integers(name, 50674, MOST_VALUES)?;
        let parameters = parameters.ok_or(GeoTiffProblem::Missing { name })?;
        match parameters.get(1) {
            Some(0) => Ok(Self::None),
            Some(1) => Ok(Self::Deflate),
            Some(2) => Ok(Self::Zstd),
            _ => {
                let expected = "a version, and 0 (LERC alone), 1 (DEFLATE) or 2 (ZSTD)";
                let found = format!("{parameters:?}");
                Err(GeoTiffProblem::unexpected(name, &expected, &found).into())
            }
        }
    }

    /// The most bytes that it makes of some bytes.
    pub(super) const fn most_stored(self, bytes: u64) -> u64 {
        match self {
            Self::None => bytes,
            // What cannot be compressed grows a little: by 5 bytes in 65535, a header and a checksum.
            Self::Deflate => bytes + bytes / 1024 + 64,
            Self::Zstd => bytes + bytes / 128 + 512,
            // 12 bits a byte, and a code now and then to begin anew.
            Self::Lzw => bytes + bytes / 2 + bytes / 1024 + 64,
        }
    }

    /// Nothing decompresses to more than so many times its length.
    pub(super) const fn most_inflation(self) -> usize {
        match self {
            // 258 bytes of two bits.
            Self::None | Self::Deflate => 1032,
            // One code of at least 9 bits for each string, of which there are fewer than 4096.
            Self::Lzw => 4096,
            // A block of 128 KiB takes at least a header of 3 bytes and one more.
            Self::Zstd => 1 << 16,
        }
    }
}

impl Predictor {
    fn read(entries: &Entries<'_, '_>, data_type: DataType) -> Result<Self, Stop> {
        match entries.integer("Predictor", 317)?.unwrap_or(1) {
            1 => Ok(Self::None),
            2 => Ok(Self::Horizontal),
            3 if data_type.is_float() => Ok(Self::FloatingPoint),
            found => {
                let expected = "1 (none), 2 (horizontal) or, of floats, 3 (floating point)";
                Err(GeoTiffProblem::unexpected("Predictor", &expected, &found).into())
            }
        }
    }
}
