//! How a raster is cut into blocks that are stored one by one.

use floe_shared::window::PixelWindow;

use crate::sinusoidal::PIXELS;

/// The size of a raster and of its blocks, in pixels. Blocks are counted row by row from the
/// north-west.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layout {
    /// Columns of the raster.
    pub width: u32,
    /// Rows of the raster.
    pub height: u32,
    /// Columns of a block.
    pub block_width: u32,
    /// Rows of a block.
    pub block_height: u32,
    /// Whether blocks that reach past the raster are stored in full (TIFF tiles) or end with it
    /// (strips).
    pub padded: bool,
}

impl Layout {
    /// How the catalogue's files are laid out, for plans made before a file has been seen.
    pub const SERVED: Self =
        Self { width: PIXELS, height: PIXELS, block_width: 512, block_height: 512, padded: true };

    /// Blocks side by side.
    pub const fn across(self) -> u32 {
        self.width.div_ceil(self.block_width)
    }

    /// Number of blocks.
    pub const fn blocks(self) -> usize {
        self.across() as usize * self.height.div_ceil(self.block_height) as usize
    }

    /// The pixels of the raster that a block holds, without padding.
    pub fn window(self, block: usize) -> PixelWindow {
        let row = block as u32 / self.across() * self.block_height;
        let col = block as u32 % self.across() * self.block_width;
        PixelWindow {
            row,
            col,
            height: self.block_height.min(self.height - row),
            width: self.block_width.min(self.width - col),
        }
    }

    /// Pixels in a stored block, padding included.
    pub fn stored_pixels(self, block: usize) -> usize {
        let rows = if self.padded { self.block_height } else { self.window(block).height };
        rows as usize * self.block_width as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_granule_as_served_has_nine_blocks_whose_last_ones_are_padded() {
        let layout = Layout::SERVED;
        assert_eq!((layout.across(), layout.blocks()), (3, 9));
        let last = PixelWindow { row: 1024, col: 1024, height: 176, width: 176 };
        assert_eq!(layout.window(8), last);
        assert_eq!(layout.window(5), PixelWindow { row: 512, col: 1024, height: 512, width: 176 });
        assert_eq!(layout.stored_pixels(8), 512 * 512);
    }

    #[test]
    fn the_last_strip_ends_with_the_raster() {
        let layout =
            Layout { width: 1200, height: 1200, block_width: 1200, block_height: 7, padded: false };
        assert_eq!(layout.blocks(), 172);
        assert_eq!(layout.stored_pixels(0), 8400);
        assert_eq!(layout.stored_pixels(171), 3600);
    }
}
