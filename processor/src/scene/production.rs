//! Which of several productions of one observation is the newest. Pure.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// When, or in which version, an item was produced, as a property of the item tells: greater ones are newer.
///
/// Times (RFC 3339) are compared as times, numbers as numbers, other texts by their signs. What tells nothing is the oldest.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Production {
    /// The item does not say.
    #[default]
    Unknown,
    /// A text that is no time.
    Text(String),
    /// A number.
    Number(f64),
    /// A time.
    Time(DateTime<Utc>),
}

impl Production {
    /// The value of a property.
    pub fn read(value: Option<&Value>) -> Self {
        match value {
            Some(Value::String(text)) => DateTime::parse_from_rfc3339(text)
                .map_or_else(|_| Self::Text(text.clone()), |time| Self::Time(time.to_utc())),
            Some(Value::Number(number)) => number.as_f64().map_or(Self::Unknown, Self::Number),
            _ => Self::Unknown,
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Text(_) => 1,
            Self::Number(_) => 2,
            Self::Time(_) => 3,
        }
    }
}

impl Eq for Production {}

impl Ord for Production {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Production {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Display for Production {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => Ok(()),
            Self::Text(text) => formatter.write_str(text),
            Self::Number(number) => number.fmt(formatter),
            Self::Time(time) => formatter.write_str(&time.to_rfc3339()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_compared_as_times_and_versions_as_they_are_written() {
        let read = |value: Value| Production::read(Some(&value));
        for (older, newer) in [
            (json!("2022-02-11T23:00:00-05:00"), json!("2022-02-12T04:00:01Z")),
            (json!("2022-02-11T05:07:40Z"), json!("2022-02-11T05:07:40.5Z")),
            (json!("05.09"), json!("05.10")),
            (json!(9), json!(10)),
            (json!(null), json!("05.09")),
            (json!({ "no": "order" }), json!("2022-02-11T05:07:40Z")),
        ] {
            assert!(read(older.clone()) < read(newer.clone()), "{older} {newer}");
        }
        assert_eq!(Production::read(None), Production::Unknown);
        assert_eq!(read(json!("2022-01-01T00:00:00Z")), read(json!("2022-01-01T01:00:00+01:00")));
    }
}
