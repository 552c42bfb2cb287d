//! What the page tells the map to draw.

use std::rc::Rc;

use floe_shared::grid::Bounds;
use wasm_bindgen::JsValue;

use crate::basemap::BaseMap;
use crate::chunk::{ChunkKey, VariableId};
use crate::render::RenderError;
use crate::view::{Projection, View};

/// How a map begins.
#[derive(Clone, Debug)]
pub struct MapOptions {
    /// Where it looks.
    pub view: View,
    /// How the globe is laid out.
    pub projection: Projection,
    /// Light or dark.
    pub theme: Theme,
    /// What lies beneath the data.
    pub base_map: BaseMap,
    /// Whether meridians and parallels are drawn.
    pub graticule: bool,
    /// The most memory that pixels may take on the GPU, in bytes.
    pub texture_budget: usize,
    /// Whether the map moves in steps instead of smoothly (prefers-reduced-motion).
    pub reduced_motion: bool,
}

impl Default for MapOptions {
    fn default() -> Self {
        Self {
            view: View { lon: 0.0, lat: 20.0, zoom: 1.0 },
            projection: Projection::Mercator,
            theme: Theme::Dark,
            base_map: BaseMap::Plain,
            graticule: false,
            texture_budget: 96 << 20,
            reduced_motion: false,
        }
    }
}

/// 256 colours (red, green, blue), for the lowest to the highest value of the range.
pub type Palette = [[u8; 3]; 256];

/// Which data are drawn, and how. Changing anything but variable and plane fetches nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerStyle {
    /// The variable.
    pub variable: VariableId,
    /// Index of its plane, as in [`ChunkKey`].
    pub plane: u32,
    /// The colours.
    pub palette: Rc<Palette>,
    /// The physical values that get the first and the last colour; values beyond get those too.
    pub range: (f64, f64),
    /// Whether colours follow the logarithm of values; then both ends of the range are positive.
    pub is_log: bool,
    /// 0 (nothing is seen of the data) to 1.
    pub opacity: f32,
    /// Whether values are interpolated between pixel centres. Missing pixels stay missing.
    pub smooth: bool,
}

/// Light or dark surroundings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// For a bright page.
    Light,
    /// For a dark page.
    #[default]
    Dark,
}

/// A colour: red, green, blue and opacity, each 0 to 1, not premultiplied.
pub type Rgba = [f32; 4];

/// Tiles of the grid, coloured by a small number each.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusOverlay {
    /// Rows of tiles.
    pub rows: u32,
    /// Columns of tiles.
    pub cols: u32,
    /// Where they lie, in degrees; west above east crosses 180°.
    pub bounds: Bounds,
    /// One class per tile, row by row from the north-west; an index into `colours`.
    pub classes: Vec<u8>,
    /// The fill of each class; at most 8. Outlines take the same colour, opaque.
    pub colours: Vec<Rgba>,
    /// The tile (row, column; of these tiles, not of the globe's) under the pointer.
    pub hovered: Option<(u32, u32)>,
    /// The tile (row, column) whose details are shown.
    pub selected: Option<(u32, u32)>,
}

/// Where the map gets its chunks from; answers come through [`Map::deliver`](super::Map::deliver).
pub trait ChunkSource {
    /// All chunks that the map lacks now, the most urgent first. What an earlier call asked for and
    /// this one does not is no longer needed.
    fn want(&self, keys: &[ChunkKey]);

    /// How many chunks are being fetched or decoded.
    fn pending(&self) -> usize;
}

/// How far the first picture has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appearance {
    /// The GPU has been told to draw it.
    Drawn,
    /// The GPU is done with it and with the rest of the first view, or that has not come for a while.
    Shown,
}

/// A click on the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Click {
    /// Longitude in degrees, in `-180..180`.
    pub lon: f64,
    /// Latitude in degrees.
    pub lat: f64,
    /// How it was made.
    pub kind: ClickKind,
}

/// How a place was pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClickKind {
    /// Mouse click or tap.
    Click,
    /// A finger that rested on the place, or the secondary mouse button.
    LongPress,
    /// Enter on the focused map: the centre.
    Keyboard,
}

/// A bar that shows a round distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaleBar {
    /// The distance in metres: 1, 2 or 5 times a power of ten.
    pub metres: f64,
    /// Its length at the centre of the map in CSS pixels.
    pub pixels: f64,
}

/// A source that must be named beside the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// What to write.
    pub text: &'static str,
    /// What it links to.
    pub url: &'static str,
}

/// What went wrong with the map itself.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MapError {
    /// The browser's graphics refused.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The browser's document refused.
    #[error("the browser refused {action}: {found}")]
    Browser {
        /// What was tried.
        action: &'static str,
        /// What the browser said.
        found: String,
    },
    /// A chunk could not be read; what is drawn in its place is coarser, or nothing.
    #[error("{message}")]
    Chunk {
        /// The chunk.
        key: ChunkKey,
        /// The reader's words.
        message: String,
        /// Whether asking again may help.
        transient: bool,
    },
    /// The levels of the dataset are none that the map can draw.
    #[error("cannot draw this dataset: {0}")]
    Dataset(#[from] crate::visible::PyramidError),
}

impl MapError {
    /// Turns what the browser threw when it was to do something into an error.
    pub(super) fn browser(action: &'static str) -> impl Fn(JsValue) -> Self {
        move |thrown| Self::Browser { action, found: format!("{thrown:?}") }
    }
}
