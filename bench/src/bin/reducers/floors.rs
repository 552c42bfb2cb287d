//! For each statistic the best loop that is written for it alone: one pass over an observation, no step that another statistic or
//! type would need.

use anyhow::bail;
use floe_raster::samples::Samples;
use floe_shared::schema::Statistic;

/// Statistics that have a floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    Mean,
    Maximum,
    Minimum,
    Sum,
    Count,
    Deviation,
    First,
    Last,
    Share,
    FirstDay,
    LastDay,
    RunLength,
    Median,
}

/// No data, as it is stored.
const FILL: u32 = u32::MAX;
/// Observations from here on hit.
const WARM: u16 = 14_250;

impl Floor {
    pub(crate) const ALL: [Self; 13] = [
        Self::Mean,
        Self::Maximum,
        Self::Minimum,
        Self::Sum,
        Self::Count,
        Self::Deviation,
        Self::First,
        Self::Last,
        Self::Share,
        Self::FirstDay,
        Self::LastDay,
        Self::RunLength,
        Self::Median,
    ];

    pub(crate) const fn statistic(self) -> Statistic {
        match self {
            Self::Mean => Statistic::Mean,
            Self::Maximum => Statistic::Maximum,
            Self::Minimum => Statistic::Minimum,
            Self::Sum => Statistic::Sum,
            Self::Count => Statistic::Count,
            Self::Deviation => Statistic::StandardDeviation,
            Self::First => Statistic::First,
            Self::Last => Statistic::Last,
            Self::Share => Statistic::Share,
            Self::FirstDay => Statistic::FirstDay,
            Self::LastDay => Statistic::LastDay,
            Self::RunLength => Statistic::RunLength,
            Self::Median => Statistic::Median,
        }
    }
}

/// Makes a statistic of a window's observations.
pub(crate) fn run(
    floor: Floor,
    seen: &[[Samples; 2]],
    pixels: usize,
    composites: usize,
) -> anyhow::Result<Samples> {
    let mut bands = Vec::new();
    for observation in seen {
        let [Samples::U16(temperatures), Samples::U8(flags)] = observation else {
            bail!("expected numbers of 16 and of 8 bits");
        };
        bands.push((temperatures.as_slice(), flags.as_slice()));
    }
    let seen = Seen { bands, pixels, composites };
    Ok(Samples::U32(match floor {
        Floor::Mean => seen.mean(),
        Floor::Maximum => seen.one(0, |state, number, good| (*state).max(number & good), from_one),
        Floor::Minimum => seen.one(
            u16::MAX,
            |state, number, good| (*state).min(number | !good),
            |number| if number == u16::MAX { FILL } else { number.into() },
        ),
        Floor::Sum => seen.one(
            0_u32,
            |state, number, good| state.wrapping_add(u32::from(number & good)),
            |sum| if sum == 0 { FILL } else { sum },
        ),
        Floor::Count => seen.one(
            0_u8,
            |state, _, good| state.wrapping_add(good as u8 & 1),
            |count| {
                if count == 0 { FILL } else { count.into() }
            },
        ),
        Floor::Deviation => seen.deviation(),
        Floor::First => {
            seen.one(0, |state, number, good| *state | number & good & mask(*state == 0), from_one)
        }
        Floor::Last => seen.one(0, |state, number, good| number & good | *state & !good, from_one),
        Floor::Share => seen.share(),
        Floor::FirstDay => {
            seen.day(|state, composite, hit| state | composite & hit & byte(state == 0))
        }
        Floor::LastDay => seen.day(|state, composite, hit| composite & hit | state & !hit),
        Floor::RunLength => seen.run_length(),
        Floor::Median => seen.median(),
    }))
}

const fn mask(holds: bool) -> u16 {
    (holds as u16).wrapping_neg()
}

const fn byte(holds: bool) -> u8 {
    (holds as u8).wrapping_neg()
}

const fn from_one(number: u16) -> u32 {
    if number == 0 { FILL } else { number as u32 }
}

/// 65535 where an observation counts.
const fn good(number: u16, flags: u8) -> u16 {
    mask(number >= 7500) & mask(flags & 0b10 == 0)
}

/// The observations of a window.
struct Seen<'a> {
    bands: Vec<(&'a [u16], &'a [u8])>,
    pixels: usize,
    composites: usize,
}

impl Seen<'_> {
    fn observations(&self) -> impl Iterator<Item = (u8, (&[u16], &[u8]))> {
        (0..self.composites).map(|at| (at as u8 + 1, self.bands[at % self.bands.len()]))
    }

    /// A statistic with one number of state.
    fn one<S: Copy>(
        &self,
        start: S,
        next: impl Fn(&S, u16, u16) -> S,
        result: impl Fn(S) -> u32,
    ) -> Vec<u32> {
        let mut states = vec![start; self.pixels];
        for (_, (temperatures, flags)) in self.observations() {
            for ((state, number), flags) in states.iter_mut().zip(temperatures).zip(flags) {
                *state = next(state, *number, good(*number, *flags));
            }
        }
        states.into_iter().map(result).collect()
    }

    fn mean(&self) -> Vec<u32> {
        let (mut sums, mut counts) = (vec![0_u32; self.pixels], vec![0_u16; self.pixels]);
        for (_, (temperatures, flags)) in self.observations() {
            let state = sums.iter_mut().zip(&mut counts);
            for ((sum, count), (number, flags)) in state.zip(temperatures.iter().zip(flags)) {
                let good = good(*number, *flags);
                *sum += u32::from(number & good);
                *count += good & 1;
            }
        }
        let mean = |(sum, count): (&u32, &u16)| match count {
            0 => FILL,
            count => (f64::from(*sum) / f64::from(*count)).round_ties_even() as u32,
        };
        sums.iter().zip(&counts).map(mean).collect()
    }

    fn deviation(&self) -> Vec<u32> {
        let (mut sums, mut counts) = (vec![0_u32; self.pixels], vec![0_u16; self.pixels]);
        let mut squares = vec![0_u64; self.pixels];
        for (_, (temperatures, flags)) in self.observations() {
            let state = sums.iter_mut().zip(&mut counts).zip(&mut squares);
            for (((sum, count), square), (number, flags)) in
                state.zip(temperatures.iter().zip(flags))
            {
                let good = good(*number, *flags);
                let number = u32::from(number & good);
                *sum += number;
                *square += u64::from(number * number);
                *count += good & 1;
            }
        }
        let deviation = |((sum, count), square): ((&u32, &u16), &u64)| match count {
            0 => FILL,
            count => {
                let (sum, count) = (u64::from(*sum), u64::from(*count));
                let root = ((count * square - sum * sum) as f64).sqrt();
                (root / count as f64).round_ties_even() as u32
            }
        };
        sums.iter().zip(&counts).zip(&squares).map(deviation).collect()
    }

    fn share(&self) -> Vec<u32> {
        let (mut hits, mut counts) = (vec![0_u8; self.pixels], vec![0_u8; self.pixels]);
        for (_, (temperatures, flags)) in self.observations() {
            let state = hits.iter_mut().zip(&mut counts);
            for ((hits, count), (number, flags)) in state.zip(temperatures.iter().zip(flags)) {
                let good = good(*number, *flags);
                *count += good as u8 & 1;
                *hits += (good & mask(*number >= WARM)) as u8 & 1;
            }
        }
        let share = |(hits, count): (&u8, &u8)| match count {
            0 => FILL,
            count => (f64::from(*hits) / f64::from(*count) / 0.0001).round_ties_even() as u32,
        };
        hits.iter().zip(&counts).map(share).collect()
    }

    fn day(&self, next: impl Fn(u8, u8, u8) -> u8) -> Vec<u32> {
        let mut days = vec![0_u8; self.pixels];
        for (composite, (temperatures, flags)) in self.observations() {
            for ((day, number), flags) in days.iter_mut().zip(temperatures).zip(flags) {
                let hit = byte(*number >= WARM) & byte(flags & 0b10 == 0);
                *day = next(*day, composite, hit);
            }
        }
        let day = |day: u8| if day == 0 { FILL } else { (u32::from(day) - 1) * 8 + 1 };
        days.into_iter().map(day).collect()
    }

    fn run_length(&self) -> Vec<u32> {
        let zeros = || vec![0_u8; self.pixels];
        let (mut open, mut longest, mut seen) = (zeros(), zeros(), zeros());
        for (_, (temperatures, flags)) in self.observations() {
            let state = open.iter_mut().zip(&mut longest).zip(&mut seen);
            for (((open, longest), seen), (number, flags)) in
                state.zip(temperatures.iter().zip(flags))
            {
                let good = byte(*number >= 7500) & byte(flags & 0b10 == 0);
                *seen |= good;
                *open = (*open + 1) & good & byte(*number >= WARM);
                *longest = (*longest).max(*open);
            }
        }
        let length =
            |(longest, seen): (&u8, &u8)| if *seen == 0 { FILL } else { (*longest).into() };
        longest.iter().zip(&seen).map(length).collect()
    }

    /// Sorted across pixels by Batcher's network; what does not count is the greatest number.
    fn median(&self) -> Vec<u32> {
        const LANES: usize = 64;
        let pairs = network(self.composites);
        let mut out = Vec::with_capacity(self.pixels);
        let mut rows = vec![[i16::MAX; LANES]; self.composites];
        for start in (0..self.pixels).step_by(LANES) {
            let end = self.pixels.min(start + LANES);
            let mut counts = [0_u16; LANES];
            for ((_, (temperatures, flags)), row) in self.observations().zip(&mut rows) {
                let numbers = temperatures[start..end].iter().zip(&flags[start..end]);
                for ((key, count), (number, flags)) in row.iter_mut().zip(&mut counts).zip(numbers)
                {
                    let good = good(*number, *flags);
                    *key = ((number | !good) ^ 0x8000) as i16;
                    *count += good & 1;
                }
            }
            for &(low, high) in &pairs {
                let (before, after) = rows.split_at_mut(high);
                for (low, high) in before[low].iter_mut().zip(&mut after[0]) {
                    let (a, b) = (*low, *high);
                    (*low, *high) = (a.min(b), a.max(b));
                }
            }
            for (lane, count) in counts.into_iter().map(usize::from).enumerate().take(end - start) {
                let number = |row: usize| f64::from(rows[row][lane] as u16 ^ 0x8000);
                out.push(if count == 0 {
                    FILL
                } else {
                    let middle = number((count - 1) / 2) + number(count / 2);
                    (middle / 2.0).round_ties_even() as u32
                });
            }
        }
        out
    }
}

/// The pairs of rows that Batcher's odd-even merge sort orders.
fn network(rows: usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut merged = 1;
    while merged < rows {
        let mut apart = merged;
        while apart >= 1 {
            for start in (apart % merged..rows.saturating_sub(apart)).step_by(2 * apart) {
                for low in start..(start + apart).min(rows - apart) {
                    if low / (2 * merged) == (low + apart) / (2 * merged) {
                        pairs.push((low, low + apart));
                    }
                }
            }
            apart /= 2;
        }
        merged *= 2;
    }
    pairs
}
