//! The picture of the ground beneath the data, kept as long as it is the same: another year, range or
//! palette then costs no more than the data themselves.

use web_sys::{WebGl2RenderingContext as Gl, WebGlFramebuffer};

use super::RenderError;
use super::frame::{Appearance, Frame, TileView};
use super::program::lost;
use super::texture::{Format, Texture};
use crate::view::ground::Ground;

/// The texture unit of the picture.
const UNIT: u32 = 12;

pub(super) struct Backdrop {
    gl: Gl,
    picture: Texture,
    framebuffer: WebGlFramebuffer,
    size: (u32, u32),
    /// What it shows.
    shows: Option<Subject>,
}

/// What the ground looks like, but for land and raster tiles themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Subject {
    ground: Ground,
    appearance: Appearance,
    land_texels: f32,
    tiles: Option<TileView>,
}

impl Backdrop {
    pub(super) fn new(gl: &Gl) -> Result<Self, RenderError> {
        Ok(Self {
            gl: gl.clone(),
            // As the canvas: into another format drivers copy by a program, which they would compile first.
            picture: Texture::plane(gl, UNIT, Format::OPAQUE, false)?,
            framebuffer: gl.create_framebuffer().ok_or_else(|| lost("create a framebuffer"))?,
            size: (0, 0),
            shows: None,
        })
    }

    /// Has the picture drawn anew the next time: land or raster tiles have changed.
    pub(super) fn forget(&mut self) {
        self.shows = None;
    }

    /// Whether the ground of a frame has to be drawn. If so, what follows draws it, until [`Self::end`].
    pub(super) fn begin(
        &mut self,
        frame: &Frame<'_>,
        size: (u32, u32),
    ) -> Result<bool, RenderError> {
        let subject = Subject {
            ground: frame.ground,
            appearance: frame.appearance,
            land_texels: frame.land_texels,
            tiles: frame.tiles,
        };
        if self.size == size && self.shows == Some(subject) {
            return Ok(false);
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
        self.shows = Some(subject);
        Ok(true)
    }

    /// What follows is drawn to the canvas again.
    pub(super) fn end(&self) {
        self.gl.bind_framebuffer(Gl::FRAMEBUFFER, None);
    }

    /// Copies the picture onto the canvas.
    pub(super) fn show(&self) {
        let gl = &self.gl;
        let (width, height) = (self.size.0 as i32, self.size.1 as i32);
        gl.bind_framebuffer(Gl::READ_FRAMEBUFFER, Some(&self.framebuffer));
        let (whole, nearest) = (Gl::COLOR_BUFFER_BIT, Gl::NEAREST);
        gl.blit_framebuffer(0, 0, width, height, 0, 0, width, height, whole, nearest);
        gl.bind_framebuffer(Gl::READ_FRAMEBUFFER, None);
    }
}

impl Drop for Backdrop {
    fn drop(&mut self) {
        self.gl.delete_framebuffer(Some(&self.framebuffer));
    }
}
