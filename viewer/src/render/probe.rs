//! Reading back which codes the screen shows, without waiting for the GPU.

use std::time::Duration;

use web_sys::{WebGl2RenderingContext as Gl, WebGlBuffer};

use super::RenderError;
use super::check::Fence;
use super::frame::{Data, Frame};
use super::program::lost;
use super::renderer::Renderer;
use super::scene::Part;
use super::texture::{Format, Texture};
use crate::pause::pause;

/// Places across and down at which the screen is probed.
const PLACES: (u32, u32) = (128, 80);
const BYTES: usize = (PLACES.0 * PLACES.1 * 4) as usize;
/// How often it is asked whether the GPU is done.
const ASKED_AGAIN: Duration = Duration::from_millis(4);

/// Codes that the GPU has been told to hand over.
pub struct Probe {
    gl: Gl,
    buffer: WebGlBuffer,
    fence: Fence,
}

impl Renderer {
    /// Asks for the codes at a coarse raster of places all over the screen of a frame; that of no data where there are none.
    ///
    /// # Errors
    /// Where the driver refuses the program, a texture or a buffer.
    pub fn probe(&self, frame: &Frame<'_>) -> Result<Probe, RenderError> {
        let data = frame.data.unwrap_or(Data::NOTHING);
        let program = &*self.program(Part::Probe { nested: data.is_nested }, frame)?;
        self.set_axes(frame)?;
        let gl = &self.gl;
        // Unit 7 is nobody else's.
        let target = Texture::plane(gl, 7, Format::COLOUR, false)?;
        target.fill(PLACES.0, PLACES.1, None)?;
        let buffer = gl.create_buffer().ok_or_else(|| lost("create a buffer"))?;
        let framebuffer = gl.create_framebuffer();
        gl.bind_framebuffer(Gl::FRAMEBUFFER, framebuffer.as_ref());
        target.attach();
        let (width, height) = (PLACES.0 as i32, PLACES.1 as i32);
        gl.viewport(0, 0, width, height);
        program.activate()?;
        self.set_place(program, frame);
        self.set_numbers(program, &data);
        let stride = |length: u32, places: u32| length as f32 / places as f32;
        let stride = [stride(frame.screen.0, PLACES.0), stride(frame.screen.1, PLACES.1)];
        program.float2("stride", stride);
        gl.draw_arrays(Gl::TRIANGLES, 0, 3);
        gl.bind_buffer(Gl::PIXEL_PACK_BUFFER, Some(&buffer));
        gl.buffer_data_with_i32(Gl::PIXEL_PACK_BUFFER, BYTES as i32, Gl::STREAM_READ);
        let read = gl.read_pixels_with_i32(0, 0, width, height, Gl::RGBA, Gl::UNSIGNED_BYTE, 0);
        gl.bind_buffer(Gl::PIXEL_PACK_BUFFER, None);
        gl.bind_framebuffer(Gl::FRAMEBUFFER, None);
        gl.delete_framebuffer(framebuffer.as_ref());
        read.map_err(RenderError::refused("reading the screen"))?;
        Ok(Probe { gl: gl.clone(), buffer, fence: Fence::new(gl) })
    }
}

impl Probe {
    /// The codes, as soon as the GPU is done; none at all where the graphics went away meanwhile.
    pub async fn codes(self) -> Vec<u32> {
        while !self.fence.is_passed() {
            pause(ASKED_AGAIN).await;
        }
        if !self.gl.is_buffer(Some(&self.buffer)) {
            return Vec::new();
        }
        let mut bytes = vec![0; BYTES];
        self.gl.bind_buffer(Gl::PIXEL_PACK_BUFFER, Some(&self.buffer));
        self.gl.get_buffer_sub_data_with_i32_and_u8_array(Gl::PIXEL_PACK_BUFFER, 0, &mut bytes);
        self.gl.bind_buffer(Gl::PIXEL_PACK_BUFFER, None);
        bytes.as_chunks().0.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.gl.delete_buffer(Some(&self.buffer));
    }
}
