//! Files that GDAL writes in all its ways are read as GDAL reads them, each pixel of each band; those of other kinds
//! are refused by name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::ops::Range;
use std::path::Path;

use floe_raster::crs::Crs;
use floe_raster::geotiff::{
    Decoder, Directory, Expect, FetchedFile, GeoTiffError, Parsed, Piece, Transform,
};
use floe_raster::samples::Samples;
use floe_shared::encoding::{DataType, Scalar};
use support::python;

/// A band as GDAL describes it.
struct Band<'a> {
    name: &'a str,
    index: u32,
    data_type: DataType,
    /// Columns and rows.
    size: [u32; 2],
    transform: Transform,
    nodata: Option<f64>,
    crs: &'a str,
}

impl<'a> Band<'a> {
    fn new(line: &'a str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let double = |index: usize| -> f64 { fields[index].parse().unwrap() };
        Self {
            name: fields[0],
            index: fields[1].parse().unwrap(),
            data_type: DataType::from_name(fields[2]).unwrap(),
            size: [fields[3].parse().unwrap(), fields[4].parse().unwrap()],
            transform: Transform {
                west: double(5),
                width: double(6),
                north: double(7),
                height: double(8),
            },
            nodata: fields[9].parse().ok(),
            crs: fields[10],
        }
    }
}

/// The file as a reader has it that asks for the directory first, for no byte more than it needs, and then for all blocks.
fn fetch(band: &Band<'_>, file: &[u8]) -> FetchedFile {
    let expect = Expect { data_type: Some(band.data_type), band: band.index };
    let piece = |Range { start, end }: Range<u64>| Piece {
        start,
        bytes: file[start as usize..end as usize].to_vec().into(),
    };
    let mut pieces = Vec::new();
    let directory = loop {
        match Directory::parse(band.name, expect, &pieces, file.len() as u64).unwrap() {
            Parsed::Ready(directory) => break *directory,
            Parsed::Needs(range) => pieces.push(piece(range)),
        }
    };
    // As texts, since NaN may be the number of no data.
    let whole = Directory::parse_file(band.name, expect, file).unwrap();
    assert_eq!(format!("{directory:?}"), format!("{whole:?}"));
    let blocks: Vec<usize> = (0..directory.layout.blocks()).collect();
    let pieces = directory.ranges(&blocks, 100).into_iter().map(piece).collect();
    FetchedFile { pieces, directory }
}

/// The band's numbers, row by row, as their bytes, least significant first: of blocks as bytes and as samples.
fn decode(file: &FetchedFile) -> Result<[Vec<u8>; 2], GeoTiffError> {
    let (directory, mut decoder) = (&file.directory, Decoder::default());
    let (layout, size) = (directory.layout, directory.data_type.size());
    let (mut bytes, mut samples) = (Vec::new(), Samples::U8(vec![7; 5]));
    let length = layout.width as usize * layout.height as usize * size;
    let mut pixels = [vec![0; length], vec![0; length]];
    for block in 0..layout.blocks() {
        decoder.decode(directory, block, file.stored(block)?, &mut bytes)?;
        assert_eq!(bytes.len(), directory.decoded_length(block));
        decoder.samples(directory, block, file.stored(block)?, &mut samples)?;
        assert_eq!(samples.data_type(), directory.data_type);
        assert_eq!(samples.len(), layout.stored_pixels(block));
        let window = layout.window(block);
        for (pixels, block) in pixels.iter_mut().zip([&bytes, &bytes_of(&samples)]) {
            for row in 0..window.height {
                let from = (row * layout.block_width) as usize * size;
                let to = ((window.row + row) * layout.width + window.col) as usize * size;
                let length = window.width as usize * size;
                pixels[to..to + length].copy_from_slice(&block[from..from + length]);
            }
        }
    }
    Ok(pixels)
}

fn bytes_of(samples: &Samples) -> Vec<u8> {
    floe_raster::with_samples!(samples, numbers => {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    })
}

/// The system that GDAL names so.
fn crs(name: &str) -> Crs {
    match name.strip_prefix("EPSG:") {
        Some(code) => Crs::from_epsg(code.parse().unwrap()).unwrap(),
        None => Crs::Sinusoidal,
    }
}

fn check_bands(folder: &Path) {
    let bands = std::fs::read_to_string(folder.join("bands.txt")).unwrap();
    let bands: Vec<Band<'_>> = bands.lines().map(Band::new).collect();
    assert!(bands.len() > 500);
    for band in &bands {
        let name = format!("band {} of {}", band.index, band.name);
        let bytes = std::fs::read(folder.join(format!("{}.tif", band.name))).unwrap();
        let file = fetch(band, &bytes);
        let directory = &file.directory;
        assert_eq!([directory.layout.width, directory.layout.height], band.size, "{name}");
        assert_eq!(directory.transform, band.transform, "{name}");
        assert_eq!(directory.crs, crs(band.crs), "{name}");
        let nodata = directory.nodata.map(|nodata| nodata.as_f64().to_bits());
        assert_eq!(nodata, band.nodata.map(f64::to_bits), "{name}");
        let [bytes, samples] = decode(&file).unwrap();
        let expected = std::fs::read(folder.join(format!("{}.{}", band.name, band.index))).unwrap();
        assert!(bytes == expected, "{name}");
        assert!(samples == expected, "{name}");
    }
}

fn check_refused(folder: &Path) {
    let refused = std::fs::read_to_string(folder.join("refused.txt")).unwrap();
    for line in refused.lines() {
        let (name, expected) = line.split_once('\t').unwrap();
        let file = std::fs::read(folder.join(format!("{name}.tif"))).unwrap();
        let error = Directory::parse_file(name, Expect::default(), &file).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name}: ")) && error.contains(expected), "{error}");
    }
    let file = std::fs::read(folder.join("lerc-alpha.tif")).unwrap();
    let directory = Directory::parse_file("lerc-alpha", Expect::default(), &file).unwrap();
    let error = decode(&FetchedFile::whole(directory, file.into())).unwrap_err().to_string();
    let expected = "lerc-alpha: block 0 is corrupt: expected 4 numbers a pixel, found 3 in 1 bands";
    assert_eq!(error, expected);
    let file = std::fs::read(folder.join("large.tif")).unwrap();
    let error = |expect| Directory::parse_file("large", expect, &file).unwrap_err().to_string();
    let fourth = Expect { band: 4, ..Expect::default() };
    assert_eq!(error(fourth), "large: band: expected 1 to 3, found 4");
    let signed = Expect { data_type: Some(DataType::I16), band: 1 };
    assert_eq!(error(signed), "large: data type: expected int16, found uint16");
    let directory = Directory::parse_file("large", Expect::default(), &file).unwrap();
    assert_eq!(directory.nodata, Some(Scalar::Int(0)));
}

#[test]
fn files_of_gdal_are_read_as_gdal_reads_them_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    python::run("gdal_writes.py", &[folder.path()]);
    check_bands(folder.path());
    check_refused(folder.path());
}
