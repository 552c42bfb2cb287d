//! Carries the state of the page to the map, and what happens on the map to the page.

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use web_sys::HtmlCanvasElement;

use super::{Session, camera, furnish, inspection, opening, status};
use crate::basemap::Scale;
use crate::browser;
use crate::chunk::ChunkKey;
use crate::map::{Appearance, ChunkSource, LayerStyle, Map, MapError, MapOptions, Theme};
use crate::pause::pause;
use crate::search::Place;
use crate::state::page::{Page, Stage};
use crate::worker::client::Reader;

/// How long the map must rest before its view counts as the page's.
const REST: Duration = Duration::from_millis(120);
/// How long after the controls the GPU is at rest.
const AT_REST: Duration = Duration::from_millis(600);

/// Puts a map on the canvas, for as long as the page lives. In several steps, between which the browser
/// sees to other things.
pub async fn attach_map(session: Session, canvas: HtmlCanvasElement) {
    let page = session.page;
    let parts = session.parts();
    furnish::read_shapes(session, Scale::Coarse);
    // Until then the GPU is busy with the page itself: a context would wait for it, and all else with it.
    browser::first_frame().await;
    let view = page.view.get_untracked();
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
            page.map_error.set(Some(error.to_string()));
            complete(session);
            return;
        }
    };
    // At once: a view that is asked for from now on is the map's.
    *parts.map.borrow_mut() = Some(map.clone());
    map.prepare();
    pause(Duration::ZERO).await;
    parts.base.furnish(&map);
    // The reader's answers are for the dataset: it comes first.
    show_dataset(page, &map);
    connect_reader(session, &map);
    furnish::read_what_is_of_use(session);
    follow_map(session, &map);
    follow_page(session, &map);
    pause(Duration::ZERO).await;
    map.warm_up();
    pause(Duration::ZERO).await;
    map.draw_ahead();
}

/// Chunks go from the reader to the map, and what the map lacks is asked of the reader.
pub(super) fn connect_reader(session: Session, map: &Map) {
    if let Ok(reader) = session.reader() {
        map.set_source(Rc::new(Chunks(reader.clone())));
        let target = map.clone();
        reader.on_chunk(move |key, answer| target.deliver(key, answer));
        reader.on_reopened(move |dataset| opening::show_newer(session, &dataset));
        reader
            .on_heavy(move |bytes| session.page.heavy.set(Some(bytes).filter(|bytes| *bytes > 0)));
    }
}

/// What happens on the map changes the page.
fn follow_map(session: Session, map: &Map) {
    let page = session.page;
    let rest = StoredValue::new(None::<TimeoutHandle>);
    let moved = map.clone();
    map.on_view_change(move |_| {
        let bar = moved.scale_bar();
        page.scale.set(Some((bar.metres, bar.pixels)));
        furnish::read_what_is_of_use(session);
        if let Some(timer) = rest.get_value() {
            timer.clear();
        }
        let settle = move || {
            tell_what_is_left_out(session);
            let camera = camera::now(session);
            if page.view.with_untracked(|view| view.camera != camera) {
                page.change(|view| {
                    view.camera = camera;
                    view.is_aimed = true;
                });
            }
            camera::fit_unknown(session);
        };
        rest.set_value(set_timeout_with_handle(settle, REST).ok());
    });
    map.on_click(move |click| {
        if let Some(place) = Place::new(click.lon, click.lat) {
            page.inspect(place);
            // Once the panel has its new size.
            request_animation_frame(move || camera::uncover(session, place));
        }
    });
    map.on_error(move |error| match error {
        MapError::Chunk { message, .. } => page.fail_softly(message),
        error => page.trouble.set(Some(error.to_string())),
    });
    map.on_blind(move |error| {
        page.map_error.set(error.map(|error| error.to_string()));
    });
    map.on_covered(move || camera::fit_unknown(session));
    map.on_busy(move |busy| {
        page.busy.set(busy);
        if !busy {
            tell_what_is_left_out(session);
            camera::fit_unknown(session);
        }
    });
    map.on_appearance(move |appearance| match appearance {
        Appearance::Drawn => page.reach(Stage::Map),
        Appearance::Shown => set_timeout(move || complete(session), Duration::ZERO),
    });
    let target = map.clone();
    Effect::new(move |_| {
        if page.stage.get() == Stage::Whole {
            let target = target.clone();
            set_timeout(move || target.make_room(), AT_REST);
        }
    });
    let bar = map.scale_bar();
    page.scale.set(Some((bar.metres, bar.pixels)));
}

/// Says whether the map shows only the middle of its view.
fn tell_what_is_left_out(session: Session) {
    let page = session.page;
    if let Some(map) = &*session.parts().map.borrow() {
        let is_cut = map.is_cut();
        if page.cut.get_untracked() != is_cut {
            page.cut.set(is_cut);
        }
        if page.heavy.with_untracked(Option::is_some) && !map.is_held() {
            page.heavy.set(None);
        }
    }
}

/// Adds what would have kept the first picture waiting.
fn complete(session: Session) {
    session.page.reach(Stage::Whole);
    browser::show_icon();
    start_decoders(session);
}

/// Has others decode beside the reader.
pub(super) fn start_decoders(session: Session) {
    if let Ok(reader) = session.reader() {
        reader.start_decoders();
    }
}

/// What changes on the page changes the map.
fn follow_page(session: Session, map: &Map) {
    let page = session.page;
    let target = map.clone();
    Effect::new(move |_| show_dataset(page, &target));
    follow_style(page, map);
    let projection = page.watch(|view| view.projection);
    let target = map.clone();
    Effect::new(move |_| target.set_projection(projection.get()));
    let base = page.watch(|view| view.base);
    let target = map.clone();
    Effect::new(move |_| {
        target.set_base_map(base.get());
        let credits = target.attributions();
        page.credits.set(credits.iter().map(|credit| (credit.text, credit.url)).collect());
    });
    let graticule = page.watch(|view| view.graticule);
    let target = map.clone();
    Effect::new(move |_| target.set_graticule(graticule.get()));
    status::follow(session, map);
    inspection::follow(session, map);
    let target = map.clone();
    browser::on_media_change("(prefers-color-scheme: dark)", move || target.set_theme(theme()));
}

fn show_dataset(page: Page, map: &Map) {
    if let Some(dataset) = page.dataset.get()
        && let Err(error) = map.set_dataset(&dataset)
    {
        page.map_error.set(Some(error.to_string()));
    }
}

fn follow_style(page: Page, map: &Map) {
    let variable = page.variable();
    let colouring = page.colouring();
    let opacity = page.watch(|view| view.opacity);
    let smooth = page.watch(|view| view.smooth);
    let plane = Memo::new(move |_| page.plane_now());
    let target = map.clone();
    Effect::new(move |_| {
        let colouring = colouring.get();
        target.set_style(LayerStyle {
            variable: variable.get()?,
            plane: plane.get()?,
            palette: Rc::new(colouring.palette),
            range: colouring.range,
            is_log: colouring.is_log,
            opacity: if colouring.is_known { f32::from(opacity.get()) / 100.0 } else { 0.0 },
            smooth: smooth.get() && colouring.is_continuous,
        });
        Some(())
    });
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
