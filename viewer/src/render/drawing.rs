//! How a frame is drawn: first the ground, which lies beneath the data, and what lies over them (status and
//! graticule, lines, sprites), each a picture that is kept; then both and the data in one go.

use std::rc::Rc;

use js_sys::Float32Array;
use web_sys::WebGl2RenderingContext as Gl;

use super::RenderError;
use super::check::Fence;
use super::entries::{self, Areas};
use super::frame::{Appearance, Data, Frame, Graticule, LevelShape};
use super::kept::{Beneath, Over};
use super::program::Program;
use super::rectangles::{Rectangle, lay_over};
use super::renderer::Renderer;
use super::scene::Part;
use crate::view::axes::Axes;

impl Renderer {
    /// Draws.
    ///
    /// # Errors
    /// Where the driver refuses a program for such a view.
    pub fn draw(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let size = (self.canvas.width(), self.canvas.height());
        self.set_axes(frame)?;
        self.draw_layers(frame, size)?;
        self.gl.viewport(0, 0, size.0 as i32, size.1 as i32);
        self.compose(frame, &self.areas(frame, size), size)?;
        self.drawn.replace(Some(Fence::new(&self.gl)));
        Ok(())
    }

    /// Lets the driver begin to compile the programs of a frame, for which nothing has to be there yet.
    pub fn prepare(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let data = data_part(&frame.data.unwrap_or(Data::NOTHING));
        let ground = Part::Ground { tiles: self.tiles.is_some() && frame.tiles.is_some() };
        for part in [ground, Part::Lines, Part::Empty, data, Part::Sprites] {
            self.program(part, frame)?;
        }
        Ok(())
    }

    /// Lets the driver compile what is left to do when a program draws first, which may take as long as
    /// several frames: draws single pixels, out of sight.
    ///
    /// # Errors
    /// Where the driver refuses a program for such a view.
    pub fn warm_up(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let pixel = (1, 1);
        self.set_axes(frame)?;
        self.beneath.borrow_mut().show(Beneath::of(frame), pixel, || self.draw_ground(frame))?;
        self.over.borrow_mut().show(Over::of(frame), pixel, || {
            lay_over(&self.gl, || {
                self.draw_marks(frame)?;
                self.lines.draw_nothing(&self.scenes, &self.quads, &frame.lines)
            })
        })?;
        self.gl.viewport(0, 0, 1, 1);
        let on_screen = [0.0, 0.0, 1.0, 1.0];
        let pixels = vec![Rectangle { on_screen, extra: [0.0, 0.0, 0.0, 1.0] }];
        self.compose(frame, &Areas { data: pixels.clone(), empty: pixels }, pixel)?;
        self.sprites.ask(&self.scenes)
    }

    /// Draws ahead what of a frame does not wait for data, out of sight.
    ///
    /// # Errors
    /// Where the driver refuses a program for such a view.
    pub fn draw_ahead(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        self.set_axes(frame)?;
        self.draw_layers(frame, (self.canvas.width(), self.canvas.height()))
    }

    /// Draws what lies beneath and over the data, where it is not what was drawn last.
    fn draw_layers(&self, frame: &Frame<'_>, size: (u32, u32)) -> Result<(), RenderError> {
        let beneath = Beneath::of(frame);
        self.beneath.borrow_mut().show(beneath, size, || self.draw_ground(frame))?;
        self.over.borrow_mut().show(Over::of(frame), size, || {
            lay_over(&self.gl, || {
                self.draw_marks(frame)?;
                self.lines.draw(&self.scenes, &self.quads, &frame.lines, frame.line_styles)?;
                let (quads, rectangles) = (&self.quads, &self.rectangles);
                self.sprites.draw(&self.scenes, quads, rectangles, frame.sprites, frame.screen)
            })
        })
    }

    fn draw_ground(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let tiles = frame.tiles.zip(self.tiles.as_ref());
        let part = Part::Ground { tiles: tiles.is_some() };
        let program = &*self.program(part, frame)?;
        program.activate()?;
        self.set_place(program, frame);
        let Appearance { space, sea, land, halo } = frame.appearance;
        program.float3("spaceColour", space);
        program.float3("seaColour", sea);
        program.float3("landColour", land);
        program.float3("haloColour", halo);
        self.land.bind();
        program.int("land", self.land.unit());
        program.float("landLevel", frame.land_texels.log2().max(0.0));
        // Magnified, one device pixel.
        program.float("landSoftness", (frame.land_texels * 0.5).clamp(0.01, 0.5));
        if let Some((view, tiles)) = tiles {
            tiles.bind();
            self.tile_pages.bind();
            program.int("tiles", tiles.unit());
            program.int("tilePages", self.tile_pages.unit());
            program.int("tileSpan", view.span);
            program.int2("tileCentre", view.centre);
            program.float2("tileFraction", view.fraction);
            program.int2("tileOrigin", view.origin);
            program.int2("tileWindow", view.window);
        }
        self.gl.draw_arrays(Gl::TRIANGLES, 0, 3);
        Ok(())
    }

    /// The program of a part of a frame.
    pub(super) fn program(
        &self,
        part: Part,
        frame: &Frame<'_>,
    ) -> Result<Rc<Program>, RenderError> {
        self.scenes.get(part, frame.ground.projection, frame.ground.mercator.is_some())
    }

    /// Where the screen may hold data.
    fn areas(&self, frame: &Frame<'_>, size: (u32, u32)) -> Areas {
        let [cols, rows] = frame.ground.size.map(|length| length as u32);
        let on_screen = [0.0, 0.0, size.0 as f32, size.1 as f32];
        let whole = vec![Rectangle { on_screen, extra: [0.0; 4] }];
        match (frame.data, &frame.axes) {
            (None, _) => Areas { data: Vec::new(), empty: whole },
            (Some(_), Some(axes)) => entries::areas(&self.table, axes, (cols, rows)),
            (Some(_), None) => Areas { data: whole, empty: Vec::new() },
        }
    }

    /// Draws the picture: the data between what lies beneath and what lies over them.
    fn compose(
        &self,
        frame: &Frame<'_>,
        areas: &Areas,
        size: (u32, u32),
    ) -> Result<(), RenderError> {
        let data = frame.data.unwrap_or(Data::NOTHING);
        for (part, areas) in [(Part::Empty, &areas.empty), (data_part(&data), &areas.data)] {
            if areas.is_empty() {
                continue;
            }
            let program = &*self.program(part, frame)?;
            program.activate()?;
            program.int("beneath", self.beneath.borrow().bind());
            program.int("over", self.over.borrow().bind());
            if part != Part::Empty {
                self.set_place(program, frame);
                self.set_numbers(program, &data);
                self.palette.bind();
                program.int("palette", self.palette.unit());
                program.float2("range", data.range);
                if let Some(physical) = data.logarithm {
                    program.float2("physical", physical);
                }
                program.float("opacity", data.opacity);
            }
            self.rectangles.draw(&self.quads, program, areas, size)?;
        }
        Ok(())
    }

    fn draw_marks(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let part =
            Part::Marks { status: frame.status.is_some(), graticule: frame.graticule.is_some() };
        if frame.status.is_none() && frame.graticule.is_none() {
            return Ok(());
        }
        let program = &*self.program(part, frame)?;
        program.activate()?;
        self.set_place(program, frame);
        program.float("pixelRatio", frame.pixel_ratio);
        if let Some(status) = frame.status {
            self.status.bind();
            program.int("statusClasses", self.status.unit());
            program.int2("statusSize", [status.size.0 as i32, status.size.1 as i32]);
            program.float4_array("statusColours", &status.colours);
            let tile = |tile: Option<(u32, u32)>| {
                tile.map_or([-1, -1], |(col, row)| [col as i32, row as i32])
            };
            program.int2("statusHovered", tile(status.hovered));
            program.int2("statusSelected", tile(status.selected));
            program.float3("statusMark", status.mark);
        }
        if let Some(Graticule { step, centre, colour }) = frame.graticule {
            let share = |degrees: f64| ((degrees / step).rem_euclid(1.0)) as f32;
            program.float4("graticuleColour", colour);
            program.float("graticuleStep", step.to_radians() as f32);
            program.float2("graticuleCentre", [share(centre.0), share(centre.1)]);
        }
        self.gl.draw_arrays(Gl::TRIANGLES, 0, 3);
        Ok(())
    }

    /// Hands the places of columns and rows to the GPU, for all programs of a frame.
    pub(super) fn set_axes(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let Some(Axes { columns, rows }) = &frame.axes else { return Ok(()) };
        let length = columns.len().max(rows.len());
        let mut texels = vec![[0.0; 4]; length * 2];
        texels[..columns.len()].copy_from_slice(columns);
        texels[length..][..rows.len()].copy_from_slice(rows);
        self.axes.fill(length as u32, 2, Some(&Float32Array::from(texels.as_flattened())))
    }

    /// Tells a program how to find places.
    pub(super) fn set_place(&self, program: &Program, frame: &Frame<'_>) {
        let ground = &frame.ground;
        self.axes.bind();
        program.int("axes", self.axes.unit());
        program.float2("centre", ground.centre);
        program.float("radiansPerPixel", ground.radians_per_pixel);
        program.float2("sinCos", ground.sin_cos);
        program.int2("centreCell", ground.cell);
        program.float2("centreFraction", ground.fraction);
        program.float2("centreShare", ground.share);
        program.float2("cellsPerRadian", ground.cells_per_radian);
        program.int2("gridSize", ground.size);
        program.int2("gridEnds", ground.ends);
        program.int("turn", ground.turn.0);
        program.float("turnRest", ground.turn.1);
        program.float("gridMiddle", ground.middle);
        program.float3("rowsFrom", ground.mercator.unwrap_or_default());
    }

    /// Tells a program how to find numbers.
    pub(super) fn set_numbers(&self, program: &Program, data: &Data) {
        let chunks = self.chunks.as_ref().map_or(&self.no_chunks, |(chunks, _)| chunks);
        chunks.bind();
        self.pages.bind();
        program.int("chunks", chunks.unit());
        program.int("pages", self.pages.unit());
        program.unsigned("missing", data.missing);
        program.unsigned2("valid", data.valid);
        let (table, pair) = (&self.table, |(a, b): (u32, u32)| [a as i32, b as i32]);
        let entries = table.entries();
        if table.is_nested {
            let cells = (entries.factor.0 as u32, entries.factor.1 as u32);
            let (width, height) = (entries.chunk.0 * cells.0, entries.chunk.1 * cells.1);
            program.int2("entryCells", pair((width, height)));
            return;
        }
        program.int("viewLevel", table.first as i32);
        let levels = table.levels.iter();
        let places: Vec<[f32; 4]> = levels
            .clone()
            .map(|LevelShape { origin: (x, y), factor, .. }| {
                // Negative where pixels cover whole cells.
                let along = |origin: f64, factor: f64| {
                    let is_whole = entries::is_whole(origin) && entries::is_whole(factor);
                    if is_whole { -factor } else { factor }
                };
                let factor = (along(*x, factor.0), along(*y, factor.1));
                [*x, *y, factor.0, factor.1].map(|number| number as f32)
            })
            .collect();
        let shapes: Vec<[f32; 4]> = levels
            .map(|LevelShape { size, chunk, .. }| {
                [size.0, size.1, chunk.0, chunk.1].map(|number| number as f32)
            })
            .collect();
        program.float4_array("levelPlaces", &places);
        program.float4_array("levelShapes", &shapes);
    }
}

/// The program of the data.
fn data_part(data: &Data) -> Part {
    Part::Data {
        interpolated: data.smooth,
        logarithmic: data.logarithm.is_some(),
        form: data.form,
        nested: data.is_nested,
    }
}
