//! Polylines on the ground, such as coasts and borders, as lines of constant width.

use web_sys::{WebGl2RenderingContext as Gl, WebGlBuffer, WebGlVertexArrayObject};

use super::RenderError;
use super::program::{Program, lost};
use crate::view::camera::mercator;
use crate::view::{Camera, Projection};

/// Stands between two polylines of a [`LineSet`].
pub const POLYLINE_END: [f32; 3] = [0.0, 9.0, 0.0];

/// Bytes of a vertex: longitude, latitude and Mercator's northing.
const VERTEX: i32 = 12;

/// Polylines that are drawn alike: longitude, latitude and Mercator's northing of each vertex, in
/// radians, [`POLYLINE_END`] after each polyline. No segment crosses the antimeridian.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineSet {
    vertices: Vec<[f32; 3]>,
}

impl LineSet {
    /// Adds a polyline of places (longitude, latitude) in degrees.
    pub fn push(&mut self, places: impl IntoIterator<Item = (f64, f64)>) {
        self.vertices.extend(places.into_iter().map(|(lon, lat)| {
            let lat = lat.to_radians();
            [lon.to_radians() as f32, lat as f32, mercator(lat).clamp(-9.0, 9.0) as f32]
        }));
        self.vertices.push(POLYLINE_END);
    }
}

/// How a set of lines looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineStyle {
    /// Red, green, blue and opacity, not premultiplied.
    pub colour: [f32; 4],
    /// Width in device pixels.
    pub width: f32,
}

/// What the lines' shader gets to know of the camera.
#[derive(Clone, Debug, PartialEq)]
pub struct LineCamera {
    projection: i32,
    radius: f32,
    half_screen: [f32; 2],
    sin_cos: [f32; 2],
    centre_high: [f32; 3],
    centre_low: [f32; 3],
    /// East shifts in radians of the copies of the world on the screen.
    turns: Vec<f32>,
}

impl LineCamera {
    /// For a camera over a canvas of `width` x `height` device pixels.
    pub fn new(camera: &Camera, width: u32, height: u32) -> Self {
        let view = camera.view();
        let lat = view.lat.to_radians();
        let centre = [view.lon.to_radians(), lat, mercator(lat).clamp(-9.0, 9.0)];
        let high = centre.map(|value| value as f32);
        let low = [0, 1, 2].map(|i| (centre[i] - f64::from(high[i])) as f32);
        let (sin, cos) = lat.sin_cos();
        let turns = if camera.projection() == Projection::Globe {
            vec![0.0]
        } else {
            // The world without a turn spans -180° to 180°; the screen this much around its centre.
            let half = camera.viewport().width / camera.world() * 180.0;
            let first = ((view.lon - half + 180.0) / 360.0).floor() as i32;
            let last = ((view.lon + half + 180.0) / 360.0).floor() as i32;
            (first..=last).map(|turn| (f64::from(turn) * 360.0).to_radians() as f32).collect()
        };
        Self {
            projection: super::renderer::projection_code(camera.projection()),
            radius: (1.0 / camera.degrees_per_pixel().to_radians()) as f32,
            half_screen: [width as f32 / 2.0, height as f32 / 2.0],
            sin_cos: [sin as f32, cos as f32],
            centre_high: high,
            centre_low: low,
            turns,
        }
    }
}

/// The buffers of all line sets.
pub(super) struct Lines {
    gl: Gl,
    program: Program,
    sets: Vec<Buffer>,
}

struct Buffer {
    array: WebGlVertexArrayObject,
    vertices: WebGlBuffer,
    segments: i32,
}

impl Lines {
    pub(super) fn new(gl: &Gl) -> Result<Self, RenderError> {
        let program = Program::new(
            gl,
            "lines",
            &[include_str!("shaders/lines.vert")],
            &[include_str!("shaders/lines.frag")],
        )?;
        Ok(Self { gl: gl.clone(), program, sets: Vec::new() })
    }

    /// Replaces all sets.
    pub(super) fn set(&mut self, sets: &[LineSet]) -> Result<(), RenderError> {
        let gl = &self.gl;
        for old in self.sets.drain(..) {
            gl.delete_vertex_array(Some(&old.array));
            gl.delete_buffer(Some(&old.vertices));
        }
        for set in sets {
            let array = gl.create_vertex_array().ok_or_else(|| lost("create a vertex array"))?;
            let buffer = gl.create_buffer().ok_or_else(|| lost("create a buffer"))?;
            gl.bind_vertex_array(Some(&array));
            gl.bind_buffer(Gl::ARRAY_BUFFER, Some(&buffer));
            let vertices = js_sys::Float32Array::from(set.vertices.as_flattened());
            gl.buffer_data_with_array_buffer_view(Gl::ARRAY_BUFFER, &vertices, Gl::STATIC_DRAW);
            // Each segment reads its start and, one vertex further, its end.
            for (location, offset) in [(0, 0), (1, VERTEX)] {
                gl.enable_vertex_attrib_array(location);
                gl.vertex_attrib_pointer_with_i32(location, 3, Gl::FLOAT, false, VERTEX, offset);
                gl.vertex_attrib_divisor(location, 1);
            }
            let segments = (set.vertices.len() as i32 - 1).max(0);
            self.sets.push(Buffer { array, vertices: buffer, segments });
        }
        gl.bind_vertex_array(None);
        Ok(())
    }

    /// Draws the sets, each in its style; sets without a style are left out.
    pub(super) fn draw(&self, camera: &LineCamera, styles: &[LineStyle]) {
        let (gl, program) = (&self.gl, &self.program);
        program.activate();
        program.int("projection", camera.projection);
        program.float("radius", camera.radius);
        program.float2("halfScreen", camera.half_screen);
        program.float2("sinCos", camera.sin_cos);
        program.float3("centreHigh", camera.centre_high);
        program.float3("centreLow", camera.centre_low);
        gl.enable(Gl::BLEND);
        gl.blend_func_separate(Gl::SRC_ALPHA, Gl::ONE_MINUS_SRC_ALPHA, Gl::ZERO, Gl::ONE);
        for (set, style) in self.sets.iter().zip(styles) {
            if set.segments == 0 || style.colour[3] <= 0.0 {
                continue;
            }
            gl.bind_vertex_array(Some(&set.array));
            program.float4("lineColour", style.colour);
            program.float("width", style.width);
            for &turn in &camera.turns {
                program.float("turn", turn);
                gl.draw_arrays_instanced(Gl::TRIANGLE_STRIP, 0, 4, set.segments);
            }
        }
        gl.bind_vertex_array(None);
        gl.disable(Gl::BLEND);
    }
}
