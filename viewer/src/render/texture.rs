//! Textures: making, filling and binding them.

use js_sys::Object;
use web_sys::{ImageData, WebGl2RenderingContext as Gl, WebGlTexture};

use super::RenderError;
use super::program::lost;
use crate::chunk::Form;

/// What the texels are.
#[derive(Clone, Copy)]
pub(super) struct Format {
    /// GL's sized internal format.
    pub(super) internal: u32,
    /// GL's format of what is uploaded.
    pub(super) channels: u32,
    /// GL's type of what is uploaded.
    pub(super) kind: u32,
}

impl Format {
    /// One 8-bit share of one.
    pub(super) const SHARE: Self = Self::new(Gl::R8, Gl::RED, Gl::UNSIGNED_BYTE);
    /// Colours.
    pub(super) const COLOUR: Self = Self::new(Gl::RGBA8, Gl::RGBA, Gl::UNSIGNED_BYTE);
    /// One 8-bit integer.
    pub(super) const BYTE: Self = Self::new(Gl::R8UI, Gl::RED_INTEGER, Gl::UNSIGNED_BYTE);
    /// Four 8-bit integers.
    pub(super) const BYTES: Self = Self::new(Gl::RGBA8UI, Gl::RGBA_INTEGER, Gl::UNSIGNED_BYTE);
    /// Four 32-bit integers with a sign.
    pub(super) const PAGE: Self = Self::new(Gl::RGBA32I, Gl::RGBA_INTEGER, Gl::INT);
    /// Four floats.
    pub(super) const FLOATS: Self = Self::new(Gl::RGBA32F, Gl::RGBA, Gl::FLOAT);
    /// Three floats.
    pub(super) const PLACE: Self = Self::new(Gl::RGB32F, Gl::RGB, Gl::FLOAT);

    /// One code of a form.
    pub(super) const fn of(form: Form) -> Self {
        match form {
            Form::U8 => Self::BYTE,
            Form::U16 => Self::new(Gl::R16UI, Gl::RED_INTEGER, Gl::UNSIGNED_SHORT),
            Form::Float => Self::new(Gl::R32UI, Gl::RED_INTEGER, Gl::UNSIGNED_INT),
        }
    }

    const fn new(internal: u32, channels: u32, kind: u32) -> Self {
        Self { internal, channels, kind }
    }
}

/// A texture bound to a unit of its own.
pub(super) struct Texture {
    gl: Gl,
    handle: WebGlTexture,
    target: u32,
    unit: u32,
    format: Format,
    size: (u32, u32),
}

impl Texture {
    /// A plane without texels yet; integer formats are read texel by texel, others smoothly.
    pub(super) fn plane(
        gl: &Gl,
        unit: u32,
        format: Format,
        smooth: bool,
    ) -> Result<Self, RenderError> {
        let handle = gl.create_texture().ok_or_else(|| lost("create a texture"))?;
        let this =
            Self { gl: gl.clone(), handle, target: Gl::TEXTURE_2D, unit, format, size: (0, 0) };
        this.bind();
        this.filter(smooth);
        this.fill(1, 1, None)?;
        Ok(this)
    }

    /// An array of equal layers, all zero. Whether the driver has room for it is found out by
    /// [`Check`](super::check::Check): asking at once would wait for the GPU.
    pub(super) fn layers(
        gl: &Gl,
        unit: u32,
        format: Format,
        smooth: bool,
        size: (u32, u32),
        count: u32,
    ) -> Result<Self, RenderError> {
        let handle = gl.create_texture().ok_or_else(|| lost("create a texture"))?;
        let this =
            Self { gl: gl.clone(), handle, target: Gl::TEXTURE_2D_ARRAY, unit, format, size };
        this.bind();
        this.filter(smooth);
        gl.tex_storage_3d(
            this.target,
            1,
            format.internal,
            size.0 as i32,
            size.1 as i32,
            count as i32,
        );
        Ok(this)
    }

    /// Binds the texture to its unit.
    pub(super) fn bind(&self) {
        self.gl.active_texture(Gl::TEXTURE0 + self.unit);
        self.gl.bind_texture(self.target, Some(&self.handle));
    }

    /// Whether its texels are of a format.
    pub(super) fn holds(&self, format: Format) -> bool {
        self.format.internal == format.internal
    }

    /// The number to give a sampler.
    pub(super) fn unit(&self) -> i32 {
        self.unit as i32
    }

    /// Replaces a plane.
    pub(super) fn fill(
        &self,
        width: u32,
        height: u32,
        texels: Option<&Object>,
    ) -> Result<(), RenderError> {
        self.bind();
        self.gl
            .tex_image_2d_with_i32_and_i32_and_i32_and_format_and_type_and_opt_array_buffer_view(
                self.target,
                0,
                self.format.internal as i32,
                width as i32,
                height as i32,
                0,
                self.format.channels,
                self.format.kind,
                texels,
            )
            .map_err(RenderError::refused("a texture"))
    }

    /// Copies a picture onto a plane, colours multiplied by opacity.
    pub(super) fn fill_with_picture(
        &self,
        at: (u32, u32),
        picture: &ImageData,
    ) -> Result<(), RenderError> {
        self.bind();
        self.gl.pixel_storei(Gl::UNPACK_PREMULTIPLY_ALPHA_WEBGL, 1);
        let copied = self.gl.tex_sub_image_2d_with_i32_and_i32_and_u32_and_type_and_image_data(
            self.target,
            0,
            at.0 as i32,
            at.1 as i32,
            picture.width() as i32,
            picture.height() as i32,
            self.format.channels,
            self.format.kind,
            picture,
        );
        self.gl.pixel_storei(Gl::UNPACK_PREMULTIPLY_ALPHA_WEBGL, 0);
        copied.map_err(RenderError::refused("a picture of a label"))
    }

    /// Fills a rectangle of a layer, from its corner at `x`, `y`.
    pub(super) fn fill_part(
        &self,
        layer: u32,
        at: (u32, u32),
        size: (u32, u32),
        texels: &Object,
    ) -> Result<(), RenderError> {
        self.bind();
        self.gl
            .tex_sub_image_3d_with_opt_array_buffer_view(
                self.target,
                0,
                at.0 as i32,
                at.1 as i32,
                layer as i32,
                size.0 as i32,
                size.1 as i32,
                1,
                self.format.channels,
                self.format.kind,
                Some(texels),
            )
            .map_err(RenderError::refused("the upload of a chunk"))
    }

    /// Fills a layer with a picture.
    pub(super) fn fill_layer(
        &self,
        layer: u32,
        image: &web_sys::HtmlImageElement,
    ) -> Result<(), RenderError> {
        self.bind();
        self.gl
            .tex_sub_image_3d_with_html_image_element(
                self.target,
                0,
                0,
                0,
                layer as i32,
                self.size.0 as i32,
                self.size.1 as i32,
                1,
                self.format.channels,
                self.format.kind,
                image,
            )
            .map_err(RenderError::refused("the upload of a map tile"))
    }

    /// Copies the first layers of another array of the same size.
    pub(super) fn copy_layers(&self, from: &Self, count: u32) {
        let gl = &self.gl;
        let framebuffer = gl.create_framebuffer();
        gl.bind_framebuffer(Gl::READ_FRAMEBUFFER, framebuffer.as_ref());
        self.bind();
        for layer in 0..count as i32 {
            gl.framebuffer_texture_layer(
                Gl::READ_FRAMEBUFFER,
                Gl::COLOR_ATTACHMENT0,
                Some(&from.handle),
                0,
                layer,
            );
            let (width, height) = (self.size.0 as i32, self.size.1 as i32);
            gl.copy_tex_sub_image_3d(self.target, 0, 0, 0, layer, 0, 0, width, height);
        }
        gl.bind_framebuffer(Gl::READ_FRAMEBUFFER, None);
        gl.delete_framebuffer(framebuffer.as_ref());
    }

    /// Makes a plane what is drawn to in the bound framebuffer.
    pub(super) fn attach(&self) {
        self.gl.framebuffer_texture_2d(
            Gl::FRAMEBUFFER,
            Gl::COLOR_ATTACHMENT0,
            self.target,
            Some(&self.handle),
            0,
        );
    }

    /// Makes the smaller copies of a smooth plane that repeats eastwards.
    pub(super) fn make_mipmaps(&self) {
        self.bind();
        self.gl.generate_mipmap(self.target);
        let set = |name, value: u32| self.gl.tex_parameteri(self.target, name, value as i32);
        // Between two of them there is nothing to see, and it costs twice as much.
        set(Gl::TEXTURE_MIN_FILTER, Gl::LINEAR_MIPMAP_NEAREST);
        set(Gl::TEXTURE_WRAP_S, Gl::REPEAT);
    }

    fn filter(&self, smooth: bool) {
        let set = |name, value: u32| self.gl.tex_parameteri(self.target, name, value as i32);
        let filter = if smooth { Gl::LINEAR } else { Gl::NEAREST };
        set(Gl::TEXTURE_MIN_FILTER, filter);
        set(Gl::TEXTURE_MAG_FILTER, filter);
        set(Gl::TEXTURE_WRAP_S, Gl::CLAMP_TO_EDGE);
        set(Gl::TEXTURE_WRAP_T, Gl::CLAMP_TO_EDGE);
    }
}

impl Drop for Texture {
    fn drop(&mut self) {
        self.gl.delete_texture(Some(&self.handle));
    }
}
