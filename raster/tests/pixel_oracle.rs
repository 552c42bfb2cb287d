//! The whole way from files to tiles against an oracle that looks at one pixel and one granule at a
//! time: the source-pixel rule as it is written, integer sums, halves to the even neighbour.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use bytes::Bytes;
use floe_raster::accumulate::{AccumulateError, BlockDecoder, PeriodAccumulator};
use floe_raster::gather::{TilePeriod, gather};
use floe_raster::geotiff::{Directory, FetchedFile, GeoTiffProblem, Layout, Piece, Transform};
use floe_raster::granule::{FetchedGranule, GranuleId, Layer, check_position};
use floe_raster::needed::{self, Footprint};
use floe_raster::plane::{Pixel as _, Plane};
use floe_raster::rule::SourceStatistic;
use floe_raster::rule::{Flags, Rule};
use floe_raster::sinusoidal::Position;
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::window::PixelWindow;
use ndarray::Array2;
use proptest::prelude::*;
use support::cog::{Corner, Variant, write};

const RADIUS: f64 = 6_371_007.181;
const PIXEL: f64 = 926.625_433_138_333_3;

/// A granule made up for the purpose: its file's numbers and a seed for its pixels.
#[derive(Clone, Debug)]
struct Granule {
    position: Position,
    date: u16,
    corner: Corner,
    seed: u64,
}

impl Granule {
    /// Corners are rounded to a micrometre, as in real files; `moved` adds to the last digits, so that
    /// granules of one position have different transforms.
    fn new(position: Position, date: u16, moved: f64) -> Self {
        let edge = PIXEL * 1200.0;
        let round = |metres: f64| (metres * 1e6).round() / 1e6;
        let west = round((f64::from(position.h) - 18.0) * edge) + moved;
        let north = round((9.0 - f64::from(position.v)) * edge) - moved;
        let corner = [west, 926.625_433_138_333_4, north, -926.625_433_139_166_7];
        let seed = u64::from(date) << 16 | u64::from(position.h) << 8 | u64::from(position.v);
        Self { position, date, corner, seed }
    }

    /// Temperature and quality of a pixel: smooth fields with clouds and every kind of quality.
    fn pixel(&self, row: u64, col: u64) -> (u16, u8) {
        let hash = |value: u64| {
            let mixed = (value ^ self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
                .wrapping_mul(0xD6E8_FEB8_6659_FD93);
            mixed ^ mixed >> 32
        };
        let cloud = hash(((row / 16) << 16) | (col / 16)) % 5;
        let value = 14_000 + (row % 300 + col % 200) + hash(((row / 3) << 16) | (col / 2)) % 37;
        let lst = match cloud {
            0 => 0,
            1 if col.is_multiple_of(4) => 7499,
            1 if col % 4 == 1 => 65535,
            1 if col % 4 == 2 => 7500,
            _ => value,
        };
        let quality =
            [0, 17, 65, 2, 3, 81, 145, 1][(hash(((row / 8) << 20) | (col / 8)) % 8) as usize];
        (lst as u16, quality)
    }

    fn id(&self) -> GranuleId {
        let name = format!("MOD11A2.A2022{:03}.{}.061.2022200000000", self.date, self.position);
        name.parse().unwrap()
    }

    fn file(&self, layer: Layer) -> Vec<u8> {
        let pixel = |at: u64| {
            let (lst, quality) = self.pixel(at / 1200, at % 1200);
            if layer == Layer::LST { lst } else { u16::from(quality) }
        };
        let pixels: Vec<u16> = (0..1200 * 1200).map(pixel).collect();
        write(&Variant::default(), self.corner, if layer == Layer::LST { 2 } else { 1 }, &pixels)
    }

    fn layer(&self, layer: Layer) -> FetchedFile {
        let file = Bytes::from(self.file(layer));
        let directory = Directory::parse_file(&self.id().to_string(), layer.expect, &file).unwrap();
        FetchedFile::whole(directory, file)
    }

    fn fetched(&self) -> FetchedGranule {
        FetchedGranule::new(self.id(), self.layer(Layer::LST), self.layer(Layer::QC)).unwrap()
    }

    /// The source pixel (row, column) that holds a place, by the rule as the design states it.
    fn source_pixel(&self, longitude: f64, latitude: f64) -> Option<(u64, u64)> {
        let (longitude, latitude) = (longitude.to_radians(), latitude.to_radians());
        let (x, y) = (RADIUS * longitude * latitude.cos(), RADIUS * latitude);
        let index = |g0: f64, g1: f64, coordinate: f64| {
            let p = -g0 / g1 + coordinate * (1.0 / g1);
            (p + 1e-10).floor()
        };
        let [west, width, north, height] = self.corner;
        let (row, col) = (index(north, height, y), index(west, width, x));
        let inside = |index: f64| (0.0..1200.0).contains(&index);
        (inside(row) && inside(col)).then_some((row as u64, col as u64))
    }
}

/// The statistics of the oracle, in its order.
const STATISTICS: [SourceStatistic; 2] = [SourceStatistic::Mean, SourceStatistic::Maximum];

/// What the oracle counts.
fn rule() -> Rule {
    let flags = Flags::that(|flag| flag % 4 <= 1);
    Rule { range: (7500, u16::MAX), flags, maxima: true, minima: false }
}

/// One pixel, one granule at a time.
#[expect(clippy::manual_checked_ops, reason = "an oracle says plainly what it does")]
fn oracle(grid: Grid, tile: TileIndex, granules: &[Granule]) -> TilePeriod {
    let window = grid.tile_window(tile);
    let shape = (window.height as usize, window.width as usize);
    let (mut average, mut maximum, mut valid_pixels) =
        (Array2::<u16>::zeros(shape), Array2::<u16>::zeros(shape), 0);
    for row in 0..window.height {
        let latitude = grid.latitude(window.row + row);
        for col in 0..window.width {
            let longitude = grid.longitude(window.col + col);
            let (mut sum, mut count, mut greatest) = (0_u64, 0_u64, 0);
            for granule in granules {
                let Some((row, col)) = granule.source_pixel(longitude, latitude) else { continue };
                let (lst, quality) = granule.pixel(row, col);
                if lst >= 7500 && quality % 4 <= 1 {
                    (sum, count, greatest) = (sum + u64::from(lst), count + 1, lst.max(greatest));
                }
            }
            if count > 0 {
                let (whole, rest) = (sum / count, sum % count * 2);
                let up = rest > count || rest == count && whole % 2 == 1;
                average[[row as usize, col as usize]] = (whole + u64::from(up)) as u16;
                maximum[[row as usize, col as usize]] = greatest;
                valid_pixels += 1;
            }
        }
    }
    TilePeriod { planes: vec![average.into(), maximum.into()], valid_pixels }
}

/// Two dates at every position that reaches the tile, the second with a slightly other transform.
fn granules(grid: Grid, tile: TileIndex) -> Vec<Granule> {
    let positions = needed::positions(grid, &[tile]);
    let dates = [(33, 0.0), (41, 0.0), (49, 3.0e-6)];
    positions
        .into_iter()
        .flat_map(|position| dates.map(|(date, moved)| Granule::new(position, date, moved)))
        .collect()
}

fn assert_equals_oracle(grid: Grid, tile: (u32, u32)) -> u64 {
    let tile = TileIndex { row: tile.0, col: tile.1 };
    let granules = granules(grid, tile);
    let year = PeriodAccumulator::new(grid, &[tile], rule());
    let mut decoder = BlockDecoder::default();
    for granule in &granules {
        year.add(&granule.fetched(), &mut decoder).unwrap();
    }
    let found = gather(&year, tile, &STATISTICS).unwrap();
    let expected = oracle(grid, tile, &granules);
    let differing = |a: &Plane, b: &Plane| {
        let (a, b) = (u16::pixels(a).unwrap(), u16::pixels(b).unwrap());
        a.iter().zip(b).filter(|(a, b)| a != b).count()
    };
    for ((statistic, found), expected) in STATISTICS.iter().zip(&found.planes).zip(&expected.planes)
    {
        assert_eq!(differing(found, expected), 0, "{statistic:?} of {tile}");
    }
    assert_eq!(found.valid_pixels, expected.valid_pixels);
    found.valid_pixels
}

#[test]
fn the_tropics_equal_the_oracle() {
    assert!(assert_equals_oracle(Grid::default(), (9, 19)) > 500_000);
}

#[test]
fn mid_latitudes_equal_the_oracle() {
    assert!(assert_equals_oracle(Grid::default(), (4, 18)) > 500_000);
}

#[test]
fn the_far_north_equals_the_oracle() {
    assert!(assert_equals_oracle(Grid::default(), (0, 14)) > 500_000);
}

#[test]
fn the_far_south_equals_the_oracle() {
    assert!(assert_equals_oracle(Grid::default(), (17, 5)) > 500_000);
}

#[test]
fn both_sides_of_the_antimeridian_equal_the_oracle() {
    assert!(assert_equals_oracle(Grid::default(), (2, 0)) > 500_000);
    assert!(assert_equals_oracle(Grid::default(), (10, 35)) > 500_000);
}

#[test]
fn coarser_grids_and_larger_tiles_equal_the_oracle() {
    let demo = Grid::new(0.05, 10.0).unwrap();
    let wide = Grid::new(0.05, 20.0).unwrap();
    for tile in [(1, 35), (2, 0), (8, 10), (16, 30)] {
        assert_equals_oracle(demo, tile);
    }
    for tile in [(0, 7), (4, 17), (8, 0)] {
        assert_equals_oracle(wide, tile);
    }
    for tile in [(0, 0), (3, 5), (5, 11)] {
        assert_equals_oracle(Grid::new(0.5, 30.0).unwrap(), tile);
    }
}

#[test]
fn several_tiles_at_once_are_the_same_as_one_by_one() {
    let grid = Grid::new(0.05, 10.0).unwrap();
    let tiles: Vec<_> = [11, 12, 13].map(|col| TileIndex { row: 3, col }).to_vec();
    let positions = needed::positions(grid, &tiles);
    let granules: Vec<_> =
        positions.iter().map(|&at| Granule::new(at, 33, 0.0).fetched()).collect();
    let add_all = |tiles: &[TileIndex]| {
        let year = PeriodAccumulator::new(grid, tiles, rule());
        for granule in &granules {
            year.add(granule, &mut BlockDecoder::default()).unwrap();
        }
        year
    };
    let together = add_all(&tiles);
    for &tile in &tiles {
        assert_eq!(
            gather(&together, tile, &STATISTICS).unwrap(),
            gather(&add_all(&[tile]), tile, &STATISTICS).unwrap()
        );
    }
}

#[test]
fn threads_in_any_order_give_the_same_year() {
    let grid = Grid::new(0.05, 10.0).unwrap();
    let tile = TileIndex { row: 5, col: 20 };
    let granules: Vec<_> = granules(grid, tile).iter().map(Granule::fetched).collect();
    let in_order = PeriodAccumulator::new(grid, &[tile], rule());
    for granule in &granules {
        in_order.add(granule, &mut BlockDecoder::default()).unwrap();
    }
    let at_once = PeriodAccumulator::new(grid, &[tile], rule());
    std::thread::scope(|scope| {
        for granule in granules.iter().rev() {
            scope.spawn(|| at_once.add(granule, &mut BlockDecoder::default()).unwrap());
        }
    });
    assert_eq!(
        gather(&in_order, tile, &STATISTICS).unwrap(),
        gather(&at_once, tile, &STATISTICS).unwrap()
    );
}

#[test]
fn only_the_needed_blocks_have_to_be_fetched() {
    let grid = Grid::new(0.05, 10.0).unwrap();
    let tile = TileIndex { row: 3, col: 12 };
    let (whole, parts) = (
        PeriodAccumulator::new(grid, &[tile], rule()),
        PeriodAccumulator::new(grid, &[tile], rule()),
    );
    let mut fewer = 0;
    for granule in granules(grid, tile) {
        let fetched = granule.fetched();
        whole.add(&fetched, &mut BlockDecoder::default()).unwrap();
        let directory = &fetched.lst().directory;
        let blocks =
            parts.footprint(granule.position, directory.transform, directory.layout).blocks();
        fewer += directory.layout.blocks() - blocks.len();
        let part = |layer| {
            let file = granule.layer(layer);
            let pieces = file.directory.ranges(&blocks, 0).into_iter().map(|range| Piece {
                start: range.start,
                bytes: file.pieces[0].bytes.slice(range.start as usize..range.end as usize),
            });
            FetchedFile { pieces: pieces.collect(), directory: file.directory }
        };
        let fetched = FetchedGranule::new(granule.id(), part(Layer::LST), part(Layer::QC)).unwrap();
        parts.add(&fetched, &mut BlockDecoder::default()).unwrap();
    }
    assert!(fewer > 0);
    assert_eq!(
        gather(&whole, tile, &STATISTICS).unwrap(),
        gather(&parts, tile, &STATISTICS).unwrap()
    );
}

#[test]
fn a_granule_that_failed_leaves_no_year_to_gather() {
    let grid = Grid::new(0.05, 10.0).unwrap();
    let tile = TileIndex { row: 3, col: 12 };
    let granule = granules(grid, tile).remove(0);
    let year = PeriodAccumulator::new(grid, &[tile], rule());
    let mut lst = granule.layer(Layer::LST);
    lst.pieces.clear();
    let fetched = FetchedGranule::new(granule.id(), lst, granule.layer(Layer::QC)).unwrap();
    let error = year.add(&fetched, &mut BlockDecoder::default()).unwrap_err();
    let AccumulateError::File(error) = error else { panic!("{error}") };
    assert!(matches!(error.problem, GeoTiffProblem::NotFetched { .. }), "{error}");
    assert_eq!(
        gather(&year, tile, &STATISTICS),
        Err(AccumulateError::Unfinished { unfinished: 1 })
    );
}

#[test]
fn layers_that_do_not_belong_together_are_refused() {
    let here = Granule::new(Position { h: 18, v: 3 }, 33, 0.0);
    let moved = Granule::new(Position { h: 18, v: 3 }, 33, 1e-6);
    let elsewhere = Granule::new(Position { h: 19, v: 3 }, 33, 0.0);
    let new = |id: &Granule, lst: &Granule, qc: &Granule| {
        let (lst, qc) = (lst.layer(Layer::LST), qc.layer(Layer::QC));
        FetchedGranule::new(id.id(), lst, qc).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(new(&here, &here, &here), Ok(()));
    let error = new(&here, &here, &moved).unwrap_err();
    assert!(error.contains("the transform differs"), "{error}");
    let error = new(&elsewhere, &here, &here).unwrap_err();
    assert!(error.contains("expected the raster of h19v03"), "{error}");

    let small = Variant { size: (600, 600), ..Variant::default() };
    let file = write(&small, here.corner, 2, &vec![8000; 600 * 600]);
    let part = Directory::parse_file("part", Layer::LST.expect, &file).unwrap();
    let error = check_position(&part, here.position).unwrap_err().to_string();
    assert!(error.ends_with("found 600 x 600 pixels"), "{error}");
}

/// Positions that hold a pixel centre, found one pixel at a time.
fn naive_positions(grid: Grid, tile: TileIndex) -> BTreeMap<Position, u64> {
    let window = grid.tile_window(tile);
    let mut found = BTreeMap::new();
    for row in window.row..window.end_row() {
        let latitude = grid.latitude(row).to_radians();
        for col in window.col..window.end_col() {
            let x = RADIUS * grid.longitude(col).to_radians() * latitude.cos();
            let (h, v) = (x / (PIXEL * 1200.0) + 18.0, 9.0 - RADIUS * latitude / (PIXEL * 1200.0));
            *found.entry(Position { h: h as u8, v: v as u8 }).or_default() += 1;
        }
    }
    found
}

/// Grids of the whole range: fine ones would take the naive search too long.
fn grids() -> impl Strategy<Value = Grid> {
    prop::sample::select(vec![(0.05, 10.0), (0.05, 20.0), (0.1, 10.0), (0.25, 15.0), (1.0, 30.0)])
        .prop_map(|(resolution, tile)| Grid::new(resolution, tile).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn positions_are_those_that_a_search_pixel_by_pixel_finds(grid in grids(), share in 0.0..1.0_f64) {
        let tiles: Vec<_> = grid.tiles().collect();
        let tile = tiles[(share * tiles.len() as f64) as usize];
        let found: Vec<_> = needed::positions(grid, &[tile]).into_iter().collect();
        let expected: Vec<_> = naive_positions(grid, tile).into_keys().collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn footprints_are_those_that_a_search_pixel_by_pixel_finds(
        grid in grids(), share in 0.0..1.0_f64, edge in prop::sample::select(vec![64_u32, 100, 512, 2048]),
    ) {
        let tiles: Vec<_> = grid.tiles().collect();
        let tile = tiles[(share * tiles.len() as f64) as usize];
        let layout = Layout { block_width: edge, block_height: edge, ..Layout::SERVED };
        let window = grid.tile_window(tile);
        for position in needed::positions(grid, &[tile]) {
            let granule = Granule::new(position, 33, 0.0);
            let [west, width, north, height] = granule.corner;
            let transform = Transform { west, width, north, height };
            let footprint = Footprint::new(grid, &[tile], transform, layout);
            let mut needed = vec![false; layout.blocks()];
            for row in window.row..window.end_row() {
                for col in window.col..window.end_col() {
                    let place = granule.source_pixel(grid.longitude(col), grid.latitude(row));
                    let Some((row, col)) = place.map(|(row, col)| (row as u32, col as u32)) else { continue };
                    let block = (row / edge * layout.across() + col / edge) as usize;
                    needed[block] = true;
                    prop_assert!(footprint.window(block).unwrap().contains(row, col));
                    prop_assert!(footprint.columns(row).contains(&col));
                }
            }
            let expected: Vec<_> = (0..layout.blocks()).filter(|&block| needed[block]).collect();
            prop_assert_eq!(footprint.blocks(), expected);
        }
    }
}

#[test]
fn windows_that_make_up_a_tile_need_the_positions_of_the_tile() {
    let grid = Grid::new(0.05, 10.0).unwrap();
    for tile in [(3, 12), (0, 9), (16, 30)] {
        let tile = TileIndex { row: tile.0, col: tile.1 };
        let PixelWindow { row, col, height, width } = grid.tile_window(tile);
        let bands = (0..height).map(|at| PixelWindow { row: row + at, col, height: 1, width });
        let needed = needed::positions_of_windows(grid, bands);
        assert_eq!(needed, needed::positions(grid, &[tile]));
    }
}

#[test]
fn the_world_at_one_hundredth_of_a_degree_needs_the_positions_of_the_outline() {
    let grid = Grid::default();
    let tiles: Vec<_> = grid.tiles().collect();
    let all = needed::positions(grid, &tiles);
    // 460 of the 648 positions hold a part of the globe.
    assert_eq!(all.len(), 460);
    for tile in tiles {
        let positions = needed::positions(grid, &[tile]);
        assert!(positions.iter().all(|position| u32::from(position.v) == tile.row), "{tile}");
        assert!((1..=7).contains(&positions.len()), "{tile}: {positions:?}");
    }
}
