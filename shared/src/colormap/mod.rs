//! Colours: the maps that turn values into colours, and the colours of tile statuses.
//!
//! One table for the processor's pictures and the viewer's textures. Perceptually uniform maps that
//! colour-blind people can read come first; turbo, which is neither, comes last.

mod knots;

use std::fmt;
use std::str::FromStr;

use crate::status::TileStatus;

/// An sRGB colour: red, green, blue.
pub type Rgb = [u8; 3];

/// A colour map of 256 colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ColorMap {
    /// Black through red to pale yellow (matplotlib).
    #[default]
    Inferno,
    /// Violet through green to yellow (matplotlib).
    Viridis,
    /// Black through magenta to cream (matplotlib).
    Magma,
    /// Blue through magenta to yellow (matplotlib).
    Plasma,
    /// Blue through grey to yellow, alike for all kinds of colour vision (matplotlib).
    Cividis,
    /// Dark blue through green to pink (Crameri).
    Batlow,
    /// Black through orange to pale yellow (Crameri).
    Lajolla,
    /// Dark blue through rose to yellow (cmocean).
    Thermal,
    /// Blue, white, red: diverging (Crameri).
    Vik,
    /// Red-brown, pale yellow, blue: diverging (Crameri).
    Roma,
    /// Black to white.
    Greys,
    /// Rainbow of even contrast, neither monotonic in lightness nor safe for colour-blind people.
    Turbo,
    /// Red, white, blue: diverging (Color Brewer).
    RdBu,
    /// White, blue, black, red, white: cyclic (matplotlib).
    Twilight,
    /// Hues of one lightness: cyclic (cmocean).
    Phase,
}

/// What a colour map is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Values from low to high.
    #[default]
    Sequential,
    /// Values on both sides of a middle.
    Diverging,
    /// Values whose end is their beginning, as those of directions.
    Cyclic,
}

/// A name that no colour map has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no colour map is named '{found}': use one of inferno, viridis, magma, plasma, cividis, batlow, lajolla, thermal, greys, turbo, vik, roma, rdbu, twilight, phase"
)]
pub struct ColorMapError {
    /// The name asked for.
    pub found: String,
}

impl ColorMap {
    /// All maps by kind, the recommended first.
    pub const ALL: [Self; 15] = [
        Self::Inferno,
        Self::Viridis,
        Self::Magma,
        Self::Plasma,
        Self::Cividis,
        Self::Batlow,
        Self::Lajolla,
        Self::Thermal,
        Self::Greys,
        Self::Turbo,
        Self::Vik,
        Self::Roma,
        Self::RdBu,
        Self::Twilight,
        Self::Phase,
    ];

    /// The name in links and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inferno => "inferno",
            Self::Viridis => "viridis",
            Self::Magma => "magma",
            Self::Plasma => "plasma",
            Self::Cividis => "cividis",
            Self::Batlow => "batlow",
            Self::Lajolla => "lajolla",
            Self::Thermal => "thermal",
            Self::Vik => "vik",
            Self::Roma => "roma",
            Self::Greys => "greys",
            Self::Turbo => "turbo",
            Self::RdBu => "rdbu",
            Self::Twilight => "twilight",
            Self::Phase => "phase",
        }
    }

    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Inferno => "Inferno",
            Self::Viridis => "Viridis",
            Self::Magma => "Magma",
            Self::Plasma => "Plasma",
            Self::Cividis => "Cividis",
            Self::Batlow => "Batlow",
            Self::Lajolla => "Lajolla",
            Self::Thermal => "Thermal",
            Self::Vik => "Vik (diverging)",
            Self::Roma => "Roma (diverging)",
            Self::Greys => "Greys",
            Self::Turbo => "Turbo (rainbow)",
            Self::RdBu => "RdBu (diverging)",
            Self::Twilight => "Twilight (cyclic)",
            Self::Phase => "Phase (cyclic)",
        }
    }

    /// What the map is made for.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Vik | Self::Roma | Self::RdBu => Kind::Diverging,
            Self::Twilight | Self::Phase => Kind::Cyclic,
            _ => Kind::Sequential,
        }
    }

    /// The 256 colours, lowest value first.
    pub fn table(self) -> [Rgb; 256] {
        let knots = self.knots();
        std::array::from_fn(|index| {
            let (knot, fraction) = (index / 5, (index % 5) as u32);
            let from = channels(knots[knot]);
            let to = channels(knots[(knot + 1).min(knots.len() - 1)]);
            std::array::from_fn(|channel| {
                let weighted =
                    u32::from(from[channel]) * (5 - fraction) + u32::from(to[channel]) * fraction;
                ((weighted + 2) / 5) as u8
            })
        })
    }

    /// The colour at a share of the range: 0 lowest, 1 highest, clamped; not a number counts as 0.
    ///
    /// For many pixels take [`ColorMap::table`] once.
    pub fn sample(self, share: f64) -> Rgb {
        self.table()[(share.clamp(0.0, 1.0) * 255.0).round() as usize]
    }

    const fn knots(self) -> &'static [u32; 52] {
        match self {
            Self::Inferno => &knots::INFERNO,
            Self::Viridis => &knots::VIRIDIS,
            Self::Magma => &knots::MAGMA,
            Self::Plasma => &knots::PLASMA,
            Self::Cividis => &knots::CIVIDIS,
            Self::Batlow => &knots::BATLOW,
            Self::Lajolla => &knots::LAJOLLA,
            Self::Thermal => &knots::THERMAL,
            Self::Vik => &knots::VIK,
            Self::Roma => &knots::ROMA,
            Self::Greys => &knots::GREYS,
            Self::Turbo => &knots::TURBO,
            Self::RdBu => &knots::RDBU,
            Self::Twilight => &knots::TWILIGHT,
            Self::Phase => &knots::PHASE,
        }
    }
}

const fn channels(colour: u32) -> Rgb {
    [(colour >> 16) as u8, (colour >> 8) as u8, colour as u8]
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Sequential, Self::Diverging, Self::Cyclic];

    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sequential => "Sequential",
            Self::Diverging => "Diverging",
            Self::Cyclic => "Cyclic",
        }
    }
}

/// Colours of classes that have none of their own: tab20 of matplotlib (Tableau), full ones first, then pale ones.
const CLASSES: [u32; 20] = [
    0x1f_77b4, 0xff_7f0e, 0x2c_a02c, 0xd6_2728, 0x94_67bd, 0x8c_564b, 0xe3_77c2, 0x7f_7f7f,
    0xbc_bd22, 0x17_becf, 0xae_c7e8, 0xff_bb78, 0x98_df8a, 0xff_9896, 0xc5_b0d5, 0xc4_9c94,
    0xf7_b6d2, 0xc7_c7c7, 0xdb_db8d, 0x9e_dae5,
];

/// The colour of a class that has none of its own; after twenty they begin anew.
pub const fn class_color(index: usize) -> Rgb {
    channels(CLASSES[index % CLASSES.len()])
}

impl fmt::Display for ColorMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for ColorMap {
    type Err = ColorMapError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|map| map.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| ColorMapError { found: text.to_owned() })
    }
}

/// The colour of a tile's status.
///
/// Indigo, dark teal, violet, amber, warm grey and pale blue part by lightness as well as by hue, so
/// that they stay apart for colour-blind people and in greyscale.
pub const fn status_color(status: TileStatus) -> Rgb {
    match status {
        TileStatus::Unaccounted => [0x35, 0x29, 0x7a],
        TileStatus::Processed => [0x12, 0x7a, 0x68],
        TileStatus::Incomplete => [0xb8, 0x68, 0xd8],
        TileStatus::NoData => [0xe3, 0x96, 0x1b],
        TileStatus::Unprocessed => [0xcf, 0xc9, 0xbf],
        TileStatus::Ocean => [0xe8, 0xf1, 0xf7],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIE lightness (0 to 100) of an sRGB colour.
    fn lightness(colour: Rgb) -> f64 {
        let linear = colour.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        116.0 * luminance.cbrt() - 16.0
    }

    #[test]
    fn names_round_trip_and_foreign_ones_are_named() {
        for map in ColorMap::ALL {
            assert_eq!(map.name().parse::<ColorMap>().unwrap(), map);
            assert_eq!(map.name().to_uppercase().parse::<ColorMap>().unwrap(), map);
            let error = "jet".parse::<ColorMap>().unwrap_err().to_string();
            assert!(error.contains("'jet'") && error.contains(map.name()), "{error}");
        }
    }

    #[test]
    fn tables_begin_and_end_as_the_originals_do() {
        for (map, first, last) in [
            (ColorMap::Inferno, [0, 0, 4], [252, 255, 164]),
            (ColorMap::Viridis, [68, 1, 84], [253, 231, 37]),
            (ColorMap::Cividis, [0, 34, 78], [254, 232, 56]),
            (ColorMap::Greys, [0; 3], [255; 3]),
            (ColorMap::Turbo, [48, 18, 59], [122, 4, 3]),
        ] {
            let table = map.table();
            assert_eq!((table[0], table[255]), (first, last), "{map}");
            assert_eq!((map.sample(-1.0), map.sample(2.0)), (first, last), "{map}");
            assert_eq!(map.sample(f64::NAN), first, "{map}");
        }
        // matplotlib's own: 0.127568, 0.566949, 0.550556, which is 32.5, 144.6, 140.4.
        assert_eq!(ColorMap::Viridis.sample(0.5), [32, 144, 140]);
    }

    #[test]
    fn sequential_maps_grow_lighter_throughout() {
        for map in ColorMap::ALL.into_iter().filter(|map| map.kind() == Kind::Sequential) {
            if map == ColorMap::Turbo {
                continue;
            }
            let table = map.table();
            for pair in table.windows(11) {
                let rise = lightness(pair[10]) - lightness(pair[0]);
                assert!(rise > 0.5, "{map}: {pair:?}");
            }
        }
    }

    #[test]
    fn cyclic_maps_end_as_they_begin() {
        for map in ColorMap::ALL.into_iter().filter(|map| map.kind() == Kind::Cyclic) {
            assert_eq!(map.table()[0], map.table()[255], "{map}");
        }
        assert!(ColorMap::ALL.is_sorted_by_key(|map| map.kind()), "a menu groups them");
    }

    #[test]
    fn diverging_maps_are_lightest_in_the_middle() {
        for map in ColorMap::ALL.into_iter().filter(|map| map.kind() == Kind::Diverging) {
            let table = map.table();
            let middle = lightness(table[128]);
            assert!(middle > lightness(table[0]) + 40.0 && middle > lightness(table[255]) + 40.0);
        }
    }

    #[test]
    fn statuses_part_by_lightness() {
        let mut lightness = TileStatus::ALL.map(|status| lightness(status_color(status)));
        lightness.sort_by(f64::total_cmp);
        for pair in lightness.windows(2) {
            assert!(pair[1] - pair[0] > 10.0, "{lightness:?}");
        }
    }
}
