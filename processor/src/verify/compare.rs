//! Comparing pixels with what they must be. Pure.

use floe_raster::plane::{Pixel, Plane, PlaneError};
use floe_raster::with_plane;
use floe_shared::encoding::{DataType, Scalar};
use floe_shared::pyramid::Level;
use floe_shared::schema::{Overview, VariableSpec};
use ndarray::Array2;

use super::promise::Promise;
use crate::overviews::halve;

/// A chunk's pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pixels {
    /// No chunk is stored: all are fill.
    Fill,
    /// What is stored.
    Stored(Plane),
    /// What is stored cannot be read, for this reason.
    Damaged(String),
    /// Not looked at, because the array as a whole cannot be read.
    Skipped,
}

/// Where stored pixels differ from what they must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Difference {
    /// How many do.
    pub(super) pixels: u64,
    /// Row and column of the first.
    pub(super) first: (usize, usize),
    /// What is stored there.
    pub(super) stored: Scalar,
    /// What it must be.
    pub(super) due: Scalar,
}

/// Compares the pixels for which `is_compared` holds; NaN is the same as NaN.
///
/// # Errors
/// Where they are not of the same type.
pub(super) fn difference(
    stored: &Plane,
    due: &Plane,
    is_compared: impl Fn((usize, usize)) -> bool,
) -> Result<Option<Difference>, PlaneError> {
    with_plane!(stored, stored => {
        let (expected, found) = (due.data_type(), data_type_of(stored));
        let due = Pixel::pixels(due).ok_or(PlaneError::OtherType { expected, found })?;
        Ok(first_difference(stored, due, is_compared))
    })
}

fn data_type_of<T: Pixel>(_: &Array2<T>) -> DataType {
    T::DATA_TYPE
}

fn first_difference<T: Pixel>(
    stored: &Array2<T>,
    due: &Array2<T>,
    is_compared: impl Fn((usize, usize)) -> bool,
) -> Option<Difference> {
    let mut found: Option<Difference> = None;
    for ((place, &stored), &due) in stored.indexed_iter().zip(due) {
        if !stored.is_same(due) && is_compared(place) {
            let (stored, due) = (stored.scalar(), due.scalar());
            let first = Difference { pixels: 0, first: place, stored, due };
            found.get_or_insert(first).pixels += 1;
        }
    }
    found
}

/// Judges one period of a tile: the chunks of its own levels, finest first.
pub(super) fn tile(
    levels: &[(Level, Pixels)],
    promise: Promise,
    variable: &VariableSpec,
) -> Result<Vec<(Level, String)>, PlaneError> {
    let mut problems = Vec::new();
    let mut finer: Option<(Level, &Pixels)> = None;
    for (level, pixels) in levels {
        match pixels {
            Pixels::Damaged(reason) => problems.push((*level, reason.clone())),
            Pixels::Skipped => {}
            Pixels::Fill | Pixels::Stored(_) => {
                let found = match finer {
                    None => numbers(pixels, promise, variable),
                    Some((finer, below)) => overview(*level, pixels, finer, below, variable)?,
                };
                problems.extend(found.map(|what| (*level, what)));
            }
        }
        finer = Some((*level, pixels));
    }
    Ok(problems)
}

/// How many pixels hold a value; `None` where that cannot be told.
pub(super) fn valid_pixels(pixels: &Pixels, variable: &VariableSpec) -> Option<u64> {
    match pixels {
        Pixels::Fill => Some(0),
        Pixels::Stored(plane) => Some(with_plane!(plane, pixels => {
            let fill = Pixel::of(variable.encoding.absent);
            valid_and_outside(pixels, fill, variable.encoding.valid_numbers()).0
        })),
        Pixels::Damaged(_) | Pixels::Skipped => None,
    }
}

/// Judges the finest level.
fn numbers(pixels: &Pixels, promise: Promise, variable: &VariableSpec) -> Option<String> {
    let bounds = variable.encoding.valid_numbers();
    let (valid, outside) = match pixels {
        Pixels::Stored(plane) => with_plane!(plane, pixels => {
            valid_and_outside(pixels, Pixel::of(variable.encoding.absent), bounds)
        }),
        _ => (0, 0),
    };
    if outside > 0 {
        let [least, most] = bounds;
        return Some(format!(
            "{outside} pixels hold numbers outside of the valid range, {least} to {most}"
        ));
    }
    let may_lack = variable.may_lack;
    match (promise, pixels) {
        (Promise::Pixels(due), Pixels::Fill) if due > 0 && !may_lack => {
            Some(format!("no chunk is stored, the commit's message promises {due} valid pixels"))
        }
        (Promise::Pixels(due), _) if due < valid || (due > valid && !may_lack) => {
            Some(format!("{valid} valid pixels are stored, the commit's message promises {due}"))
        }
        _ => None,
    }
}

/// How many pixels hold data, and how many of these lie outside of a range.
fn valid_and_outside<T: Pixel>(pixels: &Array2<T>, fill: T, [least, most]: [f64; 2]) -> (u64, u64) {
    let (mut valid, mut outside) = (0, 0);
    for pixel in pixels.iter().filter(|pixel| pixel.is_data(fill)) {
        valid += 1;
        outside += u64::from(!(least..=most).contains(&pixel.number()));
    }
    (valid, outside)
}

/// Judges a level against the one below, whose pixels must halve to it.
fn overview(
    level: Level,
    pixels: &Pixels,
    finer: Level,
    below: &Pixels,
    variable: &VariableSpec,
) -> Result<Option<String>, PlaneError> {
    let (encoding, overview) = (&variable.encoding, variable.overview);
    let edge = level.chunk as usize;
    let fill = || Plane::filled(encoding.data_type, (edge, edge), encoding.absent);
    if matches!((pixels, below), (Pixels::Fill, Pixels::Fill)) {
        return Ok(None);
    }
    let due = match below {
        Pixels::Stored(below) => halve(below, overview, encoding.absent),
        Pixels::Fill => fill()?,
        Pixels::Damaged(_) | Pixels::Skipped => return Ok(None),
    };
    let found = match pixels {
        Pixels::Stored(stored) => difference(stored, &due, |_| true)?,
        _ => difference(&fill()?, &due, |_| true)?,
    };
    Ok(found.map(|found| found.what(finer, overview)))
}

impl Difference {
    /// What is wrong with an overview.
    pub(super) fn what(&self, finer: Level, overview: Overview) -> String {
        let Self { pixels, first: (row, col), .. } = self;
        let [stored, due] = [self.stored, self.due].map(Scalar::as_f64);
        let made = match overview {
            Overview::Mean => "means",
            Overview::Maximum => "maxima",
            Overview::Minimum => "minima",
            Overview::Mode => "most frequent numbers",
            Overview::Nearest => "north-western pixels",
        };
        format!(
            "{pixels} pixels of its chunk are not the {made} of level {}; the first, in row {row}, column {col}, is {stored} and must be {due}",
            finer.index
        )
    }
}

#[cfg(test)]
mod tests {
    use floe_shared::grid::Grid;
    use floe_shared::pyramid::levels;
    use ndarray::Array2;

    use super::*;

    /// A tile of 800 pixels, with two overviews of its own.
    fn sound() -> Vec<(Level, Pixels)> {
        let grid = Grid::new(0.0125, 10.0).unwrap();
        let mut pixels: Plane = Array2::from_shape_fn((800, 800), |(row, col)| {
            if (row / 3 + col / 5) % 4 == 0 { 0 } else { 8000 + (row * 7 + col) as u16 % 5000 }
        })
        .into();
        let mut result = Vec::new();
        for level in levels(grid).into_iter().take(3) {
            if level.index > 0 {
                pixels = halve(&pixels, Overview::Mean, Scalar::Int(0));
            }
            result.push((level, Pixels::Stored(pixels.clone())));
        }
        result
    }

    fn valid(levels: &[(Level, Pixels)]) -> Promise {
        let Pixels::Stored(Plane::U16(pixels)) = &levels[0].1 else {
            panic!("the finest level is there")
        };
        Promise::Pixels(pixels.iter().filter(|&&pixel| pixel != 0).count() as u64)
    }

    fn found(levels: &[(Level, Pixels)], promise: Promise) -> Vec<(u32, String)> {
        let variable = &crate::recipe::Recipe::modis_lst().schema.variables[0];
        tile(levels, promise, variable)
            .unwrap()
            .into_iter()
            .map(|(level, what)| (level.index, what))
            .collect()
    }

    #[test]
    fn a_sound_tile_has_no_problem_whatever_is_known_of_its_commit() {
        let levels = sound();
        assert_eq!(found(&levels, valid(&levels)), []);
        assert_eq!(found(&levels, Promise::Unsaid), []);
        let empty: Vec<_> = levels.iter().map(|(level, _)| (*level, Pixels::Fill)).collect();
        assert_eq!(found(&empty, Promise::Pixels(0)), []);
        assert_eq!(found(&empty, Promise::NoCommit), []);
    }

    #[test]
    fn a_wrong_count_is_named_with_both_numbers() {
        let levels = sound();
        let Promise::Pixels(count) = valid(&levels) else { panic!("a count") };
        let what = format!("{count} valid pixels are stored, the commit's message promises 17");
        assert_eq!(found(&levels, Promise::Pixels(17)), [(0, what)]);
    }

    #[test]
    fn a_chunk_that_is_missing_is_told_from_pixels_that_are() {
        let mut levels = sound();
        levels[0].1 = Pixels::Fill;
        let problems = found(&levels, Promise::Pixels(3));
        assert_eq!(
            problems[0].1,
            "no chunk is stored, the commit's message promises 3 valid pixels"
        );
        // Its overview then shows pixels that are not there.
        assert_eq!((problems.len(), problems[1].0), (2, 1));
    }

    #[test]
    fn one_pixel_of_an_overview_is_found_and_named() {
        let mut levels = sound();
        let promise = valid(&levels);
        let Pixels::Stored(Plane::U16(pixels)) = &mut levels[2].1 else { panic!("a level") };
        let due = pixels[(7, 9)];
        pixels[(7, 9)] = due + 1;
        let what = format!(
            "1 pixels of its chunk are not the means of level 1; the first, in row 7, column 9, is {} and must be {due}",
            due + 1
        );
        assert_eq!(found(&levels, promise), [(2, what)]);
    }

    #[test]
    fn what_lies_above_a_damaged_chunk_is_not_judged_by_it() {
        let mut levels = sound();
        levels[1].1 = Pixels::Damaged("broken".to_owned());
        assert_eq!(found(&levels, valid(&levels)), [(1, "broken".to_owned())]);
        levels[0].1 = Pixels::Skipped;
        assert_eq!(found(&levels, Promise::Pixels(1)), [(1, "broken".to_owned())]);
    }

    #[test]
    fn numbers_that_no_measurement_can_have_are_found() {
        let mut levels = sound();
        let promise = valid(&levels);
        let Pixels::Stored(Plane::U16(pixels)) = &mut levels[0].1 else { panic!("a level") };
        pixels[(2, 799)] = 7499;
        let problems = found(&levels, promise);
        assert_eq!(
            problems[0].1,
            "1 pixels hold numbers outside of the valid range, 7500 to 65535"
        );
    }
}
