//! Drawing with WebGL2. Knows no store, no dataset and no DOM beyond its canvas.
//!
//! One full-screen triangle ([`scene`](Renderer::draw)) finds for every device pixel its place on the
//! ground and from it sea and land, raster tiles, data, status and graticule; there are no meshes and
//! hence no seams. Lines of the base map are drawn over it. Digital numbers stay integers in an array
//! texture behind a page table; range, colours and opacity are uniforms.

mod check;
mod lines;
mod program;
mod renderer;
mod scene;
mod texture;

pub use lines::{LineCamera, LineSet, LineStyle, POLYLINE_END};
pub use renderer::{
    Appearance, Data, Frame, Graticule, PageTable, Renderer, Status, TILE_EDGE, TILE_LAYERS,
    TileView,
};

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
