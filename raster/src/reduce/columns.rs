//! Medians and percentiles: all numbers of a pixel, sorted across many pixels at once.

use std::ops::Range;
use std::sync::OnceLock;

use floe_shared::schema::Statistic;

use super::part::Part;
use super::sample::Sample;
use super::{Calendar, State, Wanted};

/// Pixels that are sorted together.
const LANES: usize = 64;

/// Groups whose rows are copied together: rows of two pages of memory, all of which fit the second cache.
const COPIED: usize = 32;

/// Rows of each group for which addresses are asked for at once; systems give memory for those that are written to, and move a list of
/// more without a copy.
const RESERVED: usize = 16;

/// Up to so many numbers a pixel they are sorted by a network of minima and maxima; beyond, the numbers of a rank are selected
/// pixel by pixel, whose cost grows less.
const MOST_BY_NETWORK: usize = 128;

/// The numbers that count, in rows of [`LANES`] pixels that lie beside each other, a pixel's own one below the other in any order.
/// An observation without a number for such a group of pixels takes no row of it, and one whose pixels have none in the
/// group's last row goes there.
#[derive(Debug)]
pub(super) struct Columns<T: Sample> {
    /// The rows of all groups in the order in which they were begun. Where a pixel has no number there is the greatest one.
    keys: Vec<T::Key>,
    /// Where rows begin in `keys`, counted in rows: of the groups' first rows, of their second ones and so on.
    starts: Vec<Vec<u32>>,
    groups: Vec<Group>,
}

/// What is known of a group of pixels.
#[derive(Clone, Debug, Default)]
struct Group {
    /// How many rows it has.
    rows: u32,
    /// Which pixels have a number in the last one.
    last: u64,
}

impl<T: Sample> Columns<T> {
    /// Of a window whose pixels have up to so many numbers for the most part.
    pub(super) fn new(pixels: usize, numbers: usize) -> Self {
        let groups = vec![Group::default(); pixels.div_ceil(LANES)];
        let keys = Vec::with_capacity(groups.len() * LANES * numbers.min(RESERVED));
        Self { keys, starts: Vec::new(), groups }
    }

    /// Takes in the numbers of neighbours in a group, from a lane on.
    fn add_to_group(&mut self, index: usize, lane: usize, numbers: &[T], keep: &[u8]) {
        let lanes = bits(keep) << lane;
        if lanes == 0 {
            return;
        }
        let numbers = numbers.iter().zip(keep);
        let group = &mut self.groups[index];
        if group.rows > 0 && group.last & lanes == 0 {
            group.last |= lanes;
            let start = self.starts[group.rows as usize - 1][index] as usize * LANES + lane;
            for (key, (number, keep)) in self.keys[start..].iter_mut().zip(numbers) {
                *key = T::select(*keep, *number, T::of_key(*key)).key();
            }
            return;
        }
        let row = group.rows as usize;
        *group = Group { rows: group.rows + 1, last: lanes };
        if self.starts.len() == row {
            self.starts.push(vec![0; self.groups.len()]);
        }
        self.starts[row][index] = (self.keys.len() / LANES) as u32;
        let missing = T::GREATEST.key();
        let end = self.keys.len() + LANES;
        self.keys.resize(self.keys.len() + lane, missing);
        self.keys
            .extend(numbers.map(|(number, keep)| T::select(*keep, *number, T::GREATEST).key()));
        self.keys.resize(end, missing);
    }

    /// Copies the rows of groups that follow on each other, a list for each. Rows that were begun together lie together: so memory
    /// is read in pieces that are worth fetching.
    fn copy_rows(&self, first: usize, copies: &mut [Vec<[T::Key; LANES]>]) {
        copies.iter_mut().for_each(Vec::clear);
        let groups = &self.groups[first..first + copies.len()];
        let most = groups.iter().map(|group| group.rows).max().unwrap_or_default();
        for (row, starts) in self.starts.iter().take(most as usize).enumerate() {
            let starts = &starts[first..first + copies.len()];
            for ((copy, group), start) in copies.iter_mut().zip(groups).zip(starts) {
                if row < group.rows as usize {
                    copy.extend(self.keys[*start as usize * LANES..].first_chunk());
                }
            }
        }
    }
}

/// The bits of up to 64 masks, the first one lowest.
fn bits(masks: &[u8]) -> u64 {
    let (eights, rest) = masks.as_chunks::<8>();
    let byte = |eight: &[u8; 8]| {
        // The products of the lowest bits with the factor's bits meet in the highest byte, none of them twice.
        let lowest = u64::from_le_bytes(*eight) & 0x0101_0101_0101_0101;
        lowest.wrapping_mul(0x0102_0408_1020_4080) >> 56
    };
    let of_eights = eights.iter().rev().fold(0, |bits, eight| bits << 8 | byte(eight));
    let of_rest = rest.iter().rev().fold(0, |bits, mask| bits << 1 | u64::from(mask & 1));
    // There is room for no rest beside eight of eights.
    of_rest.unbounded_shl(8 * eights.len() as u32) | of_eights
}

impl<T: Sample> State for Columns<T> {
    fn add(&mut self, part: &Part<'_>) {
        let Some(numbers) = T::numbers(part.band) else { return };
        for span in part.spans {
            let (mut numbers, mut keep) = (span.of_band(part, numbers), span.of_part(part.keep));
            let mut target = span.target;
            while !numbers.is_empty() {
                let length = (LANES - target % LANES).min(numbers.len());
                let ((first, numbers_left), (mask, keep_left)) =
                    (numbers.split_at(length), keep.split_at(length));
                self.add_to_group(target / LANES, target % LANES, first, mask);
                (numbers, keep) = (numbers_left, keep_left);
                target += length;
            }
        }
    }

    fn write(
        &self,
        wanted: &[Wanted],
        pixels: Range<usize>,
        counts: &[u16],
        _: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        let mut selector = Selector::<T>::default();
        let mut copies = vec![Vec::new(); COPIED];
        let groups =
            counts.chunks(LANES).enumerate().map(|(group, counts)| (group * LANES, counts));
        let groups: Vec<(usize, &[u16])> = groups.collect();
        for groups in groups.chunks(COPIED) {
            let copies = &mut copies[..groups.len()];
            self.copy_rows((pixels.start + groups[0].0) / LANES, copies);
            for (rows, &(start, counts)) in copies.iter_mut().zip(groups) {
                sort::<T>(rows);
                for (lane, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                    for (wanted, numbers) in wanted.iter().zip(numbers.iter_mut()) {
                        numbers[start + lane] =
                            selector.at(rows, lane, count.into(), millionths(wanted.statistic));
                    }
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

/// Finds numbers in columns of a few pixels.
#[derive(Debug)]
struct Selector<T: Sample> {
    /// One column, where there are many rows.
    column: Vec<T::Key>,
}

impl<T: Sample> Default for Selector<T> {
    fn default() -> Self {
        Self { column: Vec::new() }
    }
}

impl<T: Sample> Selector<T> {
    /// The number of a lane of rows that went through [`sort`] at a rank, linear between the two that are next to it.
    ///
    /// Exact for integers until the one division, whose result is never so near to a half that a double hides on which side.
    fn at(&mut self, rows: &[[T::Key; LANES]], lane: usize, count: usize, millionths: u32) -> f64 {
        let rank = (count as u64 - 1) * u64::from(millionths);
        let (whole, rest) = ((rank / 1_000_000) as usize, (rank % 1_000_000) as f64);
        let [low, high] = self.pair(rows, lane, count, whole);
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
    fn pair(
        &mut self,
        rows: &[[T::Key; LANES]],
        lane: usize,
        count: usize,
        rank: usize,
    ) -> [f64; 2] {
        let next = (rank + 1).min(count - 1);
        let number = |key| T::of_key(key).number();
        if rows.len() <= MOST_BY_NETWORK {
            return [rank, next].map(|row| number(rows[row][lane]));
        }
        self.column.clear();
        self.column.extend(rows.iter().map(|keys| keys[lane]));
        let order = |a: &T::Key, b: &T::Key| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
        let (_, low, above) = self.column.select_nth_unstable_by(rank, order);
        let low = *low;
        let least = above.iter().copied().min_by(order).unwrap_or(low);
        [number(low), number(if next > rank { least } else { low })]
    }
}

/// Sorts the columns of some rows, if there are not too many.
fn sort<T: Sample>(rows: &mut [[T::Key; LANES]]) {
    let count = rows.len();
    if count > MOST_BY_NETWORK {
        return;
    }
    for &(low, high) in NETWORKS[count].get_or_init(|| network(count)) {
        let [low, high] = [usize::from(low), usize::from(high)];
        let (before, after) = rows.split_at_mut(high);
        for (low, high) in before[low].iter_mut().zip(&mut after[0]) {
            let (a, b) = (*low, *high);
            *low = if b < a { b } else { a };
            *high = if b < a { a } else { b };
        }
    }
}

/// By how many rows there are: the pairs of rows that are to be ordered, once they were needed.
static NETWORKS: [OnceLock<Vec<(u8, u8)>>; MOST_BY_NETWORK + 1] =
    [const { OnceLock::new() }; MOST_BY_NETWORK + 1];

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
    fn masks_become_bits() {
        for length in 0..=64_usize {
            let masks: Vec<u8> =
                (0..length).map(|at| if at * at % 7 < 3 { 255 } else { 0 }).collect();
            let expected = |at: usize| u64::from(masks[at] & 1) << at;
            assert_eq!(bits(&masks), (0..length).map(expected).sum::<u64>(), "{length}");
        }
    }

    #[test]
    fn groups_have_rows_for_numbers_that_count_alone() {
        let mut columns = Columns::<u16>::new(2 * LANES, 4);
        let mut add = |lanes: Range<usize>, number: u16, keep: u8| {
            columns.add_to_group(
                1,
                lanes.start,
                &vec![number; lanes.len()],
                &vec![keep; lanes.len()],
            );
        };
        add(0..40, 7, 255);
        add(0..64, 1, 0);
        // Beside those of the last row, then beneath one of them.
        add(40..64, 8, 255);
        add(39..41, 9, 255);
        assert_eq!(columns.keys.len(), 2 * LANES);
        let mut copies = vec![Vec::new(); 2];
        columns.copy_rows(0, &mut copies);
        assert!(copies[0].is_empty());
        let numbers = |row: usize, lane: usize| u16::of_key(copies[1][row][lane]);
        assert_eq!([0, 39, 40, 63].map(|lane| numbers(0, lane)), [7, 7, 8, 8]);
        assert_eq!([0, 39, 40, 63].map(|lane| numbers(1, lane)), [u16::MAX, 9, 9, u16::MAX]);
    }

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
