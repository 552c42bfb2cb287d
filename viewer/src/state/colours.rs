//! Which colours the values of the variable shown have: its own choice by rule, or the visitor's.

use floe_shared::colormap::{ColorMap, Kind, class_color};
use floe_shared::flags::Flag;

use super::range::Range;

/// 256 colours, lowest value first; of classes the first is of none, the next of the first class.
pub type Palette = [[u8; 3]; 256];

/// The colour of numbers that are of no class.
const NO_CLASS: [u8; 3] = [0x80; 3];

/// The colour map of a kind that is taken where the visitor has chosen none.
pub const fn usual(kind: Kind) -> ColorMap {
    match kind {
        Kind::Sequential => ColorMap::Batlow,
        Kind::Diverging => ColorMap::Vik,
        Kind::Cyclic => ColorMap::Phase,
    }
}

/// The colours of a map, turned round or not.
pub fn palette(map: ColorMap, is_reversed: bool) -> Palette {
    let mut palette = map.table();
    if is_reversed {
        palette.reverse();
    }
    palette
}

/// The colour of the class at a place in the list.
pub fn class_colour(flags: &[Flag], index: usize) -> [u8; 3] {
    flags.get(index).and_then(|flag| flag.color).unwrap_or_else(|| class_color(index))
}

/// The colours of classes by their codes.
pub fn class_palette(flags: &[Flag]) -> Palette {
    let mut palette = [NO_CLASS; 256];
    for (index, colour) in palette[1..].iter_mut().take(flags.len()).enumerate() {
        *colour = class_colour(flags, index);
    }
    palette
}

/// What a stored number means, in words.
pub fn meaning(flags: &[Flag], number: f64) -> String {
    let meanings = flags.iter().filter(|flag| flag.is_of(number)).map(|flag| flag.meaning.as_str());
    meanings.collect::<Vec<_>>().join(", ")
}

/// The kind of colours for values of a kind whose range is known or not: those on both sides of zero diverge.
pub fn kind(own: Kind, range: Option<Range>) -> Kind {
    match own {
        Kind::Sequential if range.is_some_and(Range::has_two_sides) => Kind::Diverging,
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(value: f64, meaning: &str, color: Option<[u8; 3]>) -> Flag {
        Flag { value, mask: None, meaning: meaning.to_owned(), color }
    }

    #[test]
    fn classes_have_their_own_colours_or_those_of_the_palette() {
        let flags = [flag(10.0, "trees", None), flag(20.0, "grass", Some([1, 2, 3]))];
        let palette = class_palette(&flags);
        assert_eq!(palette[1], class_color(0));
        assert_eq!(palette[2], [1, 2, 3]);
        assert_eq!(palette[3], NO_CLASS);
        assert_eq!(meaning(&flags, 20.0), "grass");
        assert_eq!(meaning(&flags, 30.0), "");
    }

    #[test]
    fn values_on_both_sides_of_zero_diverge() {
        let of = |low, high| kind(Kind::Sequential, Range::between(low, high));
        assert_eq!(of(-5.0, 3.0), Kind::Diverging);
        assert_eq!(of(-0.2, 1.0), Kind::Sequential);
        assert_eq!(of(0.0, 1.0), Kind::Sequential);
        assert_eq!(kind(Kind::Cyclic, Range::between(-180.0, 180.0)), Kind::Cyclic);
        assert_eq!(kind(Kind::Diverging, None), Kind::Diverging);
    }

    #[test]
    fn the_usual_map_of_a_kind_is_of_it() {
        for kind in Kind::ALL {
            assert_eq!(usual(kind).kind(), kind);
        }
        let [first, last] = [palette(ColorMap::Vik, false)[0], palette(ColorMap::Vik, true)[255]];
        assert_eq!(first, last);
    }
}
