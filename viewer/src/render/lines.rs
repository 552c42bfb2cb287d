//! Polylines on the ground, such as coasts and borders, as lines of constant width.

use web_sys::WebGl2RenderingContext as Gl;

use super::RenderError;
use super::geometry::Geometry;
use super::line_set::{RUN, Run, TEXTURE_WIDTH};
use super::quads::{MOST_QUADS, Quads};
use super::scene::{Part, Scenes};
use super::texture::{Format, Texture};
use crate::view::camera::mercator;
use crate::view::{Camera, Projection};

/// The texture unit that is the vertices' own.
const UNIT: u32 = 8;
/// How many runs one call draws at most.
const RUNS: usize = MOST_QUADS / RUN;
/// How far a line reaches beyond its places, in device pixels.
const MARGIN: f32 = 8.0;

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
    projection: Projection,
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
            projection: camera.projection(),
            radius: (1.0 / camera.degrees_per_pixel().to_radians()) as f32,
            half_screen: [width as f32 / 2.0, height as f32 / 2.0],
            sin_cos: [sin as f32, cos as f32],
            centre_high: high,
            centre_low: low,
            turns,
        }
    }

    /// Whether any of a run can be on the screen, in the copy of the world that `turn` shifts east.
    fn may_show(&self, run: &Run, turn: f32) -> bool {
        let reach = self.half_screen.map(|half| (half + MARGIN) / self.radius);
        if self.projection == Projection::Globe {
            let middle = [0, 1].map(|axis| f32::midpoint(run.least[axis], run.most[axis]));
            let extent = [0, 1].map(|axis| run.most[axis] - run.least[axis]);
            let [sin, cos] = self.sin_cos;
            let away = (middle[1].sin() * sin
                + middle[1].cos() * cos * (middle[0] - self.centre_high[0]).cos())
            .clamp(-1.0, 1.0)
            .acos();
            let horizon = reach[0].hypot(reach[1]).min(1.0).asin();
            return away <= horizon + extent[0].hypot(extent[1]) / 2.0;
        }
        let upwards = if self.projection == Projection::Mercator { 2 } else { 1 };
        [(0, turn), (upwards, 0.0)].into_iter().zip(reach).all(|((axis, shift), reach)| {
            let centre = self.centre_high[axis] - shift;
            run.least[axis] <= centre + reach && run.most[axis] >= centre - reach
        })
    }
}

/// All line sets.
///
/// The vertices lie in textures, from which the vertex shader takes the two ends of a segment.
pub(super) struct Lines {
    gl: Gl,
    sets: Vec<Buffer>,
}

struct Buffer {
    vertices: Texture,
    runs: Vec<Run>,
}

impl Lines {
    pub(super) fn new(gl: &Gl) -> Self {
        Self { gl: gl.clone(), sets: Vec::new() }
    }

    /// Replaces all sets by those of a geometry.
    pub(super) fn set(&mut self, geometry: &Geometry) -> Result<(), RenderError> {
        self.sets.clear();
        for (runs, texels) in geometry.lines() {
            let rows = texels.length() / (3 * TEXTURE_WIDTH as u32);
            let vertices = Texture::plane(&self.gl, UNIT, Format::PLACE, false)?;
            vertices.fill(TEXTURE_WIDTH as u32, rows, Some(&texels))?;
            self.sets.push(Buffer { vertices, runs: runs.to_vec() });
        }
        Ok(())
    }

    /// Draws a segment of no length.
    ///
    /// # Errors
    /// Where the driver refuses the program.
    pub(super) fn draw_nothing(
        &self,
        scenes: &Scenes,
        quads: &Quads,
        camera: &LineCamera,
    ) -> Result<(), RenderError> {
        let program = &*scenes.get(Part::Lines, camera.projection, false)?;
        program.activate()?;
        let vertices = Texture::plane(&self.gl, UNIT, Format::PLACE, false)?;
        program.int("vertices", vertices.unit());
        program.int_array("runs", &[0]);
        quads.draw(1);
        Ok(())
    }

    /// Draws the sets, each in its style, colours multiplied by their opacity; sets without a style are left
    /// out.
    ///
    /// # Errors
    /// Where the driver refuses the program.
    pub(super) fn draw(
        &self,
        scenes: &Scenes,
        quads: &Quads,
        camera: &LineCamera,
        styles: &[LineStyle],
    ) -> Result<(), RenderError> {
        let program = &*scenes.get(Part::Lines, camera.projection, false)?;
        program.activate()?;
        program.float("radius", camera.radius);
        program.float2("halfScreen", camera.half_screen);
        program.float2("sinCos", camera.sin_cos);
        program.float3("centreHigh", camera.centre_high);
        program.float3("centreLow", camera.centre_low);
        for (set, style) in self.sets.iter().zip(styles) {
            if style.colour[3] <= 0.0 {
                continue;
            }
            set.vertices.bind();
            program.int("vertices", set.vertices.unit());
            program.float4("lineColour", style.colour);
            program.float("width", style.width);
            for &turn in &camera.turns {
                program.float("turn", turn);
                let shown = set.runs.iter().enumerate();
                let shown = shown.filter(|(_, run)| camera.may_show(run, turn));
                let shown: Vec<i32> = shown.map(|(index, _)| index as i32).collect();
                for runs in shown.chunks(RUNS) {
                    program.int_array("runs", runs);
                    quads.draw(runs.len() * RUN);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::line_set::LineSet;
    use super::*;
    use crate::view::{View, Viewport};

    fn camera(projection: Projection, lon: f64, lat: f64, zoom: f64) -> LineCamera {
        let viewport = Viewport { width: 1280.0, height: 800.0, pixel_ratio: 1.0 };
        LineCamera::new(&Camera::new(projection, View { lon, lat, zoom }, viewport), 1280, 800)
    }

    fn line(places: &[(f64, f64)]) -> Run {
        let mut set = LineSet::default();
        set.push(places.iter().copied());
        set.runs()[0]
    }

    #[test]
    fn lines_beside_the_screen_are_left_out() {
        let alps = line(&[(7.0, 45.0), (12.0, 47.0)]);
        let andes = line(&[(-70.0, -20.0), (-71.0, -30.0)]);
        for projection in Projection::ALL {
            let near = camera(projection, 10.0, 46.0, 5.0);
            assert!(near.may_show(&alps, 0.0), "{projection:?}");
            assert!(!near.may_show(&andes, 0.0), "{projection:?}");
        }
    }

    #[test]
    fn a_line_is_found_in_the_copy_of_the_world_that_is_on_the_screen() {
        let fiji = line(&[(-179.9, -17.0), (-179.0, -18.0)]);
        let camera = camera(Projection::Mercator, 179.0, -17.0, 6.0);
        let turn = 360.0_f32.to_radians();
        assert!(camera.may_show(&fiji, turn));
        assert!(!camera.may_show(&fiji, 0.0));
    }
}
