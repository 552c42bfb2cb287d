//! What the Floe processor and the Floe viewer must agree on.
//!
//! * [`grid`]: the global EPSG:4326 grid, its tiles and its cell centres,
//! * [`window`]: rectangles of pixels,
//! * [`pyramid`]: the overview levels and their chunks,
//! * [`schema`]: names, types and attributes of the stored arrays,
//! * [`digital_number`]: stored integers and the kelvin they stand for,
//! * [`encoding`]: how stored numbers of any type stand for physical values,
//! * [`cf_time`]: time coordinates and their calendars,
//! * [`period`]: years, seasons, months and others that observations are reduced over,
//! * [`colormap`]: colours of values and of tile statuses,
//! * [`land`]: which tiles are land,
//! * [`leb128`], [`linework`]: the binary form of embedded coasts and borders,
//! * [`message`]: the grammar of commit messages,
//! * [`status`]: what the commit history says of each tile.
//!
//! Everything here is a pure function of its arguments: no I/O, clock or threads, so that the crate
//! builds alike for the native processor and for `wasm32-unknown-unknown`.
//!
//! ```
//! use floe_shared::{grid::Grid, grid::TileIndex};
//!
//! let grid = Grid::default();
//! let tile: TileIndex = "4,19".parse().unwrap();
//! let bounds = grid.tile_bounds(tile);
//! assert_eq!((bounds.west, bounds.south, bounds.east, bounds.north), (10.0, 40.0, 20.0, 50.0));
//! ```

pub mod cf_time;
pub mod colormap;
pub mod digital_number;
pub mod encoding;
pub mod flags;
pub mod grid;
pub mod land;
pub mod leb128;
pub mod linework;
pub mod message;
pub mod order;
pub mod period;
pub mod pyramid;
pub mod schema;
pub mod status;
pub mod table;
pub mod window;

pub use digital_number::DigitalNumber;
pub use grid::{Grid, TileIndex};
pub use window::PixelWindow;
