//! Text in the embedded font (Inter, subset; `processor/data/fonts`).

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont, point};

use super::canvas::{Canvas, Ink};

static REGULAR: LazyLock<FontRef<'static>> =
    LazyLock::new(|| embedded(include_bytes!("../../data/fonts/inter-regular.ttf")));
static SEMIBOLD: LazyLock<FontRef<'static>> =
    LazyLock::new(|| embedded(include_bytes!("../../data/fonts/inter-semibold.ttf")));

fn embedded(bytes: &'static [u8]) -> FontRef<'static> {
    match FontRef::try_from_slice(bytes) {
        Ok(font) => font,
        // Part of the binary itself, and every test of this module reads it.
        Err(error) => unreachable!("the embedded font is damaged: {error}"),
    }
}

/// How text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Which cut of the font.
    pub(super) weight: Weight,
    /// Size of the em in pixels.
    pub(super) size: f32,
    /// Colour.
    pub(super) ink: Ink,
}

/// A cut of the font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// For all but headings.
    Regular,
    /// For headings.
    Semibold,
}

/// Which point of a text lies at the place given: horizontally its beginning, middle or end; vertically
/// always the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    /// The text begins there.
    Left,
    /// The text's middle lies there.
    Centre,
    /// The text ends there.
    Right,
}

impl Style {
    fn font(self) -> &'static FontRef<'static> {
        match self.weight {
            Weight::Regular => &REGULAR,
            Weight::Semibold => &SEMIBOLD,
        }
    }

    /// The baseline of a line of text whose capitals and figures have their middle at `y`.
    pub(super) fn baseline_at(self, y: f32) -> f32 {
        y + self.cap_height() / 2.0
    }

    /// Height of capitals and figures in pixels.
    fn cap_height(self) -> f32 {
        let font = self.font();
        let outline = font.outline(font.glyph_id('H'));
        let units = font.units_per_em().unwrap_or(1.0);
        // Outlines are in font units with y upwards, so that a capital's bounds begin at its top.
        let top = outline.map_or(0.0, |outline| outline.bounds.min.y.max(outline.bounds.max.y));
        top / units * self.size
    }

    /// Width of a text in pixels.
    pub(super) fn width(self, text: &str) -> f32 {
        let font = self.font().as_scaled(self.scale());
        text.chars().map(|letter| font.h_advance(self.glyph(letter))).sum()
    }

    /// The font's own scale is of the height from ascender to descender.
    fn scale(self) -> PxScale {
        let font = self.font();
        let em = font.units_per_em().unwrap_or(1.0);
        PxScale::from(self.size * font.height_unscaled() / em)
    }

    /// The glyph of a letter; for letters that the subset lacks, that of a question mark.
    fn glyph(self, letter: char) -> GlyphId {
        match self.font().glyph_id(letter) {
            GlyphId(0) => self.font().glyph_id('?'),
            known => known,
        }
    }
}

impl Canvas {
    /// Writes a line of text with its baseline at `at`; gives the text's width in pixels.
    pub(super) fn write(&mut self, at: (f32, f32), align: Align, text: &str, style: Style) -> f32 {
        let width = style.width(text);
        let mut x = match align {
            Align::Left => at.0,
            Align::Centre => at.0 - width / 2.0,
            Align::Right => at.0 - width,
        };
        let font = style.font().as_scaled(style.scale());
        // Baselines on whole pixels keep the feet of the letters sharp.
        let baseline = at.1.round();
        for letter in text.chars() {
            let id = style.glyph(letter);
            let glyph = Glyph { id, scale: style.scale(), position: point(x, baseline) };
            if let Some(outline) = font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                let (left, top) = (bounds.min.x as i64, bounds.min.y as i64);
                outline.draw(|col, row, coverage| {
                    self.blend(left + i64::from(col), top + i64::from(row), style.ink, coverage);
                });
            }
            x += font.h_advance(id);
        }
        width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { weight: Weight::Regular, size: 20.0, ink: Ink::solid([0, 0, 0]) };

    fn inked_columns(canvas: &Canvas, width: usize, height: usize) -> Vec<usize> {
        (0..width).filter(|&x| (0..height).any(|y| canvas.pixel(x, y)[0] < 128)).collect()
    }

    #[test]
    fn both_cuts_have_every_sign_that_pictures_use() {
        for weight in [Weight::Regular, Weight::Semibold] {
            let style = Style { weight, ..STYLE };
            for letter in ('!'..='~').chain("°−–—·×…éß".chars()) {
                assert_ne!(style.font().glyph_id(letter), GlyphId(0), "{letter} in {weight:?}");
            }
        }
    }

    #[test]
    fn text_stands_where_its_alignment_puts_it() {
        let width = STYLE.width("Hello");
        assert!((40.0..60.0).contains(&width), "{width}");
        for (align, begin) in
            [(Align::Left, 50.0), (Align::Centre, 50.0 - width / 2.0), (Align::Right, 50.0 - width)]
        {
            let mut canvas = Canvas::new(120, 40, [255; 3]);
            canvas.write((50.0, 30.0), align, "Hello", STYLE);
            let columns = inked_columns(&canvas, 120, 40);
            let (first, last) = (columns[0] as f32, columns[columns.len() - 1] as f32);
            assert!((first - begin).abs() < 4.0, "{align:?}: {first} for {begin}");
            assert!((last - begin - width).abs() < 4.0, "{align:?}: {last}");
        }
    }

    #[test]
    fn capitals_are_as_high_as_the_style_says() {
        let mut canvas = Canvas::new(40, 40, [255; 3]);
        canvas.write((10.0, 30.0), Align::Left, "H", STYLE);
        let rows: Vec<usize> =
            (0..40).filter(|&y| (0..40).any(|x| canvas.pixel(x, y)[0] < 128)).collect();
        assert_eq!(rows[rows.len() - 1], 29, "the baseline is the lower edge");
        assert!((rows.len() as f32 - STYLE.cap_height()).abs() <= 1.0, "{rows:?}");
    }

    #[test]
    fn a_letter_that_the_font_lacks_is_a_question_mark() {
        assert!((STYLE.width("漢") - STYLE.width("?")).abs() < 1e-3);
    }
}
