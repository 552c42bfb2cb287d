//! Every variant of the files that may come is read alike, and every other file is refused by name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::ops::Range;

use floe_raster::geotiff::{Decoder, Directory, GeoTiffError, Parsed, Piece, Transform};
use floe_raster::granule::Layer;
use floe_shared::encoding::DataType;
use support::cog::{Corner, Values, Variant, write};

const CORNER: Corner = [-4_447_802.079_066, 926.625_433_138_333_4, 0.0, -926.625_433_139_166_7];

fn picture() -> Vec<u16> {
    let pixel = |at: usize| {
        let (row, col) = (at / 1200, at % 1200);
        if col > 1100 || row > 1050 { 0 } else { (7000 + row * 31 + col * col / 50) as u16 }
    };
    (0..1200 * 1200).map(pixel).collect()
}

fn decode(directory: &Directory, file: &[u8]) -> Result<Vec<u16>, GeoTiffError> {
    let (mut decoder, mut bytes) = (Decoder::default(), Vec::new());
    let layout = directory.layout;
    let mut pixels = vec![0; 1200 * 1200];
    for block in 0..layout.blocks() {
        let range = directory.block(block);
        let stored = &file[range.start as usize..range.end as usize];
        decoder.decode(directory, block, stored, &mut bytes)?;
        let window = layout.window(block);
        let size = directory.data_type.size();
        for row in 0..window.height {
            for col in 0..window.width {
                let at = (row * layout.block_width + col) as usize * size;
                let value = match directory.data_type {
                    DataType::U16 => u16::from_le_bytes([bytes[at], bytes[at + 1]]),
                    _ => u16::from(bytes[at]),
                };
                pixels[((window.row + row) * 1200 + window.col + col) as usize] = value;
            }
        }
    }
    Ok(pixels)
}

fn refusal(variant: &Variant) -> String {
    let (width, height) = variant.size;
    let file = write(variant, CORNER, 2, &vec![8000; width * height]);
    Directory::parse_file("LST of h14v09", Layer::LST.expect, &file).unwrap_err().to_string()
}

#[test]
fn all_variants_decode_to_the_same_pixels() {
    let served = Variant::default();
    let variants = [
        served.clone(),
        Variant { big_endian: true, ..served.clone() },
        Variant { wide: true, ..served.clone() },
        Variant { wide: true, big_endian: true, predictor: true, ..served.clone() },
        Variant { predictor: true, ..served.clone() },
        Variant { tile: Some((256, 128)), ..served.clone() },
        Variant { tile: None, ..served.clone() },
        Variant { tile: None, predictor: true, ..served.clone() },
        Variant { tile: Some((2048, 2048)), compression: 1, ..served.clone() },
        Variant { compression: 32946, ..served.clone() },
        Variant { matrix: true, ..served.clone() },
        Variant { overview_first: true, ..served.clone() },
        Variant { sparse: true, tile: Some((64, 64)), ..served },
    ];
    let expected = picture();
    let flags: Vec<u16> = expected.iter().map(|pixel| pixel & 0xFF).collect();
    for variant in variants {
        let file = write(&variant, CORNER, 2, &expected);
        let directory = Directory::parse_file("LST", Layer::LST.expect, &file).unwrap();
        let [west, width, north, height] = CORNER;
        assert_eq!(directory.transform, Transform { west, width, north, height }, "{variant:?}");
        assert!(decode(&directory, &file).unwrap() == expected, "{variant:?}");

        let file = write(&variant, CORNER, 1, &flags);
        let directory = Directory::parse_file("QC", Layer::QC.expect, &file).unwrap();
        assert!(decode(&directory, &file).unwrap() == flags, "{variant:?}");
    }
}

#[test]
fn what_is_missing_of_a_directory_is_asked_for() {
    let file =
        write(&Variant { overview_first: true, ..Variant::default() }, CORNER, 2, &picture());
    let mut pieces: Vec<Piece> = Vec::new();
    let directory = loop {
        match Directory::parse("LST", Layer::LST.expect, &pieces, file.len() as u64).unwrap() {
            Parsed::Ready(directory) => break *directory,
            Parsed::Needs(Range { start, end }) => {
                assert!(pieces.iter().all(|piece| piece.get(&(start..end)).is_none()));
                let bytes = file[start as usize..end as usize].to_vec().into();
                pieces.push(Piece { start, bytes });
            }
        }
    };
    let (bytes, steps) =
        (pieces.iter().map(|piece| piece.bytes.len()).sum::<usize>(), pieces.len());
    assert!(bytes < 2000 && steps < 30, "{bytes} bytes in {steps} steps");
    assert!(decode(&directory, &file).unwrap() == picture());
}

#[test]
fn ranges_that_lie_close_together_are_fetched_at_once() {
    let file = write(&Variant::default(), CORNER, 2, &picture());
    let directory = Directory::parse_file("LST", Layer::LST.expect, &file).unwrap();
    let all = directory.ranges(&[8, 0, 1, 2, 3, 4, 5, 6, 7], 0);
    let everything = directory.block(0).start..directory.block(8).end;
    assert_eq!(all, std::slice::from_ref(&everything));
    let two = directory.ranges(&[5, 0], 0);
    assert_eq!(two, [directory.block(0), directory.block(5)]);
    assert_eq!(directory.ranges(&[5, 0], 1 << 30).len(), 1);
}

#[test]
fn truncated_files_are_refused_wherever_they_end() {
    let file = write(&Variant::default(), CORNER, 2, &picture());
    for length in [0, 3, 7, 8, 100, 500, file.len() / 2, file.len() - 1] {
        let error = Directory::parse_file("LST", Layer::LST.expect, &file[..length]).unwrap_err();
        assert!(error.to_string().contains("LST: truncated"), "{length}: {error}");
    }
}

#[test]
fn corrupt_blocks_are_errors_and_not_missing_data() {
    let mut file = write(&Variant::default(), CORNER, 2, &picture());
    let directory = Directory::parse_file("LST", Layer::LST.expect, &file).unwrap();
    let middle = directory.block(4);
    for byte in &mut file[middle.start as usize + 100..middle.end as usize - 100] {
        *byte ^= 0x5A;
    }
    let error = decode(&directory, &file).unwrap_err().to_string();
    assert!(error.contains("LST: block 4 is corrupt"), "{error}");

    // Whole streams of other lengths: a TIFF with blocks of half the size, said to be as usual.
    let small =
        write(&Variant { tile: Some((512, 256)), ..Variant::default() }, CORNER, 2, &picture());
    let halves = Directory::parse_file("LST", Layer::LST.expect, &small).unwrap();
    let stored = &small[halves.block(0).start as usize..halves.block(0).end as usize];
    let error = Decoder::default().decode(&directory, 0, stored, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("expected 524288 bytes of pixels, found 262144"), "{error}");
}

#[test]
fn other_images_are_refused_by_what_is_other() {
    let served = Variant::default();
    let replace = |tag, values| Variant { replace: vec![(tag, values)], ..served.clone() };
    let key = |key, value| Variant { geo_keys: vec![(key, value)], ..served.clone() };
    for (variant, expected) in [
        (replace(258, Values::Short(vec![8])), "data type: expected uint16, found uint8"),
        (replace(339, Values::Short(vec![2])), "data type: expected uint16, found int16"),
        (replace(339, Values::Short(vec![3])), "or floats of 32 or 64, found floats of 16 bits"),
        (replace(258, Values::Short(vec![16, 8])), "BitsPerSample: expected the same for all"),
        (replace(277, Values::Short(vec![0])), "SamplesPerPixel: expected 1 to 4096, found 0"),
        (replace(284, Values::Short(vec![3])), "PlanarConfiguration: expected 1 (interleaved)"),
        (
            replace(259, Values::Short(vec![7])),
            "Compression: expected none, LZW, DEFLATE, ZSTD or LERC, found 7 (JPEG)",
        ),
        (replace(317, Values::Short(vec![3])), "Predictor"),
        (replace(254, Values::Long(vec![1])), "found none in 1 directories"),
        (replace(33550, Values::Short(vec![1])), "ModelPixelScaleTag: expected values of type"),
        (replace(33550, Values::Double(vec![-9.0, 9.0, 0.0])), "rows southwards"),
        (replace(324, Values::Long(vec![1, 2])), "TileOffsets: expected 9 values, found 2 values"),
        (replace(322, Values::Short(vec![0])), "TileWidth: expected 1 to 2097152, found 0"),
        (key(3075, 11), "ProjMethodGeoKey: expected 24 (sinusoidal), found 11"),
        (key(1024, 2), "GeographicTypeGeoKey is missing"),
        (key(1024, 3), "GTModelTypeGeoKey: expected 1 (projected) or 2 (geographic), found 3"),
        (key(1025, 3), "GTRasterTypeGeoKey: expected 1 (pixels are areas) or 2 (points), found 3"),
        (Variant { radius: 6_378_137.0, ..served.clone() }, "expected 6371007.181, found 6378137"),
    ] {
        let found = refusal(&variant);
        assert!(found.starts_with("LST of h14v09: ") && found.contains(expected), "{found}");
    }
    let error =
        Directory::parse_file("LST", Layer::LST.expect, b"<!DOCTYPE html><html>").unwrap_err();
    assert!(error.to_string().contains("expected a TIFF"), "{error}");
}
