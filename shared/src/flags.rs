//! Numbers that stand for classes or for single bits, by CF's attributes (section 3.5) `flag_values`, `flag_masks` and
//! `flag_meanings`; and `flag_colors`, which many data sets of land cover have besides.

use serde_json::{Map, Value};

use crate::colormap::Rgb;
use crate::encoding::{DataType, EncodingError, Scalar};

/// What a stored number, or some of its bits, means.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// The number, or the value of the bits that `mask` keeps.
    pub value: f64,
    /// The bits that count; `None` where the whole number does.
    pub mask: Option<u64>,
    /// What it means, in words.
    pub meaning: String,
    /// Its colour, where the data set has one.
    pub color: Option<Rgb>,
}

impl Flag {
    /// Whether a stored number has the meaning.
    pub fn is_of(&self, number: f64) -> bool {
        match self.mask {
            None => number.total_cmp(&self.value).is_eq(),
            Some(mask) => number as i64 as u64 & mask == self.value as i64 as u64 & mask,
        }
    }
}

/// Reads the flags of an array's attributes; none where there are no meanings.
///
/// # Errors
/// Where an attribute is not what it should be, or where values and meanings do not go together.
pub fn read(attributes: &Value) -> Result<Vec<Flag>, EncodingError> {
    let Some(meanings) = words(&attributes["flag_meanings"]) else { return Ok(Vec::new()) };
    let values = numbers("flag_values", &attributes["flag_values"])?;
    let masks = numbers("flag_masks", &attributes["flag_masks"])?;
    let count = meanings.len();
    let fits = |numbers: &Option<Vec<f64>>| numbers.as_ref().is_none_or(|it| it.len() == count);
    if !fits(&values) || !fits(&masks) {
        let [values, masks] = ["flag_values", "flag_masks"].map(|name| &attributes[name]);
        let found = if values.is_null() { masks } else { values };
        return Err(wrong("flag_meanings", "as many as there are values or masks", found));
    }
    let masks = masks.map(|masks| masks.into_iter().map(|mask| mask as i64 as u64).collect());
    let masks: Vec<Option<u64>> = masks
        .map_or_else(|| vec![None; count], |masks: Vec<u64>| masks.into_iter().map(Some).collect());
    // Of masks alone each bit has a meaning.
    let alone = masks.iter().map(|mask| mask.map(|mask| mask as f64)).collect();
    let Some(values) = values.or(alone) else { return Ok(Vec::new()) };
    let colors = words(&attributes["flag_colors"]).unwrap_or_default();
    let colors: Option<Vec<Rgb>> = colors.iter().map(|text| color(text)).collect();
    // Others do not tell which class each is of.
    let colors = colors.filter(|colors| colors.len() == count).unwrap_or_default();
    let flags = values.into_iter().zip(masks).zip(meanings).enumerate();
    let flag = |(index, ((value, mask), meaning)): (usize, ((f64, Option<u64>), String))| Flag {
        value,
        mask,
        meaning: meaning.replace('_', " "),
        color: colors.get(index).copied(),
    };
    Ok(flags.map(flag).collect())
}

/// The attributes of whole numbers that have a meaning each, without masks, which [`read`] reads back: the values in the array's
/// type, the meanings with `_` for spaces, colours where all have one. None of no flags.
pub fn attributes(flags: &[Flag], data_type: DataType) -> Map<String, Value> {
    if flags.is_empty() {
        return Map::new();
    }
    let value = |flag: &Flag| {
        let number = Scalar::Float(flag.value);
        data_type.fit(number).unwrap_or(number).json()
    };
    let values: Vec<Value> = flags.iter().map(value).collect();
    let words = |words: Vec<String>| Value::from(words.join(" "));
    let meanings = flags.iter().map(|flag| flag.meaning.replace(' ', "_")).collect();
    let mut attributes = Map::from_iter([
        ("flag_values".to_owned(), values.into()),
        ("flag_meanings".to_owned(), words(meanings)),
    ]);
    let hex = |[red, green, blue]: Rgb| format!("#{red:02x}{green:02x}{blue:02x}");
    let colors: Option<Vec<String>> = flags.iter().map(|flag| flag.color.map(hex)).collect();
    attributes.extend(colors.map(|colors| ("flag_colors".to_owned(), words(colors))));
    attributes
}

/// The words of a text or of a list of texts; `None` where there is no such attribute.
fn words(attribute: &Value) -> Option<Vec<String>> {
    match attribute {
        Value::String(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
        Value::Array(list) => list.iter().map(|word| word.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The numbers of an attribute: a list, or a single one.
fn numbers(member: &'static str, attribute: &Value) -> Result<Option<Vec<f64>>, EncodingError> {
    let number = |value: &Value| {
        let number = Scalar::read(value).map(Scalar::as_f64).filter(|number| number.is_finite());
        number.ok_or_else(|| wrong(member, "numbers", attribute))
    };
    match attribute {
        Value::Null => Ok(None),
        Value::Array(list) => list.iter().map(number).collect::<Result<_, _>>().map(Some),
        one => number(one).map(|number| Some(vec![number])),
    }
}

/// `#rrggbb`.
fn color(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#')?;
    let is_color = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let [_, channels @ ..] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    is_color.then_some(channels)
}

fn wrong(member: &'static str, expected: &'static str, found: &Value) -> EncodingError {
    EncodingError { member, expected, found: found.to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_masks_and_both_are_read() {
        let flags = read(&json!({
            "flag_values": [10, 20], "flag_meanings": "tree_cover grass", "flag_colors": "#006400 #FFFF4C",
        }));
        let flags = flags.unwrap();
        assert_eq!((flags[0].value, flags[0].meaning.as_str()), (10.0, "tree cover"));
        assert_eq!(flags[1].color, Some([255, 255, 0x4c]));
        assert!(flags[1].is_of(20.0) && !flags[1].is_of(21.0));

        let bits = read(&json!({"flag_masks": [1, 4], "flag_meanings": "cloud snow"})).unwrap();
        assert!(bits[1].is_of(6.0) && !bits[0].is_of(6.0));
        let both = json!({
            "flag_masks": [3, 3, 12], "flag_values": [0, 2, 4], "flag_meanings": ["good", "bad", "land"],
        });
        let both = read(&both).unwrap();
        let meant = |number: f64| -> Vec<&str> {
            let flags = both.iter().filter(|flag| flag.is_of(number));
            flags.map(|flag| flag.meaning.as_str()).collect()
        };
        assert_eq!(meant(6.0), ["bad", "land"]);
        assert_eq!(meant(0.0), ["good"]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let flag = |value: f64, meaning: &str, color| Flag {
            value,
            mask: None,
            meaning: meaning.to_owned(),
            color,
        };
        for color in [None, Some([0, 0x64, 0xff])] {
            let flags = [flag(10.0, "tree cover", color), flag(-3.0, "water", color)];
            let written = attributes(&flags, DataType::I16);
            assert_eq!(written["flag_values"], json!([10, -3]));
            assert_eq!(written["flag_meanings"], "tree_cover water");
            assert_eq!(read(&written.into()), Ok(flags.to_vec()));
        }
        assert!(attributes(&[], DataType::U8).is_empty());
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let said = |attributes| read(&attributes).unwrap_err().to_string();
        assert_eq!(
            said(json!({"flag_values": [1, 2, 3], "flag_meanings": "a b"})),
            "expected flag_meanings to be as many as there are values or masks, found [1,2,3]"
        );
        assert!(
            said(json!({"flag_values": "1 2", "flag_meanings": "a b"}))
                .contains("flag_values to be numbers")
        );
        assert_eq!(read(&json!({"flag_values": [1]})), Ok(Vec::new()));
        assert_eq!(read(&json!({"flag_meanings": "a"})), Ok(Vec::new()));
        // Of another number of colours nobody knows whose they are.
        let flags =
            json!({"flag_values": [1, 2], "flag_meanings": "a b", "flag_colors": "#000000"});
        assert_eq!(read(&flags).unwrap()[0].color, None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_color_or_none(text in "#?\\PC{0,7}") {
            let _ = color(&text);
        }
    }
}
