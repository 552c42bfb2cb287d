//! What is shown and how: everything that a link restores, and its pure transitions.

use floe_shared::colormap::ColorMap;
use floe_shared::schema::Variable;

use super::range::Range;
use crate::map::BaseMap;
use crate::search::Place;
use crate::units::Unit;
use crate::view::{Projection, View};

/// The whole view.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewState {
    /// Where the map looks.
    pub camera: View,
    /// How the globe becomes flat.
    pub projection: Projection,
    /// What is shown.
    pub variable: Variable,
    /// Of which year; the newest one of the dataset where no year was asked for.
    pub year: Option<i32>,
    /// The colours.
    pub colormap: ColorMap,
    /// The temperatures that they span.
    pub range: Range,
    /// The unit in which temperatures are shown.
    pub unit: Unit,
    /// Opacity of the data in percent.
    pub opacity: u8,
    /// Whether values are interpolated between pixels.
    pub smooth: bool,
    /// What lies beneath.
    pub base: BaseMap,
    /// Whether parallels and meridians are drawn.
    pub graticule: bool,
    /// Whether the status of the tiles is drawn.
    pub status: bool,
    /// The inspected place.
    pub inspected: Option<Place>,
}

impl Default for ViewState {
    fn default() -> Self {
        Self {
            camera: View { lon: 12.0, lat: 22.0, zoom: 0.9 },
            projection: Projection::Mercator,
            variable: Variable::Average,
            year: None,
            colormap: ColorMap::Batlow,
            range: Range::EARTH,
            unit: Unit::Celsius,
            opacity: 100,
            smooth: false,
            base: BaseMap::Plain,
            graticule: false,
            status: false,
            inspected: None,
        }
    }
}

impl ViewState {
    /// The year shown of a dataset's years, which ascend: the one asked for, else the newest.
    pub fn year_of(&self, years: &[i32]) -> Option<i32> {
        self.year.filter(|year| years.contains(year)).or_else(|| years.last().copied())
    }
}

/// The year `steps` after (or before) `year` in a dataset's years, going around at the ends.
pub fn year_after(years: &[i32], year: i32, steps: isize) -> Option<i32> {
    let count = isize::try_from(years.len()).ok().filter(|count| *count > 0)?;
    let at = years.iter().position(|candidate| *candidate == year).unwrap_or(0) as isize;
    years.get((at + steps).rem_euclid(count) as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_that_the_dataset_lacks_becomes_its_newest() {
        let mut view = ViewState::default();
        assert_eq!(view.year_of(&[2020, 2021]), Some(2021));
        view.year = Some(2020);
        assert_eq!(view.year_of(&[2020, 2021]), Some(2020));
        view.year = Some(1999);
        assert_eq!(view.year_of(&[2020, 2021]), Some(2021));
        assert_eq!(view.year_of(&[]), None);
    }

    #[test]
    fn years_play_in_a_circle() {
        let years = [2020, 2021, 2022];
        assert_eq!(year_after(&years, 2022, 1), Some(2020));
        assert_eq!(year_after(&years, 2020, -1), Some(2022));
        assert_eq!(year_after(&[], 2020, 1), None);
    }
}
