//! Carries the state of the page to the map, and what happens on the map to the page.

use std::rc::Rc;
use std::time::Duration;

use floe_shared::colormap::status_color;
use floe_shared::grid::TileIndex;
use floe_shared::status::{StatusBoard, TileStatus};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlCanvasElement;

use crate::basemap::Scale;
use crate::browser;
use crate::chunk::ChunkKey;
use crate::map::{
    Appearance, ChunkSource, LayerStyle, Map, MapOptions, Rgba, StatusOverlay, Theme,
};
use crate::scope;
use crate::search::Place;
use crate::state::inspection::Inspection;
use crate::state::page::{Page, Stage};
use crate::state::range::Range;
use crate::view::View;
use crate::worker::client::Reader;

/// How long the map must rest before its view counts as the page's.
const REST: Duration = Duration::from_millis(120);
/// How long after the controls the GPU is at rest.
const AT_REST: Duration = Duration::from_millis(600);
/// A place so close to a phone's sheet, in CSS pixels, counts as covered: its marker would be.
const COVERED_MARGIN: f64 = 20.0;
/// How often a shown tile status looks for new commits.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

impl Page {
    /// Puts a map on the canvas, for as long as the page lives. In several steps, between which the browser
    /// sees to other things.
    pub async fn attach_map(self, canvas: HtmlCanvasElement) {
        let session = self.session();
        self.read_shapes(Scale::Coarse);
        // Until then the GPU is busy with the page itself: a context would wait for it, and all else with it.
        browser::first_frame().await;
        let view = self.view.get_untracked();
        let options = MapOptions {
            view: view.camera,
            projection: view.projection,
            theme: theme(),
            base_map: view.base,
            graticule: view.graticule,
            reduced_motion: browser::matches("(prefers-reduced-motion: reduce)"),
            ..MapOptions::default()
        };
        let map = match Map::new(&canvas, &options) {
            Ok(map) => map,
            Err(error) => {
                self.map_error.set(Some(error.to_string()));
                self.complete();
                return;
            }
        };
        // At once: a view that is asked for from now on is the map's.
        *session.map.borrow_mut() = Some(map.clone());
        map.prepare();
        scope::pause(Duration::ZERO).await;
        session.base.furnish(&map);
        // The reader's answers are for the dataset: it comes first.
        self.show_dataset(&map);
        self.connect_reader(&map);
        self.read_base_map();
        self.follow_map(&map);
        self.follow_page(&map);
        scope::pause(Duration::ZERO).await;
        map.warm_up();
        scope::pause(Duration::ZERO).await;
        map.draw_ahead();
    }

    /// Chunks go from the reader to the map, and what the map lacks is asked of the reader.
    fn connect_reader(self, map: &Map) {
        if let Ok(reader) = &self.session().reader {
            map.set_source(Rc::new(Chunks(reader.clone())));
            let target = map.clone();
            reader.on_chunk(move |key, answer| target.deliver(key, answer));
        }
    }

    /// What happens on the map changes the page.
    fn follow_map(self, map: &Map) {
        let rest = StoredValue::new(None::<TimeoutHandle>);
        let moved = map.clone();
        map.on_view_change(move |_| {
            let bar = moved.scale_bar();
            self.scale.set(Some((bar.metres, bar.pixels)));
            self.read_base_map();
            if let Some(timer) = rest.get_value() {
                timer.clear();
            }
            let settle = move || {
                let camera = self.camera();
                if self.view.with_untracked(|view| view.camera != camera) {
                    self.change(|view| view.camera = camera);
                }
            };
            rest.set_value(set_timeout_with_handle(settle, REST).ok());
        });
        map.on_click(move |click| {
            if let Some(place) = Place::new(click.lon, click.lat) {
                self.inspect(place);
                // Once the panel has its new size.
                request_animation_frame(move || self.uncover(place));
            }
        });
        map.on_error(move |error| self.trouble.set(Some(error.to_string())));
        map.on_busy(move |busy| self.busy.set(busy));
        map.on_appearance(move |appearance| match appearance {
            Appearance::Drawn => self.reach(Stage::Map),
            Appearance::Shown => set_timeout(move || self.complete(), Duration::ZERO),
        });
        let target = map.clone();
        Effect::new(move |_| {
            if self.stage.get() == Stage::Whole {
                let target = target.clone();
                set_timeout(move || target.make_room(), AT_REST);
            }
        });
        let bar = map.scale_bar();
        self.scale.set(Some((bar.metres, bar.pixels)));
    }

    /// Adds what would have kept the first picture waiting.
    fn complete(self) {
        self.reach(Stage::Whole);
        browser::show_icon();
        if let Ok(reader) = &self.session().reader {
            reader.start_decoders();
        }
    }

    /// What changes on the page changes the map.
    fn follow_page(self, map: &Map) {
        let target = map.clone();
        Effect::new(move |_| self.show_dataset(&target));
        self.follow_style(map);
        let projection = self.watch(|view| view.projection);
        let target = map.clone();
        Effect::new(move |_| target.set_projection(projection.get()));
        let base = self.watch(|view| view.base);
        let target = map.clone();
        Effect::new(move |_| {
            target.set_base_map(base.get());
            let credits = target.attributions();
            self.credits.set(credits.iter().map(|credit| (credit.text, credit.url)).collect());
        });
        let graticule = self.watch(|view| view.graticule);
        let target = map.clone();
        Effect::new(move |_| target.set_graticule(graticule.get()));
        self.follow_status(map);
        self.follow_inspection(map);
        let target = map.clone();
        browser::on_media_change("(prefers-color-scheme: dark)", move || target.set_theme(theme()));
    }

    fn show_dataset(self, map: &Map) {
        if let Some(dataset) = self.dataset.get()
            && let Err(error) = map.set_dataset(&dataset)
        {
            self.map_error.set(Some(error.to_string()));
        }
    }

    fn follow_style(self, map: &Map) {
        let variable = self.watch(|view| view.variable);
        let colormap = self.watch(|view| view.colormap);
        let range = self.watch(|view| view.range);
        let opacity = self.watch(|view| view.opacity);
        let smooth = self.watch(|view| view.smooth);
        let year = self.year();
        let target = map.clone();
        Effect::new(move |_| {
            let year = year.get()?;
            let year = self.dataset.with(|dataset| dataset.as_ref()?.year_index(year))?;
            target.set_style(LayerStyle {
                variable: variable.get(),
                year,
                palette: Rc::new(colormap.get().table()),
                range: (f64::from(range.get().low()), f64::from(range.get().high())),
                opacity: f32::from(opacity.get()) / 100.0,
                smooth: smooth.get(),
            });
            Some(())
        });
    }

    fn follow_status(self, map: &Map) {
        let on = self.watch(|view| view.status);
        let selected = self.inspected_tile();
        let target = map.clone();
        Effect::new(move |_| {
            let board = self.board.get().filter(|_| on.get());
            target.set_status_overlay(board.map(|board| overlay(&board, selected.get())));
        });
        Effect::new(move |timer: Option<Option<IntervalHandle>>| {
            if let Some(Some(timer)) = timer {
                timer.clear();
            }
            let look = move || {
                if browser::is_visible() {
                    self.refresh();
                }
            };
            on.get().then(|| set_interval_with_handle(look, LOOK_AGAIN).ok()).flatten()
        });
    }

    fn follow_inspection(self, map: &Map) {
        let place = self.watch(|view| view.inspected);
        let snapshot = Memo::new(move |_| {
            self.dataset.with(|dataset| dataset.as_ref().map(|dataset| dataset.snapshot.clone()))
        });
        let target = map.clone();
        Effect::new(move |_| {
            let place = place.get();
            // Another snapshot may hold other values.
            snapshot.track();
            target.set_marker(place.map(|place| (place.lon, place.lat)));
            let Some(place) = place else {
                self.inspection.set(Inspection::Nowhere);
                return;
            };
            self.inspection.set(Inspection::Reading(place));
            spawn_local(async move {
                let read = self.read_place(place).await;
                // A later click has its own reading on the way.
                if self.inspection.with_untracked(|now| *now == Inspection::Reading(place)) {
                    self.inspection.set(match read {
                        Ok(reading) => Inspection::Read(reading),
                        Err(message) => Inspection::Failed { place, message },
                    });
                }
            });
        });
    }

    /// Where the map looks.
    pub fn camera(self) -> View {
        let session = self.session();
        let map = session.map.borrow();
        map.as_ref().map_or_else(|| self.view.with_untracked(|view| view.camera), Map::view)
    }

    /// Lets the map look elsewhere at once.
    pub fn set_camera(self, camera: View) {
        if let Some(map) = &*self.session().map.borrow() {
            map.set_view(camera);
        }
        self.change(|view| view.camera = camera);
    }

    /// Lets the map move to a place.
    pub fn fly_to(self, place: Place, zoom: f64) {
        if let Some(map) = &*self.session().map.borrow() {
            map.fly_to(View { lon: place.lon, lat: place.lat, zoom });
        }
    }

    /// Moves a place out from under a phone's sheet, into the middle of what that leaves of the map.
    fn uncover(self, place: Place) {
        let panel = document().query_selector(".panel").ok().flatten();
        let session = self.session();
        let map = session.map.borrow();
        let (Some(panel), Some(map)) = (panel, &*map) else { return };
        let sheet = panel.get_bounding_client_rect();
        let Some((x, y)) = map.project(place.lon, place.lat) else { return };
        let is_covered = (sheet.left()..sheet.right()).contains(&x)
            && (sheet.top() - COVERED_MARGIN..sheet.bottom()).contains(&y);
        if browser::is_phone() && is_covered {
            map.pan_by(0.0, sheet.top() / 2.0 - y);
        }
    }

    /// Zooms about the middle.
    pub fn zoom_by(self, steps: f64) {
        if let Some(map) = &*self.session().map.borrow() {
            map.zoom_by(steps);
        }
    }

    /// Fits the range to the values in view, if there are any.
    pub fn fit_range(self) {
        let range = self.session().map.borrow().as_ref().and_then(Map::visible_range);
        if let Some((low, high)) = range {
            self.change(|view| view.range = Range::from_numbers(low, high));
        }
    }

    /// Asks again for what could not be read.
    pub fn read_again(self) {
        self.trouble.set(None);
        if let Ok(reader) = &self.session().reader {
            reader.forget();
        }
        if let Some(map) = &*self.session().map.borrow() {
            map.retry_failed();
        }
        self.session().base.forgive();
        self.read_base_map();
    }
}

/// The reader as the map's source of chunks.
struct Chunks(Reader);

impl ChunkSource for Chunks {
    fn want(&self, keys: &[ChunkKey]) {
        self.0.want(keys.to_vec());
    }

    fn pending(&self) -> usize {
        self.0.pending()
    }
}

fn theme() -> Theme {
    if browser::matches("(prefers-color-scheme: dark)") { Theme::Dark } else { Theme::Light }
}

/// The tiles as the map draws them, in the colours of the legend.
fn overlay(board: &StatusBoard, selected: Option<TileIndex>) -> StatusOverlay {
    let class = |status: TileStatus| {
        TileStatus::ALL.iter().position(|candidate| *candidate == status).unwrap_or(0) as u8
    };
    StatusOverlay {
        rows: board.grid.tile_rows(),
        cols: board.grid.tile_cols(),
        classes: board.tiles.iter().map(|record| class(record.status)).collect(),
        colours: TileStatus::ALL.map(fill).to_vec(),
        hovered: None,
        selected: selected.map(|tile| (tile.row, tile.col)),
    }
}

/// See-through, so that the data stay visible beneath; what has no data the more so.
fn fill(status: TileStatus) -> Rgba {
    let [red, green, blue] = status_color(status).map(|channel| f32::from(channel) / 255.0);
    let opacity = match status {
        TileStatus::Processed => 0.45,
        TileStatus::NoData | TileStatus::Unprocessed => 0.7,
        TileStatus::Ocean => 0.15,
    };
    [red, green, blue, opacity]
}
