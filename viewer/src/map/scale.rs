//! The scale bar and the spacing of the graticule. Pure.

use super::options::ScaleBar;
use crate::number::fixed;
use crate::view::{Camera, Projection};

/// The longest scale bar in CSS pixels.
const LONGEST_BAR: f64 = 110.0;
/// CSS pixels that two meridians are at least apart.
const GRATICULE_GAP: f64 = 90.0;
/// Degrees between meridians, coarsest first.
const STEPS: [f64; 14] =
    [30.0, 15.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002];

/// The longest bar of a round distance.
pub(super) fn scale_bar(camera: &Camera) -> ScaleBar {
    let per_pixel = camera.metres_per_pixel().max(1e-9);
    let longest = LONGEST_BAR * per_pixel;
    let power = 10_f64.powf(longest.log10().floor());
    let metres = [5.0, 2.0, 1.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|&metres| metres <= longest)
        .unwrap_or(power);
    ScaleBar { metres, pixels: metres / per_pixel }
}

/// Degrees between two meridians or parallels.
pub(super) fn graticule_step(camera: &Camera) -> f64 {
    let pixels = |degrees: f64| degrees / 360.0 * camera.world();
    let fits = STEPS.into_iter().rev().find(|&step| pixels(step) >= GRATICULE_GAP);
    fits.unwrap_or(STEPS[0])
}

/// A label at the edge of the map where a meridian or parallel leaves it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EdgeLabel {
    /// CSS pixels from the left.
    pub(super) x: f64,
    /// CSS pixels from the top.
    pub(super) y: f64,
    /// Such as `15°E`.
    pub(super) text: String,
}

/// Labels along the bottom and left edge; on the globe along the central meridian and parallel.
pub(super) fn graticule_labels(camera: &Camera) -> Vec<EdgeLabel> {
    let step = graticule_step(camera);
    let viewport = camera.viewport();
    let (lon, lat) = (camera.view().lon, camera.view().lat);
    let globe = camera.projection() == Projection::Globe;
    let mut labels = Vec::new();
    let across = (viewport.width / camera.world() * 360.0).min(360.0) / 2.0;
    let first = ((lon - across) / step).ceil() as i64;
    let last = ((lon + across) / step).floor() as i64;
    for index in first..=last {
        let meridian = index as f64 * step;
        // On the globe along the parallel through the centre, which is always in view.
        let Some((x, y)) = camera.project(meridian, lat) else { continue };
        let y = if globe { y + 14.0 } else { viewport.height - 8.0 };
        let inside = x > 30.0 && x < viewport.width - 30.0;
        if inside {
            labels.push(EdgeLabel { x: x + 3.0, y, text: longitude_text(meridian, step) });
        }
    }
    let down = (viewport.height / camera.world() * 360.0).min(180.0);
    let first = (((lat - down).max(-90.0)) / step).ceil() as i64;
    let last = (((lat + down).min(90.0)) / step).floor() as i64;
    for index in first..=last {
        let parallel = index as f64 * step;
        let Some((x, y)) = camera.project(lon, parallel) else { continue };
        let x = if globe { x + 4.0 } else { 6.0 };
        if parallel.abs() < 90.0 && y > 20.0 && y < viewport.height - 24.0 {
            labels.push(EdgeLabel { x, y: y - 4.0, text: latitude_text(parallel, step) });
        }
    }
    labels
}

fn longitude_text(degrees: f64, step: f64) -> String {
    let east = crate::view::wrap_longitude(degrees);
    let decimals = decimals(step);
    if east.abs() < step / 2.0 {
        return "0°".to_owned();
    }
    if east.abs() > 180.0 - step / 2.0 {
        return "180°".to_owned();
    }
    format!("{}°{}", fixed(east.abs(), decimals), if east > 0.0 { 'E' } else { 'W' })
}

fn latitude_text(degrees: f64, step: f64) -> String {
    let decimals = decimals(step);
    if degrees.abs() < step / 2.0 {
        return "0°".to_owned();
    }
    format!("{}°{}", fixed(degrees.abs(), decimals), if degrees > 0.0 { 'N' } else { 'S' })
}

fn decimals(step: f64) -> u8 {
    (-step.log10().floor()).max(0.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{View, Viewport};

    fn camera(projection: Projection, view: View) -> Camera {
        let viewport = Viewport { width: 1280.0, height: 800.0, pixel_ratio: 1.0 };
        Camera::new(projection, view, viewport)
    }

    #[test]
    fn the_bar_shows_a_round_distance_that_fits() {
        for tenth in 10..140_u16 {
            let view = View { lon: 0.0, lat: 50.0, zoom: f64::from(tenth) / 10.0 };
            let bar = scale_bar(&camera(Projection::Mercator, view));
            assert!((LONGEST_BAR * 0.39..=LONGEST_BAR).contains(&bar.pixels), "{bar:?}");
            let digit = bar.metres / 10_f64.powf(bar.metres.log10().floor());
            assert!([1.0, 2.0, 5.0].iter().any(|round| (digit - round).abs() < 1e-6), "{bar:?}");
        }
    }

    #[test]
    fn the_equator_at_zoom_0_is_512_pixels_long() {
        let bar = scale_bar(&camera(Projection::Globe, View { lon: 0.0, lat: 0.0, zoom: 0.0 }));
        let equator = 512.0 / bar.pixels * bar.metres;
        assert!((equator - 40_030_228.9).abs() < 1.0, "{equator}");
    }

    #[test]
    fn meridians_are_named_by_hemisphere_also_across_the_antimeridian() {
        let view = View { lon: 180.0, lat: 0.0, zoom: 3.0 };
        let texts: Vec<_> = graticule_labels(&camera(Projection::Mercator, view))
            .into_iter()
            .map(|label| label.text)
            .collect();
        for text in ["170°E", "180°", "170°W", "10°N", "0°", "10°S"] {
            assert!(texts.iter().any(|other| other == text), "{text} in {texts:?}");
        }
        assert_eq!(longitude_text(0.02 * 617.0, 0.02), "12.34°E");
    }
}
