//! Scenes from a list of STAC items: for archives without an API, and for files on a disk.
//!
//! A list is a file or a URL of items, one a line, or an `ItemCollection` (a GeoJSON `FeatureCollection`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::found::{Found, Harvest};
use super::href::Base;
use super::item::Wanted;
use super::need::Need;
use crate::exit::Exit;
use crate::http::{Http, HttpError, bare};

/// A list of items, which is read once.
#[derive(Debug)]
pub struct ItemList {
    http: Arc<Http>,
    /// Its path or URL.
    place: String,
    wanted: Wanted,
    items: OnceCell<Vec<Value>>,
}

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file cannot be read.
    #[error("cannot read the list of items {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The URL cannot be read.
    #[error("list of items: {0}")]
    Http(#[from] HttpError),
    /// Nothing stands in it.
    #[error("list of items {place}: expected at least one, found none")]
    Empty {
        /// Its path or URL.
        place: String,
    },
    /// What stands in it.
    #[error(
        "list of items {place}, line {line}: expected a STAC item a line, or one FeatureCollection of them, found {found}"
    )]
    NotItems {
        /// Its path or URL.
        place: String,
        /// The line, from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
}

impl ListError {
    /// The exit code of this kind of failure.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. } => Exit::Configuration,
            Self::Http(error) if error.is_not_found() => Exit::Configuration,
            Self::Http(error) => error.exit(),
            Self::Empty { .. } | Self::NotItems { .. } => Exit::Data,
        }
    }
}

impl ItemList {
    /// The list at a path or URL.
    pub fn new(http: Arc<Http>, place: &str, wanted: Wanted) -> Self {
        Self { http, place: place.to_owned(), wanted, items: OnceCell::new() }
    }

    /// Its path, or its URL without a query.
    pub fn place(&self) -> String {
        if self.is_of_network() { bare(&self.place) } else { self.place.clone() }
    }

    /// The scenes that are needed.
    pub async fn find(&self, need: &Need) -> Result<Found, ListError> {
        let base = self.base();
        let mut harvest = Harvest::new(&self.wanted, need);
        for item in self.items().await? {
            harvest.add(item, &base);
        }
        Ok(harvest.finish())
    }

    /// All items, as they are written.
    pub async fn items(&self) -> Result<&[Value], ListError> {
        let read = async || {
            let bytes = self.bytes().await?;
            let wrong = |(line, found)| ListError::NotItems { place: self.place(), line, found };
            parse(&bytes).map_err(wrong)
        };
        self.items.get_or_try_init(read).await.map(Vec::as_slice)
    }

    fn is_of_network(&self) -> bool {
        let lower = self.place.to_ascii_lowercase();
        lower.starts_with("http://") || lower.starts_with("https://")
    }

    /// The file of a list that is on this machine.
    fn path(&self) -> PathBuf {
        let url = url::Url::parse(&self.place).ok().filter(|url| url.scheme() == "file");
        url.and_then(|url| url.to_file_path().ok()).unwrap_or_else(|| PathBuf::from(&self.place))
    }

    fn base(&self) -> Base {
        if self.is_of_network() {
            return Base::Network(self.place.clone());
        }
        Base::Folder(self.path().parent().unwrap_or(Path::new("")).to_owned())
    }

    async fn bytes(&self) -> Result<Bytes, ListError> {
        if self.is_of_network() {
            return Ok(self.http.get(&self.place).await?);
        }
        let unreadable = |source| ListError::Unreadable { path: self.place(), source };
        Ok(tokio::fs::read(self.path()).await.map_err(unreadable)?.into())
    }
}

/// The items of a list; or the line that is none, and what it is.
fn parse(bytes: &[u8]) -> Result<Vec<Value>, (usize, String)> {
    // A byte order mark is no part of the text.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(document) = serde_json::from_slice::<Value>(bytes) {
        return match document.get("features").and_then(Value::as_array) {
            Some(features) => Ok(features.clone()),
            None if document["type"] == "Feature" => Ok(vec![document]),
            None => Err((1, excerpt(&document.to_string()))),
        };
    }
    let mut items = Vec::new();
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Value>(line) {
            Ok(item) if item["type"] == "Feature" => items.push(item),
            _ => return Err((index + 1, excerpt(&String::from_utf8_lossy(line)))),
        }
    }
    Ok(items)
}

/// The beginning of a text.
fn excerpt(text: &str) -> String {
    const MOST: usize = 60;
    let text = text.trim();
    let short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() { format!("'{short}…'") } else { format!("'{short}'") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::href::Href;
    use super::super::item::tests::{need, wanted};
    use super::*;
    use crate::patience::Patience;

    fn item(id: &str, href: &str) -> Value {
        json!({
            "type": "Feature", "id": id, "bbox": [10, 40, 11, 41],
            "properties": { "datetime": "2022-02-03T10:00:00Z" },
            "assets": { "red": { "href": href } },
        })
    }

    fn list(place: &str) -> ItemList {
        let patience = Patience { lasts: std::time::Duration::ZERO, attempts: 1 };
        let http = Arc::new(Http::new(patience, |_| ()).unwrap());
        ItemList::new(http, place, wanted(&["red"]))
    }

    #[tokio::test]
    async fn a_list_of_a_disk_names_files_relative_to_itself() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("items.ndjson");
        let lines = [item("b", "tiles/b.tif"), item("a", "file:///elsewhere/a.tif")];
        let text = lines.each_ref().map(Value::to_string).join("\r\n\n");
        let collection = json!({ "type": "FeatureCollection", "features": lines });
        for text in [text, collection.to_string(), format!("\u{feff}{collection}")] {
            std::fs::write(&path, text).unwrap();
            let place = path.display().to_string();
            for place in [&place, &format!("file://{place}")] {
                let found = list(place).find(&need()).await.unwrap();
                let hrefs: Vec<&Href> =
                    found.scenes.iter().map(|scene| &scene.assets["red"].href).collect();
                let own = Href::File(directory.path().join("tiles/b.tif"));
                assert_eq!(hrefs, [&Href::File("/elsewhere/a.tif".into()), &own]);
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_list_is_named_by_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("items.ndjson");
        for (text, expected) in [
            (format!("{}\n{{\"type\": ", item("a", "a.tif")), "line 2: "),
            ("<html>\n</html>".to_owned(), "line 1: "),
            (json!({ "type": "Catalog" }).to_string(), "found '{\"type\":\"Catalog\"}'"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = list(path.to_str().unwrap()).find(&need()).await.unwrap_err();
            let message = error.to_string();
            assert!(message.contains(expected) && message.contains("items.ndjson"), "{message}");
            assert_eq!(error.exit(), Exit::Data);
        }
        let error = list("no/such/items.ndjson").find(&need()).await.unwrap_err();
        assert!(
            error.to_string().starts_with("cannot read the list of items no/such/items.ndjson")
        );
        assert_eq!(error.exit(), Exit::Configuration);
    }
}
