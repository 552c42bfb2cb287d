//! How far each statistic of the reducer is from its floor: the best loop that is written for it alone.
//!
//! Both read the same numbers: temperatures of 16 bits and quality flags of 8, of which those from 7500 on with good quality count,
//! for a window of a tile. They run in turn, first alone; then what it takes to inflate the numbers is added, which either has to.
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

mod floors;

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Parser;
use floe_raster::program::{Affine, Condition, Output, Program, Stored, Test};
use floe_raster::reduce::{Composite, Observation, PeriodReducer, bytes_per_pixel};
use floe_raster::run::Run;
use floe_raster::samples::Samples;
use floe_shared::encoding::{DataType, Scalar};
use floe_shared::schema::Statistic;
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use floors::Floor;

#[derive(Parser)]
#[command(about = "Compares each statistic with the best loop for it alone")]
struct Arguments {
    /// Pixels of the window
    #[arg(long, default_value_t = 1_000_000)]
    pixels: usize,
    /// Composites of the period
    #[arg(long, default_value_t = 46)]
    composites: usize,
    /// Runs of each
    #[arg(long, default_value_t = 5)]
    runs: u32,
}

/// How many observations have numbers of their own; the others have the same again.
const DIFFERENT: usize = 8;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let Arguments { pixels, composites, runs } = arguments;
    let seen: Vec<[Samples; 2]> = (0..DIFFERENT).map(|date| numbers(pixels, date)).collect();
    let inflating = inflating(&seen[0], runs)?;
    println!(
        "{pixels} pixels, {composites} composites, means of {runs} runs; processor ns a pixel and observation"
    );
    println!("inflating temperatures and quality: {inflating:.2}");
    println!();
    println!("| statistic          | floor | reducer | ratio | with inflating | bytes a pixel |");
    println!("|--------------------|-------|---------|-------|----------------|---------------|");
    let each = |seconds: f64| seconds * 1e9 / (pixels * composites) as f64;
    let (mut mean, mut median) = (0.0, 0.0);
    for floor in Floor::ALL {
        let program = Arc::new(program(floor.statistic()));
        let (mut by_floor, mut by_reducer) = (0.0, 0.0);
        for _ in 0..runs {
            let start = seconds()?;
            let expected = black_box(floors::run(floor, black_box(&seen), pixels, composites)?);
            by_floor += each(seconds()? - start) / f64::from(runs);
            let start = seconds()?;
            let planes = black_box(reduce(&program, black_box(&seen), pixels, composites)?);
            by_reducer += each(seconds()? - start) / f64::from(runs);
            ensure!(planes == [expected], "{}: both must find the same", floor.statistic().name());
        }
        let types = [DataType::U16, DataType::U8];
        println!(
            "| {:<18} | {by_floor:5.2} | {by_reducer:7.2} | {:5.2} | {:14.2} | {:13} |",
            floor.statistic().name(),
            by_reducer / by_floor,
            (by_reducer + inflating) / (by_floor + inflating),
            bytes_per_pixel(&program, &types, composites, composites)?,
        );
        match floor {
            Floor::Mean => mean = by_reducer + inflating,
            Floor::Median => median = by_reducer + inflating,
            _ => {}
        }
    }
    println!();
    println!(
        "median / mean, both with inflating: {:.2}; of the median {:.0} % is reducing",
        median / mean,
        (1.0 - inflating / median) * 100.0
    );
    Ok(())
}

/// Seconds that this thread has had a processor: other work on the machine does not count.
fn seconds() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD)?;
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(microseconds as f64 / 1e6)
}

/// Temperatures and quality of a date: smooth fields with clouds.
fn numbers(pixels: usize, date: usize) -> [Samples; 2] {
    let hash = |value: usize| {
        let mixed =
            (value ^ date.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mixed ^ mixed >> 32
    };
    let (mut temperatures, mut flags) = (Vec::new(), Vec::new());
    for pixel in 0..pixels {
        let (row, col) = (pixel / 1000, pixel % 1000);
        let is_cloud = hash(((row / 16) << 16) | (col / 16)).is_multiple_of(4);
        let warm = 14_000 + (row % 300 + col % 200) + hash(((row / 3) << 16) | (col / 2)) % 37;
        temperatures.push(if is_cloud { 0 } else { warm as u16 });
        flags.push([0, 17, 65, 2, 3, 81, 145, 1][hash(((row / 8) << 20) | (col / 8)) % 8]);
    }
    [Samples::U16(temperatures), Samples::U8(flags)]
}

/// What it takes to inflate a pixel's temperature and quality, in nanoseconds.
fn inflating([temperatures, flags]: &[Samples; 2], runs: u32) -> anyhow::Result<f64> {
    let (Samples::U16(temperatures), Samples::U8(flags)) = (temperatures, flags) else {
        anyhow::bail!("expected numbers of 16 and of 8 bits");
    };
    let temperatures: Vec<u8> =
        temperatures.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut compressor = Compressor::new(CompressionLvl::new(6).ok().context("level 6 is there")?);
    let mut all = 0.0;
    for raw in [&temperatures, flags] {
        let mut packed = vec![0; compressor.zlib_compress_bound(raw.len())];
        let length = compressor.zlib_compress(raw, &mut packed)?;
        let mut out = vec![0; raw.len()];
        let start = seconds()?;
        // The system counts in steps of milliseconds.
        for _ in 0..runs * 20 {
            Decompressor::new().zlib_decompress(&packed[..length], black_box(&mut out))?;
        }
        all += (seconds()? - start) / f64::from(runs * 20);
    }
    Ok(all * 1e9 / flags.len() as f64)
}

/// A program of one output.
fn program(statistic: Statistic) -> Program {
    let affine = Affine { scale: 1.0, offset: 0.0 };
    let good =
        Test { band: 1, condition: Condition::Bits { bits: vec![0, 1], values: vec![0, 1] } };
    let warm = |least| Test { band: 0, condition: Condition::Range(least, 65535.0) };
    let when = if statistic.needs_hits() { vec![warm(14_250.0)] } else { Vec::new() };
    let affine_stored = match statistic {
        Statistic::Share => Affine { scale: 0.0001, offset: 0.0 },
        _ => affine,
    };
    let output = Output {
        band: 0,
        valid: vec![warm(7500.0), good],
        when,
        statistic,
        bridges_gaps: false,
        source: affine,
        stored: Stored {
            data_type: DataType::U32,
            affine: affine_stored,
            fill: Scalar::Int(u32::MAX.into()),
        },
    };
    Program { bands: 2, outputs: vec![output], one_per_day: false }
}

fn reduce(
    program: &Arc<Program>,
    seen: &[[Samples; 2]],
    pixels: usize,
    composites: usize,
) -> anyhow::Result<Vec<Samples>> {
    let days: Vec<_> = (0..composites).map(|at| Composite { day: at as u16 * 8 + 1 }).collect();
    let mut reducer =
        PeriodReducer::new(Arc::clone(program), pixels, &days, composites as u16 * 8)?;
    let runs: Vec<_> = (0..pixels)
        .step_by(1000)
        .map(|target| Run { target: target as u32, length: (pixels - target).min(1000) as u32 })
        .collect();
    for composite in 0..composites {
        reducer.observe(&Observation {
            composite,
            date: 0,
            runs: &runs,
            bands: &seen[composite % DIFFERENT],
            nodata: &[None, None],
        })?;
    }
    Ok(reducer.finish().planes)
}
