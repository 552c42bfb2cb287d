//! One STAC item (versions 1.0 and 1.1): an observation and its files. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use floe_raster::granule::Platform;
use serde_json::Value;

use super::area::LonLatBox;
use super::href::{Base, Href, HrefError};
use super::land_name::LandName;
use super::need::Need;
use super::placement::{Misplaced, Placement};
use super::production::Production;

/// What items are read for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The collection; items that name another are not ours. Empty for any.
    pub collection: String,
    /// The keys of the files that are read.
    pub assets: BTreeSet<String>,
    /// The property that tells productions apart: greater values are newer.
    pub production: String,
    /// The satellites whose granules count, of products whose names tell Terra from Aqua.
    pub platforms: Vec<Platform>,
}

/// An observation: one item of a catalogue or list.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The item's id.
    pub id: String,
    /// The collection, where the item names one.
    pub collection: Option<String>,
    /// When the observation begins.
    pub begins: DateTime<Utc>,
    /// Which production it is.
    pub production: Production,
    /// What its id says of it, of MODIS and VIIRS land products.
    pub name: Option<LandName>,
    /// The satellite, as the item has it.
    pub platform: Option<String>,
    /// The box around it, where the item has one.
    pub bbox: Option<LonLatBox>,
    /// The files that are wanted, by their keys: all of them.
    pub assets: BTreeMap<String, Asset>,
}

/// A file of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// Where it is.
    pub href: Href,
    /// Where its raster lies, as far as the item says.
    pub placement: Placement,
}

/// An item that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SceneError {
    /// A file that must be there.
    #[error("item '{item}' has no asset {asset}; it has {found}")]
    MissingAsset {
        /// The item's id.
        item: String,
        /// The asset's key.
        asset: String,
        /// Those that it has.
        found: String,
    },
    /// A file whose address is not followed.
    #[error("item '{item}', asset {asset}: {source}")]
    Href {
        /// The item's id.
        item: String,
        /// The asset's key.
        asset: String,
        /// Why.
        source: HrefError,
    },
    /// A member that is not what it should be.
    #[error("item '{item}': expected {member} to be {expected}, found {found}")]
    Member {
        /// The item's id.
        item: String,
        /// The member.
        member: String,
        /// What it must be.
        expected: String,
        /// What it is, as JSON.
        found: String,
    },
}

/// What an item is to a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// A scene that is needed; or its files cannot be used, which matters only if no newer production takes its place.
    Needed(Box<Scene>, Result<(), SceneError>),
    /// An item that may be needed, said so that it cannot be used.
    Unusable(SceneError),
    /// Nothing that was asked for.
    Other,
    /// Nothing that was asked for, as far as can be told, and malformed besides.
    Malformed,
}

impl Scene {
    /// Reads an item of which nothing is known but that it is JSON. Relative addresses are relative to `base`.
    pub fn read(item: &Value, wanted: &Wanted, need: &Need, base: &Base) -> Reading {
        let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
        let collection = text("collection");
        if collection
            .as_ref()
            .is_some_and(|own| !wanted.collection.is_empty() && *own != wanted.collection)
        {
            return Reading::Other;
        }
        let properties = item.get("properties").unwrap_or(&Value::Null);
        let bbox = item.get("bbox").and_then(LonLatBox::read);
        let begins = begins(properties);
        let Some(id) = text("id").filter(|id| !id.is_empty()) else {
            return Reading::Malformed;
        };
        let name = land_name(&id, item, wanted);
        if !need.has_place(name.as_ref(), bbox) {
            return if begins.is_some() { Reading::Other } else { Reading::Malformed };
        }
        let Some(begins) = begins else {
            let begins_as_named =
                name.map(|name| name.begins.and_time(chrono::NaiveTime::MIN).and_utc());
            return if begins_as_named.is_some_and(|begins| !need.begins.contains(&begins)) {
                Reading::Malformed
            } else {
                Reading::Unusable(SceneError::Member {
                    item: id,
                    member: "start_datetime or datetime".to_owned(),
                    expected: "a time as RFC 3339 has it".to_owned(),
                    found: time_member(properties).unwrap_or(&Value::Null).to_string(),
                })
            };
        };
        let platform = name.as_ref().and_then(LandName::platform);
        if !need.begins.contains(&begins)
            || platform.is_some_and(|platform| !wanted.platforms.contains(&platform))
        {
            return Reading::Other;
        }
        let (assets, result) = match assets(item, &id, wanted, name.is_some(), base) {
            Ok(assets) => (assets, Ok(())),
            Err(error) => (BTreeMap::new(), Err(error)),
        };
        let production = Production::read(properties.get(&wanted.production));
        let platform = properties.get("platform").and_then(Value::as_str).map(str::to_owned);
        let scene = Self { id, collection, begins, production, name, platform, bbox, assets };
        Reading::Needed(Box::new(scene), result)
    }

    /// Whether both are productions of one observation: of one granule where the names say so, else items of one id.
    pub fn is_same_observation(&self, other: &Self) -> bool {
        match (&self.name, &other.name) {
            (Some(own), Some(other)) => own.is_of_same_granule(other),
            _ => self.id == other.id,
        }
    }

    /// Newer productions of one observation compare greater: by collection and time of production where the names tell them,
    /// then by the property.
    pub fn production_order(&self, other: &Self) -> std::cmp::Ordering {
        let named =
            |scene: &Self| scene.name.as_ref().map(|name| (name.collection, name.production));
        (named(self), &self.production).cmp(&(named(other), &other.production))
    }

    /// The order in which the observations of one day are taken where only the first that counts is: newest production first,
    /// then the lowest id.
    pub fn order_within_day(&self, other: &Self) -> std::cmp::Ordering {
        other.production_order(self).then_with(|| self.id.cmp(&other.id))
    }
}

/// What the id says, with the time of production from a file's name where the id lacks it.
fn land_name(id: &str, item: &Value, wanted: &Wanted) -> Option<LandName> {
    let mut name = LandName::read(id)?;
    if name.production.is_none() {
        let hrefs = wanted.assets.iter().filter_map(|asset| href(item, asset));
        let of_file =
            hrefs.filter_map(LandName::of_file).find(|file| file.is_of_same_granule(&name));
        name.production = of_file.and_then(|file| file.production);
    }
    Some(name)
}

fn href<'a>(item: &'a Value, asset: &str) -> Option<&'a str> {
    item.get("assets")?.get(asset)?.get("href")?.as_str()
}

/// A composite begins when its period does; what has one time alone begins then.
fn time_member(properties: &Value) -> Option<&Value> {
    let member = |name: &str| properties.get(name).filter(|value| !value.is_null());
    member("start_datetime").or_else(|| member("datetime"))
}

/// When an observation begins, as its properties say.
pub(super) fn begins(properties: &Value) -> Option<DateTime<Utc>> {
    let text = time_member(properties)?.as_str()?;
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}

/// The files that are wanted.
fn assets(
    item: &Value,
    id: &str,
    wanted: &Wanted,
    is_sinusoidal: bool,
    base: &Base,
) -> Result<BTreeMap<String, Asset>, SceneError> {
    let nothing = Value::Null;
    let properties = item.get("properties").unwrap_or(&nothing);
    let read = |key: &String| {
        let Some(href) = href(item, key) else {
            let all = item.get("assets").and_then(Value::as_object);
            let keys: Vec<&str> = all.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
            let found = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
            return Err(SceneError::MissingAsset {
                item: id.to_owned(),
                asset: key.clone(),
                found,
            });
        };
        let href = base.resolve(href).map_err(|source| SceneError::Href {
            item: id.to_owned(),
            asset: key.clone(),
            source,
        })?;
        let placement = Placement::read(&item["assets"][key], properties, is_sinusoidal).map_err(
            |Misplaced { member, expected, found }| SceneError::Member {
                item: id.to_owned(),
                member: format!("{member} of {key}"),
                expected: expected.to_owned(),
                found,
            },
        )?;
        Ok((key.clone(), Asset { href, placement }))
    };
    wanted.assets.iter().map(read).collect()
}

#[cfg(test)]
pub(super) mod tests;
