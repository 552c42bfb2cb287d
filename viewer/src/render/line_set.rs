//! Polylines in the form in which the GPU takes them: vertices in rows, and where their segments lie.

use crate::view::camera::mercator;

/// Stands between two polylines of a [`LineSet`].
pub const POLYLINE_END: [f32; 3] = [0.0, 9.0, 0.0];

/// Vertices in a row of their texture; the shader knows it too.
pub(super) const TEXTURE_WIDTH: usize = 1024;
/// Segments that are left out or drawn together: few enough to lie in one part of the world. The shader
/// knows it too.
pub(super) const RUN: usize = 32;

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

    /// How many rows of [`TEXTURE_WIDTH`] vertices it takes, at least one.
    pub(super) fn rows(&self) -> usize {
        self.vertices.len().div_ceil(TEXTURE_WIDTH).max(1)
    }

    /// Its vertices in whole rows.
    pub(super) fn into_texels(self) -> Vec<[f32; 3]> {
        let rows = self.rows();
        let mut texels = self.vertices;
        texels.resize(rows * TEXTURE_WIDTH, POLYLINE_END);
        texels
    }

    /// Where its segments lie, in runs of [`RUN`] segments but the last.
    pub(super) fn runs(&self) -> Vec<Run> {
        let segments = self.vertices.len().saturating_sub(1);
        (0..segments)
            .step_by(RUN)
            .map(|first| {
                let count = RUN.min(segments - first);
                let mut run = Run { least: [f32::INFINITY; 3], most: [f32::NEG_INFINITY; 3] };
                let places = &self.vertices[first..=first + count];
                // Latitudes beyond the pole end a polyline.
                for place in places.iter().filter(|place| place[1] < 2.0) {
                    for (axis, &value) in place.iter().enumerate() {
                        run.least[axis] = run.least[axis].min(value);
                        run.most[axis] = run.most[axis].max(value);
                    }
                }
                run
            })
            .collect()
    }
}

/// Where segments lie that follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// West, south and the least northing of their places ...
    pub(crate) least: [f32; 3],
    /// ... and east, north and the greatest.
    pub(crate) most: [f32; 3],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_all_segments() {
        let mut set = LineSet::default();
        set.push((0..100).map(|step| (f64::from(step) * 0.1, 10.0)));
        let runs = set.runs();
        // 99 segments, and one from the last place to the end of the line, which is not drawn.
        assert_eq!(runs.len(), 100_usize.div_ceil(RUN));
        let degrees = |run: &Run| [run.least[0], run.most[0]].map(f32::to_degrees);
        for (index, run) in runs.iter().enumerate() {
            let first = (index * RUN) as f32 * 0.1;
            let last = (((index + 1) * RUN) as f32 * 0.1).min(9.9);
            let [west, east] = degrees(run);
            assert!((west - first).abs() < 1e-4 && (east - last).abs() < 1e-4, "{west} {east}");
        }
    }
}
