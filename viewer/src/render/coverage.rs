//! Polygons of land and lakes as a picture of coverage. Pure.
//!
//! Exact coverage per texel by signed areas: each edge adds to the texels of its rows the area to its
//! right, and a running sum along the row gives the winding-weighted coverage (the method of Raph
//! Levien's font-rs). Even and odd are told apart by folding that sum, so the rings' orientation does
//! not matter; holes and lakes are just further rings. The picture is made in bands of rows, so that the
//! sums stay in the processor's cache, and of a row only the texels that an edge touches are summed up: what lies
//! between them is all land or all sea.

use std::ops::Range;

/// Rows of the picture that are made at once.
const BAND: usize = 64;

/// A picture of coverage in the making, of the places inside an odd number of rings.
pub(super) struct Coverage {
    size: (usize, usize),
    rings: Vec<Ring>,
    sums: Band,
}

impl Coverage {
    /// A picture of so many columns and rows of the whole world. Rings are closed lists of longitude and
    /// latitude in degrees that do not cross the antimeridian.
    pub(super) fn new<'a>(
        rings: impl IntoIterator<Item = &'a [(f64, f64)]>,
        size: (usize, usize),
    ) -> Self {
        let rings = rings.into_iter().map(|ring| Ring::new(ring, size)).collect();
        Self { size, rings, sums: Band::new(size.0, BAND.min(size.1)) }
    }

    /// How many bands of rows the picture has.
    pub(super) const fn bands(&self) -> usize {
        self.size.1.div_ceil(BAND)
    }

    /// Coverage, 0 to 255, of a band of rows, row by row from the north-west; bands count from the north.
    pub(super) fn band(&mut self, index: usize) -> Vec<u8> {
        let (width, height) = self.size;
        let (top, bottom) = (index * BAND, height.min((index + 1) * BAND));
        let (first, last) = (top as f32, bottom as f32);
        for ring in self.rings.iter().filter(|ring| ring.top < last && ring.bottom > first) {
            for (from, to) in ring.edges() {
                if from.1.min(to.1) < last && from.1.max(to.1) > first {
                    self.sums.add_edge(top..bottom, from, to);
                }
            }
        }
        let mut texels = vec![0; width * (bottom - top)];
        for (row, texels) in texels.chunks_exact_mut(width).enumerate() {
            self.sums.take_row(row, texels);
        }
        texels
    }
}

/// Signed areas of a band of rows.
struct Band {
    /// One more column takes up what edges at 180° E add.
    stride: usize,
    areas: Vec<f32>,
    /// A bit for each column, in words: whether an edge has touched it.
    words: usize,
    touched: Vec<u64>,
}

impl Band {
    fn new(width: usize, rows: usize) -> Self {
        let stride = width + 2;
        let words = stride.div_ceil(64);
        Self { stride, areas: vec![0.0; stride * rows], words, touched: vec![0; words * rows] }
    }

    /// Sums a row up into texels, and clears it.
    fn take_row(&mut self, row: usize, texels: &mut [u8]) {
        let areas = &mut self.areas[row * self.stride..][..self.stride];
        let touched = &mut self.touched[row * self.words..][..self.words];
        let (mut sum, mut shade, mut begin) = (0.0_f32, 0, 0);
        for (word, bits) in touched.iter_mut().enumerate() {
            while *bits != 0 {
                let column = word * 64 + bits.trailing_zeros() as usize;
                *bits &= *bits - 1;
                sum += std::mem::take(&mut areas[column]);
                if column < texels.len() {
                    texels[begin..column].fill(shade);
                    shade = share(sum);
                    begin = column;
                }
            }
        }
        texels[begin..].fill(shade);
    }

    /// Adds the signed area to the right of an edge to the sums of a band of rows.
    #[expect(clippy::float_cmp, reason = "an edge is level only if both ends are the same number")]
    fn add_edge(&mut self, band: Range<usize>, from: (f32, f32), to: (f32, f32)) {
        if from.1 == to.1 {
            return;
        }
        let (sign, top, bottom) = if from.1 < to.1 { (1.0, from, to) } else { (-1.0, to, from) };
        let slope = (bottom.0 - top.0) / (bottom.1 - top.1);
        let rows = (top.1 as usize).max(band.start)..(bottom.1.ceil() as usize).min(band.end);
        let mut x = top.0 + slope * (rows.start as f32 - top.1).max(0.0);
        for row in rows {
            let stride = self.stride;
            let line = &mut self.areas[(row - band.start) * stride..][..stride];
            let dy = bottom.1.min((row + 1) as f32) - top.1.max(row as f32);
            let next = x + slope * dy;
            let share = sign * dy;
            let (left, right) = if x < next { (x, next) } else { (next, x) };
            x = next;
            let first = left.floor().max(0.0);
            let (index, end) = (first as usize, right.ceil() as usize);
            let touched = &mut self.touched[(row - band.start) * self.words..][..self.words];
            for column in index..=end.max(index + 1).min(stride - 1) {
                touched[column / 64] |= 1 << (column % 64);
            }
            if end <= index + 1 {
                // Within one texel: what lies right of the edge's middle is covered.
                let middle = 0.5 * (left + right) - first;
                line[index] += share * (1.0 - middle);
                line[index + 1] += share * middle;
                continue;
            }
            let per_column = 1.0 / (right - left);
            let entry = 1.0 - (left - first);
            let covered_first = 0.5 * per_column * entry * entry;
            line[index] += share * covered_first;
            let exit = right - (end as f32 - 1.0);
            let covered_last = 0.5 * per_column * exit * exit;
            if end == index + 2 {
                line[index + 1] += share * (1.0 - covered_first - covered_last);
            } else {
                line[index + 1] += share * (per_column * (entry + 0.5) - covered_first);
                for column in &mut line[index + 2..end - 1] {
                    *column += share * per_column;
                }
                let before = per_column * (entry + (end - index - 3) as f32 + 0.5);
                line[end - 1] += share * (1.0 - before - covered_last);
            }
            line[end.min(stride - 1)] += share * covered_last;
        }
    }
}

/// How much of a texel lies inside an odd number of rings, 0 to 255, by the sum of the areas up to it.
fn share(sum: f32) -> u8 {
    // 0, ±2, ... are outside, ±1, ±3, ... inside.
    let half = sum * 0.5;
    let folded = (half - half.floor()) * 2.0 - 1.0;
    ((1.0 - folded.abs()) * 255.0 + 0.5) as u8
}

/// A ring in texels.
struct Ring {
    places: Vec<(f32, f32)>,
    top: f32,
    bottom: f32,
}

impl Ring {
    fn new(ring: &[(f64, f64)], (width, height): (usize, usize)) -> Self {
        let at = |&(lon, lat): &(f64, f64)| {
            let x = ((lon + 180.0) / 360.0).clamp(0.0, 1.0) * width as f64;
            let y = ((90.0 - lat) / 180.0).clamp(0.0, 1.0) * height as f64;
            (x as f32, y as f32)
        };
        let places: Vec<_> = ring.iter().map(at).collect();
        let top = places.iter().fold(f32::INFINITY, |top, place| top.min(place.1));
        let bottom = places.iter().fold(f32::NEG_INFINITY, |bottom, place| bottom.max(place.1));
        Self { places, top, bottom }
    }

    /// From place to place, and back to the first.
    fn edges(&self) -> impl Iterator<Item = ((f32, f32), (f32, f32))> {
        let next = self.places.iter().cycle().skip(1);
        self.places.iter().copied().zip(next.copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage<'a>(
        rings: impl IntoIterator<Item = &'a [(f64, f64)]>,
        size: (usize, usize),
    ) -> Vec<u8> {
        let mut coverage = Coverage::new(rings, size);
        (0..coverage.bands()).flat_map(|band| coverage.band(band)).collect()
    }

    #[test]
    fn a_square_covers_its_texels_and_half_of_those_at_its_edge() {
        // 36 x 18 texels of 10°.
        let square = [(0.0, 0.0), (25.0, 0.0), (25.0, 30.0), (0.0, 30.0)];
        let picture = coverage([&square[..]], (36, 18));
        let at = |col: usize, row: usize| picture[row * 36 + col];
        assert_eq!([at(17, 7), at(18, 7), at(19, 7), at(20, 7), at(21, 7)], [0, 255, 255, 128, 0]);
        assert_eq!([at(18, 5), at(18, 6), at(18, 8), at(18, 9)], [0, 255, 255, 0]);
    }

    #[test]
    fn the_orientation_of_rings_and_holes_does_not_matter() {
        let outer = [(-90.0, -40.0), (90.0, -40.0), (90.0, 40.0), (-90.0, 40.0)];
        let hole = [(-10.0, -10.0), (10.0, -10.0), (10.0, 10.0), (-10.0, 10.0)];
        let turned: Vec<_> = hole.iter().rev().copied().collect();
        let a = coverage([&outer[..], &hole[..]], (36, 18));
        let b = coverage([&outer[..], &turned[..]], (36, 18));
        assert_eq!(a, b);
        assert_eq!((a[9 * 36 + 18], a[9 * 36 + 22], a[9 * 36 + 30]), (0, 255, 0));
    }

    #[test]
    fn slanted_edges_cover_the_area_below_them() {
        let triangle = [(-180.0, -90.0), (180.0, -90.0), (180.0, 90.0)];
        for size in [(36, 18), (40, 20), (17, 9), (360, 18)] {
            let picture = coverage([&triangle[..]], size);
            let sum: f64 = picture.iter().map(|&value| f64::from(value) / 255.0).sum();
            let share = sum / (size.0 * size.1) as f64;
            assert!((share - 0.5).abs() < 2e-3, "{size:?}: {share}");
        }
    }

    #[test]
    fn land_up_to_the_pole_and_the_antimeridian_is_closed() {
        let polar = [(-180.0, -90.0), (-180.0, -70.0), (180.0, -70.0), (180.0, -90.0)];
        let picture = coverage([&polar[..]], (36, 18));
        assert!(picture[16 * 36..].iter().all(|&value| value == 255));
        assert!(picture[..16 * 36].iter().all(|&value| value == 0));
    }
}
