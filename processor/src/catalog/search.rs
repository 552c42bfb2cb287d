//! Finding granules through a STAC API.
//!
//! Footprints in the catalogue are coarse: a search by a tile's own bounds misses granules whose pixels
//! reach the tile. The positions that a job needs are therefore computed from the grid, and the search
//! asks for the whole band of latitude that they lie in, narrowed by the properties
//! `modis:horizontal-tile` and `modis:vertical-tile`; whatever comes back is filtered again here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::item::{GranuleFiles, Item, ItemError};
use crate::config::CatalogConfig;
use crate::granule::{GranuleKey, Platform};
use crate::http::{Http, HttpError};
use crate::sinusoidal::{POSITION_METRES, Position, lonlat_from_sinusoidal};

/// Items per page; the largest that the Planetary Computer hands out.
const PAGE: usize = 1000;
/// Degrees by which the searched band is wider than the positions, for footprints that are a little off.
const MARGIN: f64 = 1.0;

/// The granules that a search found, by year.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// One production of each granule, in the order of date and position.
    pub granules: Vec<GranuleFiles>,
    /// Items that were set aside: older productions of the same granules.
    pub superseded: Vec<GranuleKey>,
}

impl Found {
    /// The granules of a year.
    pub fn of_year(&self, year: i32) -> impl Iterator<Item = &GranuleFiles> {
        self.granules.iter().filter(move |granule| granule.id.key.year == year)
    }
}

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The request failed.
    #[error("catalogue: {0}")]
    Http(#[from] HttpError),
    /// An item that cannot be used.
    #[error("catalogue: {0}")]
    Item(#[from] ItemError),
    /// The catalogue does not have the collection.
    #[error("catalogue {url} has no collection '{collection}'")]
    NoCollection {
        /// Root of the API.
        url: String,
        /// The collection.
        collection: String,
    },
    /// Pages without end.
    #[error("catalogue {url} pages in a circle: page {page} links to one that was read already")]
    Circle {
        /// Root of the API.
        url: String,
        /// The page, from 1.
        page: usize,
    },
}

/// A STAC API.
#[derive(Debug)]
pub struct Catalog {
    http: Arc<Http>,
    url: String,
    collection: String,
    platforms: Vec<Platform>,
}

#[derive(Deserialize)]
struct Page {
    features: Vec<Item>,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    rel: String,
    href: String,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    body: Option<Value>,
}

impl Catalog {
    /// The catalogue that the configuration names.
    pub fn new(http: Arc<Http>, config: &CatalogConfig) -> Self {
        Self {
            http,
            url: config.url.trim_end_matches('/').to_owned(),
            collection: config.collection.clone(),
            platforms: config.platforms.clone(),
        }
    }

    /// All granules of the configured platforms at these positions whose composites begin in these
    /// years; of several productions of one granule the newest.
    pub async fn search(&self, positions: &BTreeSet<Position>, years: &[i32]) -> Result<Found, CatalogError> {
        let mut newest: BTreeMap<GranuleKey, GranuleFiles> = BTreeMap::new();
        let mut superseded = Vec::new();
        if positions.is_empty() {
            return Ok(Found::default());
        }
        let mut items_seen = 0;
        for span in consecutive(years) {
            for item in self.pages(&self.query(positions, &span)).await? {
                items_seen += 1;
                let Some(granule) = item.granule(&self.collection)? else { continue };
                let key = granule.id.key;
                let wanted = self.platforms.contains(&key.platform)
                    && years.contains(&key.year)
                    && positions.contains(&key.position);
                if !wanted {
                    continue;
                }
                match newest.entry(key) {
                    std::collections::btree_map::Entry::Vacant(entry) => {
                        entry.insert(granule);
                    }
                    std::collections::btree_map::Entry::Occupied(mut entry) => {
                        if entry.get().id == granule.id {
                            continue; // the same item twice, on two pages
                        }
                        superseded.push(key);
                        if granule.production_order() > entry.get().production_order() {
                            entry.insert(granule);
                        }
                    }
                }
            }
        }
        if items_seen == 0 {
            self.check_collection().await?;
        }
        let granules = newest.into_values().map(GranuleFiles::complete).collect::<Result<_, _>>()?;
        Ok(Found { granules, superseded })
    }

    /// Makes sure that "nothing found" does not mean "asked for the wrong thing".
    pub async fn check_collection(&self) -> Result<(), CatalogError> {
        let url = format!("{}/collections/{}", self.url, self.collection);
        match self.http.get_json::<Value>(&url).await {
            Ok(_) => Ok(()),
            Err(HttpError::Status { status, .. }) if status.as_u16() == 404 => {
                Err(CatalogError::NoCollection { url: self.url.clone(), collection: self.collection.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn pages(&self, query: &Value) -> Result<Vec<Item>, CatalogError> {
        let mut items = Vec::new();
        let mut url = format!("{}/search", self.url);
        let mut body = Some(query.clone());
        let mut read: BTreeSet<String> = BTreeSet::new();
        loop {
            let request = format!("{url} {}", body.as_ref().map_or_else(String::new, Value::to_string));
            if !read.insert(request) {
                return Err(CatalogError::Circle { url: self.url.clone(), page: read.len() });
            }
            let page: Page = match &body {
                Some(body) => self.http.post_json(&url, body).await?,
                None => self.http.get_json(&url).await?,
            };
            items.extend(page.features);
            let Some(next) = page.links.into_iter().find(|link| link.rel == "next") else {
                return Ok(items);
            };
            let by_post = next.method.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("POST"));
            url = next.href;
            // The link's body holds a token; some servers repeat the query in it and some do not.
            body = by_post.then(|| merged(query, next.body));
        }
    }

    fn query(&self, positions: &BTreeSet<Position>, years: &[i32]) -> Value {
        let rows: BTreeSet<u8> = positions.iter().map(|position| position.v).collect();
        let columns: BTreeSet<u8> = positions.iter().map(|position| position.h).collect();
        let latitude = |v: u8| {
            let y = (9.0 - f64::from(v)) * POSITION_METRES;
            lonlat_from_sinusoidal(0.0, y).1
        };
        let south = rows.last().map_or(-90.0, |&v| latitude(v + 1) - MARGIN).max(-90.0);
        let north = rows.first().map_or(90.0, |&v| latitude(v) + MARGIN).min(90.0);
        let (first, last) = (years.first().copied().unwrap_or(0), years.last().copied().unwrap_or(0));
        json!({
            "collections": [self.collection],
            "bbox": [-180.0, south, 180.0, north],
            "datetime": format!("{first:04}-01-01T00:00:00Z/{last:04}-12-31T23:59:59Z"),
            "query": {
                "modis:vertical-tile": one_of(rows.iter().copied()),
                "modis:horizontal-tile": one_of(columns.iter().copied()),
                "platform": one_of(self.platforms.iter().map(|platform| platform.name())),
            },
            "fields": Item::fields(),
            "limit": PAGE,
        })
    }
}

/// A filter of the query extension: equal to the only value, or one of several.
fn one_of<T: serde::Serialize>(values: impl Iterator<Item = T>) -> Value {
    let mut values: Vec<Value> = values.map(|value| json!(value)).collect();
    if values.len() == 1 { json!({ "eq": values.remove(0) }) } else { json!({ "in": values }) }
}

fn merged(query: &Value, body: Option<Value>) -> Value {
    let mut merged = query.clone();
    if let (Value::Object(merged), Some(Value::Object(body))) = (&mut merged, body) {
        merged.extend(body);
    }
    merged
}

/// Years in runs without a gap, each searched at once.
fn consecutive(years: &[i32]) -> Vec<Vec<i32>> {
    let mut runs: Vec<Vec<i32>> = Vec::new();
    for &year in years {
        match runs.last_mut() {
            Some(run) if run.last() == Some(&(year - 1)) => run.push(year),
            _ => runs.push(vec![year]),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        Catalog {
            http: Arc::new(Http::new(1).unwrap()),
            url: "http://127.0.0.1:9".to_owned(),
            collection: "modis-11A2-061".to_owned(),
            platforms: vec![Platform::Terra],
        }
    }

    #[test]
    fn the_search_spans_the_whole_band_of_latitude() {
        let positions = BTreeSet::from([Position { h: 18, v: 4 }, Position { h: 19, v: 4 }]);
        let query = catalog().query(&positions, &[2020, 2021]);
        assert_eq!(query["bbox"][0], -180.0);
        assert!((query["bbox"][1].as_f64().unwrap() - 39.0).abs() < 1e-6);
        assert!((query["bbox"][3].as_f64().unwrap() - 51.0).abs() < 1e-6);
        assert_eq!(query["datetime"], "2020-01-01T00:00:00Z/2021-12-31T23:59:59Z");
        assert_eq!(query["query"]["modis:horizontal-tile"], json!({ "in": [18, 19] }));
        assert_eq!(query["query"]["modis:vertical-tile"], json!({ "eq": 4 }));
        assert_eq!(query["query"]["platform"], json!({ "eq": "terra" }));
    }

    #[test]
    fn years_with_a_gap_are_searched_apart() {
        assert_eq!(consecutive(&[2019, 2021, 2022]), [vec![2019], vec![2021, 2022]]);
    }

    #[test]
    fn a_next_page_keeps_the_query_and_adds_the_token() {
        let query = json!({ "limit": 5, "bbox": [0, 0, 1, 1] });
        let next = merged(&query, Some(json!({ "token": "next:abc" })));
        assert_eq!(next, json!({ "limit": 5, "bbox": [0, 0, 1, 1], "token": "next:abc" }));
    }
}
