//! The programs of the scene, in one variant for each kind of view.
//!
//! A uniform that switches a part of a shader off saves nothing where a driver runs both sides of a
//! branch, as software drivers do: one program for everything took 3.5 times as long for a plain map.
//! So what a view does not show is left out by constants, and compiled when it is first shown.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

use floe_shared::table::Table;
use web_sys::WebGl2RenderingContext as Gl;

use super::RenderError;
use super::program::Program;
use super::rectangles;
use super::source::shader;
use crate::chunk::Form;
use crate::view::Projection;

/// What a program draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Space, sea, land and raster tiles.
    Ground { tiles: bool },
    /// The picture where there may be data, between pixel centres interpolated or not, in colours that follow the
    /// logarithm or not ...
    Data { interpolated: bool, logarithmic: bool, form: Form, nested: bool },
    /// ... and where there are none.
    Empty,
    /// Status of tiles and graticule.
    Marks { status: bool, graticule: bool },
    /// Lines of the base map.
    Lines,
    /// Pictures from the sheet.
    Sprites,
    /// The numbers themselves, for reading.
    Probe { nested: bool },
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Ground { .. } => "ground",
            Self::Data { .. } => "data",
            Self::Empty => "empty",
            Self::Marks { .. } => "marks",
            Self::Lines => "lines",
            Self::Sprites => "sprites",
            Self::Probe { .. } => "probe",
        }
    }

    const fn vertex(self) -> &'static str {
        match self {
            Self::Data { .. } | Self::Empty | Self::Sprites => rectangles::VERTEX,
            Self::Lines => shader!("lines.vert"),
            Self::Ground { .. } | Self::Marks { .. } | Self::Probe { .. } => {
                shader!("screen.vert")
            }
        }
    }

    const fn fragment(self) -> &'static str {
        match self {
            Self::Ground { .. } => shader!("ground.frag"),
            Self::Data { .. } => shader!("data.frag"),
            Self::Empty => shader!("empty.frag"),
            Self::Marks { .. } => shader!("marks.frag"),
            Self::Lines => shader!("lines.frag"),
            Self::Sprites => shader!("sprites.frag"),
            Self::Probe { .. } => shader!("probe.frag"),
        }
    }

    /// Its constants, as the shader's first lines.
    fn constants(self) -> String {
        let mut lines = String::new();
        let mut set = |name: &str, value: bool| {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "const bool {name} = {value};");
        };
        match self {
            Self::Ground { tiles } => set("showsTiles", tiles),
            Self::Data { interpolated, logarithmic, form, nested } => {
                set("nested", nested);
                set("interpolated", interpolated);
                set("logarithmic", logarithmic);
                set("holdsFloats", form == Form::Float);
            }
            Self::Marks { status, graticule } => {
                set("showsStatus", status);
                set("showsGraticule", graticule);
            }
            Self::Probe { nested } => set("nested", nested),
            Self::Empty | Self::Lines | Self::Sprites => {}
        }
        lines
    }
}

/// The programs that have been needed so far, by part, code of the projection, and whether the rows of the grid are
/// Mercator's on a globe.
pub(super) struct Scenes {
    gl: Gl,
    programs: RefCell<Table<(Part, i32, bool), Rc<Program>>>,
}

impl Scenes {
    pub(super) fn new(gl: &Gl) -> Self {
        Self { gl: gl.clone(), programs: RefCell::default() }
    }

    /// A program, compiled when it is needed for the first time.
    pub(super) fn get(
        &self,
        part: Part,
        projection: Projection,
        mercator_rows: bool,
    ) -> Result<Rc<Program>, RenderError> {
        let (code, rows) = match part {
            Part::Empty | Part::Sprites => (0, false),
            _ => (projection_code(projection), mercator_rows && projection == Projection::Globe),
        };
        if let Some(program) = self.programs.borrow().get(&(part, code, rows)) {
            return Ok(Rc::clone(program));
        }
        let constant =
            &format!("const int projection = {code};\nconst bool mercatorRows = {rows};\n");
        let place = shader!("place.glsl");
        let numbers = shader!("numbers.glsl");
        let picture = shader!("picture.glsl");
        let constants = &part.constants();
        let (vertex, fragment): (&[&str], &[&str]) = match part {
            // Their places are those of vertices.
            Part::Lines => (&[constant, part.vertex()], &[part.fragment()]),
            Part::Data { .. } => {
                (&[part.vertex()], &[constant, constants, place, numbers, picture, part.fragment()])
            }
            Part::Empty => (&[part.vertex()], &[picture, part.fragment()]),
            Part::Sprites => (&[part.vertex()], &[part.fragment()]),
            Part::Probe { .. } => {
                (&[part.vertex()], &[constant, constants, place, numbers, part.fragment()])
            }
            Part::Ground { .. } | Part::Marks { .. } => {
                (&[part.vertex()], &[constant, constants, place, part.fragment()])
            }
        };
        let program = Rc::new(Program::new(&self.gl, part.name(), vertex, fragment)?);
        self.programs.borrow_mut().insert((part, code, rows), Rc::clone(&program));
        Ok(program)
    }
}

/// The shader's number for a projection.
pub(super) fn projection_code(projection: Projection) -> i32 {
    match projection {
        Projection::Mercator => 0,
        Projection::Globe => 1,
        Projection::Equirectangular => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_says_what_it_leaves_out() {
        let marks = Part::Marks { status: false, graticule: true };
        let expected = "const bool showsStatus = false;\nconst bool showsGraticule = true;\n";
        assert_eq!(marks.constants(), expected);
        assert_eq!(Part::Ground { tiles: true }.constants(), "const bool showsTiles = true;\n");
    }
}
