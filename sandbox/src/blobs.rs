//! Byte ranges of blobs (RFC 9110, section 14): which part a request asks for.

use std::ops::Range;

/// What to send of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it, status 200.
    Whole,
    /// These bytes, status 206.
    Range(Range<u64>),
    /// Nothing, status 416: the range begins behind the end.
    Unsatisfiable,
}

impl Part {
    /// The bytes of a file of this length that are sent.
    pub(super) fn bytes(&self, length: u64) -> Range<u64> {
        match self {
            Self::Whole => 0..length,
            Self::Range(range) => range.clone(),
            Self::Unsatisfiable => 0..0,
        }
    }
}

/// The part that a `Range` header asks for; headers that are malformed or name several ranges count
/// as absent, as the RFC allows.
pub(super) fn part(header: Option<&str>, length: u64) -> Part {
    let Some((first, last)) = header
        .and_then(|text| text.strip_prefix("bytes="))
        .filter(|text| !text.contains(','))
        .and_then(|text| text.split_once('-'))
    else {
        return Part::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", suffix) => match number(suffix) {
            None => Part::Whole,
            Some(0) => Part::Unsatisfiable,
            Some(count) => Part::Range(length.saturating_sub(count)..length),
        },
        (first, "") => match number(first) {
            None => Part::Whole,
            Some(first) if first >= length => Part::Unsatisfiable,
            Some(first) => Part::Range(first..length),
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => {
                if first >= length {
                    Part::Unsatisfiable
                } else {
                    Part::Range(first..length.min(last.saturating_add(1)))
                }
            }
            _ => Part::Whole,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        for (header, expected) in [
            ("bytes=0-9", Part::Range(0..10)),
            ("bytes=90-", Part::Range(90..100)),
            ("bytes=90-900", Part::Range(90..100)),
            ("bytes=-10", Part::Range(90..100)),
            ("bytes=-1000", Part::Range(0..100)),
            ("bytes=99-99", Part::Range(99..100)),
            ("bytes=100-", Part::Unsatisfiable),
            ("bytes=100-101", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=9-1", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("bytes=x-", Part::Whole),
            ("lines=0-9", Part::Whole),
        ] {
            assert_eq!(part(Some(header), 100), expected, "{header}");
        }
        assert_eq!(part(None, 100), Part::Whole);
    }
}
