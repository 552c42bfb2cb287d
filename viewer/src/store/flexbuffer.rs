//! Reads what is needed of a `FlexBuffer`: maps and texts, never outside the bytes and without any recursion.
//!
//! A value lies before what refers to it. The last byte is the root's width in bytes, the one before it its type; a
//! reference is the distance back to what it means: <https://flatbuffers.dev/internals/#flexbuffers>.

/// The most members of a map that are looked at.
const MOST_MEMBERS: usize = 4096;

/// A value within a buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    buffer: &'a [u8],
    kind: Kind,
    /// Where it lies.
    address: usize,
    /// Bytes of the numbers that it is made of.
    width: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Map,
    Other,
}

impl<'a> Value<'a> {
    /// The value that a buffer holds.
    pub(super) fn root(buffer: &'a [u8]) -> Option<Self> {
        let [rest @ .., packed, width] = buffer else { return None };
        let width = usize::from(*width);
        let at = rest.len().checked_sub(width)?;
        Self::at(buffer, at, width, *packed)
    }

    /// A value that is written, or referred to, at some place in a number of `width` bytes.
    fn at(buffer: &'a [u8], at: usize, width: usize, packed: u8) -> Option<Self> {
        let own_width = 1 << (packed & 0b11);
        let (kind, is_reference) = match packed >> 2 {
            5 => (Kind::Text, true),
            9 => (Kind::Map, true),
            _ => (Kind::Other, false),
        };
        let address = if is_reference { at.checked_sub(number(buffer, at, width)?)? } else { at };
        let width = if is_reference { own_width } else { width };
        Some(Self { buffer, kind, address, width })
    }

    /// The text, of a text.
    pub(super) fn text(self) -> Option<&'a str> {
        if self.kind != Kind::Text {
            return None;
        }
        let length = self.before(1)?;
        let bytes = self.buffer.get(self.address..self.address.checked_add(length)?)?;
        std::str::from_utf8(bytes).ok()
    }

    /// The value of a member, of a map.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.members().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The members of a map; none of anything else.
    pub(super) fn members(self) -> impl Iterator<Item = (&'a str, Self)> {
        let length = self.before(1).filter(|_| self.kind == Kind::Map).unwrap_or_default();
        (0..length.min(MOST_MEMBERS)).map_while(move |index| self.member(index, length))
    }

    fn member(self, index: usize, length: usize) -> Option<(&'a str, Self)> {
        // Before the values: where the keys are, how wide they are, and how many there are.
        let keys_at = self.address.checked_sub(3 * self.width)?;
        let keys = keys_at.checked_sub(self.before(3)?)?;
        let keys_width = self.before(2)?;
        let key_at = keys.checked_add(index.checked_mul(keys_width)?)?;
        let key = key_at.checked_sub(number(self.buffer, key_at, keys_width)?)?;
        let name = self.buffer.get(key..)?.split(|&byte| byte == 0).next()?;
        // Behind the values: their types, a byte each.
        let values_end = self.address.checked_add(length.checked_mul(self.width)?)?;
        let packed = *self.buffer.get(values_end.checked_add(index)?)?;
        let value = Self::at(self.buffer, self.address + index * self.width, self.width, packed)?;
        Some((std::str::from_utf8(name).ok()?, value))
    }

    /// One of the numbers that stand before the value.
    fn before(self, place: usize) -> Option<usize> {
        number(self.buffer, self.address.checked_sub(place * self.width)?, self.width)
    }
}

/// A number of 1, 2, 4 or 8 bytes.
fn number(buffer: &[u8], at: usize, width: usize) -> Option<usize> {
    if !matches!(width, 1 | 2 | 4 | 8) {
        return None;
    }
    let bytes = buffer.get(at..at.checked_add(width)?)?;
    let number = bytes.iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Vec<u8> {
        let long = "é".repeat(300);
        let value = serde_json::json!({
            "a": {"yes": true, "none": null, "deep": {"text": "Wört"}},
            "list": [1, 2.5, "x"], "long": long, "text": "",
        });
        flexbuffers::to_vec(value).unwrap()
    }

    fn walk(value: Value<'_>, depth: usize) -> usize {
        let members = value
            .members()
            .take(64)
            .map(|(key, value)| key.len() + if depth == 0 { 0 } else { walk(value, depth - 1) });
        members.sum::<usize>() + value.text().map_or(0, str::len)
    }

    #[test]
    fn members_are_found_by_their_names() {
        let sample = sample();
        let root = Value::root(&sample).unwrap();
        let names: Vec<&str> = root.members().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "list", "long", "text"]);
        let deep = root.get("a").and_then(|a| a.get("deep")?.get("text")?.text());
        assert_eq!(deep, Some("Wört"));
        assert_eq!(root.get("long").and_then(Value::text).map(str::len), Some(600));
        assert_eq!(root.get("text").and_then(Value::text), Some(""));
        assert!(root.get("b").is_none() && root.text().is_none());
        assert_eq!(root.get("list").map(|list| list.members().count()), Some(0));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Value::root(&bytes).map(|value| walk(value, 3));
        }

        #[test]
        fn a_damaged_buffer_is_read_or_not(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut damaged = sample();
            *at.get_mut(&mut damaged) = byte;
            let _ = Value::root(&damaged).map(|value| walk(value, 3));
        }
    }
}
