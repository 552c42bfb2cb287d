//! Finding out whether the GPU has done what it was told, without waiting for it.

use web_sys::{WebGl2RenderingContext as Gl, WebGlSync};

use super::RenderError;

/// A mark in the stream of commands.
pub(super) struct Fence {
    gl: Gl,
    sync: Option<WebGlSync>,
}

impl Fence {
    /// Marks what has been told so far.
    pub(super) fn new(gl: &Gl) -> Self {
        let sync = gl.fence_sync(Gl::SYNC_GPU_COMMANDS_COMPLETE, 0);
        gl.flush();
        Self { gl: gl.clone(), sync }
    }

    /// Whether the GPU has come this far, or never will: its context went away. Changes only between two tasks of the
    /// browser.
    pub(super) fn is_passed(&self) -> bool {
        let Some(sync) = &self.sync else { return true };
        // A context that has come back does not know the mark, and tells no status.
        let status = self.gl.get_sync_parameter(sync, Gl::SYNC_STATUS).as_f64();
        status != Some(f64::from(Gl::UNSIGNALED)) || self.gl.is_context_lost()
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        self.gl.delete_sync(self.sync.as_ref());
    }
}

/// A texture that the driver may have refused.
pub(super) struct Check {
    fence: Fence,
    /// What was asked for.
    asked: String,
}

impl Check {
    /// After something was asked for.
    pub(super) fn new(gl: &Gl, asked: String) -> Self {
        Self { fence: Fence::new(gl), asked }
    }

    /// What came of it; `None` as long as that is not known.
    pub(super) fn outcome(&self) -> Option<Result<(), RenderError>> {
        // Now the answer is there: asking does not wait.
        self.fence.is_passed().then(|| match self.fence.gl.get_error() {
            Gl::NO_ERROR | Gl::CONTEXT_LOST_WEBGL => Ok(()),
            code => Err(RenderError::Refused {
                action: "an array of textures",
                found: format!("{}: error {code}", self.asked),
            }),
        })
    }
}
