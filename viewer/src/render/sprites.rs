//! Small pictures over the map, such as names, taken from one sheet.

use web_sys::{ImageData, WebGl2RenderingContext as Gl};

use super::RenderError;
use super::quads::Quads;
use super::rectangles::{Rectangle, Rectangles};
use super::scene::{Part, Scenes};
use super::texture::{Format, Texture};
use crate::view::Projection;

/// The texture unit of the sheet.
const UNIT: u32 = 10;

/// A rectangle of the sheet, and where it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprite {
    /// Left, top, width and height on the screen in device pixels.
    pub on_screen: [f32; 4],
    /// Left, top, width and height on the sheet in texels.
    pub on_sheet: [f32; 4],
}

pub(super) struct Sprites {
    sheet: Texture,
    sheet_edge: u32,
}

impl Sprites {
    pub(super) fn new(gl: &Gl) -> Result<Self, RenderError> {
        Ok(Self { sheet: Texture::plane(gl, UNIT, Format::COLOUR, true)?, sheet_edge: 1 })
    }

    /// Makes the sheet so wide and high, and empty.
    pub(super) fn clear(&mut self, edge: u32) -> Result<(), RenderError> {
        self.sheet_edge = edge;
        self.sheet.fill(edge, edge, None)
    }

    /// Puts a picture onto the sheet.
    pub(super) fn put(&self, at: (u32, u32), picture: &ImageData) -> Result<(), RenderError> {
        self.sheet.fill_with_picture(at, picture)
    }

    /// Asks what came of the program, and where it takes what it needs: later, when sprites are to be drawn for the
    /// first time, the answer would have to wait for a GPU that is busy with the page.
    ///
    /// # Errors
    /// Where the driver refuses the program.
    pub(super) fn ask(&self, scenes: &Scenes) -> Result<(), RenderError> {
        let program = &*scenes.get(Part::Sprites, Projection::Mercator, false)?;
        program.activate()?;
        program.int("sheet", self.sheet.unit());
        Ok(())
    }

    /// Draws sprites in their order, colours multiplied by their opacity, on a screen of so many device
    /// pixels.
    pub(super) fn draw(
        &self,
        scenes: &Scenes,
        quads: &Quads,
        rectangles: &Rectangles,
        sprites: &[Sprite],
        screen: (u32, u32),
    ) -> Result<(), RenderError> {
        if sprites.is_empty() {
            return Ok(());
        }
        let program = &*scenes.get(Part::Sprites, Projection::Mercator, false)?;
        program.activate()?;
        self.sheet.bind();
        program.int("sheet", self.sheet.unit());
        program.float("sheetEdge", self.sheet_edge as f32);
        let upwards = |sprite: &Sprite| {
            let [left, top, width, height] = sprite.on_screen;
            let on_screen = [left, screen.1 as f32 - top - height, width, height];
            Rectangle { on_screen, extra: sprite.on_sheet }
        };
        let sprites: Vec<Rectangle> = sprites.iter().map(upwards).collect();
        rectangles.draw(quads, program, &sprites, screen)
    }
}
