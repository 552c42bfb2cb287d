//! Scenes from a STAC API that may hold answers back.
//!
//! A catalogue that says how many items match is believed when as many come. Of any other each answer is checked by two smaller
//! questions, each for about half of its scenes: an answer that was cut short without a word held back something that at
//! least one of them brings. Then no answer of its length is believed any more, and all is asked for again in smaller questions.

use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::area::LonLatBox;
use super::found::{Found, Harvest, Sighting};
use super::href::Base;
use super::item::{Wanted, begins};
use super::land_name::LandName;
use super::need::Need;
use super::question::{Area, Question, Tiled};
use crate::catalog::{AT_ONCE, Asker, CatalogError, Doubt};
use crate::http::Http;

/// Items of a look at a collection.
const FEW: usize = 10;
/// How often a catalogue is asked that gives nothing: one that is ailing gives an empty list now and then.
const ATTEMPTS: usize = 3;
/// How often a search begins anew in smaller questions.
const MOST_ROUNDS: usize = 8;

/// A STAC API.
#[derive(Debug)]
pub struct SceneCatalog {
    asker: Asker,
    wanted: Wanted,
    kind: OnceCell<Kind>,
}

/// What one item of a collection shows.
#[derive(Debug)]
struct Kind {
    /// Whether it is of tiles of the sinusoidal grid.
    tiled: Option<Tiled>,
    /// A question that has an answer.
    proof: Option<Question>,
}

/// A search under way.
struct Search<'a> {
    catalog: &'a SceneCatalog,
    harvest: Harvest<'a>,
    believed: Vec<Believed>,
    /// The least number of items in an answer that was cut short.
    cut_at: Option<usize>,
}

/// A question whose answer was believed.
struct Believed {
    question: Question,
    items: usize,
    /// Whether the server's own count is that of the items.
    is_counted: bool,
}

impl SceneCatalog {
    /// The API at a URL.
    pub fn new(http: Arc<Http>, url: &str, wanted: Wanted) -> Self {
        let asker = Asker::new(http, url, &wanted.collection);
        Self { asker, wanted, kind: OnceCell::new() }
    }

    /// The scenes that are needed.
    pub async fn find(&self, need: &Need) -> Result<Found, CatalogError> {
        let kind = self.kind().await?;
        let whole = Question::of(need, kind.tiled.as_ref());
        let harvest = Harvest::new(&self.wanted, need);
        let mut search = Search { catalog: self, harvest, believed: Vec::new(), cut_at: None };
        search.ask(whole.clone()).await?;
        search.check(&whole).await?;
        if search.harvest.is_empty() && !whole.is_empty() {
            self.prove_that_it_answers(kind).await?;
        }
        Ok(search.harvest.finish())
    }

    /// Some item of the collection, as it is given.
    pub async fn any_item(&self) -> Result<Value, CatalogError> {
        let body = json!({ "collections": [self.wanted.collection], "limit": FEW });
        for attempt in 0..ATTEMPTS {
            if let Some(item) = self.asker.glance(&body).await?.into_iter().next() {
                return Ok(item);
            }
            if attempt == 0 {
                // "Nothing found" must not mean "asked for the wrong thing".
                self.asker.collection_document().await?;
            }
        }
        Err(self.silent())
    }

    async fn kind(&self) -> Result<&Kind, CatalogError> {
        self.kind.get_or_try_init(async || Ok(Kind::of(&self.any_item().await?))).await
    }

    /// Makes sure that a catalogue which has given nothing answers questions of this kind at all: it is asked for an item that it
    /// has shown.
    async fn prove_that_it_answers(&self, kind: &Kind) -> Result<(), CatalogError> {
        let Some(question) = &kind.proof else { return Ok(()) };
        for _ in 0..ATTEMPTS {
            if !self.asker.glance(&question.body(&self.wanted, FEW)).await?.is_empty() {
                return Ok(());
            }
        }
        Err(self.silent())
    }

    fn silent(&self) -> CatalogError {
        let (url, collection) = (self.asker.url().to_owned(), self.wanted.collection.clone());
        CatalogError::Silent { url, collection }
    }

    /// What addresses in an item are relative to: the item's own address.
    fn base(&self, item: &Value) -> Base {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let links = item["links"].as_array().map(Vec::as_slice).unwrap_or_default();
        let own =
            links.iter().find(|link| link["rel"] == "self").and_then(|link| text(&link["href"]));
        Base::Network(own.unwrap_or_else(|| {
            let id = text(&item["id"]).unwrap_or_default();
            format!("{}/collections/{}/items/{id}", self.asker.url(), self.wanted.collection)
        }))
    }
}

impl Kind {
    fn of(item: &Value) -> Self {
        let name = item["id"].as_str().and_then(LandName::read);
        let properties = item["properties"].as_object();
        let mut keys = properties.into_iter().flatten().map(|(key, _)| key);
        let tiled = name.as_ref().map(|_| Tiled {
            prefix: keys.find_map(|key| key.strip_suffix("horizontal-tile").map(str::to_owned)),
        });
        let area = if let (Some(name), Some(tiled)) = (&name, &tiled) {
            let positions = [name.position].into();
            Some(Area::Positions { positions, tiled: tiled.clone() })
        } else {
            let bbox = LonLatBox::read(&item["bbox"]);
            bbox.and_then(|bbox| bbox.parts().first().copied()).map(Area::Box)
        };
        let moment = |begins: DateTime<Utc>| -> Range<DateTime<Utc>> {
            begins..begins + TimeDelta::seconds(1)
        };
        let begins = begins(&item["properties"]).map(moment);
        let proof = area.zip(begins).map(|(area, begins)| Question { area, begins });
        Self { tiled, proof }
    }
}

impl Search<'_> {
    /// Checks the answers so far by smaller questions until these bring nothing new.
    async fn check(&mut self, whole: &[Question]) -> Result<(), CatalogError> {
        let (mut quiet, mut rounds) = (0, 0);
        loop {
            let beginnings = self.harvest.beginnings();
            let in_question = self.believed.iter().filter(|believed| !believed.is_counted);
            let checks: Vec<Question> =
                in_question.flat_map(|believed| believed.question.checks(&beginnings)).collect();
            let enough = if self.harvest.is_empty() { ATTEMPTS - 1 } else { 1 };
            if checks.is_empty() || quiet >= enough {
                return Ok(());
            }
            let believed = self.believed.len();
            let news = self.ask(checks).await?;
            // They check others and are not checked themselves.
            self.believed.truncate(believed);
            if news.is_empty() {
                quiet += 1;
                continue;
            }
            (quiet, rounds) = (0, rounds + 1);
            if rounds > MOST_ROUNDS {
                let url = self.catalog.asker.url().to_owned();
                return Err(CatalogError::Restless { url, rounds });
            }
            self.distrust(&news);
            self.believed.clear();
            self.ask(whole.to_vec()).await?;
        }
    }

    /// Learns from scenes that came late how many items the answers had that held them back.
    fn distrust(&mut self, news: &[Sighting]) {
        let short = self.believed.iter().filter(|believed| {
            // An answer without any item was no page that ended early.
            believed.items > 0 && news.iter().any(|news| believed.question.covers(news))
        });
        let least = short.map(|believed| believed.items).min();
        self.cut_at = self.cut_at.into_iter().chain(least).min();
    }

    /// Asks questions, and in their stead smaller ones where an answer is in doubt; tells what is new.
    async fn ask(&mut self, questions: Vec<Question>) -> Result<Vec<Sighting>, CatalogError> {
        let SceneCatalog { asker, wanted, .. } = self.catalog;
        let mut news = Vec::new();
        let mut open = questions;
        while !open.is_empty() {
            // The last ones first: a catalogue that cannot be trusted is found out at the first of the smallest questions.
            let batch = open.split_off(open.len().saturating_sub(AT_ONCE));
            let body = |question: &Question, limit| question.body(wanted, limit);
            for (question, answer) in asker.answers(batch, body).await? {
                for item in &answer.items {
                    news.extend(self.harvest.add(item, &self.catalog.base(item)));
                }
                let items = answer.items.len();
                let is_cut =
                    self.cut_at.is_some_and(|cut_at| items >= cut_at && !answer.is_counted);
                let doubt = answer.doubt.or_else(|| is_cut.then_some(Doubt::Cut { found: items }));
                let Some(doubt) = doubt else {
                    let is_counted = answer.is_counted;
                    self.believed.push(Believed { question, items, is_counted });
                    continue;
                };
                match question.parts() {
                    Some(parts) => open.extend(parts),
                    None => {
                        return Err(CatalogError::Disagreement {
                            url: asker.url().to_owned(),
                            question: question.to_string(),
                            doubt,
                        });
                    }
                }
            }
        }
        Ok(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_tells_whether_a_collection_is_of_tiles_of_the_sinusoidal_grid() {
        let modis = json!({
            "id": "MOD10A2.A2022033.h09v05.061",
            "properties": { "modis:horizontal-tile": 9, "start_datetime": "2022-02-02T00:00:00Z" },
        });
        let kind = Kind::of(&modis);
        assert_eq!(kind.tiled, Some(Tiled { prefix: Some("modis:".to_owned()) }));
        assert!(matches!(kind.proof.unwrap().area, Area::Positions { .. }));
        let sentinel = json!({
            "id": "S2A_T33TVM_20220705T100041_L2A", "bbox": [13.0, 45.0, 15.0, 47.0],
            "properties": { "datetime": "2022-07-05T10:08:19.024Z" },
        });
        let kind = Kind::of(&sentinel);
        assert_eq!(kind.tiled, None);
        let proof = kind.proof.unwrap();
        let moment: DateTime<Utc> = "2022-07-05T10:08:19.024Z".parse().unwrap();
        assert!(proof.begins.contains(&moment));
        assert!(Kind::of(&json!({ "id": 7 })).proof.is_none());
    }
}
