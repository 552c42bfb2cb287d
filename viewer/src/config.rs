//! The page's configuration: one small JSON file beside `index.html`.
//!
//! ```json
//! { "store": "https://example.org/lst", "defaults": { "var": "max_daytime_lst", "z": 2 } }
//! ```
//!
//! `store` is the address of the Icechunk repository or plain Zarr store, absolute or relative to the page; `ref` names
//! a branch, tag or snapshot (the branch `main` where it is absent). `defaults` holds the
//! first view, in the keys of a [link](crate::link). Parsing of the JSON text itself is left to the
//! browser.

/// Where the configuration lies, relative to the page.
pub const FILE: &str = "floe-page.json";

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageConfig {
    /// Address of the repository, absolute or relative to the page.
    pub store: String,
    /// Branch, tag or snapshot id.
    pub reference: Option<String>,
    /// The first view, in the keys of a link.
    pub defaults: Vec<(String, String)>,
}

/// Why the file is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It did not arrive.
    #[error("the page's configuration {FILE} could not be read: {reason}")]
    Unreachable {
        /// What the browser said.
        reason: String,
    },
    /// It is not JSON, or not an object.
    #[error("the page's configuration {FILE} must be a JSON object: {reason}")]
    NotAnObject {
        /// What the browser said.
        reason: String,
    },
    /// `store` is absent.
    #[error(
        "the page's configuration {FILE} must have a \"store\": the address of an Icechunk repository"
    )]
    NoStore,
    /// The store lies where a page cannot read.
    #[error(
        "the store must have an http: or https: address, found the scheme \"{scheme}\" in {address}"
    )]
    Scheme {
        /// The address.
        address: String,
        /// Its scheme, with a colon.
        scheme: String,
    },
    /// The store's address lacks something, or means one of another page.
    #[error("{address}: {problem}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A value is neither text nor a number nor a boolean.
    #[error("the page's configuration {FILE} has a \"{key}\" that is not {expected}")]
    WrongType {
        /// Its key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A key that means nothing.
    #[error(
        "the page's configuration {FILE} has an unknown key \"{key}\": expected store, ref or defaults"
    )]
    UnknownKey {
        /// The key.
        key: String,
    },
}

impl ConfigError {
    /// Whether it may be another time.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// A value of the JSON object, as far as it matters here.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string, or a number or boolean as the browser writes it.
    Text(String),
    /// An object, its entries in order.
    Object(Vec<(String, Value)>),
    /// Anything else: null or an array.
    Other,
}

impl PageConfig {
    /// Reads the entries of the file's object.
    pub fn from_entries(entries: Vec<(String, Value)>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        for (key, value) in entries {
            match (key.as_str(), value) {
                ("store", Value::Text(store)) => store.trim().clone_into(&mut config.store),
                ("ref", Value::Text(reference)) => config.reference = Some(reference),
                ("defaults", Value::Object(defaults)) => {
                    for (key, value) in defaults {
                        let Value::Text(text) = value else {
                            let expected = "a text, a number or a boolean";
                            return Err(ConfigError::WrongType { key, expected });
                        };
                        config.defaults.push((key, text));
                    }
                }
                ("defaults", _) => {
                    return Err(ConfigError::WrongType { key, expected: "an object" });
                }
                ("store" | "ref", _) => {
                    return Err(ConfigError::WrongType { key, expected: "a text" });
                }
                _ => return Err(ConfigError::UnknownKey { key }),
            }
        }
        if config.store.is_empty() {
            return Err(ConfigError::NoStore);
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    #[test]
    fn one_line_is_enough() {
        let config =
            PageConfig::from_entries(vec![("store".to_owned(), text("data/store"))]).unwrap();
        assert_eq!(config.store, "data/store");
        assert_eq!((config.reference, config.defaults), (None, Vec::new()));
    }

    #[test]
    fn defaults_are_kept_in_the_keys_of_a_link() {
        let defaults = Value::Object(vec![("z".to_owned(), text("2"))]);
        let config = PageConfig::from_entries(vec![
            ("store".to_owned(), text("x")),
            ("ref".to_owned(), text("v1")),
            ("defaults".to_owned(), defaults),
        ])
        .unwrap();
        assert_eq!(config.reference.as_deref(), Some("v1"));
        assert_eq!(config.defaults, [("z".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |entries| PageConfig::from_entries(entries).unwrap_err().to_string();
        assert!(said(vec![]).contains("must have a \"store\""));
        let wrong = said(vec![("stroe".to_owned(), text("x"))]);
        assert!(wrong.contains("unknown key \"stroe\""), "{wrong}");
        let wrong = said(vec![("store".to_owned(), Value::Other)]);
        assert!(wrong.contains("\"store\" that is not a text"), "{wrong}");
        let wrong = said(vec![(
            "defaults".to_owned(),
            Value::Object(vec![("z".to_owned(), Value::Other)]),
        )]);
        assert!(wrong.contains("\"z\" that is not a text"), "{wrong}");
    }
}
