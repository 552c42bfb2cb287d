//! Raster tiles from the network beneath the data. They may fail without harm: where a tile is
//! lacking a coarser one shows, and where there is none the plain base map.

use std::cell::RefCell;
use std::rc::Rc;

use floe_shared::order::sort_by_number;
use floe_shared::table::Table;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::HtmlImageElement;

use super::options::Attribution;
use crate::basemap::BaseMap;
use crate::render::{RenderError, Renderer, TILE_EDGE, TILE_LAYERS, TileView};
use crate::view::camera::mercator;
use crate::view::{Camera, Projection, wrap_longitude};

/// The finest level of tiles that is asked for.
const MAX_LEVEL: u32 = 17;
/// The page table's edge: more tiles than this are never on a screen.
const MAX_WINDOW: i32 = 48;
/// Places across and down that are looked at to find what the screen shows.
const SAMPLES: (u32, u32) = (32, 20);
/// Requests at the same time.
const MAX_LOADING: usize = 8;

/// A tile: level, column from 180° W, row from the north.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tile {
    level: u32,
    x: i32,
    y: i32,
}

/// Where a service has its tiles.
struct Service {
    url: fn(Tile) -> String,
    attributions: &'static [Attribution],
}

const OSM: Attribution =
    Attribution { text: "© OpenStreetMap", url: "https://www.openstreetmap.org/copyright" };
const CARTO: Attribution = Attribution { text: "© CARTO", url: "https://carto.com/attributions" };
const ESRI: Attribution =
    Attribution { text: "Esri, Maxar, Earthstar Geographics", url: "https://www.esri.com" };

fn service(base_map: BaseMap) -> Option<Service> {
    fn carto(style: &str, tile: Tile) -> String {
        let host = ["a", "b", "c", "d"][(tile.x + tile.y) as usize % 4];
        let Tile { level, x, y } = tile;
        format!("https://{host}.basemaps.cartocdn.com/{style}/{level}/{x}/{y}.png")
    }
    match base_map {
        BaseMap::Plain => None,
        BaseMap::OnlineDark => {
            Some(Service { url: |tile| carto("dark_nolabels", tile), attributions: &[OSM, CARTO] })
        }
        BaseMap::OnlineLight => {
            Some(Service { url: |tile| carto("light_nolabels", tile), attributions: &[OSM, CARTO] })
        }
        BaseMap::OnlineSatellite => Some(Service {
            url: |Tile { level, x, y }| {
                format!(
                    "https://server.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer/tile/{level}/{y}/{x}"
                )
            },
            attributions: &[ESRI],
        }),
    }
}

/// Whom a base map must name.
pub(super) fn attributions(base_map: BaseMap) -> &'static [Attribution] {
    service(base_map).map_or(&[], |service| service.attributions)
}

/// The tiles that are there, on their way, or not to be had.
#[derive(Default)]
pub(super) struct OnlineTiles {
    base_map: BaseMap,
    /// The layer of each tile on the GPU and when it was last used.
    uploaded: Table<Tile, (u32, u64)>,
    loading: Table<Tile, Image>,
    failed: Table<Tile, ()>,
    arrived: Rc<RefCell<Vec<(Tile, bool)>>>,
    wake: Option<Rc<dyn Fn()>>,
    frame: u64,
}

/// An image on its way, and what happens when it is here. Dropping it takes the handlers off.
struct Image {
    element: HtmlImageElement,
    _done: Closure<dyn FnMut()>,
    _failed: Closure<dyn FnMut()>,
}

impl Drop for Image {
    fn drop(&mut self) {
        self.element.set_onload(None);
        self.element.set_onerror(None);
    }
}

impl OnlineTiles {
    /// What to call when a tile has arrived.
    pub(super) fn on_arrival(&mut self, wake: Rc<dyn Fn()>) {
        self.wake = Some(wake);
    }

    /// The GPU has lost its copies.
    pub(super) fn forget_uploads(&mut self) {
        self.uploaded.clear();
    }

    /// Uploads what has arrived, asks for what is lacking and says where the tiles lie.
    pub(super) fn arrange(
        &mut self,
        camera: &Camera,
        base_map: BaseMap,
        renderer: &mut Renderer,
    ) -> Result<Option<TileView>, RenderError> {
        if base_map != self.base_map {
            self.base_map = base_map;
            self.uploaded.clear();
            self.loading.clear();
            self.failed.clear();
            self.arrived.borrow_mut().clear();
        }
        let Some(service) = service(base_map) else { return Ok(None) };
        self.frame += 1;
        self.take_arrived(renderer);
        let view = tile_view(camera);
        let level = view.span.ilog2();
        let wanted = wanted(camera, &view, level);
        let mut table = vec![0_u8; (view.window[0] * view.window[1] * 4) as usize];
        for y in 0..view.window[1] {
            for x in 0..view.window[0] {
                let tile = Tile {
                    level,
                    x: (view.origin[0] + x).rem_euclid(view.span),
                    y: view.origin[1] + y,
                };
                if let Some((layer, above)) = self.best(tile) {
                    let index = ((y * view.window[0] + x) * 4) as usize;
                    table[index] = layer as u8 + 1;
                    table[index + 1] = above as u8;
                }
            }
        }
        renderer.set_tile_pages(view.window[0] as u32, view.window[1] as u32, &table)?;
        self.loading.retain(|tile, _| wanted.contains(tile));
        for tile in wanted {
            let known = self.uploaded.contains_key(&tile)
                || self.failed.contains_key(&tile)
                || self.loading.contains_key(&tile);
            if !known && self.loading.len() < MAX_LOADING {
                self.load(tile, &(service.url)(tile));
            }
        }
        Ok(Some(view))
    }

    /// The layer of a tile or of the nearest one that contains it, and how many levels above it is.
    fn best(&mut self, tile: Tile) -> Option<(u32, u32)> {
        for above in 0..=tile.level {
            let parent = Tile { level: tile.level - above, x: tile.x >> above, y: tile.y >> above };
            if let Some((layer, used)) = self.uploaded.get_mut(&parent) {
                *used = self.frame;
                return Some((*layer, above));
            }
        }
        None
    }

    fn take_arrived(&mut self, renderer: &mut Renderer) {
        let arrived = std::mem::take(&mut *self.arrived.borrow_mut());
        for (tile, ok) in arrived {
            let Some(image) = self.loading.remove(&tile) else { continue };
            if !ok || image.element.natural_width() != TILE_EDGE {
                self.failed.insert(tile, ());
                continue;
            }
            let layer = self.free_layer();
            // A picture from a server without CORS cannot be used; that is no error of the map.
            if renderer.upload_tile(layer, &image.element).is_ok() {
                self.uploaded.insert(tile, (layer, self.frame));
            } else {
                self.failed.insert(tile, ());
            }
        }
    }

    /// A layer that is free, or that of the tile that was not used for longest.
    fn free_layer(&mut self) -> u32 {
        let is_taken = |layer: u32| self.uploaded.values().any(|&(taken, _)| taken == layer);
        if let Some(layer) = (0..TILE_LAYERS).find(|&layer| !is_taken(layer)) {
            return layer;
        }
        let oldest = self.uploaded.iter().min_by_key(|(_, (_, used))| *used);
        let Some((&tile, &(layer, _))) = oldest else { return 0 };
        self.uploaded.remove(&tile);
        layer
    }

    fn load(&mut self, tile: Tile, url: &str) {
        let Ok(element) = HtmlImageElement::new() else { return };
        let handler = |ok: bool| {
            let (arrived, wake) = (Rc::clone(&self.arrived), self.wake.clone());
            Closure::<dyn FnMut()>::new(move || {
                arrived.borrow_mut().push((tile, ok));
                if let Some(wake) = &wake {
                    wake();
                }
            })
        };
        let (done, failed) = (handler(true), handler(false));
        element.set_cross_origin(Some("anonymous"));
        element.set_onload(Some(done.as_ref().unchecked_ref()));
        element.set_onerror(Some(failed.as_ref().unchecked_ref()));
        element.set_src(url);
        self.loading.insert(tile, Image { element, _done: done, _failed: failed });
    }
}

/// The level of tiles that suits a camera, and the window of them that the screen shows.
fn tile_view(camera: &Camera) -> TileView {
    let texels = camera.world() * camera.viewport().pixel_ratio / f64::from(TILE_EDGE);
    let level = (texels.log2() - 0.3).ceil().clamp(0.0, f64::from(MAX_LEVEL)) as u32;
    let span = 1_i32 << level;
    let view = camera.view();
    let x = (view.lon + 180.0) / 360.0 * f64::from(span);
    let y = row_of(view.lat) * f64::from(span);
    // What the screen shows, from places all over it.
    let (mut west, mut east, mut north, mut south) = (0.0_f64, 0.0_f64, y, y);
    let viewport = camera.viewport();
    for i in 0..=SAMPLES.1 {
        for j in 0..=SAMPLES.0 {
            let at =
                |length: f64, index: u32, count: u32| length * f64::from(index) / f64::from(count);
            let place = camera
                .unproject(at(viewport.width, j, SAMPLES.0), at(viewport.height, i, SAMPLES.1));
            if let Some((lon, lat)) = place {
                let away = wrap_longitude(lon - view.lon) / 360.0 * f64::from(span);
                (west, east) = (west.min(away), east.max(away));
                let row = row_of(lat) * f64::from(span);
                (north, south) = (north.min(row), south.max(row));
            }
        }
    }
    // A flat screen wider than the world shows all of it.
    if camera.projection() != Projection::Globe && viewport.width >= camera.world() {
        (west, east) = (-f64::from(span), f64::from(span));
    }
    let most = f64::from(MAX_WINDOW / 2 - 1);
    let (left, right) = ((x + west.max(-most)).floor() as i32, (x + east.min(most)).floor() as i32);
    let (top, bottom) =
        ((north.max(y - most)).floor() as i32, (south.min(y + most)).floor() as i32);
    let (top, bottom) = (top.clamp(0, span - 1), bottom.clamp(0, span - 1));
    let width = (right - left + 1).min(span);
    TileView {
        span,
        centre: [x.floor() as i32, y.floor() as i32],
        fraction: [(x - x.floor()) as f32, (y - y.floor()) as f32],
        origin: [left.rem_euclid(span), top],
        window: [width, bottom - top + 1],
    }
}

/// The tiles of the window, those at the centre first; a coarse one for the whole of it before them.
fn wanted(camera: &Camera, view: &TileView, level: u32) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for y in 0..view.window[1] {
        for x in 0..view.window[0] {
            let (x, y) = ((view.origin[0] + x).rem_euclid(view.span), view.origin[1] + y);
            let dx = (x - view.centre[0]).rem_euclid(view.span);
            let dx = dx.min(view.span - dx);
            tiles.push((dx * dx + (y - view.centre[1]).pow(2), Tile { level, x, y }));
        }
    }
    sort_by_number(&mut tiles, |&(distance, _)| f64::from(distance));
    let most = TILE_LAYERS as usize * 3 / 4;
    let mut wanted: Vec<Tile> = Vec::new();
    let above = level.min(3);
    if above > 0 {
        let (x, y) = (view.centre[0], view.centre[1].clamp(0, view.span - 1));
        wanted.push(Tile { level: level - above, x: x >> above, y: y >> above });
    }
    let on_this_side = |tile: &Tile| {
        camera.projection() != Projection::Globe || {
            let share = |index: i32| (f64::from(index) + 0.5) / f64::from(view.span);
            let northing = (0.5 - share(tile.y)) * std::f64::consts::TAU;
            let lat = crate::view::camera::inverse_mercator(northing).to_degrees();
            level < 3 || camera.project(share(tile.x) * 360.0 - 180.0, lat).is_some()
        }
    };
    wanted.extend(tiles.into_iter().map(|(_, tile)| tile).filter(on_this_side).take(most));
    wanted
}

/// Mercator's row of a latitude: 0 at the northern end, 1 at the southern.
fn row_of(lat: f64) -> f64 {
    0.5 - mercator(lat.to_radians()).clamp(-9.0, 9.0) / std::f64::consts::TAU
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{View, Viewport};

    fn camera(projection: Projection, lon: f64, lat: f64, zoom: f64) -> Camera {
        let viewport = Viewport { width: 1280.0, height: 800.0, pixel_ratio: 1.0 };
        Camera::new(projection, View { lon, lat, zoom }, viewport)
    }

    #[test]
    fn the_window_holds_the_corners_of_the_screen() {
        for projection in Projection::ALL {
            for (lon, lat, zoom) in [(0.0, 0.0, 1.0), (179.0, 60.0, 5.0), (10.0, -80.0, 9.0)] {
                let camera = camera(projection, lon, lat, zoom);
                let view = tile_view(&camera);
                assert!(view.window[0] <= MAX_WINDOW && view.window[1] <= MAX_WINDOW);
                for (x, y) in [(1.0, 1.0), (1279.0, 1.0), (640.0, 400.0), (1.0, 799.0)] {
                    let Some((lon, lat)) = camera.unproject(x, y) else { continue };
                    let row = row_of(lat) * f64::from(view.span);
                    if !(0.0..f64::from(view.span)).contains(&row) {
                        continue;
                    }
                    let col = ((lon + 180.0) / 360.0 * f64::from(view.span)) as i32;
                    let slot = (col - view.origin[0]).rem_euclid(view.span);
                    let down = row as i32 - view.origin[1];
                    let inside = slot < view.window[0] && (0..view.window[1]).contains(&down);
                    assert!(inside, "{camera:?} {lon} {lat} {view:?}");
                }
            }
        }
    }

    #[test]
    fn a_screen_asks_for_no_more_tiles_than_fit() {
        for projection in Projection::ALL {
            for zoom in [0.0, 2.5, 7.3, 14.0] {
                let camera = camera(projection, 100.0, 40.0, zoom);
                let view = tile_view(&camera);
                let wanted = wanted(&camera, &view, view.span.ilog2());
                assert!(wanted.len() < TILE_LAYERS as usize);
                assert!(wanted.iter().all(|tile| tile.y >= 0 && tile.y < 1 << tile.level));
            }
        }
    }
}
