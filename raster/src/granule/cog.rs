//! The directory of a cloud-optimised `GeoTIFF`: what image it holds, where its blocks are, and
//! whether it is what the processor can use.

use std::ops::Range;

use super::Layer;
use super::blocks;
use super::error::{CogError, CogProblem};
use super::layout::Layout;
use super::projection;
use super::tiff::{Entries, Stop, Tiff};
use super::transform::Transform;
use crate::sinusoidal::Position;

/// How the bytes of a block are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// A zlib stream.
    Deflate,
}

/// What is stored in place of the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predictor {
    /// The pixels themselves.
    None,
    /// Differences from the pixel to the left.
    Horizontal,
}

/// The full-resolution image of a file: its place, its blocks and how to decode them.
#[derive(Clone, Debug, PartialEq)]
pub struct Directory {
    /// The file, as errors name it.
    pub asset: String,
    /// What the pixels mean.
    pub layer: Layer,
    /// Size of the raster and of its blocks.
    pub layout: Layout,
    /// Where the raster lies.
    pub transform: Transform,
    pub(super) compression: Compression,
    pub(super) predictor: Predictor,
    pub(super) big_endian: bool,
    /// What the file says stands for "no data" (GDAL's tag), as it is written.
    nodata: Option<String>,
    blocks: Vec<Range<u64>>,
}

/// What came of reading a directory from the first bytes of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// All of it was there.
    Ready(Directory),
    /// It reaches further: at least so many bytes from the file's beginning are needed.
    Needs(u64),
}

impl Directory {
    /// Reads the directory of the full-resolution image from the first bytes of a file and checks
    /// that it is a granule's `layer`: one band of 1200 x 1200 pixels of the layer's type on the MODIS
    /// sinusoidal grid, in blocks that can be decoded and that end within the file.
    ///
    /// Overviews, which may lie before the full-resolution data, are passed over.
    pub fn parse(
        asset: &str,
        layer: Layer,
        head: &[u8],
        file_length: u64,
    ) -> Result<Parsed, CogError> {
        match Self::read(asset, layer, head, file_length) {
            Ok(directory) => Ok(Parsed::Ready(directory)),
            Err(Stop::Needs(bytes)) => Ok(Parsed::Needs(bytes)),
            Err(Stop::Wrong(problem)) => Err(problem.of(asset)),
        }
    }

    /// The same for a file that is at hand as a whole.
    pub fn parse_file(asset: &str, layer: Layer, file: &[u8]) -> Result<Self, CogError> {
        match Self::parse(asset, layer, file, file.len() as u64)? {
            Parsed::Ready(directory) => Ok(directory),
            Parsed::Needs(expected) => {
                let what = "the directory".to_owned();
                let found = file.len() as u64;
                Err(CogProblem::Truncated { what, expected, found }.of(asset))
            }
        }
    }

    /// Where a block's bytes are; empty for a block that is all fill and not stored.
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

    /// Refuses a raster that does not lie where its name says.
    pub fn check_position(&self, position: Position) -> Result<(), CogError> {
        if self.transform.lies_at(position) {
            return Ok(());
        }
        let found = (self.transform.west, self.transform.north);
        let expected = position.corner();
        Err(CogProblem::Misplaced { position, expected, found }.of(&self.asset))
    }

    /// The number in place of "no data", and in every pixel of a block that is not stored: 0 where the file
    /// does not say. An error where its samples cannot hold it.
    pub(super) fn nodata(&self) -> Result<u16, CogProblem> {
        let Some(text) = &self.nodata else { return Ok(0) };
        let most = u16::MAX >> (16 - 8 * self.layer.sample_bytes());
        // Writers state whole numbers as such and as decimals: 255, 255.0, 2.55e+02.
        let number: Option<f64> = text.parse().ok();
        number
            .filter(|number| (0.0..=f64::from(most)).contains(number) && number.fract() == 0.0)
            .map(|number| number as u16)
            .ok_or_else(|| {
                let expected = format!("a whole number from 0 to {most}");
                CogProblem::unexpected("GDAL_NODATA", &expected, &format!("'{text}'"))
            })
    }

    /// Turns decoded temperatures that stand for "no data" in this file into fill (0), where they would pass for
    /// numbers of a range of valid ones, which does not hold 0.
    pub fn hide_nodata(&self, temperatures: &mut [u8], (low, high): (u16, u16)) {
        // One that the samples cannot hold is none of theirs.
        let nodata = self.nodata().unwrap_or_default();
        if self.layer != Layer::Lst || !(low..=high).contains(&nodata) {
            return;
        }
        for pixel in temperatures.as_chunks_mut::<2>().0 {
            if u16::from_le_bytes(*pixel) == nodata {
                *pixel = [0; 2];
            }
        }
    }

    /// Bytes of a decoded block.
    pub fn decoded_length(&self, block: usize) -> usize {
        self.layout.stored_pixels(block) * self.layer.sample_bytes()
    }

    fn read(asset: &str, layer: Layer, head: &[u8], file_length: u64) -> Result<Self, Stop> {
        let tiff = Tiff::open(head, file_length)?;
        let entries = tiff.find(|entries| {
            let kind = entries.integer("NewSubfileType", 254)?.unwrap_or(0);
            // Bit 0: an overview; bit 2: a mask.
            Ok(kind & 0b101 == 0)
        })?;
        check_samples(layer, &entries)?;
        projection::check(&entries)?;
        let (layout, places) = blocks::read(&entries)?;
        blocks::check(&places, layout, layer, tiff.header_length()..file_length)?;
        Ok(Self {
            asset: asset.to_owned(),
            layer,
            layout,
            transform: read_transform(&entries)?,
            compression: match entries.integer("Compression", 259)?.unwrap_or(1) {
                1 => Compression::None,
                8 | 32946 => Compression::Deflate,
                found => {
                    let expected = "1 (none), 8 or 32946 (DEFLATE)";
                    return Err(CogProblem::unexpected("Compression", &expected, &found).into());
                }
            },
            predictor: match entries.integer("Predictor", 317)?.unwrap_or(1) {
                1 => Predictor::None,
                2 => Predictor::Horizontal,
                found => {
                    let expected = "1 (none) or 2 (horizontal)";
                    return Err(CogProblem::unexpected("Predictor", &expected, &found).into());
                }
            },
            big_endian: tiff.big_endian,
            nodata: entries.text("GDAL_NODATA", 42113)?,
            blocks: places,
        })
    }
}

/// One band of unsigned numbers of the layer's width.
fn check_samples(layer: Layer, entries: &Entries<'_, '_>) -> Result<(), Stop> {
    let bits = layer.sample_bytes() as u64 * 8;
    for (name, tag, default, expected) in [
        ("SamplesPerPixel", 277, 1, 1),
        ("BitsPerSample", 258, 1, bits),
        ("SampleFormat", 339, 1, 1),
        ("FillOrder", 266, 1, 1),
    ] {
        let found = entries.integer(name, tag)?.unwrap_or(default);
        if found != expected {
            return Err(CogProblem::unexpected(name, &expected, &found).into());
        }
    }
    Ok(())
}

fn read_transform(entries: &Entries<'_, '_>) -> Result<Transform, Stop> {
    let scale = entries.doubles("ModelPixelScaleTag", 33550)?;
    let tie = entries.doubles("ModelTiepointTag", 33922)?;
    let matrix = entries.doubles("ModelTransformationTag", 34264)?;
    let transform = match (scale.as_deref(), tie.as_deref(), matrix.as_deref()) {
        (Some(&[width, height, ..]), Some(&[column, row, _, x, y, ..]), _) => Transform {
            // Exact, unless the tie point is another one than the corner.
            west: x - column * width,
            width,
            north: y + row * height,
            height: -height,
        },
        (_, _, Some(&[width, 0.0, _, west, 0.0, height, _, north, ..])) => {
            Transform { west, width, north, height }
        }
        (_, _, Some(found)) => {
            let expected = "a matrix without rotation";
            let found = format!("{found:?}");
            return Err(CogProblem::unexpected("ModelTransformationTag", &expected, &found).into());
        }
        (None, ..) => return Err(CogProblem::Missing { name: "ModelPixelScaleTag" }.into()),
        _ => return Err(CogProblem::Missing { name: "ModelTiepointTag" }.into()),
    };
    if transform.width > 0.0 && transform.height < 0.0 {
        Ok(transform)
    } else {
        let expected = "columns eastwards and rows southwards";
        Err(CogProblem::unexpected("the transform", &expected, &transform).into())
    }
}
