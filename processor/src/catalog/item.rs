//! One STAC item of the catalogue: a granule and its two files.

use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

use crate::recipe::Assets;
use floe_raster::granule::{GranuleId, GranuleKey, Platform, Product};
use floe_raster::sinusoidal::Position;

/// What a catalogue's items are read for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The collection.
    pub collection: String,
    /// The keys of a granule's two files.
    pub assets: Assets,
}

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
        asset: String,
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

/// What an item in a search's answer is to a job.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reading {
    /// A granule that is needed. Its files may still be missing: see [`GranuleFiles::complete`].
    Needed(Box<GranuleFiles>),
    /// A granule that is needed, said so that it cannot be used.
    Unusable(GranuleKey, ItemError),
    /// Nothing that was asked for.
    Other,
    /// Nothing that was asked for, as far as can be told, and malformed besides.
    Malformed,
}

/// What to ask a server for that knows the fields extension: 0.5 kB an item instead of 12.
pub(super) fn fields(assets: &Assets) -> Value {
    let Assets { values, flags } = assets;
    json!({
        "include": [
            "id", "collection", "properties.platform", "properties.created",
            "properties.start_datetime", "properties.end_datetime",
            "properties.modis:horizontal-tile", "properties.modis:vertical-tile",
            format!("assets.{values}.href"), format!("assets.{flags}.href"),
        ],
        "exclude": ["links", "geometry", "bbox"],
    })
}

/// Reads an item of which nothing is known but that it is JSON. `needs` tells which granules the job
/// needs: only an item of one of these can be [`Reading::Unusable`].
pub(super) fn read(item: &Value, wanted: &Wanted, needs: impl Fn(&GranuleKey) -> bool) -> Reading {
    let granule = granule(item, wanted);
    let needed = key(item, &wanted.assets).filter(needs);
    match (needed, granule) {
        (_, Ok(None)) => Reading::Other,
        (Some(_), Ok(Some(granule))) => Reading::Needed(Box::new(granule)),
        (Some(key), Err(error)) => Reading::Unusable(key, error),
        (None, Ok(Some(granule))) if granule.clone().complete(&wanted.assets).is_ok() => {
            Reading::Other
        }
        (None, _) => Reading::Malformed,
    }
}

/// Which granule an item stands for, from the first of its parts that says so: its id, the name of its
/// file, its properties.
fn key(item: &Value, assets: &Assets) -> Option<GranuleKey> {
    let id = text(item, "id").and_then(|id| id.parse::<GranuleId>().ok());
    let id = id.or_else(|| file_id(href(item, &assets.values)?, assets));
    id.map(|id| id.key).or_else(|| {
        let properties = item.get("properties")?;
        let number = |name: &str| match properties.get(name)? {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_u64().and_then(|number| u32::try_from(number).ok()),
        };
        let position =
            Position::new(number("modis:horizontal-tile")?, number("modis:vertical-tile")?)?;
        let name = text(properties, "platform")?.to_lowercase();
        let platform = Platform::ALL.into_iter().find(|platform| platform.name() == name)?;
        let start = text(properties, "start_datetime")?.get(..10)?.parse::<NaiveDate>().ok()?;
        let (year, day) = (start.year(), start.ordinal() as u16);
        Some(GranuleKey { platform, product: Product::EightDays, year, day, position })
    })
}

/// The granule that an item stands for; `None` for an item of another collection.
fn granule(item: &Value, wanted: &Wanted) -> Result<Option<GranuleFiles>, ItemError> {
    let Wanted { collection, assets } = wanted;
    let name = text(item, "id").map_or_else(|| item["id"].to_string(), str::to_owned);
    match item.get("collection") {
        None | Some(Value::Null) => {}
        Some(Value::String(own)) if *own == *collection => {}
        Some(Value::String(_)) => return Ok(None),
        Some(found) => {
            return Err(ItemError::Contradiction {
                item: name,
                property: "collection",
                expected: collection.clone(),
                found: found.to_string(),
            });
        }
    }
    let path = |asset: &str| href(item, asset).unwrap_or_default().to_owned();
    let (lst, qc) = (path(&assets.values), path(&assets.flags));
    let mut id: GranuleId = name
        .parse()
        .map_err(|error| ItemError::Id { item: name.clone(), message: format!("{error}") })?;
    if id.production.is_none() {
        // The item's id may lack the production time, but the file's name has it.
        id.production = file_id(&lst, assets)
            .filter(|file| file.key == id.key)
            .and_then(|file| file.production);
    }
    check(item, &name, &id)?;
    let created = item["properties"].get("created").and_then(Value::as_str);
    let created = created.unwrap_or_default().to_owned();
    Ok(Some(GranuleFiles { id, item: name, lst, qc, created }))
}

/// Compares what the properties say with what the id says.
fn check(item: &Value, name: &str, id: &GranuleId) -> Result<(), ItemError> {
    let Position { h, v } = id.key.position;
    for (property, expected) in [
        ("modis:horizontal-tile", json!(h)),
        ("modis:vertical-tile", json!(v)),
        ("platform", json!(Platform::name(id.key.platform))),
    ] {
        let found = match item["properties"].get(property) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => json!(text.to_lowercase()),
            Some(found) => found.clone(),
        };
        if found != expected && found.as_f64().is_none_or(|found| expected != json!(found as u64)) {
            let plain = |value: &Value| match value {
                Value::String(text) if expected.is_string() => text.clone(),
                value => value.to_string(),
            };
            return Err(ItemError::Contradiction {
                item: name.to_owned(),
                property,
                expected: plain(&expected),
                found: plain(&found),
            });
        }
    }
    Ok(())
}

fn text<'a>(object: &'a Value, member: &str) -> Option<&'a str> {
    object.get(member)?.as_str()
}

fn href<'a>(item: &'a Value, asset: &str) -> Option<&'a str> {
    text(item.get("assets")?.get(asset)?, "href")
}

impl GranuleFiles {
    /// Newer productions compare greater.
    pub(super) fn production_order(&self) -> (GranuleId, &str) {
        (self.id, &self.created)
    }

    /// When the item was made, as it says.
    pub(super) fn created(&self) -> &str {
        &self.created
    }

    /// The granule itself, if both files are named.
    pub(super) fn complete(self, assets: &Assets) -> Result<Self, ItemError> {
        for (asset, href) in [(&assets.values, &self.lst), (&assets.flags, &self.qc)] {
            if href.is_empty() {
                let asset = asset.clone();
                return Err(ItemError::MissingAsset { item: self.item, asset });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
impl Wanted {
    /// That of the default recipe.
    pub(super) fn lst() -> Self {
        let recipe = crate::recipe::Recipe::modis_lst();
        let assets = recipe.source_space.unwrap_or_else(|| panic!("of source space")).assets;
        Self { collection: "modis-11A2-061".to_owned(), assets }
    }
}

#[cfg(test)]
impl GranuleFiles {
    /// A granule of a name, with files that are nowhere.
    pub(super) fn named(name: &str) -> Self {
        let id = name.parse().unwrap_or_else(|error| panic!("{error}"));
        let item = name.to_owned();
        Self { id, item, lst: String::new(), qc: String::new(), created: String::new() }
    }
}

/// The granule that a file's name speaks of.
fn file_id(href: &str, assets: &Assets) -> Option<GranuleId> {
    let name = href.split(['?', '#']).next()?.rsplit('/').next()?;
    name.split_once(&format!("_{}", assets.values))?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "MOD11A2.A2022033.h19v10.061";
    const LST: &str = "LST_Day_1km";
    const QC: &str = "QC_Day";
    const FILE: &str =
        "https://a.blob.core.windows.net/c/MOD11A2.A2022033.h19v10.061.2022042044121";

    fn item(id: &str) -> Value {
        json!({
            "id": id,
            "properties": { "platform": "terra", "modis:horizontal-tile": 19, "modis:vertical-tile": 10 },
            "assets": { LST: { "href": format!("{FILE}_LST_Day_1km.tif") }, QC: { "href": format!("{FILE}_QC_Day.tif") } },
        })
    }

    /// As a job reads it that needs all granules there are.
    fn granule(item: &Value) -> Result<Option<GranuleFiles>, ItemError> {
        match read(item, &Wanted::lst(), |_| true) {
            Reading::Needed(granule) => Ok(Some(*granule)),
            Reading::Unusable(_, error) => Err(error),
            Reading::Other | Reading::Malformed => Ok(None),
        }
    }

    #[test]
    fn a_production_time_that_the_id_lacks_is_taken_from_the_file() {
        let short = granule(&item(ID)).unwrap().unwrap();
        let long = granule(&item(&format!("{ID}.2022042044121"))).unwrap().unwrap();
        assert!(short.id.production.is_some());
        assert_eq!(short.id, long.id);
        assert_eq!(short.id.key.position, Position { h: 19, v: 10 });
    }

    #[test]
    fn an_item_without_a_file_is_an_error_that_names_it() {
        let mut without = item(ID);
        without["assets"].as_object_mut().unwrap().remove(QC);
        let error =
            granule(&without).unwrap().unwrap().complete(&Wanted::lst().assets).unwrap_err();
        assert_eq!(error.to_string(), format!("item '{ID}' has no asset QC_Day"));
    }

    #[test]
    fn an_item_that_contradicts_itself_is_an_error() {
        let mut wrong = item(ID);
        wrong["properties"]["modis:vertical-tile"] = json!(11);
        let message = granule(&wrong).unwrap_err().to_string();
        assert!(
            message.contains("expected modis:vertical-tile 10 as its id says, found 11"),
            "{message}"
        );
        assert!(granule(&item("nonsense")).unwrap_err().to_string().contains("nonsense"));
    }

    #[test]
    fn an_item_of_another_collection_is_not_ours() {
        let mut other = item(ID);
        other["collection"] = json!("sentinel-2-l2a");
        assert_eq!(granule(&other).unwrap(), None);
    }

    #[test]
    fn only_an_item_that_is_needed_can_be_unusable() {
        let damages: [fn(&mut Value); 6] = [
            |item| item["properties"]["modis:horizontal-tile"] = json!("nineteen"),
            |item| item["properties"]["platform"] = json!({ "name": "terra" }),
            |item| item["collection"] = json!(7),
            |item| item["id"] = json!("a.b"),
            |item| item["id"] = json!(12),
            |item| item.as_object_mut().unwrap().remove("id").map_or((), drop),
        ];
        for damage in damages {
            let mut item = item(ID);
            damage(&mut item);
            let needed = read(&item, &Wanted::lst(), |key| key.position.h == 19);
            assert!(matches!(needed, Reading::Unusable(..)), "{item}: {needed:?}");
            let unneeded = read(&item, &Wanted::lst(), |key| key.position.h == 18);
            assert_eq!(unneeded, Reading::Malformed, "{item}");
        }
        let mut pathless = item(ID);
        pathless["assets"][LST] = json!({ "title": "no address" });
        assert_eq!(read(&pathless, &Wanted::lst(), |_| false), Reading::Malformed);
        for nonsense in [json!(null), json!([1]), json!("text"), json!({}), json!({ "assets": 3 })]
        {
            assert_eq!(read(&nonsense, &Wanted::lst(), |_| true), Reading::Malformed);
        }
        assert_eq!(read(&item(ID), &Wanted::lst(), |_| false), Reading::Other);
    }

    #[test]
    fn properties_say_which_granule_an_item_is_where_its_id_does_not() {
        let item = json!({
            "id": "scene-17",
            "properties": {
                "platform": "Terra", "start_datetime": "2022-02-02T00:00:00Z",
                "modis:horizontal-tile": "19", "modis:vertical-tile": 10,
            },
        });
        let Reading::Unusable(key, error) = read(&item, &Wanted::lst(), |_| true) else {
            panic!("a granule that is needed")
        };
        assert_eq!((key.year, key.day, key.position), (2022, 33, Position { h: 19, v: 10 }));
        assert!(error.to_string().contains("scene-17"), "{error}");
    }

    #[test]
    fn real_items_are_read() {
        for (file, platform) in [
            ("MOD11A2.A2022033.h19v10.061.json", Platform::Terra),
            ("MYD11A2.A2022025.h17v00.061.json", Platform::Aqua),
        ] {
            let path = format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR"));
            let item = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let granule = granule(&item).unwrap().unwrap().complete(&Wanted::lst().assets).unwrap();
            assert_eq!(granule.id.key.platform, platform);
            assert!(granule.id.production.is_some());
        }
    }
}
