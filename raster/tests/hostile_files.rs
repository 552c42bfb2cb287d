//! Granule files of any bytes: refused by name or read, never a panic, never memory without bound, never damaged
//! bytes for data. Cases that were found are files of `tests/data/hostile`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/memory.rs"]
mod memory;
mod support;

use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use floe_raster::accumulate::hide_nodata;
use floe_raster::geotiff::{Decoder, Directory, Expect, GeoTiffError, Parsed, Piece};
use floe_raster::granule::Layer;
use floe_raster::samples::Samples;
use floe_shared::encoding::DataType;
use proptest::prelude::*;
use support::cog::{Values, Variant, write};

/// No file of a granule takes more than this: a block of 32 MiB, and its directory.
const MOST_MEMORY: usize = 40 << 20;

static LST: LazyLock<Vec<u8>> = LazyLock::new(|| real("LST_Day_1km"));
static QC: LazyLock<Vec<u8>> = LazyLock::new(|| real("QC_Day"));

fn real(key: &str) -> Vec<u8> {
    let name = format!("MOD11A1.A2019305.h14v09.006.2019306084028_{key}.tif");
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

fn file(layer: Layer) -> &'static [u8] {
    if layer == Layer::LST { &LST } else { &QC }
}

fn stored<'a>(directory: &Directory, file: &'a [u8], block: usize) -> &'a [u8] {
    let range = directory.block(block);
    &file[range.start as usize..range.end as usize]
}

/// All that is done with a file: its directory, of the pieces that it asks for and as a whole, and all its blocks.
fn read(layer: Layer, file: &[u8]) -> Result<Vec<u8>, GeoTiffError> {
    let length = file.len() as u64;
    let mut pieces: Vec<Piece> = Vec::new();
    while let Parsed::Needs(Range { start, end }) =
        Directory::parse("file", layer.expect, &pieces, length)?
    {
        assert!(start < end && end <= length && end - start <= 1 << 21, "{start} to {end} wanted");
        let is_new = pieces.iter().all(|piece| piece.get(&(start..end)).is_none());
        assert!(is_new && pieces.len() < 500, "{start} to {end} wanted after {}", pieces.len());
        pieces.push(Piece { start, bytes: file[start as usize..end as usize].to_vec().into() });
    }
    drop(pieces);
    let directory = Directory::parse_file("file", layer.expect, file)?;
    let (mut decoder, mut block_bytes, mut all) = (Decoder::default(), Vec::new(), Vec::new());
    for block in 0..directory.layout.blocks() {
        decoder.decode(&directory, block, stored(&directory, file, block), &mut block_bytes)?;
        // A checksum of sorts: all pixels of thousands of blocks would be the test's own memory.
        all.extend(block_bytes.iter().copied().fold([0_u8; 2], |[sum, mixed], byte| {
            let sum = sum.wrapping_add(byte);
            [sum, mixed.wrapping_mul(31).wrapping_add(sum)]
        }));
    }
    Ok(all)
}

fn sample_bytes(layer: Layer) -> usize {
    layer.expect.data_type.map_or(0, DataType::size)
}

fn layers() -> impl Strategy<Value = Layer> {
    prop_oneof![Just(Layer::LST), Just(Layer::QC)]
}

/// Numbers that have broken readers of TIFF before, and any others.
fn numbers() -> impl Strategy<Value = u32> {
    let edges = [0, 1, 2, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX - 1, u32::MAX];
    prop_oneof![prop::sample::select(edges.to_vec()), any::<u32>()]
}

/// Places of a classic TIFF's directories that hold something: entries' fields, and the values that they point to.
fn places(file: &[u8]) -> Vec<usize> {
    let number = |at: usize, width: usize| {
        file[at..at + width].iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
    };
    let mut places = vec![0, 4];
    let mut directory = number(4, 4);
    while directory != 0 {
        let count = number(directory, 2);
        places.push(directory);
        for entry in (0..count).map(|index| directory + 2 + index * 12) {
            places.extend([entry, entry + 2, entry + 4, entry + 8]);
            let (values, offset) = (number(entry + 4, 4), number(entry + 8, 4));
            if values > 1 && values < 64 && offset + values * 8 < file.len() {
                places.extend((0..values).map(|index| offset + index * 4));
            }
        }
        places.push(directory + 2 + count * 12);
        directory = number(directory + 2 + count * 12, 4);
    }
    places
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_directory_is_read_or_refused_in_bounded_memory(
        layer in layers(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), numbers(), 1..=4_usize), 1..4),
    ) {
        let mut damaged = file(layer).to_vec();
        let places = places(&damaged);
        for (place, number, width) in damage {
            let at = *place.get(&places);
            damaged[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
        }
        let (_, peak) = memory::peak(|| read(layer, &damaged));
        prop_assert!(peak < MOST_MEMORY, "{peak} bytes");
    }

    #[test]
    fn a_damaged_block_fails_or_decodes_to_the_same(
        layer in layers(),
        block in 0..9_usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let directory = Directory::parse_file("file", layer.expect, file(layer)).unwrap();
        let whole = stored(&directory, file(layer), block);
        let mut damaged = whole.to_vec();
        for (place, byte) in damage {
            *place.get_mut(&mut damaged) = byte;
        }
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        let mut decoder = Decoder::default();
        decoder.decode(&directory, block, whole, &mut expected).unwrap();
        if decoder.decode(&directory, block, &damaged, &mut found).is_ok() {
            prop_assert!(found == expected, "block {} of {:?}", block, layer);
        }
    }

    #[test]
    fn a_block_that_ends_early_is_an_error(
        layer in layers(),
        block in 0..9_usize,
        end in any::<prop::sample::Index>(),
    ) {
        let directory = Directory::parse_file("file", layer.expect, file(layer)).unwrap();
        let whole = stored(&directory, file(layer), block);
        let part = &whole[..end.index(whole.len())];
        prop_assert!(Decoder::default().decode(&directory, block, part, &mut Vec::new()).is_err());
    }

    #[test]
    fn a_file_that_ends_anywhere_is_refused(layer in layers(), end in any::<prop::sample::Index>()) {
        let whole = file(layer);
        // The last bytes are GDAL's, behind the last block.
        let end = end.index(whole.len() - 16);
        prop_assert!(read(layer, &whole[..end]).is_err());
    }

    #[test]
    fn any_bytes_are_refused(
        magic in prop::sample::select(vec![&b"II\x2a\0"[..], b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b", b""]),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let any = [magic, &bytes].concat();
        let (result, peak) = memory::peak(|| read(Layer::LST, &any));
        prop_assert!(result.is_err() && peak < MOST_MEMORY);
    }
}

proptest! {
    // Each writes a file.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_variant_of_a_file_is_read_or_refused_however_it_is_damaged(
        (wide, big_endian, strips, predictor) in any::<(bool, bool, bool, bool)>(),
        damage in prop::collection::vec((0..1200_usize, any::<u8>()), 1..4),
    ) {
        let tile = if strips { None } else { Some((512, 512)) };
        let variant = Variant { big_endian, wide, tile, predictor, ..Variant::default() };
        let mut damaged = write(&variant, [0.0, 900.0, 0.0, -900.0], 1, &vec![8; 1200 * 1200]);
        for (place, byte) in damage {
            damaged[place] = byte;
        }
        let (_, peak) = memory::peak(|| read(Layer::QC, &damaged));
        prop_assert!(peak < MOST_MEMORY, "{peak} bytes");
    }
}

/// A file of one block of 64 x 64 pixels of some bands, said to be compressed in some way, of LERC with what it says besides.
fn one_block(
    [compression, lerc]: [u64; 2],
    predictor: u64,
    [format, bits]: [u64; 2],
    bands: u64,
) -> Directory {
    let short = |number| Values::Short(vec![number]);
    let replace = vec![
        (258, short(bits)),
        (259, short(compression)),
        (277, short(bands)),
        (317, short(predictor)),
        (339, short(format)),
        (50674, Values::Long(vec![4, lerc])),
    ];
    let (tile, size) = (Some((64, 64)), (64, 64));
    let variant = Variant { tile, size, replace, ..Variant::default() };
    let file = write(&variant, [0.0, 900.0, 0.0, -900.0], 2, &vec![8; 64 * 64]);
    Directory::parse_file("file", Expect::default(), &file).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_of_a_block_are_decoded_or_refused_in_bounded_memory(
        compression in prop::sample::select(vec![
            [1, 0], [5, 0], [8, 0], [50000, 0], [34887, 0], [34887, 1], [34887, 2],
        ]),
        (kind, predictor) in prop::sample::select(vec![
            ([1, 8], 1_u64), ([2, 16], 2), ([1, 32], 2), ([3, 32], 3), ([3, 64], 2), ([3, 64], 3),
        ]),
        bands in 1..4_u64,
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        let directory = one_block(compression, predictor, kind, bands);
        let (_, peak) = memory::peak(|| {
            let mut samples = Samples::U8(Vec::new());
            Decoder::default().samples(&directory, 0, &bytes, &mut samples)
        });
        prop_assert!(peak < 1 << 20, "{peak} bytes");
    }

    #[test]
    fn a_zstd_or_lzw_block_of_another_length_is_an_error(
        lzw in any::<bool>(),
        length in prop_oneof![Just(8192_usize), 8180..8204_usize, 0..20_000_usize],
    ) {
        let directory = one_block([if lzw { 5 } else { 50000 }, 0], 1, [1, 16], 1);
        let pixels: Vec<u8> = (0..length).map(|at| (at / 50) as u8).collect();
        let stored = if lzw {
            weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
                .encode(&pixels)
                .unwrap()
        } else {
            zstd::bulk::compress(&pixels, 1).unwrap()
        };
        let mut found = Vec::new();
        let decoded = Decoder::default().decode(&directory, 0, &stored, &mut found);
        prop_assert_eq!(decoded.is_ok(), length == 64 * 64 * 2);
        let whole: Vec<u8> = (0..64 * 64 * 2).map(|at| (at / 50) as u8).collect();
        prop_assert!(decoded.is_err() || found == whole);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_block_in_lerc_fails_or_decodes_to_the_same(
        is_masked in any::<bool>(),
        tolerance in prop::sample::select(vec![None, Some(0.01_f32)]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let directory = one_block([34887, 0], 1, [3, 32], 1);
        let number = |at: usize| 280.0 + (at / 64) as f32 * 0.37 + (at % 7) as f32;
        let numbers: Vec<f32> = (0..64 * 64).map(number).collect();
        let mut mask = lerc::bitmask::BitMask::all_valid(64 * 64);
        if is_masked {
            (100..300).for_each(|at| mask.set_invalid(at));
        }
        let precision = tolerance.map_or(lerc::Precision::Lossless, lerc::Precision::Tolerance);
        let whole = lerc::encode_slice_masked(64, 64, &numbers, &mask, precision).unwrap();
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        let mut decoder = Decoder::default();
        decoder.decode(&directory, 0, &whole, &mut expected).unwrap();
        let mut damaged = whole;
        for (place, byte) in damage {
            *place.get_mut(&mut damaged) = byte;
        }
        let (decoded, peak) = memory::peak(|| decoder.decode(&directory, 0, &damaged, &mut found));
        prop_assert!(decoded.is_err() || found == expected);
        prop_assert!(peak < 1 << 20, "{peak} bytes");
    }
}

/// A file as served, with one block that is not stored and the "no data" that its tag says.
fn sparse(layer: Layer, nodata: Option<&str>) -> Vec<u8> {
    let bytes = sample_bytes(layer);
    let pixels: Vec<u16> =
        (0..1200 * 1200).map(|at| if at / 1200 < 512 && at % 1200 < 512 { 0 } else { 9 }).collect();
    let text = nodata.map(|text| Values::Ascii(text.to_owned()));
    let extra = text.map(|text| (42113, text)).into_iter().collect();
    let variant = Variant { sparse: true, replace: extra, ..Variant::default() };
    write(&variant, [0.0, 900.0, 0.0, -900.0], bytes, &pixels)
}

#[test]
fn a_block_that_is_not_stored_holds_the_files_nodata() {
    for (layer, nodata, expected) in [
        (Layer::QC, None, 0_u16),
        (Layer::QC, Some("0"), 0),
        (Layer::QC, Some("255"), 255),
        (Layer::LST, Some("0"), 0),
        (Layer::LST, Some("255.0"), 255),
        (Layer::LST, Some("6.5535e+04"), 65535),
    ] {
        let file = sparse(layer, nodata);
        let directory = Directory::parse_file("file", layer.expect, &file).unwrap();
        assert!(directory.block(0).is_empty() && !directory.block(1).is_empty());
        let mut pixels = vec![7; 3];
        Decoder::default().decode(&directory, 0, &[], &mut pixels).unwrap();
        let sample = &expected.to_le_bytes()[..sample_bytes(layer)];
        assert_eq!(pixels.len(), 512 * 512 * sample.len());
        assert!(pixels.chunks_exact(sample.len()).all(|pixel| pixel == sample), "{nodata:?}");
        // A number in the valid range is no temperature where the file says so.
        hide_nodata(&directory, &mut pixels, (7500, u16::MAX));
        let hidden = layer == Layer::LST && expected >= 7500;
        assert_eq!(pixels.iter().all(|&byte| byte == 0), hidden || expected == 0, "{nodata:?}");
    }
}

#[test]
fn a_nodata_that_no_pixel_can_hold_is_refused_where_pixels_need_it() {
    for nodata in ["256", "-1", "nan", "0.5", "none"] {
        let file = sparse(Layer::QC, Some(nodata));
        let directory = Directory::parse_file("QC", Layer::QC.expect, &file).unwrap();
        let mut pixels = Vec::new();
        let error = Decoder::default().decode(&directory, 0, &[], &mut pixels).unwrap_err();
        let expected =
            format!("QC: GDAL_NODATA: expected a whole number from 0 to 255, found '{nodata}'");
        assert_eq!(error.to_string(), expected);
        let stored = stored(&directory, &file, 1);
        Decoder::default().decode(&directory, 1, stored, &mut pixels).unwrap();
    }
}

#[test]
fn files_that_were_found_are_refused_by_what_is_wrong_with_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hostile");
    let mut seen = 0;
    for (name, expected) in [
        ("block-inflates-to-more.tif", "block 4 is corrupt: "),
        ("block-of-no-bytes.tif", "block 4 is said to be 0 bytes from byte "),
        ("block-in-header.tif", "block 4 is said to be 9 bytes from byte 0"),
        ("block-shares-bytes.tif", "block 4 begins within the bytes of block 3"),
        ("block-of-4-gigabytes.tif", "block 4: expected at most 262464 compressed bytes, found"),
        (
            "blocks-of-8192-pixels.tif",
            "bytes of a block: expected at most 33554432, found 67108864 (8192 x 8192 pixels)",
        ),
        ("blocks-of-one-pixel.tif", "number of blocks: expected at most 262144, found 1440000"),
        ("directory-in-a-circle.tif", "found none in 64 directories"),
        ("geo-keys-without-end.tif", "GeoKeyDirectoryTag: expected 4096 values at most"),
        ("text-of-4-gigabytes.tif", "truncated: GDAL_NODATA ends at byte 4298454321"),
    ] {
        let file = std::fs::read(folder.join(name)).unwrap();
        // A server may say of a file that it is as long as its blocks are said to be.
        let length = if name == "block-of-4-gigabytes.tif" { 1 << 40 } else { file.len() as u64 };
        let pieces = [Piece { start: 0, bytes: file.clone().into() }];
        let (result, peak) =
            memory::peak(|| match Directory::parse(name, Layer::QC.expect, &pieces, length)? {
                Parsed::Ready(_) => read(Layer::QC, &file).map(drop),
                Parsed::Needs(range) => panic!("{name} needs the bytes {range:?}"),
            });
        let error = result.unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
        assert!(peak < 4 << 20, "{name}: {peak} bytes");
        seen += 1;
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), seen);
}
