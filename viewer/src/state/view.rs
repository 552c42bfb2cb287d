//! What is shown and how: everything that a link restores, and its pure transitions.

use floe_shared::colormap::ColorMap;

use super::range::Range;
use crate::axis::{Axis, Found};
use crate::basemap::BaseMap;
use crate::chunk::VariableId;
use crate::dataset::Dataset;
use crate::search::Place;
use crate::units::Unit;
use crate::view::{Camera, Projection, View, Viewport};

/// The keys of links that say something else than a step along an axis.
const TAKEN: [&str; 19] = [
    "lon", "lat", "z", "proj", "var", "cmap", "min", "max", "unit", "opacity", "smooth", "grid",
    "status", "base", "at", "store", "ref", "reversed", "log",
];

/// The whole view.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ViewState {
    /// Where the map looks.
    pub camera: View,
    /// Whether somebody has said where; else the map begins with a view of all the data.
    pub is_aimed: bool,
    /// How the globe becomes flat.
    pub projection: Projection,
    /// The name of what is shown; the first variable of the dataset where that has none of the name.
    pub variable: Option<String>,
    /// What was asked for along axes: keys of links ([`key`]) and labels, and whatever else a link says that means nothing
    /// here.
    pub steps: Vec<(String, String)>,
    /// The colours; those that suit the variable where none were asked for.
    pub colormap: Option<ColorMap>,
    /// Whether the colours are turned round.
    pub reversed: bool,
    /// Whether they follow the logarithm of values, where these are positive.
    pub log: bool,
    /// The values that they span; what suits the variable where none were asked for.
    pub range: Option<Range>,
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
            is_aimed: false,
            projection: Projection::Mercator,
            variable: None,
            steps: Vec::new(),
            colormap: None,
            reversed: false,
            log: false,
            range: None,
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
    /// The variable shown of a dataset.
    pub fn variable_of(&self, dataset: &Dataset) -> Option<VariableId> {
        let asked = self.variable.as_deref().and_then(|name| dataset.named(name));
        asked.or_else(|| dataset.ids().next().map(|(id, _)| id))
    }

    /// Where the map looks at a dataset, which has just been opened, on a screen.
    pub fn camera_for(&self, dataset: &Dataset, viewport: Viewport) -> View {
        let placement = self.variable_of(dataset).and_then(|id| dataset.grid(id)?.placement());
        match placement {
            Some(placement) if !self.is_aimed && !placement.is_global() => {
                Camera::new(self.projection, self.camera, viewport).showing(placement.extent())
            }
            _ => self.camera,
        }
    }

    /// What was asked for along an axis.
    pub fn asked(&self, axis: &Axis) -> Option<&str> {
        let of = |wanted: &str| {
            let pair = self.steps.iter().find(|(key, _)| key == wanted);
            pair.map(|(_, label)| label.as_str())
        };
        // A moment may be asked for by its year, as everywhere else.
        of(&key(&axis.name)).or_else(|| of("year").filter(|_| axis.is_time()))
    }

    /// The step that is shown along an axis: the one asked for, else the last one before it, else the one that shows best what is there.
    /// A year that is not there is the newest one.
    pub fn step(&self, axis: &Axis) -> u32 {
        match self.asked(axis).map(|asked| axis.find(asked)) {
            Some(Found::Exact(step)) => step,
            Some(Found::Earlier(step)) if !axis.is_years() => step,
            _ => axis.default_step(),
        }
    }

    /// The steps that are shown along the axes of a variable.
    pub fn steps_of(&self, dataset: &Dataset, variable: VariableId) -> Vec<u32> {
        dataset.axes_of(variable).map(|axis| self.step(axis)).collect()
    }

    /// The plane that is shown of a variable; none where an axis has no steps.
    pub fn plane_of(&self, dataset: &Dataset, variable: VariableId) -> Option<u32> {
        dataset.plane(variable, &self.steps_of(dataset, variable))
    }

    /// Asks for a step along an axis.
    pub fn ask(&mut self, axis: &str, label: String) {
        self.put(key(axis), label);
    }

    /// Asks for what a key of a link says.
    pub fn put(&mut self, key: String, label: String) {
        match self.steps.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = label,
            None => self.steps.push((key, label)),
        }
    }
}

/// The key of an axis in links: its name, unless that means something else there.
pub fn key(axis: &str) -> String {
    let is_taken = TAKEN.contains(&axis);
    if is_taken { format!("axis.{axis}") } else { axis.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axis::Steps;
    use crate::dataset::VariableInfo;

    fn numbers(name: &str, values: &[f64]) -> Axis {
        Axis::of(name, Steps::Numbers { values: values.into(), is_single: false })
    }

    #[test]
    fn a_year_that_the_dataset_lacks_becomes_its_newest() {
        let mut view = ViewState::default();
        let years = numbers("year", &[2020.0, 2021.0]);
        assert_eq!(view.step(&years), 1);
        view.ask("year", "2020".to_owned());
        assert_eq!(view.step(&years), 0);
        for other in ["1999", "2030", "now"] {
            view.ask("year", other.to_owned());
            assert_eq!(view.step(&years), 1, "{other}");
        }
        assert_eq!(view.steps, [("year".to_owned(), "now".to_owned())]);
    }

    #[test]
    fn a_step_that_is_not_there_becomes_the_one_before_it() {
        let mut view = ViewState::default();
        let depths = numbers("depth", &[0.0, 10.0, 50.0]);
        for (asked, step) in [("10", 1), ("49", 1), ("1000", 2), ("-5", 0), ("deep", 0)] {
            view.ask("depth", asked.to_owned());
            assert_eq!(view.step(&depths), step, "{asked}");
        }
    }

    #[test]
    fn a_moment_can_be_asked_for_by_its_year() {
        let mut view = ViewState::default();
        view.ask("year", "1970".to_owned());
        let seconds = vec![-86_400.0, 0.0, 86_400.0];
        let calendar = floe_shared::cf_time::Calendar::Standard;
        let time = Axis::of("time", Steps::Times { seconds, calendar, with_clock: false });
        assert_eq!(view.step(&time), 1);
        view.ask("time", "1970-01-02".to_owned());
        assert_eq!(view.step(&time), 2);
    }

    #[test]
    fn an_axis_whose_name_is_taken_has_a_key_of_its_own() {
        let mut view = ViewState::default();
        assert_eq!([key("time"), key("z")], ["time", "axis.z"]);
        view.ask("z", "5".to_owned());
        assert_eq!(view.asked(&numbers("z", &[5.0])), Some("5"));
    }

    #[test]
    fn a_plane_follows_from_the_steps_of_all_axes() {
        let variable = VariableInfo { axes: vec![0, 1], ..VariableInfo::named("a") };
        let axes = vec![numbers("year", &[2020.0, 2021.0]), numbers("depth", &[0.0, 1.0, 2.0])];
        let dataset = Dataset { axes, variables: vec![variable], ..Dataset::empty() };
        let mut view = ViewState::default();
        assert_eq!(view.plane_of(&dataset, VariableId(0)), Some(3));
        view.ask("depth", "2".to_owned());
        view.ask("year", "2020".to_owned());
        assert_eq!(view.steps_of(&dataset, VariableId(0)), [0, 2]);
        assert_eq!(view.plane_of(&dataset, VariableId(0)), Some(2));
    }
}
