//! Decodes blocks: bytes of a file to numbers.
//!
//! A damaged block is an error: libdeflate compares the checksum at the end of a zlib stream (Adler-32) with what it
//! has inflated, and never writes past the buffer that it is given. LERC has a checksum too (Fletcher's). LZW has none and zstd only
//! one that writers of TIFF leave out: there only what cannot be decoded, or has another length, is found out.

use floe_shared::encoding::DataType;
use libdeflater::Decompressor;
use weezl::{BitOrder, LzwStatus};

use super::directory::{Compression, Directory, Predictor};
use super::error::{GeoTiffError, GeoTiffProblem};
use super::format::Format;
use super::lerc;
use super::predictor::{undo_differences, undo_floating_point};
use crate::samples::Samples;

/// Decodes one block after the other; keep one per thread.
pub struct Decoder {
    inflate: Decompressor,
    /// Made for the first block that needs it.
    lzw: Option<weezl::decode::Decoder>,
    /// Likewise.
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    /// A row that is put in order.
    row: Vec<u8>,
    /// A block with the samples of all bands.
    interleaved: Vec<u8>,
    /// A block of one band.
    band: Vec<u8>,
    /// A block in LERC that was compressed further.
    blob: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            inflate: Decompressor::new(),
            lzw: None,
            zstd: None,
            row: Vec::new(),
            interleaved: Vec::new(),
            band: Vec::new(),
            blob: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Decoder").finish_non_exhaustive()
    }
}

impl Decoder {
    /// Decodes a block's `stored` bytes into numbers of the directory's band and type: rows from the north, columns
    /// from the west, padding included ([`Layout::stored_pixels`](super::Layout::stored_pixels)).
    ///
    /// `samples` becomes one of that type; nothing is allocated where it is one already and is reused. Every pixel of a
    /// block that is not stored is the file's "no data", as GDAL reads it, or 0.
    pub fn samples(
        &mut self,
        directory: &Directory,
        block: usize,
        stored: &[u8],
        samples: &mut Samples,
    ) -> Result<(), GeoTiffError> {
        let mut bytes = std::mem::take(&mut self.band);
        let result = self.decode(directory, block, stored, &mut bytes);
        if result.is_ok() {
            read_numbers(directory.data_type, &bytes, samples);
        }
        self.band = bytes;
        result
    }

    /// Decodes a block as [`Self::samples`] does, into the bytes of numbers, least significant first.
    ///
    /// `pixels` is resized to the block; nothing is allocated when it is reused.
    pub fn decode(
        &mut self,
        directory: &Directory,
        block: usize,
        stored: &[u8],
        pixels: &mut Vec<u8>,
    ) -> Result<(), GeoTiffError> {
        let decoded = if directory.block(block).is_empty() {
            fill_absent(directory, block, pixels)
        } else if directory.format.interleaved == 1 {
            self.unpack(directory, block, stored, pixels)
        } else {
            let mut all = std::mem::take(&mut self.interleaved);
            let unpacked = self.unpack(directory, block, stored, &mut all);
            if unpacked.is_ok() {
                pick_band(&directory.format, &all, pixels);
            }
            self.interleaved = all;
            unpacked
        };
        decoded.map_err(|problem| problem.of(&directory.asset))
    }

    /// All that a block holds, the samples of other bands included.
    fn unpack(
        &mut self,
        directory: &Directory,
        block: usize,
        stored: &[u8],
        pixels: &mut Vec<u8>,
    ) -> Result<(), GeoTiffProblem> {
        let pixel = directory.format.pixel_bytes();
        let expected = directory.layout.stored_pixels(block) * pixel;
        // Before anything is allocated for it. In LERC any number of pixels that are alike take the same bytes.
        if !directory.is_lerc && expected / directory.compression.most_inflation() > stored.len() {
            let why = format!("{} bytes cannot hold {expected}", stored.len());
            return Err(GeoTiffProblem::Corrupt { block, why });
        }
        pixels.resize(expected, 0);
        let decompressed = if directory.is_lerc {
            self.unpack_lerc(directory, block, stored, pixels)
        } else {
            self.decompress(directory.compression, stored, pixels)
        };
        let found = decompressed.map_err(|why| GeoTiffProblem::Corrupt { block, why })?;
        if found != expected {
            return Err(GeoTiffProblem::Length { block, expected, found });
        }
        // What is not compressed, or by LERC, has no predictor, whatever the tag says: so do libtiff and GDAL.
        let has_predictor = directory.compression != Compression::None && !directory.is_lerc;
        let predictor = if has_predictor { directory.predictor } else { Predictor::None };
        let (size, bands) = (directory.data_type.size(), directory.format.interleaved);
        let row = directory.layout.block_width as usize * pixel;
        if predictor == Predictor::FloatingPoint {
            for row in pixels.chunks_exact_mut(row) {
                undo_floating_point(row, size, bands, &mut self.row);
            }
            return Ok(());
        }
        if directory.big_endian {
            swap_bytes(pixels, size);
        }
        if predictor == Predictor::Horizontal {
            for row in pixels.chunks_exact_mut(row) {
                undo_differences(row, size, bands);
            }
        }
        Ok(())
    }

    /// The pixels of a block in LERC; how many bytes they are, or what is wrong with them.
    fn unpack_lerc(
        &mut self,
        directory: &Directory,
        block: usize,
        stored: &[u8],
        pixels: &mut [u8],
    ) -> Result<usize, String> {
        let width = directory.layout.block_width as usize;
        let shape = [width, directory.layout.stored_pixels(block) / width];
        if directory.compression == Compression::None {
            return lerc::decode(&directory.format, shape, stored, pixels);
        }
        let mut blob = std::mem::take(&mut self.blob);
        blob.resize(lerc::most_bytes(pixels.len() as u64) as usize, 0);
        let length = self.decompress(directory.compression, stored, &mut blob);
        let decoded = length.and_then(|length| {
            let blob = blob.get(..length).ok_or("more bytes than LERC can have made")?;
            lerc::decode(&directory.format, shape, blob, pixels)
        });
        self.blob = blob;
        decoded
    }

    /// How many bytes are stored; those that fit are in `pixels`. What is wrong with them otherwise.
    fn decompress(
        &mut self,
        compression: Compression,
        stored: &[u8],
        pixels: &mut [u8],
    ) -> Result<usize, String> {
        match compression {
            Compression::None => {
                if stored.len() == pixels.len() {
                    pixels.copy_from_slice(stored);
                }
                Ok(stored.len())
            }
            Compression::Deflate => {
                self.inflate.zlib_decompress(stored, pixels).map_err(|error| error.to_string())
            }
            Compression::Lzw => {
                let new = || weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
                decompress_lzw(self.lzw.get_or_insert_with(new), stored, pixels)
            }
            Compression::Zstd => {
                let zstd = match &mut self.zstd {
                    Some(zstd) => zstd,
                    none => none.insert(
                        zstd::bulk::Decompressor::new().map_err(|error| error.to_string())?,
                    ),
                };
                zstd.decompress_to_buffer(stored, pixels).map_err(|error| error.to_string())
            }
        }
    }
}

fn decompress_lzw(
    lzw: &mut weezl::decode::Decoder,
    stored: &[u8],
    pixels: &mut [u8],
) -> Result<usize, String> {
    lzw.reset();
    let (mut read, mut written) = (0, 0);
    loop {
        // One byte more than there should be says that there are too many.
        let (mut more, full) = ([0], written == pixels.len());
        let free = if full { &mut more[..] } else { &mut pixels[written..] };
        let step = lzw.decode_bytes(&stored[read..], free);
        (read, written) = (read + step.consumed_in, written + step.consumed_out);
        match step.status.map_err(|error| error.to_string())? {
            LzwStatus::Ok if !full => {}
            _ => return Ok(written),
        }
    }
}

/// Turns the bytes of numbers of `size` bytes round.
fn swap_bytes(pixels: &mut [u8], size: usize) {
    fn swap<const SIZE: usize>(pixels: &mut [u8]) {
        pixels.as_chunks_mut::<SIZE>().0.iter_mut().for_each(|number| number.reverse());
    }
    match size {
        1 => {}
        2 => swap::<2>(pixels),
        4 => swap::<4>(pixels),
        _ => swap::<8>(pixels),
    }
}

fn fill_absent(
    directory: &Directory,
    block: usize,
    pixels: &mut Vec<u8>,
) -> Result<(), GeoTiffProblem> {
    let number = directory.data_type.bits(directory.absent.absent()?).to_le_bytes();
    let sample = &number[..directory.data_type.size()];
    pixels.resize(directory.decoded_length(block), 0);
    pixels.chunks_exact_mut(sample.len()).for_each(|pixel| pixel.copy_from_slice(sample));
    Ok(())
}

/// Copies the samples of one band out of those of all.
fn pick_band(format: &Format, all: &[u8], pixels: &mut Vec<u8>) {
    fn pick<const SIZE: usize>(format: &Format, all: &[u8], pixels: &mut [u8]) {
        let all = all.as_chunks::<SIZE>().0.iter().skip(format.place).step_by(format.interleaved);
        for (pixel, sample) in pixels.as_chunks_mut::<SIZE>().0.iter_mut().zip(all) {
            *pixel = *sample;
        }
    }
    pixels.resize(all.len() / format.interleaved, 0);
    match format.data_type.size() {
        1 => pick::<1>(format, all, pixels),
        2 => pick::<2>(format, all, pixels),
        4 => pick::<4>(format, all, pixels),
        _ => pick::<8>(format, all, pixels),
    }
}

/// Numbers of a type from their bytes, least significant first.
fn read_numbers(data_type: DataType, bytes: &[u8], samples: &mut Samples) {
    fn read<T, const SIZE: usize>(
        bytes: &[u8],
        numbers: &mut Vec<T>,
        number: impl Fn([u8; SIZE]) -> T,
    ) {
        numbers.clear();
        numbers.extend(bytes.as_chunks::<SIZE>().0.iter().map(|bytes| number(*bytes)));
    }
    if samples.data_type() != data_type
        && let Some(empty) = Samples::empty(data_type)
    {
        *samples = empty;
    }
    match samples {
        Samples::U8(numbers) => read(bytes, numbers, u8::from_le_bytes),
        Samples::I8(numbers) => read(bytes, numbers, i8::from_le_bytes),
        Samples::U16(numbers) => read(bytes, numbers, u16::from_le_bytes),
        Samples::I16(numbers) => read(bytes, numbers, i16::from_le_bytes),
        Samples::U32(numbers) => read(bytes, numbers, u32::from_le_bytes),
        Samples::I32(numbers) => read(bytes, numbers, i32::from_le_bytes),
        Samples::F32(numbers) => read(bytes, numbers, f32::from_le_bytes),
        Samples::F64(numbers) => read(bytes, numbers, f64::from_le_bytes),
    }
}
