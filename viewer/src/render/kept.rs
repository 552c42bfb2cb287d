//! Pictures that are kept as long as what they show is the same: another year, range or palette then costs
//! no more than the data themselves.

use web_sys::{WebGl2RenderingContext as Gl, WebGlFramebuffer};

use super::RenderError;
use super::frame::{Appearance, Frame, Graticule, Status, TileView};
use super::lines::{LineCamera, LineStyle};
use super::program::lost;
use super::sprites::Sprite;
use super::texture::{Format, Texture};
use crate::view::ground::Ground;

/// A picture as large as the canvas, and what it shows.
pub(super) struct Kept<Subject> {
    gl: Gl,
    picture: Texture,
    framebuffer: WebGlFramebuffer,
    size: (u32, u32),
    shows: Option<Subject>,
}

impl<Subject: PartialEq> Kept<Subject> {
    /// A picture that is bound to a texture unit of its own.
    pub(super) fn new(gl: &Gl, unit: u32) -> Result<Self, RenderError> {
        Ok(Self {
            gl: gl.clone(),
            picture: Texture::plane(gl, unit, Format::COLOUR, false)?,
            framebuffer: gl.create_framebuffer().ok_or_else(|| lost("create a framebuffer"))?,
            size: (0, 0),
            shows: None,
        })
    }

    /// Has the picture drawn anew the next time: something has changed that the subject does not tell.
    pub(super) fn forget(&mut self) {
        self.shows = None;
    }

    /// Draws the subject, see-through where it is not, unless the picture shows it already.
    pub(super) fn show(
        &mut self,
        subject: Subject,
        size: (u32, u32),
        draw: impl FnOnce() -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        if self.size == size && self.shows.as_ref() == Some(&subject) {
            return Ok(());
        }
        let gl = &self.gl;
        let resized = self.size != size;
        if resized {
            self.picture.fill(size.0, size.1, None)?;
            self.size = size;
        }
        gl.bind_framebuffer(Gl::FRAMEBUFFER, Some(&self.framebuffer));
        if resized {
            self.picture.attach();
        }
        gl.viewport(0, 0, size.0 as i32, size.1 as i32);
        gl.clear(Gl::COLOR_BUFFER_BIT);
        let drawn = draw();
        gl.bind_framebuffer(Gl::FRAMEBUFFER, None);
        self.shows = drawn.is_ok().then_some(subject);
        drawn
    }

    /// Binds the picture and returns what a sampler is given.
    pub(super) fn bind(&self) -> i32 {
        self.picture.bind();
        self.picture.unit()
    }
}

impl<Subject> Drop for Kept<Subject> {
    fn drop(&mut self) {
        self.gl.delete_framebuffer(Some(&self.framebuffer));
    }
}

/// What lies beneath the data, but for land and raster tiles themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Beneath {
    ground: Ground,
    appearance: Appearance,
    land_texels: f32,
    tiles: Option<TileView>,
}

impl Beneath {
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        Self {
            ground: frame.ground,
            appearance: frame.appearance,
            land_texels: frame.land_texels,
            tiles: frame.tiles,
        }
    }
}

/// What lies over the data, but for the classes of tiles, lines and sheet themselves.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Over {
    ground: Ground,
    lines: LineCamera,
    line_styles: Vec<LineStyle>,
    pixel_ratio: f32,
    status: Option<Status>,
    graticule: Option<Graticule>,
    sprites: Vec<Sprite>,
    screen: (u32, u32),
}

impl Over {
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        Self {
            ground: frame.ground,
            lines: frame.lines.clone(),
            line_styles: frame.line_styles.to_vec(),
            pixel_ratio: frame.pixel_ratio,
            status: frame.status,
            graticule: frame.graticule,
            sprites: frame.sprites.to_vec(),
            screen: frame.screen,
        }
    }
}
