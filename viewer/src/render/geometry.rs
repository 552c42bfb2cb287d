//! Land, lakes, coasts and borders in the form in which the GPU takes them.
//!
//! It is made in a worker, by a [`Packer`], part by part: at the finer scale it takes a tenth of a second. The page
//! gets it as a [`Geometry`], one buffer that is handed to the driver without passing through the page's
//! WebAssembly memory.
//!
//! ```text
//! 3 x { rows x 1024 x (longitude latitude northing)        f32, coasts, shores, borders; see `LineSet` }
//! height x width                                           u8, coverage of land, from the north-west
//! ```

use floe_shared::linework::Line;
use js_sys::{Float32Array, Uint8Array};

use super::coverage::Coverage;
use super::line_set::{LineSet, Run, TEXTURE_WIDTH};
use crate::basemap::{Scale, Shapes};

/// Bytes of a row of vertices.
const ROW: usize = TEXTURE_WIDTH * size_of::<[f32; 3]>();

/// What lies where in the buffer of a [`Geometry`].
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Coasts, shores and borders: rows of vertices, and where their segments lie.
    pub(crate) lines: Vec<(u32, Vec<Run>)>,
    /// Columns and rows of the picture of the land.
    pub(crate) land: (u32, u32),
}

impl Layout {
    /// Length of the buffer in bytes.
    pub fn length(&self) -> usize {
        self.land_at() + self.land.0 as usize * self.land.1 as usize
    }

    /// Where the picture of the land begins.
    fn land_at(&self) -> usize {
        self.lines.iter().map(|(rows, _)| *rows as usize * ROW).sum()
    }
}

/// Shapes on their way into a buffer.
pub struct Packer {
    lines: [LineSet; 3],
    land: Coverage,
    layout: Layout,
}

impl Packer {
    /// For the shapes of a scale.
    pub fn new(shapes: &Shapes, scale: Scale) -> Self {
        let outlines = |rings: &[Line]| set(rings.iter().flat_map(Line::without_cuts));
        let borders = set(shapes.borders.iter().map(|line| line.points.clone()));
        let lines = [outlines(&shapes.land), outlines(&shapes.lakes), borders];
        let rings = shapes.land.iter().chain(&shapes.lakes).map(|ring| ring.points.as_slice());
        // 0.35° a texel for views of the world, 0.088° for closer ones.
        let land: (u32, u32) = match scale {
            Scale::Coarse => (1024, 512),
            Scale::Fine => (4096, 2048),
        };
        let layout = Layout {
            lines: lines.iter().map(|set| (set.rows() as u32, set.runs())).collect(),
            land,
        };
        Self { lines, land: Coverage::new(rings, (land.0 as usize, land.1 as usize)), layout }
    }

    /// What lies where.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The contents of the buffer, part after part, each made when it is asked for.
    pub fn parts(self) -> impl Iterator<Item = Vec<u8>> {
        let Self { lines, mut land, .. } = self;
        let bytes = |set: LineSet| bytemuck::cast_slice(set.into_texels().as_flattened()).to_vec();
        let lines = lines.into_iter().map(bytes);
        lines.chain((0..land.bands()).map(move |band| land.band(band)))
    }
}

fn set(polylines: impl Iterator<Item = Vec<(f64, f64)>>) -> LineSet {
    let mut set = LineSet::default();
    for line in polylines {
        set.push(line);
    }
    set
}

/// Shapes in a buffer. It is kept for a context that takes the place of a lost one.
#[derive(Clone, Debug)]
pub struct Geometry {
    layout: Layout,
    buffer: Uint8Array,
}

impl Geometry {
    /// Of a buffer that has just what its layout says.
    ///
    /// # Errors
    /// The length that was expected, where it has another one.
    pub fn new(layout: Layout, buffer: Uint8Array) -> Result<Self, usize> {
        match layout.length() {
            length if length == buffer.length() as usize => Ok(Self { layout, buffer }),
            length => Err(length),
        }
    }

    /// Coasts, shores and borders: where their segments lie, and their vertices.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&[Run], Float32Array)> {
        let mut at = 0;
        self.layout.lines.iter().map(move |(rows, runs)| {
            let length = *rows * ROW as u32;
            let begin = self.buffer.byte_offset() + at;
            at += length;
            let floats = Float32Array::new_with_byte_offset_and_length(
                &self.buffer.buffer(),
                begin,
                length / size_of::<f32>() as u32,
            );
            (runs.as_slice(), floats)
        })
    }

    /// Columns and rows of the picture of the land.
    pub const fn land_size(&self) -> (u32, u32) {
        self.layout.land
    }

    /// Coverage of land, 0 to 255, row by row from the north-west.
    pub(super) fn land(&self) -> Uint8Array {
        self.buffer.subarray(self.layout.land_at() as u32, self.buffer.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_as_long_as_the_layout_says() {
        let ring = |points: &[(f64, f64)]| Line { points: points.to_vec(), closed: true };
        let shapes = Shapes {
            land: vec![ring(&[(0.0, 0.0), (90.0, 0.0), (90.0, 45.0), (0.0, 45.0)])],
            lakes: Vec::new(),
            borders: vec![Line { points: vec![(0.0, 0.0); 1030], closed: false }],
        };
        let packer = Packer::new(&shapes, Scale::Coarse);
        let layout = packer.layout().clone();
        let rows: Vec<u32> = layout.lines.iter().map(|(rows, _)| *rows).collect();
        assert_eq!(rows, [1, 1, 2]);
        let runs: Vec<usize> = layout.lines.iter().map(|(_, runs)| runs.len()).collect();
        assert_eq!(runs, [1, 0, 33]);
        let bytes: Vec<u8> = packer.parts().flatten().collect();
        assert_eq!(bytes.len(), layout.length());
        let (width, height) = layout.land;
        let land = &bytes[layout.land_at()..];
        let at = |lon: f64, lat: f64| {
            let col = (lon + 180.0) / 360.0 * f64::from(width);
            let row = (90.0 - lat) / 180.0 * f64::from(height);
            land[row as usize * width as usize + col as usize]
        };
        assert_eq!((at(1.0, 1.0), at(89.0, 44.0), at(-1.0, 1.0), at(89.0, 46.0)), (255, 255, 0, 0));
        let floats = bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap()));
        let corners = [0.0, 0.0, 0.0, std::f32::consts::FRAC_PI_2, 0.0, 0.0];
        for (found, expected) in floats.zip(corners) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }
}
