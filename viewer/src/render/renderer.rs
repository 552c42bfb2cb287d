//! The renderer: its programs and textures, and the drawing of a frame.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use js_sys::{Object, Reflect, Uint8Array, Uint16Array};
use wasm_bindgen::JsCast;
use web_sys::{HtmlCanvasElement, HtmlImageElement, WebGl2RenderingContext as Gl};

use super::RenderError;
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
    pub data: Option<Data<'a>>,
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
pub struct Data<'a> {
    /// The levels, finest first.
    pub levels: &'a [LevelShape],
    /// Position of the finest level to draw.
    pub first_level: usize,
    /// Digital numbers of the first and the last colour.
    pub range: [f32; 2],
    /// 0 to 1.
    pub opacity: f32,
    /// Whether values are interpolated between pixel centres.
    pub smooth: bool,
}

/// A level as the shader knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelShape {
    /// Pixels of the finest level along the edge of one of this level's.
    pub factor: u32,
    /// Columns and rows of pixels in a chunk.
    pub chunk: (u32, u32),
    /// Columns and rows of pixels.
    pub size: (u32, u32),
    /// Chunks across.
    pub across: u32,
    /// First entry in the page table.
    pub offset: usize,
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
    palette: Texture,
    status: Texture,
    land: Texture,
    tiles: Option<Texture>,
    tile_pages: Texture,
    /// Stands in for an array that is not there yet.
    no_chunks: Texture,
    no_tiles: Texture,
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
        Ok(Self {
            scenes: Scenes::new(&gl),
            probes: BTreeMap::new(),
            lines,
            chunks: None,
            pages: Texture::plane(&gl, 1, Format::NUMBERS, false)?,
            palette: Texture::plane(&gl, 2, Format::COLOUR, false)?,
            status: Texture::plane(&gl, 3, Format::BYTE, false)?,
            land: Texture::plane(&gl, 4, Format::SHARE, true)?,
            tiles: None,
            tile_pages: Texture::plane(&gl, 6, Format::BYTES, false)?,
            no_chunks: Texture::layers(&gl, 0, Format::NUMBER, false, (1, 1), 1)?,
            no_tiles: Texture::layers(&gl, 5, Format::COLOUR, true, (1, 1), 1)?,
            gl,
            canvas: canvas.clone(),
        })
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

    /// Replaces the page table: four numbers an entry, 256 entries a row.
    pub fn set_pages(&self, table: &[u16]) -> Result<(), RenderError> {
        let rows = (table.len() / 1024) as u32;
        self.pages.fill(256, rows.max(1), (rows > 0).then(|| Uint16Array::from(table)).as_deref())
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
        if let Some((old, present)) = self.chunks.take() {
            grown.copy_layers(&old, present);
        }
        self.chunks = Some((grown, count));
        Ok(())
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
        }
        self.tiles.as_ref().map_or(Ok(()), |tiles| tiles.fill_layer(layer, image))
    }

    /// Draws.
    ///
    /// # Errors
    /// Where the driver refuses the program for such a view.
    pub fn draw(&self, frame: &Frame<'_>) -> Result<(), RenderError> {
        let scene = &*self.scenes.get(Variant::of(frame, self.tiles.is_some()))?;
        let gl = &self.gl;
        gl.viewport(0, 0, self.canvas.width() as i32, self.canvas.height() as i32);
        scene.activate();
        self.bind_numbers(scene, frame);
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
        self.lines.draw(&frame.lines, frame.line_styles);
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
        probe.activate();
        self.bind_numbers(probe, frame);
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

    fn bind_numbers(&self, program: &Program, frame: &Frame<'_>) {
        let chunks = self.chunks.as_ref().map_or(&self.no_chunks, |(chunks, _)| chunks);
        chunks.bind();
        self.pages.bind();
        program.int("chunks", chunks.unit());
        program.int("pages", self.pages.unit());
        let levels = frame.data.map_or(&[][..], |data| data.levels);
        let shapes: Vec<_> = levels
            .iter()
            .map(|level| [level.factor, level.chunk.0, level.chunk.1, level.offset as u32])
            .map(|shape| shape.map(|value| value as i32))
            .collect();
        let sizes: Vec<_> = levels
            .iter()
            .map(|level| [level.size.0, level.size.1, level.across, 0].map(|value| value as i32))
            .collect();
        program.int("levelCount", levels.len() as i32);
        program.int("firstLevel", frame.data.map_or(0, |data| data.first_level as i32));
        if !levels.is_empty() {
            program.int4_array("levelShape", &shapes);
            program.int4_array("levelSize", &sizes);
        }
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
