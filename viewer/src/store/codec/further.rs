//! Codecs that few stores need. In the browser they are a module of their own (`floe-codecs`), which a worker fetches when
//! a store needs them, so that no other visitor has to; elsewhere they are called as they are.

use super::error::DecodeError;
#[cfg(not(target_arch = "wasm32"))]
use super::inflate::inflate as module;
#[cfg(target_arch = "wasm32")]
use browser::inflate as module;

/// What is around deflated bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
}

/// Why bytes do not inflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// They do not begin with a header.
    Header,
    /// They end too early.
    CutShort,
    /// There is no room for what they inflate to.
    TooLong,
    /// The checksum is of other bytes.
    Checksum,
    /// The number of bytes is another one than is said.
    Length,
    /// They were not deflated.
    Deflated,
    /// The module is not there.
    Module,
}

impl Envelope {
    const fn codec(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
        }
    }
}

impl Problem {
    #[cfg(any(target_arch = "wasm32", test))]
    const ALL: [Self; 7] = [
        Self::Header,
        Self::CutShort,
        Self::TooLong,
        Self::Checksum,
        Self::Length,
        Self::Deflated,
        Self::Module,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::Header => "its header is none",
            Self::CutShort => "it is cut short",
            Self::TooLong => "it inflates to more bytes than there are numbers",
            Self::Checksum => "its checksum differs",
            Self::Length => "it has another length than it says",
            Self::Deflated => "its deflated bytes make no sense",
            Self::Module => "the page's module for it is not there",
        }
    }
}

/// Inflates into a buffer, which is never grown; gives the number of bytes.
pub(super) fn inflate(
    envelope: Envelope,
    encoded: &[u8],
    decoded: &mut [u8],
) -> Result<usize, DecodeError> {
    module(envelope, encoded, decoded).map_err(|problem| DecodeError::Damaged {
        codec: envelope.codec(),
        problem: problem.words(),
    })
}

/// What the module exports: `inflate` whose outcome is a number, negative for a [`Problem`].
pub fn inflate_by_number(is_gzip: bool, encoded: &[u8], decoded: &mut [u8]) -> i32 {
    let envelope = if is_gzip { Envelope::Gzip } else { Envelope::Zlib };
    match super::inflate::inflate(envelope, encoded, decoded) {
        Ok(length) => length as i32,
        Err(problem) => -1 - problem as i32,
    }
}

/// The outcome that a number stands for.
#[cfg(any(target_arch = "wasm32", test))]
fn outcome(number: i32) -> Result<usize, Problem> {
    usize::try_from(number).map_err(|_| {
        let index = usize::try_from(-1 - number).unwrap_or(usize::MAX);
        Problem::ALL.get(index).copied().unwrap_or(Problem::Module)
    })
}

/// Fetches the module, unless it is there.
///
/// # Errors
/// What the browser says where it cannot be had.
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(clippy::unused_async, reason = "it is in the browser")
)]
pub async fn load() -> Result<(), String> {
    #[cfg(target_arch = "wasm32")]
    browser::load().await?;
    Ok(())
}

/// The module, of which `reader.js` knows where it is.
#[cfg(target_arch = "wasm32")]
mod browser {
    use std::cell::RefCell;

    use js_sys::{Function, Promise, Reflect, Uint8Array};
    use wasm_bindgen::{JsCast as _, JsValue};
    use wasm_bindgen_futures::JsFuture;

    use super::{Envelope, Problem, outcome};
    use crate::thrown::describe;

    thread_local! {
        static MODULE: RefCell<Option<Function>> = const { RefCell::new(None) };
    }

    pub(super) async fn load() -> Result<(), String> {
        if MODULE.with_borrow(Option::is_some) {
            return Ok(());
        }
        let loaded = async {
            let load = Reflect::get(&js_sys::global(), &"floeCodecs".into())?;
            let load: Function = load.dyn_into()?;
            let promise: Promise = load.call0(&JsValue::UNDEFINED)?.dyn_into()?;
            JsFuture::from(promise).await?.dyn_into::<Function>()
        };
        let module = loaded.await.map_err(|error| describe(&error))?;
        MODULE.set(Some(module));
        Ok(())
    }

    pub(super) fn inflate(
        envelope: Envelope,
        encoded: &[u8],
        decoded: &mut [u8],
    ) -> Result<usize, Problem> {
        let Some(module) = MODULE.with_borrow(Clone::clone) else { return Err(Problem::Module) };
        let buffer = Uint8Array::new_with_length(decoded.len() as u32);
        let is_gzip = JsValue::from(envelope == Envelope::Gzip);
        let number = module
            .call3(&JsValue::UNDEFINED, &is_gzip, &Uint8Array::from(encoded), &buffer)
            .ok()
            .and_then(|number| number.as_f64())
            .ok_or(Problem::Module)?;
        let length = outcome(number as i32)?;
        buffer.copy_to(decoded);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_number() {
        assert_eq!(outcome(5), Ok(5));
        for problem in Problem::ALL {
            assert_eq!(outcome(-1 - problem as i32), Err(problem));
        }
        assert_eq!(outcome(i32::MIN), Err(Problem::Module));
        assert_eq!(outcome(inflate_by_number(true, b"", &mut [])), Err(Problem::Header));
    }

    #[test]
    fn what_is_wrong_has_words() {
        let error = inflate(Envelope::Gzip, b"", &mut []).unwrap_err().to_string();
        assert_eq!(error, "its gzip bytes do not decode: its header is none");
        let error = inflate(Envelope::Zlib, b"\x78\x9c", &mut []).unwrap_err().to_string();
        assert!(error.starts_with("its zlib bytes do not decode: "), "{error}");
    }
}
