//! A folder of STAC items of any product, and the files beside them, as an archive behind a STAC API.
//!
//! Items are `*.json` (an item, or a `FeatureCollection` of them) and `*.ndjson` (an item a line). Addresses that are relative,
//! and those of files whose names lie beside the item, become the sandbox's own.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, NaiveDateTime};
use serde_json::{Map, Value, json};

use super::footprint::LonLatBox;
use super::search::{Page, TokenError, page, satisfies};
use super::search_request::{Plain, SearchRequest};

/// The collection of items that name none.
const NAMELESS: &str = "items";
/// Where files are below the sandbox's address.
pub(super) const FILES: &str = "files";

/// Items of a folder, newest first and of one time by descending id.
#[derive(Debug)]
pub(super) struct StacItems {
    folder: PathBuf,
    items: Vec<StoredItem>,
}

#[derive(Debug)]
pub(super) struct StoredItem {
    id: String,
    collection: String,
    /// The span of time, both ends included.
    span: Option<(NaiveDateTime, NaiveDateTime)>,
    /// One box, or two of one that crosses the antimeridian; none where the item has none.
    boxes: Vec<LonLatBox>,
    /// The item; addresses of the sandbox's own begin with a slash.
    document: Value,
}

/// Why a folder of items cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum StacItemsError {
    /// The folder, or a file in it, cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that holds something else.
    #[error("cannot serve {}, line {line}: expected a STAC item, found {found}", path.display())]
    NotAnItem {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
    /// Two items of one id.
    #[error("cannot serve {}: expected one item of the id {id}, found several", path.display())]
    Twice {
        /// The folder.
        path: PathBuf,
        /// The id.
        id: String,
    },
    /// Nothing to serve.
    #[error("{} holds no item: expected *.json or *.ndjson with STAC items", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl StacItems {
    /// All items of a folder.
    pub(super) fn load(folder: &Path) -> Result<Self, StacItemsError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| StacItemsError::Unreadable { path, source }
        };
        let folder = folder.canonicalize().map_err(unreadable(folder))?;
        let mut names = HashSet::new();
        let mut documents = Vec::new();
        for entry in fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let path = entry.map_err(unreadable(&folder))?.path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if matches!(ending, "json" | "ndjson" | "jsonl" | "geojson") {
                let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
                documents.extend(read(&path, &text)?);
            } else if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
                names.insert(name.to_owned());
            }
        }
        let mut items: Vec<StoredItem> = documents
            .into_iter()
            .map(|document| StoredItem::new(document, &folder, &names))
            .collect();
        if items.is_empty() {
            return Err(StacItemsError::Empty { path: folder });
        }
        items.sort_by(|a, b| (b.span, &b.id).cmp(&(a.span, &a.id)));
        let mut ids = HashSet::new();
        if let Some(twice) = items.iter().find(|item| !ids.insert((&item.collection, &item.id))) {
            return Err(StacItemsError::Twice { id: twice.id.clone(), path: folder });
        }
        Ok(Self { folder, items })
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Finds a page.
    pub(super) fn search(
        &self,
        request: &SearchRequest,
    ) -> Result<Page<'_, StoredItem>, TokenError> {
        let matches = self.items.iter().filter(|item| item.fits(request)).collect();
        let name = request.collections.as_deref().and_then(<[String]>::first);
        page(matches, request, |item| &item.id, name.map_or(NAMELESS, String::as_str))
    }

    /// An item by its collection and id.
    pub(super) fn item(&self, collection: &str, id: &str) -> Option<&StoredItem> {
        self.items.iter().find(|item| item.collection == collection && item.id == id)
    }

    /// The documents of all collections.
    pub(super) fn collections(&self, base: &str) -> Vec<Value> {
        let mut by_name: BTreeMap<&str, Vec<&StoredItem>> = BTreeMap::new();
        for item in &self.items {
            by_name.entry(&item.collection).or_default().push(item);
        }
        by_name.into_iter().map(|(name, items)| collection(name, &items, base)).collect()
    }

    /// The file of a path below [`FILES`]; `None` where it leads out of the folder.
    pub(super) fn file(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
        stays.then(|| self.folder.join(path))
    }
}

impl StoredItem {
    fn new(mut document: Value, folder: &Path, names: &HashSet<String>) -> Self {
        let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("id").unwrap_or_default();
        let collection = text("collection").unwrap_or_else(|| NAMELESS.to_owned());
        let time = |name: &str| {
            let text = document.get("properties")?.get(name)?.as_str()?;
            DateTime::parse_from_rfc3339(text).ok().map(|time| time.naive_utc())
        };
        let start = time("start_datetime").or_else(|| time("datetime"));
        let end = time("end_datetime").or(start);
        let span = start.zip(end);
        let boxes = document.get("bbox").map(boxes).unwrap_or_default();
        for asset in
            document["assets"].as_object_mut().into_iter().flatten().map(|(_, asset)| asset)
        {
            let own = asset["href"].as_str().and_then(|href| own_path(href, folder, names));
            if let Some(path) = own {
                asset["href"] = json!(format!("/{FILES}/{path}"));
            }
        }
        document["collection"] = json!(collection);
        Self { id, collection, span, boxes, document }
    }

    /// The item as it is given, with addresses under `base`.
    pub(super) fn document(&self, base: &str) -> Value {
        let mut document = self.document.clone();
        for (_, asset) in document["assets"].as_object_mut().into_iter().flatten() {
            if let Some(path) = asset["href"].as_str().filter(|href| href.starts_with('/')) {
                asset["href"] = json!(format!("{base}{path}"));
            }
        }
        let root = format!("{base}/api/stac/v1");
        let own = format!("{root}/collections/{}/items/{}", self.collection, self.id);
        document["links"] = json!([{"rel": "self", "type": "application/geo+json", "href": own}]);
        document
    }

    fn fits(&self, request: &SearchRequest) -> bool {
        let period = request.period;
        let within = match self.span {
            None => period == super::search_request::Period::default(),
            Some((start, end)) => {
                period.start.is_none_or(|least| end >= least)
                    && period.end.is_none_or(|most| start <= most)
            }
        };
        let names = |list: &Option<Vec<String>>, name: &String| {
            list.as_ref().is_none_or(|list| list.contains(name))
        };
        within
            && names(&request.collections, &self.collection)
            && names(&request.ids, &self.id)
            && request
                .filters
                .iter()
                .all(|filter| satisfies(self.property(&filter.property), filter))
            && request.area.as_ref().is_none_or(|areas| {
                areas.iter().any(|area| self.boxes.iter().any(|own| meet(own, area)))
            })
    }

    fn property(&self, name: &str) -> Option<Plain<'_>> {
        match self.document.get("properties")?.get(name)? {
            Value::Number(number) => number.as_f64().map(Plain::Number),
            Value::String(text) => Some(Plain::Text(Cow::Borrowed(text))),
            _ => None,
        }
    }
}

/// The items of a file; none of one that holds another document of STAC.
fn read(path: &Path, text: &str) -> Result<Vec<Value>, StacItemsError> {
    let wrong = |line: usize, found: &str| StacItemsError::NotAnItem {
        path: path.to_owned(),
        line,
        found: found.chars().take(60).collect(),
    };
    if let Ok(document) = serde_json::from_str::<Value>(text) {
        return match document["type"].as_str() {
            Some("Feature") => Ok(vec![document]),
            Some("FeatureCollection") => {
                Ok(document["features"].as_array().cloned().unwrap_or_default())
            }
            Some("Collection" | "Catalog") => Ok(Vec::new()),
            _ => Err(wrong(1, text)),
        };
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let item = serde_json::from_str::<Value>(line).ok();
            let item = item.filter(|item| item["type"] == "Feature" && item["id"].is_string());
            item.ok_or_else(|| wrong(index + 1, line))
        })
        .collect()
}

/// The path below the folder that an address stands for: it is relative and leads there, or a file of its name lies there.
fn own_path(href: &str, folder: &Path, names: &HashSet<String>) -> Option<String> {
    let relative = href.trim_start_matches("./");
    let is_relative =
        !href.contains("://") && !href.starts_with('/') && !relative.starts_with("..");
    if is_relative && folder.join(relative).is_file() {
        return Some(relative.to_owned());
    }
    let name = href.split(['?', '#']).next()?.rsplit('/').next()?;
    names.contains(name).then(|| name.to_owned())
}

/// A `bbox` as one box, or as two.
fn boxes(bbox: &Value) -> Vec<LonLatBox> {
    let numbers: Vec<f64> = serde_json::from_value(bbox.clone()).unwrap_or_default();
    let ([west, south, east, north] | [west, south, _, east, north, _]) = numbers[..] else {
        return Vec::new();
    };
    if west <= east {
        return vec![LonLatBox { west, south, east, north }];
    }
    let western = LonLatBox { west, south, east: 180.0, north };
    vec![western, LonLatBox { west: -180.0, south, east, north }]
}

fn meet(a: &LonLatBox, b: &LonLatBox) -> bool {
    a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north
}

fn collection(name: &str, items: &[&StoredItem], base: &str) -> Value {
    let root = format!("{base}/api/stac/v1");
    let text = |time: NaiveDateTime| time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let spans = || items.iter().filter_map(|item| item.span);
    let first = spans().map(|(start, _)| start).min().map(text);
    let last = spans().map(|(_, end)| end).max().map(text);
    let mut assets = Map::new();
    for item in items {
        for key in item.document["assets"].as_object().into_iter().flatten().map(|(key, _)| key) {
            assets.entry(key.clone()).or_insert_with(|| json!({"roles": ["data"]}));
        }
    }
    json!({
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": name,
        "description": "Items of a folder.",
        "license": "other",
        "extent": {
            "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]]},
            "temporal": {"interval": [[first, last]]},
        },
        "item_assets": assets,
        "links": [
            {"rel": "items", "type": "application/geo+json", "href": format!("{root}/collections/{name}/items")},
            {"rel": "root", "type": "application/json", "href": format!("{root}/")},
            {"rel": "self", "type": "application/json", "href": format!("{root}/collections/{name}")},
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str, datetime: &str, bbox: [f64; 4], href: &str) -> Value {
        json!({
            "type": "Feature", "id": id, "bbox": bbox, "collection": "scenes",
            "properties": {"datetime": datetime, "eo:cloud_cover": 12.5, "platform": "s2a"},
            "assets": {"red": {"href": href}},
        })
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
        write(
            "a.json",
            item("a", "2022-01-01T10:00:00Z", [10.0, 40.0, 11.0, 41.0], "./a.tif").to_string(),
        );
        let far = "https://far/b.tif?sig=x";
        let lines = [
            item("b", "2022-02-01T10:00:00Z", [179.0, 40.0, -179.0, 41.0], far),
            item("c", "2022-03-01T10:00:00Z", [12.0, 40.0, 13.0, 41.0], "https://far/c.tif"),
        ];
        write("items.ndjson", lines.map(|item| item.to_string()).join("\n"));
        write("collection.json", json!({"type": "Collection"}).to_string());
        write("a.tif", "a".to_owned());
        write("b.tif", "b".to_owned());
        folder
    }

    fn ids(items: &StacItems, body: &Value) -> Vec<String> {
        let request = SearchRequest::from_body(body).unwrap();
        let page = items.search(&request).unwrap();
        page.entries.iter().map(|item| item.id.clone()).collect()
    }

    #[test]
    fn items_are_found_by_collection_place_time_id_and_property() {
        let folder = folder();
        let items = StacItems::load(folder.path()).unwrap();
        for (body, expected) in [
            (json!({}), vec!["c", "b", "a"]),
            (json!({"collections": ["scenes"]}), vec!["c", "b", "a"]),
            (json!({"collections": ["others"]}), vec![]),
            (json!({"ids": ["a", "z"]}), vec!["a"]),
            (json!({"bbox": [-180, 30, -170, 50]}), vec!["b"]),
            (json!({"bbox": [178, 30, -178, 50]}), vec!["b"]),
            (json!({"bbox": [11, 30, 12, 50]}), vec!["c", "a"]),
            (json!({"datetime": "2022-01-15T00:00:00Z/2022-02-15T00:00:00Z"}), vec!["b"]),
            (json!({"query": {"eo:cloud_cover": {"lt": 10}}}), vec![]),
            (
                json!({"query": {"platform": {"eq": "s2a"}}, "sortby": [{"field": "id"}]}),
                vec!["a", "b", "c"],
            ),
        ] {
            assert_eq!(ids(&items, &body), expected, "{body}");
        }
    }

    #[test]
    fn addresses_of_files_beside_the_items_are_the_sandboxs_own() {
        let folder = folder();
        let items = StacItems::load(folder.path()).unwrap();
        let href = |id: &str| {
            items.item("scenes", id).unwrap().document("http://here")["assets"]["red"]["href"]
                .clone()
        };
        assert_eq!(href("a"), "http://here/files/a.tif");
        assert_eq!(href("b"), "http://here/files/b.tif");
        assert_eq!(href("c"), "https://far/c.tif");
        assert_eq!(
            items.file("a.tif").unwrap(),
            folder.path().canonicalize().unwrap().join("a.tif")
        );
        for outside in ["../a.tif", "/etc/passwd", "x/../../a.tif"] {
            assert_eq!(items.file(outside), None, "{outside}");
        }
    }

    #[test]
    fn what_is_no_item_is_named() {
        let folder = folder();
        let write = |text: &str| fs::write(folder.path().join("x.ndjson"), text).unwrap();
        write("{\"type\": \"Feature\", \"id\": \"x\"}\n{\"type\": \"Point\"}\n");
        let message = StacItems::load(folder.path()).unwrap_err().to_string();
        assert!(message.contains("x.ndjson, line 2: expected a STAC item"), "{message}");
        write(&item("a", "2022-01-01T10:00:00Z", [0.0; 4], "a.tif").to_string());
        let message = StacItems::load(folder.path()).unwrap_err().to_string();
        assert!(message.contains("expected one item of the id a, found several"), "{message}");
        let empty = tempfile::tempdir().unwrap();
        assert!(StacItems::load(empty.path()).unwrap_err().to_string().contains("holds no item"));
    }
}
