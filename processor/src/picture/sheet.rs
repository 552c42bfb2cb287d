//! What both pictures share: the sheet, its heading, and the chart with frame, graticule and coasts.

use floe_shared::colormap::Rgb;
use floe_shared::grid::Bounds;

use super::canvas::{Canvas, Ink, Rect};
use super::text::{Align, Style, Weight};
use floe_raster::natural_earth::coastlines;

/// Width of a sheet in pixels.
pub(super) const WIDTH: usize = 1600;
/// Height of a sheet in pixels.
pub(super) const HEIGHT: usize = 1000;
/// The room for the chart: of the world 4 pixels a degree.
pub(super) const MAP: Rect = Rect { x: 80.0, y: 130.0, width: 1440.0, height: 720.0 };

/// The sheet.
pub(super) const PAPER: Rgb = [0xff, 0xff, 0xff];
/// Headings.
pub(super) const DARK: Ink = Ink::solid([0x1c, 0x24, 0x2b]);
/// Everything that is not the matter itself.
pub(super) const MUTED: Ink = Ink::solid([0x5a, 0x66, 0x70]);
/// The map's frame and the ticks at it.
const FRAME: Ink = Ink::solid([0x3d, 0x47, 0x50]);

/// Distances in degrees that lines of the graticule may have, each with the decimals of its labels.
const STEPS: [(f64, usize); 14] = [
    (0.002, 3),
    (0.005, 3),
    (0.01, 2),
    (0.02, 2),
    (0.05, 2),
    (0.1, 1),
    (0.2, 1),
    (0.5, 1),
    (1.0, 0),
    (2.0, 0),
    (5.0, 0),
    (10.0, 0),
    (20.0, 0),
    (30.0, 0),
];
/// The fewest pixels between two meridians of the graticule.
const LEAST_STEP: f64 = 110.0;
/// The fewest degrees of a chart for which the coasts, simplified for maps of the world (1:110m), are drawn.
const LEAST_COASTS: f64 = 4.0;

/// Labels of axes and keys.
pub(super) const LABEL: Style = Style { weight: Weight::Regular, size: 17.0, ink: MUTED };

/// A part of the Earth on the sheet: degrees of longitude and of latitude are equally long.
pub(super) struct Chart {
    /// Where it lies.
    pub(super) rect: Rect,
    west: f64,
    north: f64,
    /// Degrees from west to east and from north to south.
    extent: (f64, f64),
    step: f64,
    decimals: usize,
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

impl Chart {
    /// The chart of bounds, as large as there is room.
    pub(super) fn of(bounds: Bounds) -> Self {
        let Bounds { west, south, east, north } = bounds;
        let width = if east > west { east - west } else { east + 360.0 - west };
        let height = north - south;
        let scale = (f64::from(MAP.width) / width).min(f64::from(MAP.height) / height);
        let size = [width * scale, height * scale].map(|length| length.round().max(1.0) as f32);
        let rect = Rect {
            x: (MAP.x + (MAP.width - size[0]) / 2.0).round(),
            y: (MAP.y + (MAP.height - size[1]) / 2.0).round(),
            width: size[0],
            height: size[1],
        };
        let fitting = STEPS.into_iter().find(|(step, _)| step * scale >= LEAST_STEP);
        let (step, decimals) = fitting.unwrap_or(STEPS[STEPS.len() - 1]);
        Self { rect, west, north, extent: (width, height), step, decimals }
    }

    /// Where a place lies on the sheet; of a longitude that the chart does not have, beside it.
    pub(super) fn project(&self, lon: f64, lat: f64) -> (f32, f32) {
        let Rect { x, y, width, height } = self.rect;
        let east = (lon - self.west) / self.extent.0 * f64::from(width);
        let south = (self.north - lat) / self.extent.1 * f64::from(height);
        (x + east as f32, y + south as f32)
    }

    /// The place of bounds that lie within the chart's.
    pub(super) fn rect_of(&self, bounds: Bounds) -> Rect {
        let Bounds { west, south, east, north } = bounds;
        let turn = if west < self.west { 360.0 } else { 0.0 };
        let ((x, y), (right, bottom)) =
            (self.project(west + turn, north), self.project(east + turn, south));
        Rect { x, y, width: right - x, height: bottom - y }
    }

    /// The lines of the graticule, over what the chart shows.
    pub(super) fn graticule(&self, canvas: &mut Canvas, ink: Ink) {
        let Rect { x: left, y: top, width, height } = self.rect;
        let meridians = self.meridians().map(|lon| {
            let (x, _) = self.project(lon, 0.0);
            vec![(x, top), (x, top + height)]
        });
        let parallels = self.parallels().map(|lat| {
            let (_, y) = self.project(0.0, lat);
            vec![(left, y), (left + width, y)]
        });
        let lines: Vec<_> = meridians.chain(parallels).collect();
        canvas.lines(&lines, 1.0, ink, self.rect);
    }

    /// Whether coasts are drawn.
    pub(super) fn has_coasts(&self) -> bool {
        self.extent.0.max(self.extent.1) >= LEAST_COASTS
    }

    /// Coasts.
    pub(super) fn coasts(&self, canvas: &mut Canvas, width: f32, ink: Ink) {
        if !self.has_coasts() {
            return;
        }
        // Those east of 180° as well, where the chart goes on there.
        let turns = if self.west + self.extent.0 > 180.0 { 2 } else { 1 };
        for turn in 0..turns {
            let east = 360.0 * f64::from(turn);
            let lines: Vec<Vec<(f32, f32)>> = coastlines()
                .iter()
                .map(|line| line.iter().map(|&(lon, lat)| self.project(lon + east, lat)).collect())
                .collect();
            canvas.lines(&lines, width, ink, self.rect);
        }
    }

    /// The frame around the chart with ticks and labels of the graticule.
    pub(super) fn frame(&self, canvas: &mut Canvas) {
        /// Length of a tick.
        const TICK: f32 = 6.0;
        let Rect { x: left, y: top, width, height } = self.rect;
        canvas.outline(self.rect.grown(1.0), 1.0, FRAME);
        let bottom = top + height + 1.0;
        let ends = [self.west, self.west + self.extent.0];
        let ends = ends.into_iter().filter(|&lon| self.is_line(lon));
        for lon in ends.chain(self.meridians()) {
            let (x, _) = self.project(lon, 0.0);
            let x = (x - 0.5).clamp(left - 1.0, left + width);
            canvas.fill(Rect { x, y: bottom, width: 1.0, height: TICK }, FRAME);
            let text = self.degree_label(if lon > 180.0 { lon - 360.0 } else { lon }, "E", "W");
            canvas.write((x + 0.5, bottom + TICK + 19.0), Align::Centre, &text, LABEL);
        }
        for lat in self.parallels() {
            let (_, y) = self.project(0.0, lat);
            let left = left - 1.0 - TICK;
            canvas.fill(Rect { x: left, y: y - 0.5, width: TICK, height: 1.0 }, FRAME);
            let baseline = LABEL.baseline_at(y);
            let text = self.degree_label(lat, "N", "S");
            canvas.write((left - 7.0, baseline), Align::Right, &text, LABEL);
        }
    }

    /// The meridians of the graticule within the frame; above 180° where the chart goes on there.
    fn meridians(&self) -> impl Iterator<Item = f64> {
        self.lines_between(self.west, self.west + self.extent.0)
    }

    /// The parallels of the graticule within the frame.
    fn parallels(&self) -> impl Iterator<Item = f64> {
        self.lines_between(self.north - self.extent.1, self.north)
    }

    /// The graticule's degrees strictly between two limits.
    fn lines_between(&self, least: f64, most: f64) -> impl Iterator<Item = f64> + use<> {
        let step = self.step;
        // An edge that is a line but for its last bits has its own tick.
        let (first, last) =
            ((least / step + 1e-6).ceil() as i32, (most / step - 1e-6).floor() as i32);
        (first..=last).map(move |index| f64::from(index) * step)
    }

    /// Whether the graticule has a line at so many degrees.
    fn is_line(&self, degrees: f64) -> bool {
        let index = degrees / self.step;
        (index - index.round()).abs() < 1e-6
    }

    /// `60° N`, `0°`, `180°`, with the decimals of the graticule's step.
    fn degree_label(&self, degrees: f64, positive: &str, negative: &str) -> String {
        let (size, decimals) = (degrees.abs(), self.decimals);
        let is_shared_by_both_sides = size < self.step / 2.0 || size > 180.0 - self.step / 2.0;
        if is_shared_by_both_sides {
            return format!("{:.0}°", size.round());
        }
        format!("{size:.decimals$}° {}", if degrees > 0.0 { positive } else { negative })
    }
}

/// A line at the foot of the sheet, ending at the map's right edge.
pub(super) fn footer(canvas: &mut Canvas, text: &str) {
    let style = Style { size: 15.0, ..LABEL };
    canvas.write((MAP.x + MAP.width, HEIGHT as f32 - 30.0), Align::Right, text, style);
}

#[cfg(test)]
mod tests {
    use floe_shared::grid::Grid;

    use super::*;

    fn globe() -> Chart {
        Chart::of(Grid::default().bounds())
    }

    /// 175° E to 175° W, 20° S to 15° S.
    fn fiji() -> Chart {
        Chart::of(Bounds { west: 175.0, south: -20.0, east: -175.0, north: -15.0 })
    }

    #[test]
    fn four_pixels_are_a_degree_of_the_globe() {
        let globe = globe();
        assert_eq!(globe.rect, MAP);
        assert_eq!(globe.project(-180.0, 90.0), (MAP.x, MAP.y));
        assert_eq!(globe.project(0.0, 0.0), (800.0, 490.0));
        assert_eq!(globe.project(180.0, -90.0), (MAP.x + MAP.width, MAP.y + MAP.height));
    }

    #[test]
    fn bounds_fill_the_room_and_lie_in_its_middle() {
        let fiji = fiji();
        assert_eq!(fiji.rect, MAP);
        assert_eq!(fiji.project(180.0, -17.5), (800.0, 490.0));
        let east = Bounds { west: -180.0, south: -20.0, east: -175.0, north: -15.0 };
        let half = Rect { x: 800.0, y: MAP.y, width: 720.0, height: 720.0 };
        assert_eq!(fiji.rect_of(east), half);
        let tall = Chart::of(Bounds { west: 0.0, south: 0.0, east: 10.0, north: 20.0 });
        assert_eq!(tall.rect, Rect { x: 620.0, y: MAP.y, width: 360.0, height: 720.0 });
    }

    #[test]
    fn the_graticule_keeps_off_the_frame_and_its_labels_apart() {
        let lons: Vec<f64> = globe().meridians().collect();
        assert_eq!((lons[0], lons[10], lons.len()), (-150.0, 150.0, 11));
        assert_eq!(globe().parallels().collect::<Vec<_>>(), [-60.0, -30.0, 0.0, 30.0, 60.0]);
        assert_eq!(fiji().parallels().collect::<Vec<_>>(), [-19.0, -18.0, -17.0, -16.0]);
        let small = Chart::of(Bounds { west: 6.1, south: 45.0, east: 6.3, north: 45.1 });
        let lons: Vec<String> =
            small.meridians().map(|lon| small.degree_label(lon, "E", "W")).collect();
        assert_eq!(lons[..2], ["6.12° E", "6.14° E"]);
    }

    #[test]
    fn degrees_are_labelled_with_their_side() {
        let chart = globe();
        assert_eq!(chart.degree_label(60.0, "N", "S"), "60° N");
        assert_eq!(chart.degree_label(-120.0, "E", "W"), "120° W");
        assert_eq!(chart.degree_label(-180.0, "E", "W"), "180°");
        assert_eq!(chart.degree_label(0.0, "E", "W"), "0°");
    }
}
