//! What the page will ask for first, found out by the worker itself: which chunks are on a screen of a
//! given size. Pure.

use floe_shared::schema::Variable;

use crate::chunk::ChunkKey;
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
        let year = view.year_of(&dataset.years).and_then(|year| dataset.year_index(year));
        let (Ok(pyramid), Some(year)) = (Pyramid::new(&dataset.levels), year) else {
            return Vec::new();
        };
        let places = self.places(view, &pyramid);
        places.into_iter().map(|place| pyramid.key(place, (view.variable, year))).collect()
    }

    /// The variable and levels of those chunks, which are known before the years are.
    pub fn arrays(&self, view: &ViewState, dataset: &Dataset) -> Vec<(Variable, u8)> {
        let Ok(pyramid) = Pyramid::new(&dataset.levels) else { return Vec::new() };
        let places = self.places(view, &pyramid);
        let mut levels: Vec<usize> = places.iter().map(|place| place.level).collect();
        levels.dedup();
        let index = |level: usize| pyramid.levels()[level].index;
        levels.into_iter().map(|level| (view.variable, index(level))).collect()
    }

    /// Where the chunks of the first view lie.
    fn places(&self, view: &ViewState, pyramid: &Pyramid) -> Vec<Place> {
        let camera = Camera::new(view.projection, view.camera, self.viewport);
        let (fine, coarse) = pyramid.needed(&camera);
        coarse.into_iter().chain(fine).take(MOST).collect()
    }
}

#[cfg(test)]
mod tests {
    use floe_shared::grid::Grid;

    use super::*;
    use crate::dataset::{LevelInfo, RefSpec};
    use crate::view::View;

    fn dataset() -> Dataset {
        let level = |index: u8, factor: u32, chunk: u32| LevelInfo {
            index,
            rows: 1800 / factor,
            cols: 3600 / factor,
            chunk_rows: chunk,
            chunk_cols: chunk,
            degrees_per_pixel: 0.1 * f64::from(factor),
        };
        Dataset {
            levels: vec![level(0, 1, 100), level(1, 2, 50), level(2, 4, 450)],
            years: vec![2021, 2022],
            variables: Vec::new(),
            grid: Grid::new(0.1, 10.0).unwrap(),
            snapshot: String::new(),
            reference: RefSpec::default(),
            history: Vec::new(),
            store_url: String::new(),
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
        let view = ViewState { camera, variable: Variable::Maximum, ..ViewState::default() };
        let chunks = outlook.chunks(&view, &dataset());
        assert!(chunks.iter().all(|key| (key.variable, key.year) == (Variable::Maximum, 1)));
        let coarse = chunks.iter().take_while(|key| key.level == 2).count();
        assert!(coarse > 0 && chunks[coarse..].iter().all(|key| key.level == 0), "{chunks:?}");
        assert_eq!((chunks[coarse].row, chunks[coarse].col), (8, 18));
        let no_years = Dataset { years: Vec::new(), ..dataset() };
        let arrays = outlook.arrays(&view, &no_years);
        assert_eq!(arrays, [(Variable::Maximum, 2), (Variable::Maximum, 0)]);
    }

    #[test]
    fn nothing_is_foreseen_of_what_the_map_would_not_draw() {
        let outlook = Outlook::parse("#400,300,1").unwrap();
        let view = ViewState::default();
        let no_year = Dataset { years: Vec::new(), ..dataset() };
        let no_level = Dataset { levels: Vec::new(), ..dataset() };
        assert!(outlook.chunks(&view, &no_year).is_empty());
        assert!(outlook.chunks(&view, &no_level).is_empty());
        // A store without overviews has 648 chunks on the screen.
        let only_fine = Dataset { levels: dataset().levels[..1].to_vec(), ..dataset() };
        assert_eq!(outlook.chunks(&view, &only_fine).len(), MOST);
    }
}
