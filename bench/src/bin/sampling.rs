//! What it costs to sample rasters of each system at the centres of a window's pixels: once to find the pixels, and then
//! for each band and date to take their numbers.
//!
//! One thread; processor seconds of the system, so that other work beside it disturbs little. The floor of taking numbers is a copy of as
//! many that lie side by side.
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::hint::black_box;

use clap::Parser;
use floe_bench::median;
use floe_raster::crs::Crs;
use floe_raster::geotiff::{Layout, Transform};
use floe_raster::lattice::Lattice;
use floe_raster::projection::from_lonlat;
use floe_raster::samples::Samples;
use floe_raster::sampling::Sampling;
use floe_shared::grid::Grid;
use floe_shared::window::PixelWindow;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// The window's north-west corner in degrees.
const CORNER: (f64, f64) = (13.0, 48.0);

/// How often work is repeated between two looks at the clock.
const REPEATED: u32 = 8;

#[derive(Parser)]
#[command(about = "Times the sampling of rasters: nanoseconds of the processor a pixel")]
struct Arguments {
    /// Pixels along the window's edge, of 0.0001 degrees
    #[arg(long, default_value_t = 1000)]
    edge: u32,
    /// Runs of each, of which the median counts
    #[arg(long, default_value_t = 9)]
    runs: u32,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let grid = Grid::new(0.0001, 0.5)?;
    let (row, col) = ((90.0 - CORNER.1) / 0.0001, (CORNER.0 + 180.0) / 0.0001);
    let window = PixelWindow {
        row: row.round() as u32,
        col: col.round() as u32,
        height: arguments.edge,
        width: arguments.edge,
    };
    println!("| raster | finding | taking u8 | taking u16 | taking f32 | bytes |");
    println!("|---|---:|---:|---:|---:|---:|");
    let utm = Crs::Utm { zone: 33, south: false };
    let rasters = [
        ("UTM, 10 m", utm, 10.0),
        ("EPSG:4326, 0.0001°", Crs::Geographic, 0.0001),
        ("sinusoidal, 250 m", Crs::Sinusoidal, 231.656_358_264),
    ];
    for (name, crs, pixel) in rasters {
        let lattice = raster(crs, pixel, arguments.edge)?;
        let runs = arguments.runs;
        let finding = time(runs, || {
            black_box(Sampling::new(grid, window, black_box(&lattice)));
        });
        let sampling = Sampling::new(grid, window, &lattice);
        let runs_of_all = sampling.blocks().flat_map(|block| sampling.runs(block));
        let pixels: usize = runs_of_all.map(|run| run.length as usize).sum();
        let taking = |numbers: &Samples| {
            let mut list = numbers.clone();
            time(runs, || {
                for block in sampling.blocks() {
                    black_box(sampling.gather(black_box(numbers), block, &mut list)).ok();
                }
            }) / pixels as f64
        };
        let stored = lattice.layout().stored_pixels(0);
        println!(
            "| {name} | {:.1} | {:.2} | {:.2} | {:.2} | {} |",
            finding / pixels as f64,
            taking(&Samples::U8(vec![1; stored])),
            taking(&Samples::U16(vec![1; stored])),
            taking(&Samples::F32(vec![1.0; stored])),
            sampling.bytes()
        );
    }
    let numbers = vec![1_u16; (arguments.edge * arguments.edge) as usize];
    let mut list = numbers.clone();
    let copying =
        time(arguments.runs, || black_box(&mut list).copy_from_slice(black_box(&numbers)));
    println!("| a copy of as many u16 | | | {:.2} | | |", copying / numbers.len() as f64);
    Ok(())
}

/// A raster that holds the whole window, in tiles of 512.
fn raster(crs: Crs, pixel: f64, edge: u32) -> anyhow::Result<Lattice> {
    let (x, y) = from_lonlat(crs, CORNER.0, CORNER.1);
    let (west, north) = (x - 600.0 * pixel, y + 600.0 * pixel);
    let transform = Transform { west, width: pixel, north, height: -pixel };
    let size = edge * 2 + 1200;
    let layout =
        Layout { width: size, height: size, block_width: 512, block_height: 512, padded: true };
    Ok(Lattice::new(crs, transform, layout)?)
}

/// Nanoseconds of the processor that work takes: the median of some runs, each of which repeats it.
fn time(runs: u32, mut work: impl FnMut()) -> f64 {
    let processor = || {
        let used = getrusage(UsageWho::RUSAGE_SELF);
        used.map_or(0, |used| (used.user_time() + used.system_time()).num_nanoseconds())
    };
    let timed: Vec<f64> = (0..runs)
        .map(|_| {
            let start = processor();
            for _ in 0..REPEATED {
                work();
            }
            (processor() - start) as f64 / f64::from(REPEATED)
        })
        .collect();
    median(&timed)
}
