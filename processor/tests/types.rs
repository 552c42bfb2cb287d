//! Variables of every type and kind of overview: written, overviewed, verified, and read by zarr and xarray.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use floe_processor::overviews::global;
use floe_processor::store::{
    Access, ChunkPlace, CommitRequest, Committed, Dataset, Layout, Location, StopIf, Store,
};
use floe_processor::tile::{self, FinishedTile, PeriodReport, PeriodReports};
use floe_processor::verify::{ChunkProgress, Problem, Report, verify};
use floe_raster::gather::TilePeriod;
use floe_raster::plane::{Pixel, Plane};
use floe_raster::with_plane;
use floe_shared::encoding::{DataType, Encoding, Scalar};
use floe_shared::flags::Flag;
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::period::{PeriodAxis, PeriodLabel};
use floe_shared::pyramid::ChunkIndex;
use floe_shared::schema::{Overview, Schema, Statistic, VariableId, VariableSpec};
use ndarray::Array2;
use serde_json::json;

const YEAR: i32 = 2021;
/// Tiles of 400 x 400 pixels: one overview that is a tile's own, and a global one.
const TILES: [(u32, u32); 3] = [(0, 0), (1, 3), (2, 5)];

fn grid() -> Grid {
    Grid::new(0.15, 60.0).unwrap()
}

fn variable(name: &str, data_type: DataType, fill: Scalar, overview: Overview) -> VariableSpec {
    VariableSpec {
        name: name.to_owned(),
        long_name: format!("What {name} is"),
        standard_name: None,
        encoding: Encoding { absent: fill, fill: Some(fill), ..Encoding::plain(data_type) },
        statistic: Statistic::Mean,
        overview,
        may_lack: false,
        flags: Vec::new(),
    }
}

fn variables() -> Vec<VariableSpec> {
    let int = Scalar::Int;
    let mut variables = vec![
        variable("classes", DataType::U8, int(255), Overview::Mode),
        variable("least", DataType::I8, int(-128), Overview::Minimum),
        variable("around_fill", DataType::I8, int(0), Overview::Mean),
        variable("high_fill", DataType::U16, int(65_535), Overview::Mean),
        variable("index", DataType::I16, int(-3000), Overview::Mean),
        variable("greatest", DataType::U32, int(0xFFFF_FFFF), Overview::Maximum),
        variable("sum", DataType::U32, int(0), Overview::Mean),
        variable("nearest", DataType::I32, int(-1), Overview::Nearest),
        variable("signed", DataType::I32, int(-2_147_483_648), Overview::Mean),
        variable("float", DataType::F32, Scalar::Float(f64::NAN), Overview::Mean),
        variable("float_with_number", DataType::F32, Scalar::Float(-9999.0), Overview::Maximum),
    ];
    let names = ["water", "tree cover", "bare"];
    variables[0].flags = (0..3_u8)
        .zip(names)
        .map(|(value, name)| Flag {
            value: f64::from(value),
            mask: None,
            meaning: name.to_owned(),
            color: None,
        })
        .collect();
    let index = &mut variables[4].encoding;
    index.scale = Some(0.0001);
    index.valid = [Some(Scalar::Int(-2000)), Some(Scalar::Int(10_000))];
    variables[8].encoding.offset = Some(0.5);
    variables
}

fn layout(chunk_pixels: Option<u32>) -> Layout {
    let schema = Schema {
        title: "Every type".to_owned(),
        source: None,
        references: None,
        cover: floe_shared::land::Cover::Land,
        variables: variables(),
    };
    let periods = PeriodAxis::of_years(&[YEAR]).unwrap();
    Layout { grid: grid(), periods, chunk_pixels, schema: Arc::new(schema) }
}

/// Bits without order: the finaliser of `MurmurHash3`.
fn hash(mut bits: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        bits ^= bits >> 33;
        bits = bits.wrapping_mul(factor);
    }
    bits ^ (bits >> 33)
}

/// Numbers over the whole range of a variable, many of them at its ends or alike, a quarter of them fill.
fn plane(spec: &VariableSpec, tile: TileIndex) -> Plane {
    let edge = grid().tile_pixels() as usize;
    let Encoding { data_type, absent, .. } = spec.encoding;
    let mut plane = Plane::filled(data_type, (edge, edge), absent).unwrap();
    let [least, most]: [f64; 2] = match (spec.name.as_str(), data_type) {
        ("classes", _) => [0.0, 2.0],
        ("around_fill", _) => [-2.0, 2.0],
        ("index", _) => [-2000.0, 10_000.0],
        (_, DataType::U32) => [1.0, 4_294_967_294.0],
        (_, DataType::I32) => [-2_147_483_647.0, 2_147_483_647.0],
        (_, DataType::F32) => [-1000.0, 1000.0],
        (_, DataType::U16) => [0.0, 65_534.0],
        _ => [-127.0, 127.0],
    };
    let seed = u64::from(tile.row * 100 + tile.col) << 32;
    let number = |place: u64| {
        let bits = hash(seed | place);
        let share = match bits % 16 {
            0..4 => return None,
            4 => 0.0,
            5 => 1.0,
            _ => (bits >> 40) as f64 / f64::from(1 << 24),
        };
        let number = (most - least).mul_add(share, least);
        Some(if data_type.is_float() { number } else { number.round() })
    };
    with_plane!(&mut plane, pixels => scatter(pixels, Pixel::of(absent), &number));
    plane
}

/// Writes the numbers of places that have one other than fill.
fn scatter<T: Pixel>(pixels: &mut Array2<T>, fill: T, number: &impl Fn(u64) -> Option<f64>) {
    for (place, pixel) in pixels.iter_mut().enumerate() {
        let number = number(place as u64).map(|number| T::of(Scalar::Float(number)));
        if let Some(number) = number.filter(|number| number.is_data(fill)) {
            *pixel = number;
        }
    }
}

fn valid_pixels(plane: &Plane, spec: &VariableSpec) -> u64 {
    with_plane!(plane, pixels => {
        let fill = Pixel::of(spec.encoding.absent);
        pixels.iter().filter(|pixel| pixel.is_data(fill)).count() as u64
    })
}

/// Takes pixels from all planes where one has none, so that all count as many.
fn levelled(mut planes: Vec<Plane>, specs: &[VariableSpec]) -> TilePeriod {
    let dim = planes[0].dim();
    let mut is_data = Array2::from_elem(dim, true);
    for (plane, spec) in planes.iter().zip(specs) {
        with_plane!(plane, pixels => {
            let fill = Pixel::of(spec.encoding.absent);
            is_data.zip_mut_with(pixels, |is_data, pixel| *is_data &= pixel.is_data(fill));
        });
    }
    for (plane, spec) in planes.iter_mut().zip(specs) {
        with_plane!(plane, pixels => {
            let fill = Pixel::of(spec.encoding.absent);
            pixels.zip_mut_with(&is_data, |pixel, is_data| if !is_data { *pixel = fill });
        });
    }
    let valid_pixels = valid_pixels(&planes[0], &specs[0]);
    TilePeriod { planes, valid_pixels }
}

async fn create(directory: &Path, layout: &Layout) -> Dataset {
    let location = Location::Local(directory.to_owned());
    let store = Store::connect(location, Access::Write, &|_| None).await.unwrap();
    store.initialize(layout).await.unwrap();
    store.open(layout).await.unwrap()
}

async fn commit(dataset: &Dataset, tile: TileIndex, pixels: TilePeriod) {
    let layout = dataset.layout();
    let began_at = dataset.tip().await.unwrap();
    let writer = dataset.chunk_writer().await.unwrap();
    let year = PeriodReport {
        input_granules: 1,
        output_valid_pixels: pixels.valid_pixels,
        ..PeriodReport::new(PeriodLabel::of_year(YEAR))
    };
    let mut chunks = Vec::new();
    for (place, bytes) in tile::encode(&writer, layout, tile, 0, pixels.planes).unwrap() {
        chunks.push(writer.stage(place, bytes).await.unwrap());
    }
    let finished = FinishedTile {
        tile,
        is_covered: true,
        fingerprint: String::new(),
        periods: PeriodReports(vec![year]),
        bytes_read: 0,
        chunks,
    };
    let request = finished.into_commit(layout.grid, began_at, false);
    let committed = dataset.commit(request).await.unwrap();
    assert!(matches!(committed, Committed::Landed { .. }), "{committed:?}");
}

/// The numbers of a plane as files have them, least significant byte first.
fn bytes(plane: &Plane) -> Vec<u8> {
    let size = plane.data_type().size();
    let data_type = plane.data_type();
    with_plane!(plane, pixels => {
        let bits = pixels.iter().map(|pixel| data_type.bits(pixel.scalar()));
        bits.flat_map(|bits| bits.to_le_bytes()[..size].to_vec()).collect()
    })
}

/// Makes a store, with the pixels that it was made of in files beside it.
async fn make(scratch: &Path, layout: &Layout) -> Dataset {
    let dataset = create(&scratch.join("store"), layout).await;
    let specs = &layout.schema.variables;
    for (row, col) in TILES {
        let tile = TileIndex { row, col };
        let pixels = levelled(specs.iter().map(|spec| plane(spec, tile)).collect(), specs);
        assert!(pixels.valid_pixels > 1000);
        for (plane, spec) in pixels.planes.iter().zip(specs) {
            let file = scratch.join(format!("{}.{row}.{col}", spec.name));
            std::fs::write(file, bytes(plane)).unwrap();
        }
        commit(&dataset, tile, pixels).await;
    }
    assert!(global::update(&dataset, &BTreeSet::new()).await.unwrap().updated);
    let described: Vec<_> = specs
        .iter()
        .map(|spec| {
            let encoding = &spec.encoding;
            json!({
                "name": spec.name,
                "type": encoding.data_type.name(),
                "fill": encoding.absent.json(),
                "scale": encoding.scale,
                "offset": encoding.offset,
                "overview": spec.overview.name(),
            })
        })
        .collect();
    let edge = layout.grid.tile_pixels();
    let chunks: Vec<u32> = layout
        .levels()
        .into_iter()
        .map(|level| layout.chunk_within_shard(level).unwrap_or(level.chunk))
        .collect();
    let described =
        json!({ "tiles": TILES, "edge": edge, "chunks": chunks, "variables": described });
    std::fs::write(scratch.join("described.json"), described.to_string()).unwrap();
    dataset
}

async fn verified(dataset: &Dataset) -> Report {
    Box::pin(verify(dataset, None, ChunkProgress::on_stderr())).await.unwrap()
}

/// Reads the store with Python, which knows nothing but what was described and the pixels.
fn check_with_python(scratch: &Path) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("FLOE_PYTHON")
        .map_or_else(|| here.join("../.venv/bin/python"), PathBuf::from);
    let output = Command::new(&python)
        .arg(here.join("tests/python/reads_types.py"))
        .arg(scratch)
        .output()
        .unwrap_or_else(|error| {
            panic!("{}: {error}; `script/bootstrap python` installs it", python.display())
        });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_what_zarr_and_xarray_read_and_every_overview_what_numpy_makes() {
    let scratch = tempfile::tempdir().unwrap();
    let dataset = make(scratch.path(), &layout(None)).await;
    let report = verified(&dataset).await;
    assert!(report.is_sound(), "{}", report.text());
    // Of each variable two chunks a tile, and two of the global level.
    let chunks = layout(None).schema.variables.len() * (TILES.len() * 2 + 2);
    assert_eq!(report.checked, chunks as u64, "{}", report.text());
    check_with_python(scratch.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_of_several_chunks_are_shards_that_hold_the_same() {
    let scratch = tempfile::tempdir().unwrap();
    let layout = layout(Some(80));
    let within: Vec<_> =
        layout.levels().into_iter().map(|level| layout.chunk_within_shard(level)).collect();
    assert_eq!(within, [Some(80), Some(50), None]);
    let dataset = make(scratch.path(), &layout).await;
    let report = verified(&dataset).await;
    assert!(report.is_sound(), "{}", report.text());
    check_with_python(scratch.path());
    let other = Layout { chunk_pixels: Some(100), ..layout };
    let error = dataset.store().open(&other).await.unwrap_err().to_string();
    assert!(error.contains("codecs: expected"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pixel_of_any_overview_of_any_type_is_found() {
    let scratch = tempfile::tempdir().unwrap();
    let dataset = make(scratch.path(), &layout(None)).await;
    let layout = dataset.layout();
    let writer = dataset.chunk_writer().await.unwrap();
    let tile = TileIndex { row: 1, col: 3 };
    let levels = layout.levels();
    let mut chunks = Vec::new();
    let reader = dataset.chunk_reader(None).await.unwrap();
    for (index, spec) in layout.schema.variables.iter().enumerate() {
        // The tiles' own level of one variable, the global one of the next.
        let level = levels[1 + index % 2];
        let chunk = level.chunks_of_tile(layout.grid, tile).next().unwrap();
        let variable = VariableId(index as u16);
        let place = ChunkPlace { level, variable, period: 0, chunk };
        let mut pixels = dataset.read_chunk(&reader, place).await.unwrap().unwrap();
        with_plane!(&mut pixels, pixels => {
            let fill = Pixel::of(spec.encoding.absent);
            let pixel = pixels.iter_mut().find(|pixel| pixel.is_data(fill)).unwrap();
            *pixel = fill;
        });
        let encoded = writer.encode(place, &pixels).unwrap();
        chunks.push(writer.stage(place, encoded).await.unwrap());
    }
    // No tile's commit: a tile that is newer than the overviews is not compared with them.
    let request = CommitRequest {
        message: "A pixel is lost".to_owned(),
        chunks,
        metadata: BTreeMap::new(),
        began_at: dataset.tip().await.unwrap(),
        stop_if: StopIf::Never,
        replaces: true,
    };
    dataset.commit(request).await.unwrap();
    let report = verified(&dataset).await;
    let found: Vec<String> = report.problems.iter().map(Problem::line).collect();
    for (index, spec) in layout.schema.variables.iter().enumerate() {
        let array = layout.array_path(VariableId(index as u16), levels[1 + index % 2]);
        let array = format!("{}: ", array.trim_start_matches('/'));
        let mut lines = found.iter().filter(|line| line.contains(&array));
        let is_found = lines.any(|line| line.contains("1 pixels") && line.contains("must be"));
        assert!(is_found, "{} in {found:#?}", spec.name);
    }
    let chunk = ChunkIndex { row: 0, col: 0 };
    let place = ChunkPlace { level: levels[2], variable: VariableId(3), period: 0, chunk };
    let tile: Plane = Array2::<u8>::zeros((4, 4)).into();
    let error = writer.encode(place, &tile).unwrap_err().to_string();
    assert!(error.contains("expected pixels of type uint16, found uint8"), "{error}");
}
