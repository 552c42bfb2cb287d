//! Where scenes come from: a STAC API, or a list of items.

use std::sync::Arc;

use serde_json::Value;

use super::found::Found;
use super::item::Wanted;
use super::list::{ItemList, ListError};
use super::need::Need;
use super::search::SceneCatalog;
use crate::catalog::CatalogError;
use crate::config::Config;
use crate::exit::Exit;
use crate::http::Http;

/// Where scenes come from.
#[derive(Debug)]
pub enum SceneSource {
    /// A STAC API.
    Api(SceneCatalog),
    /// A list of items.
    List(ItemList),
}

/// Why scenes cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The API.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The list.
    #[error(transparent)]
    List(#[from] ListError),
}

impl SourceError {
    /// The exit code of this kind of failure.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Catalog(error) => error.exit(),
            Self::List(error) => error.exit(),
        }
    }
}

impl Wanted {
    /// What the recipe's bands need, of the collection and satellites that the configuration names.
    pub fn of(config: &Config) -> Self {
        Self {
            collection: config.catalog.collection.clone(),
            assets: config.recipe.assets(),
            production: config.catalog.production.clone(),
            platforms: config.catalog.platforms.clone(),
        }
    }
}

impl SceneSource {
    /// What the configuration names, for the bands of its recipe.
    pub fn new(http: Arc<Http>, config: &Config) -> Self {
        match &config.catalog.items {
            Some(place) => Self::List(ItemList::new(http, place, Wanted::of(config))),
            None => Self::Api(SceneCatalog::new(http, &config.catalog.url, Wanted::of(config))),
        }
    }

    /// Some item, as it is given.
    pub async fn any_item(&self) -> Result<Value, SourceError> {
        match self {
            Self::Api(catalog) => Ok(catalog.any_item().await?),
            Self::List(list) => {
                let items = list.items().await?;
                let empty = || ListError::Empty { place: list.place() };
                Ok(items.first().cloned().ok_or_else(empty)?)
            }
        }
    }

    /// The scenes that are needed.
    pub async fn find(&self, need: &Need) -> Result<Found, SourceError> {
        Ok(match self {
            Self::Api(catalog) => catalog.find(need).await?,
            Self::List(list) => list.find(need).await?,
        })
    }
}
