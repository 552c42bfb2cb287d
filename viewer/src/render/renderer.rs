//! The renderer: what lives on the GPU and how it gets there. How a frame is drawn of it says `drawing`.

use std::cell::RefCell;

use js_sys::{Int32Array, Object, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{HtmlCanvasElement, HtmlImageElement, ImageData, WebGl2RenderingContext as Gl};

use super::RenderError;
use super::check::{Check, Fence};
use super::frame::PageTable;
use super::geometry::Geometry;
use super::kept::{Beneath, Kept, Over};
use super::lines::Lines;
use super::quads::Quads;
use super::rectangles::Rectangles;
use super::scene::Scenes;
use super::sprites::Sprites;
use super::texture::{Format, Texture};
use crate::chunk::{Form, Texels};

/// Edge of a raster tile in pixels.
pub const TILE_EDGE: u32 = 256;
/// How many raster tiles the GPU keeps.
pub const TILE_LAYERS: u32 = 64;
/// The chunk texture grows in steps of at least this many layers. Only the first one is as small as can be: the
/// driver clears a texture before it takes pixels, and the first picture waits for that.
const MORE_LAYERS: u32 = 4;

/// All that lives on the GPU.
pub struct Renderer {
    pub(super) gl: Gl,
    pub(super) canvas: HtmlCanvasElement,
    pub(super) scenes: Scenes,
    pub(super) beneath: RefCell<Kept<Beneath>>,
    pub(super) over: RefCell<Kept<Over>>,
    pub(super) quads: Quads,
    pub(super) rectangles: Rectangles,
    pub(super) lines: Lines,
    pub(super) sprites: Sprites,
    pub(super) chunks: Option<(Texture, u32)>,
    pub(super) pages: Texture,
    pub(super) table: PageTable,
    pub(super) palette: Texture,
    pub(super) status: Texture,
    pub(super) land: Texture,
    pub(super) tiles: Option<Texture>,
    pub(super) tile_pages: Texture,
    pub(super) axes: Texture,
    /// Stands in for an array that is not there yet.
    pub(super) no_chunks: Texture,
    /// The last array that was made, as long as nothing is known of its success.
    check: Option<Check>,
    /// The last frame.
    pub(super) drawn: RefCell<Option<Fence>>,
}

impl Renderer {
    /// Takes over a canvas.
    pub fn new(canvas: &HtmlCanvasElement) -> Result<Self, RenderError> {
        let no_webgl = |found: String| RenderError::NoWebGl2 { found };
        let options = Object::new();
        let set = |name: &str, value: bool| {
            Reflect::set(&options, &name.into(), &value.into())
                .map_err(RenderError::refused("an option"))
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
            beneath: RefCell::new(Kept::new(&gl, 12)?),
            over: RefCell::new(Kept::new(&gl, 13)?),
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
            no_chunks: Texture::layers(&gl, 0, Format::of(Form::U16), false, (1, 1), 1)?,
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

    /// The largest picture that can be drawn, in pixels across and down.
    pub fn largest_picture(&self) -> (f64, f64) {
        let number = |name| self.gl.get_parameter(name).ok().and_then(|value| value.as_f64());
        let edge = [Gl::MAX_TEXTURE_SIZE, Gl::MAX_RENDERBUFFER_SIZE]
            .map(|name| number(name).unwrap_or(2048.0))
            .into_iter()
            .fold(f64::INFINITY, f64::min);
        let port = self.gl.get_parameter(Gl::MAX_VIEWPORT_DIMS).ok();
        let port = port.and_then(|port| port.dyn_into::<Int32Array>().ok());
        let port = |axis| port.as_ref().map_or(edge, |port| f64::from(port.get_index(axis)));
        (edge.min(port(0)), edge.min(port(1)))
    }

    /// The largest edge of a texture.
    pub fn max_texture_edge(&self) -> u32 {
        let size = self.gl.get_parameter(Gl::MAX_TEXTURE_SIZE).ok();
        size.and_then(|size| size.as_f64()).map_or(2048, |size| size as u32)
    }

    /// Replaces land, lakes, coasts and borders.
    pub fn set_geometry(&mut self, geometry: &Geometry) -> Result<(), RenderError> {
        let (width, height) = geometry.land_size();
        self.beneath.get_mut().forget();
        self.land.fill(width, height, Some(&geometry.land()))?;
        self.land.make_mipmaps();
        self.over.get_mut().forget();
        self.lines.set(geometry)
    }

    /// Makes the sheet of the sprites so wide and high, and empty.
    pub fn clear_sprites(&mut self, edge: u32) -> Result<(), RenderError> {
        self.over.get_mut().forget();
        self.sprites.clear(edge)
    }

    /// Puts a picture onto the sheet, its left top corner `at`.
    pub fn put_sprite(&mut self, at: (u32, u32), picture: &ImageData) -> Result<(), RenderError> {
        self.over.get_mut().forget();
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
    pub fn set_status(&mut self, cols: u32, rows: u32, classes: &[u8]) -> Result<(), RenderError> {
        self.over.get_mut().forget();
        self.status.fill(cols, rows, Some(&Uint8Array::from(classes)))
    }

    /// Replaces the page table of raster tiles: four bytes an entry.
    pub fn set_tile_pages(
        &mut self,
        cols: u32,
        rows: u32,
        table: &[u8],
    ) -> Result<(), RenderError> {
        self.beneath.get_mut().forget();
        self.tile_pages.fill(cols, rows, Some(&Uint8Array::from(table)))
    }

    /// Makes room for so many layers of codes of a form, at most `most`; what they hold is kept.
    pub fn ensure_layers(
        &mut self,
        form: Form,
        size: (u32, u32),
        count: u32,
        most: u32,
    ) -> Result<(), RenderError> {
        let present = self.chunks.as_ref().map_or(0, |(_, present)| *present);
        if count <= present {
            return Ok(());
        }
        // Doubling keeps the copies few.
        let least = if present == 0 { 0 } else { MORE_LAYERS.max(present * 2) };
        let count = count.max(least).min(most.max(count));
        let grown = Texture::layers(&self.gl, 0, Format::of(form), false, size, count)?;
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
        values: &Texels,
    ) -> Result<(), RenderError> {
        let expected = size.0 * size.1;
        if values.length() != expected {
            let found = format!("{} pixels instead of {expected}", values.length());
            return Err(RenderError::Refused { action: "the upload of a chunk", found });
        }
        match &self.chunks {
            Some((chunks, _)) => {
                if !chunks.holds(Format::of(values.form())) {
                    let found = format!("codes of {} bytes", values.form().bytes());
                    return Err(RenderError::Refused { action: "the upload of a chunk", found });
                }
                chunks.fill_part(layer, at, size, values.array())
            }
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
        self.beneath.get_mut().forget();
        self.tiles.as_ref().map_or(Ok(()), |tiles| tiles.fill_layer(layer, image))
    }
}
