//! Places in UTM zones against PROJ.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write;

use floe_raster::crs::Crs;
use floe_raster::projection::from_lonlat;
use support::python;

/// Numbers that repeat in every run, from 0 to 1.
fn numbers(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    })
}

/// Places within `reach` degrees of a zone's central meridian; some latitudes are round.
fn places(zone: u8, reach: f64, count: usize) -> Vec<(f64, f64)> {
    let mut random = numbers(u64::from(zone));
    let mut next = || random.next().unwrap();
    (0..count)
        .map(|at| {
            let longitude = f64::from(zone) * 6.0 - 183.0 + (next() * 2.0 - 1.0) * reach;
            let latitude = (next() * 2.0 - 1.0) * 89.99;
            let longitude = (longitude + 180.0).rem_euclid(360.0) - 180.0;
            (longitude, if at % 8 == 0 { latitude.round() } else { latitude })
        })
        .collect()
}

/// The greatest distance in metres from PROJ's coordinates.
fn greatest_distance(reach: f64) -> f64 {
    let scratch = tempfile::tempdir().unwrap();
    let (file, out) = (scratch.path().join("places"), scratch.path().join("projected"));
    let systems: Vec<Crs> = [1_u8, 2, 17, 31, 33, 59, 60]
        .into_iter()
        .flat_map(|zone| [false, true].map(|south| Crs::Utm { zone, south }))
        .collect();
    let (mut text, mut ours) = (String::new(), Vec::new());
    for &crs in &systems {
        let Crs::Utm { zone, .. } = crs else { continue };
        write!(text, "{crs}").unwrap();
        for (longitude, latitude) in places(zone, reach, 2000) {
            write!(text, " {longitude} {latitude}").unwrap();
            let (x, y) = from_lonlat(crs, longitude, latitude);
            ours.extend([x, y]);
        }
        text.push('\n');
    }
    std::fs::write(&file, text).unwrap();
    python::run("gdal_projects.py", &[&file, &out]);
    let bytes = std::fs::read(&out).unwrap();
    let theirs: Vec<f64> =
        bytes.as_chunks::<8>().0.iter().map(|&b| f64::from_le_bytes(b)).collect();
    assert_eq!(theirs.len(), ours.len());
    ours.iter().zip(&theirs).fold(0.0, |most: f64, (a, b)| {
        assert!(a.is_finite() && b.is_finite());
        most.max((a - b).abs())
    })
}

#[test]
fn places_in_a_zone_and_its_neighbours_lie_where_proj_puts_them_to_a_tenth_of_a_micrometre() {
    let distance = greatest_distance(12.0);
    assert!(distance < 1e-7, "{distance} m");
}

#[test]
fn places_far_from_the_zone_lie_where_proj_puts_them_to_a_micrometre() {
    let distance = greatest_distance(30.0);
    assert!(distance < 1e-6, "{distance} m");
}
