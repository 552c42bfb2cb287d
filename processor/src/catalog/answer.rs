//! Asking one question: page by page, with a doubt where the answer may have been cut short.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::Value;

use super::search::CatalogError;
use crate::http::{Http, HttpError};

/// Items per page, from the most that the Planetary Computer hands out: less where pages of that size take
/// the server too long.
const PAGE_SIZES: [usize; 5] = [1000, 250, 100, 40, 15];
/// Questions under way at once, where there are several.
pub(crate) const AT_ONCE: usize = 8;
/// Between a page that took too long and a smaller one.
const BREATH: Duration = Duration::from_millis(400);

/// Asks a STAC API.
#[derive(Debug)]
pub(crate) struct Asker {
    http: Arc<Http>,
    url: String,
    collection: String,
    /// Which of [`PAGE_SIZES`] holds. It never grows again.
    page_size: AtomicUsize,
}

/// What came in answer to a question.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// All items of all pages.
    pub(crate) items: Vec<Value>,
    /// Why there may be more, where something speaks for it.
    pub(crate) doubt: Option<Doubt>,
    /// Whether the server's own count is that of the items.
    pub(crate) is_counted: bool,
}

/// Why an answer may have been cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// A last page without room.
    #[error("its last page is full")]
    Full,
    /// The server's own count is higher.
    #[error("it counts {matched} items and gives {found}")]
    Matched {
        /// What the server counts.
        matched: u64,
        /// What came.
        found: u64,
    },
    /// Pages that link to each other, or come again.
    #[error("its pages repeat")]
    Repeats,
    /// As many items as came where others were held back.
    #[error("it gives {found} items, as many as when others were held back")]
    Cut {
        /// What came.
        found: usize,
    },
}

#[derive(Deserialize)]
struct Page {
    features: Vec<Value>,
    #[serde(default)]
    links: Value,
    #[serde(default, rename = "numberMatched")]
    matched: Value,
    #[serde(default)]
    context: Value,
}

/// The request for a page.
struct Request {
    url: String,
    body: Option<Value>,
}

impl Asker {
    pub(crate) fn new(http: Arc<Http>, url: &str, collection: &str) -> Self {
        Self {
            http,
            url: url.trim_end_matches('/').to_owned(),
            collection: collection.to_owned(),
            page_size: AtomicUsize::new(0),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The collection's own document.
    pub(crate) async fn collection_document(&self) -> Result<Value, CatalogError> {
        let url = format!("{}/collections/{}", self.url, self.collection);
        match self.http.get_json(&url, HttpError::is_transient).await {
            Ok(document) => Ok(document),
            Err(error) if error.is_not_found() => Err(CatalogError::NoCollection {
                url: self.url.clone(),
                collection: self.collection.clone(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// All pages in answer to a question, which `body` gives for pages of so many items.
    pub(crate) async fn ask(&self, body: impl Fn(usize) -> Value) -> Result<Answer, CatalogError> {
        loop {
            let step = self.page_size.load(Ordering::Relaxed).min(PAGE_SIZES.len() - 1);
            let limit = PAGE_SIZES[step];
            let can_shrink = step + 1 < PAGE_SIZES.len();
            match self.pages(&body(limit), limit, can_shrink).await {
                Err(error) if can_shrink && error.is_too_slow() => {
                    // Another question may have made the pages smaller meanwhile.
                    self.page_size.fetch_max(step + 1, Ordering::Relaxed);
                    tokio::time::sleep(BREATH).await;
                }
                result => return Ok(result?),
            }
        }
    }

    /// The answers to several questions, in any order. `body` as for [`Asker::ask`].
    pub(crate) async fn answers<Q>(
        &self,
        questions: Vec<Q>,
        body: impl Fn(&Q, usize) -> Value,
    ) -> Result<Vec<(Q, Answer)>, CatalogError> {
        let body = &body;
        stream::iter(questions)
            .map(async |question| {
                let answer = self.ask(|limit| body(&question, limit)).await?;
                Ok((question, answer))
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// The first few items in answer to a search of any form.
    pub(crate) async fn glance(&self, body: &Value) -> Result<Vec<Value>, CatalogError> {
        let url = format!("{}/search", self.url);
        let page: Page = self.http.post_json(&url, body, HttpError::is_transient).await?;
        Ok(page.features)
    }

    async fn pages(
        &self,
        query: &Value,
        limit: usize,
        can_shrink: bool,
    ) -> Result<Answer, HttpError> {
        let passing =
            |error: &HttpError| error.is_transient() && !(can_shrink && error.is_too_slow());
        let mut request =
            Request { url: format!("{}/search", self.url), body: Some(query.clone()) };
        let mut answer = Answer::default();
        let mut requests: BTreeSet<String> = BTreeSet::new();
        let mut items: BTreeSet<String> = BTreeSet::new();
        loop {
            requests.insert(request.text());
            let page: Page = match &request.body {
                Some(body) => self.http.post_json(&request.url, body, passing).await?,
                None => self.http.get_json(&request.url, passing).await?,
            };
            let count = page.features.len();
            let known = items.len();
            items.extend(page.features.iter().map(identity));
            let matched = page.matched();
            let next = page.next(query);
            answer.items.extend(page.features);
            let Some(next) = next else {
                let found = items.len() as u64;
                answer.doubt = match matched {
                    Some(matched) if matched > found => Some(Doubt::Matched { matched, found }),
                    _ => (count >= limit).then_some(Doubt::Full),
                };
                answer.is_counted = matched == Some(found);
                return Ok(answer);
            };
            // A page in the middle that is empty is odd, and no reason to stop; nor is it one to go on for
            // ever: what brings nothing new ends the answer, which then is in doubt.
            if items.len() == known || requests.contains(&next.text()) {
                answer.doubt = Some(Doubt::Repeats);
                return Ok(answer);
            }
            request = next;
        }
    }
}

impl Request {
    fn text(&self) -> String {
        format!("{} {}", self.url, self.body.as_ref().map_or_else(String::new, Value::to_string))
    }
}

impl Page {
    /// How many items match, as far as the server says.
    fn matched(&self) -> Option<u64> {
        self.matched.as_u64().or_else(|| self.context.get("matched")?.as_u64())
    }

    /// The request for the page after this one.
    fn next(&self, query: &Value) -> Option<Request> {
        let links = self.links.as_array()?;
        let link = links.iter().find(|link| link["rel"] == "next")?;
        let url = link["href"].as_str()?.to_owned();
        let by_post =
            link["method"].as_str().is_some_and(|method| method.eq_ignore_ascii_case("POST"));
        // The link's body holds a token; some servers repeat the query in it and some do not.
        Some(Request { url, body: by_post.then(|| merged(query, link.get("body"))) })
    }
}

/// What tells an item from others, however malformed it is.
fn identity(item: &Value) -> String {
    item.get("id").map_or_else(|| item.to_string(), Value::to_string)
}

fn merged(query: &Value, body: Option<&Value>) -> Value {
    let mut merged = query.clone();
    if let (Value::Object(merged), Some(Value::Object(body))) = (&mut merged, body) {
        merged.extend(body.clone());
    }
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(document: Value) -> Page {
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn a_next_page_keeps_the_query_and_adds_the_token() {
        let query = json!({ "limit": 5, "bbox": [0, 0, 1, 1] });
        let next = merged(&query, Some(&json!({ "token": "next:abc" })));
        assert_eq!(next, json!({ "limit": 5, "bbox": [0, 0, 1, 1], "token": "next:abc" }));
    }

    #[test]
    fn links_that_are_no_links_are_passed_over() {
        for links in [json!(null), json!("next"), json!([1, null, { "rel": "self" }])] {
            assert!(page(json!({ "features": [], "links": links })).next(&json!({})).is_none());
        }
        let links = json!([3, { "rel": "next", "href": "http://a/b?token=c" }]);
        let next = page(json!({ "features": [], "links": links })).next(&json!({})).unwrap();
        assert_eq!((next.url.as_str(), next.body), ("http://a/b?token=c", None));
    }

    #[test]
    fn both_ways_of_counting_are_read() {
        assert_eq!(page(json!({ "features": [], "numberMatched": 7 })).matched(), Some(7));
        assert_eq!(page(json!({ "features": [], "context": { "matched": 8 } })).matched(), Some(8));
        for document in [json!({ "features": [] }), json!({ "features": [], "numberMatched": "x" })]
        {
            assert_eq!(page(document).matched(), None);
        }
    }
}
