//! Requests over a line that may go silent: the browser itself would wait for minutes.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use js_sys::{Date, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

use crate::pause::pause;
use crate::thrown::describe;

/// How long nothing at all may come over the line before what is waited for is given up.
pub(crate) const SILENCE: Duration = Duration::from_secs(7);
/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(1);

thread_local! {
    /// When something came last, in milliseconds. Of any request: one that waits for a connection is not silent.
    static HEARD: Cell<f64> = const { Cell::new(0.0) };
}

/// Why there are no bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineError {
    /// Nothing came any more.
    #[error("nothing has come for {} seconds", SILENCE.as_secs())]
    Silent,
    /// What the browser said.
    #[error("{0}")]
    Refused(String),
}

/// Waits for something that comes over the line.
pub(crate) async fn unless_silent<T>(
    future: impl Future<Output = Result<T, JsValue>>,
) -> Result<T, LineError> {
    let began = Date::now();
    let mut future = pin!(future);
    loop {
        match select(future.as_mut(), pin!(pause(LOOK))).await {
            Either::Left((result, _)) => {
                HEARD.set(Date::now());
                return result.map_err(|error| LineError::Refused(describe(&error)));
            }
            Either::Right(_) => {
                let since = began.max(HEARD.get());
                if Date::now() - since > SILENCE.as_millis() as f64 {
                    return Err(LineError::Silent);
                }
            }
        }
    }
}

/// The bytes of an answer, as they come.
pub(crate) async fn body(response: &Response) -> Result<Vec<u8>, LineError> {
    let Some(stream) = response.body() else { return Ok(Vec::new()) };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let step = unless_silent(JsFuture::from(reader.read())).await?;
        // Steps are made by the browser, and have what they should have.
        let member = |name: &str| Reflect::get(&step, &name.into()).unwrap_or_default();
        if member("done").is_truthy() {
            return Ok(bytes);
        }
        if let Some(piece) = member("value").dyn_ref::<Uint8Array>() {
            let start = bytes.len();
            bytes.resize(start + piece.length() as usize, 0);
            piece.copy_to(&mut bytes[start..]);
        }
    }
}
