//! What the map shows and what it lacks for it.

use std::rc::Rc;

use super::animation::Motion;
use super::annotations::Annotations;
use super::gesture::Gesture;
use super::layer::{Arrived, Layer};
use super::limits::Limits;
use super::online::OnlineTiles;
use super::options::{LayerStyle, MapOptions, StatusOverlay, Theme};
use super::pace::Pace;
use super::residency::Residency;
use crate::basemap::{BaseMap, PlaceName};
use crate::chunk::{ChunkAnswer, ChunkKey};
use crate::dataset::Dataset;
use crate::render::{Geometry, Renderer};
use crate::view::{Camera, Viewport};
use crate::visible::{Pyramid, PyramidError};

/// How long all that follows the first picture, such as names, waits for the data that it still lacks, in
/// milliseconds.
const WAIT_FOR_ALL: f64 = 400.0;

/// The map's state.
pub(super) struct State {
    pub(super) camera: Camera,
    /// What the GPU can draw.
    pub(super) limits: Limits,
    /// Size of the canvas in device pixels.
    pub(super) canvas: (u32, u32),
    pub(super) theme: Theme,
    pub(super) base_map: BaseMap,
    pub(super) graticule: bool,
    pub(super) reduced_motion: bool,
    pub(super) style: Option<LayerStyle>,
    pub(super) status: Option<StatusOverlay>,
    pub(super) marker: Option<(f64, f64)>,
    /// A rectangle that is being drawn, in CSS pixels.
    pub(super) selection: Option<((f64, f64), (f64, f64))>,
    pub(super) motion: Option<Motion>,
    pub(super) gesture: Gesture,
    pub(super) geometry: Option<Geometry>,
    pub(super) places: Rc<[PlaceName]>,
    pub(super) annotations: Annotations,
    pub(super) online: OnlineTiles,
    pub(super) layer: Option<Layer>,
    /// `None` while the browser has taken the context away.
    pub(super) renderer: Option<Renderer>,
    pub(super) stale: Stale,
    /// The view of the last picture.
    pub(super) drawn: Option<Camera>,
    /// When the first picture was asked for, in milliseconds.
    pub(super) begun: Option<f64>,
    /// When the first of the data were seen before the first picture.
    pub(super) first_data: Option<f64>,
    /// When it was first known that the GPU is done with the first picture.
    pub(super) seen: Option<f64>,
    /// Whether what has waited for that may follow.
    pub(super) is_shown: bool,
    pub(super) pace: Pace,
    texture_budget: usize,
}

/// What has to be done anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the picture that went stale")]
pub(super) struct Stale {
    /// The picture.
    pub(super) picture: bool,
    /// The list of what is lacking.
    pub(super) wants: bool,
    /// The page table on the GPU.
    pub(super) pages: bool,
    /// The colours on the GPU.
    pub(super) palette: bool,
    /// The tile classes on the GPU.
    pub(super) status: bool,
    /// Land and lines on the GPU.
    pub(super) geometry: bool,
    /// Listeners do not know the view yet.
    pub(super) view: bool,
}

impl State {
    pub(super) fn new(options: &MapOptions, viewport: Viewport, canvas: (u32, u32)) -> Self {
        Self {
            camera: Camera::new(options.projection, options.view, viewport),
            limits: Limits::UNKNOWN,
            canvas,
            theme: options.theme,
            base_map: options.base_map,
            graticule: options.graticule,
            reduced_motion: options.reduced_motion,
            style: None,
            status: None,
            marker: None,
            selection: None,
            motion: None,
            gesture: Gesture::default(),
            geometry: None,
            places: Rc::default(),
            annotations: Annotations::default(),
            online: OnlineTiles::default(),
            layer: None,
            renderer: None,
            stale: Stale { picture: true, view: true, ..Stale::default() },
            drawn: None,
            begun: None,
            first_data: None,
            seen: None,
            is_shown: false,
            pace: Pace::default(),
            texture_budget: options.texture_budget,
        }
    }

    /// Looks elsewhere.
    pub(super) fn set_camera(&mut self, camera: Camera) {
        if camera != self.camera {
            self.camera = camera;
            self.stale.picture = true;
            self.stale.wants = true;
            self.stale.view = true;
        }
    }

    /// Takes a size in device pixels, as far as the GPU can draw it.
    pub(super) fn set_size(&mut self, size: (f64, f64), pixel_ratio: f64) {
        let ((width, height), pixel_ratio) = self.limits.fit(size, pixel_ratio);
        self.canvas = (width as u32, height as u32);
        let viewport =
            Viewport { width: width / pixel_ratio, height: height / pixel_ratio, pixel_ratio };
        self.set_camera(self.camera.on_screen(viewport));
        self.stale.picture = true;
        self.stale.wants = true;
    }

    /// Takes over a renderer with nothing on its GPU yet.
    pub(super) fn attach(&mut self, renderer: Renderer) {
        self.limits = Limits { size: renderer.largest_picture() };
        self.renderer = Some(renderer);
        self.online.forget_uploads();
        self.annotations.forget();
        if let Some(layer) = &mut self.layer {
            layer.residency.clear();
            layer.shown = None;
            layer.wanted.clear();
        }
        self.stale = Stale {
            picture: true,
            wants: true,
            pages: true,
            palette: true,
            status: true,
            geometry: true,
            view: self.stale.view,
        };
    }

    /// Shows a dataset. Chunks of the same snapshot are kept.
    pub(super) fn set_dataset(&mut self, dataset: &Dataset) -> Result<(), PyramidError> {
        let pyramids = dataset.grids.iter().map(|grid| Pyramid::new(&grid.levels));
        let pyramids = pyramids.collect::<Result<Vec<_>, _>>()?;
        let known = self.layer.as_ref();
        if known.is_some_and(|old| old.snapshot == dataset.snapshot && old.pyramids == pyramids) {
            return Ok(());
        }
        // As long as nothing of it has arrived the picture stays as it is.
        self.stale.picture |= known.is_some();
        let residency = Residency::new(&pyramids, self.texture_budget, dataset.form.bytes());
        if let Some(renderer) = &mut self.renderer {
            renderer.drop_layers();
        }
        self.layer = Some(Layer::new(dataset, pyramids, residency));
        self.stale.wants = true;
        self.stale.pages = true;
        Ok(())
    }

    /// Takes an answer. Gives the message of a failure.
    pub(super) fn deliver(&mut self, key: ChunkKey, answer: ChunkAnswer) -> Option<(String, bool)> {
        let layer = self.layer.as_mut()?;
        match answer {
            ChunkAnswer::Data { width, height, values } => {
                layer.failed.remove(&key);
                layer.arrived.push_back(Arrived { key, size: (width, height), values });
                None
            }
            ChunkAnswer::Absent => {
                layer.failed.remove(&key);
                layer.residency.mark_absent(key);
                self.stale.pages = true;
                self.stale.picture |= layer.is_shown(key);
                self.stale.wants = true;
                None
            }
            ChunkAnswer::Failed { message, transient } => {
                layer.failed.insert(key, transient);
                self.stale.wants = true;
                Some((message, transient))
            }
            ChunkAnswer::Held => {
                layer.held.insert(key, true);
                self.stale.wants = true;
                None
            }
        }
    }

    /// Nobody has been asked for anything yet.
    pub(super) fn ask_again(&mut self) {
        if let Some(layer) = &mut self.layer {
            layer.wanted.clear();
        }
    }

    /// Lets chunks be asked for again that have failed, or have not been read.
    pub(super) fn forgive_failures(&mut self) {
        if let Some(layer) = &mut self.layer {
            layer.failed.clear();
            layer.held.clear();
            // What is on its way is asked for again as well.
            layer.wanted.clear();
            self.stale.wants = true;
        }
    }

    /// Whether something could not be read since it was last asked for.
    pub(super) fn has_failed(&self) -> bool {
        self.layer.as_ref().is_some_and(|layer| !layer.failed.is_empty())
    }

    /// Finds out what the screen lacks; the list if it is another one than before.
    pub(super) fn plan(&mut self) -> Option<Vec<ChunkKey>> {
        self.stale.wants = false;
        // On the way to a place what is needed there is fetched, not what is passed by.
        let ahead = self.motion.as_ref().and_then(|motion| motion.destination(&self.camera));
        let camera = ahead.unwrap_or(self.camera);
        let plane = self.style.as_ref().map(|style| (style.variable, style.plane))?;
        let layer = self.layer.as_mut()?;
        let shown = layer.shown;
        let wanted = layer.plan(&camera, &self.camera, plane);
        if std::mem::take(&mut layer.moved_level) || layer.shown != shown {
            self.stale.pages = true;
            self.stale.picture |= layer.residency.holds_data();
        }
        wanted
    }
    /// Whether a change of the style changes the picture.
    pub(super) fn shows_data(&self) -> bool {
        self.layer.as_ref().is_some_and(|layer| layer.residency.holds_data())
    }

    /// Whether nothing moves, and the GPU has drawn all that the screen needs.
    pub(super) fn is_settled(&self) -> bool {
        // What else went stale is brought up to date with the next picture.
        let stale = self.stale.picture
            || self.stale.wants
            || self.stale.view
            || self.pace.is_coarse()
            || self.is_unseen();
        // Without a context nothing is drawn until it comes back.
        let is_done = |renderer: &Renderer| !renderer.is_checking() && !renderer.is_drawing();
        let drawn = !stale && self.renderer.as_ref().is_some_and(is_done);
        let complete = match (&self.layer, &self.style) {
            (Some(layer), Some(style)) => {
                layer.complete
                    && layer.arrived.is_empty()
                    && layer.shown == Some((style.variable, style.plane))
            }
            _ => true,
        };
        drawn && complete && self.motion.is_none()
    }

    /// Whether since the last call the first picture has come onto the screen, with all that the screen needs or
    /// so long ago that what else there is to do should wait no longer; at a time in milliseconds.
    pub(super) fn begins_to_show(&mut self, now: f64) -> bool {
        let shows = self.drawn.is_some()
            && self.renderer.as_ref().is_some_and(|renderer| !renderer.is_drawing());
        if self.is_shown || !shows {
            return false;
        }
        let since = *self.seen.get_or_insert(now);
        let has_all = !self.is_loading() && !self.stale.picture;
        self.is_shown = has_all || now - since >= WAIT_FOR_ALL;
        self.is_shown
    }

    /// Whether the first picture has been drawn, but what waits for it cannot follow yet.
    fn is_unseen(&self) -> bool {
        self.drawn.is_some() && !self.is_shown
    }

    /// Whether another frame has to follow.
    pub(super) fn wants_frame(&self) -> bool {
        let arrived = self.layer.as_ref().is_some_and(|layer| !layer.arrived.is_empty());
        let stale =
            self.stale.picture || self.stale.view || self.pace.is_coarse() || self.is_unseen();
        let drawing = |renderer: &Renderer| arrived || stale || renderer.is_checking();
        self.motion.is_some() || self.renderer.as_ref().is_some_and(drawing)
    }

    /// Whether chunks of the screen are on their way.
    pub(super) fn is_loading(&self) -> bool {
        self.layer
            .as_ref()
            .is_some_and(|layer| !layer.wanted.is_empty() || !layer.arrived.is_empty())
    }
}
