//! Rectangles on the screen, drawn many at once: sprites, and the entries of the page table.

use js_sys::Float32Array;
use web_sys::WebGl2RenderingContext as Gl;

use super::RenderError;
use super::program::Program;
use super::quads::Quads;
use super::source::shader;
use super::texture::{Format, Texture};

/// The texture unit of the rectangles.
const UNIT: u32 = 11;
/// Rectangles of one call: what the least texture that WebGL2 promises holds in a row.
const MOST: usize = 2048;

/// The vertex shader of programs that draw rectangles.
pub(super) const VERTEX: &str = shader!("rectangles.vert");

/// A rectangle and what its program has to know of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rectangle {
    /// Left, bottom, width and height in pixels.
    pub(super) on_screen: [f32; 4],
    pub(super) extra: [f32; 4],
}

/// Rectangles on their way to the GPU.
pub(super) struct Rectangles {
    texture: Texture,
}

impl Rectangles {
    pub(super) fn new(gl: &Gl) -> Result<Self, RenderError> {
        Ok(Self { texture: Texture::plane(gl, UNIT, Format::FLOATS, false)? })
    }

    /// Draws rectangles in their order with the active program, on a screen of so many pixels.
    pub(super) fn draw(
        &self,
        quads: &Quads,
        program: &Program,
        rectangles: &[Rectangle],
        screen: (u32, u32),
    ) -> Result<(), RenderError> {
        program.int("rectangles", self.texture.unit());
        program.float2("screen", [screen.0 as f32, screen.1 as f32]);
        for rectangles in rectangles.chunks(MOST) {
            let rows = [|one: &Rectangle| one.on_screen, |one: &Rectangle| one.extra];
            let texels: Vec<f32> =
                rows.iter().flat_map(|row| rectangles.iter().flat_map(row)).collect();
            let texels = Float32Array::from(texels.as_slice());
            self.texture.fill(rectangles.len() as u32, 2, Some(&texels))?;
            quads.draw(rectangles.len());
        }
        Ok(())
    }
}

/// Draws colours that are multiplied by their opacity over what is there.
pub(super) fn lay_over<T>(gl: &Gl, draw: impl FnOnce() -> T) -> T {
    gl.enable(Gl::BLEND);
    gl.blend_func(Gl::ONE, Gl::ONE_MINUS_SRC_ALPHA);
    let drawn = draw();
    gl.disable(Gl::BLEND);
    drawn
}
