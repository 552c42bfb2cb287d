//! Periods of observations that are made up for the purpose, and their reduction.

use std::sync::Arc;

use floe_raster::program::{Affine, Condition, Output, Program, Stored, Test};
use floe_raster::reduce::{Composite, Observation, PeriodReducer, Reduced};
use floe_raster::run::Run;
use floe_raster::samples::Samples;
use floe_raster::with_samples;
use floe_shared::encoding::{DataType, Scalar};
use floe_shared::schema::{Percent, Statistic};

/// Types that a variable may have.
pub const STORED: [DataType; 7] = [
    DataType::U8,
    DataType::I8,
    DataType::U16,
    DataType::I16,
    DataType::U32,
    DataType::I32,
    DataType::F32,
];

/// Types that a file may have.
pub const READ: [DataType; 8] = [
    DataType::U8,
    DataType::I8,
    DataType::U16,
    DataType::I16,
    DataType::U32,
    DataType::I32,
    DataType::F32,
    DataType::F64,
];

/// Numbers that differ from seed to seed.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below another.
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % sides as u64) as usize
    }

    /// One of a list.
    pub fn one<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// One observation with its own numbers.
#[derive(Clone, Debug)]
pub struct Seen {
    pub composite: usize,
    pub date: i32,
    pub runs: Vec<Run>,
    pub bands: Vec<Samples>,
    pub nodata: Vec<Option<Scalar>>,
}

/// All observations of a window in a period.
#[derive(Clone, Debug)]
pub struct Period {
    pub pixels: usize,
    pub days: Vec<u16>,
    pub length: u16,
    pub seen: Vec<Seen>,
}

impl Period {
    /// Reduces it; how many pixels of each observation counted, and the results.
    pub fn reduce(&self, program: &Arc<Program>) -> (Vec<u64>, Reduced) {
        let composites: Vec<_> = self.days.iter().map(|&day| Composite { day }).collect();
        let new = PeriodReducer::new(Arc::clone(program), self.pixels, &composites, self.length);
        let mut reducer = new.unwrap();
        let accepted = self.seen.iter().map(|seen| {
            let Seen { composite, date, ref runs, ref bands, ref nodata } = *seen;
            reducer.observe(&Observation { composite, date, runs, bands, nodata }).unwrap()
        });
        (accepted.collect(), reducer.finish())
    }

    /// Bands: numbers of a type, quality flags of 8 bits, classes of 16 bits with a sign. Some composites have no observation, some
    /// several; each covers some runs of the window.
    pub fn new(dice: &mut Dice, data_type: DataType, pixels: usize, composites: usize) -> Self {
        let mut days = Vec::new();
        let mut day = 1;
        for _ in 0..composites {
            days.push(day);
            day += 1 + dice.below(9) as u16;
        }
        let numbers = numbers(data_type);
        let mut seen = Vec::new();
        for (composite, &day) in days.iter().enumerate() {
            for _ in 0..dice.one(&[0, 1, 1, 1, 2, 3]) {
                let runs = runs(dice, pixels);
                let length = runs.iter().map(|run| run.length as usize).sum();
                let nodata = dice.one(&[None, Some(3.0), Some(0.0), Some(f64::NAN)]);
                let mut one_of = |list: &[f64], data_type| {
                    samples(data_type, (0..length).map(|_| dice.one(list)))
                };
                seen.push(Seen {
                    composite,
                    // Two observations of one date, and two of different dates in one composite.
                    date: 18_000 + i32::from(day) + i32::from(seen.len() % 3 == 2),
                    bands: vec![
                        one_of(&numbers, data_type),
                        one_of(&[0.0, 0.0, 0.0, 1.0, 2.0, 65.0, 255.0, 128.0], DataType::U8),
                        one_of(&[-3.0, -1.0, 0.0, 0.0, 1.0, 2.0, 7.0, 300.0], DataType::I16),
                    ],
                    runs,
                    nodata: vec![nodata.map(Scalar::Float), Some(Scalar::Int(0)), None],
                });
            }
        }
        seen.sort_by_key(|seen| (seen.composite, seen.date));
        for index in 1..seen.len() {
            seen[index].date = seen[index].date.max(seen[index - 1].date);
        }
        Self { pixels, days, length: day, seen }
    }
}

/// Numbers of a type with ties, its limits and what is easily mistaken.
fn numbers(data_type: DataType) -> Vec<f64> {
    let mut numbers = vec![0.0, 1.0, 2.0, 2.0, 3.0, 7.0, 100.0, 101.0, 104.0];
    if data_type.is_float() {
        numbers.extend([-0.0, 0.1, 0.3, 300.02, 300.04, -17.25, 1e7, f64::NAN]);
    } else {
        let bits = data_type.size() as i32 * 8 - i32::from(data_type.is_signed());
        let greatest = 2.0_f64.powi(bits) - 1.0;
        numbers.extend([greatest, greatest - 1.0]);
        if data_type.is_signed() {
            numbers.extend([-greatest - 1.0, -1.0, -100.0]);
        }
    }
    numbers
}

/// Numbers as samples of a type.
pub fn samples(data_type: DataType, numbers: impl Iterator<Item = f64>) -> Samples {
    match data_type {
        DataType::U8 => Samples::U8(numbers.map(|number| number as u8).collect()),
        DataType::I8 => Samples::I8(numbers.map(|number| number as i8).collect()),
        DataType::U16 => Samples::U16(numbers.map(|number| number as u16).collect()),
        DataType::I16 => Samples::I16(numbers.map(|number| number as i16).collect()),
        DataType::U32 => Samples::U32(numbers.map(|number| number as u32).collect()),
        DataType::I32 => Samples::I32(numbers.map(|number| number as i32).collect()),
        DataType::F32 => Samples::F32(numbers.map(|number| number as f32).collect()),
        _ => Samples::F64(numbers.collect()),
    }
}

/// The bytes of numbers, least significant first.
pub fn bytes(samples: &Samples) -> Vec<u8> {
    with_samples!(samples, numbers => numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
}

/// The numbers of some places.
pub fn part(samples: &Samples, places: &[usize]) -> Samples {
    fn of<T: Copy + Into<f64>>(numbers: &[T], places: &[usize]) -> Vec<f64> {
        places.iter().map(|&place| numbers[place].into()).collect()
    }
    let numbers = with_samples!(samples, numbers => of(numbers, places));
    self::samples(samples.data_type(), numbers.into_iter())
}

/// Some runs of a window, in no order.
fn runs(dice: &mut Dice, pixels: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut target = dice.below(4);
    while target < pixels {
        let length = (1 + dice.below(pixels / 3 + 1)).min(pixels - target);
        runs.push(Run { target: target as u32, length: length as u32 });
        target += length + dice.below(9);
    }
    if dice.below(2) == 0 {
        runs.reverse();
    }
    runs
}

/// All statistics with and without tests, gaps broken and bridged.
pub fn statistics() -> Vec<(Statistic, bool, bool)> {
    let mut statistics = Vec::new();
    for statistic in Statistic::ALL {
        let percents = [0.0, 2.5, 25.0, 50.0, 90.0, 99.9999, 100.0];
        let variants = match statistic {
            Statistic::Percentile(_) => percents
                .iter()
                .map(|&percent| Statistic::Percentile(Percent::new(percent).unwrap()))
                .collect(),
            statistic => vec![statistic],
        };
        for statistic in variants {
            if !statistic.needs_hits() {
                statistics.push((statistic, false, false));
            }
            if statistic.needs_hits() || statistic == Statistic::Count {
                statistics.extend([(statistic, true, false), (statistic, true, true)]);
            }
        }
    }
    statistics
}

/// Outputs of the first band: a statistic as a type, made of numbers with some scale and stored with another, with one of two
/// ways to count.
pub fn output(
    dice: &mut Dice,
    (statistic, hits, bridges_gaps): (Statistic, bool, bool),
    data_type: DataType,
    (source, affine): (Affine, Affine),
) -> Output {
    let bits = data_type.size() as i32 * 8 - i32::from(data_type.is_signed());
    let greatest = 2.0_f64.powi(bits) - 1.0;
    let fill = if data_type.is_float() {
        dice.one(&[f64::NAN, -9999.0, 3.0])
    } else {
        dice.one(&[0.0, greatest, 100.0, if data_type.is_signed() { -1.0 } else { 1.0 }])
    };
    Output {
        band: 0,
        valid: valid(dice.below(4)),
        when: if hits { when(dice.below(2)) } else { Vec::new() },
        statistic,
        bridges_gaps,
        source,
        stored: Stored { data_type, affine, fill: Scalar::Float(fill) },
    }
}

fn valid(which: usize) -> Vec<Test> {
    let good =
        Test { band: 1, condition: Condition::Bits { bits: vec![0, 1], values: vec![0, 1] } };
    match which {
        0 => Vec::new(),
        1 => vec![good, Test { band: 0, condition: Condition::Range(0.1, 1e9) }],
        2 => vec![Test { band: 2, condition: Condition::OneOf(vec![0.0, -3.0, 300.0, 1.0, 7.0]) }],
        _ => vec![good],
    }
}

fn when(which: usize) -> Vec<Test> {
    match which {
        0 => vec![Test { band: 2, condition: Condition::Range(-1.0, 1.5) }],
        _ => vec![
            Test { band: 0, condition: Condition::OneOf(vec![0.1, 2.0, 3.0, 7.0, 100.0, 101.0]) },
            Test {
                band: 1,
                condition: Condition::Bits { bits: vec![7, 0], values: vec![0, 1, 3] },
            },
        ],
    }
}

/// The same scale and offset twice, and pairs that differ: negative ones too.
pub fn affines() -> Vec<(Affine, Affine)> {
    let affine = |scale, offset| Affine { scale, offset };
    vec![
        (affine(1.0, 0.0), affine(1.0, 0.0)),
        (affine(0.02, -3.0), affine(0.02, -3.0)),
        (affine(0.1, 0.5), affine(0.02, -3.0)),
        (affine(-0.5, 0.0), affine(0.25, 10.0)),
        (affine(0.3, 0.0), affine(-2.0, 1.0)),
    ]
}
