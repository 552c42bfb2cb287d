//! One STAC item of the catalogue: a granule and its two files.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::granule::{GranuleId, Platform};
use crate::sinusoidal::Position;

/// Asset key of the temperatures.
const LST: &str = "LST_Day_1km";
/// Asset key of their quality.
const QC: &str = "QC_Day";

/// A granule's id and the URLs of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GranuleFiles {
    /// The granule.
    pub id: GranuleId,
    /// The item's id.
    pub item: String,
    /// URL of the temperatures, unsigned.
    pub lst: String,
    /// URL of their quality, unsigned.
    pub qc: String,
    /// When the item was made, which orders productions whose names do not.
    created: String,
}

/// An item that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// The id is no granule's.
    #[error("item '{item}': {message}")]
    Id {
        /// The item's id.
        item: String,
        /// What is wrong.
        message: String,
    },
    /// A file that must be there.
    #[error("item '{item}' has no asset {asset}")]
    MissingAsset {
        /// The item's id.
        item: String,
        /// The asset's key.
        asset: &'static str,
    },
    /// Properties that contradict the id.
    #[error("item '{item}': expected {property} {expected} as its id says, found {found}")]
    Contradiction {
        /// The item's id.
        item: String,
        /// The property.
        property: &'static str,
        /// What the id says.
        expected: String,
        /// What the property says.
        found: String,
    },
}

/// The parts of an item that are read.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    id: String,
    #[serde(default)]
    collection: Option<String>,
    #[serde(default)]
    properties: Properties,
    #[serde(default)]
    assets: BTreeMap<String, Asset>,
}

#[derive(Debug, Default, Deserialize)]
struct Properties {
    #[serde(default)]
    platform: Option<String>,
    #[serde(default)]
    created: Option<String>,
    #[serde(default, rename = "modis:horizontal-tile")]
    horizontal: Option<u32>,
    #[serde(default, rename = "modis:vertical-tile")]
    vertical: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Asset {
    href: String,
}

impl Item {
    /// What to ask a server for that knows the fields extension: 0.5 kB an item instead of 12.
    pub(super) fn fields() -> Value {
        json!({
            "include": [
                "id", "collection", "properties.platform", "properties.created",
                "properties.start_datetime", "properties.end_datetime",
                "properties.modis:horizontal-tile", "properties.modis:vertical-tile",
                format!("assets.{LST}.href"), format!("assets.{QC}.href"),
            ],
            "exclude": ["links", "geometry", "bbox"],
        })
    }

    /// The granule that an item stands for; `None` for an item of another collection. Its files may
    /// still be missing: see [`GranuleFiles::complete`].
    pub(super) fn granule(self, collection: &str) -> Result<Option<GranuleFiles>, ItemError> {
        if self.collection.as_deref().is_some_and(|own| own != collection) {
            return Ok(None);
        }
        let href = |key: &str| self.assets.get(key).map(|asset| asset.href.clone()).unwrap_or_default();
        let (lst, qc) = (href(LST), href(QC));
        let mut id: GranuleId = self
            .id
            .parse()
            .map_err(|error| ItemError::Id { item: self.id.clone(), message: format!("{error}") })?;
        if id.production.is_none() {
            // The item's id may lack the production time, but the file's name has it.
            id.production = file_id(&lst).filter(|file| file.key == id.key).and_then(|file| file.production);
        }
        self.check(&id)?;
        let created = self.properties.created.unwrap_or_default();
        Ok(Some(GranuleFiles { id, item: self.id, lst, qc, created }))
    }

    fn check(&self, id: &GranuleId) -> Result<(), ItemError> {
        let differs = |property: &'static str, expected: String, found: String| {
            if expected == found {
                return Ok(());
            }
            Err(ItemError::Contradiction { item: self.id.clone(), property, expected, found })
        };
        let Position { h, v } = id.key.position;
        if let Some(horizontal) = self.properties.horizontal {
            differs("modis:horizontal-tile", h.to_string(), horizontal.to_string())?;
        }
        if let Some(vertical) = self.properties.vertical {
            differs("modis:vertical-tile", v.to_string(), vertical.to_string())?;
        }
        if let Some(platform) = &self.properties.platform {
            differs("platform", Platform::name(id.key.platform).to_owned(), platform.to_lowercase())?;
        }
        Ok(())
    }
}

impl GranuleFiles {
    /// Newer productions compare greater.
    pub(super) fn production_order(&self) -> (GranuleId, &str) {
        (self.id, &self.created)
    }

    /// The granule itself, if both files are named.
    pub(super) fn complete(self) -> Result<Self, ItemError> {
        for (asset, href) in [(LST, &self.lst), (QC, &self.qc)] {
            if href.is_empty() {
                return Err(ItemError::MissingAsset { item: self.item, asset });
            }
        }
        Ok(self)
    }
}

/// The granule that a file's name speaks of.
fn file_id(href: &str) -> Option<GranuleId> {
    let name = href.split(['?', '#']).next()?.rsplit('/').next()?;
    name.split_once(&format!("_{LST}"))?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "MOD11A2.A2022033.h19v10.061";
    const FILE: &str = "https://a.blob.core.windows.net/c/MOD11A2.A2022033.h19v10.061.2022042044121";

    fn item(id: &str) -> Value {
        json!({
            "id": id,
            "properties": { "platform": "terra", "modis:horizontal-tile": 19, "modis:vertical-tile": 10 },
            "assets": { LST: { "href": format!("{FILE}_LST_Day_1km.tif") }, QC: { "href": format!("{FILE}_QC_Day.tif") } },
        })
    }

    fn granule(item: Value) -> Result<Option<GranuleFiles>, ItemError> {
        serde_json::from_value::<Item>(item).unwrap().granule("modis-11A2-061")
    }

    #[test]
    fn a_production_time_that_the_id_lacks_is_taken_from_the_file() {
        let short = granule(item(ID)).unwrap().unwrap();
        let long = granule(item(&format!("{ID}.2022042044121"))).unwrap().unwrap();
        assert!(short.id.production.is_some());
        assert_eq!(short.id, long.id);
        assert_eq!(short.id.key.position, Position { h: 19, v: 10 });
    }

    #[test]
    fn an_item_without_a_file_is_an_error_that_names_it() {
        let mut without = item(ID);
        without["assets"].as_object_mut().unwrap().remove(QC);
        let error = granule(without).unwrap().unwrap().complete().unwrap_err();
        assert_eq!(error.to_string(), format!("item '{ID}' has no asset QC_Day"));
    }

    #[test]
    fn an_item_that_contradicts_itself_is_an_error() {
        let mut wrong = item(ID);
        wrong["properties"]["modis:vertical-tile"] = json!(11);
        let message = granule(wrong).unwrap_err().to_string();
        assert!(message.contains("expected modis:vertical-tile 10 as its id says, found 11"), "{message}");
        assert!(granule(item("nonsense")).unwrap_err().to_string().contains("nonsense"));
    }

    #[test]
    fn an_item_of_another_collection_is_not_ours() {
        let mut other = item(ID);
        other["collection"] = json!("sentinel-2-l2a");
        assert_eq!(granule(other).unwrap(), None);
    }

    #[test]
    fn real_items_are_read() {
        for (file, platform) in
            [("MOD11A2.A2022033.h19v10.061.json", Platform::Terra), ("MYD11A2.A2022025.h17v00.061.json", Platform::Aqua)]
        {
            let path = format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR"));
            let item: Item = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let granule = item.granule("modis-11A2-061").unwrap().unwrap().complete().unwrap();
            assert_eq!(granule.id.key.platform, platform);
            assert!(granule.id.production.is_some());
        }
    }
}
