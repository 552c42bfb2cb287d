//! The renderer: its programs and textures, and the drawing of a frame.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use js_sys::{Int32Array, Object, Reflect, Uint8Array, Uint16Array};
use wasm_bindgen::JsCast;
use web_sys::{HtmlCanvasElement, HtmlImageElement, WebGl2RenderingContext as Gl};

use super::RenderError;
use super::check::{Check, Fence};
use super::lines::{LineCamera, LineSet, LineStyle, Lines};
use super::program::Program;
use super::scene::{Scenes, Variant, projection_constant};
use super::texture::{Format, Texture, refused};
use crate::view::Projection;
use crate::view::ground::Ground;

/// Edge of a raster tile in pixels.
pub const TILE_EDGE: u32 = 256;
/// How many raster tiles the GPU keeps.
pub const TILE_LAYERS: u32 = 64;
/// The chunk texture grows in steps of at least this many layers.
const FIRST_LAYERS: u32 = 4;
/// Places across and down at which the screen is probed.
const PROBE: (u32, u32) = (128, 80);

/// Everything that a frame is drawn from besides the textures.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// From fragments to the grid.
    pub ground: Ground,
    /// The camera as lines need it.
    pub lines: LineCamera,
    /// Colours of the surroundings.
    pub appearance: Appearance,
    /// Device pixels per CSS pixel.
    pub pixel_ratio: f32,
    /// The view's centre on the land mask, 0 to 1 eastwards and southwards.
    pub land_centre: [f32; 2],
    /// Texels of the land mask per device pixel.
    pub land_texels: f32,
    /// Raster tiles, if there are any.
    pub tiles: Option<TileView>,
    /// The data, if there are any.
    pub data: Option<Data>,
    /// Status of tiles, if it is shown.
    pub status: Option<Status<'a>>,
    /// Meridians and parallels, if they are shown.
    pub graticule: Option<Graticule>,
    /// Styles of the line sets, in their order.
    pub line_styles: &'a [LineStyle],
}

/// Colours (red, green, blue, each 0 to 1) of what surrounds the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appearance {
    /// Beside the globe and beyond the poles.
    pub space: [f32; 3],
    /// The sea.
    pub sea: [f32; 3],
    /// The land.
    pub land: [f32; 3],
    /// What is added to space just beside the globe.
    pub halo: [f32; 3],
}

/// How the data are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Data {
    /// Digital numbers of the first and the last colour.
    pub range: [f32; 2],
    /// 0 to 1.
    pub opacity: f32,
    /// Whether values are interpolated between pixel centres.
    pub smooth: bool,
}

/// Where the texture holds the number of each grid cell: entries of equal size that cover the grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageTable {
    /// Columns and rows of grid cells in an entry.
    pub entry: (u32, u32),
    /// Columns and rows of entries.
    pub size: (u32, u32),
    /// Row by row: what is added to a pixel's column and row to get its place in the texture; the layer,
    /// negative where there are no data; cells along a pixel's edge.
    pub texels: Vec<[i32; 4]>,
    /// Columns and rows of cells that have a number; those beyond take that of the last.
    pub covered: (u32, u32),
}

impl PageTable {
    /// An entry of which nothing is known.
    pub const UNKNOWN: [i32; 4] = [0, 0, -2, 1];
    /// An entry that is known to hold no data.
    pub const ABSENT: [i32; 4] = [0, 0, -1, 1];

    /// Knows nothing of any cell.
    fn unknown() -> Self {
        let all = (1 << 20, 1 << 20);
        Self { entry: all, size: (1, 1), texels: vec![Self::UNKNOWN], covered: all }
    }
}

/// The status overlay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status<'a> {
    /// Columns and rows of tiles.
    pub size: (u32, u32),
    /// The fill of each class, at most 8.
    pub colours: &'a [[f32; 4]],
    /// Column and row under the pointer.
    pub hovered: Option<(u32, u32)>,
    /// Column and row that is selected.
    pub selected: Option<(u32, u32)>,
    /// Colour of the outline of those two.
    pub mark: [f32; 3],
}

/// Meridians and parallels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Graticule {
    /// Degrees between two.
    pub step: f64,
    /// Longitude and latitude of the view's centre in degrees.
    pub centre: (f64, f64),
    /// Red, green, blue and opacity.
    pub colour: [f32; 4],
}

/// Where raster tiles lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TileView {
    /// Tiles around the globe.
    pub span: i32,
    /// The tile that holds the view's centre.
    pub centre: [i32; 2],
    /// The centre's place in it, eastwards and southwards.
    pub fraction: [f32; 2],
    /// The north-western tile of the page table.
    pub origin: [i32; 2],
    /// Columns and rows of the page table.
    pub window: [i32; 2],
}

/// All that lives on the GPU.
pub struct Renderer {
    gl: Gl,
    canvas: HtmlCanvasElement,
    scenes: Scenes,
    /// By the code of their projection.
    probes: BTreeMap<i32, Program>,
    lines: Lines,
    chunks: Option<(Texture, u32)>,
    pages: Texture,
    cells: Cells,
    palette: Texture,
    status: Texture,
    land: Texture,
    tiles: Option<Texture>,
    tile_pages: Texture,
    /// Stands in for an array that is not there yet.
    no_chunks: Texture,
    no_tiles: Texture,
    /// The last array that was made, as long as nothing is known of its success.
    check: Option<Check>,
    /// The last frame.
    drawn: RefCell<Option<Fence>>,
}

/// What else the shader has to know of the page table, in grid cells.
#[derive(Clone, Copy, Default)]
struct Cells {
    entry: [i32; 2],
    covered: [i32; 2],
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

        let lines = Lines::new(&gl)?;
        let mut this = Self {
            scenes: Scenes::new(&gl),
            probes: BTreeMap::new(),
            lines,
            chunks: None,
            pages: Texture::plane(&gl, 1, Format::PAGE, false)?,
            cells: Cells::default(),
            palette: Texture::plane(&gl, 2, Format::COLOUR, false)?,
            status: Texture::plane(&gl, 3, Format::BYTE, false)?,
            land: Texture::plane(&gl, 4, Format::SHARE, true)?,
            tiles: None,
            tile_pages: Texture::plane(&gl, 6, Format::BYTES, false)?,
            no_chunks: Texture::layers(&gl, 0, Format::NUMBER, false, (1, 1), 1)?,
            no_tiles: Texture::layers(&gl, 5, Format::COLOUR, true, (1, 1), 1)?,
            check: None,
            drawn: RefCell::default(),
            gl,
            canvas: canvas.clone(),
        };
        this.set_pages(&PageTable::unknown())?;
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
        Ok(())
    }

    /// Replaces the polylines.
    pub fn set_lines(&mut self, sets: &[LineSet]) -> Result<(), RenderError> {
        self.lines.set(sets)
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
    pub fn set_pages(&mut self, table: &PageTable) -> Result<(), RenderError> {
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
        let pair = |(a, b): (u32, u32)| [a as i32, b as i32];
        self.cells = Cells { entry: pair(table.entry), covered: pair(table.covered) };
        Ok(())
    }

    /// Replaces the classes of tiles, row by row.
    pub fn set_status(&self, cols: u32, rows: u32, classes: &[u8]) -> Result<(), RenderError> {
        self.status.fill(cols, rows, Some(&Uint8Array::from(classes)))
    }

    /// Replaces the page table of raster tiles: four bytes an entry.
    pub fn set_tile_pages(&self, cols: u32, rows: u32, table: &[u8]) -> Result<(), RenderError> {
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
        self.tiles.as_ref().map_or(Ok(()), |tiles| tiles.fill_layer(layer, image))
    }

    /// Draws.
    ///
    /// # Errors
    /// Where the driver refuses the program for such a view.
    pub fn draw(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        self.draw_within(frame, (self.canvas.width(), self.canvas.height()))
    }

    /// Lets the driver begin to compile the program of a frame, for which nothing has to be there yet.
    pub fn prepare(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        self.scenes.get(Variant::of(frame, self.tiles.is_some())).map(drop)
    }

    /// Lets the driver compile what a frame takes, by drawing one pixel of it: drivers compile when they
    /// draw first, which may take as long as several frames.
    ///
    /// # Errors
    /// Where the driver refuses the program for such a view.
    pub fn warm(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        self.draw_within(frame, (1, 1))
    }

    fn draw_within(&self, frame: &Frame<'_>, size: (u32, u32)) -> Result<(), RenderError> {
        let scene = &*self.scenes.get(Variant::of(frame, self.tiles.is_some()))?;
        let gl = &self.gl;
        gl.viewport(0, 0, size.0 as i32, size.1 as i32);
        scene.activate()?;
        self.bind_numbers(scene);
        set_ground(scene, &frame.ground);
        scene.float3("spaceColour", frame.appearance.space);
        scene.float3("seaColour", frame.appearance.sea);
        scene.float3("landColour", frame.appearance.land);
        scene.float3("haloColour", frame.appearance.halo);
        scene.float("pixelRatio", frame.pixel_ratio);
        self.land.bind();
        scene.int("land", self.land.unit());
        scene.float2("landCentre", frame.land_centre);
        scene.float("landTexels", frame.land_texels);
        self.set_tiles(scene, frame);
        self.set_data(scene, frame);
        self.set_overlays(scene, frame);
        gl.draw_arrays(Gl::TRIANGLES, 0, 3);
        self.lines.draw(&frame.lines, frame.line_styles)?;
        self.drawn.replace(Some(Fence::new(gl)));
        Ok(())
    }

    /// The digital numbers on the screen at a coarse raster of places; 0 where there are none.
    pub fn probe(&mut self, frame: &Frame<'_>) -> Result<Vec<u16>, RenderError> {
        let projection = projection_code(frame.ground.projection);
        if let Entry::Vacant(vacant) = self.probes.entry(projection) {
            vacant.insert(Program::new(
                &self.gl,
                "probe",
                &[include_str!("shaders/screen.vert")],
                &[
                    &projection_constant(projection),
                    include_str!("shaders/ground.glsl"),
                    include_str!("shaders/numbers.glsl"),
                    include_str!("shaders/probe.frag"),
                ],
            )?);
        }
        let Some(probe) = self.probes.get(&projection) else { return Ok(Vec::new()) };
        let gl = &self.gl;
        // Unit 7 is nobody else's.
        let target = Texture::plane(gl, 7, Format::COLOUR, false)?;
        target.fill(PROBE.0, PROBE.1, None)?;
        let framebuffer = gl.create_framebuffer();
        gl.bind_framebuffer(Gl::FRAMEBUFFER, framebuffer.as_ref());
        target.attach();
        gl.viewport(0, 0, PROBE.0 as i32, PROBE.1 as i32);
        probe.activate()?;
        self.bind_numbers(probe);
        set_ground(probe, &frame.ground);
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

    fn bind_numbers(&self, program: &Program) {
        let chunks = self.chunks.as_ref().map_or(&self.no_chunks, |(chunks, _)| chunks);
        chunks.bind();
        self.pages.bind();
        program.int("chunks", chunks.unit());
        program.int("pages", self.pages.unit());
        program.int2("entryCells", self.cells.entry);
        program.int2("coveredCells", self.cells.covered);
    }

    fn set_data(&self, scene: &Program, frame: &Frame<'_>) {
        self.palette.bind();
        scene.int("palette", self.palette.unit());
        scene.float2("range", frame.data.map_or([0.0, 1.0], |data| data.range));
        scene.float("opacity", frame.data.map_or(0.0, |data| data.opacity));
    }

    fn set_tiles(&self, scene: &Program, frame: &Frame<'_>) {
        let tiles = self.tiles.as_ref().unwrap_or(&self.no_tiles);
        tiles.bind();
        self.tile_pages.bind();
        scene.int("tiles", tiles.unit());
        scene.int("tilePages", self.tile_pages.unit());
        if let Some(view) = frame.tiles {
            scene.int("tileSpan", view.span);
            scene.int2("tileCentre", view.centre);
            scene.float2("tileFraction", view.fraction);
            scene.int2("tileOrigin", view.origin);
            scene.int2("tileWindow", view.window);
        }
    }

    fn set_overlays(&self, scene: &Program, frame: &Frame<'_>) {
        self.status.bind();
        scene.int("statusClasses", self.status.unit());
        if let Some(status) = frame.status {
            scene.int2("statusSize", [status.size.0 as i32, status.size.1 as i32]);
            let mut colours = [[0.0; 4]; 8];
            for (target, colour) in colours.iter_mut().zip(status.colours) {
                *target = *colour;
            }
            scene.float4_array("statusColours", &colours);
            let tile = |tile: Option<(u32, u32)>| {
                tile.map_or([-1, -1], |(col, row)| [col as i32, row as i32])
            };
            scene.int2("statusHovered", tile(status.hovered));
            scene.int2("statusSelected", tile(status.selected));
            scene.float3("statusMark", status.mark);
        }
        if let Some(Graticule { step, centre, colour }) = frame.graticule {
            let share = |degrees: f64| ((degrees / step).rem_euclid(1.0)) as f32;
            scene.float4("graticuleColour", colour);
            scene.float("graticuleStep", step.to_radians() as f32);
            scene.float2("graticuleCentre", [share(centre.0), share(centre.1)]);
        }
    }
}

/// The shader's number for a projection.
pub(super) fn projection_code(projection: Projection) -> i32 {
    match projection {
        Projection::Mercator => 0,
        Projection::Globe => 1,
        Projection::Equirectangular => 2,
    }
}

fn set_ground(program: &Program, ground: &Ground) {
    program.float2("centre", ground.centre);
    program.float("radiansPerPixel", ground.radians_per_pixel);
    program.float2("sinCos", ground.sin_cos);
    program.int2("centreCell", ground.cell);
    program.float2("centreFraction", ground.fraction);
    program.float("cellsPerRadian", ground.cells_per_radian);
    program.int2("gridSize", ground.size);
}
