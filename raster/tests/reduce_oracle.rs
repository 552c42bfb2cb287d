//! Every statistic of every type of numbers against an oracle in Python that looks at one pixel at a time, in fractions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use floe_raster::program::{Affine, Condition, Output, Program, Test};
use floe_shared::encoding::{DataType, Scalar};
use floe_shared::schema::Statistic;
use serde_json::{Value, json};
use support::python;
use support::reducing::{Dice, Period, READ, STORED, affines, bytes, output, statistics};

fn scalar(number: Option<Scalar>) -> Value {
    match number.map(Scalar::as_f64) {
        None => Value::Null,
        Some(number) if number.is_nan() => "NaN".into(),
        Some(number) if number.fract() == 0.0 => json!(number as i64),
        Some(number) => json!(number),
    }
}

fn test(test: &Test) -> Value {
    let band = test.band;
    match &test.condition {
        Condition::Range(least, greatest) => json!({ "band": band, "range": [least, greatest] }),
        Condition::OneOf(values) => json!({ "band": band, "one_of": values }),
        Condition::Bits { bits, values } => json!({ "band": band, "bits": bits, "values": values }),
    }
}

fn described(output: &Output) -> Value {
    let millionths = match output.statistic {
        Statistic::Percentile(percent) => percent.millionths,
        _ => 0,
    };
    let Affine { scale, offset } = output.stored.affine;
    json!({
        "band": output.band,
        "valid": output.valid.iter().map(test).collect::<Vec<_>>(),
        "when": output.when.iter().map(test).collect::<Vec<_>>(),
        "statistic": output.statistic.name(),
        "millionths": millionths,
        "bridges": output.bridges_gaps,
        "source": [output.source.scale, output.source.offset],
        "stored": {
            "type": output.stored.data_type.name(), "scale": scale, "offset": offset,
            "fill": scalar(Some(output.stored.fill)),
        },
    })
}

/// Reduces cases and has the oracle compare all pixels.
fn assert_equal_oracle(cases: &[(String, Period, Program)]) {
    let folder = tempfile::tempdir().unwrap();
    let mut described_cases = Vec::new();
    for (index, (name, period, program)) in cases.iter().enumerate() {
        let program = Arc::new(program.clone());
        let (accepted, reduced) = period.reduce(&program);
        let numbers = period.seen.iter().flat_map(|seen| seen.bands.iter().flat_map(bytes));
        std::fs::write(folder.path().join(format!("{index}.in")), numbers.collect::<Vec<_>>())
            .unwrap();
        let planes: Vec<u8> = reduced.planes.iter().flat_map(bytes).collect();
        std::fs::write(folder.path().join(format!("{index}.out")), planes).unwrap();
        let bands = &period.seen[0].bands;
        let observations = period.seen.iter().map(|seen| {
            json!({
                "composite": seen.composite, "date": seen.date,
                "runs": seen.runs.iter().map(|run| [run.target, run.length]).collect::<Vec<_>>(),
                "nodata": seen.nodata.iter().map(|nodata| scalar(*nodata)).collect::<Vec<_>>(),
            })
        });
        described_cases.push(json!({
            "name": name,
            "pixels": period.pixels,
            "days": period.days,
            "days_in_period": period.length,
            "one_per_day": program.one_per_day,
            "types": bands.iter().map(|band| band.data_type().name()).collect::<Vec<_>>(),
            "observations": observations.collect::<Vec<_>>(),
            "outputs": program.outputs.iter().map(described).collect::<Vec<_>>(),
            "accepted": accepted,
            "valid_pixels": reduced.valid_pixels,
        }));
    }
    let cases = serde_json::to_string(&described_cases).unwrap();
    std::fs::write(folder.path().join("cases.json"), cases).unwrap();
    python::run("reduces.py", &[folder.path()]);
}

/// All statistics as all stored types, each with one of the conversions.
fn program(dice: &mut Dice, one_per_day: bool) -> Program {
    let mut outputs = Vec::new();
    for statistic in statistics() {
        for data_type in STORED {
            let affines = dice.one(&affines());
            outputs.push(output(dice, statistic, data_type, affines));
        }
    }
    Program { bands: 3, outputs, one_per_day }
}

fn cases(seed: u64, types: &[DataType], (pixels, composites): (usize, usize), one_per_day: bool) {
    let cases = types.iter().map(|&data_type| {
        let mut dice = Dice(seed ^ data_type.name().len() as u64 ^ (data_type.size() as u64) << 8);
        let period = Period::new(&mut dice, data_type, pixels, composites);
        let name = format!("{} {seed} {composites}", data_type.name());
        (name, period, program(&mut dice, one_per_day))
    });
    assert_equal_oracle(&cases.collect::<Vec<_>>());
}

#[test]
fn all_statistics_of_all_types_equal_the_oracle() {
    cases(1, &READ, (90, 12), false);
}

#[test]
fn few_observations_equal_the_oracle() {
    cases(2, &READ, (90, 2), false);
}

#[test]
fn one_observation_a_day_equals_the_oracle() {
    cases(3, &[DataType::U8, DataType::I16, DataType::F32], (90, 12), true);
}

#[test]
fn more_composites_than_a_byte_and_than_a_network_sorts_equal_the_oracle() {
    cases(4, &[DataType::U16, DataType::I32, DataType::F64], (16, 270), false);
}
