//! What both pictures share: the sheet, its heading, the world's frame, graticule and coasts.

use floe_shared::colormap::Rgb;

use super::canvas::{Canvas, Ink, Rect};
use super::text::{Align, Style, Weight};
use floe_raster::natural_earth::coastlines;

/// Width of a sheet in pixels.
pub(super) const WIDTH: usize = 1600;
/// Height of a sheet in pixels.
pub(super) const HEIGHT: usize = 1000;
/// Where the world lies: 4 pixels a degree.
pub(super) const MAP: Rect = Rect { x: 80.0, y: 130.0, width: 1440.0, height: 720.0 };

/// The sheet.
pub(super) const PAPER: Rgb = [0xff, 0xff, 0xff];
/// Headings.
pub(super) const DARK: Ink = Ink::solid([0x1c, 0x24, 0x2b]);
/// Everything that is not the matter itself.
pub(super) const MUTED: Ink = Ink::solid([0x5a, 0x66, 0x70]);
/// The map's frame and the ticks at it.
const FRAME: Ink = Ink::solid([0x3d, 0x47, 0x50]);

/// Degrees between two lines of the graticule.
const GRATICULE: i32 = 30;

/// Labels of axes and keys.
pub(super) const LABEL: Style = Style { weight: Weight::Regular, size: 17.0, ink: MUTED };

/// Where a place lies on the sheet.
pub(super) fn project(lon: f64, lat: f64) -> (f32, f32) {
    let x = (lon + 180.0) / 360.0 * f64::from(MAP.width);
    let y = (90.0 - lat) / 180.0 * f64::from(MAP.height);
    (MAP.x + x as f32, MAP.y + y as f32)
}

/// An empty sheet with its heading.
pub(super) fn begin(title: &str, subtitle: &str) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, HEIGHT, PAPER);
    let heading = Style { weight: Weight::Semibold, size: 32.0, ink: DARK };
    canvas.write((MAP.x, 60.0), Align::Left, title, heading);
    let below = Style { weight: Weight::Regular, size: 19.0, ink: MUTED };
    canvas.write((MAP.x, 94.0), Align::Left, subtitle, below);
    canvas
}

/// The lines of the graticule, over what the map shows.
pub(super) fn graticule(canvas: &mut Canvas, ink: Ink) {
    let meridians = degrees(180).map(|lon| vec![project(lon, 90.0), project(lon, -90.0)]);
    let parallels = degrees(90).map(|lat| vec![project(-180.0, lat), project(180.0, lat)]);
    let lines: Vec<_> = meridians.chain(parallels).collect();
    canvas.lines(&lines, 1.0, ink, MAP);
}

/// Coasts.
pub(super) fn coasts(canvas: &mut Canvas, width: f32, ink: Ink) {
    let lines: Vec<Vec<(f32, f32)>> = coastlines()
        .iter()
        .map(|line| line.iter().map(|&(lon, lat)| project(lon, lat)).collect())
        .collect();
    canvas.lines(&lines, width, ink, MAP);
}

/// The frame around the map with ticks and labels of the graticule.
pub(super) fn frame(canvas: &mut Canvas) {
    /// Length of a tick.
    const TICK: f32 = 6.0;
    canvas.outline(MAP.grown(1.0), 1.0, FRAME);
    let bottom = MAP.y + MAP.height + 1.0;
    for lon in std::iter::once(-180.0).chain(degrees(180)).chain([180.0]) {
        let (x, _) = project(lon, 0.0);
        let x = (x - 0.5).clamp(MAP.x - 1.0, MAP.x + MAP.width);
        canvas.fill(Rect { x, y: bottom, width: 1.0, height: TICK }, FRAME);
        let text = degree_label(lon, "E", "W");
        canvas.write((x + 0.5, bottom + TICK + 19.0), Align::Centre, &text, LABEL);
    }
    for lat in degrees(90) {
        let (_, y) = project(0.0, lat);
        let left = MAP.x - 1.0 - TICK;
        canvas.fill(Rect { x: left, y: y - 0.5, width: TICK, height: 1.0 }, FRAME);
        let baseline = LABEL.baseline_at(y);
        let text = degree_label(lat, "N", "S");
        canvas.write((left - 7.0, baseline), Align::Right, &text, LABEL);
    }
}

/// A line at the foot of the sheet, ending at the map's right edge.
pub(super) fn footer(canvas: &mut Canvas, text: &str) {
    let style = Style { size: 15.0, ..LABEL };
    canvas.write((MAP.x + MAP.width, HEIGHT as f32 - 30.0), Align::Right, text, style);
}

/// The graticule's degrees strictly between the limits `-end` and `end`.
fn degrees(end: i32) -> impl Iterator<Item = f64> {
    (1 - end / GRATICULE..end / GRATICULE).map(|index| f64::from(index * GRATICULE))
}

/// `60° N`, `0°`, `180°`.
fn degree_label(degrees: f64, positive: &str, negative: &str) -> String {
    let size = degrees.abs().round();
    let is_shared_by_both_sides = !(1.0..180.0).contains(&size);
    if is_shared_by_both_sides {
        return format!("{size}°");
    }
    format!("{size}° {}", if degrees > 0.0 { positive } else { negative })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_pixels_are_a_degree() {
        assert_eq!(project(-180.0, 90.0), (MAP.x, MAP.y));
        assert_eq!(project(0.0, 0.0), (800.0, 490.0));
        assert_eq!(project(180.0, -90.0), (MAP.x + MAP.width, MAP.y + MAP.height));
    }

    #[test]
    fn the_graticule_keeps_off_the_frame() {
        let lons: Vec<f64> = degrees(180).collect();
        assert_eq!((lons[0], lons[10], lons.len()), (-150.0, 150.0, 11));
        assert_eq!(degrees(90).collect::<Vec<_>>(), [-60.0, -30.0, 0.0, 30.0, 60.0]);
    }

    #[test]
    fn degrees_are_labelled_with_their_side() {
        assert_eq!(degree_label(60.0, "N", "S"), "60° N");
        assert_eq!(degree_label(-120.0, "E", "W"), "120° W");
        assert_eq!(degree_label(-180.0, "E", "W"), "180°");
        assert_eq!(degree_label(0.0, "E", "W"), "0°");
    }
}
