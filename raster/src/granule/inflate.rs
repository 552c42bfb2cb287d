//! Decodes blocks: bytes of a file to pixels.
//!
//! A damaged block is an error: libdeflate compares the checksum at the end of a zlib stream (Adler-32) with what it
//! has inflated, and never writes past the buffer that it is given.

use libdeflater::Decompressor;

use super::cog::{Compression, Directory, Predictor};
use super::error::{CogError, CogProblem};

/// DEFLATE makes at most 258 bytes of two bits: no stream inflates to more than so many times its length.
const MOST_INFLATION: usize = 1032;

/// Decodes one block after the other; keep one per thread.
pub struct Decoder {
    inflate: Decompressor,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { inflate: Decompressor::new() }
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Decoder").finish_non_exhaustive()
    }
}

impl Decoder {
    /// Decodes a block's `stored` bytes into `pixels`: rows from the north, columns from the west,
    /// padding included, 16-bit samples as two bytes, the low one first.
    ///
    /// `pixels` is resized to the block; nothing is allocated when it is reused. Every pixel of a block that is not
    /// stored is the file's "no data", as GDAL reads it.
    pub fn decode(
        &mut self,
        directory: &Directory,
        block: usize,
        stored: &[u8],
        pixels: &mut Vec<u8>,
    ) -> Result<(), CogError> {
        let expected = directory.decoded_length(block);
        let wrong = |problem: CogProblem| Err(problem.of(&directory.asset));
        if directory.block(block).is_empty() {
            let nodata = directory.nodata().map_err(|problem| problem.of(&directory.asset))?;
            pixels.resize(expected, 0);
            let sample = &nodata.to_le_bytes()[..directory.layer.sample_bytes()];
            pixels.chunks_exact_mut(sample.len()).for_each(|pixel| pixel.copy_from_slice(sample));
            return Ok(());
        }
        // Before anything is allocated for it.
        if expected / MOST_INFLATION > stored.len() {
            return wrong(CogProblem::Corrupt {
                block,
                why: format!("{} bytes cannot hold {expected}", stored.len()),
            });
        }
        pixels.resize(expected, 0);
        let found = match directory.compression {
            Compression::None if stored.len() == expected => {
                pixels.copy_from_slice(stored);
                expected
            }
            Compression::None => stored.len(),
            Compression::Deflate => match self.inflate.zlib_decompress(stored, pixels) {
                Ok(found) => found,
                Err(error) => return wrong(CogProblem::Corrupt { block, why: error.to_string() }),
            },
        };
        if found != expected {
            return wrong(CogProblem::Length { block, expected, found });
        }
        if directory.layer.sample_bytes() == 2 && directory.big_endian {
            for sample in pixels.as_chunks_mut::<2>().0 {
                sample.reverse();
            }
        }
        // What is not compressed has no predictor, whatever the tag says: so do libtiff and GDAL.
        let compressed = directory.compression == Compression::Deflate;
        if compressed && directory.predictor == Predictor::Horizontal {
            let row = directory.layout.block_width as usize * directory.layer.sample_bytes();
            for row in pixels.chunks_exact_mut(row) {
                match directory.layer.sample_bytes() {
                    2 => undo_differences_16(row),
                    _ => undo_differences_8(row),
                }
            }
        }
        Ok(())
    }
}

fn undo_differences_16(row: &mut [u8]) {
    let mut previous = 0_u16;
    for sample in row.as_chunks_mut::<2>().0 {
        previous = previous.wrapping_add(u16::from_le_bytes(*sample));
        *sample = previous.to_le_bytes();
    }
}

fn undo_differences_8(row: &mut [u8]) {
    let mut previous = 0_u8;
    for sample in row {
        previous = previous.wrapping_add(*sample);
        *sample = previous;
    }
}
