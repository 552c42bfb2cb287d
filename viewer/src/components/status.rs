//! The status of the tiles: switch, counts and legend, and the record of one tile.

use floe_shared::colormap::status_color;
use floe_shared::status::{TileRecord, TileStatus};
use leptos::prelude::*;

use super::controls::{Glyph, Icon, Switch};
use super::erased::{Shown, heard, live};
use crate::session::{Session, opening};
use crate::state::moment;
use crate::state::page::Page;

/// Switch, legend and counts, unless the store is one whose commits say nothing of tiles.
#[component]
pub fn TileStatusSection() -> impl IntoView {
    let page = Page::current();
    let has_tiles = Memo::new(move |_| {
        page.dataset.with(|dataset| dataset.as_ref().is_none_or(|dataset| dataset.has_tiles()))
    });
    view! {
        <Shown when=move || has_tiles.get()>
            <TileStatusSwitch />
        </Shown>
    }
}

#[component]
fn TileStatusSwitch() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let on = page.watch(|view| view.status);
    let counts =
        Memo::new(move |_| page.board.with(|board| board.as_ref().map(|board| board.counts())));
    let entry = move |status: TileStatus| {
        view! {
            <li>
                <Swatch status />
                <span>{status.label()}</span>
                <span class="count" data-status=status.word()>
                    {live(move || counts.get().map(|counts| counts.of(status)))}
                </span>
            </li>
        }
    };
    view! {
        <section class="section" aria-label="Processing status">
            <Switch
                label="Processing status of the tiles"
                on=on
                on_switch=move |on| page.change(|view| view.status = on)
            />
            <Shown when=move || on.get()>
                <Shown
                    when=move || counts.get().is_some()
                    fallback=|| view! { <p class="quiet">"Known once the store is open."</p> }
                >
                    <ul class="counts">{TileStatus::ALL.map(entry).collect_view()}</ul>
                    <button type="button" class="plain" on:click=heard(move |_| opening::refresh(session))>
                        <Glyph icon=Icon::Refresh />
                        "Look for new commits"
                    </button>
                </Shown>
            </Shown>
        </section>
    }
}

/// A patch in a colour.
#[component]
pub fn ColourSwatch(
    /// Red, green, blue.
    colour: [u8; 3],
) -> impl IntoView {
    let [red, green, blue] = colour;
    view! {
        <span class="swatch" style:background=format!("rgb({red} {green} {blue})") aria-hidden="true"></span>
    }
}

/// A patch in the colour that a status has on the map.
#[component]
fn Swatch(status: TileStatus) -> impl IntoView {
    view! { <ColourSwatch colour=status_color(status) /> }
}

/// What the history says of the tile at the inspected place.
#[component]
pub fn TileCard() -> impl IntoView {
    let page = Page::current();
    let tile = page.inspected_tile();
    let record = Memo::new(move |_| {
        let tile = tile.get()?;
        page.board.with(|board| board.as_ref()?.record(tile).cloned())
    });
    move || record.get().map(|record| view! { <Record record /> })
}

#[component]
fn Record(record: TileRecord) -> impl IntoView {
    let note = record.note();
    let tile = record.tile;
    let commit = record.commit.map(|commit| {
        let is_years = commit.periods.iter().all(|stats| stats.label.year().is_some());
        let (period, caption) = if is_years {
            ("Year", "What each year was made from")
        } else {
            ("Period", "What each period was made from")
        };
        let periods = commit.periods.iter().map(|stats| {
            view! {
                <tr>
                    <th scope="row">{stats.label.to_string()}</th>
                    <td>{stats.input_granules.map_or_else(|| "–".to_owned(), |count| count.to_string())}</td>
                    <td>{moment::grouped(stats.valid_pixels)}</td>
                    <td>{stats.coverage.to_string()}</td>
                </tr>
            }
        });
        let table = (!commit.periods.is_empty()).then(|| {
            view! {
                <table>
                    <caption class="unseen">{caption}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{period}</th>
                            <th scope="col">"Granules"</th>
                            <th scope="col">"Valid pixels"</th>
                            <th scope="col">"Coverage"</th>
                        </tr>
                    </thead>
                    <tbody>{periods.collect_view()}</tbody>
                </table>
            }
        });
        view! {
            {table}
            {note.map(|note| view! { <p class="note">{note}</p> })}
            <dl>
                <dt>"Committed"</dt>
                <dd>
                    <time datetime=moment::iso(commit.committed_at)>{moment::utc(commit.committed_at)}</time>
                </dd>
                <dt>"Snapshot"</dt>
                <dd class="mono">{commit.snapshot}</dd>
            </dl>
        }
    });
    view! {
        <div class="tile" data-tile=tile.to_string()>
            <h3>
                <Swatch status=record.status />
                {format!("Tile row {}, column {}: {}", tile.row, tile.col, record.status.label())}
            </h3>
            {commit}
        </div>
    }
}
