//! Which tiles are processed together: runs of neighbours, jobs, batches. Pure.
//!
//! A 10° row of tiles lies in exactly one row of the sinusoidal grid, and neighbours share granules, so
//! that a job of neighbouring tiles reads each granule once. A job never spans rows.

use floe_shared::grid::{Grid, TileIndex};

use floe_raster::sinusoidal::PIXELS;

/// Tiles of one row, each next to the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The tiles, from west to east.
    pub tiles: Vec<TileIndex>,
}

impl Job {
    /// The tiles as `R,C R,C ...`, ready for `floe process --tile`.
    pub fn arguments(&self) -> String {
        self.tiles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
}

/// Cuts tiles into jobs of at most `most` neighbours, row by row from the north-west. A run that is
/// longer is cut into equal parts, so that no job is much smaller than the others.
pub fn jobs(tiles: impl IntoIterator<Item = TileIndex>, most: usize) -> Vec<Job> {
    let mut tiles: Vec<TileIndex> = tiles.into_iter().collect();
    tiles.sort_unstable();
    tiles.dedup();
    let neighbours = |a: &TileIndex, b: &TileIndex| a.row == b.row && a.col + 1 == b.col;
    tiles
        .chunk_by(neighbours)
        .flat_map(|run| {
            let parts = run.len().div_ceil(most.max(1));
            run.chunks(run.len().div_ceil(parts)).map(|part| Job { tiles: part.to_vec() })
        })
        .collect()
}

/// How many neighbouring tiles a job may have so that its sums stay within `bytes`: 8 bytes for each pixel
/// of about one position more than the tiles span, and the tile under way.
pub fn tiles_within(bytes: u64, grid: Grid) -> usize {
    let position = u64::from(PIXELS).pow(2) * 8;
    let positions_a_tile = (grid.tile_degrees() / 10.0).max(0.1);
    // Never less than one tile, however little memory there is.
    let positions = (bytes / position).saturating_sub(2) as f64;
    ((positions / positions_a_tile.powi(2)) as usize).max(1)
}

/// Number of batches of at most `size` jobs.
pub const fn batch_count(jobs: usize, size: usize) -> usize {
    jobs.div_ceil(size)
}

/// The jobs of one batch; none where there is no such batch.
pub fn batch(jobs: &[Job], size: usize, index: usize) -> &[Job] {
    jobs.chunks(size).nth(index).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tiles(list: &[(u32, u32)]) -> Vec<TileIndex> {
        list.iter().map(|&(row, col)| TileIndex { row, col }).collect()
    }

    #[test]
    fn jobs_are_runs_of_neighbours_in_one_row() {
        let found = jobs(tiles(&[(1, 5), (1, 3), (1, 4), (2, 5), (1, 7), (1, 4)]), 4);
        let found: Vec<String> = found.iter().map(Job::arguments).collect();
        assert_eq!(found, ["1,3 1,4 1,5", "1,7", "2,5"]);
    }

    #[test]
    fn a_long_run_is_cut_evenly() {
        let found = jobs((0..9).map(|col| TileIndex { row: 0, col }), 4);
        let lengths: Vec<usize> = found.iter().map(|job| job.tiles.len()).collect();
        assert_eq!(lengths, [3, 3, 3]);
    }

    #[test]
    fn more_memory_allows_longer_jobs() {
        let grid = Grid::default();
        assert_eq!(tiles_within(64_000_000, grid), 3);
        assert!(tiles_within(512_000_000, grid) >= 36);
        assert_eq!(tiles_within(0, grid), 1);
    }

    proptest! {
        #[test]
        fn every_tile_is_in_exactly_one_job_of_one_batch(
            list in prop::collection::btree_set((0..18_u32, 0..36_u32), 0..200),
            most in 1..9_usize,
            size in 1..20_usize,
        ) {
            let list: Vec<_> = list.into_iter().collect();
            let jobs = jobs(tiles(&list), most);
            let batches = batch_count(jobs.len(), size);
            let mut found = Vec::new();
            for index in 0..batches {
                let batch = batch(&jobs, size, index);
                prop_assert!(!batch.is_empty() && batch.len() <= size);
                for job in batch {
                    prop_assert!(!job.tiles.is_empty() && job.tiles.len() <= most);
                    found.extend_from_slice(&job.tiles);
                }
            }
            prop_assert_eq!(found, tiles(&list));
            prop_assert!(batch(&jobs, size, batches).is_empty());
        }
    }
}
