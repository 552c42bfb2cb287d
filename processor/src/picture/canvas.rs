//! An opaque RGB picture in memory: rectangles, polygons and lines with smooth edges, blending, PNG.
//!
//! Coordinates are pixels: x rightwards and y downwards from the upper left corner, whole numbers on
//! the edges between pixels.

use floe_shared::colormap::Rgb;

use super::PictureError;

/// A colour and how much of what lies beneath it hides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ink {
    /// The colour.
    pub(super) color: Rgb,
    /// 0 hides nothing, 1 everything.
    pub(super) opacity: f32,
}

impl Ink {
    /// A colour that hides what lies beneath.
    pub(super) const fn solid(color: Rgb) -> Self {
        Self { color, opacity: 1.0 }
    }
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    /// Left edge.
    pub(super) x: f32,
    /// Upper edge.
    pub(super) y: f32,
    /// Width.
    pub(super) width: f32,
    /// Height.
    pub(super) height: f32,
}

impl Rect {
    /// The rectangle larger by a margin on all sides; smaller by a negative one.
    pub(super) const fn grown(self, by: f32) -> Self {
        Self {
            x: self.x - by,
            y: self.y - by,
            width: self.width + 2.0 * by,
            height: self.height + 2.0 * by,
        }
    }
}

/// The picture.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    /// Row by row from the top.
    pixels: Vec<Rgb>,
}

impl Canvas {
    /// A picture of one colour.
    pub(super) fn new(width: usize, height: usize, color: Rgb) -> Self {
        Self { width, height, pixels: vec![color; width * height] }
    }

    /// Mixes an ink into a pixel; outside the picture nothing happens.
    pub(super) fn blend(&mut self, x: i64, y: i64, ink: Ink, coverage: f32) {
        let inside = (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y);
        if !inside {
            return;
        }
        let share = (ink.opacity * coverage).clamp(0.0, 1.0);
        let pixel = &mut self.pixels[y as usize * self.width + x as usize];
        for (channel, new) in pixel.iter_mut().zip(ink.color) {
            let old = f32::from(*channel);
            *channel = (f32::from(new) - old).mul_add(share, old).round() as u8;
        }
    }

    /// Fills a rectangle; pixels that it covers in part are covered in part.
    pub(super) fn fill(&mut self, rect: Rect, ink: Ink) {
        let covered = |low: f32, high: f32, at: i64| {
            (high.min(at as f32 + 1.0) - low.max(at as f32)).clamp(0.0, 1.0)
        };
        let (right, bottom) = (rect.x + rect.width, rect.y + rect.height);
        for y in rect.y.floor() as i64..bottom.ceil() as i64 {
            for x in rect.x.floor() as i64..right.ceil() as i64 {
                let share = covered(rect.x, right, x) * covered(rect.y, bottom, y);
                self.blend(x, y, ink, share);
            }
        }
    }

    /// The outline of a rectangle, inside of its edges.
    pub(super) fn outline(&mut self, rect: Rect, width: f32, ink: Ink) {
        let Rect { x, y, width: w, height: h } = rect;
        let inner = h - 2.0 * width;
        self.fill(Rect { x, y, width: w, height: width }, ink);
        self.fill(Rect { x, y: y + h - width, width: w, height: width }, ink);
        self.fill(Rect { x, y: y + width, width, height: inner }, ink);
        self.fill(Rect { x: x + w - width, y: y + width, width, height: inner }, ink);
    }

    /// Draws polylines of one width within a rectangle. Where they meet or cross, they are no darker
    /// than elsewhere.
    pub(super) fn lines(&mut self, lines: &[Vec<(f32, f32)>], width: f32, ink: Ink, within: Rect) {
        let mut coverage = Coverage::new(within);
        for pair in lines.iter().flat_map(|line| line.windows(2)) {
            coverage.add_segment(pair[0], pair[1], width / 2.0);
        }
        for (index, &share) in coverage.shares.iter().enumerate() {
            if share > 0.0 {
                let x = coverage.left + (index % coverage.width) as i64;
                let y = coverage.top + (index / coverage.width) as i64;
                self.blend(x, y, ink, share);
            }
        }
    }

    /// Fills a triangle.
    pub(super) fn triangle(&mut self, corners: [(f32, f32); 3], ink: Ink) {
        /// Samples along a pixel's edge.
        const SAMPLES: i64 = 4;
        let limits = |values: [f32; 3]| {
            let low = values.into_iter().fold(f32::INFINITY, f32::min).floor();
            let high = values.into_iter().fold(f32::NEG_INFINITY, f32::max).ceil();
            low as i64..high as i64
        };
        for y in limits(corners.map(|corner| corner.1)) {
            for x in limits(corners.map(|corner| corner.0)) {
                let hits = (0..SAMPLES * SAMPLES)
                    .filter(|sample| {
                        let offset = |part: i64| (part as f32 + 0.5) / SAMPLES as f32;
                        let at = (
                            x as f32 + offset(sample % SAMPLES),
                            y as f32 + offset(sample / SAMPLES),
                        );
                        is_inside(corners, at)
                    })
                    .count();
                self.blend(x, y, ink, hits as f32 / (SAMPLES * SAMPLES) as f32);
            }
        }
    }

    /// The picture as PNG, 8 bits a channel without transparency.
    pub(super) fn png(&self) -> Result<Vec<u8>, PictureError> {
        let (width, height) = (self.width as u32, self.height as u32);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
        encoder.set_compression(png::Compression::Balanced);
        encoder
            .write_header()
            .and_then(|mut writer| {
                writer.write_image_data(self.pixels.as_flattened())?;
                writer.finish()
            })
            .map_err(|source| PictureError::Encode { width, height, source })?;
        Ok(bytes)
    }

    /// The colour of a pixel.
    #[cfg(test)]
    pub(super) fn pixel(&self, x: usize, y: usize) -> Rgb {
        self.pixels[y * self.width + x]
    }
}

/// How much of each pixel of a rectangle lines cover.
struct Coverage {
    left: i64,
    top: i64,
    width: usize,
    height: usize,
    shares: Vec<f32>,
}

impl Coverage {
    fn new(within: Rect) -> Self {
        let (width, height) = (within.width.ceil() as usize, within.height.ceil() as usize);
        let (left, top) = (within.x.floor() as i64, within.y.floor() as i64);
        Self { left, top, width, height, shares: vec![0.0; width * height] }
    }

    /// A pixel is covered by how far its centre lies within `radius` of the segment.
    fn add_segment(&mut self, from: (f32, f32), to: (f32, f32), radius: f32) {
        let reach = radius + 0.5;
        let span = |a: f32, b: f32, start: i64, length: usize| {
            let low = (a.min(b) - reach).floor() as i64 - start;
            let high = (a.max(b) + reach).ceil() as i64 - start;
            low.clamp(0, length as i64) as usize..high.clamp(0, length as i64) as usize
        };
        for row in span(from.1, to.1, self.top, self.height) {
            for col in span(from.0, to.0, self.left, self.width) {
                let centre =
                    ((self.left + col as i64) as f32 + 0.5, (self.top + row as i64) as f32 + 0.5);
                let share = (reach - distance(centre, from, to)).clamp(0.0, 1.0);
                // Lines thinner than a pixel grow paler, not thinner.
                let share = share * (2.0 * radius).min(1.0);
                let cell = &mut self.shares[row * self.width + col];
                *cell = cell.max(share);
            }
        }
    }
}

/// Distance of a point from a segment.
fn distance(point: (f32, f32), from: (f32, f32), to: (f32, f32)) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let squared = dx * dx + dy * dy;
    let along = if squared > 0.0 { ((px * dx + py * dy) / squared).clamp(0.0, 1.0) } else { 0.0 };
    (px - along * dx).hypot(py - along * dy)
}

/// Whether a point lies in a triangle, whichever way its corners turn.
fn is_inside(corners: [(f32, f32); 3], at: (f32, f32)) -> bool {
    let side =
        |a: (f32, f32), b: (f32, f32)| (b.0 - a.0) * (at.1 - a.1) - (b.1 - a.1) * (at.0 - a.0);
    let sides =
        [side(corners[0], corners[1]), side(corners[1], corners[2]), side(corners[2], corners[0])];
    sides.iter().all(|&side| side >= 0.0) || sides.iter().all(|&side| side <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Rgb = [255; 3];
    const BLACK: Ink = Ink::solid([0; 3]);

    fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn a_rectangle_covers_pixels_by_their_share() {
        let mut canvas = Canvas::new(4, 3, WHITE);
        canvas.fill(rect(1.0, 1.0, 1.5, 1.0), BLACK);
        assert_eq!(canvas.pixel(0, 1), WHITE);
        assert_eq!(canvas.pixel(1, 1), [0; 3]);
        assert_eq!(canvas.pixel(2, 1), [128; 3]);
        assert_eq!(canvas.pixel(3, 1), WHITE);
        assert_eq!(canvas.pixel(1, 2), WHITE);
    }

    #[test]
    fn inks_blend_by_their_opacity() {
        let mut canvas = Canvas::new(1, 1, [200, 100, 0]);
        canvas.fill(rect(0.0, 0.0, 1.0, 1.0), Ink { color: [0, 100, 100], opacity: 0.25 });
        assert_eq!(canvas.pixel(0, 0), [150, 100, 25]);
    }

    #[test]
    fn crossing_lines_are_no_darker_where_they_cross() {
        let mut canvas = Canvas::new(9, 9, WHITE);
        let lines = [vec![(0.0, 4.5), (9.0, 4.5)], vec![(4.5, 0.0), (4.5, 9.0)]];
        let half = Ink { color: [0; 3], opacity: 0.5 };
        canvas.lines(&lines, 1.0, half, rect(0.0, 0.0, 9.0, 9.0));
        assert_eq!(canvas.pixel(4, 4), [128; 3]);
        assert_eq!(canvas.pixel(1, 4), [128; 3]);
        assert_eq!(canvas.pixel(1, 1), WHITE);
    }

    #[test]
    fn lines_end_at_the_rectangle_that_holds_them() {
        let mut canvas = Canvas::new(9, 3, WHITE);
        canvas.lines(&[vec![(-5.0, 1.5), (20.0, 1.5)]], 1.0, BLACK, rect(2.0, 0.0, 4.0, 3.0));
        let row: Vec<bool> = (0..9).map(|x| canvas.pixel(x, 1) == [0; 3]).collect();
        assert_eq!(row, [false, false, true, true, true, true, false, false, false]);
    }

    #[test]
    fn a_triangle_is_full_inside_and_smooth_at_its_edge() {
        let mut canvas = Canvas::new(10, 10, WHITE);
        canvas.triangle([(0.0, 0.0), (10.0, 0.0), (0.0, 10.0)], BLACK);
        assert_eq!(canvas.pixel(2, 2), [0; 3]);
        assert_eq!(canvas.pixel(8, 8), WHITE);
        let edge = canvas.pixel(5, 4)[0];
        assert!((60..200).contains(&edge), "{edge}");
    }

    #[test]
    fn the_png_holds_the_same_pixels() {
        let mut canvas = Canvas::new(3, 2, WHITE);
        canvas.fill(rect(1.0, 0.0, 1.0, 1.0), Ink::solid([1, 2, 3]));
        let bytes = canvas.png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!((reader.info().width, reader.info().height), (3, 2));
        assert_eq!(pixels, canvas.pixels.as_flattened());
    }
}
