//! Which variable is shown: a few beside one another, some in a menu, many in a list that can be searched.

use leptos::prelude::*;

use super::controls::{Alternative, Menu, Segments};
use super::erased::{heard, live};
use crate::dataset::VariableInfo;
use crate::state::page::Page;

/// With more variables than this they come as a menu, and so do those whose names are long.
const MOST_SEGMENTS: usize = 3;
/// Characters of a name that fits beside others.
const LONGEST_LABEL: usize = 14;
/// With more variables than this they come as a list with a search field.
const MOST_OPTIONS: usize = 8;

/// The choice of a variable.
#[component]
pub fn VariableChoice() -> impl IntoView {
    let page = Page::current();
    let variable = page.variable();
    let names = Memo::new(move |_| {
        page.dataset.with(|dataset| {
            let variables = dataset.iter().flat_map(|dataset| &dataset.variables);
            variables.map(|info| info.name.clone()).collect::<Vec<_>>()
        })
    });
    let options = Memo::new(move |_| {
        page.dataset.with(|dataset| {
            let variables = dataset.as_ref().map(|dataset| dataset.variables.as_slice());
            alternatives(variables.unwrap_or_default())
        })
    });
    let all = Signal::derive(move || options.get());
    let selected = Signal::derive(move || variable.get().map_or(0, |id| usize::from(id.0)));
    let choose = move |index: usize| {
        let name = names.with_untracked(|names| names.get(index).cloned());
        page.select(name, Vec::new());
    };
    let are_few = Memo::new(move |_| {
        options.with(|options| {
            options.len() <= MOST_SEGMENTS
                && options.iter().all(|option| option.label.chars().count() <= LONGEST_LABEL)
        })
    });
    let are_many = Memo::new(move |_| options.with(|options| options.len() > MOST_OPTIONS));
    move || {
        if are_few.get() {
            view! { <Segments legend="Variable" name="variable" options=all selected on_select=choose /> }
                .into_any()
        } else if are_many.get() {
            view! { <List options=all selected on_select=choose /> }.into_any()
        } else {
            view! { <Menu label="Variable" id="variable" options=all selected on_select=choose /> }
                .into_any()
        }
    }
}

/// What variables are called; those that are called the same, with their names in the store.
fn alternatives(variables: &[VariableInfo]) -> Vec<Alternative> {
    let alternative = |info: &VariableInfo| {
        let label = info.label.clone();
        let is_alone = variables.iter().filter(|other| other.label == label).count() == 1;
        let label = if is_alone { label } else { format!("{label} ({})", info.name) };
        Alternative { label, name: Some(info.long_name.clone()) }
    };
    variables.iter().map(alternative).collect()
}

/// The colours of a variable in chart and table: none of its own, but for the first two.
pub const fn class(index: usize) -> &'static str {
    match index {
        0 => "series first",
        1 => "series second",
        _ => "series",
    }
}

/// A list that can be searched.
#[component]
fn List(
    /// The variables.
    options: Signal<Vec<Alternative>>,
    /// Which one is shown.
    selected: Signal<usize>,
    /// Called with the one that the visitor chooses.
    #[prop(into)]
    on_select: Callback<usize>,
) -> impl IntoView {
    let (open, wanted) = (RwSignal::new(false), RwSignal::new(String::new()));
    let shown = move || {
        options.with(|options| options.get(selected.get()).map(|option| option.label.clone()))
    };
    let found = Memo::new(move |_| {
        let wanted = wanted.get().to_lowercase();
        options.with(|options| {
            let has = |option: &Alternative| option.label.to_lowercase().contains(wanted.trim());
            let found = options.iter().enumerate().filter(|(_, option)| has(option));
            found.map(|(index, option)| (index, option.label.clone())).collect::<Vec<_>>()
        })
    });
    let choose = move |index: usize| {
        open.set(false);
        wanted.set(String::new());
        on_select.run(index);
    };
    let press = move |event: web_sys::KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            if let Some((index, _)) = found.with_untracked(|found| found.first().cloned()) {
                choose(index);
            }
        }
        "Escape" => {
            open.set(false);
            event.stop_propagation();
        }
        _ => {}
    };
    let item = move |(index, label): (usize, String)| {
        view! {
            <li>
                <button
                    type="button"
                    aria-current=live(move || (selected.get() == index).then_some("true"))
                    on:click=heard(move |_| choose(index))
                >
                    {label}
                </button>
            </li>
        }
    };
    view! {
        <div class="variables">
            <div class="row">
                <span id="variable-title">"Variable"</span>
                <button
                    type="button"
                    class="plain"
                    id="variable"
                    aria-labelledby="variable-title variable"
                    aria-expanded=live(move || open.get().to_string())
                    aria-controls="variable-list"
                    on:click=heard(move |_| open.update(|open| *open = !*open))
                >
                    {shown}
                </button>
            </div>
            <div id="variable-list" class:hidden=live(move || !open.get())>
                <input
                    type="search"
                    aria-label="Find a variable"
                    placeholder=live(move || options.with(|options| format!("Find one of {}", options.len())))
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=wanted
                    on:input=heard(move |event| wanted.set(event_target_value(&event)))
                    on:keydown=heard(press)
                />
                <ul aria-label="Variables">
                    {live(move || {
                        // What is folded away is made when it is opened.
                        let found = if open.get() { found.get() } else { Vec::new() };
                        found.into_iter().map(item).collect_view()
                    })}
                </ul>
                <p class="quiet" role="status">
                    {live(move || found.with(Vec::is_empty).then_some("No such variable."))}
                </p>
            </div>
        </div>
    }
}
