//! Bands of one observation whose rasters differ: brought together pixel by pixel of the window.

use crate::run::Run;
use crate::samples::Samples;

/// One band of an observation at all pixels of a window, of which it may speak of some.
#[derive(Clone, Debug)]
pub struct DenseBand {
    numbers: Samples,
    covered: Vec<bool>,
}

impl DenseBand {
    /// Nothing so far of a window of so many pixels, in a type.
    pub fn new(like: &Samples, pixels: usize) -> Self {
        let mut numbers = like.clone();
        crate::with_samples!(&mut numbers, numbers => {
            numbers.clear();
            numbers.resize_with(pixels, Default::default);
        });
        Self { numbers, covered: vec![false; pixels] }
    }

    /// Takes in the numbers of some runs, run after run; numbers of another type are left out.
    pub fn scatter(&mut self, runs: &[Run], numbers: &Samples) {
        macro_rules! scatter {
            ($($kind:ident),*) => {
                match (&mut self.numbers, numbers) {
                    $((Samples::$kind(into), Samples::$kind(from)) => {
                        copy(runs, |place, start, length| {
                            into[place..place + length].copy_from_slice(&from[start..start + length]);
                        });
                    })*
                    _ => return,
                }
            };
        }
        scatter!(U8, I8, U16, I16, U32, I32, F32, F64);
        copy(runs, |place, _, length| self.covered[place..place + length].fill(true));
    }

    /// The numbers of some runs, run after run.
    pub fn pick(&self, runs: &[Run]) -> Samples {
        let mut picked = self.numbers.clone();
        macro_rules! pick {
            ($($kind:ident),*) => {
                match (&mut picked, &self.numbers) {
                    $((Samples::$kind(into), Samples::$kind(from)) => {
                        into.clear();
                        copy(runs, |place, _, length| into.extend(&from[place..place + length]));
                    })*
                    _ => {}
                }
            };
        }
        pick!(U8, I8, U16, I16, U32, I32, F32, F64);
        picked
    }
}

/// The pixels that all bands speak of, as runs that end with the rows of a window of some width.
pub fn common_runs(bands: &[DenseBand], width: usize) -> Vec<Run> {
    let Some((first, others)) = bands.split_first() else { return Vec::new() };
    let mut runs: Vec<Run> = Vec::new();
    for (row, covered) in first.covered.chunks(width.max(1)).enumerate() {
        let start = row * width;
        let mut open: Option<Run> = None;
        for (col, &covered) in covered.iter().enumerate() {
            let pixel = start + col;
            let is_common = covered && others.iter().all(|band| band.covered[pixel]);
            match &mut open {
                Some(run) if is_common => run.length += 1,
                None if is_common => open = Some(Run { target: pixel as u32, length: 1 }),
                _ => runs.extend(open.take()),
            }
        }
        runs.extend(open);
    }
    runs
}

/// Calls with the first pixel of each run, where its numbers begin in the list of all, and its length.
fn copy(runs: &[Run], mut run: impl FnMut(usize, usize, usize)) {
    let mut start = 0;
    for &Run { target, length } in runs {
        run(target as usize, start, length as usize);
        start += length as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_that_one_band_lacks_are_in_no_run() {
        let run = |target, length| Run { target, length };
        let mut first = DenseBand::new(&Samples::U8(Vec::new()), 8);
        first.scatter(&[run(1, 3), run(4, 3)], &Samples::U8(vec![1, 2, 3, 4, 5, 6]));
        let mut second = DenseBand::new(&Samples::F32(Vec::new()), 8);
        second.scatter(&[run(0, 3), run(6, 2)], &Samples::F32(vec![0.5, 1.5, 2.5, 6.5, 7.5]));
        let bands = [first, second];
        let runs = common_runs(&bands, 4);
        assert_eq!(runs, [run(1, 2), run(6, 1)]);
        assert_eq!(bands[0].pick(&runs), Samples::U8(vec![1, 2, 6]));
        assert_eq!(bands[1].pick(&runs), Samples::F32(vec![1.5, 2.5, 6.5]));
        assert_eq!(common_runs(&bands[..1], 4), [run(1, 3), run(4, 3)]);
    }
}
