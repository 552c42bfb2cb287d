//! The map itself: its canvas and the few buttons that lie on it.

use leptos::html::Canvas;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;

use super::controls::{Glyph, Icon};
use crate::state::page::{Page, Stage};

/// Canvas, zoom buttons, scale and attribution.
#[component]
pub fn MapView() -> impl IntoView {
    let page = Page::current();
    let canvas = NodeRef::<Canvas>::new();
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            spawn_local(ScopedFuture::new_untracked(page.attach_map(canvas)));
        }
    });
    view! {
        <main class="map" class:bare=move || page.stage.get() == Stage::Bare aria-label="Map">
            <canvas
                class="map-canvas"
                node_ref=canvas
                tabindex="0"
                role="application"
                aria-roledescription="map"
                aria-label="Map of land surface temperature"
                aria-describedby="map-help"
            ></canvas>
            <p class="unseen" id="map-help">
                "Arrow keys move the map, plus and minus zoom, Enter inspects the place in its middle, Escape ends that."
            </p>
            <Show when=move || page.stage.get() == Stage::Whole>
                <MapButtons />
                <MapFoot />
            </Show>
        </main>
    }
}

#[component]
fn MapButtons() -> impl IntoView {
    let page = Page::current();
    view! {
        <div class="map-buttons">
            <button type="button" class="icon" aria-label="Zoom in" title="Zoom in" on:click=move |_| page.zoom_by(1.0)>
                <Glyph icon=Icon::Plus />
            </button>
            <button type="button" class="icon" aria-label="Zoom out" title="Zoom out" on:click=move |_| page.zoom_by(-1.0)>
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
                format!("{}\u{a0}km", metres / 1000.0)
            } else {
                format!("{metres}\u{a0}m")
            };
            view! { <span class="scale-bar" style:width=format!("{pixels:.1}px")>{label}</span> }
        })
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
                <a href="https://doi.org/10.5067/MODIS/MOD11A2.061">"NASA MOD11A2"</a>
                {credits}
            </span>
        </footer>
    }
}
