//! What is written and drawn over the map: names, graticule labels, the marker and the rectangle of a box zoom.
//!
//! The browser writes each of them once, on a small canvas of its own; the GPU keeps the picture on a sheet
//! and draws it with the map. A second canvas over the map would have to be written, copied and composed in
//! every frame, which took a slow machine longer than the map itself.

use floe_shared::order::sort_by_number;

use super::labels::{self, Candidate};
use super::options::Theme;
use super::pen::Pen;
use super::scale;
use super::sheet::{Sheet, Slot};
use super::theme::{Colours, colours};
use crate::basemap::{PlaceKind, PlaceName};
use crate::render::{RenderError, Renderer, Sprite};
use crate::view::{Camera, Projection};

/// Font of the labels at the map's edge.
const EDGE_FONT: &str = "11px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
/// Height of a label in CSS pixels.
const LINE_HEIGHT: f64 = 15.0;
/// Room around a text for its halo and what leans out, in CSS pixels.
const ROOM: f64 = 4.0;
/// Edges of the pictures of a town's dot and of the marker, in CSS pixels.
const DOT: f64 = 10.0;
const MARKER: f64 = 34.0;
/// Edge of the picture of a plain colour.
const PLAIN: f64 = 4.0;
/// Width of the rectangle's rim in CSS pixels.
const RIM: f64 = 1.5;
/// Most candidates looked at in a frame, the most important first.
const MOST_CANDIDATES: usize = 260;
/// Edge of the sheet in texels at one device pixel per CSS pixel; it grows with the density.
const SHEET_EDGE: f64 = 1024.0;
const MOST_SHEET_EDGE: f64 = 2048.0;

/// What is to be drawn.
pub(super) struct Subject<'a> {
    pub(super) camera: Camera,
    pub(super) theme: Theme,
    pub(super) places: &'a [PlaceName],
    pub(super) graticule: bool,
    pub(super) marker: Option<(f64, f64)>,
    /// Two corners in CSS pixels.
    pub(super) selection: Option<((f64, f64), (f64, f64))>,
}

/// A picture on the sheet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Picture {
    /// The name of a place, by its index.
    Name(usize),
    /// A label at the map's edge.
    Edge(String),
    Dot,
    Marker,
    /// The inside and the rim of the rectangle.
    Veil,
    Rim,
}

/// A picture and where it is drawn, in CSS pixels.
struct Item {
    picture: Picture,
    /// Its left top corner.
    at: (f64, f64),
    /// Width and height, where not the picture's own.
    stretched: Option<(f64, f64)>,
}

/// The pictures that there are, and what was shown last.
#[derive(Default)]
pub(super) struct Annotations {
    pen: Option<Pen>,
    /// The browser refused once, and would again.
    refused: bool,
    /// For one theme and density.
    sheet: Option<(Theme, f64, Sheet<Picture>)>,
    /// Width of each name, once measured.
    widths: Vec<Option<f64>>,
    shown: Vec<usize>,
}

impl Annotations {
    /// Forgets all pictures: they are gone with their GPU, or there are other places.
    pub(super) fn forget(&mut self) {
        self.sheet = None;
        self.widths.clear();
        self.refused = false;
    }

    /// Arranges everything, and puts the pictures that are new onto the GPU's sheet.
    ///
    /// # Errors
    /// Where the browser has no canvas to write on, or the GPU no room; said once, then there are none.
    pub(super) fn arrange(
        &mut self,
        subject: &Subject<'_>,
        renderer: &mut Renderer,
    ) -> Result<Vec<Sprite>, RenderError> {
        if self.refused {
            return Ok(Vec::new());
        }
        let sprites = self.written(subject, renderer);
        self.refused = sprites.is_err();
        sprites
    }

    fn written(
        &mut self,
        subject: &Subject<'_>,
        renderer: &mut Renderer,
    ) -> Result<Vec<Sprite>, RenderError> {
        let mut pen = match self.pen.take() {
            Some(pen) => pen,
            None => Pen::new()?,
        };
        let items = self.items(subject, &pen);
        let sprites = self.sprites(subject, &items, &mut pen, renderer);
        self.pen = Some(pen);
        sprites
    }

    /// The items as sprites. A sheet that is full is begun anew, once: what does not fit then is too much for
    /// one screen.
    fn sprites(
        &mut self,
        subject: &Subject<'_>,
        items: &[Item],
        pen: &mut Pen,
        renderer: &mut Renderer,
    ) -> Result<Vec<Sprite>, RenderError> {
        let sprites = self.painted(subject, items, pen, renderer)?;
        if sprites.len() == items.len() {
            return Ok(sprites);
        }
        self.sheet = None;
        self.painted(subject, items, pen, renderer)
    }

    /// The items that have room on the sheet, as sprites.
    fn painted(
        &mut self,
        subject: &Subject<'_>,
        items: &[Item],
        pen: &mut Pen,
        renderer: &mut Renderer,
    ) -> Result<Vec<Sprite>, RenderError> {
        let ratio = subject.camera.viewport().pixel_ratio;
        let fits =
            |&(theme, density, _): &(Theme, f64, _)| (theme, density) == (subject.theme, ratio);
        let sheet = if let Some((_, _, sheet)) = self.sheet.take().filter(fits) {
            sheet
        } else {
            let edge = (SHEET_EDGE * ratio).clamp(SHEET_EDGE, MOST_SHEET_EDGE) as u32;
            renderer.clear_sprites(edge)?;
            Sheet::new(edge)
        };
        let (_, _, sheet) = self.sheet.insert((subject.theme, ratio, sheet));
        let mut sprites = Vec::with_capacity(items.len());
        for item in items {
            let slot = match sheet.slot(&item.picture) {
                Some(slot) => Some(slot),
                None => paint(&item.picture, subject, ratio, sheet, pen, renderer)?,
            };
            sprites.extend(slot.map(|slot| item.sprite(slot, ratio)));
        }
        Ok(sprites)
    }

    fn items(&mut self, subject: &Subject<'_>, pen: &Pen) -> Vec<Item> {
        let mut items = self.names(subject, pen);
        if subject.graticule {
            items.extend(scale::graticule_labels(&subject.camera).into_iter().map(|label| Item {
                picture: Picture::Edge(label.text),
                at: (label.x - ROOM, label.y - LINE_HEIGHT / 2.0 - ROOM),
                stretched: None,
            }));
        }
        if let Some((lon, lat)) = subject.marker {
            let copies = copies(&subject.camera, lon, lat).into_iter();
            items.extend(copies.map(|at| Item::around(Picture::Marker, at, MARKER)));
        }
        if let Some((from, to)) = subject.selection {
            items.extend(rectangle(from, to));
        }
        items
    }

    fn names(&mut self, subject: &Subject<'_>, pen: &Pen) -> Vec<Item> {
        let places = subject.places;
        let viewport = subject.camera.viewport();
        self.widths.resize(places.len(), None);
        let candidates = self.candidates(&subject.camera, places, pen);
        let placed = labels::place(candidates, viewport.width, viewport.height);
        self.shown = placed.iter().map(|label| label.place).collect();
        let dots = placed.iter().filter(|label| label.point);
        let dots = dots.map(|label| Item::around(Picture::Dot, label.at, DOT));
        let texts = placed.iter().map(|label| Item {
            picture: Picture::Name(label.place),
            at: (label.text.0 - ROOM, label.text.1 - LINE_HEIGHT / 2.0 - ROOM),
            stretched: None,
        });
        dots.chain(texts).collect()
    }

    /// The names on the screen at this zoom, with their sizes.
    fn candidates(&mut self, camera: &Camera, places: &[PlaceName], pen: &Pen) -> Vec<Candidate> {
        let viewport = camera.viewport();
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
                let width = *self.widths[index]
                    .get_or_insert_with(|| pen.width(font(place.kind), &place.name));
                Candidate {
                    place: index,
                    at,
                    size: (width, LINE_HEIGHT),
                    rank,
                    shown: self.shown.contains(&index),
                    point: place.kind.is_point(),
                }
            })
            .collect()
    }
}

impl Item {
    /// A square picture around a position.
    fn around(picture: Picture, (x, y): (f64, f64), edge: f64) -> Self {
        Self { picture, at: (x - edge / 2.0, y - edge / 2.0), stretched: None }
    }

    /// On whole device pixels, so that it is as sharp as it was written.
    fn sprite(&self, slot: Slot, ratio: f64) -> Sprite {
        let [left, top, width, height] =
            [slot.x, slot.y, slot.width, slot.height].map(|n| n as f32);
        let device = |length: f64| (length * ratio).round() as f32;
        let (x, y) = (device(self.at.0), device(self.at.1));
        match self.stretched {
            // A plain colour: from its middle, so that nothing of its neighbours comes in.
            Some((wide, high)) => Sprite {
                on_screen: [x, y, device(wide).max(1.0), device(high).max(1.0)],
                on_sheet: [left + width / 2.0, top + height / 2.0, 0.0, 0.0],
            },
            None => {
                Sprite { on_screen: [x, y, width, height], on_sheet: [left, top, width, height] }
            }
        }
    }
}

/// Writes or draws a picture and puts it onto the sheet; `None` where that is full.
fn paint(
    picture: &Picture,
    subject: &Subject<'_>,
    ratio: f64,
    sheet: &mut Sheet<Picture>,
    pen: &mut Pen,
    renderer: &mut Renderer,
) -> Result<Option<Slot>, RenderError> {
    let Colours { label, halo, .. } = colours(subject.theme);
    let text = match picture {
        Picture::Name(index) => {
            subject.places.get(*index).map(|place| (font(place.kind), place.name.as_str()))
        }
        Picture::Edge(text) => Some((EDGE_FONT, text.as_str())),
        _ => None,
    };
    let size = match (text, picture) {
        (Some((font, text)), _) => (pen.width(font, text) + 2.0 * ROOM, LINE_HEIGHT + 2.0 * ROOM),
        (None, Picture::Marker) => (MARKER, MARKER),
        (None, Picture::Dot) => (DOT, DOT),
        (None, _) => (PLAIN, PLAIN),
    };
    let device = |length: f64| (length * ratio).ceil() as u32;
    let (width, height) = (device(size.0), device(size.1));
    let Some(slot) = sheet.make_room(picture.clone(), width, height) else { return Ok(None) };
    pen.begin(width, height, ratio);
    match (text, picture) {
        (Some((font, text)), _) => pen.write(font, text, (ROOM, size.1 / 2.0), label, halo),
        (None, Picture::Marker) => pen.draw_ring((MARKER / 2.0, MARKER / 2.0)),
        (None, Picture::Dot) => pen.draw_dot((DOT / 2.0, DOT / 2.0), label, halo),
        (None, Picture::Rim) => pen.fill("rgba(90, 150, 255, 0.95)"),
        (None, _) => pen.fill("rgba(90, 150, 255, 0.18)"),
    }
    renderer.put_sprite((slot.x, slot.y), &pen.picture()?)?;
    Ok(Some(slot))
}

/// The rectangle of a box zoom: its inside and its four sides.
fn rectangle(from: (f64, f64), to: (f64, f64)) -> impl Iterator<Item = Item> {
    let (x, y) = (from.0.min(to.0), from.1.min(to.1));
    let (width, height) = ((from.0 - to.0).abs(), (from.1 - to.1).abs());
    let sides = [
        (Picture::Veil, (x, y), (width, height)),
        (Picture::Rim, (x, y), (width, RIM)),
        (Picture::Rim, (x, y + height - RIM), (width, RIM)),
        (Picture::Rim, (x, y), (RIM, height)),
        (Picture::Rim, (x + width - RIM, y), (RIM, height)),
    ];
    sides.into_iter().map(|(picture, at, size)| Item { picture, at, stretched: Some(size) })
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
