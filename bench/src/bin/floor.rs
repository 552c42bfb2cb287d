//! How far `floe process` is from the floor: the least work that turns granules into a tile-year.
//!
//! The floor reads each granule's files, inflates each needed block once with the fastest library
//! (libdeflate), adds its needed pixels, samples the tile once and compresses the two results with
//! zstd; on one thread, without network, store, checks or progress. Both do one tile and one year
//! with the same granules, which the sandbox makes. Each is a process of its own, so that processor
//! seconds and peak memory are the system's figures; runs alternate, medians are compared.
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use clap::{Parser, Subcommand};
use floe_bench::{Floe, median};
use floe_raster::centres::Centres;
use floe_raster::geotiff::{Directory, Transform};
use floe_raster::granule::{GranuleId, Layer, Platform};
use floe_raster::needed::{self, Footprint};
use floe_raster::sinusoidal::Position;
use floe_shared::digital_number::{DigitalNumber, mean_half_even};
use floe_shared::grid::{Grid, TileIndex};
use libdeflater::Decompressor;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::{Value, json};

/// The level of the dataset's own chunks.
const ZSTD_LEVEL: i32 = 3;
const YEAR: i32 = 2021;
/// Statistics for which `floe process` also runs with a recipe that has that one alone: one that is kept in a few bytes a
/// pixel, and one that keeps every observation.
const STATISTICS: [&str; 2] = ["mean", "median"];

#[derive(Parser)]
#[command(about = "Compares floe process with the floor: processor seconds and peak memory")]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// The tile, at 0.01 degrees
    #[arg(long, default_value = "4,19")]
    tile: String,
    /// Composites of the year
    #[arg(long, default_value_t = 46)]
    composites: u32,
    /// Runs of each
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Where granules are made and kept for the next time [default: a temporary directory]
    #[arg(long)]
    granules: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Part {
    /// The floor alone, in this process; prints one JSON document
    #[command(hide = true)]
    Measure {
        /// Where the granules are
        granules: PathBuf,
        /// The tile
        tile: String,
    },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match &arguments.part {
        Some(Part::Measure { granules, tile }) => {
            println!("{}", measure(granules, tile.parse()?)?);
            Ok(())
        }
        None => compare(&arguments),
    }
}

fn compare(arguments: &Arguments) -> anyhow::Result<()> {
    let tile: TileIndex = arguments.tile.parse()?;
    let work = tempfile::tempdir()?;
    let granules = arguments.granules.clone().unwrap_or_else(|| work.path().join("granules"));
    let floe = Floe::beside_this_program()?;
    make_granules(&floe, arguments, tile, &granules)?;

    let sandbox = Sandbox::start(&floe, &granules)?;
    let shipped = sandbox.reader(&floe, work.path(), "modis-lst")?;
    let mut alone = Vec::new();
    for statistic in STATISTICS {
        let recipe = work.path().join(format!("{statistic}.toml"));
        std::fs::write(&recipe, recipe_of(statistic))?;
        alone.push((statistic, sandbox.reader(&floe, work.path(), &recipe.display().to_string())?));
    }
    let this = std::env::current_exe()?;
    let mut rows: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for _ in 0..arguments.runs {
        let output = Command::new(&this)
            .args(["measure", &granules.display().to_string(), &arguments.tile])
            .output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        rows.entry("floor").or_default().push(serde_json::from_slice(&output.stdout)?);
        for (name, floe) in std::iter::once(&("floe process", shipped.clone())).chain(&alone) {
            let report = floe.json(&["process", "--force", "--tile", &arguments.tile])?;
            rows.entry(name).or_default().push(report);
        }
    }
    drop(sandbox);

    let same = |name: &str, of: &dyn Fn(&Value) -> u64| rows[name].iter().all(|row| of(row) > 0);
    let floor_pixels = |row: &Value| row["valid_pixels"].as_u64().unwrap_or(0);
    let floe_pixels =
        |row: &Value| row["tiles"][0]["years"][0]["output_valid_pixels"].as_u64().unwrap_or(0);
    ensure!(same("floor", &floor_pixels) && same("floe process", &floe_pixels), "no valid pixel");
    let (floor_pixels, floe_pixels) =
        (floor_pixels(&rows["floor"][0]), floe_pixels(&rows["floe process"][0]));
    ensure!(
        floor_pixels == floe_pixels,
        "expected both to find the same valid pixels, found {floor_pixels} and {floe_pixels}"
    );

    let middle = |name: &str, key: &str| {
        median(&rows[name].iter().filter_map(|row| row[key].as_f64()).collect::<Vec<_>>())
    };
    println!(
        "Tile {tile}, {YEAR}, {} composites, {} granules, {floor_pixels} valid pixels; medians of {} runs",
        arguments.composites, rows["floor"][0]["granules"], arguments.runs
    );
    println!();
    println!("|              | CPU s | wall s | peak memory MB |");
    println!("|--------------|-------|--------|----------------|");
    for name in ["floor", "floe process"].into_iter().chain(STATISTICS) {
        println!(
            "| {name:<12} | {:5.2} | {:6.2} | {:14.0} |",
            middle(name, "cpu_seconds"),
            middle(name, "wall_seconds"),
            middle(name, "peak_memory_bytes") / 1e6,
        );
    }
    println!();
    println!(
        "CPU seconds, floe process / floor: {:.2}",
        middle("floe process", "cpu_seconds") / middle("floor", "cpu_seconds")
    );
    println!(
        "CPU seconds of floe process, the median alone / the mean alone: {:.2}",
        middle("median", "cpu_seconds") / middle("mean", "cpu_seconds")
    );
    Ok(())
}

/// The shipped recipe's bands and tests, with one statistic.
fn recipe_of(statistic: &str) -> String {
    format!(
        r#"title = "One statistic of land surface temperature"
source = "MODIS MOD11A2"
years = [{YEAR}]
[catalog]
collection = "modis-11A2-061"
platforms = ["terra"]
[bands]
lst = {{ asset = "LST_Day_1km" }}
qc = {{ asset = "QC_Day" }}
[[valid]]
band = "lst"
range = [7500, 65535]
[[valid]]
band = "qc"
bits = [0, 1]
values = [0, 1]
[[variable]]
name = "lst"
band = "lst"
statistic = "{statistic}"
type = "uint16"
scale = 0.02
fill = 0
units = "K"
"#
    )
}

/// Has the sandbox write the granules of the tile's positions, unless they are there.
fn make_granules(
    floe: &Floe,
    arguments: &Arguments,
    tile: TileIndex,
    folder: &Path,
) -> anyhow::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    let positions: Vec<String> =
        needed::positions(Grid::default(), &[tile]).iter().map(ToString::to_string).collect();
    eprintln!("making the granules of {} positions", positions.len());
    floe.json(&[
        "sandbox",
        "--export",
        &folder.display().to_string(),
        "--positions",
        &positions.join(","),
        "--years",
        &YEAR.to_string(),
        "--composites",
        &arguments.composites.to_string(),
        "--platforms",
        "terra",
    ])?;
    Ok(())
}

/// A sandbox that serves the granules' files; ends when dropped.
struct Sandbox {
    process: Child,
    catalog_url: String,
    sign_url: String,
    due_days: String,
}

impl Sandbox {
    fn start(floe: &Floe, granules: &Path) -> anyhow::Result<Self> {
        let folder = granules.display().to_string();
        let mut process = floe
            .command(&["sandbox", "--port", "0", "--json", "--granules", &folder])
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process.stdout.take().context("the sandbox has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let urls: Value = serde_json::from_str(&line).context("reading the sandbox's URLs")?;
        let url = |key: &str| urls[key].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            process,
            catalog_url: url("catalog_url"),
            sign_url: url("sign_url"),
            due_days: urls["due_days"].to_string(),
        })
    }

    /// A processor that reads from here into a new store of a recipe's product, in a directory.
    fn reader(&self, floe: &Floe, directory: &Path, recipe: &str) -> anyhow::Result<Floe> {
        let name = Path::new(recipe).file_stem().unwrap_or_default().display().to_string();
        let list = directory.join("tiles.geojson");
        let floe = floe.clone().with([
            "--store".to_owned(),
            directory.join(name).display().to_string(),
            "--set".to_owned(),
            format!("recipe=\"{recipe}\""),
            "--set".to_owned(),
            format!("years=[{YEAR}]"),
            "--set".to_owned(),
            format!("tile_list=\"{}\"", list.display()),
            "--set".to_owned(),
            format!("catalog.url=\"{}\"", self.catalog_url),
            "--set".to_owned(),
            format!("catalog.sign_url=\"{}\"", self.sign_url),
            "--set".to_owned(),
            format!("catalog.due_days={}", self.due_days),
        ]);
        floe.json(&["init"])?;
        Ok(floe)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // One that has ended by itself is no trouble here.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Sums of one block: whole blocks, for no time is spent on finding out what could be left out.
struct Block {
    sums: Vec<u32>,
    counts: Vec<u16>,
    maxima: Vec<u16>,
}

fn measure(folder: &Path, tile: TileIndex) -> anyhow::Result<Value> {
    let started = std::time::Instant::now();
    let grid = Grid::default();
    let mut footprints: BTreeMap<Position, Footprint> = BTreeMap::new();
    let mut transforms = BTreeMap::new();
    let mut blocks: BTreeMap<(Position, usize), Block> = BTreeMap::new();
    let (mut inflate, mut granules) = (Decompressor::new(), 0);
    let (mut lst, mut qc) = (Vec::new(), Vec::new());
    for name in newest_productions(folder)? {
        let file = |layer: Layer| std::fs::read(folder.join(format!("{name}_{}.tif", layer.key)));
        let position = name.parse::<GranuleId>()?.key.position;
        let (lst_file, qc_file) = (file(Layer::LST)?, file(Layer::QC)?);
        let lst_directory = Directory::parse_file(&name, Layer::LST.expect, &lst_file)?;
        let qc_directory = Directory::parse_file(&name, Layer::QC.expect, &qc_file)?;
        let footprint = footprints.entry(position).or_insert_with(|| {
            Footprint::new(grid, &[tile], lst_directory.transform, lst_directory.layout)
        });
        transforms.insert(position, lst_directory.transform);
        if footprint.is_empty() {
            continue;
        }
        granules += 1;
        for block in footprint.blocks() {
            let mut decode = |directory: &Directory, file: &[u8], pixels: &mut Vec<u8>| {
                pixels.resize(directory.decoded_length(block), 0);
                let range = directory.block(block);
                if range.is_empty() {
                    pixels.fill(0);
                    return Ok(0);
                }
                inflate.zlib_decompress(&file[range.start as usize..range.end as usize], pixels)
            };
            decode(&lst_directory, &lst_file, &mut lst)?;
            decode(&qc_directory, &qc_file, &mut qc)?;
            let pixels = qc.len();
            let sums = blocks.entry((position, block)).or_insert_with(|| Block {
                sums: vec![0; pixels],
                counts: vec![0; pixels],
                maxima: vec![0; pixels],
            });
            add(footprint, block, &lst, &qc, sums);
        }
    }
    let (average, maximum, valid_pixels) = sample(grid, tile, &footprints, &transforms, &blocks);
    let mut compressed = 0;
    for values in [average, maximum] {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        compressed += zstd::bulk::compress(&bytes, ZSTD_LEVEL)?.len();
    }
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let cpu = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(json!({
        "granules": granules,
        "valid_pixels": valid_pixels,
        "compressed_bytes": compressed,
        "cpu_seconds": cpu as f64 / 1e6,
        "wall_seconds": started.elapsed().as_secs_f64(),
        "peak_memory_bytes": usage.max_rss() * 1024,
    }))
}

/// The names of Terra's granules of the year in a folder, of several productions the newest.
fn newest_productions(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut newest = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.file_name().into_string().unwrap_or_default();
        let Some(name) = file.strip_suffix(&format!("_{}.tif", Layer::LST.key)) else { continue };
        let id: GranuleId = name.parse()?;
        if id.key.platform != Platform::Terra || id.key.year != YEAR {
            continue;
        }
        let known = newest.entry(id.key).or_insert((id.production, name.to_owned()));
        if known.0 < id.production {
            *known = (id.production, name.to_owned());
        }
    }
    if newest.is_empty() {
        bail!("expected granules of {YEAR} in {}, found none", folder.display());
    }
    Ok(newest.into_values().map(|(_, name)| name).collect())
}

/// Adds the needed pixels of a block.
fn add(footprint: &Footprint, block: usize, lst: &[u8], qc: &[u8], sums: &mut Block) {
    let Some(window) = footprint.window(block) else { return };
    let layout = footprint.layout();
    let origin = layout.window(block);
    let lst = lst.as_chunks::<2>().0;
    for row in window.row..window.end_row() {
        let needed = footprint.columns(row);
        let (west, east) = (needed.start.max(window.col), needed.end.min(window.end_col()));
        if west >= east {
            continue;
        }
        let start = ((row - origin.row) * layout.block_width + west - origin.col) as usize;
        let range = start..start + (east - west) as usize;
        for ((((lst, qc), sum), count), maximum) in lst[range.clone()]
            .iter()
            .zip(&qc[range.clone()])
            .zip(&mut sums.sums[range.clone()])
            .zip(&mut sums.counts[range.clone()])
            .zip(&mut sums.maxima[range])
        {
            let lst = u16::from_le_bytes(*lst);
            let good = u16::from(qc & 0b10 == 0) & u16::from(lst >= DigitalNumber::MIN_VALID.0);
            let value = lst & good.wrapping_neg();
            *sum += u32::from(value);
            *count += good;
            *maximum = (*maximum).max(value);
        }
    }
}

/// Looks every pixel of the tile up once. Mean, maximum, number of pixels with a value.
fn sample(
    grid: Grid,
    tile: TileIndex,
    footprints: &BTreeMap<Position, Footprint>,
    transforms: &BTreeMap<Position, Transform>,
    blocks: &BTreeMap<(Position, usize), Block>,
) -> (Vec<u16>, Vec<u16>, u64) {
    let centres = Centres::new(grid, tile);
    let pixels = centres.height() * centres.width();
    let (mut average, mut maximum) = (vec![0; pixels], vec![0; pixels]);
    let mut valid = 0;
    for (position, transform) in transforms {
        let layout = footprints[position].layout();
        let columns = transform.columns();
        for row in 0..centres.height() {
            let source_row = transform.rows().index(centres.y(row));
            if !(0..i64::from(layout.height)).contains(&source_row) {
                continue;
            }
            let source_row = source_row as u32;
            for across in 0..layout.across() {
                let block = (source_row / layout.block_height * layout.across() + across) as usize;
                let Some(sums) = blocks.get(&(*position, block)) else { continue };
                let west = across * layout.block_width;
                let east = (west + layout.block_width).min(layout.width);
                let targets = centres.columns_in(row, columns, west..east);
                let line = ((source_row % layout.block_height) * layout.block_width) as usize;
                for (target, x) in targets.clone().zip(centres.xs(row, targets)) {
                    let source = line + columns.index(x) as usize - west as usize;
                    let target = row * centres.width() + target;
                    let count = u32::from(sums.counts[source]);
                    average[target] = mean_half_even(sums.sums[source], count);
                    maximum[target] = sums.maxima[source];
                    valid += u64::from(count > 0);
                }
            }
        }
    }
    (average, maximum, valid)
}
