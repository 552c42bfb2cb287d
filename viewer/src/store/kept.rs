//! The unit that was decoded last: its other tiles and planes do not decode it again.

use std::cell::RefCell;

use super::codec::DecodeError;
use super::map_array::{Cut, MapArray, Unit};
use crate::chunk::{Form, Pixels};

/// A decoded unit, by what tells it from others.
pub struct KeptUnit<K>(RefCell<Option<(K, Unit)>>);

impl<K> Default for KeptUnit<K> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: PartialEq> KeptUnit<K> {
    /// Cuts a tile out of a unit, if that is the one that is kept.
    pub fn pixels(&self, key: &K, array: &MapArray, cut: Cut, form: Form) -> Option<Pixels> {
        let kept = self.0.borrow();
        let (_, unit) = kept.as_ref().filter(|(known, _)| known == key)?;
        Some(array.pixels(unit, cut, form))
    }

    /// Decodes a unit, keeps it in place of the one before, and cuts a tile out of it.
    pub fn decode(
        &self,
        key: K,
        array: &MapArray,
        encoded: &[u8],
        (cut, form): (Cut, Form),
    ) -> Result<Pixels, DecodeError> {
        // Both at once would take twice the memory.
        self.forget();
        let unit = array.unit(encoded)?;
        let pixels = array.pixels(&unit, cut, form);
        self.0.replace(Some((key, unit)));
        Ok(pixels)
    }

    /// Keeps nothing any more.
    pub fn forget(&self) {
        self.0.take();
    }
}
