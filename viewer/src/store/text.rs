//! Coordinates of texts, as zarr-python stores them: `string` (of any length, by the codec `vlen-utf8`), `fixed_length_utf32` and
//! `null_terminated_bytes`.

use std::rc::Rc;

use serde_json::{Value, json};

use super::codec::{DecodeError, Endian};
use super::error::StoreError;
use super::metadata::ArrayMetadata;

/// The most bytes of a chunk of texts.
const MOST_BYTES: usize = 1 << 20;
/// The most bytes of a text of fixed length.
const LONGEST: u64 = 4096;

/// An array of texts with one axis.
#[derive(Clone, Debug)]
pub struct TextArray {
    /// As if it had numbers of one byte.
    metadata: ArrayMetadata,
    form: Form,
}

/// How texts are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Their number, then each with its length in bytes before it.
    Variable,
    /// So many letters of four bytes each, then zeros.
    Letters(usize),
    /// So many bytes of ASCII, then zeros.
    Bytes(usize),
}

impl TextArray {
    /// Whether a data type is one of texts.
    pub(super) fn is_text(data_type: &Value) -> bool {
        let name = data_type.as_str().or_else(|| data_type["name"].as_str()).unwrap_or_default();
        ["string", "fixed_length_utf32", "null_terminated_bytes"].contains(&name)
    }

    /// Reads the `zarr.json` of an array for which [`TextArray::is_text`].
    pub(super) fn parse(path: &str, mut json: Value) -> Result<Self, StoreError> {
        let data_type = json["data_type"].take();
        let length = data_type["configuration"]["length_bytes"].as_u64();
        let form = match (data_type["name"].as_str(), length.filter(|&length| length <= LONGEST)) {
            (Some("fixed_length_utf32"), Some(bytes)) => Some(Form::Letters(bytes as usize / 4)),
            (Some("null_terminated_bytes"), Some(bytes)) => Some(Form::Bytes(bytes as usize)),
            (Some("fixed_length_utf32" | "null_terminated_bytes"), None) => None,
            _ => Some(Form::Variable),
        };
        json["data_type"] = json!("uint8");
        json["fill_value"] = json!(0);
        for codec in json["codecs"].as_array_mut().into_iter().flatten() {
            if codec["name"] == "vlen-utf8" || *codec == "vlen-utf8" {
                *codec = json!("bytes");
            }
        }
        let metadata = ArrayMetadata::parse(path, &json.to_string())?;
        let expected = format!("texts of at most {LONGEST} bytes");
        let form = form.ok_or_else(|| metadata.wrong("data_type", expected, data_type))?;
        Ok(Self { metadata, form })
    }

    /// Its metadata, as if it had numbers of one byte.
    pub(super) fn metadata(&self) -> &ArrayMetadata {
        &self.metadata
    }

    /// The most bytes of a decoded chunk.
    pub(super) fn most_bytes(&self) -> usize {
        let count = self.metadata.chunk_shape.first().map_or(0, |&count| count as usize);
        match self.form {
            Form::Variable => MOST_BYTES,
            Form::Letters(letters) => count * letters * 4,
            Form::Bytes(bytes) => count * bytes,
        }
    }

    /// The texts, given all encoded chunks; empty in a chunk that is not stored.
    pub(super) fn texts(&self, chunks: &[Option<Rc<[u8]>>]) -> Result<Vec<String>, StoreError> {
        let count = self.metadata.chunk_shape[0] as usize;
        let mut texts = Vec::new();
        for (index, chunk) in chunks.iter().enumerate() {
            match chunk {
                None => texts.extend(std::iter::repeat_n(String::new(), count)),
                Some(encoded) => {
                    let found = self.decode(encoded, count).map_err(|problem| {
                        let (array, indices) = (self.metadata.path.clone(), vec![index as u32]);
                        StoreError::Chunk { array, indices, problem }
                    })?;
                    texts.extend(found);
                }
            }
        }
        texts.truncate(self.metadata.shape[0] as usize);
        Ok(texts)
    }

    fn decode(&self, encoded: &[u8], count: usize) -> Result<Vec<String>, DecodeError> {
        let (chain, most) = (&self.metadata.chain, self.most_bytes());
        Ok(match self.form {
            Form::Variable => {
                let bytes = chain.unfilter_within(encoded, most)?;
                let damaged =
                    DecodeError::Damaged { codec: "vlen-utf8", problem: "it is cut short" };
                variable(&bytes, count).ok_or(damaged)?
            }
            Form::Letters(0) | Form::Bytes(0) => vec![String::new(); count],
            Form::Letters(letters) => {
                let bytes = chain.unfilter(encoded, most)?;
                let letter = |bytes: &[u8; 4]| match chain.endian() {
                    Endian::Little => u32::from_le_bytes(*bytes),
                    Endian::Big => u32::from_be_bytes(*bytes),
                };
                let text = |bytes: &[u8]| {
                    let letters = bytes.as_chunks().0.iter().map(letter);
                    let letters = letters.take_while(|&letter| letter != 0);
                    letters.map(|letter| char::from_u32(letter).unwrap_or('\u{fffd}')).collect()
                };
                bytes.chunks_exact(letters * 4).map(text).collect()
            }
            Form::Bytes(length) => {
                let bytes = chain.unfilter(encoded, most)?;
                let text = |bytes: &[u8]| {
                    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(length);
                    String::from_utf8_lossy(&bytes[..end]).into_owned()
                };
                bytes.chunks_exact(length).map(text).collect()
            }
        })
    }
}

/// Texts with their lengths; `None` where they are cut short.
fn variable(bytes: &[u8], expected: usize) -> Option<Vec<String>> {
    let (count, mut rest) = bytes.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*count) as usize != expected {
        return None;
    }
    let text = |_| {
        let (length, bytes) = rest.split_first_chunk::<4>()?;
        let (text, others) = bytes.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = others;
        Some(String::from_utf8_lossy(text).into_owned())
    };
    (0..expected).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(data_type: &Value, codecs: &Value) -> TextArray {
        let json = json!({
            "zarr_format": 3, "shape": [3], "data_type": data_type, "fill_value": "",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}},
            "codecs": codecs,
        });
        assert!(TextArray::is_text(data_type));
        TextArray::parse("/t", json).unwrap()
    }

    #[test]
    fn texts_of_any_length_are_read() {
        let texts = array(&json!("string"), &json!([{"name": "vlen-utf8"}]));
        let chunk: Rc<[u8]> = b"\x02\0\0\0\x03\0\0\0low\x05\0\0\0h\xc3\xb6ch"[..].into();
        let found = texts.texts(&[Some(Rc::clone(&chunk)), None]).unwrap();
        assert_eq!(found, ["low", "höch", ""]);
        for length in 0..chunk.len() {
            let error = texts.texts(&[Some(chunk[..length].into())]).unwrap_err().to_string();
            assert!(error.contains("cut short"), "{error}");
        }
    }

    #[test]
    fn texts_of_fixed_length_end_at_their_first_zero() {
        let letters = json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 8}});
        let texts =
            array(&letters, &json!([{"name": "bytes", "configuration": {"endian": "big"}}]));
        let chunk: Rc<[u8]> = b"\0\0\0h\0\0\0\xf6\0\0\0a\0\0\0\0"[..].into();
        assert_eq!(
            texts.texts(&[Some(Rc::clone(&chunk)), Some(chunk)]).unwrap(),
            ["hö", "a", "hö"]
        );
        let bytes = json!({"name": "null_terminated_bytes", "configuration": {"length_bytes": 2}});
        let texts = array(&bytes, &json!(["bytes"]));
        assert_eq!(texts.texts(&[Some(b"abc\0"[..].into())]).unwrap(), ["ab", "c"]);
    }

    #[test]
    fn texts_without_end_are_refused() {
        let endless =
            json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 1_u64 << 40}});
        let json = json!({
            "zarr_format": 3, "shape": [3], "data_type": endless,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}},
            "codecs": ["bytes"],
        });
        let error = TextArray::parse("/t", json).unwrap_err().to_string();
        assert!(error.contains("data_type to be texts of at most 4096 bytes"), "{error}");
    }
}
