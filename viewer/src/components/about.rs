//! The about panel: what this is, and how to read the same data elsewhere.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

use super::controls::{Glyph, Icon};
use crate::state::moment;
use crate::state::page::Page;
use crate::state::recipe;

/// Where the code lives.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The button that opens the panel, and the panel.
#[component]
pub fn About() -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    // What it holds is made when it is opened first.
    let wanted = RwSignal::new(false);
    let open = move |_| {
        wanted.set(true);
        spawn_local(async move {
            tick().await;
            if let Some(dialog) = dialog.get_untracked() {
                // Fails only for a dialog that is open already.
                let _ = dialog.show_modal();
            }
        });
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <button
            type="button"
            class="icon"
            aria-label="About this map"
            title="About this map"
            aria-haspopup="dialog"
            on:click=open
        >
            <Glyph icon=Icon::About />
        </button>
        <dialog
            class="about"
            node_ref=dialog
            aria-labelledby="about-title"
            // A click on the backdrop reaches the dialog itself.
            on:click=move |event| {
                if event.target() == event.current_target() {
                    close();
                }
            }
        >
            <Show when=move || wanted.get()>
                <div class="about-body">
                    <header>
                        <h2 id="about-title">"About this map"</h2>
                        <button type="button" class="icon" aria-label="Close" on:click=move |_| close()>
                            <Glyph icon=Icon::Close />
                        </button>
                    </header>
                    <Story />
                    <Recipe />
                    <Facts />
                </div>
            </Show>
        </dialog>
    }
}

#[component]
fn Story() -> impl IntoView {
    view! {
        <p>
            "Annual mean and maximum of the daytime temperature of the land surface, seen by the MODIS
            instrument on NASA's Terra satellite: the skin of the ground and of what grows on it, not the
            air. Each pixel combines the cloud-free 8-day composites of one year, at a resolution of about
            1 km."
        </p>
        <p>
            "This page reads the data itself, straight from a versioned Zarr store (Icechunk) on plain
            object storage. No tile server stands in between."
        </p>
    }
}

#[component]
fn Recipe() -> impl IntoView {
    let page = Page::current();
    let copied = RwSignal::new(false);
    let lines = Memo::new(move |_| {
        let dataset = page.dataset.get();
        let place = page.view.with(|view| view.inspected);
        let variable = page.view.with(|view| view.variable);
        let reference = dataset.as_ref().map(|dataset| dataset.reference.clone());
        recipe::python(
            &dataset.map_or_else(|| page.store_url(), |dataset| dataset.store_url.clone()),
            &reference.unwrap_or_default(),
            variable,
            page.year().get(),
            place,
        )
    });
    let copy = move |_| {
        crate::browser::copy(&lines.get_untracked(), move |done| copied.set(done));
    };
    view! {
        <section aria-labelledby="recipe-title">
            <header>
                <h3 id="recipe-title">"The same data in Python"</h3>
                <button type="button" class="plain" on:click=copy>
                    {move || if copied.get() { "Copied" } else { "Copy" }}
                </button>
            </header>
            <pre tabindex="0" aria-label="Python code"><code>{lines}</code></pre>
        </section>
    }
}

#[component]
fn Facts() -> impl IntoView {
    let page = Page::current();
    let store = move || {
        page.dataset.get().map(|dataset| {
            let newest = dataset.history.first().map(|commit| commit.committed_at);
            view! {
                <dt>"Snapshot"</dt>
                <dd class="mono" id="snapshot">{dataset.snapshot.clone()}</dd>
                <dt>"Found by"</dt>
                <dd>{dataset.reference.to_string()}</dd>
                <dt>"Commits"</dt>
                <dd>{dataset.history.len()}</dd>
                {newest
                    .map(|micros| {
                        view! {
                            <dt>"Newest"</dt>
                            <dd>
                                <time datetime=moment::iso(micros)>{moment::utc(micros)}</time>
                            </dd>
                        }
                    })}
            }
        })
    };
    view! {
        <dl>
            <dt>"Store"</dt>
            <dd class="mono">{move || page.store_url()}</dd>
            {store}
            <dt>"Data"</dt>
            <dd>
                "MODIS/Terra Land Surface Temperature 8-Day L3 Global 1 km (MOD11A2), collection 6.1, NASA
                EOSDIS Land Processes DAAC, "
                <a href="https://doi.org/10.5067/MODIS/MOD11A2.061">"doi:10.5067/MODIS/MOD11A2.061"</a>
            </dd>
            <dt>"Base map"</dt>
            <dd>
                <a href="https://www.naturalearthdata.com/">"Natural Earth"</a>
                ", public domain"
            </dd>
            <dt>"Colours"</dt>
            <dd>
                "Scientific colour maps by "
                <a href="https://doi.org/10.5281/zenodo.1243862">"F. Crameri"</a>
                ", and those of Matplotlib"
            </dd>
            <dt>"Software"</dt>
            <dd>
                <a href=REPOSITORY>{format!("Floe {}", env!("CARGO_PKG_VERSION"))}</a>
                ", Apache License 2.0"
            </dd>
        </dl>
    }
}
