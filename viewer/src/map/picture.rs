//! Bringing the state onto the screen: what is copied to the GPU, what is drawn, and when.

use floe_shared::order::sort_by_number;

use super::annotations::Subject;
use super::layer::Layer;
use super::options::StatusOverlay;
use super::pages::page_table;
use super::scale;
use super::state::State;
use super::theme::{Colours, colours};
use crate::chunk::{Codes, Form};
use crate::placement::Placement;
use crate::render::{
    Data, Frame, Graticule, LineCamera, LineStyle, Probe, RenderError, Renderer, Sprite, Status,
};
use crate::view::axes::Axes;
use crate::view::ground::Ground;
use crate::view::{Camera, Viewport};
use crate::visible::Pyramid;

/// Pixels copied to the GPU in one frame, four chunks of 1000 x 1000: more would make the frame late.
const UPLOADED_PER_FRAME: u32 = 4_000_000;
/// How long the first picture waits for the store to be opened, in milliseconds ...
const WAIT_FOR_STORE: f64 = 350.0;
/// ... if it is open by then, for the first of the data ...
const WAIT_FOR_DATA: f64 = 800.0;
/// ... and after it for the rest: a slow GPU would be busy with the picture when they come.
const WAIT_FOR_REST: f64 = 60.0;
/// Columns and rows of the globe's grid where there is no dataset yet.
const NO_GRID: (u32, u32) = (36_000, 18_000);

impl State {
    /// Copies some of what has arrived to the GPU.
    pub(super) fn upload(&mut self) -> Result<(), RenderError> {
        let Some(renderer) = &mut self.renderer else { return Ok(()) };
        renderer.check()?;
        let Some(layer) = &mut self.layer else { return Ok(()) };
        let mut uploaded = 0;
        while uploaded < UPLOADED_PER_FRAME {
            let Some(chunk) = layer.arrived.pop_front() else { break };
            uploaded += chunk.size.0 * chunk.size.1;
            let pyramid = layer.pyramid(chunk.key.variable);
            let level = pyramid.and_then(|pyramid| pyramid.level(chunk.key.level));
            let Some(cell) = level.map(|level| level.chunk) else { continue };
            // Without room it is no longer needed; if it is, it will be asked for again.
            let Some(slot) = layer.residency.place(chunk.key, cell) else { continue };
            let most = layer.residency.max_layers() as u32;
            let count = layer.residency.layers() as u32;
            renderer.ensure_layers(layer.form, layer.residency.layer_size(), count, most)?;
            renderer.upload(slot.layer, (slot.x, slot.y), chunk.size, &chunk.values)?;
            self.stale.pages = true;
            self.stale.picture |= layer.is_shown(chunk.key);
            self.stale.wants = true;
        }
        Ok(())
    }

    /// Makes room for more than the first view takes, now that nobody waits for it.
    pub(super) fn make_room(&mut self) -> Result<(), RenderError> {
        let (Some(renderer), Some(layer)) = (&mut self.renderer, &self.layer) else {
            return Ok(());
        };
        let taken = layer.residency.layers() as u32;
        let most = layer.residency.max_layers() as u32;
        renderer.ensure_layers(
            layer.form,
            layer.residency.layer_size(),
            (taken + 1).min(most),
            most,
        )
    }

    /// Brings the GPU's tables up to date.
    fn refresh(&mut self) -> Result<(), RenderError> {
        let Some(renderer) = &mut self.renderer else { return Ok(()) };
        if std::mem::take(&mut self.stale.geometry)
            && let Some(geometry) = &self.geometry
        {
            renderer.set_geometry(geometry)?;
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
            && let (Some(plane), Some(pyramid)) = (layer.shown, layer.shown_pyramid())
        {
            let first = layer.first_level;
            renderer.set_pages(page_table(&layer.residency, pyramid, plane, first))?;
        }
        Ok(())
    }

    /// Lets a fine picture follow a coarse one, once the map rests.
    pub(super) fn refine(&mut self, now: f64) {
        self.stale.picture |=
            self.pace.is_coarse() && self.motion.is_none() && self.pace.has_rested(now);
    }

    /// Draws the picture at a time in milliseconds.
    pub(super) fn draw(&mut self, now: f64) -> Result<(), RenderError> {
        if self.drawn.is_none() {
            self.prepare()?;
        }
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
        // Without names the map is still one.
        let (sprites, refused) = match self.annotate() {
            Ok(sprites) => (sprites, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        let frame = self.frame(&camera, canvas, &theme, &line_styles);
        let frame = Frame { tiles, sprites: &sprites, ..frame };
        if let Some(renderer) = &self.renderer {
            renderer.resize(canvas.0, canvas.1);
            renderer.draw(&frame)?;
        }
        self.stale.picture = false;
        self.drawn = Some(self.camera);
        refused
    }

    /// Names and all else that lies over the map. The first picture goes without: the browser needs a tenth
    /// of a second before it writes its first word.
    fn annotate(&mut self) -> Result<Vec<Sprite>, RenderError> {
        let Self { renderer: Some(renderer), annotations, is_shown: true, .. } = self else {
            return Ok(Vec::new());
        };
        let subject = Subject {
            camera: self.camera,
            theme: self.theme,
            places: &self.places,
            graticule: self.graticule,
            marker: self.marker,
            selection: self.selection,
        };
        annotations.arrange(&subject, renderer)
    }

    /// Whether the first picture, at a time in milliseconds, had better wait for the data: they are seen
    /// sooner when the GPU is not busy with a picture without them.
    pub(super) fn waits_for_data(&mut self, now: f64) -> bool {
        if self.drawn.is_some() || self.layer.as_ref().is_some_and(|layer| layer.complete) {
            return false;
        }
        let begun = *self.begun.get_or_insert(now);
        match self.layer.as_ref().map(Layer::is_empty) {
            None => now - begun < WAIT_FOR_STORE,
            Some(true) => now - begun < WAIT_FOR_DATA,
            Some(false) => now - *self.first_data.get_or_insert(now) < WAIT_FOR_REST,
        }
    }

    /// Lets the driver begin to compile what the first picture takes.
    pub(super) fn prepare(&self) -> Result<(), RenderError> {
        self.before_the_first(Renderer::prepare)
    }

    /// Lets the driver compile what is left to do when something is drawn first.
    pub(super) fn warm_up(&self) -> Result<(), RenderError> {
        self.before_the_first(Renderer::warm_up)
    }

    /// Draws what of the first picture does not wait for data, out of sight.
    pub(super) fn draw_ahead(&mut self) -> Result<(), RenderError> {
        self.refresh()?;
        self.before_the_first(Renderer::draw_ahead)
    }

    /// Does something with the first picture, unless it is there already.
    fn before_the_first(
        &self,
        act: impl FnOnce(&Renderer, &Frame<'_>) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        let Some(renderer) = self.renderer.as_ref().filter(|_| self.drawn.is_none()) else {
            return Ok(());
        };
        let theme = colours(self.theme);
        let line_styles = line_styles(&theme, self.camera.viewport().pixel_ratio);
        renderer.resize(self.canvas.0, self.canvas.1);
        act(renderer, &self.frame(&self.camera, self.canvas, &theme, &line_styles))
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

    /// Asks the GPU for the values on the screen; `None` without data.
    pub(super) fn probe(&mut self) -> Result<Option<VisibleValues>, RenderError> {
        self.refresh()?;
        let theme = colours(self.theme);
        let Some(renderer) = &self.renderer else { return Ok(None) };
        // As long as another variable or year is on its way, what is seen is not of it.
        let plane = self.style.as_ref().map(|style| (style.variable, style.plane));
        let layer = self.layer.as_ref().filter(|layer| layer.covered == plane);
        let Some((form, codes)) = layer.and_then(|layer| Some((layer.form, layer.shown_codes()?)))
        else {
            return Ok(None);
        };
        let probe = renderer.probe(&self.frame(&self.camera, self.canvas, &theme, &[]))?;
        Ok(Some(VisibleValues { probe, form, codes }))
    }

    fn frame<'a>(
        &'a self,
        camera: &Camera,
        (width, height): (u32, u32),
        theme: &Colours,
        line_styles: &'a [LineStyle],
    ) -> Frame<'a> {
        let pyramid = self.layer.as_ref().and_then(Layer::shown_pyramid);
        let globe = || Placement::global(NO_GRID.0, NO_GRID.1);
        let placement = pyramid.map_or_else(globe, |pyramid| *pyramid.placement());
        let view = camera.view();
        let land_width = self.geometry.as_ref().map_or(0, |geometry| geometry.land_size().0);
        Frame {
            ground: Ground::new(camera, &placement, width, height),
            axes: Axes::new(camera, &placement, (width, height)),
            lines: LineCamera::new(camera, width, height),
            appearance: theme.appearance,
            pixel_ratio: camera.viewport().pixel_ratio as f32,
            land_texels: (camera.degrees_per_pixel() / 360.0 * f64::from(land_width)) as f32,
            tiles: None,
            data: self.data(),
            status: self.status.as_ref().filter(|status| divides(status, &placement)).map(
                |status| Status {
                    size: (status.cols, status.rows),
                    colours: std::array::from_fn(|class| {
                        status.colours.get(class).copied().unwrap_or_default()
                    }),
                    hovered: status.hovered.map(|(row, col)| (col, row)),
                    selected: status.selected.map(|(row, col)| (col, row)),
                    mark: theme.mark,
                },
            ),
            graticule: self.graticule.then(|| Graticule {
                step: scale::graticule_step(&self.camera),
                centre: (view.lon, view.lat),
                colour: theme.graticule,
            }),
            line_styles,
            sprites: &[],
            screen: self.canvas,
        }
    }

    fn data(&self) -> Option<Data> {
        let (layer, style) = (self.layer.as_ref()?, self.style.as_ref()?);
        let codes = layer.shown_codes()?;
        let (low, high) = style.range;
        let range = if style.is_log {
            [low.ln() as f32, high.ln() as f32]
        } else {
            [codes.number(low) as f32, codes.number(high) as f32]
        };
        Some(Data {
            form: layer.form,
            is_nested: layer.shown_pyramid().is_none_or(Pyramid::is_nested),
            missing: codes.missing,
            valid: [codes.lowest, codes.highest - codes.lowest],
            range,
            logarithm: style.is_log.then_some([codes.scale as f32, codes.offset as f32]),
            opacity: style.opacity.clamp(0.0, 1.0),
            smooth: style.smooth,
        })
    }
}

/// The values that the screen showed when the GPU was asked for them.
pub(super) struct VisibleValues {
    probe: Probe,
    form: Form,
    codes: Codes,
}

impl VisibleValues {
    /// The 2nd and 98th percentile of the physical values, as soon as the GPU has told them.
    pub(super) async fn range(self) -> Option<(f64, f64)> {
        let found = self.probe.codes().await;
        let values = found.into_iter().filter_map(|code| self.codes.value(self.form, code));
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        sort_by_number(&mut values, |&value| value);
        percentile(&values, 0.02).zip(percentile(&values, 0.98))
    }
}

/// Whether tiles are made of whole cells of a grid.
fn divides(status: &StatusOverlay, placement: &Placement) -> bool {
    placement.covers(status.bounds)
        && placement.cols.is_multiple_of(status.cols)
        && placement.rows.is_multiple_of(status.rows)
}

/// The value that so great a share of all, which ascend, do not exceed; `None` where there is none.
fn percentile(ascending: &[f64], share: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    ascending.get((last as f64 * share).round() as usize).copied()
}

/// Styles of coasts, lakes and borders in device pixels.
fn line_styles(theme: &Colours, pixel_ratio: f64) -> [LineStyle; 3] {
    [theme.coast, theme.lake, theme.border]
        .map(|style| LineStyle { width: style.width * pixel_ratio as f32, ..style })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_there_are() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.0), Some(1.0));
        assert_eq!(percentile(&values, 0.02), Some(3.0));
        assert_eq!(percentile(&values, 1.0), Some(100.0));
        assert_eq!(percentile(&[7.5], 0.5), Some(7.5));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
