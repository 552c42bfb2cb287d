//! What workers say to the page, reader and decoders alike.

use js_sys::Array;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

use super::channel;
use super::protocol::{Outcome, Problem, ToPage};
use super::wire::Wire;
use crate::chunk::{ChunkKey, Pixels};

/// What became of a chunk.
pub(super) enum Answer {
    /// Pixels, row by row from the north-west.
    Data {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// `width * height` codes.
        pixels: Pixels,
    },
    /// Not stored.
    Absent,
    /// Not read: the visitor has to be asked.
    Held,
    /// Not readable.
    Failed(Problem),
}

/// Sends an answer to the page; pixels are transferred.
pub(super) fn send_chunk(key: ChunkKey, answer: Answer) {
    match answer {
        Answer::Data { width, height, pixels } => {
            let texels = pixels.texels();
            let head = ToPage::Chunk { key, outcome: Outcome::Data { width, height } };
            send_with(&head, texels.array(), &texels.buffer());
        }
        Answer::Absent => send(&ToPage::Chunk { key, outcome: Outcome::Absent {} }),
        Answer::Held => send(&ToPage::Chunk { key, outcome: Outcome::Held {} }),
        Answer::Failed(problem) => {
            send(&ToPage::Chunk { key, outcome: Outcome::Failed { problem } });
        }
    }
}

/// Says something to the page.
pub(super) fn send(message: &impl Wire) {
    let _ = scope().post_message(&channel::message(message));
}

/// Sends a message with an array, whose buffer is transferred.
pub(super) fn send_with(message: &impl Wire, array: &JsValue, buffer: &JsValue) {
    let message = channel::message_with(message, array);
    // It fails only if something cannot be cloned, and bytes can.
    let _ = scope().post_message_with_transfer(&message, &Array::of1(buffer));
}

/// The worker itself.
pub(super) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
