//! Colour maps as CSS gradients, for the legend.

use std::fmt::Write as _;

use super::colours::Palette;
use super::range::{End, Range, Scale};
use crate::number::fixed;

/// Stops of a gradient: between two of them the browser interpolates.
const STOPS: usize = 17;

/// A gradient of all colours, the coldest on the left.
pub fn css(palette: &Palette) -> String {
    let mut gradient = "linear-gradient(to right".to_owned();
    for stop in 0..STOPS {
        let colour = palette[stop * 255 / (STOPS - 1)];
        push(&mut gradient, colour, stop as f64 / (STOPS - 1) as f64);
    }
    gradient.push(')');
    gradient
}

/// What lies beyond the range on a scale: the coldest colour on its left, the warmest on its right.
pub fn css_beyond(palette: &Palette, range: &Range, scale: &Scale) -> String {
    let [low, high] = [End::Low, End::High].map(|end| scale.share(range.end(end)));
    let middle = f64::midpoint(low, high);
    let mut gradient = "linear-gradient(to right".to_owned();
    for (index, share) in [(0, 0.0), (0, middle), (255, middle), (255, 1.0)] {
        push(&mut gradient, palette[index], share);
    }
    gradient.push(')');
    gradient
}

fn push(gradient: &mut String, [red, green, blue]: [u8; 3], share: f64) {
    // Writing to a String cannot fail.
    let _ = write!(gradient, ", rgb({red} {green} {blue}) {}%", fixed(share * 100.0, 2));
}

#[cfg(test)]
mod tests {
    use floe_shared::colormap::ColorMap;

    use super::*;

    #[test]
    fn a_gradient_runs_from_the_first_to_the_last_colour() {
        for colormap in ColorMap::ALL {
            let gradient = css(&colormap.table());
            let [red, green, blue] = colormap.table()[0];
            let start = format!("linear-gradient(to right, rgb({red} {green} {blue}) 0.00%, ");
            assert!(gradient.starts_with(&start), "{gradient}");
            let [red, green, blue] = colormap.table()[255];
            let end = format!("rgb({red} {green} {blue}) 100.00%)");
            assert!(gradient.ends_with(&end), "{gradient}");
            assert_eq!(gradient.matches("rgb").count(), STOPS);
        }
    }
}
