//! Drawing with WebGL2. Knows no store, no dataset and no DOM beyond its canvas.
//!
//! One full-screen triangle finds for every device pixel its place on the ground and from it sea, land and
//! raster tiles; there are no meshes and hence no seams. Over that picture, which is kept as long as the view
//! stays, come the data: digital numbers, which stay integers in an array texture behind a page table, while
//! range, colours and opacity are uniforms. Then status and graticule, lines of the base map, and names and marker
//! as small pictures from a sheet.

mod check;
mod coverage;
mod drawing;
mod entries;
mod frame;
mod geometry;
mod kept;
mod line_set;
mod lines;
mod probe;
mod program;
mod quads;
mod rectangles;
mod renderer;
mod scene;
mod source;
mod sprites;
mod texture;

use wasm_bindgen::JsValue;

pub use frame::{Appearance, Data, Frame, Graticule, LevelShape, PageTable, Status, TileView};
pub use geometry::{Geometry, Layout, Packer};
pub use line_set::{LineSet, POLYLINE_END, Run};
pub use lines::{LineCamera, LineStyle};
pub use probe::Probe;
pub use renderer::{Renderer, TILE_EDGE, TILE_LAYERS};
pub use sprites::Sprite;

/// Why the map cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No WebGL2 in this browser, or it is switched off.
    #[error("this browser offers no WebGL2, which the map needs: {found}")]
    NoWebGl2 {
        /// What the browser said.
        found: String,
    },
    /// A shader did not compile or link.
    #[error("the graphics driver refused the {name} shader: {log}")]
    Shader {
        /// Which one.
        name: &'static str,
        /// The driver's words.
        log: String,
    },
    /// A texture, buffer or framebuffer could not be made or filled.
    #[error("the graphics driver refused {action}: {found}")]
    Refused {
        /// What was tried.
        action: &'static str,
        /// What it said.
        found: String,
    },
}

impl RenderError {
    /// Turns what the browser threw when it was to do something into an error.
    pub fn refused(action: &'static str) -> impl Fn(JsValue) -> Self {
        move |thrown| Self::Refused { action, found: format!("{thrown:?}") }
    }
}
