//! A real granule of NASA, read and sampled as GDAL reads and warps it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use floe_raster::accumulate::{BlockDecoder, PeriodAccumulator};
use floe_raster::gather::gather;
use floe_raster::geotiff::{Decoder, Directory, FetchedFile};
use floe_raster::granule::{FetchedGranule, Layer};
use floe_raster::needed;
use floe_raster::plane::Pixel as _;
use floe_raster::rule::SourceStatistic;
use floe_raster::rule::{Flags, Rule};
use floe_shared::grid::{Grid, TileIndex};
use support::python;

const NAME: &str = "MOD11A1.A2019305.h14v09.006.2019306084028";

fn path(layer: Layer) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    data.join(format!("{NAME}_{}.tif", layer.key))
}

fn layer(layer: Layer) -> FetchedFile {
    let bytes = Bytes::from(std::fs::read(path(layer)).unwrap());
    FetchedFile::whole(Directory::parse_file(NAME, layer.expect, &bytes).unwrap(), bytes)
}

fn granule() -> FetchedGranule {
    FetchedGranule::new(NAME.parse().unwrap(), layer(Layer::LST), layer(Layer::QC)).unwrap()
}

fn numbers(path: &Path) -> Vec<u16> {
    std::fs::read(path)
        .unwrap()
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&two| u16::from_le_bytes(two))
        .collect()
}

#[test]
fn every_pixel_decodes_as_gdal_reads_it() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut decoder, mut bytes) = (Decoder::default(), Vec::new());
    for kind in [Layer::LST, Layer::QC] {
        let out = scratch.path().join(kind.key);
        python::run("gdal_reads.py", &[&path(kind), &out]);
        let expected = numbers(&out);
        let file = layer(kind);
        let layout = file.directory.layout;
        for block in 0..layout.blocks() {
            let stored = file.stored(block).unwrap();
            decoder.decode(&file.directory, block, stored, &mut bytes).unwrap();
            let window = layout.window(block);
            for row in 0..window.height {
                for col in 0..window.width {
                    let at = (row * layout.block_width + col) as usize;
                    let found = if kind == Layer::LST {
                        u16::from_le_bytes([bytes[2 * at], bytes[2 * at + 1]])
                    } else {
                        u16::from(bytes[at])
                    };
                    let (row, col) = (window.row + row, window.col + col);
                    assert_eq!(
                        found,
                        expected[(row * 1200 + col) as usize],
                        "{kind:?} {row} {col}"
                    );
                }
            }
        }
    }
}

/// All tiles of a grid that the granule reaches.
fn tiles(grid: Grid, granule: &FetchedGranule) -> Vec<TileIndex> {
    let position = granule.id().key.position;
    grid.tiles().filter(|&tile| needed::positions(grid, &[tile]).contains(&position)).collect()
}

#[test]
fn every_pixel_of_every_tile_equals_gdals_nearest_warp() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("warped");
    let granule = granule();
    for grid in [Grid::default(), Grid::new(0.05, 10.0).unwrap(), Grid::new(0.02, 20.0).unwrap()] {
        let tiles = tiles(grid, &granule);
        assert!((1..=4).contains(&tiles.len()), "{tiles:?}");
        let mut valid_pixels = 0;
        for tile in tiles {
            let bounds = grid.tile_bounds(tile);
            let edge = grid.tile_pixels().to_string();
            let [west, north, resolution] =
                [bounds.west, bounds.north, grid.resolution()].map(|number| number.to_string());
            let (raster, [west, north, resolution, edge]) =
                (path(Layer::LST), [&west, &north, &resolution, &edge].map(Path::new));
            python::run("gdal_warps.py", &[&raster, &out, west, north, resolution, edge, edge]);
            let expected = numbers(&out);

            let flags = Flags::that(|flag| flag & 0b10 == 0);
            let rule = Rule { range: (7500, u16::MAX), flags, maxima: true, minima: false };
            let year = PeriodAccumulator::new(grid, &[tile], rule);
            let accepted = year.add(&granule, &mut BlockDecoder::default()).unwrap();
            let found =
                gather(&year, tile, &[SourceStatistic::Mean, SourceStatistic::Maximum]).unwrap();
            // No pixel of this granule with a value is of bad quality, so that the mask hides none.
            let differing = u16::pixels(&found.planes[0]).unwrap().iter().zip(&expected);
            let differing = differing.filter(|(a, b)| a != b).count();
            assert_eq!(differing, 0, "{tile} at {resolution:?}");
            assert_eq!(found.planes[0], found.planes[1]);
            let valid = expected.iter().filter(|&&pixel| pixel != 0).count() as u64;
            assert_eq!(found.valid_pixels, valid);
            assert!(accepted > 0 || valid == 0);
            valid_pixels += valid;
        }
        assert!(valid_pixels > 1000);
    }
}
