//! What a frame is drawn from: plain values, nothing of the GPU.

use super::lines::{LineCamera, LineStyle};
use super::sprites::Sprite;
use crate::chunk::Form;
use crate::view::axes::Axes;
use crate::view::ground::Ground;

/// Everything that a frame is drawn from besides the textures.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// From fragments to the grid ...
    pub ground: Ground,
    /// ... in the flat projections by way of these.
    pub axes: Option<Axes>,
    /// The camera as lines need it.
    pub lines: LineCamera,
    /// Colours of the surroundings.
    pub appearance: Appearance,
    /// Device pixels per CSS pixel.
    pub pixel_ratio: f32,
    /// Texels of the land mask per device pixel.
    pub land_texels: f32,
    /// Raster tiles, if there are any.
    pub tiles: Option<TileView>,
    /// The data, if there are any.
    pub data: Option<Data>,
    /// Status of tiles, if it is shown.
    pub status: Option<Status>,
    /// Meridians and parallels, if they are shown.
    pub graticule: Option<Graticule>,
    /// Styles of the line sets, in their order.
    pub line_styles: &'a [LineStyle],
    /// What lies over all that, in its order ...
    pub sprites: &'a [Sprite],
    /// ... on a screen of so many pixels, whatever the canvas has.
    pub screen: (u32, u32),
}

/// Colours (red, green, blue, each 0 to 1) of what surrounds the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appearance {
    /// Beside the globe and beyond the poles.
    pub space: [f32; 3],
    /// The sea.
    pub sea: [f32; 3],
    /// The land.
    pub land: [f32; 3],
    /// What is added to space just beside the globe.
    pub halo: [f32; 3],
}

/// How the data are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Data {
    /// What the texture holds.
    pub form: Form,
    /// See [`PageTable::is_nested`].
    pub is_nested: bool,
    /// The code of no data.
    pub missing: u32,
    /// The least code that is data, and how far the greatest one lies above it.
    pub valid: [u32; 2],
    /// Numbers of the codes of the first and the last colour, or the logarithms of their values.
    pub range: [f32; 2],
    /// Where colours follow the logarithms of values: what these are from numbers, scale and offset.
    pub logarithm: Option<[f32; 2]>,
    /// 0 to 1.
    pub opacity: f32,
    /// Whether values are interpolated between pixel centres.
    pub smooth: bool,
}

impl Data {
    /// None.
    pub(super) const NOTHING: Self = Self {
        form: Form::U16,
        is_nested: true,
        missing: 0,
        valid: [0, u32::MAX],
        range: [0.0, 1.0],
        logarithm: None,
        opacity: 0.0,
        smooth: false,
    };
}

/// Where the texture holds the number of each grid cell: an entry for each chunk of the view's level.
#[derive(Clone, Debug, PartialEq)]
pub struct PageTable {
    /// The levels, finest first.
    pub levels: Vec<LevelShape>,
    /// Which of them is the view's.
    pub first: usize,
    /// Whether the pixels of each level are squares of whole cells, counted from the first one, and cover all.
    pub is_nested: bool,
    /// Columns and rows of entries.
    pub size: (u32, u32),
    /// Row by row: what is added to a pixel's column and row to get its place in the texture; the layer,
    /// negative where there are no data. Then, where levels are nested, cells along a pixel's edge; else the level
    /// (4 bits), and column and row (10 bits each) of the chunk's place in the layer, in chunks.
    pub texels: Vec<[i32; 4]>,
}

/// Where the pixels of a level lie, in cells, each pair along columns and rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelShape {
    /// Position of the first pixel's outer edges.
    pub origin: (f64, f64),
    /// Cells that a pixel covers.
    pub factor: (f64, f64),
    /// Number of pixels.
    pub size: (u32, u32),
    /// Pixels in a chunk.
    pub chunk: (u32, u32),
}

impl PageTable {
    /// An entry of which nothing is known.
    pub const UNKNOWN: [i32; 4] = [0, 0, -2, 1];
    /// An entry that is known to hold no data.
    pub const ABSENT: [i32; 4] = [0, 0, -1, 1];

    /// Knows nothing of any cell.
    pub(super) fn unknown() -> Self {
        let all = (1 << 20, 1 << 20);
        let level = LevelShape { origin: (0.0, 0.0), factor: (1.0, 1.0), size: all, chunk: all };
        Self {
            levels: vec![level],
            first: 0,
            is_nested: true,
            size: (1, 1),
            texels: vec![Self::UNKNOWN],
        }
    }

    /// The view's level.
    pub(super) fn entries(&self) -> LevelShape {
        self.levels[self.first]
    }
}

/// The status overlay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status {
    /// Columns and rows of tiles.
    pub size: (u32, u32),
    /// The fill of each class.
    pub colours: [[f32; 4]; 8],
    /// Column and row under the pointer.
    pub hovered: Option<(u32, u32)>,
    /// Column and row that is selected.
    pub selected: Option<(u32, u32)>,
    /// Colour of the outline of those two.
    pub mark: [f32; 3],
}

/// Meridians and parallels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Graticule {
    /// Degrees between two.
    pub step: f64,
    /// Longitude and latitude of the view's centre in degrees.
    pub centre: (f64, f64),
    /// Red, green, blue and opacity.
    pub colour: [f32; 4],
}

/// Where raster tiles lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TileView {
    /// Tiles around the globe.
    pub span: i32,
    /// The tile that holds the view's centre.
    pub centre: [i32; 2],
    /// The centre's place in it, eastwards and southwards.
    pub fraction: [f32; 2],
    /// The north-western tile of the page table.
    pub origin: [i32; 2],
    /// Columns and rows of the page table.
    pub window: [i32; 2],
}
