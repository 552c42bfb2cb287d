//! What the page will ask for first, found out by the worker itself: which chunks are on a screen of a
//! given size. Pure.

use crate::chunk::{ChunkKey, VariableId};
use crate::dataset::Dataset;
use crate::number;
use crate::state::view::ViewState;
use crate::view::{Camera, Viewport};
use crate::visible::{Place, Pyramid};

/// More chunks than a screen shows of any store that has overviews: nothing is foreseen beyond.
const MOST: usize = 48;

/// The screen for which a page was opened, and its query string.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// The page's inner size.
    pub viewport: Viewport,
    /// The query string of its address, with its `?`; empty without one.
    pub query: String,
}

impl Outlook {
    /// Reads what `index.html` appends to the worker's address: `#width,height,ratio?query`, the size in
    /// CSS pixels. `None` where there is no such thing.
    pub fn parse(hash: &str) -> Option<Self> {
        let said = hash.strip_prefix('#')?;
        let (size, query) = said.split_at(said.find('?').unwrap_or(said.len()));
        let mut numbers =
            size.split(',').map(|text| number::parse(text).filter(|number| *number > 0.0));
        let mut next = || numbers.next().flatten();
        let viewport = Viewport { width: next()?, height: next()?, pixel_ratio: next()? };
        Some(Self { viewport, query: query.to_owned() })
    }

    /// The chunks of the first view of a dataset in the order in which the map asks for them; none
    /// where the map would not draw it.
    pub fn chunks(&self, view: &ViewState, dataset: &Dataset) -> Vec<ChunkKey> {
        let plane = |variable| view.plane_of(dataset, variable).map(|plane| (variable, plane));
        let plane = view.variable_of(dataset).and_then(plane);
        let Some((variable, plane)) = plane else { return Vec::new() };
        let Some(pyramid) = pyramid(dataset, variable) else { return Vec::new() };
        let places = self.places(view, dataset, &pyramid);
        places.into_iter().map(|place| pyramid.key(place, (variable, plane))).collect()
    }

    /// The variable and levels of those chunks, which are known before the steps of axes are.
    pub fn arrays(&self, view: &ViewState, dataset: &Dataset) -> Vec<(VariableId, u8)> {
        let Some(variable) = view.variable_of(dataset) else { return Vec::new() };
        let Some(pyramid) = pyramid(dataset, variable) else { return Vec::new() };
        let places = self.places(view, dataset, &pyramid);
        let mut levels: Vec<usize> = places.iter().map(|place| place.level).collect();
        levels.dedup();
        let index = |level: usize| pyramid.levels()[level].index;
        levels.into_iter().map(|level| (variable, index(level))).collect()
    }

    /// Where the chunks of the first view lie.
    fn places(&self, view: &ViewState, dataset: &Dataset, pyramid: &Pyramid) -> Vec<Place> {
        let looking = view.camera_for(dataset, self.viewport);
        let camera = Camera::new(view.projection, looking, self.viewport);
        let (fine, coarse) = pyramid.needed(&camera);
        coarse.into_iter().chain(fine).take(MOST).collect()
    }
}

/// The levels of a variable, if the map draws them.
fn pyramid(dataset: &Dataset, variable: VariableId) -> Option<Pyramid> {
    Pyramid::new(&dataset.grid(variable)?.levels).ok()
}

#[cfg(test)]
mod tests {
    use floe_shared::grid::Grid;

    use super::*;
    use crate::axis::{Axis, Steps};
    use crate::dataset::{GridInfo, LevelInfo, VariableInfo};
    use crate::placement::Placement;
    use crate::view::View;

    fn info(name: &str) -> VariableInfo {
        VariableInfo { axes: vec![0], ..VariableInfo::named(name) }
    }

    fn years(years: &[f64]) -> Axis {
        Axis {
            name: "year".to_owned(),
            long_name: String::new(),
            units: String::new(),
            steps: Steps::Numbers { values: years.into(), is_single: false },
            stored: (0, years.len() as u32),
        }
    }

    fn dataset() -> Dataset {
        let level = |index: u8, factor: u32, chunk: u32| LevelInfo {
            index,
            placement: Placement::global(3600 / factor, 1800 / factor),
            chunk_rows: chunk,
            chunk_cols: chunk,
        };
        Dataset {
            grids: vec![GridInfo {
                levels: vec![level(0, 1, 100), level(1, 2, 50), level(2, 4, 450)],
            }],
            axes: vec![years(&[2021.0, 2022.0])],
            variables: vec![info("avg"), info("max")],
            tiles: Some(Grid::new(0.1, 10.0).unwrap()),
            covers_all: false,
            ..Dataset::empty()
        }
    }

    #[test]
    fn size_and_query_are_told_in_the_address_of_the_worker() {
        let outlook = Outlook::parse("#1280,800.5,2?lon=1&year=2021").unwrap();
        let viewport = Viewport { width: 1280.0, height: 800.5, pixel_ratio: 2.0 };
        assert_eq!(outlook, Outlook { viewport, query: "?lon=1&year=2021".to_owned() });
        assert_eq!(Outlook::parse("#300,200,1").unwrap().query, "");
        for nothing in ["", "#", "#300,200", "#300,200,x", "#300,0,1", "#300,NaN,1", "300,200,1"] {
            assert_eq!(Outlook::parse(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn the_coarsest_level_comes_first_then_the_middle_of_the_screen() {
        let outlook = Outlook::parse("#400,300,1").unwrap();
        let camera = View { lon: 5.0, lat: 5.0, zoom: 4.0 };
        let view = ViewState {
            camera,
            is_aimed: true,
            variable: Some("max".to_owned()),
            ..ViewState::default()
        };
        let chunks = outlook.chunks(&view, &dataset());
        assert!(chunks.iter().all(|key| (key.variable, key.plane) == (VariableId(1), 1)));
        let coarse = chunks.iter().take_while(|key| key.level == 2).count();
        assert!(coarse > 0 && chunks[coarse..].iter().all(|key| key.level == 0), "{chunks:?}");
        assert_eq!((chunks[coarse].row, chunks[coarse].col), (8, 18));
        let no_years = Dataset { axes: vec![years(&[])], ..dataset() };
        let arrays = outlook.arrays(&view, &no_years);
        assert_eq!(arrays, [(VariableId(1), 2), (VariableId(1), 0)]);
    }

    #[test]
    fn of_a_region_all_is_foreseen_unless_a_link_says_where_to_look() {
        let outlook = Outlook::parse("#400,300,1").unwrap();
        let mut region = dataset();
        region.grids[0].levels.truncate(1);
        region.grids[0].levels[0].placement = Placement::new(100.0, 0.0, 0.1, -0.1, 200, 200);
        assert_eq!(outlook.chunks(&ViewState::default(), &region).len(), 4);
        let aimed = ViewState {
            camera: View { lon: 0.0, lat: 50.0, zoom: 6.0 },
            is_aimed: true,
            ..ViewState::default()
        };
        assert!(outlook.chunks(&aimed, &region).is_empty());
    }

    #[test]
    fn nothing_is_foreseen_of_what_the_map_would_not_draw() {
        let outlook = Outlook::parse("#400,300,1").unwrap();
        let view = ViewState::default();
        let no_year = Dataset { axes: vec![years(&[])], ..dataset() };
        let no_level = Dataset { grids: Vec::new(), ..dataset() };
        assert!(outlook.chunks(&view, &no_year).is_empty());
        assert!(outlook.chunks(&view, &no_level).is_empty());
        // A store without overviews has 648 chunks on the screen.
        let levels = dataset().grids[0].levels[..1].to_vec();
        let only_fine = Dataset { grids: vec![GridInfo { levels }], ..dataset() };
        assert_eq!(outlook.chunks(&view, &only_fine).len(), MOST);
    }
}
