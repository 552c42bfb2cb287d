//! Reads what the store holds at a place.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Session;
use crate::chunk::VariableId;
use crate::dataset::Dataset;
use crate::map::Map;
use crate::pause::pause;
use crate::search::Place;
use crate::state::inspection::{Inspection, Reading};
use crate::state::page::{Opening, Page};

/// How often it is looked whether the store is open.
const LOOK: Duration = Duration::from_millis(15);

/// Marks the inspected place on the map, and reads what is there.
pub fn follow(session: Session, map: &Map) {
    let page = session.page;
    let place = page.watch(|view| view.inspected);
    let snapshot = Memo::new(move |_| {
        page.dataset.with(|dataset| dataset.as_ref().map(|dataset| dataset.snapshot.clone()))
    });
    let others = Memo::new(move |_| other_steps(page));
    let target = map.clone();
    Effect::new(move |_| {
        let place = place.get();
        // Another snapshot may hold other values, and so do other steps of the axes along which nothing plays.
        snapshot.track();
        others.track();
        target.set_marker(place.map(|place| (place.lon, place.lat)));
        let Some(place) = place else {
            page.inspection.set(Inspection::Nowhere);
            return;
        };
        read(session, place);
    });
    follow_steps(session);
}

/// The steps of all variables along the axes along which they do not play.
fn other_steps(page: Page) -> Vec<Vec<u32>> {
    let of = |dataset: &Dataset| {
        let steps = |variable| {
            let mut steps = page.view.with(|view| view.steps_of(dataset, variable));
            if let Some(playing) = dataset.playing(variable) {
                steps.remove(playing);
            }
            steps
        };
        dataset.ids().map(|(variable, _)| steps(variable)).collect()
    };
    page.dataset.with(|dataset| dataset.as_deref().map(of)).unwrap_or_default()
}

/// Reads anew when what is shown goes beyond the steps that were read.
fn follow_steps(session: Session) {
    let page = session.page;
    let (steps, variable) = (page.steps(), page.variable());
    Effect::new(move |_| {
        let (steps, variable) = (steps.get(), variable.get());
        let playing = untrack(|| page.playing_axis());
        let step =
            steps.iter().find(|(axis, _)| Some(*axis) == playing).map_or(0, |(_, step)| *step);
        let beyond = page.inspection.with_untracked(|now| match now {
            Inspection::Read(reading) => {
                let series = variable.and_then(|variable| reading.of(variable));
                series.is_none_or(|series| series.value(step).is_none()).then_some(reading.place)
            }
            Inspection::Nowhere | Inspection::Reading(_) | Inspection::Failed { .. } => None,
        });
        if let Some(place) = beyond.filter(|_| variable.is_some()) {
            read(session, place);
        }
    });
}

/// Reads what is at the inspected place.
pub fn read(session: Session, place: Place) {
    let page = session.page;
    page.inspection.set(Inspection::Reading(place));
    let store = session.parts().stores.get();
    spawn_local(async move {
        let read = read_place(session, place).await;
        // A later click has its own reading on the way, and so has another store.
        let is_last = page.inspection.with_untracked(|now| *now == Inspection::Reading(place));
        if is_last && session.parts().stores.get() == store {
            page.inspection.set(match read {
                Ok(reading) => Inspection::Read(reading),
                Err(message) => {
                    page.recover_later();
                    Inspection::Failed { place, message }
                }
            });
        }
    });
}

/// What the store holds at a place.
pub async fn read_place(session: Session, place: Place) -> Result<Reading, String> {
    let dataset = wait_for_dataset(session).await?;
    let shown = untrack(|| session.page.variable_now());
    let placement = shown.and_then(|variable| dataset.grid(variable)?.placement());
    let pixel = placement.and_then(|placement| placement.pixel_at(place.lon, place.lat));
    let reader = session.reader()?;
    let view = session.page.view.get_untracked();
    // Of an axis without steps there is nothing to read.
    let plane = |(variable, _)| view.plane_of(&dataset, variable).unwrap_or(u32::MAX);
    let planes = dataset.ids().map(plane).collect();
    let shown = shown.unwrap_or(VariableId(0));
    let samples = reader.sample((place.lon, place.lat), shown, planes).await;
    let samples = samples.map_err(|error| error.to_string())?;
    Ok(Reading::new(place, pixel, &dataset, &samples))
}

async fn wait_for_dataset(session: Session) -> Result<Arc<Dataset>, String> {
    loop {
        match session.page.opening.get_untracked() {
            Opening::Failed(message) => return Err(message),
            Opening::Open | Opening::Underway => {
                if let Some(dataset) = session.page.dataset.get_untracked() {
                    return Ok(dataset);
                }
            }
        }
        pause(LOOK).await;
    }
}
