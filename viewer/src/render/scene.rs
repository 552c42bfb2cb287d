//! The program of the scene, in one variant for each kind of view.
//!
//! A uniform that switches a part of a shader off saves nothing where a driver runs both sides of a
//! branch, as software drivers do: one program for everything took 3.5 times as long for a plain map.
//! So what a view does not show is left out by constants, and compiled when it is first shown.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use web_sys::WebGl2RenderingContext as Gl;

use super::RenderError;
use super::program::Program;
use super::renderer::{Frame, projection_code};

/// What a variant draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the shader")]
pub(super) struct Variant {
    projection: i32,
    tiles: bool,
    data: bool,
    interpolated: bool,
    status: bool,
    graticule: bool,
}

/// The variants that have been needed so far.
pub(super) struct Scenes {
    gl: Gl,
    programs: RefCell<BTreeMap<Variant, Rc<Program>>>,
}

impl Variant {
    /// The variant that a frame needs; `tiles` tells whether any raster tile has arrived.
    pub(super) fn of(frame: &Frame<'_>, tiles: bool) -> Self {
        Self {
            projection: projection_code(frame.ground.projection),
            tiles: tiles && frame.tiles.is_some(),
            data: frame.data.is_none_or(|data| data.opacity > 0.0),
            interpolated: frame.data.is_some_and(|data| data.smooth),
            status: frame.status.is_some(),
            graticule: frame.graticule.is_some(),
        }
    }

    /// Its constants, as the shader's first lines.
    fn constants(self) -> String {
        let mut lines = projection_constant(self.projection);
        for (name, value) in [
            ("showsTiles", self.tiles),
            ("showsData", self.data),
            ("interpolated", self.interpolated),
            ("showsStatus", self.status),
            ("showsGraticule", self.graticule),
        ] {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "const bool {name} = {value};");
        }
        lines
    }
}

impl Scenes {
    pub(super) fn new(gl: &Gl) -> Self {
        Self { gl: gl.clone(), programs: RefCell::default() }
    }

    /// A variant, compiled when it is needed for the first time.
    pub(super) fn get(&self, variant: Variant) -> Result<Rc<Program>, RenderError> {
        if let Some(program) = self.programs.borrow().get(&variant) {
            return Ok(Rc::clone(program));
        }
        let program = Rc::new(Program::new(
            &self.gl,
            "scene",
            &[include_str!("shaders/screen.vert")],
            &[
                &variant.constants(),
                include_str!("shaders/ground.glsl"),
                include_str!("shaders/numbers.glsl"),
                include_str!("shaders/scene.frag"),
            ],
        )?);
        self.programs.borrow_mut().insert(variant, Rc::clone(&program));
        Ok(program)
    }
}

/// The projection as the shaders know it.
pub(super) fn projection_constant(code: i32) -> String {
    format!("const int projection = {code};\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_says_what_it_leaves_out() {
        let variant = Variant {
            projection: 1,
            tiles: false,
            data: true,
            interpolated: false,
            status: false,
            graticule: true,
        };
        let constants = variant.constants();
        assert!(constants.contains("const int projection = 1;\n"), "{constants}");
        assert!(constants.contains("const bool showsTiles = false;\n"), "{constants}");
        assert!(constants.contains("const bool showsGraticule = true;\n"), "{constants}");
    }
}
