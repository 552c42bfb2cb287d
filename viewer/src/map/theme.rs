//! Colours of the base map in light and dark.

use super::options::Theme;
use crate::render::{Appearance, LineStyle};

/// Everything that the theme decides.
pub(super) struct Colours {
    pub(super) appearance: Appearance,
    /// Coasts, lakes and borders: colour and width in CSS pixels.
    pub(super) coast: LineStyle,
    pub(super) lake: LineStyle,
    pub(super) border: LineStyle,
    pub(super) graticule: [f32; 4],
    pub(super) mark: [f32; 3],
    /// CSS colours of labels and of the halo behind them.
    pub(super) label: &'static str,
    pub(super) halo: &'static str,
}

/// The colours of a theme.
pub(super) fn colours(theme: Theme) -> Colours {
    let line = |colour, width| LineStyle { colour, width };
    match theme {
        Theme::Dark => Colours {
            appearance: Appearance {
                space: rgb(0x07, 0x0a, 0x10),
                sea: rgb(0x10, 0x18, 0x24),
                land: rgb(0x26, 0x2f, 0x3b),
                halo: [0.10, 0.17, 0.28],
            },
            coast: line([0.80, 0.86, 0.94, 0.55], 1.0),
            lake: line([0.70, 0.80, 0.94, 0.38], 0.8),
            border: line([0.90, 0.92, 0.96, 0.34], 0.8),
            graticule: [0.80, 0.86, 0.94, 0.22],
            mark: [1.0, 1.0, 1.0],
            label: "#f2f5fa",
            halo: "rgba(6, 10, 16, 0.82)",
        },
        Theme::Light => Colours {
            appearance: Appearance {
                space: rgb(0xe9, 0xee, 0xf3),
                sea: rgb(0xcf, 0xdd, 0xe8),
                land: rgb(0xf1, 0xef, 0xe9),
                halo: [-0.10, -0.06, -0.02],
            },
            coast: line([0.16, 0.22, 0.30, 0.60], 1.0),
            lake: line([0.20, 0.32, 0.46, 0.42], 0.8),
            border: line([0.20, 0.22, 0.28, 0.36], 0.8),
            graticule: [0.14, 0.20, 0.30, 0.22],
            mark: [0.05, 0.08, 0.12],
            label: "#18202b",
            halo: "rgba(255, 255, 255, 0.86)",
        },
    }
}

fn rgb(red: u8, green: u8, blue: u8) -> [f32; 3] {
    [red, green, blue].map(|value| f32::from(value) / 255.0)
}
