//! What reducing must not depend on: strips, the order of bands, how observations are cut. And what it refuses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/memory.rs"]
mod memory;
mod support;

use std::sync::Arc;

use floe_raster::program::{Affine, Condition, Output, Program, Stored, Test};
use floe_raster::reduce::{
    Composite, MAX_OBSERVATIONS, Observation, PeriodReducer, ReduceError, Reduced, bytes_per_pixel,
};
use floe_raster::run::Run;
use floe_raster::samples::Samples;
use floe_shared::encoding::{DataType, Scalar};
use floe_shared::schema::Statistic;
use proptest::prelude::*;
use support::reducing::{
    Dice, Period, READ, STORED, Seen, affines, bytes, output, part, samples, statistics,
};

/// All statistics, each as one of the stored types.
fn program(dice: &mut Dice, one_per_day: bool) -> Program {
    let outputs = statistics().into_iter().map(|statistic| {
        let (data_type, affines) = (dice.one(&STORED), dice.one(&affines()));
        output(dice, statistic, data_type, affines)
    });
    Program { outputs: outputs.collect(), bands: 3, one_per_day }
}

fn planes(reduced: &Reduced) -> Vec<Vec<u8>> {
    // Bytes, in which NaN equals itself.
    reduced.planes.iter().map(bytes).collect()
}

/// The part of an observation within some pixels of the window, counted from the first of them.
fn within(seen: &Seen, pixels: std::ops::Range<u32>) -> Seen {
    let (mut runs, mut places, mut at) = (Vec::new(), Vec::new(), 0);
    for run in &seen.runs {
        let start = run.target.max(pixels.start);
        let end = (run.target + run.length).min(pixels.end);
        if start < end {
            runs.push(Run { target: start - pixels.start, length: end - start });
            let first = at + (start - run.target) as usize;
            places.extend(first..first + (end - start) as usize);
        }
        at += run.length as usize;
    }
    let bands = seen.bands.iter().map(|band| part(band, &places)).collect();
    Seen { runs, bands, ..seen.clone() }
}

fn any_period() -> impl Strategy<Value = (Dice, Period, bool)> {
    (any::<u64>(), prop::sample::select(READ.to_vec()), 1..200_usize, 1..20_usize, any::<bool>())
        .prop_map(|(seed, data_type, pixels, composites, one_per_day)| {
            let mut dice = Dice(seed);
            let period = Period::new(&mut dice, data_type, pixels, composites);
            (dice, period, one_per_day)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn strips_make_the_same_as_the_whole((mut dice, period, one_per_day) in any_period()) {
        let program = Arc::new(program(&mut dice, one_per_day));
        let (accepted, whole) = period.reduce(&program);
        let cut = dice.below(period.pixels + 1);
        let mut strips = vec![Vec::new(); program.outputs.len()];
        let (mut counted, mut valid_pixels) = (vec![0; period.seen.len()], 0);
        for strip in [0..cut, cut..period.pixels] {
            let pixels = strip.start as u32..strip.end as u32;
            let seen = period.seen.iter().map(|seen| within(seen, pixels.clone())).collect();
            let strip = Period { pixels: strip.len(), seen, ..period.clone() };
            let (accepted, reduced) = strip.reduce(&program);
            for (strip, plane) in strips.iter_mut().zip(planes(&reduced)) {
                strip.extend(plane);
            }
            counted.iter_mut().zip(accepted).for_each(|(all, part)| *all += part);
            valid_pixels += reduced.valid_pixels;
        }
        prop_assert_eq!(strips, planes(&whole));
        prop_assert_eq!(counted, accepted);
        prop_assert_eq!(valid_pixels, whole.valid_pixels);
    }

    #[test]
    fn an_observation_in_pieces_makes_the_same((mut dice, period, one_per_day) in any_period()) {
        let program = Arc::new(program(&mut dice, one_per_day));
        let whole = period.reduce(&program).1;
        let cut = dice.below(period.pixels + 1) as u32;
        let pieces = period.seen.iter().flat_map(|seen| {
            // Pixels stay where they are, so that the second piece's runs are moved back.
            let mut second = within(seen, cut..period.pixels as u32);
            second.runs.iter_mut().for_each(|run| run.target += cut);
            [within(seen, 0..cut), second]
        });
        let pieces = Period { seen: pieces.collect(), ..period.clone() };
        prop_assert_eq!(planes(&pieces.reduce(&program).1), planes(&whole));
    }

    #[test]
    fn the_order_of_bands_changes_nothing((mut dice, period, one_per_day) in any_period()) {
        let program = program(&mut dice, one_per_day);
        let whole = period.reduce(&Arc::new(program.clone())).1;
        let moved = |band: usize| (band + 1) % 3;
        let mut other = program;
        for output in &mut other.outputs {
            output.band = moved(output.band);
            output.valid.iter_mut().for_each(|test| test.band = moved(test.band));
            output.when.iter_mut().for_each(|test| test.band = moved(test.band));
        }
        let mut turned = period.clone();
        for seen in &mut turned.seen {
            seen.bands.rotate_right(1);
            seen.nodata.rotate_right(1);
        }
        prop_assert_eq!(planes(&turned.reduce(&Arc::new(other)).1), planes(&whole));
    }

    #[test]
    fn outputs_do_not_depend_on_each_other((mut dice, period, one_per_day) in any_period()) {
        let program = program(&mut dice, one_per_day);
        let all = planes(&period.reduce(&Arc::new(program.clone())).1);
        let one = dice.below(program.outputs.len());
        let alone = Program { outputs: vec![program.outputs[one].clone()], ..program };
        prop_assert_eq!(&planes(&period.reduce(&Arc::new(alone)).1)[0], &all[one]);
    }
}

#[test]
fn as_many_bytes_are_held_as_were_told() {
    let (pixels, composites) = (100_000, 12);
    // As one observation, and as one for each block of a file.
    for (data_type, pieces) in READ.into_iter().flat_map(|read| [(read, 1), (read, 10)]) {
        let mut dice = Dice(5);
        let program = Arc::new(program(&mut dice, true));
        let length = pixels / pieces;
        let band = samples(data_type, (0..length).map(|_| dice.one(&[1.0, 5.0, 7.0])));
        let flags = Samples::U8(vec![0; length]);
        let bands = [band, flags, Samples::I16(vec![1; length])];
        let places = (0..pixels as u32).step_by(length);
        let runs: Vec<_> = places.map(|target| Run { target, length: length as u32 }).collect();
        let days: Vec<_> = (1..=composites as u16).map(|day| Composite { day }).collect();
        let reduce = || {
            let mut reducer = PeriodReducer::new(Arc::clone(&program), pixels, &days, 365).unwrap();
            for composite in 0..composites {
                for run in &runs {
                    let observation = Observation {
                        composite,
                        date: composite as i32,
                        runs: std::slice::from_ref(run),
                        bands: &bands,
                        nodata: &[None, None, None],
                    };
                    reducer.observe(&observation).unwrap();
                }
            }
            reducer.finish()
        };
        let (_, held) = memory::peak(reduce);
        let types: Vec<_> = bands.iter().map(Samples::data_type).collect();
        let told = bytes_per_pixel(&program, &types, composites, composites).unwrap() * pixels;
        assert!(held <= told + 4_000_000, "{}: {held} instead of {told}", data_type.name());
        assert!(held * 10 >= told * 8, "{}: {held} instead of {told}", data_type.name());
    }
}

fn mean() -> Output {
    let affine = Affine { scale: 1.0, offset: 0.0 };
    Output {
        band: 0,
        valid: Vec::new(),
        when: Vec::new(),
        statistic: Statistic::Mean,
        bridges_gaps: false,
        source: affine,
        stored: Stored { data_type: DataType::U8, affine, fill: Scalar::Int(255) },
    }
}

fn reducer(output: Output) -> Result<PeriodReducer, ReduceError> {
    let program = Program { bands: 1, outputs: vec![output], one_per_day: true };
    PeriodReducer::new(Arc::new(program), 10, &[Composite { day: 1 }, Composite { day: 9 }], 31)
}

#[test]
fn what_is_no_program_is_refused() {
    let test = |band| Test { band, condition: Condition::Range(0.0, 1.0) };
    let refused = |change: fn(&mut Output)| {
        let mut output = mean();
        change(&mut output);
        reducer(output).unwrap_err().to_string()
    };
    assert_eq!(
        refused(|output| output.band = 1),
        "output 0: expected a band below 1, found band 1"
    );
    assert_eq!(
        refused(|output| output.statistic = Statistic::Share),
        "output 0: expected share with tests in `when`, found 0"
    );
    let mut tested = mean();
    tested.when = vec![test(0)];
    assert!(matches!(reducer(tested), Err(ReduceError::When { expected: "without", .. })));
    let mut tested = mean();
    tested.valid = vec![test(3)];
    assert!(matches!(reducer(tested), Err(ReduceError::UnknownBand { band: 3, .. })));
    assert_eq!(
        refused(|output| output.stored.data_type = DataType::F64),
        "output 0: expected an integer type of up to 32 bits or float32, found float64"
    );
    assert_eq!(
        refused(|output| output.stored.fill = Scalar::Int(256)),
        "output 0: expected a fill value that uint8 has, found Int(256)"
    );
    assert!(refused(|output| output.source.scale = 0.0).contains("scales other than 0"));
    let program = Arc::new(Program { bands: 1, outputs: vec![mean()], one_per_day: false });
    for days in [vec![0], vec![1, 1], vec![9, 1], vec![32]] {
        let days: Vec<_> = days.into_iter().map(|day| Composite { day }).collect();
        let refused = PeriodReducer::new(Arc::clone(&program), 10, &days, 31);
        assert!(matches!(refused, Err(ReduceError::Composites { .. })), "{days:?}");
    }
}

#[test]
fn an_observation_that_does_not_fit_is_refused_and_changes_nothing() {
    let runs = [Run { target: 4, length: 3 }];
    let bands = [Samples::U8(vec![7, 8, 9])];
    let good = Observation { composite: 1, date: 5, runs: &runs, bands: &bands, nodata: &[None] };
    let mut reducer = reducer(mean()).unwrap();
    assert_eq!(reducer.observe(&good).unwrap(), 3);
    let mut refused = |observation| reducer.observe(&observation).unwrap_err();
    let wrong = Observation { composite: 0, ..good };
    assert_eq!(refused(wrong), ReduceError::Composite { first: 1, last: 1, found: 0 });
    let wrong = Observation { date: 4, ..good };
    assert_eq!(refused(wrong), ReduceError::Date { last: 5, found: 4 });
    let wrong = Observation { nodata: &[], ..good };
    assert_eq!(refused(wrong), ReduceError::Bands { bands: 1, found: 1, nodata: 0 });
    let wrong = Observation { runs: &[Run { target: 8, length: 3 }], ..good };
    assert_eq!(refused(wrong), ReduceError::Run { pixels: 10, target: 8, length: 3 });
    let wrong = Observation { runs: &[Run { target: 8, length: 2 }], ..good };
    assert_eq!(refused(wrong), ReduceError::Length { band: 0, pixels: 2, found: 3 });
    let wrong = Observation { bands: &[Samples::I8(vec![1, 2, 3])], ..good };
    let (expected, found) = (DataType::U8, DataType::I8);
    assert_eq!(refused(wrong), ReduceError::Type { band: 0, expected, found });
    let reduced = reducer.finish();
    assert_eq!(reduced.valid_pixels, 3);
    let expected = vec![255, 255, 255, 255, 7, 8, 9, 255, 255, 255];
    assert_eq!(reduced.planes, [Samples::U8(expected)]);
}

#[test]
fn bits_of_floating_point_numbers_are_refused() {
    let mut output = mean();
    let condition = Condition::Bits { bits: vec![0], values: vec![0] };
    output.valid = vec![Test { band: 0, condition }];
    let bands = [Samples::F32(vec![1.0])];
    let runs = [Run { target: 0, length: 1 }];
    let observation =
        Observation { composite: 0, date: 0, runs: &runs, bands: &bands, nodata: &[None] };
    let refused = reducer(output).unwrap().observe(&observation).unwrap_err();
    assert_eq!(refused, ReduceError::BitsOfFloats { band: 0, found: DataType::F32 });
}

#[test]
fn a_period_without_observations_is_all_fill() {
    let reduced = reducer(mean()).unwrap().finish();
    assert_eq!(reduced.planes, [Samples::U8(vec![255; 10])]);
    assert_eq!(reduced.valid_pixels, 0);
}

#[test]
fn a_pixel_has_no_more_observations_than_are_counted_but_a_window_may() {
    let program = Arc::new(Program { bands: 1, outputs: vec![mean()], one_per_day: false });
    let mut reducer = PeriodReducer::new(program, 2, &[Composite { day: 1 }], 31).unwrap();
    let mut observe = |target| {
        let runs = [Run { target, length: 1 }];
        let bands = [Samples::U8(vec![7])];
        let observation =
            Observation { composite: 0, date: 0, runs: &runs, bands: &bands, nodata: &[None] };
        reducer.observe(&observation)
    };
    for _ in 1..MAX_OBSERVATIONS {
        assert_eq!(observe(0), Ok(1));
        assert_eq!(observe(1), Ok(1));
    }
    assert_eq!(observe(1), Ok(1));
    assert_eq!(observe(1), Err(ReduceError::TooMany));
    assert_eq!(reducer.finish().planes, [Samples::U8(vec![7; 2])]);
}
