//! A decoder: takes encoded chunks from the reader and gives pixels to the page.

use std::cell::RefCell;
use std::collections::HashMap;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast as _, JsValue};

use super::host::{Answer, send_chunk};
use super::protocol::{Problem, ToDecoder};
use crate::chunk::ChunkKey;
use crate::store::StoreError;
use crate::store::map_array::{Cut, MapArray};
use crate::store::metadata::ArrayMetadata;

/// The arrays that the reader has defined.
#[derive(Default)]
pub(super) struct Decoder {
    arrays: RefCell<HashMap<u32, MapArray>>,
}

impl Decoder {
    /// Does what the reader says.
    pub(super) fn handle(&self, message: ToDecoder, attachment: &JsValue) {
        match message {
            ToDecoder::Define { array, path, zarr_json } => {
                // The reader has read the same text: it cannot fail here.
                if let Ok(map_array) = parse(&path, &zarr_json) {
                    self.arrays.borrow_mut().insert(array, map_array);
                }
            }
            ToDecoder::Decode { key, array, year, width, height } => {
                let cut = Cut { year, width, height };
                let answer = match self.decode(array, attachment, key, cut) {
                    Ok(pixels) => Answer::Data { width, height, pixels },
                    Err(problem) => Answer::Failed(problem),
                };
                send_chunk(key, answer);
            }
        }
    }

    fn decode(
        &self,
        array: u32,
        encoded: &JsValue,
        key: ChunkKey,
        cut: Cut,
    ) -> Result<Vec<u16>, Problem> {
        let problem = |message| Problem { message, transient: false };
        let arrays = self.arrays.borrow();
        let array = arrays
            .get(&array)
            .ok_or_else(|| problem("the decoder was not told the array's codecs".to_owned()))?;
        let encoded: &Uint8Array = encoded
            .dyn_ref()
            .ok_or_else(|| problem("the decoder was given no bytes".to_owned()))?;
        array.decode(&encoded.to_vec(), cut).map_err(|error| {
            let chunk = array.address(key.year, key.row, key.col).map(|address| address.chunk);
            let error = StoreError::Chunk {
                array: array.metadata.path.clone(),
                indices: chunk.unwrap_or_default(),
                problem: error,
            };
            problem(error.to_string())
        })
    }
}

fn parse(path: &str, zarr_json: &str) -> Result<MapArray, StoreError> {
    MapArray::new(ArrayMetadata::parse(path, zarr_json)?)
}
