//! Shader programs and their uniforms.

use std::cell::RefCell;

use floe_shared::table::Table;
use web_sys::{WebGl2RenderingContext as Gl, WebGlProgram, WebGlShader, WebGlUniformLocation};

use super::RenderError;

/// First lines of every shader. Integers and floats are 32 bits wide throughout.
const HEADER: &str = "#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp sampler2DArray;
precision highp isampler2D;
precision highp usampler2D;
precision highp usampler2DArray;
";

/// A program.
pub(super) struct Program {
    gl: Gl,
    name: &'static str,
    handle: WebGlProgram,
    /// Its shaders, until it is known that they compiled.
    unchecked: RefCell<Option<[WebGlShader; 2]>>,
    locations: RefCell<Table<&'static str, Option<WebGlUniformLocation>>>,
}

impl Program {
    /// Lets the driver compile and link; the parts of each shader are joined in order. What came of it is
    /// asked when it is first used: asking at once would wait for the compiler.
    pub(super) fn new(
        gl: &Gl,
        name: &'static str,
        vertex: &[&str],
        fragment: &[&str],
    ) -> Result<Self, RenderError> {
        let vertex = compile(gl, Gl::VERTEX_SHADER, vertex)?;
        let fragment = compile(gl, Gl::FRAGMENT_SHADER, fragment)?;
        let program = gl.create_program().ok_or_else(|| lost("create a program"))?;
        gl.attach_shader(&program, &vertex);
        gl.attach_shader(&program, &fragment);
        gl.link_program(&program);
        Ok(Self {
            gl: gl.clone(),
            name,
            handle: program,
            unchecked: RefCell::new(Some([vertex, fragment])),
            locations: RefCell::default(),
        })
    }

    /// Makes this the program that draws.
    ///
    /// # Errors
    /// What the driver says of the shaders, where it cannot compile them.
    pub(super) fn activate(&self) -> Result<(), RenderError> {
        if let Some(shaders) = self.unchecked.take() {
            self.check(&shaders)?;
        }
        self.gl.use_program(Some(&self.handle));
        Ok(())
    }

    fn check(&self, shaders: &[WebGlShader; 2]) -> Result<(), RenderError> {
        let gl = &self.gl;
        let linked = gl.get_program_parameter(&self.handle, Gl::LINK_STATUS).as_bool();
        if linked != Some(true) && !gl.is_context_lost() {
            let [vertex, fragment] =
                shaders.each_ref().map(|shader| gl.get_shader_info_log(shader));
            let logs = [vertex, fragment, gl.get_program_info_log(&self.handle)];
            let log = logs.into_iter().flatten().collect::<Vec<_>>().join(" ");
            return Err(RenderError::Shader { name: self.name, log });
        }
        for shader in shaders {
            gl.delete_shader(Some(shader));
        }
        Ok(())
    }

    pub(super) fn int(&self, name: &'static str, value: i32) {
        self.gl.uniform1i(self.location(name).as_ref(), value);
    }

    pub(super) fn unsigned(&self, name: &'static str, value: u32) {
        self.gl.uniform1ui(self.location(name).as_ref(), value);
    }

    pub(super) fn unsigned2(&self, name: &'static str, value: [u32; 2]) {
        self.gl.uniform2ui(self.location(name).as_ref(), value[0], value[1]);
    }

    pub(super) fn int_array(&self, name: &'static str, values: &[i32]) {
        self.gl.uniform1iv_with_i32_array(self.location(name).as_ref(), values);
    }

    pub(super) fn float(&self, name: &'static str, value: f32) {
        self.gl.uniform1f(self.location(name).as_ref(), value);
    }

    pub(super) fn int2(&self, name: &'static str, value: [i32; 2]) {
        self.gl.uniform2i(self.location(name).as_ref(), value[0], value[1]);
    }

    pub(super) fn float2(&self, name: &'static str, value: [f32; 2]) {
        self.gl.uniform2f(self.location(name).as_ref(), value[0], value[1]);
    }

    pub(super) fn float3(&self, name: &'static str, value: [f32; 3]) {
        self.gl.uniform3f(self.location(name).as_ref(), value[0], value[1], value[2]);
    }

    pub(super) fn float4(&self, name: &'static str, value: [f32; 4]) {
        self.gl.uniform4f(self.location(name).as_ref(), value[0], value[1], value[2], value[3]);
    }

    pub(super) fn float4_array(&self, name: &'static str, values: &[[f32; 4]]) {
        let location = self.location(name);
        self.gl.uniform4fv_with_f32_array(location.as_ref(), values.as_flattened());
    }

    fn location(&self, name: &'static str) -> Option<WebGlUniformLocation> {
        let mut locations = self.locations.borrow_mut();
        if let Some(location) = locations.get(&name) {
            return location.clone();
        }
        let location = self.gl.get_uniform_location(&self.handle, name);
        locations.insert(name, location.clone());
        location
    }
}

fn compile(gl: &Gl, kind: u32, parts: &[&str]) -> Result<WebGlShader, RenderError> {
    let shader = gl.create_shader(kind).ok_or_else(|| lost("create a shader"))?;
    let mut source = HEADER.to_owned();
    for part in parts {
        source.push_str(part);
    }
    gl.shader_source(&shader, &source);
    gl.compile_shader(&shader);
    Ok(shader)
}

/// The browser makes no object: its context is lost.
pub(super) fn lost(action: &'static str) -> RenderError {
    RenderError::Refused { action, found: "the graphics context is lost".to_owned() }
}
