//! The map over made-up data, without a store: what `tests/engine/engine.mjs` drives.
//!
//! The page has a canvas `#map`. The number at a pixel follows from its level, row and
//! column alone, so that a test knows which colour belongs where; see [`number`].

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use floe_shared::grid::Grid;
use floe_shared::pyramid;
use floe_viewer::axis::{Axis, Steps};
use floe_viewer::basemap::{BaseMap, places};
use floe_viewer::chunk::{ChunkAnswer, ChunkKey, Form, Texels, VariableId};
use floe_viewer::dataset::{Dataset, GridInfo, LevelInfo, RefSpec, Texts, VariableInfo};
use floe_viewer::map::{ChunkSource, LayerStyle, Map, MapOptions, Palette, StatusOverlay, Theme};
use floe_viewer::placement::Placement;
use floe_viewer::view::{Projection, View};
use js_sys::{Array, Float64Array, Promise, Uint16Array};
use wasm_bindgen::prelude::*;
use web_sys::HtmlCanvasElement;

fn main() {}

/// The digital number of a pixel of the exact field: its palette index in [`RANGE`] is
/// `(7 row + 13 col + 40 level + 90 plane) mod 256`; some pixels and one chunk are missing.
fn number(level: u8, row: u32, col: u32, plane: u32) -> u16 {
    if (row / 3 + col / 5).is_multiple_of(11) {
        return 0;
    }
    let index = (7 * row + 13 * col + 40 * u32::from(level) + 90 * plane) % 256;
    10_000 + 20 + index as u16 * 40
}

/// A temperature that falls from the equator to the poles, for pictures.
fn climate(level: u8, row: u32, col: u32) -> u16 {
    let degrees = 0.01 * f64::from(1_u32 << level);
    let lat = (90.0 - f64::from(row) * degrees).to_radians();
    let lon = (f64::from(col) * degrees).to_radians();
    let waves = (lon * 3.0 + lat * 5.0).sin() * 6.0 + (lon * 17.0).sin() * (lat * 23.0).cos() * 4.0;
    if (lon * 2.0).sin() + (lat * 3.0).cos() + (lon * 5.0 + lat * 2.0).sin() * 0.6 < 0.2 {
        return 0;
    }
    ((250.0 + 62.0 * lat.cos() + waves) / 0.02) as u16
}

const RANGE: (f64, f64) = (10_000.0, 10_000.0 + 256.0 * 40.0);

/// Answers after a while, or when it is told to.
#[derive(Default)]
struct Source {
    map: RefCell<Option<Map>>,
    dataset: RefCell<Option<Dataset>>,
    waiting: RefCell<VecDeque<ChunkKey>>,
    asked: RefCell<Vec<String>>,
    lists: RefCell<Vec<u32>>,
    field: RefCell<String>,
    held: RefCell<bool>,
    this: RefCell<Option<Rc<Source>>>,
}

impl ChunkSource for Source {
    fn want(&self, keys: &[ChunkKey]) {
        self.lists.borrow_mut().push(keys.len() as u32);
        for key in keys {
            let ChunkKey { level, row, col, plane, .. } = key;
            let name = format!("{plane}/{level}/{row}/{col}");
            let mut asked = self.asked.borrow_mut();
            if !asked.contains(&name) {
                asked.push(name);
            }
        }
        *self.waiting.borrow_mut() = keys.iter().copied().collect();
        self.answer_later();
    }

    fn pending(&self) -> usize {
        self.waiting.borrow().len()
    }
}

impl Source {
    fn answer_later(&self) {
        if *self.held.borrow() {
            return;
        }
        let Some(this) = self.this.borrow().clone() else { return };
        let answer = Closure::once_into_js(move || this.answer());
        if let Some(window) = web_sys::window() {
            let _ = window
                .set_timeout_with_callback_and_timeout_and_arguments_0(answer.unchecked_ref(), 4);
        }
    }

    fn answer(&self) {
        let Some(key) = self.waiting.borrow_mut().pop_front() else { return };
        let answer = {
            let dataset = self.dataset.borrow();
            let Some(dataset) = &*dataset else { return };
            let info = &dataset.grids[0].levels[usize::from(key.level)];
            let (width, height) = info.chunk_size(key.row, key.col);
            let field = self.field.borrow();
            if key.level == 1 && key.row == 9 && key.col == 20 {
                ChunkAnswer::Absent
            } else if *field == "broken" && key.level == 0 {
                ChunkAnswer::Failed { message: "made to fail".to_owned(), transient: true }
            } else {
                let mut values = Vec::with_capacity((width * height) as usize);
                for row in 0..height {
                    for col in 0..width {
                        let (row, col) =
                            (key.row * info.chunk_rows + row, key.col * info.chunk_cols + col);
                        values.push(if *field == "climate" {
                            climate(key.level, row, col)
                        } else {
                            number(key.level, row, col, key.plane)
                        });
                    }
                }
                let values = Texels::U16(Uint16Array::from(values.as_slice()));
                ChunkAnswer::Data { width, height, values }
            }
        };
        let map = self.map.borrow().clone();
        if let Some(map) = map {
            map.deliver(key, answer);
        }
        self.answer_later();
    }
}

/// The map and its source, for scripts.
#[wasm_bindgen]
pub struct Engine {
    map: Map,
    source: Rc<Source>,
    events: Rc<RefCell<Vec<String>>>,
}

#[wasm_bindgen]
impl Engine {
    /// Puts a map on the page's canvas; `field` is `exact`, `climate` or `broken`.
    #[wasm_bindgen(constructor)]
    pub fn new(field: &str, dark: bool, reduced_motion: bool) -> Result<Engine, JsError> {
        let document = web_sys::window().and_then(|window| window.document());
        let canvas = document
            .and_then(|document| document.get_element_by_id("map"))
            .and_then(|element| element.dyn_into::<HtmlCanvasElement>().ok())
            .ok_or_else(|| JsError::new("no canvas"))?;
        let options = MapOptions {
            theme: if dark { Theme::Dark } else { Theme::Light },
            reduced_motion,
            ..MapOptions::default()
        };
        let map = Map::new(&canvas, &options).map_err(|error| JsError::new(&error.to_string()))?;
        let grid = Grid::default();
        let dataset = Dataset {
            grids: vec![GridInfo {
                levels: pyramid::levels(grid).into_iter().map(level).collect(),
            }],
            axes: vec![Axis {
                name: "year".to_owned(),
                long_name: String::new(),
                units: String::new(),
                steps: Steps::Indices(2),
                stored: (0, 2),
            }],
            place_axes: ("latitude".to_owned(), "longitude".to_owned()),
            texts: Texts::default(),
            variables: vec![VariableInfo {
                name: "field".to_owned(),
                axes: vec![0],
                ..VariableInfo::default()
            }],
            left_out: Vec::new(),
            form: Form::U16,
            tiles: Some(grid),
            covers_all: false,
            snapshot: "A".to_owned(),
            reference: RefSpec::default(),
            history: Vec::new(),
            references: Vec::new(),
            store_url: String::new(),
        };
        map.set_dataset(&dataset).map_err(|error| JsError::new(&error.to_string()))?;
        let source = Rc::new(Source::default());
        *source.map.borrow_mut() = Some(map.clone());
        *source.dataset.borrow_mut() = Some(dataset);
        *source.this.borrow_mut() = Some(source.clone());
        field.clone_into(&mut source.field.borrow_mut());
        map.set_source(source.clone());
        let events = Rc::new(RefCell::new(Vec::new()));
        let log = events.clone();
        map.on_click(move |click| {
            log.borrow_mut().push(format!("{:?} {:.4} {:.4}", click.kind, click.lon, click.lat));
        });
        let log = events.clone();
        map.on_error(move |error| log.borrow_mut().push(format!("error {error}")));
        let engine = Engine { map, source, events };
        engine.style(0, 1.0, false);
        Ok(engine)
    }

    /// Index of the plane, opacity and interpolation.
    pub fn style(&self, plane: u32, opacity: f32, smooth: bool) {
        let exact = *self.source.field.borrow() != "climate";
        let mut palette: Palette = [[0; 3]; 256];
        for (index, colour) in palette.iter_mut().enumerate() {
            let i = index as u8;
            *colour =
                if exact { [i, 255 - i, i.wrapping_mul(7)] } else { warm(f32::from(i) / 255.0) };
        }
        self.map.set_style(LayerStyle {
            variable: VariableId(0),
            plane,
            palette: Rc::new(palette),
            range: if exact { RANGE } else { (12_200.0, 15_800.0) },
            is_log: false,
            opacity,
            smooth,
        });
    }

    /// Longitude, latitude, zoom.
    pub fn view(&self) -> Float64Array {
        let View { lon, lat, zoom } = self.map.view();
        Float64Array::from([lon, lat, zoom].as_slice())
    }

    /// Looks there at once.
    #[wasm_bindgen(js_name = setView)]
    pub fn set_view(&self, lon: f64, lat: f64, zoom: f64) {
        self.map.set_view(View { lon, lat, zoom });
    }

    /// Flies there.
    #[wasm_bindgen(js_name = flyTo)]
    pub fn fly_to(&self, lon: f64, lat: f64, zoom: f64) {
        self.map.fly_to(View { lon, lat, zoom });
    }

    /// `mercator`, `globe` or `equirectangular`.
    #[wasm_bindgen(js_name = setProjection)]
    pub fn set_projection(&self, word: &str) {
        self.map.set_projection(Projection::from_word(word).unwrap_or_default());
    }

    /// Dark or light.
    #[wasm_bindgen(js_name = setTheme)]
    pub fn set_theme(&self, dark: bool) {
        self.map.set_theme(if dark { Theme::Dark } else { Theme::Light });
    }

    /// Switches the graticule.
    pub fn graticule(&self, on: bool) {
        self.map.set_graticule(on);
    }

    /// `dark`, `light` or `satellite`, anything else is the plain one.
    #[wasm_bindgen(js_name = setBaseMap)]
    pub fn set_base_map(&self, name: &str) {
        self.map.set_base_map(match name {
            "dark" => BaseMap::OnlineDark,
            "light" => BaseMap::OnlineLight,
            "satellite" => BaseMap::OnlineSatellite,
            _ => BaseMap::Plain,
        });
    }

    /// Shows the names of the base map.
    ///
    /// # Errors
    /// Where the file of names is damaged.
    pub fn names(&self) -> Result<(), String> {
        let names = places::decode(include_bytes!("../assets/basemap/places.bin"));
        self.map.set_places(names.map_err(|error| error.to_string())?.into());
        Ok(())
    }

    /// Puts the marker at a place.
    pub fn marker(&self, lon: f64, lat: f64) {
        self.map.set_marker(Some((lon, lat)));
    }

    /// Colours all tiles by (row + column) mod 4, class 3 transparent.
    pub fn status(&self, on: bool) {
        let classes = (0..18_u32).flat_map(|row| (0..36_u32).map(move |col| (row + col) % 4));
        self.map.set_status_overlay(on.then(|| StatusOverlay {
            rows: 18,
            cols: 36,
            bounds: Grid::default().bounds(),
            classes: classes.map(|class| class as u8).collect(),
            colours: vec![
                [1.0, 0.0, 0.0, 0.5],
                [0.0, 1.0, 0.0, 0.5],
                [0.0, 0.0, 1.0, 0.5],
                [0.0; 4],
            ],
            hovered: Some((8, 18)),
            selected: Some((5, 20)),
        }));
    }

    /// x, y in CSS pixels, or nothing.
    pub fn project(&self, lon: f64, lat: f64) -> Option<Float64Array> {
        self.map.project(lon, lat).map(|(x, y)| Float64Array::from([x, y].as_slice()))
    }

    /// Longitude and latitude, or nothing.
    pub fn unproject(&self, x: f64, y: f64) -> Option<Float64Array> {
        self.map.unproject(x, y).map(|(lon, lat)| Float64Array::from([lon, lat].as_slice()))
    }

    /// The smallest and largest number on the screen but for outliers, or nothing.
    #[wasm_bindgen(js_name = visibleRange)]
    pub async fn visible_range(&self) -> Option<Float64Array> {
        let range = self.map.visible_range().await;
        range.map(|(low, high)| Float64Array::from([low, high].as_slice()))
    }

    /// Whether nothing is pending and everything is drawn.
    pub fn idle(&self) -> bool {
        self.map.idle()
    }

    /// A promise that is kept when the map is idle.
    #[wasm_bindgen(js_name = whenIdle)]
    pub fn when_idle(&self) -> Promise {
        self.map.when_idle()
    }

    /// The lengths of the lists of chunks asked for so far.
    pub fn lists(&self) -> Vec<u32> {
        self.source.lists.borrow().clone()
    }

    /// Names of all chunks asked for so far, `plane/level/row/column`.
    pub fn asked(&self) -> Array {
        self.source.asked.borrow().iter().map(JsValue::from).collect()
    }

    /// Clicks and errors so far.
    pub fn events(&self) -> Array {
        self.events.borrow().iter().map(JsValue::from).collect()
    }

    /// Whether the source keeps its answers back.
    pub fn hold(&self, held: bool) {
        *self.source.held.borrow_mut() = held;
        self.source.answer_later();
    }

    /// The palette index that the exact field has at a pixel, -1 for a missing one.
    #[wasm_bindgen(js_name = indexAt)]
    pub fn index_at(&self, level: u8, row: u32, col: u32, plane: u32) -> i32 {
        match number(level, row, col, plane) {
            0 => -1,
            number => i32::from((number - 10_000) / 40),
        }
    }

    /// Takes the map off its canvases.
    pub fn destroy(&self) {
        self.map.destroy();
    }
}

/// A level of the dataset.
fn level(level: pyramid::Level) -> LevelInfo {
    let edge = 0.01 * f64::from(level.factor());
    LevelInfo {
        index: level.index as u8,
        placement: Placement::new(-180.0, 90.0, edge, -edge, level.cols, level.rows),
        chunk_rows: level.chunk,
        chunk_cols: level.chunk,
    }
}

/// From blue over white to red.
fn warm(share: f32) -> [u8; 3] {
    let blend = |stops: [f32; 3]| {
        let at = share * 2.0;
        let value = if at < 1.0 {
            stops[0] + (stops[1] - stops[0]) * at
        } else {
            stops[1] + (stops[2] - stops[1]) * (at - 1.0)
        };
        value as u8
    };
    [blend([30.0, 240.0, 180.0]), blend([60.0, 232.0, 20.0]), blend([150.0, 210.0, 30.0])]
}
