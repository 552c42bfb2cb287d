//! The colours of classes, and their key.

use floe_shared::colormap::{Rgb, class_color};
use floe_shared::flags::Flag;

use super::canvas::{Canvas, Ink, Rect};
use super::sheet::{DARK, LABEL, MAP, MUTED};
use super::text::{Align, Style};

/// Of numbers that are of no class.
const OTHER: Rgb = [0x60, 0x66, 0x6c];
/// Where the key lies; west of it is that of no data.
const KEY: Rect = Rect { x: 260.0, y: 890.0, width: 1260.0, height: 66.0 };
/// Columns and rows of the key.
const COLUMNS: usize = 5;
const ROWS: usize = 3;
/// Edge of a colour's square.
const SWATCH: f32 = 16.0;

/// The classes of a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Classes<'a> {
    flags: &'a [Flag],
    /// The places of those that the picture shows; that after the last is numbers of no class.
    shown: Vec<usize>,
}

impl<'a> Classes<'a> {
    /// The classes that some numbers are of; `None` where all are NaN, which is no data.
    pub(super) fn of(flags: &'a [Flag], numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut is_shown = vec![false; flags.len() + 1];
        let mut classes = Self { flags, shown: Vec::new() };
        for number in numbers.into_iter().filter(|number| !number.is_nan()) {
            is_shown[classes.place(number)] = true;
        }
        classes.shown = (0..is_shown.len()).filter(|&place| is_shown[place]).collect();
        (!classes.shown.is_empty()).then_some(classes)
    }

    fn place(&self, number: f64) -> usize {
        self.flags.iter().position(|flag| flag.is_of(number)).unwrap_or(self.flags.len())
    }

    /// The colour of a number.
    pub(super) fn color(&self, number: f64) -> Rgb {
        self.color_of(self.place(number))
    }

    fn color_of(&self, place: usize) -> Rgb {
        match self.flags.get(place) {
            Some(flag) => flag.color.unwrap_or_else(|| class_color(place)),
            None => OTHER,
        }
    }

    /// What the key says, with the place of each colour: classes that it has no room for are counted.
    fn entries(&self) -> Vec<(Option<usize>, String)> {
        let name = |place: usize| match self.flags.get(place) {
            Some(flag) => flag.meaning.clone(),
            None => "other".to_owned(),
        };
        let room = COLUMNS * ROWS;
        let named = if self.shown.len() > room { room - 1 } else { self.shown.len() };
        let rest = self.shown.len() - named;
        let entries = self.shown[..named].iter().map(|&place| (Some(place), name(place)));
        let rest = (rest > 0).then(|| (None, format!("and {rest} more")));
        entries.chain(rest).collect()
    }

    /// Draws the key.
    pub(super) fn key(&self, canvas: &mut Canvas) {
        let (width, height) = (KEY.width / COLUMNS as f32, KEY.height / ROWS as f32);
        let style = Style { ink: DARK, size: 15.0, ..LABEL };
        for (index, (place, text)) in self.entries().into_iter().enumerate() {
            let x = KEY.x + (index % COLUMNS) as f32 * width;
            let y = KEY.y + (index / COLUMNS) as f32 * height;
            if let Some(place) = place {
                let swatch = Rect { x, y, width: SWATCH, height: SWATCH };
                canvas.fill(swatch, Ink::solid(self.color_of(place)));
                canvas.outline(swatch, 1.0, Ink { opacity: 0.45, ..MUTED });
            }
            let room = width - SWATCH - 18.0;
            let at = (x + SWATCH + 8.0, style.baseline_at(y + SWATCH / 2.0));
            canvas.write(at, Align::Left, &shortened(&text, room, style), style);
        }
    }
}

/// As much of a text as there is room for.
fn shortened(text: &str, room: f32, style: Style) -> String {
    if style.width(text) <= room {
        return text.to_owned();
    }
    let mut shorter = text.to_owned();
    while !shorter.is_empty() && style.width(&format!("{shorter}...")) > room {
        shorter.pop();
    }
    format!("{}...", shorter.trim_end())
}

/// The key stays within the map's width.
const _: () = assert!(KEY.x + KEY.width <= MAP.x + MAP.width);

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(count: usize) -> Vec<Flag> {
        let flag = |index: usize| Flag {
            value: index as f64 * 10.0,
            mask: None,
            meaning: format!("class {index}"),
            color: (index == 1).then_some([1, 2, 3]),
        };
        (0..count).map(flag).collect()
    }

    #[test]
    fn numbers_have_the_colours_of_their_classes() {
        let flags = flags(3);
        let classes = Classes::of(&flags, [10.0, f64::NAN, 20.0, 7.0]).unwrap();
        assert_eq!(classes.color(10.0), [1, 2, 3]);
        assert_eq!(classes.color(20.0), class_color(2));
        assert_eq!(classes.color(7.0), OTHER);
        let texts: Vec<String> = classes.entries().into_iter().map(|entry| entry.1).collect();
        assert_eq!(texts, ["class 1", "class 2", "other"]);
        assert_eq!(Classes::of(&flags, [f64::NAN]), None);
    }

    #[test]
    fn more_classes_than_the_key_has_room_for_are_counted() {
        let flags = flags(40);
        let classes = Classes::of(&flags, (0..40).map(|index| f64::from(index) * 10.0)).unwrap();
        let entries = classes.entries();
        assert_eq!((entries.len(), entries[14].1.as_str()), (15, "and 26 more"));
    }

    #[test]
    fn long_names_end_in_dots() {
        let text = shortened("evergreen needleleaf forest of the far north", 120.0, LABEL);
        assert!(text.ends_with("...") && LABEL.width(&text) <= 120.0, "{text}");
        assert_eq!(shortened("water", 120.0, LABEL), "water");
    }
}
