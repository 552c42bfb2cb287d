//! A bitmap of the land, for asking about many places.

use floe_shared::linework::Line;

use super::LAND_50M;

/// Land at 1:50 million as a global bitmap of square cells; a cell is land when its centre is.
///
/// Row 0 lies in the north, column 0 begins at 180° W.
#[derive(Clone, Debug)]
pub struct LandMask {
    cells_per_degree: u32,
    words_per_row: usize,
    bits: Vec<u64>,
}

impl LandMask {
    /// Scan-converts the land; takes `180 * 360 * cells_per_degree²` bits (3.2 MB for 20).
    ///
    /// A `cells_per_degree` of 0 counts as 1.
    pub fn new(cells_per_degree: u32) -> Self {
        let cells_per_degree = cells_per_degree.max(1);
        let per_degree = f64::from(cells_per_degree);
        let cols = 360 * cells_per_degree as usize;
        let words_per_row = cols.div_ceil(64);
        let rows = 180 * cells_per_degree as usize;
        let mut mask =
            Self { cells_per_degree, words_per_row, bits: vec![0; rows * words_per_row] };
        for (words, longitudes) in
            mask.bits.chunks_mut(words_per_row).zip(row_crossings(&LAND_50M, cells_per_degree))
        {
            for span in longitudes.chunks_exact(2) {
                // The first cells whose centres lie at or beyond the two ends.
                let [begin, end] = [span[0], span[1]].map(|longitude| {
                    let cell = ((longitude + 180.0) * per_degree - 0.5).ceil().max(0.0);
                    (cell as usize).min(cols)
                });
                for col in begin..end {
                    words[col / 64] |= 1 << (col % 64);
                }
            }
        }
        mask
    }

    /// Whether the cell that holds a place is land. Longitudes wrap; latitudes beyond the poles count
    /// as the poles.
    #[inline]
    pub fn contains(&self, longitude: f64, latitude: f64) -> bool {
        let per_degree = f64::from(self.cells_per_degree);
        let east = if (-180.0..180.0).contains(&longitude) {
            longitude + 180.0
        } else {
            (longitude + 180.0).rem_euclid(360.0)
        };
        let cols = 360 * self.cells_per_degree as usize;
        let rows = 180 * self.cells_per_degree as usize;
        let col = ((east * per_degree) as usize).min(cols - 1);
        let row = (((90.0 - latitude) * per_degree) as usize).min(rows - 1);
        self.bits[row * self.words_per_row + col / 64] >> (col % 64) & 1 == 1
    }
}

/// [`crossings`](floe_shared::land::crossings) for the centres of all rows of cells, northernmost first, in one pass over the edges.
fn row_crossings(rings: &[Line], cells_per_degree: u32) -> Vec<Vec<f64>> {
    let per_degree = f64::from(cells_per_degree);
    let centre = |row: usize| 90.0 - (row as f64 + 0.5) / per_degree;
    let mut rows = vec![Vec::new(); 180 * cells_per_degree as usize];
    for (from, to) in rings.iter().flat_map(Line::edges) {
        let row_of = |latitude: f64| ((90.0 - latitude) * per_degree).max(0.0) as usize;
        let (first, last) = (row_of(from.1.max(to.1)), row_of(from.1.min(to.1)));
        for (row, longitudes) in rows.iter_mut().enumerate().take(last + 1).skip(first) {
            let latitude = centre(row);
            if (from.1 <= latitude) != (to.1 <= latitude) {
                let share = (latitude - from.1) / (to.1 - from.1);
                longitudes.push(from.0 + (to.0 - from.0) * share);
            }
        }
    }
    for longitudes in &mut rows {
        longitudes.sort_by(f64::total_cmp);
    }
    rows
}

#[cfg(test)]
mod tests {
    use floe_shared::land::crossings;

    use super::*;

    #[test]
    fn well_known_places_are_land_or_sea() {
        let mask = LandMask::new(20);
        for (name, longitude, latitude, land) in [
            ("Sahara", 10.0, 23.0, true),
            ("Kansas", -98.0, 38.5, true),
            ("south pole", 0.0, -90.0, true),
            ("Ross island's neighbourhood", 179.9, -85.5, true),
            ("Chukotka west of 180°", 179.9, 67.5, true),
            ("Chukotka east of 180°", -179.9, 67.5, true),
            ("Chukotka, by its longitude beyond 180°", 180.1, 67.5, true),
            ("Viti Levu", 178.0, -17.8, true),
            ("Iceland", -19.0, 65.0, true),
            ("north pole", 0.0, 90.0, false),
            ("Gulf of Guinea", 0.0, 0.0, false),
            ("Caspian Sea", 51.0, 41.0, false),
            ("mid Pacific", -150.0, 10.0, false),
            ("Antimeridian at the equator", 180.0, 0.0, false),
            ("North Atlantic at Fiji's latitude", -20.0, -16.5, false),
        ] {
            assert_eq!(mask.contains(longitude, latitude), land, "{name}");
        }
    }

    #[test]
    fn land_covers_its_share_of_the_globe() {
        let (mut land, mut all) = (0.0, 0.0);
        let mask = LandMask::new(2);
        for row in 0..360 {
            let latitude = 89.75 - f64::from(row) / 2.0;
            let weight = latitude.to_radians().cos();
            for col in 0..720 {
                let longitude = f64::from(col) / 2.0 - 179.75;
                all += weight;
                land += if mask.contains(longitude, latitude) { weight } else { 0.0 };
            }
        }
        // 29.1 % of the globe is land.
        let share: f64 = land / all;
        assert!((share - 0.291).abs() < 0.004, "{share}");
    }

    #[test]
    fn parallels_cross_rings_an_even_number_of_times() {
        for row in 0..1800 {
            let latitude = 89.95 - f64::from(row) / 10.0;
            assert_eq!(crossings(&LAND_50M, latitude).len() % 2, 0, "{latitude}");
        }
    }

    #[test]
    fn the_mask_equals_the_rings_at_its_cell_centres() {
        let mask = LandMask::new(3);
        for row in (0..540).step_by(7) {
            let latitude = 90.0 - (f64::from(row) + 0.5) / 3.0;
            let crossings = crossings(&LAND_50M, latitude);
            for col in 0..1080 {
                let longitude = (f64::from(col) + 0.5) / 3.0 - 180.0;
                let inside = crossings.partition_point(|&x| x <= longitude) % 2 == 1;
                assert_eq!(mask.contains(longitude, latitude), inside, "{longitude} {latitude}");
            }
        }
    }
}
