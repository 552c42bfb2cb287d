//! The land of Natural Earth (public domain): which tiles are land, what is land at a place, and the
//! coasts as lines.
//!
//! The geometry is embedded (`processor/data/natural-earth`, made by `script/natural-earth`). Its
//! rings are cut at the antimeridian and closed over the south pole, so that every function here may
//! treat longitude and latitude as plain plane coordinates.

mod mask;
mod tiles;

use std::sync::LazyLock;

use floe_shared::linework::{self, Line, Place};

pub use mask::LandMask;
pub use tiles::land_tiles;

/// Land at 1:110 million: decides which tiles are land.
static LAND_110M: LazyLock<Vec<Line>> =
    LazyLock::new(|| embedded(include_bytes!("../../data/natural-earth/land-110m.bin")));

/// Land at 1:50 million: the finer coast for the mask and for pictures.
static LAND_50M: LazyLock<Vec<Line>> =
    LazyLock::new(|| embedded(include_bytes!("../../data/natural-earth/land-50m.bin")));

fn embedded(bytes: &'static [u8]) -> Vec<Line> {
    match linework::decode(bytes) {
        Ok(lines) => lines,
        // Part of the binary itself, and every test of this module decodes it.
        Err(error) => unreachable!("the embedded land is damaged: {error}"),
    }
}

/// The coasts at 1:50 million as polylines of (longitude, latitude) in degrees.
///
/// Rings repeat their first vertex at the end. No edge runs along ±180° or a pole, where rings were
/// cut or closed, and none crosses ±180°.
pub fn coastlines() -> Vec<Vec<Place>> {
    LAND_50M.iter().flat_map(Line::without_cuts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coasts_neither_cross_nor_follow_the_antimeridian() {
        let coasts = coastlines();
        assert!(coasts.len() >= 1400, "{} coasts", coasts.len());
        for edge in coasts.iter().flat_map(|coast| coast.windows(2)) {
            let ((x0, y0), (x1, y1)) = (edge[0], edge[1]);
            assert!((x1 - x0).abs() < 30.0, "{edge:?}");
            assert!(x0.abs() < 180.0 || x1.abs() < 180.0, "{edge:?}");
            assert!(y0.min(y1) > -89.0, "{edge:?}");
        }
    }

    #[test]
    fn every_ring_is_closed_and_has_an_area() {
        for ring in LAND_110M.iter().chain(LAND_50M.iter()) {
            assert!(ring.closed && ring.points.len() >= 3);
        }
    }
}
