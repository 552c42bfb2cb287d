//! The map itself: its canvas and the few buttons that lie on it.

use leptos::html::Canvas;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;

use super::controls::{Glyph, Icon};
use super::erased::{Shown, heard, live};
use crate::dataset::Texts;
use crate::number;
use crate::session::{Session, camera, drive};
use crate::state::page::{Page, Stage};
use crate::state::texts::{credit, first_address, subject};

/// Canvas, zoom buttons, scale and attribution.
#[component]
pub fn MapView() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let canvas = NodeRef::<Canvas>::new();
    let texts = page.texts();
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            spawn_local(ScopedFuture::new_untracked(drive::attach_map(session, canvas)));
        }
    });
    view! {
        <main class="map" class:bare=live(move || page.stage.get() == Stage::Bare) aria-label="Map">
            <canvas
                class="map-canvas"
                node_ref=canvas
                tabindex="0"
                role="application"
                aria-roledescription="map"
                aria-label=live(move || map_name(&texts.get().title))
                aria-describedby="map-help"
            ></canvas>
            <p class="unseen" id="map-help">
                "Arrow keys move the map, plus and minus zoom, Enter inspects the place in its middle, Escape ends that."
            </p>
            <Shown when=move || page.stage.get() == Stage::Whole>
                <MapButtons />
                <MapFoot />
            </Shown>
        </main>
    }
}

/// What the map is called.
fn map_name(title: &str) -> String {
    if title.is_empty() { "Map".to_owned() } else { format!("Map of {}", subject(title)) }
}

#[component]
fn MapButtons() -> impl IntoView {
    let session = Session::current();
    view! {
        <div class="map-buttons">
            <button type="button" class="icon" aria-label="Zoom in" title="Zoom in" on:click=heard(move |_| camera::zoom_by(session, 1.0))>
                <Glyph icon=Icon::Plus />
            </button>
            <button type="button" class="icon" aria-label="Zoom out" title="Zoom out" on:click=heard(move |_| camera::zoom_by(session, -1.0))>
                <Glyph icon=Icon::Minus />
            </button>
        </div>
    }
}

/// Scale bar and attribution.
#[component]
fn MapFoot() -> impl IntoView {
    let page = Page::current();
    let bar = move || {
        page.scale.get().map(|(metres, pixels)| {
            let label = if metres >= 1000.0 {
                format!("{}\u{a0}km", number::text(metres / 1000.0))
            } else {
                format!("{}\u{a0}m", number::text(metres))
            };
            let width = format!("{}px", number::fixed(pixels, 1));
            view! { <span class="scale-bar" style:width=width>{label}</span> }
        })
    };
    let texts = page.texts();
    let source = move || {
        let Texts { source, references, .. } = texts.get();
        let (text, address) = (credit(&source).to_owned(), first_address(&references));
        match address {
            _ if text.is_empty() => None,
            Some(address) => Some(view! { <a href=address>{text}</a> }.into_any()),
            None => Some(view! { <span>{text}</span> }.into_any()),
        }
    };
    let credits = move || {
        page.credits
            .get()
            .into_iter()
            .map(|(text, url)| view! { <a href=url>{text}</a> })
            .collect_view()
    };
    view! {
        <footer class="map-foot">
            {bar}
            <span class="credits">
                {source}
                {credits}
            </span>
        </footer>
    }
}
