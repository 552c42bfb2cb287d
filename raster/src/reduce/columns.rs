//! Medians and percentiles: all numbers of a pixel, sorted across many pixels at once.

use std::ops::Range;

use floe_shared::schema::Statistic;

use super::part::Part;
use super::sample::Sample;
use super::{Calendar, State, Wanted};

/// Pixels that are sorted together.
const LANES: usize = 64;

/// Up to so many numbers a pixel they are sorted by a network of minima and maxima; beyond, the numbers of a rank are selected
/// pixel by pixel, whose cost grows less.
const MOST_BY_NETWORK: usize = 128;

/// The numbers of each pixel: rows of the window's pixels, of which a pixel's first observation is in the first, its second in the
/// second, whatever observations those are. Numbers that do not count are the greatest there is.
#[derive(Debug)]
pub(super) struct Columns<T: Sample> {
    rows: Vec<Vec<T::Key>>,
    /// How many observations each pixel has.
    filled: Vec<u16>,
}

impl<T: Sample> Columns<T> {
    pub(super) fn new(pixels: usize) -> Self {
        Self { rows: Vec::new(), filled: vec![0; pixels] }
    }
}

impl<T: Sample> State for Columns<T> {
    fn add(&mut self, part: &Part<'_>) {
        let Some(numbers) = T::numbers(part.band) else { return };
        let missing = T::GREATEST.key();
        let pixels = self.filled.len();
        for span in part.spans {
            let (numbers, keep) = (span.of_band(part, numbers), span.of_part(part.keep));
            let filled = span.of_window_mut(&mut self.filled);
            // Pixels beside each other have mostly as many observations, and most often all of them.
            let are_alike =
                filled.iter().fold(0, |differing, count| differing | count ^ filled[0]) == 0;
            let mut at = 0;
            while at < filled.len() {
                let first = filled[at];
                let alike = if are_alike {
                    filled.len()
                } else {
                    filled[at..].iter().take_while(|count| **count == first).count()
                };
                let row = usize::from(first);
                if row >= self.rows.len() {
                    self.rows.resize_with(row + 1, || vec![missing; pixels]);
                }
                let keys = &mut self.rows[row][span.target + at..][..alike];
                let numbers = numbers[at..at + alike].iter().zip(&keep[at..at + alike]);
                for (key, (number, keep)) in keys.iter_mut().zip(numbers) {
                    *key = T::select(*keep, *number, T::GREATEST).key();
                }
                at += alike;
            }
            for count in filled {
                *count += 1;
            }
        }
    }

    fn most_observations(&self) -> u16 {
        self.filled.iter().copied().max().unwrap_or_default()
    }

    fn write(
        &self,
        wanted: &[Wanted],
        pixels: Range<usize>,
        counts: &[u16],
        _: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        let mut sorter = Sorter::<T>::default();
        for (block, counts) in counts.chunks(LANES).enumerate() {
            let start = block * LANES;
            let from = pixels.start + start;
            sorter.take(self.rows.iter().map(|row| &row[from..from + counts.len()]));
            for (lane, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                for (wanted, numbers) in wanted.iter().zip(numbers.iter_mut()) {
                    numbers[start + lane] =
                        sorter.at(lane, count.into(), millionths(wanted.statistic));
                }
            }
        }
    }
}

/// The share at which a statistic's rank lies.
const fn millionths(statistic: Statistic) -> u32 {
    match statistic {
        Statistic::Percentile(percent) => percent.millionths,
        _ => 500_000,
    }
}

/// Sorts the columns of a few pixels.
#[derive(Debug)]
struct Sorter<T: Sample> {
    /// Rows of lanes, or (of many rows) columns one after the other.
    rows: Vec<[T::Key; LANES]>,
    column: Vec<T::Key>,
    /// By how many rows there are: the pairs of rows that are to be ordered.
    networks: Vec<Vec<(u8, u8)>>,
}

impl<T: Sample> Default for Sorter<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), column: Vec::new(), networks: Vec::new() }
    }
}

impl<T: Sample> Sorter<T> {
    /// Takes the columns of some pixels and sorts them if there are not too many rows.
    fn take<'a>(&mut self, rows: impl Iterator<Item = &'a [T::Key]>)
    where
        T::Key: 'a,
    {
        let missing = T::GREATEST.key();
        self.rows.clear();
        for row in rows {
            // A row without a number needs no sorting; where it holds the greatest number there is, it is told by the count.
            if row.iter().any(|key| *key != missing) {
                let mut lanes = [missing; LANES];
                lanes[..row.len()].copy_from_slice(row);
                self.rows.push(lanes);
            }
        }
        if self.rows.len() <= MOST_BY_NETWORK {
            self.sort();
        }
    }

    fn sort(&mut self) {
        let count = self.rows.len();
        if self.networks.len() <= count {
            self.networks.resize_with(count + 1, Vec::new);
        }
        if self.networks[count].is_empty() {
            self.networks[count] = network(count);
        }
        for &(low, high) in &self.networks[count] {
            let [low, high] = [usize::from(low), usize::from(high)];
            let (before, after) = self.rows.split_at_mut(high);
            for (low, high) in before[low].iter_mut().zip(&mut after[0]) {
                let (a, b) = (*low, *high);
                *low = if b < a { b } else { a };
                *high = if b < a { a } else { b };
            }
        }
    }

    /// The number of a lane at a rank, linear between the two that are next to it.
    ///
    /// Exact for integers until the one division, whose result is never so near to a half that a double hides on which side.
    fn at(&mut self, lane: usize, count: usize, millionths: u32) -> f64 {
        let rank = (count as u64 - 1) * u64::from(millionths);
        let (whole, rest) = ((rank / 1_000_000) as usize, (rank % 1_000_000) as f64);
        let [low, high] = self.pair(lane, count, whole);
        if rest == 0.0 {
            return low;
        }
        if T::IS_WHOLE {
            (low * 1e6 + (high - low) * rest) / 1e6
        } else {
            low + (high - low) * (rest / 1e6)
        }
    }

    /// The numbers of a lane at a rank and the next.
    fn pair(&mut self, lane: usize, count: usize, rank: usize) -> [f64; 2] {
        let next = (rank + 1).min(count - 1);
        let number = |key| T::of_key(key).number();
        // Rows that were left out hold the greatest number.
        let row = |row: usize| self.rows.get(row).map_or(T::GREATEST.key(), |keys| keys[lane]);
        if self.rows.len() <= MOST_BY_NETWORK {
            return [number(row(rank)), number(row(next))];
        }
        self.column.clear();
        self.column.extend(self.rows.iter().map(|keys| keys[lane]));
        self.column.resize(self.rows.len().max(count), T::GREATEST.key());
        let order = |a: &T::Key, b: &T::Key| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
        let (_, low, above) = self.column.select_nth_unstable_by(rank, order);
        let low = *low;
        let least = above.iter().copied().min_by(order).unwrap_or(low);
        [number(low), number(if next > rank { least } else { low })]
    }
}

/// Batcher's odd-even merge sort of any number of rows: Knuth, The Art of Computer Programming, volume 3, algorithm 5.2.2M.
fn network(rows: usize) -> Vec<(u8, u8)> {
    let mut pairs = Vec::new();
    let mut merged = 1;
    while merged < rows {
        let mut apart = merged;
        while apart >= 1 {
            for start in (apart % merged..rows.saturating_sub(apart)).step_by(2 * apart) {
                for low in start..(start + apart).min(rows - apart) {
                    if low / (2 * merged) == (low + apart) / (2 * merged) {
                        pairs.push((low as u8, (low + apart) as u8));
                    }
                }
            }
            apart /= 2;
        }
        merged *= 2;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_sort() {
        // By the zero-one principle; all inputs of few rows, and of many those with one border anywhere and a few flipped.
        for rows in 0..=16_usize {
            let pairs = network(rows);
            for bits in 0..1_u32 << rows {
                let mut bits: Vec<bool> = (0..rows).map(|row| bits >> row & 1 == 1).collect();
                for &(low, high) in &pairs {
                    let [low, high] = [usize::from(low), usize::from(high)];
                    if bits[low] && !bits[high] {
                        bits.swap(low, high);
                    }
                }
                assert!(bits.is_sorted(), "{rows}");
            }
        }
        for rows in [17, 46, 92, 127, MOST_BY_NETWORK] {
            for seed in 0..200_usize {
                let mut numbers: Vec<usize> =
                    (0..rows).map(|row| (row * 7919 + seed * 104_729) % 65_537 % 97).collect();
                for (low, high) in network(rows) {
                    let [low, high] = [usize::from(low), usize::from(high)];
                    if numbers[low] > numbers[high] {
                        numbers.swap(low, high);
                    }
                }
                assert!(numbers.is_sorted(), "{rows}");
            }
        }
    }
}
