//! The map: a canvas that shows the data over a base map and answers to pointer, wheel, touch and
//! keyboard.
//!
//! A [`Map`] is a handle; its clones are the same map. It draws only when something has changed, with
//! at most one animation frame requested. It never fetches data: what it lacks it asks of a
//! [`ChunkSource`], and the answers are handed to [`Map::deliver`].
//!
//! Screen positions are CSS pixels from the canvas's top left corner, longitudes and latitudes
//! degrees.
//!
//! Mouse: drag, wheel, double click (with Shift: zoom out), Shift and drag zooms to a rectangle.
//! Touch: drag, pinch, double tap, long press. Keys, while the canvas has the focus: arrows pan, `+`
//! and `-` zoom, Home shows the world, Enter clicks the centre.

mod animation;
mod annotations;
mod context;
mod events;
mod frame;
mod frame_request;
mod gesture;
mod inner;
mod input;
mod labels;
mod layer;
mod limits;
mod listeners;
mod navigation;
mod online;
mod options;
mod pace;
mod pages;
mod pen;
mod picture;
mod residency;
mod scale;
mod screen;
mod sheet;
mod state;
mod theme;
mod window;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Promise;
use web_sys::HtmlCanvasElement;

pub use options::{
    Appearance, Attribution, ChunkSource, Click, ClickKind, LayerStyle, MapError, MapOptions,
    Palette, Rgba, ScaleBar, StatusOverlay, Theme,
};

use self::events::Events;
use self::frame_request::FrameRequest;
use self::gesture::Pointer;
use self::inner::Inner;
use self::limits::Limits;
use self::listeners::Listeners;
use self::state::State;
use self::window::{now, pixel_ratio};
use crate::basemap::{BaseMap, PlaceName};
use crate::chunk::{ChunkAnswer, ChunkKey};
use crate::dataset::Dataset;
use crate::render::{Geometry, RenderError, Renderer};
use crate::view::{Projection, View, Viewport};

/// A handle to a map.
#[derive(Clone)]
pub struct Map(Rc<Inner>);

impl Map {
    /// Puts a map on a canvas, which is sized by the page's style; its pixels by the map.
    ///
    /// # Errors
    ///
    /// [`MapError::Render`] where the browser offers no WebGL2.
    pub fn new(canvas: &HtmlCanvasElement, options: &MapOptions) -> Result<Self, MapError> {
        let rect = canvas.get_bounding_client_rect();
        let ratio = pixel_ratio();
        let device = |length: f64| (length * ratio).round().max(1.0);
        let wanted = (device(rect.width()), device(rect.height()));
        let (size, fitted) = Limits::UNKNOWN.fit(wanted, ratio);
        let viewport =
            Viewport { width: size.0 / fitted, height: size.1 / fitted, pixel_ratio: fitted };
        let size = (size.0 as u32, size.1 as u32);
        // Before there is a context, whose buffers would have to be made anew.
        canvas.set_width(size.0);
        canvas.set_height(size.1);
        let mut state = State::new(options, viewport, size);
        state.attach(Renderer::new(canvas)?);
        state.set_size(wanted, ratio);
        let inner = Rc::new(Inner {
            canvas: RefCell::new(canvas.clone()),
            state: RefCell::new(state),
            source: RefCell::default(),
            listeners: Listeners::default(),
            frame: FrameRequest::default(),
            events: RefCell::default(),
            is_busy: Cell::new(false),
            probes: Cell::new(0),
            last_pointer: Cell::new(Pointer::Mouse),
            pinch: Cell::new(1.0),
            is_reviving: Cell::new(false),
            is_blind: Cell::new(false),
        });
        frame::connect(&inner);
        let weak = Rc::downgrade(&inner);
        inner.state.borrow_mut().online.on_arrival(Rc::new(move || {
            if let Some(inner) = weak.upgrade() {
                inner.state.borrow_mut().stale.picture = true;
                inner.request_frame();
            }
        }));
        context::listen(&inner)?;
        inner.request_frame();
        Ok(Self(inner))
    }

    /// Lets the GPU's driver begin to compile what the first picture takes. What follows waits for that: there
    /// had better be something else to do in between.
    pub fn prepare(&self) {
        self.attempt(|state| state.prepare());
    }

    /// Lets the driver compile the rest, which it does when something is drawn first: draws single pixels, out of
    /// sight.
    pub fn warm_up(&self) {
        self.attempt(|state| state.warm_up());
    }

    /// Draws what of the first picture does not wait for data, out of sight.
    pub fn draw_ahead(&self) {
        self.attempt(State::draw_ahead);
    }

    /// Makes room on the GPU for more than the first view takes, so that the next one does not wait for that. Whether the
    /// driver had it must be asked, and the answer waits for a GPU that is busy: when it rests.
    pub fn make_room(&self) {
        self.attempt(State::make_room);
        self.0.request_frame();
    }

    fn attempt(&self, step: impl FnOnce(&mut State) -> Result<(), RenderError>) {
        let refused = {
            let state = &mut *self.0.state.borrow_mut();
            // What a lost context refuses is done again by the one that takes its place.
            step(state).err().filter(|_| !state.renderer.as_ref().is_none_or(Renderer::is_lost))
        };
        if let Some(error) = refused {
            self.0.listeners.error.emit(&error.into());
        }
    }

    /// Where chunks come from.
    pub fn set_source(&self, source: Rc<dyn ChunkSource>) {
        *self.0.source.borrow_mut() = Some(source);
        self.change(|state| {
            state.ask_again();
            state.stale.wants = true;
        });
    }

    /// Shows a dataset; what was shown of another snapshot is forgotten.
    ///
    /// # Errors
    ///
    /// [`MapError::Dataset`] if its levels do not lie over each other.
    pub fn set_dataset(&self, dataset: &Dataset) -> Result<(), MapError> {
        self.change(|state| state.set_dataset(dataset))?;
        self.0.ask();
        Ok(())
    }

    /// Hands over what became of a chunk.
    pub fn deliver(&self, key: ChunkKey, answer: ChunkAnswer) {
        let failure = self.change(|state| state.deliver(key, answer));
        if let Some((message, transient)) = failure {
            self.0.listeners.error.emit(&MapError::Chunk { key, message, transient });
        }
    }

    /// Asks again for chunks that could not be read.
    pub fn retry_failed(&self) {
        self.change(State::forgive_failures);
    }

    /// Which data are drawn, and how.
    pub fn set_style(&self, style: LayerStyle) {
        self.change(|state| {
            let old = state.style.take();
            let shown = |style: &LayerStyle| (style.variable, style.plane);
            state.stale.wants |= old.as_ref().map(shown) != Some(shown(&style));
            state.stale.palette |= old.as_ref().is_none_or(|old| old.palette != style.palette);
            // Another plane changes the picture once it is there.
            let (variable, plane) = shown(&style);
            let repaints = old.is_none_or(|old| LayerStyle { variable, plane, ..old } != style);
            state.stale.picture |= repaints && state.shows_data();
            state.style = Some(style);
        });
        self.0.ask();
    }

    /// What lies beneath the data.
    pub fn set_base_map(&self, base_map: BaseMap) {
        self.change(|state| {
            state.stale.picture |= state.base_map != base_map;
            state.base_map = base_map;
        });
    }

    /// Whom the page must name for the base map.
    pub fn attributions(&self) -> &'static [Attribution] {
        online::attributions(self.0.state.borrow().base_map)
    }

    /// The names of the base map.
    pub fn set_places(&self, places: Rc<[PlaceName]>) {
        self.change(|state| {
            state.places = places;
            state.annotations.forget();
            state.stale.picture = true;
        });
    }

    /// The shapes of the base map.
    pub fn set_geometry(&self, geometry: Geometry) {
        self.change(|state| {
            state.geometry = Some(geometry);
            state.stale.geometry = true;
            state.stale.picture = true;
        });
    }

    /// Light or dark.
    pub fn set_theme(&self, theme: Theme) {
        self.change(|state| {
            state.stale.picture |= state.theme != theme;
            state.theme = theme;
        });
    }

    /// Whether meridians and parallels are drawn.
    pub fn set_graticule(&self, on: bool) {
        self.change(|state| {
            state.stale.picture |= state.graticule != on;
            state.graticule = on;
        });
    }

    /// Whether the map moves in steps instead of smoothly.
    pub fn set_reduced_motion(&self, reduced: bool) {
        self.change(|state| state.reduced_motion = reduced);
    }

    /// The status of tiles, or none.
    pub fn set_status_overlay(&self, overlay: Option<StatusOverlay>) {
        self.change(|state| {
            if state.status != overlay {
                state.status = overlay;
                state.stale.status = state.status.is_some();
                state.stale.picture = true;
            }
        });
    }

    /// A marker at a longitude and latitude, or none.
    pub fn set_marker(&self, place: Option<(f64, f64)>) {
        self.change(|state| {
            state.stale.picture |= state.marker != place;
            state.marker = place;
        });
    }

    /// Where the map looks.
    pub fn view(&self) -> View {
        self.0.state.borrow().camera.view()
    }

    /// Looks elsewhere at once. Zoom and latitude are clamped to what the projection can show.
    pub fn set_view(&self, view: View) {
        navigation::ease_to(&self.0, view, 0.0);
    }

    /// Goes straight to a view within so many milliseconds.
    pub fn ease_to(&self, view: View, duration: f64) {
        navigation::ease_to(&self.0, view, duration);
    }

    /// Flies to a view: zooms out, across and in. At once if motion is to be reduced.
    pub fn fly_to(&self, view: View) {
        self.change(|state| {
            let goal = state.camera.looking_at(view);
            if state.reduced_motion {
                state.motion = None;
                state.set_camera(goal);
            } else {
                let (from, to) = (state.camera.view(), goal.view());
                state.motion = Some(animation::Motion::Fly { from, to, start: now() });
                state.stale.wants = true;
            }
        });
    }

    /// Zooms by so many levels about the centre.
    pub fn zoom_by(&self, levels: f64) {
        navigation::step(&self.0, |camera| View {
            zoom: camera.view().zoom + levels,
            ..camera.view()
        });
    }

    /// Moves the map by so many CSS pixels to the right and down.
    pub fn pan_by(&self, dx: f64, dy: f64) {
        navigation::step(&self.0, |camera| camera.panned(dx, dy).view());
    }

    /// Shows the whole world.
    pub fn show_world(&self) {
        navigation::step(&self.0, navigation::world);
    }

    /// The projection.
    pub fn projection(&self) -> Projection {
        self.0.state.borrow().camera.projection()
    }

    /// Lays the globe out differently; the view stays, as far as the projection can show it.
    pub fn set_projection(&self, projection: Projection) {
        self.change(|state| {
            state.motion = None;
            state.set_camera(state.camera.in_projection(projection));
        });
    }

    /// Where a place is drawn, on the screen or not; `None` for the far side of the globe.
    pub fn project(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        self.0.state.borrow().camera.project(lon, lat)
    }

    /// The longitude and latitude at a position; `None` beside the globe.
    pub fn unproject(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        self.0.state.borrow().camera.unproject(x, y)
    }

    /// A bar of a round distance, for the centre of the map.
    pub fn scale_bar(&self) -> ScaleBar {
        scale::scale_bar(&self.0.state.borrow().camera)
    }

    /// The 2nd and 98th percentile of the physical values that the screen shows now; `None` without data. The page goes on
    /// while the GPU finds them.
    pub async fn visible_range(&self) -> Option<(f64, f64)> {
        let values = self.change(|state| {
            state.stale.picture = true;
            state.probe()
        });
        let values = match values {
            Ok(values) => values?,
            Err(error) => {
                self.0.listeners.error.emit(&error.into());
                return None;
            }
        };
        self.0.probes.update(|probes| probes + 1);
        let range = values.range().await;
        self.0.probes.update(|probes| probes - 1);
        range
    }

    /// Calls back whenever the view has changed, at most once a frame.
    pub fn on_view_change(&self, callback: impl Fn(View) + 'static) {
        self.0.listeners.view.add(callback);
    }

    /// Calls back for clicks, taps, long presses and Enter.
    pub fn on_click(&self, callback: impl Fn(Click) + 'static) {
        self.0.listeners.click.add(callback);
    }

    /// Calls back with the longitude and latitude under the mouse; `None` when it leaves the ground.
    pub fn on_hover(&self, callback: impl Fn(Option<(f64, f64)>) + 'static) {
        self.0.listeners.hover.add(callback);
    }

    /// Calls back with what went wrong.
    pub fn on_error(&self, callback: impl Fn(MapError) + 'static) {
        self.0.listeners.error.add(callback);
    }

    /// Calls back with why there is no picture any more, once the browser has taken its graphics away and gives none
    /// back; with `None` when there is one again.
    pub fn on_blind(&self, callback: impl Fn(Option<MapError>) + 'static) {
        self.0.listeners.blind.add(callback);
    }

    /// Whether something could not be read since it was last asked for.
    pub fn has_failed(&self) -> bool {
        self.0.state.borrow().has_failed()
    }

    /// Whether it shows only the middle of its view, of which there are more data than it has room for.
    pub fn is_cut(&self) -> bool {
        self.0.state.borrow().layer.as_ref().is_some_and(|layer| layer.is_cut)
    }

    /// Whether some of its view has not been read, since the visitor has to be asked.
    pub fn is_held(&self) -> bool {
        self.0.state.borrow().layer.as_ref().is_some_and(|layer| !layer.held.is_empty())
    }

    /// Calls back when the map begins and ends to lack chunks of the screen.
    pub fn on_busy(&self, callback: impl Fn(bool) + 'static) {
        self.0.listeners.busy.add(callback);
    }

    /// Calls back when another variable or year has come to cover the screen, be it coarsely.
    pub fn on_covered(&self, callback: impl Fn() + 'static) {
        self.0.listeners.covered.add(move |()| callback());
    }

    /// Calls back when the first picture is drawn, and when the map is ready for all else.
    pub fn on_appearance(&self, callback: impl Fn(Appearance) + 'static) {
        self.0.listeners.appearance.add(callback);
    }

    /// Whether nothing is pending and everything is drawn. Chunks that failed are not waited for, nor
    /// raster tiles from the network.
    pub fn idle(&self) -> bool {
        self.0.is_idle()
    }

    /// A promise that is kept when the map is [idle](Self::idle).
    pub fn when_idle(&self) -> Promise {
        let promise = Promise::new(&mut |resolve, _| self.0.listeners.wait(resolve));
        self.0.request_frame();
        promise
    }

    /// Takes the map off its canvas: no more frames, events or callbacks.
    pub fn destroy(&self) {
        self.0.frame.cancel();
        *self.0.events.borrow_mut() = Events::default();
        *self.0.source.borrow_mut() = None;
        self.0.listeners.clear();
        let state = &mut *self.0.state.borrow_mut();
        state.renderer = None;
        state.layer = None;
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.0.state.borrow_mut());
        self.0.request_frame();
        result
    }
}
