//! The canvas over the map: names, graticule labels, the marker and the rectangle of a box zoom.

use std::cell::RefCell;
use std::collections::BTreeSet;

use floe_shared::order::sort_by_number;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::MapError;
use super::labels::{self, Candidate};
use super::scale;
use super::state::State;
use super::theme::colours;
use crate::basemap::{PlaceKind, PlaceName};
use crate::view::{Camera, Projection};

/// Font of the labels at the map's edge.
const EDGE_FONT: &str = "11px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
/// Height of a label in CSS pixels.
const LINE_HEIGHT: f64 = 15.0;
/// Most candidates looked at in a frame, the most important first.
const MOST_CANDIDATES: usize = 260;

/// The canvas and what it showed last.
pub(super) struct Overlay {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    /// Width of each name, once measured.
    widths: RefCell<Vec<Option<f64>>>,
    shown: RefCell<BTreeSet<usize>>,
}

impl Overlay {
    pub(super) fn new(canvas: &HtmlCanvasElement) -> Result<Self, MapError> {
        let refused = |found: String| MapError::Browser { action: "a canvas for labels", found };
        let context = canvas
            .get_context("2d")
            .map_err(|thrown| refused(format!("{thrown:?}")))?
            .and_then(|context| context.dyn_into().ok())
            .ok_or_else(|| refused("no context".to_owned()))?;
        Ok(Self {
            canvas: canvas.clone(),
            context,
            widths: RefCell::default(),
            shown: RefCell::default(),
        })
    }

    /// Draws everything anew.
    pub(super) fn draw(&self, state: &State) {
        let (width, height) = state.canvas;
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        let context = &self.context;
        let ratio = state.camera.viewport().pixel_ratio;
        // A matrix of numbers is always accepted.
        let _ = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
        let _ = context.scale(ratio, ratio);
        context.set_text_baseline("middle");
        context.set_line_join("round");
        let theme = colours(state.theme);
        self.draw_names(state, theme.label, theme.halo);
        if state.graticule {
            context.set_font(EDGE_FONT);
            for label in scale::graticule_labels(&state.camera) {
                self.write(&label.text, label.x, label.y, theme.label, theme.halo);
            }
        }
        if let Some((lon, lat)) = state.marker {
            for at in copies(&state.camera, lon, lat) {
                self.draw_marker(at);
            }
        }
        if let Some((from, to)) = state.selection {
            let (x, y) = (from.0.min(to.0), from.1.min(to.1));
            let (w, h) = ((from.0 - to.0).abs(), (from.1 - to.1).abs());
            context.set_fill_style_str("rgba(90, 150, 255, 0.18)");
            context.fill_rect(x, y, w, h);
            context.set_stroke_style_str("rgba(90, 150, 255, 0.95)");
            context.set_line_width(1.5);
            context.stroke_rect(x, y, w, h);
        }
    }

    fn draw_names(&self, state: &State, colour: &str, halo: &str) {
        let places = &state.places;
        let viewport = state.camera.viewport();
        let placed = {
            let mut widths = self.widths.borrow_mut();
            if widths.len() != places.len() {
                widths.clear();
                widths.resize(places.len(), None);
            }
            let candidates = self.candidates(&state.camera, places, &mut widths);
            labels::place(candidates, viewport.width, viewport.height)
        };
        let context = &self.context;
        let mut shown = self.shown.borrow_mut();
        shown.clear();
        for label in &placed {
            let place = &places[label.place];
            shown.insert(label.place);
            if label.point {
                context.begin_path();
                let whole = std::f64::consts::TAU;
                let _ = context.arc(label.at.0, label.at.1, 2.4, 0.0, whole);
                context.set_fill_style_str(colour);
                context.set_stroke_style_str(halo);
                context.set_line_width(2.0);
                context.stroke();
                context.fill();
            }
            context.set_font(font(place.kind));
            self.write(&place.name, label.text.0, label.text.1, colour, halo);
        }
    }

    /// The names on the screen at this zoom, with their sizes.
    fn candidates(
        &self,
        camera: &Camera,
        places: &[PlaceName],
        widths: &mut [Option<f64>],
    ) -> Vec<Candidate> {
        let viewport = camera.viewport();
        let shown = self.shown.borrow();
        let mut found = Vec::new();
        let zoom = camera.view().zoom;
        for (index, place) in places.iter().enumerate() {
            if place.min_zoom > zoom {
                continue;
            }
            let Some((x, y)) = camera.project(place.lon, place.lat) else { continue };
            if !(0.0..viewport.width).contains(&x) || !(0.0..viewport.height).contains(&y) {
                continue;
            }
            // Names at the rim of the globe would stand beside it.
            let rim = (x - viewport.width / 2.0).hypot(y - viewport.height / 2.0);
            if camera.projection() == Projection::Globe && rim > camera.radius() * 0.93 {
                continue;
            }
            found.push((place.rank, index, (x, y)));
        }
        sort_by_number(&mut found, |&(rank, _, _)| f64::from(rank));
        found.truncate(MOST_CANDIDATES);
        found
            .into_iter()
            .map(|(rank, index, at)| {
                let place = &places[index];
                let width = *widths[index].get_or_insert_with(|| {
                    self.context.set_font(font(place.kind));
                    self.context.measure_text(&place.name).map_or(80.0, |size| size.width())
                });
                Candidate {
                    place: index,
                    at,
                    size: (width, LINE_HEIGHT),
                    rank,
                    shown: shown.contains(&index),
                    point: place.kind.is_point(),
                }
            })
            .collect()
    }

    /// Text with a halo, so that it reads on any colour. A canvas that refuses text shows none.
    fn write(&self, text: &str, x: f64, y: f64, colour: &str, halo: &str) {
        let context = &self.context;
        context.set_stroke_style_str(halo);
        context.set_line_width(3.0);
        let _ = context.stroke_text(text, x, y);
        context.set_fill_style_str(colour);
        let _ = context.fill_text(text, x, y);
    }

    /// A pin whose ring leaves the pixel itself visible.
    fn draw_marker(&self, (x, y): (f64, f64)) {
        let context = &self.context;
        for (width, colour) in [(5.0, "rgba(10, 14, 20, 0.85)"), (2.5, "#ffffff")] {
            context.set_line_width(width);
            context.set_stroke_style_str(colour);
            context.begin_path();
            let _ = context.arc(x, y, 8.0, 0.0, std::f64::consts::TAU);
            for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                context.move_to(x + dx * 8.0, y + dy * 8.0);
                context.line_to(x + dx * 13.0, y + dy * 13.0);
            }
            context.stroke();
        }
    }
}

/// The font of a name: as in atlases, waters lean, countries are bold.
const fn font(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::Ocean => {
            "italic 500 14px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
        }
        PlaceKind::Sea => {
            "italic 400 12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
        }
        PlaceKind::Country => "600 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
        PlaceKind::Capital => "600 12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
        PlaceKind::Town => "500 12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    }
}

/// All positions of a place on the screen: the flat world repeats itself.
fn copies(camera: &Camera, lon: f64, lat: f64) -> Vec<(f64, f64)> {
    let Some((x, y)) = camera.project(lon, lat) else { return Vec::new() };
    if camera.projection() == Projection::Globe {
        return vec![(x, y)];
    }
    [-1.0, 0.0, 1.0]
        .into_iter()
        .map(|turn| (x + turn * camera.world(), y))
        .filter(|(x, _)| (-20.0..camera.viewport().width + 20.0).contains(x))
        .collect()
}
