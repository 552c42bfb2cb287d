//! Display tiles: what of a unit is decoded for, and drawn as, one piece. Pure.
//!
//! A unit may be as large as the globe; a texture and the time of a frame are not. Where there are several units along an
//! axis, tiles divide each of them into equal parts, so that none lies in two; a single one is cut into as few parts as do.

/// The most pixels along a tile's edge, where that can be had ...
const USUAL: u64 = 1024;
/// ... and in any case: every texture may be as large.
const MOST: u64 = 2048;
/// Fewer pixels would be too many tiles.
const LEAST: u64 = 64;

/// Pixels along a tile's edge, given those of a unit and of the whole axis; `None` where a unit has no such parts.
pub(super) fn edge(unit: u64, length: u64) -> Option<u64> {
    if unit <= USUAL {
        return Some(unit);
    }
    if unit >= length {
        return Some(length.div_ceil(length.div_ceil(USUAL)));
    }
    let parts =
        |least: u64, most: u64| (least..=most).rev().find(|edge| unit.is_multiple_of(*edge));
    parts(USUAL / 4, USUAL).or_else(|| parts(USUAL, MOST)).or_else(|| parts(LEAST, USUAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_units_are_tiles_as_they_are() {
        for unit in [1, 10, 500, 1000, 1024] {
            assert_eq!(edge(unit, 18_000), Some(unit));
            assert_eq!(edge(unit, 7), Some(unit));
        }
    }

    #[test]
    fn a_single_unit_is_cut_into_equal_parts() {
        assert_eq!(edge(1440, 1440), Some(720));
        assert_eq!(edge(3600, 3600), Some(900));
        assert_eq!(edge(36_000, 36_000), Some(1000));
        assert_eq!(edge(4001, 4001), Some(1001));
        // Padded by its writer.
        assert_eq!(edge(2048, 1800), Some(900));
    }

    #[test]
    fn of_several_units_each_has_whole_tiles() {
        assert_eq!(edge(2000, 18_000), Some(1000));
        assert_eq!(edge(4096, 36_000), Some(1024));
        assert_eq!(edge(1440, 2880), Some(720));
        // A prime number, and one whose halves are prime.
        assert_eq!(edge(1201, 36_000), Some(1201));
        assert_eq!(edge(2402, 36_000), Some(1201));
        assert_eq!(edge(2099, 36_000), None);
        assert_eq!(edge(67 * 67, 36_000), Some(67));
    }
}
