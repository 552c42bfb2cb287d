//! The about panel: what this is, and how to read the same data elsewhere.

use leptos::html::Pre;
use leptos::prelude::*;

use super::controls::Icon;
use super::dialog::Dialog;
use super::erased::{Shown, heard, live};
use crate::dataset::{RefSpec, Texts};
use crate::session::Session;
use crate::state::moment;
use crate::state::recipe;
use crate::state::texts::linked;

/// Where the code lives.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The button that opens the panel, and the panel.
#[component]
pub fn About() -> impl IntoView {
    view! {
        <Dialog icon=Icon::About title="About this map" id="about-title" shown=RwSignal::new(false)>
            <Story />
            <Recipe />
            <Facts />
        </Dialog>
    }
}

#[component]
fn Story() -> impl IntoView {
    let page = Session::current().page;
    let texts = page.texts();
    let said = move || {
        let Texts { title, summary, .. } = texts.get();
        [title, summary].into_iter().filter(|text| !text.is_empty()).map(paragraph).collect_view()
    };
    let is_versioned = Memo::new(move |_| {
        page.dataset.with(|dataset| dataset.as_ref().is_none_or(|dataset| dataset.is_versioned()))
    });
    view! {
        {said}
        <p>
            "This page reads the data itself, straight from a "
            <Shown when=move || is_versioned.get() fallback=|| "Zarr store">
                "versioned Zarr store (Icechunk)"
            </Shown> " on plain object storage. No tile server stands in between."
        </p>
    }
}

#[component]
fn Recipe() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let copied = RwSignal::new(false);
    let code = NodeRef::<Pre>::new();
    let lines = Memo::new(move |_| {
        let dataset = page.dataset.get();
        let steps = page.steps_now();
        let axis = |&(axis, step): &(u16, u32)| {
            let axes = dataset.as_ref().map(|dataset| dataset.axes.as_slice());
            Some((axes?.get(usize::from(axis))?, step))
        };
        let steps: Vec<_> = steps.iter().filter_map(axis).collect();
        let place = page.view.with(|view| view.inspected);
        let axes = dataset.as_ref().map(|dataset| dataset.place_axes.clone());
        let variable = page.info_now().map(|info| info.name);
        let reference = match &dataset {
            Some(dataset) => dataset.is_versioned().then(|| dataset.reference.clone()),
            None => Some(RefSpec::default()),
        };
        recipe::python(
            &dataset
                .as_ref()
                .map_or_else(|| session.store_url(), |dataset| dataset.store_url.clone()),
            reference.as_ref(),
            variable.as_deref(),
            &steps,
            place.zip(axes),
        )
    });
    let copy = move |_| {
        crate::browser::copy(&lines.get_untracked(), move |done| {
            copied.set(done);
            if !done && let Some(code) = code.get_untracked() {
                // Without a clipboard the visitor copies what is selected.
                crate::browser::select(&code);
            }
        });
    };
    view! {
        <section aria-labelledby="recipe-title">
            <header>
                <h3 id="recipe-title">"The same data in Python"</h3>
                <button type="button" class="plain" on:click=heard(copy)>
                    {live(move || if copied.get() { "Copied" } else { "Copy" })}
                </button>
            </header>
            <pre tabindex="0" aria-label="Python code" node_ref=code><code>{lines}</code></pre>
        </section>
    }
}

fn paragraph(text: String) -> impl IntoView {
    view! { <p>{text}</p> }
}

/// What the store says of something, if it does; addresses in it can be followed.
fn fact((name, text): (&'static str, String)) -> Option<impl IntoView> {
    let piece = |(text, address): (String, Option<String>)| match address {
        Some(address) => view! { <a href=address>{text}</a> }.into_any(),
        None => text.into_any(),
    };
    let pieces = || linked(&text).into_iter().map(piece).collect_view();
    (!text.is_empty()).then(|| view! { <dt>{name}</dt><dd>{pieces()}</dd> })
}

#[component]
fn Facts() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let store = move || {
        page.dataset.get().filter(|dataset| dataset.is_versioned()).map(|dataset| {
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
            <dd class="mono">
                {live(move || {
                    page.dataset.track();
                    session.store_url()
                })}
            </dd>
            {store}
            {live(move || {
                let Texts { source, references, license, .. } = page.texts().get();
                [("Data", source), ("References", references), ("Licence", license)].map(fact).collect_view()
            })}
            <dt>"Base map"</dt>
            <dd>
                <a href="https://www.naturalearthdata.com/">"Natural Earth"</a>
                ", public domain"
            </dd>
            <dt>"Colours"</dt>
            <dd>
                "Scientific colour maps by "
                <a href="https://doi.org/10.5281/zenodo.1243862">"F. Crameri"</a>
                ", and those of Matplotlib, cmocean and ColorBrewer"
            </dd>
            <dt>"Software"</dt>
            <dd>
                <a href=REPOSITORY>{format!("Floe {}", env!("CARGO_PKG_VERSION"))}</a>
                ", Apache License 2.0"
            </dd>
        </dl>
    }
}
