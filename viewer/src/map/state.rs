//! What the map shows and what it lacks for it.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use floe_shared::schema::Variable;
use js_sys::Uint16Array;

use super::animation::Motion;
use super::base::BaseGeometry;
use super::gesture::Gesture;
use super::online::OnlineTiles;
use super::options::{BaseMap, LayerStyle, MapOptions, StatusOverlay, Theme};
use super::pace::Pace;
use super::pages::page_table;
use super::residency::Residency;
use super::scale;
use super::theme::{Colours, colours};
use crate::basemap::PlaceName;
use crate::chunk::{ChunkAnswer, ChunkKey};
use crate::dataset::Dataset;
use crate::render::{Data, Frame, Graticule, LineCamera, LineStyle, RenderError, Renderer, Status};
use crate::view::ground::Ground;
use crate::view::{Camera, Viewport};
use crate::visible::{Place, Pyramid, PyramidError};

/// Pixels copied to the GPU in one frame, four chunks of 1000 x 1000: more would make the frame late.
const UPLOADED_PER_FRAME: u32 = 4_000_000;
/// How long the first picture waits for the store to be opened, in milliseconds ...
const WAIT_FOR_STORE: f64 = 350.0;
/// ... and, if it is open by then, for the data.
const WAIT_FOR_DATA: f64 = 800.0;
/// Columns and rows of the grid where there is no dataset yet.
const NO_GRID: (u32, u32) = (36_000, 18_000);

/// A variable and the index of a year.
pub(super) type Plane = (Variable, u16);

/// The map's state.
pub(super) struct State {
    pub(super) camera: Camera,
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
    pub(super) geometry: Rc<BaseGeometry>,
    pub(super) places: Rc<[PlaceName]>,
    pub(super) online: OnlineTiles,
    pub(super) layer: Option<Layer>,
    /// `None` while the browser has taken the context away.
    pub(super) renderer: Option<Renderer>,
    pub(super) stale: Stale,
    /// The view of the last picture.
    drawn: Option<Camera>,
    /// When the first picture was asked for, in milliseconds.
    begun: Option<f64>,
    pace: Pace,
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

/// The data.
pub(super) struct Layer {
    snapshot: String,
    pub(super) pyramid: Pyramid,
    residency: Residency,
    /// Chunks that arrived and wait for their upload.
    arrived: VecDeque<Arrived>,
    failed: BTreeMap<ChunkKey, bool>,
    /// What was asked for last.
    wanted: Vec<ChunkKey>,
    /// Whether all of them are known.
    complete: bool,
    /// The variable and year on the screen: the old one until the new one has arrived.
    shown: Option<Plane>,
    first_level: usize,
    /// Whether the finest level to draw has changed since the last picture.
    moved_level: bool,
}

struct Arrived {
    key: ChunkKey,
    size: (u32, u32),
    values: Uint16Array,
}

impl State {
    pub(super) fn new(options: &MapOptions, viewport: Viewport, canvas: (u32, u32)) -> Self {
        Self {
            camera: Camera::new(options.projection, options.view, viewport),
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
            geometry: Rc::default(),
            places: Rc::default(),
            online: OnlineTiles::default(),
            layer: None,
            renderer: None,
            stale: Stale { picture: true, view: true, ..Stale::default() },
            drawn: None,
            begun: None,
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

    /// Takes over a renderer with nothing on its GPU yet.
    pub(super) fn attach(&mut self, renderer: Renderer) {
        self.renderer = Some(renderer);
        self.online.forget_uploads();
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
        let pyramid = Pyramid::new(&dataset.levels)?;
        let known = self.layer.as_ref();
        if known.is_some_and(|old| old.snapshot == dataset.snapshot && old.pyramid == pyramid) {
            return Ok(());
        }
        // As long as nothing of it has arrived the picture stays as it is.
        self.stale.picture |= known.is_some();
        let residency = Residency::new(&pyramid, self.texture_budget);
        if let Some(renderer) = &mut self.renderer {
            renderer.drop_layers();
        }
        self.layer = Some(Layer {
            snapshot: dataset.snapshot.clone(),
            pyramid,
            residency,
            arrived: VecDeque::new(),
            failed: BTreeMap::new(),
            wanted: Vec::new(),
            complete: false,
            shown: None,
            first_level: 0,
            moved_level: false,
        });
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
                self.stale.picture = true;
                self.stale.wants = true;
                None
            }
            ChunkAnswer::Failed { message, transient } => {
                layer.failed.insert(key, transient);
                self.stale.wants = true;
                Some((message, transient))
            }
        }
    }

    /// Nobody has been asked for anything yet.
    pub(super) fn ask_again(&mut self) {
        if let Some(layer) = &mut self.layer {
            layer.wanted.clear();
        }
    }

    /// Lets failed chunks be asked for again.
    pub(super) fn forgive_failures(&mut self) {
        if let Some(layer) = &mut self.layer {
            layer.failed.clear();
            self.stale.wants = true;
        }
    }

    /// Finds out what the screen lacks; the list if it is another one than before.
    pub(super) fn plan(&mut self) -> Option<Vec<ChunkKey>> {
        self.stale.wants = false;
        // On the way to a place what is needed there is fetched, not what is passed by.
        let ahead = self.motion.as_ref().and_then(|motion| motion.destination(&self.camera));
        let camera = ahead.unwrap_or(self.camera);
        let plane = self.style.as_ref().map(|style| (style.variable, style.year))?;
        let layer = self.layer.as_mut()?;
        let shown = layer.shown;
        let wanted = layer.plan(&camera, &self.camera, plane);
        if std::mem::take(&mut layer.moved_level) || layer.shown != shown {
            self.stale.pages = true;
            self.stale.picture |= layer.residency.holds_data();
        }
        wanted
    }

    /// Copies some of what has arrived to the GPU.
    pub(super) fn upload(&mut self) -> Result<(), RenderError> {
        let Some(renderer) = &mut self.renderer else { return Ok(()) };
        renderer.check()?;
        let Some(layer) = &mut self.layer else { return Ok(()) };
        let mut uploaded = 0;
        while uploaded < UPLOADED_PER_FRAME {
            let Some(chunk) = layer.arrived.pop_front() else { break };
            uploaded += chunk.size.0 * chunk.size.1;
            let level = layer.pyramid.levels().iter().find(|level| level.index == chunk.key.level);
            let Some(level) = level else { continue };
            // Without room it is no longer needed; if it is, it will be asked for again.
            let Some(slot) = layer.residency.place(chunk.key, level.chunk) else { continue };
            let most = layer.residency.max_layers() as u32;
            let count = layer.residency.layers() as u32;
            renderer.ensure_layers(layer.residency.layer_size(), count, most)?;
            renderer.upload(slot.layer, (slot.x, slot.y), chunk.size, &chunk.values)?;
            self.stale.pages = true;
            self.stale.picture = true;
            self.stale.wants = true;
        }
        Ok(())
    }

    /// Brings the GPU's tables up to date.
    pub(super) fn refresh(&mut self) -> Result<(), RenderError> {
        let Some(renderer) = &mut self.renderer else { return Ok(()) };
        if std::mem::take(&mut self.stale.geometry) {
            self.geometry.upload(renderer)?;
        }
        if std::mem::take(&mut self.stale.palette)
            && let Some(style) = &self.style
        {
            renderer.set_palette(&style.palette)?;
        }
        if std::mem::take(&mut self.stale.status)
            && let Some(status) = &self.status
        {
            renderer.set_status(status.cols, status.rows, &status.classes)?;
        }
        if std::mem::take(&mut self.stale.pages)
            && let Some(layer) = &self.layer
            && let Some(plane) = layer.shown
        {
            let first = layer.first_level;
            renderer.set_pages(&page_table(&layer.residency, &layer.pyramid, plane, first))?;
        }
        Ok(())
    }

    /// Lets a fine picture follow a coarse one, once the map rests.
    pub(super) fn refine(&mut self, now: f64) {
        self.stale.picture |=
            self.pace.is_coarse() && self.motion.is_none() && self.pace.has_rested(now);
    }

    /// Draws the picture, without labels, at a time in milliseconds.
    pub(super) fn draw(&mut self, now: f64) -> Result<(), RenderError> {
        self.refresh()?;
        let held = self.motion.is_some() || self.gesture.is_active();
        let moving = held && self.drawn.is_some_and(|drawn| drawn != self.camera);
        let edge = self.pace.edge(now, moving);
        let (camera, canvas) = self.reduced(edge);
        let theme = colours(self.theme);
        let tiles = match &mut self.renderer {
            Some(renderer) => self.online.arrange(&camera, self.base_map, renderer)?,
            None => None,
        };
        let line_styles = line_styles(&theme, camera.viewport().pixel_ratio);
        let frame = Frame { tiles, ..self.frame(&camera, canvas, &theme, &line_styles) };
        if let Some(renderer) = &self.renderer {
            renderer.resize(canvas.0, canvas.1);
            renderer.draw(&frame)?;
        }
        self.stale.picture = false;
        self.drawn = Some(self.camera);
        Ok(())
    }

    /// Whether the first picture, at a time in milliseconds, had better wait for the data: they are seen
    /// sooner when the GPU is not busy with a picture without them. Meanwhile its programs are compiled.
    pub(super) fn waits_for_data(&mut self, now: f64) -> Result<bool, RenderError> {
        let on_the_way = self.layer.as_ref().is_none_or(Layer::is_awaited);
        if self.drawn.is_some() || !on_the_way {
            return Ok(false);
        }
        let Some(begun) = self.begun else {
            self.begun = Some(now);
            self.refresh()?;
            let theme = colours(self.theme);
            let line_styles = line_styles(&theme, self.camera.viewport().pixel_ratio);
            if let Some(renderer) = &self.renderer {
                renderer.resize(self.canvas.0, self.canvas.1);
                renderer.warm(&self.frame(&self.camera, self.canvas, &theme, &line_styles))?;
            }
            return Ok(true);
        };
        let longest = if self.layer.is_some() { WAIT_FOR_DATA } else { WAIT_FOR_STORE };
        Ok(now - begun < longest)
    }

    /// Camera and canvas of a picture whose pixels are so many device pixels wide and high.
    fn reduced(&self, edge: u32) -> (Camera, (u32, u32)) {
        if edge == 1 {
            return (self.camera, self.canvas);
        }
        let viewport = self.camera.viewport();
        let pixel_ratio = viewport.pixel_ratio / f64::from(edge);
        let camera = self.camera.on_screen(Viewport { pixel_ratio, ..viewport });
        (camera, (self.canvas.0.div_ceil(edge), self.canvas.1.div_ceil(edge)))
    }

    /// Whether the next picture had better wait: the GPU is still busy with one of the same view. What
    /// arrives meanwhile is drawn at once, where a picture for each chunk would keep a slow GPU busy for
    /// long. While the map moves the browser sees to the pace.
    pub(super) fn waits_for_gpu(&self) -> bool {
        let busy = self.renderer.as_ref().is_some_and(Renderer::is_drawing);
        busy && self.motion.is_none() && self.drawn == Some(self.camera)
    }

    /// The 2nd and 98th percentile of the digital numbers on the screen.
    pub(super) fn visible_range(&mut self) -> Result<Option<(u16, u16)>, RenderError> {
        self.refresh()?;
        let theme = colours(self.theme);
        let Some(mut renderer) = self.renderer.take() else { return Ok(None) };
        let numbers = renderer.probe(&self.frame(&self.camera, self.canvas, &theme, &[]));
        self.renderer = Some(renderer);
        let mut numbers = numbers?;
        numbers.retain(|&number| number != 0);
        numbers.sort_unstable();
        let at = |share: f64| numbers.get(((numbers.len() - 1) as f64 * share).round() as usize);
        if numbers.is_empty() {
            return Ok(None);
        }
        Ok(at(0.02).zip(at(0.98)).map(|(&low, &high)| (low, high.max(low.saturating_add(1)))))
    }

    /// Whether a change of the style changes the picture.
    pub(super) fn shows_data(&self) -> bool {
        self.layer.as_ref().is_some_and(|layer| layer.residency.holds_data())
    }

    /// Whether nothing moves and all that the screen needs is drawn.
    pub(super) fn is_settled(&self) -> bool {
        // What else went stale is brought up to date with the next picture.
        let stale =
            self.stale.picture || self.stale.wants || self.stale.view || self.pace.is_coarse();
        // Without a context nothing is drawn until it comes back.
        let drawn =
            !stale && self.renderer.as_ref().is_some_and(|renderer| !renderer.is_checking());
        let complete = match (&self.layer, &self.style) {
            (Some(layer), Some(style)) => {
                layer.complete
                    && layer.arrived.is_empty()
                    && layer.shown == Some((style.variable, style.year))
            }
            _ => true,
        };
        drawn && complete && self.motion.is_none()
    }

    /// Whether another frame has to follow.
    pub(super) fn wants_frame(&self) -> bool {
        let arrived = self.layer.as_ref().is_some_and(|layer| !layer.arrived.is_empty());
        let stale = self.stale.picture || self.stale.view || self.pace.is_coarse();
        let drawing = |renderer: &Renderer| arrived || stale || renderer.is_checking();
        self.motion.is_some() || self.renderer.as_ref().is_some_and(drawing)
    }

    /// Whether chunks of the screen are on their way.
    pub(super) fn is_loading(&self) -> bool {
        self.layer
            .as_ref()
            .is_some_and(|layer| !layer.wanted.is_empty() || !layer.arrived.is_empty())
    }

    fn frame<'a>(
        &'a self,
        camera: &Camera,
        (width, height): (u32, u32),
        theme: &Colours,
        line_styles: &'a [LineStyle],
    ) -> Frame<'a> {
        let (cols, rows) = self.layer.as_ref().map_or(NO_GRID, |layer| layer.pyramid.size());
        let view = camera.view();
        let land_width = self.geometry.land_size().0 as f64;
        Frame {
            ground: Ground::new(camera, cols, rows, width, height),
            lines: LineCamera::new(camera, width, height),
            appearance: theme.appearance,
            pixel_ratio: camera.viewport().pixel_ratio as f32,
            land_centre: [((view.lon + 180.0) / 360.0) as f32, ((90.0 - view.lat) / 180.0) as f32],
            land_texels: (camera.degrees_per_pixel() / 360.0 * land_width) as f32,
            tiles: None,
            data: self.data(),
            status: self.status.as_ref().map(|status| Status {
                size: (status.cols, status.rows),
                colours: &status.colours,
                hovered: status.hovered.map(|(row, col)| (col, row)),
                selected: status.selected.map(|(row, col)| (col, row)),
                mark: theme.mark,
            }),
            graticule: self.graticule.then(|| Graticule {
                step: scale::graticule_step(&self.camera),
                centre: (view.lon, view.lat),
                colour: theme.graticule,
            }),
            line_styles,
        }
    }

    fn data(&self) -> Option<Data> {
        let (layer, style) = (self.layer.as_ref()?, self.style.as_ref()?);
        layer.shown?;
        Some(Data {
            range: [style.range.0 as f32, style.range.1 as f32],
            opacity: style.opacity.clamp(0.0, 1.0),
            smooth: style.smooth,
        })
    }
}

impl Layer {
    /// Whether nothing of it has arrived yet, but something will.
    fn is_awaited(&self) -> bool {
        !self.residency.holds_data() && self.arrived.is_empty() && !self.complete
    }

    /// What is lacking for the view at `ahead` (where the camera is heading), most urgent first, if
    /// it differs from what was asked for last.
    fn plan(&mut self, ahead: &Camera, now: &Camera, plane: Plane) -> Option<Vec<ChunkKey>> {
        let coarsest = self.pyramid.levels().len() - 1;
        let level = self.pyramid.level_for(ahead);
        let mut fine = self.pyramid.visible(ahead, level);
        // A store without overviews may have more chunks on the screen than fit.
        let room = self.residency.capacity(self.pyramid.levels()[level].chunk);
        fine.truncate(room.saturating_sub(room / 4).max(1));
        let coarse =
            if coarsest == level { Vec::new() } else { self.pyramid.visible(ahead, coarsest) };
        let keys = |places: &[Place]| -> Vec<ChunkKey> {
            places.iter().map(|&place| self.key(place, plane)).collect()
        };
        let (fine, coarse) = (keys(&fine), keys(&coarse));

        let first_level = self.pyramid.level_for(now);
        self.moved_level |= first_level != self.first_level;
        self.first_level = first_level;
        self.residency.begin_frame();
        let passing = self.pyramid.visible(now, first_level);
        for place in passing {
            let key = self.key(place, self.shown.unwrap_or(plane));
            self.residency.touch(&key);
        }
        for key in fine.iter().chain(&coarse) {
            self.residency.touch(key);
        }
        let settled =
            |key: &ChunkKey| self.residency.page(key).is_some() || self.failed.contains_key(key);
        self.complete = fine.iter().all(settled);
        // The new variable or year takes the place of the old one as a whole.
        let covered = self.complete || (!coarse.is_empty() && coarse.iter().all(settled));
        if self.shown.is_none() || covered {
            self.shown = Some(plane);
        }

        let lacking = |key: &ChunkKey| {
            !settled(key) && !self.arrived.iter().any(|arrived| arrived.key == *key)
        };
        let mut wanted = Vec::new();
        if fine.iter().any(lacking) {
            wanted.extend(coarse.iter().copied().filter(lacking));
        }
        wanted.extend(fine.iter().copied().filter(lacking));
        if wanted == self.wanted {
            return None;
        }
        self.wanted.clone_from(&wanted);
        Some(wanted)
    }

    fn key(&self, place: Place, plane: Plane) -> ChunkKey {
        ChunkKey {
            variable: plane.0,
            year: plane.1,
            level: self.pyramid.levels()[place.level].index,
            row: place.row,
            col: place.col,
        }
    }
}

/// Styles of coasts, lakes and borders in device pixels.
fn line_styles(theme: &Colours, pixel_ratio: f64) -> [LineStyle; 3] {
    [theme.coast, theme.lake, theme.border]
        .map(|style| LineStyle { width: style.width * pixel_ratio as f32, ..style })
}
