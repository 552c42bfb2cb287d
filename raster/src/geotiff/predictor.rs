//! Predictors: what is stored in place of the numbers, so that they compress better.

/// Undoes horizontal differences (TIFF 6.0, section 14) in a row of little-endian numbers of `size` bytes: each is the
/// difference from that of the same band in the pixel to the left.
pub(super) fn undo_differences(row: &mut [u8], size: usize, bands: usize) {
    match size {
        1 => undo_8(row, bands),
        2 => undo_16(row, bands),
        4 => undo_32(row, bands),
        _ => undo_64(row, bands),
    }
}

/// Undoes the predictor of floating-point numbers (Adobe Photoshop TIFF Technical Note 3) in a row of numbers of `size` bytes: of
/// all numbers the most significant bytes come first, then the next ones and so on, each as the difference from the
/// byte so many bands before it. Numbers are little-endian afterwards, whatever the file's byte order.
pub(super) fn undo_floating_point(row: &mut [u8], size: usize, bands: usize, bytes: &mut Vec<u8>) {
    undo_8(row, bands);
    bytes.clear();
    bytes.extend_from_slice(row);
    let numbers = row.len() / size;
    for (significance, bytes) in bytes.chunks_exact(numbers).rev().enumerate() {
        for (number, byte) in row.chunks_exact_mut(size).zip(bytes) {
            number[significance] = *byte;
        }
    }
}

macro_rules! undo {
    ($name:ident, $number:ty) => {
        fn $name(row: &mut [u8], bands: usize) {
            let row = row.as_chunks_mut::<{ size_of::<$number>() }>().0;
            let undo = |previous: $number, sample: &mut [u8; size_of::<$number>()]| {
                let number = previous.wrapping_add(<$number>::from_le_bytes(*sample));
                *sample = number.to_le_bytes();
                number
            };
            if bands == 1 {
                row.iter_mut().fold(0, undo);
                return;
            }
            for band in 0..bands {
                row.iter_mut().skip(band).step_by(bands).fold(0, undo);
            }
        }
    };
}

undo!(undo_8, u8);
undo!(undo_16, u16);
undo!(undo_32, u32);
undo!(undo_64, u64);
