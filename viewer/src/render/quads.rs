//! Rectangles of two triangles without a vertex buffer: the vertex shader finds the corners of each by
//! `gl_VertexID`.

use js_sys::Uint16Array;
use web_sys::{WebGl2RenderingContext as Gl, WebGlVertexArrayObject};

use super::RenderError;
use super::program::lost;

/// Most rectangles of one call: what indices of 16 bits can tell apart, and lines need.
pub(super) const MOST_QUADS: usize = 4096;
/// The corners of the two triangles. Vertex 4 n + c is corner c of rectangle n.
const CORNERS: [u16; 6] = [0, 1, 2, 2, 1, 3];

/// The indices of all corners. Software drivers draw each instance of an instanced call by itself, which takes
/// a hundred times as long.
pub(super) struct Quads {
    gl: Gl,
    array: WebGlVertexArrayObject,
}

impl Quads {
    pub(super) fn new(gl: &Gl) -> Result<Self, RenderError> {
        let array = gl.create_vertex_array().ok_or_else(|| lost("create a vertex array"))?;
        let buffer = gl.create_buffer().ok_or_else(|| lost("create a buffer"))?;
        gl.bind_vertex_array(Some(&array));
        gl.bind_buffer(Gl::ELEMENT_ARRAY_BUFFER, Some(&buffer));
        gl.buffer_data_with_opt_array_buffer(
            Gl::ELEMENT_ARRAY_BUFFER,
            Some(&Uint16Array::from(indices().as_slice()).buffer()),
            Gl::STATIC_DRAW,
        );
        gl.bind_vertex_array(None);
        Ok(Self { gl: gl.clone(), array })
    }

    /// Draws so many rectangles, at most [`MOST_QUADS`].
    pub(super) fn draw(&self, count: usize) {
        let gl = &self.gl;
        let indices = (count.min(MOST_QUADS) * CORNERS.len()) as i32;
        gl.bind_vertex_array(Some(&self.array));
        gl.draw_elements_with_i32(Gl::TRIANGLES, indices, Gl::UNSIGNED_SHORT, 0);
        gl.bind_vertex_array(None);
    }
}

fn indices() -> Vec<u16> {
    (0..MOST_QUADS as u16).flat_map(|quad| CORNERS.map(|corner| quad * 4 + corner)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rectangle_has_its_own_four_vertices() {
        let indices = indices();
        assert_eq!(indices[..12], [0, 1, 2, 2, 1, 3, 4, 5, 6, 6, 5, 7]);
        assert_eq!(indices.len(), MOST_QUADS * 6);
        assert_eq!(indices.iter().max(), Some(&((MOST_QUADS * 4 - 1) as u16)));
    }
}
