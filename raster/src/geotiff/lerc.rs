//! Blocks in LERC (Limited Error Raster Compression, <https://github.com/Esri/lerc>): decoded by the crate `lerc-rs`, and laid out as
//! TIFF has pixels.

use floe_shared::encoding::DataType;
use lerc::{LercError, LercInfo, Sample};

use super::format::Format;

/// The most bytes of a block in LERC whose pixels take `pixels` bytes: masks and heads of small blocks may be longer than they save.
pub(super) const fn most_bytes(pixels: u64) -> u64 {
    pixels + pixels / 2 + 4096
}

/// Decodes a block of `width` x `height` pixels into the bytes of its numbers, least significant first, the samples of a pixel one
/// after the other; returns how many bytes that are. Floats that LERC's mask hides are NaN, as GDAL has them.
///
/// # Errors
/// What is wrong with the block, in words.
pub(super) fn decode(
    format: &Format,
    [width, height]: [usize; 2],
    stored: &[u8],
    pixels: &mut [u8],
) -> Result<usize, String> {
    let info = lerc::decode_info(stored).map_err(|error| error.to_string())?;
    let samples = format.interleaved;
    let found = [info.width, info.height].map(|edge| edge as usize);
    if found != [width, height] {
        return Err(format!(
            "expected {width} x {height} pixels, found {} x {}",
            found[0], found[1]
        ));
    }
    let (depth, bands) = (info.depth as usize, info.bands as usize);
    if depth.min(bands) != 1 || depth.max(bands) != samples {
        // GDAL has the mask of a block stand for an alpha band.
        return Err(format!("expected {samples} numbers a pixel, found {depth} in {bands} bands"));
    }
    let decoded = match format.data_type {
        DataType::U8 => numbers(&info, stored, pixels, 0, |number: u8| [number]),
        DataType::I8 => numbers(&info, stored, pixels, 0, i8::to_le_bytes),
        DataType::U16 => numbers(&info, stored, pixels, 0, u16::to_le_bytes),
        DataType::I16 => numbers(&info, stored, pixels, 0, i16::to_le_bytes),
        DataType::U32 => numbers(&info, stored, pixels, 0, u32::to_le_bytes),
        DataType::I32 => numbers(&info, stored, pixels, 0, i32::to_le_bytes),
        DataType::F32 => numbers(&info, stored, pixels, f32::NAN, f32::to_le_bytes),
        DataType::F64 => numbers(&info, stored, pixels, f64::NAN, f64::to_le_bytes),
        other => return Err(format!("LERC has no numbers of the type {}", other.name())),
    };
    decoded.map_err(|error| error.to_string())
}

/// Decodes numbers of a type; `hidden` stands where a mask hides them.
fn numbers<T: Sample, const SIZE: usize>(
    info: &LercInfo,
    stored: &[u8],
    pixels: &mut [u8],
    hidden: T,
    bytes: impl Fn(T) -> [u8; SIZE],
) -> Result<usize, LercError> {
    let count = pixels.len() / SIZE;
    let mut decoded = vec![T::default(); count];
    lerc::decode_into_with_nodata(stored, &mut decoded, hidden)?;
    // Bands lie one after the other, samples of a pixel side by side.
    let bands = info.bands as usize;
    let plane = count / bands;
    for (index, pixel) in pixels.as_chunks_mut::<SIZE>().0.iter_mut().enumerate() {
        *pixel = bytes(decoded[index % bands * plane + index / bands]);
    }
    Ok(count * SIZE)
}
