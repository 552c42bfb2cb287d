//! Decodes blocks: bytes of a file to pixels.

use libdeflater::Decompressor;

use super::cog::{Compression, Directory, Predictor};
use super::error::{CogError, CogProblem};

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
    /// `pixels` is resized to the block; nothing is allocated when it is reused. A block that is not
    /// stored (no bytes) is all fill.
    pub fn decode(
        &mut self,
        directory: &Directory,
        block: usize,
        stored: &[u8],
        pixels: &mut Vec<u8>,
    ) -> Result<(), CogError> {
        let expected = directory.decoded_length(block);
        pixels.resize(expected, 0);
        if directory.block(block).is_empty() {
            pixels.fill(0);
            return Ok(());
        }
        let wrong = |problem: CogProblem| Err(problem.of(&directory.asset));
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
        if directory.predictor == Predictor::Horizontal {
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
