//! What is done in a frame, and when another one has to follow.

use std::rc::Rc;

use super::context;
use super::inner::Inner;
use super::layer::Layer;
use super::options::{Appearance, MapError};
use super::state::State;
use crate::chunk::ChunkKey;
use crate::render::{RenderError, Renderer};
use crate::view::View;

/// What came of a frame.
#[derive(Default)]
struct Outcome {
    /// What is lacking, if that is another list than before.
    wanted: Option<Vec<ChunkKey>>,
    /// Where the map looks now, if that has changed.
    view: Option<View>,
    /// Whether another variable or year has come to cover the screen.
    covered: bool,
    /// Whether the screen lacks chunks.
    busy: bool,
    begins: Option<Appearance>,
    /// What the driver refused.
    refused: Vec<RenderError>,
}

impl State {
    fn advance(&mut self, now: f64) -> Outcome {
        self.move_on(now);
        let mut outcome = Outcome::default();
        let waits = self.waits_for_gpu();
        let uploaded = if waits { Ok(()) } else { self.upload() };
        if self.stale.wants {
            let covered = |layer: &Option<Layer>| layer.as_ref().and_then(|layer| layer.covered);
            let before = covered(&self.layer);
            outcome.wanted = self.plan();
            outcome.covered = covered(&self.layer) != before;
        }
        self.refine(now);
        if self.begins_to_show(now) {
            outcome.begins = Some(Appearance::Shown);
            // With names, for which the first picture does not wait.
            self.stale.picture = true;
        }
        let first = self.drawn.is_none();
        let drawn = if waits { Ok(false) } else { self.draw_what_is_stale(now) };
        if first && matches!(drawn, Ok(true)) {
            outcome.begins = Some(Appearance::Drawn);
        }
        outcome.refused.extend([uploaded.err(), drawn.err()].into_iter().flatten());
        if !outcome.refused.is_empty() {
            // What the driver refuses once it refuses again: not in every frame.
            self.stale.picture = false;
            if self.renderer.as_ref().is_none_or(Renderer::is_lost) {
                outcome.refused.clear();
            }
        }
        outcome.view = std::mem::take(&mut self.stale.view).then(|| self.camera.view());
        outcome.busy = self.is_loading();
        outcome
    }

    /// Moves the camera as far as it has come by now.
    fn move_on(&mut self, now: f64) {
        if let Some(motion) = self.motion.take() {
            let step = motion.step(&self.camera, now);
            self.set_camera(step.camera);
            self.motion = step.rest;
            self.stale.wants |= self.motion.is_none();
        }
    }

    /// Draws the picture if it is stale and need not wait; whether it did.
    fn draw_what_is_stale(&mut self, now: f64) -> Result<bool, RenderError> {
        if self.waits_for_data(now) || !self.stale.picture || self.renderer.is_none() {
            return Ok(false);
        }
        self.draw(now)?;
        Ok(true)
    }
}

/// Lets the browser call for the map's frames; it calls in vain when the map is gone.
pub(super) fn connect(map: &Rc<Inner>) {
    let weak = Rc::downgrade(map);
    map.frame.connect(move |now| {
        if let Some(map) = weak.upgrade() {
            map.frame.keep();
            tick(&map, now);
        }
    });
}

/// One frame: moves the camera, copies chunks to the GPU, asks for what is lacking and draws.
fn tick(map: &Rc<Inner>, now: f64) {
    let outcome = map.state.borrow_mut().advance(now);
    map.want(outcome.wanted);
    if let Some(view) = outcome.view {
        map.listeners.view.emit(&view);
    }
    if outcome.covered {
        map.listeners.covered.emit(&());
    }
    if map.is_busy.replace(outcome.busy) != outcome.busy {
        map.listeners.busy.emit(&outcome.busy);
    }
    if let Some(begins) = outcome.begins {
        map.listeners.appearance.emit(&begins);
    }
    for error in outcome.refused {
        map.listeners.error.emit(&MapError::from(error));
    }
    let is_lost = |state: &State| state.renderer.as_ref().is_some_and(Renderer::is_lost);
    if is_lost(&map.state.borrow()) {
        context::lose(map);
    }
    if map.is_idle() {
        map.listeners.resolve();
    }
    if map.state.borrow().wants_frame() || map.listeners.is_awaited() {
        map.request_frame();
    }
}
