//! The renderer: its programs and textures, and the drawing of a frame.

use std::cell::RefCell;

use js_sys::{Float32Array, Int32Array, Object, Reflect, Uint8Array, Uint16Array};
use wasm_bindgen::JsCast;
use web_sys::{HtmlCanvasElement, HtmlImageElement, WebGl2RenderingContext as Gl};

use super::RenderError;
use super::backdrop::Backdrop;
use super::check::{Check, Fence};
use super::entries;
use super::frame::{Appearance, Data, Frame, Graticule, PageTable};
use super::lines::{LineSet, Lines};
use super::program::Program;
use super::quads::Quads;
use super::rectangles::{Rectangle, Rectangles, lay_over};
use super::scene::{Part, Scenes};
use super::sprites::Sprites;
use super::texture::{Format, Texture, refused};
use crate::view::axes::Axes;

/// Edge of a raster tile in pixels.
pub const TILE_EDGE: u32 = 256;
/// How many raster tiles the GPU keeps.
pub const TILE_LAYERS: u32 = 64;
/// The chunk texture grows in steps of at least this many layers.
const FIRST_LAYERS: u32 = 4;
/// Places across and down at which the screen is probed.
const PROBE: (u32, u32) = (128, 80);

/// All that lives on the GPU.
pub struct Renderer {
    gl: Gl,
    canvas: HtmlCanvasElement,
    scenes: Scenes,
    backdrop: RefCell<Backdrop>,
    quads: Quads,
    rectangles: Rectangles,
    lines: Lines,
    sprites: Sprites,
    chunks: Option<(Texture, u32)>,
    pages: Texture,
    table: PageTable,
    palette: Texture,
    status: Texture,
    land: Texture,
    tiles: Option<Texture>,
    tile_pages: Texture,
    axes: Texture,
    /// Stands in for an array that is not there yet.
    no_chunks: Texture,
    /// The last array that was made, as long as nothing is known of its success.
    check: Option<Check>,
    /// The last frame.
    drawn: RefCell<Option<Fence>>,
}

impl Renderer {
    /// Takes over a canvas.
    pub fn new(canvas: &HtmlCanvasElement) -> Result<Self, RenderError> {
        let no_webgl = |found: String| RenderError::NoWebGl2 { found };
        let options = Object::new();
        let set = |name: &str, value: bool| {
            Reflect::set(&options, &name.into(), &value.into()).map_err(refused("an option"))
        };
        set("alpha", false)?;
        set("antialias", false)?;
        set("depth", false)?;
        set("stencil", false)?;
        // The map draws only when something changes; what it drew must stay readable until then.
        set("preserveDrawingBuffer", true)?;
        let gl = canvas
            .get_context_with_context_options("webgl2", &options)
            .map_err(|thrown| no_webgl(format!("{thrown:?}")))?
            .and_then(|context| context.dyn_into::<Gl>().ok())
            .ok_or_else(|| no_webgl("no context".to_owned()))?;
        gl.disable(Gl::DITHER);
        gl.pixel_storei(Gl::UNPACK_ALIGNMENT, 1);

        let mut this = Self {
            scenes: Scenes::new(&gl),
            backdrop: RefCell::new(Backdrop::new(&gl)?),
            quads: Quads::new(&gl)?,
            rectangles: Rectangles::new(&gl)?,
            lines: Lines::new(&gl),
            sprites: Sprites::new(&gl)?,
            chunks: None,
            pages: Texture::plane(&gl, 1, Format::PAGE, false)?,
            table: PageTable::unknown(),
            palette: Texture::plane(&gl, 2, Format::COLOUR, false)?,
            status: Texture::plane(&gl, 3, Format::BYTE, false)?,
            land: Texture::plane(&gl, 4, Format::SHARE, true)?,
            tiles: None,
            tile_pages: Texture::plane(&gl, 6, Format::BYTES, false)?,
            axes: Texture::plane(&gl, 9, Format::FLOATS, false)?,
            no_chunks: Texture::layers(&gl, 0, Format::NUMBER, false, (1, 1), 1)?,
            check: None,
            drawn: RefCell::default(),
            gl,
            canvas: canvas.clone(),
        };
        this.set_pages(PageTable::unknown())?;
        Ok(this)
    }

    /// Whether the browser took the context away.
    pub fn is_lost(&self) -> bool {
        self.gl.is_context_lost()
    }

    /// Gives the canvas its size in device pixels.
    pub fn resize(&self, width: u32, height: u32) {
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
    }

    /// The largest edge of a texture.
    pub fn max_texture_edge(&self) -> u32 {
        let size = self.gl.get_parameter(Gl::MAX_TEXTURE_SIZE).ok();
        size.and_then(|size| size.as_f64()).map_or(2048, |size| size as u32)
    }

    /// Replaces the coverage of land (0 to 255), 180° W to E, north to south.
    pub fn set_land(&self, width: u32, height: u32, coverage: &[u8]) -> Result<(), RenderError> {
        self.land.fill(width, height, Some(&Uint8Array::from(coverage)))?;
        self.land.make_mipmaps();
        self.backdrop.borrow_mut().forget();
        Ok(())
    }

    /// Replaces the polylines.
    pub fn set_lines(&mut self, sets: &[LineSet]) -> Result<(), RenderError> {
        self.lines.set(sets)
    }

    /// Makes the sheet of the sprites so wide and high, and empty.
    pub fn clear_sprites(&mut self, edge: u32) -> Result<(), RenderError> {
        self.sprites.clear(edge)
    }

    /// Puts a picture onto the sheet, its left top corner `at`.
    pub fn put_sprite(
        &self,
        at: (u32, u32),
        picture: &HtmlCanvasElement,
    ) -> Result<(), RenderError> {
        self.sprites.put(at, picture)
    }

    /// Replaces the colours.
    pub fn set_palette(&self, palette: &[[u8; 3]; 256]) -> Result<(), RenderError> {
        let texels: Vec<u8> = palette.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
        self.palette.fill(256, 1, Some(&Uint8Array::from(texels.as_slice())))
    }

    /// Replaces the page table.
    ///
    /// # Errors
    /// Where it has more entries in a row than a texture can hold.
    pub fn set_pages(&mut self, table: PageTable) -> Result<(), RenderError> {
        let (cols, rows) = table.size;
        // WebGL2 promises 2048.
        if cols.max(rows) > 2048 && cols.max(rows) > self.max_texture_edge() {
            return Err(RenderError::Refused {
                action: "a page table for the chunks",
                found: format!("{cols} x {rows} chunks"),
            });
        }
        let texels = Int32Array::from(table.texels.as_flattened());
        self.pages.fill(cols, rows, Some(&texels))?;
        self.table = table;
        Ok(())
    }

    /// Replaces the classes of tiles, row by row.
    pub fn set_status(&self, cols: u32, rows: u32, classes: &[u8]) -> Result<(), RenderError> {
        self.status.fill(cols, rows, Some(&Uint8Array::from(classes)))
    }

    /// Replaces the page table of raster tiles: four bytes an entry.
    pub fn set_tile_pages(&self, cols: u32, rows: u32, table: &[u8]) -> Result<(), RenderError> {
        self.backdrop.borrow_mut().forget();
        self.tile_pages.fill(cols, rows, Some(&Uint8Array::from(table)))
    }

    /// Makes room for so many layers of chunks, at most `most`; what they hold is kept.
    pub fn ensure_layers(
        &mut self,
        size: (u32, u32),
        count: u32,
        most: u32,
    ) -> Result<(), RenderError> {
        let present = self.chunks.as_ref().map_or(0, |(_, present)| *present);
        if count <= present {
            return Ok(());
        }
        // Doubling keeps the copies few.
        let count = count.max(FIRST_LAYERS).max(present * 2).min(most.max(count));
        let grown = Texture::layers(&self.gl, 0, Format::NUMBER, false, size, count)?;
        self.check = Some(Check::new(&self.gl, format!("{} x {} x {count}", size.0, size.1)));
        if let Some((old, present)) = self.chunks.take() {
            grown.copy_layers(&old, present);
        }
        self.chunks = Some((grown, count));
        Ok(())
    }

    /// Whether it is not known yet if the driver had room for the last array.
    pub fn is_checking(&self) -> bool {
        self.check.is_some()
    }

    /// Finds out whether the driver had room for the last array, if that can be known by now.
    ///
    /// # Errors
    /// Where it had not.
    pub fn check(&mut self) -> Result<(), RenderError> {
        let outcome = self.check.as_ref().and_then(Check::outcome);
        if outcome.is_some() {
            self.check = None;
        }
        outcome.unwrap_or(Ok(()))
    }

    /// Whether the GPU still draws the last frame.
    pub fn is_drawing(&self) -> bool {
        self.drawn.borrow().as_ref().is_some_and(|frame| !frame.is_passed())
    }

    /// Forgets the chunks and gives their memory back.
    pub fn drop_layers(&mut self) {
        self.chunks = None;
    }

    /// Copies a chunk into a layer, straight from the worker's array.
    pub fn upload(
        &self,
        layer: u32,
        at: (u32, u32),
        size: (u32, u32),
        values: &Uint16Array,
    ) -> Result<(), RenderError> {
        let expected = size.0 * size.1;
        if values.length() != expected {
            let found = format!("{} pixels instead of {expected}", values.length());
            return Err(RenderError::Refused { action: "the upload of a chunk", found });
        }
        match &self.chunks {
            Some((chunks, _)) => chunks.fill_part(layer, at, size, values),
            None => Ok(()),
        }
    }

    /// Copies a raster tile of 256 x 256 pixels into a layer.
    pub fn upload_tile(&mut self, layer: u32, image: &HtmlImageElement) -> Result<(), RenderError> {
        if self.tiles.is_none() {
            let size = (TILE_EDGE, TILE_EDGE);
            self.tiles =
                Some(Texture::layers(&self.gl, 5, Format::COLOUR, true, size, TILE_LAYERS)?);
            let asked = format!("{TILE_EDGE} x {TILE_EDGE} x {TILE_LAYERS}");
            self.check = Some(Check::new(&self.gl, asked));
        }
        self.backdrop.borrow_mut().forget();
        self.tiles.as_ref().map_or(Ok(()), |tiles| tiles.fill_layer(layer, image))
    }

    /// Draws.
    ///
    /// # Errors
    /// Where the driver refuses a program for such a view.
    pub fn draw(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let size = (self.canvas.width(), self.canvas.height());
        self.set_axes(frame)?;
        self.draw_backdrop(frame, size)?;
        self.gl.viewport(0, 0, size.0 as i32, size.1 as i32);
        self.backdrop.borrow().show();
        if let Some(data) = frame.data
            && data.opacity > 0.0
        {
            self.draw_data(frame, &data, &self.entries(frame, size), size)?;
        }
        self.draw_marks(frame)?;
        self.lines.draw(&self.scenes, &self.quads, &frame.lines, frame.line_styles)?;
        self.sprites.draw(&self.quads, &self.rectangles, frame.sprites, frame.screen)?;
        self.drawn.replace(Some(Fence::new(&self.gl)));
        Ok(())
    }

    /// Lets the driver begin to compile the programs of a frame, for which nothing has to be there yet.
    pub fn prepare(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let projection = frame.ground.projection;
        let interpolated = frame.data.is_some_and(|data| data.smooth);
        let ground = Part::Ground { tiles: self.tiles.is_some() && frame.tiles.is_some() };
        for part in [ground, Part::Data { interpolated }, Part::Lines] {
            self.scenes.get(part, projection)?;
        }
        Ok(())
    }

    /// Draws what of a frame does not wait for data, out of sight, and lets the driver compile what the rest
    /// takes: drivers compile when they draw first, which may take as long as several frames.
    ///
    /// # Errors
    /// Where the driver refuses a program for such a view.
    pub fn warm(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        self.set_axes(frame)?;
        self.draw_backdrop(frame, (self.canvas.width(), self.canvas.height()))?;
        let size = (1, 1);
        self.gl.viewport(0, 0, 1, 1);
        let pixel = Rectangle { on_screen: [0.0, 0.0, 1.0, 1.0], extra: [0.0, 0.0, 0.0, 1.0] };
        let nothing = Data { range: [0.0, 1.0], opacity: 0.0, smooth: false };
        let data = frame.data.unwrap_or(nothing);
        self.draw_data(frame, &data, &[pixel], size)?;
        self.lines.draw(&self.scenes, &self.quads, &frame.lines, frame.line_styles)
    }

    fn draw_backdrop(&self, frame: &Frame<'_>, size: (u32, u32)) -> Result<(), RenderError> {
        let mut backdrop = self.backdrop.borrow_mut();
        if backdrop.begin(frame, size)? {
            let drawn = self.draw_ground(frame);
            backdrop.end();
            if drawn.is_err() {
                backdrop.forget();
            }
            drawn?;
        }
        Ok(())
    }

    fn draw_ground(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let tiles = frame.tiles.zip(self.tiles.as_ref());
        let part = Part::Ground { tiles: tiles.is_some() };
        let program = &*self.scenes.get(part, frame.ground.projection)?;
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

    /// What of the screen may hold data.
    fn entries(&self, frame: &Frame<'_>, size: (u32, u32)) -> Vec<Rectangle> {
        let [cols, rows] = frame.ground.size.map(|length| length as u32);
        if let Some(axes) = &frame.axes {
            return entries::rectangles(&self.table, axes, (cols, rows));
        }
        let whole = [0.0, 0.0, size.0 as f32, size.1 as f32];
        vec![Rectangle { on_screen: whole, extra: [0.0; 4] }]
    }

    fn draw_data(
        &self,
        frame: &Frame<'_>,
        data: &Data,
        entries: &[Rectangle],
        size: (u32, u32),
    ) -> Result<(), RenderError> {
        let part = Part::Data { interpolated: data.smooth };
        let program = &*self.scenes.get(part, frame.ground.projection)?;
        program.activate()?;
        self.set_place(program, frame);
        self.set_numbers(program);
        self.palette.bind();
        program.int("palette", self.palette.unit());
        program.float2("range", data.range);
        program.float("opacity", data.opacity);
        self.rectangles.draw(&self.quads, program, entries, size)
    }

    fn draw_marks(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let part =
            Part::Marks { status: frame.status.is_some(), graticule: frame.graticule.is_some() };
        if frame.status.is_none() && frame.graticule.is_none() {
            return Ok(());
        }
        let program = &*self.scenes.get(part, frame.ground.projection)?;
        program.activate()?;
        self.set_place(program, frame);
        program.float("pixelRatio", frame.pixel_ratio);
        if let Some(status) = frame.status {
            self.status.bind();
            program.int("statusClasses", self.status.unit());
            program.int2("statusSize", [status.size.0 as i32, status.size.1 as i32]);
            let mut colours = [[0.0; 4]; 8];
            for (target, colour) in colours.iter_mut().zip(status.colours) {
                *target = *colour;
            }
            program.float4_array("statusColours", &colours);
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
        lay_over(&self.gl, || self.gl.draw_arrays(Gl::TRIANGLES, 0, 3));
        Ok(())
    }

    /// The digital numbers on the screen at a coarse raster of places; 0 where there are none.
    pub fn probe(&self, frame: &Frame<'_>) -> Result<Vec<u16>, RenderError> {
        let probe = &*self.scenes.get(Part::Probe, frame.ground.projection)?;
        self.set_axes(frame)?;
        let gl = &self.gl;
        // Unit 7 is nobody else's.
        let target = Texture::plane(gl, 7, Format::COLOUR, false)?;
        target.fill(PROBE.0, PROBE.1, None)?;
        let framebuffer = gl.create_framebuffer();
        gl.bind_framebuffer(Gl::FRAMEBUFFER, framebuffer.as_ref());
        target.attach();
        gl.viewport(0, 0, PROBE.0 as i32, PROBE.1 as i32);
        probe.activate()?;
        self.set_place(probe, frame);
        self.set_numbers(probe);
        let stride = |length: u32, places: u32| length as f32 / places as f32;
        probe.float2(
            "stride",
            [stride(self.canvas.width(), PROBE.0), stride(self.canvas.height(), PROBE.1)],
        );
        gl.draw_arrays(Gl::TRIANGLES, 0, 3);
        let mut bytes = vec![0; (PROBE.0 * PROBE.1 * 4) as usize];
        let (width, height) = (PROBE.0 as i32, PROBE.1 as i32);
        let read = gl.read_pixels_with_opt_u8_array(
            0,
            0,
            width,
            height,
            Gl::RGBA,
            Gl::UNSIGNED_BYTE,
            Some(&mut bytes),
        );
        gl.bind_framebuffer(Gl::FRAMEBUFFER, None);
        gl.delete_framebuffer(framebuffer.as_ref());
        read.map_err(refused("reading the screen"))?;
        Ok(bytes.chunks_exact(4).map(|b| u16::from_be_bytes([b[0], b[1]])).collect())
    }

    /// Hands the places of columns and rows to the GPU, for all programs of a frame.
    fn set_axes(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let Some(Axes { columns, rows }) = &frame.axes else { return Ok(()) };
        let length = columns.len().max(rows.len());
        let mut texels = vec![[0.0; 4]; length * 2];
        texels[..columns.len()].copy_from_slice(columns);
        texels[length..][..rows.len()].copy_from_slice(rows);
        self.axes.fill(length as u32, 2, Some(&Float32Array::from(texels.as_flattened())))
    }

    /// Tells a program how to find places.
    fn set_place(&self, program: &Program, frame: &Frame<'_>) {
        let ground = &frame.ground;
        self.axes.bind();
        program.int("axes", self.axes.unit());
        program.float2("centre", ground.centre);
        program.float("radiansPerPixel", ground.radians_per_pixel);
        program.float2("sinCos", ground.sin_cos);
        program.int2("centreCell", ground.cell);
        program.float2("centreFraction", ground.fraction);
        program.float2("centreShare", ground.share);
        program.float("cellsPerRadian", ground.cells_per_radian);
        program.int2("gridSize", ground.size);
    }

    /// Tells a program how to find numbers.
    fn set_numbers(&self, program: &Program) {
        let chunks = self.chunks.as_ref().map_or(&self.no_chunks, |(chunks, _)| chunks);
        chunks.bind();
        self.pages.bind();
        program.int("chunks", chunks.unit());
        program.int("pages", self.pages.unit());
        let pair = |(a, b): (u32, u32)| [a as i32, b as i32];
        program.int2("entryCells", pair(self.table.entry));
        program.int2("coveredCells", pair(self.table.covered));
    }
}
