//! A decoder: takes encoded chunks from the reader and gives pixels to the page.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessagePort;

use super::answer::{Answer, send_chunk};
use super::channel;
use super::protocol::{Problem, ToDecoder, ToReader};
use crate::chunk::{ChunkKey, Form, Pixels};
use crate::store::StoreError;
use crate::store::kept::KeptUnit;
use crate::store::map_array::{Cut, MapArray};
use crate::store::metadata::ArrayMetadata;

/// The arrays that the reader has defined, and the way back to it.
pub(super) struct Decoder {
    arrays: RefCell<HashMap<u64, (Rc<MapArray>, Form)>>,
    /// The last unit of which more may be wanted, by its number.
    kept: KeptUnit<u32>,
    reader: MessagePort,
}

impl Decoder {
    /// Decodes for the reader at the other end of a port.
    pub(super) fn new(reader: MessagePort) -> Self {
        Self { arrays: RefCell::default(), kept: KeptUnit::default(), reader }
    }

    /// Does what the reader says.
    pub(super) fn handle(self: &Rc<Self>, message: ToDecoder, attachment: &JsValue) {
        match message {
            ToDecoder::Define { array, path, zarr_json, map_axes, form } => {
                // The reader has read the same text: it cannot fail here.
                if let Ok(map_array) = parse(&path, &zarr_json, map_axes) {
                    self.arrays.borrow_mut().insert(array, (Rc::new(map_array), form));
                }
            }
            ToDecoder::Decode { key, array, plane, row, col, width, height, unit } => {
                let cut = Cut { plane, row, col, width, height };
                let Some((array, form)) = self.arrays.borrow().get(&array).cloned() else {
                    let message = "the decoder was not told the array's codecs".to_owned();
                    let problem = Problem { message, transient: false };
                    return send_chunk(key, Answer::Failed(problem));
                };
                if !array.metadata.chain.is_further() {
                    return send_chunk(
                        key,
                        self.answer((&array, form), attachment, key, (cut, unit)),
                    );
                }
                let (decoder, attachment) = (Rc::clone(self), attachment.clone());
                spawn_local(async move {
                    let answer = match array.metadata.prepare().await {
                        Ok(()) => decoder.answer((&array, form), &attachment, key, (cut, unit)),
                        Err(error) => Answer::Failed(Problem::of(&error)),
                    };
                    send_chunk(key, answer);
                });
            }
        }
    }

    fn answer(
        &self,
        array: (&MapArray, Form),
        encoded: &JsValue,
        key: ChunkKey,
        (cut, unit): (Cut, u32),
    ) -> Answer {
        match self.decode(array, encoded, key, (cut, unit)) {
            Ok(pixels) => Answer::Data { width: cut.width, height: cut.height, pixels },
            Err(problem) => {
                // A closed port has nobody who would ask again.
                let _ = self.reader.post_message(&channel::message(&ToReader::Broken { key }));
                Answer::Failed(problem)
            }
        }
    }

    fn decode(
        &self,
        (array, form): (&MapArray, Form),
        encoded: &JsValue,
        key: ChunkKey,
        (cut, unit): (Cut, u32),
    ) -> Result<Pixels, Problem> {
        if unit != 0
            && let Some(pixels) = self.kept.pixels(&unit, array, cut, form)
        {
            return Ok(pixels);
        }
        // What was to be kept did not decode: it is asked for again.
        let encoded: &Uint8Array = encoded.dyn_ref().ok_or_else(|| Problem {
            message: "the decoder was given no bytes".to_owned(),
            transient: unit != 0,
        })?;
        let bytes = encoded.to_vec();
        let decoded = if unit == 0 {
            array.decode(&bytes, cut, form)
        } else {
            self.kept.decode(unit, array, &bytes, (cut, form))
        };
        decoded.map_err(|problem| {
            let chunk = array.address(key.plane, key.row, key.col).map(|address| address.chunk);
            Problem::of(&StoreError::Chunk {
                array: array.metadata.path.clone(),
                indices: chunk.unwrap_or_default(),
                problem,
            })
        })
    }
}

fn parse(path: &str, zarr_json: &str, (row, col): (u32, u32)) -> Result<MapArray, StoreError> {
    MapArray::new(ArrayMetadata::parse(path, zarr_json)?, [row as usize, col as usize])
}
