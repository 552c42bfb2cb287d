//! Writes and draws small pictures on a canvas that nobody sees.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::render::RenderError;

/// The canvas. Positions and lengths are CSS pixels.
pub(super) struct Pen {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Pen {
    /// Makes the canvas.
    ///
    /// # Errors
    /// Where the browser has none.
    pub(super) fn new() -> Result<Self, RenderError> {
        let refused = RenderError::refused("a canvas for labels");
        let document = web_sys::window().and_then(|window| window.document());
        let document = document.ok_or_else(|| refused("no document".into()))?;
        let canvas: HtmlCanvasElement =
            document.create_element("canvas").map_err(&refused)?.unchecked_into();
        // The map's GPU takes its pixels at once: a drawing of another GPU would have to be fetched.
        let options = Object::new();
        Reflect::set(&options, &"willReadFrequently".into(), &true.into()).map_err(&refused)?;
        let context = canvas
            .get_context_with_context_options("2d", &options)
            .map_err(&refused)?
            .and_then(|context| context.dyn_into().ok())
            .ok_or_else(|| refused("no context".into()))?;
        Ok(Self { canvas, context })
    }

    /// Width of a text.
    pub(super) fn width(&self, font: &str, text: &str) -> f64 {
        self.context.set_font(font);
        self.context.measure_text(text).map_or(80.0, |size| size.width())
    }

    /// Begins a picture of so many device pixels, of which `ratio` make a CSS pixel.
    pub(super) fn begin(&mut self, width: u32, height: u32, ratio: f64) {
        // It clears the canvas.
        self.canvas.set_width(width);
        self.canvas.set_height(height);
        // A matrix of numbers is always accepted.
        let _ = self.context.scale(ratio, ratio);
    }

    /// Text from its left end and the middle of its height, with a halo, so that it reads on any colour. A
    /// canvas that refuses text shows none.
    pub(super) fn write(&self, font: &str, text: &str, at: (f64, f64), colour: &str, halo: &str) {
        let context = &self.context;
        context.set_font(font);
        context.set_text_baseline("middle");
        context.set_line_join("round");
        context.set_stroke_style_str(halo);
        context.set_line_width(3.0);
        let _ = context.stroke_text(text, at.0, at.1);
        context.set_fill_style_str(colour);
        let _ = context.fill_text(text, at.0, at.1);
    }

    /// The dot of a town.
    pub(super) fn draw_dot(&self, (x, y): (f64, f64), colour: &str, halo: &str) {
        let context = &self.context;
        context.begin_path();
        let _ = context.arc(x, y, 2.4, 0.0, std::f64::consts::TAU);
        context.set_fill_style_str(colour);
        context.set_stroke_style_str(halo);
        context.set_line_width(2.0);
        context.stroke();
        context.fill();
    }

    /// A ring with four arms that leaves the pixel itself visible.
    pub(super) fn draw_ring(&self, (x, y): (f64, f64)) {
        let context = &self.context;
        for (width, colour) in [(5.0, "rgba(10, 14, 20, 0.85)"), (2.5, "#ffffff")] {
            context.set_line_width(width);
            context.set_stroke_style_str(colour);
            context.begin_path();
            let _ = context.arc(x, y, 8.0, 0.0, std::f64::consts::TAU);
            for (dx, dy) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                context.move_to(x + dx * 8.0, y + dy * 8.0);
                context.line_to(x + dx * 13.0, y + dy * 13.0);
            }
            context.stroke();
        }
    }

    /// One colour all over.
    pub(super) fn fill(&self, colour: &str) {
        self.context.set_fill_style_str(colour);
        self.context.fill_rect(0.0, 0.0, 1e4, 1e4);
    }

    /// The pixels of the picture. A canvas itself the browser would hand over by way of a graphics context of its own,
    /// which the map would have to wait for.
    ///
    /// # Errors
    /// Where the browser gives none.
    pub(super) fn picture(&self) -> Result<ImageData, RenderError> {
        let (width, height) = (self.canvas.width(), self.canvas.height());
        let pixels = self.context.get_image_data(0.0, 0.0, f64::from(width), f64::from(height));
        pixels.map_err(RenderError::refused("the pixels of a label"))
    }
}
