//! The HTTP side: STAC API, token endpoint, blobs and counts.

mod files;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use chrono::Utc;
use serde_json::{Value, json};

use self::files::{give_blob, give_file};
use super::catalog::{COLLECTION, Catalog, Entry};
use super::counters::Counters;
use super::item::{collection, item, landing_page};
use super::misbehave::{Misbehaviour, Mishap, Target};
use super::rendered::{RenderError, Renderer};
use super::sas::{ACCOUNT, CONTAINER, Signer};
use super::search::{Page, TokenError, search};
use super::search_request::SearchRequest;
use super::stac_items::{FILES, StacItems};

/// All that the handlers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) catalog: Catalog,
    /// What is served in its place.
    pub(super) items: Option<StacItems>,
    pub(super) renderer: Renderer,
    pub(super) signer: Signer,
    pub(super) misbehaviour: Misbehaviour,
    pub(super) counters: Arc<Counters>,
    /// The sandbox's address, for requests that do not say under which name they reach it.
    pub(super) base: String,
}

type App = State<Arc<Shared>>;

/// A request that is answered with an error.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// The catalogue has no such thing.
    #[error("{0} not found")]
    NotFound(String),
    /// The search makes no sense.
    #[error("{0}")]
    BadSearch(String),
    /// The blob store refuses, with Azure's own code.
    #[error("{1}")]
    Storage(StatusCode, String, &'static str),
    /// A file of the folder cannot be read.
    #[error("cannot read the file: {0}")]
    File(#[from] io::Error),
    /// A granule could not be made.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Told to misbehave.
    #[error("told to misbehave")]
    Mishap(Mishap),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let text = self.to_string();
        let document = |status: StatusCode, code: &str| {
            (status, Json(json!({"code": code, "description": text}))).into_response()
        };
        match self {
            Self::NotFound(_) => document(StatusCode::NOT_FOUND, "NotFoundError"),
            Self::BadSearch(_) => document(StatusCode::BAD_REQUEST, "RequestValidationError"),
            Self::File(_) | Self::Render(_) => {
                document(StatusCode::INTERNAL_SERVER_ERROR, "InternalError")
            }
            Self::Storage(status, text, code) => storage_error(status, code, &text),
            Self::Mishap(Mishap::TooManyRequests) => (
                StatusCode::TOO_MANY_REQUESTS,
                [(header::RETRY_AFTER, "1")],
                Json(json!({"statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds."})),
            )
                .into_response(),
            Self::Mishap(Mishap::Refused) => storage_error(
                StatusCode::FORBIDDEN,
                "AuthenticationFailed",
                "Server failed to authenticate the request.",
            ),
            Self::Mishap(Mishap::Timeout) => {
                (StatusCode::GATEWAY_TIMEOUT, "The upstream server is timing out").into_response()
            }
            Self::Mishap(Mishap::TokenNotFound) => {
                document(StatusCode::NOT_FOUND, "NotFoundError")
            }
            Self::Mishap(Mishap::Html) => {
                Html("<html><body><h1>Our services are not available right now</h1></body></html>")
                    .into_response()
            }
            Self::Mishap(Mishap::Empty) => Json(json!({
                "type": "FeatureCollection", "features": [], "links": [], "numberReturned": 0,
            }))
            .into_response(),
            Self::Mishap(Mishap::Unavailable | Mishap::Cut) => storage_error(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServerBusy",
                "The server is currently unable to receive requests.",
            ),
        }
    }
}

/// An error in the manner of Azure's blob storage.
fn storage_error(status: StatusCode, code: &'static str, text: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{text}</Message></Error>"
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/xml")),
        (header::HeaderName::from_static("x-ms-error-code"), HeaderValue::from_static(code)),
    ];
    (status, headers, body).into_response()
}

/// The sandbox's routes.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(show_landing_page))
        .route("/api/stac/v1", get(show_landing_page))
        .route("/api/stac/v1/", get(show_landing_page))
        .route("/api/stac/v1/collections", get(list_collections))
        .route("/api/stac/v1/collections/{collection}", get(show_collection))
        .route("/api/stac/v1/collections/{collection}/items", get(list_items))
        .route("/api/stac/v1/collections/{collection}/items/{id}", get(show_item))
        .route("/api/stac/v1/search", get(search_by_query).post(search_by_body))
        .route("/api/sas/v1/token/{account}/{container}", get(give_token))
        .route("/stats", get(show_stats))
        .route("/fill", post(fill))
        .route(&format!("/{FILES}/{{*path}}"), get(give_file))
        .route(&format!("/{ACCOUNT}/{CONTAINER}/{{*path}}"), get(give_blob))
        .fallback(async || Refusal::NotFound("resource".to_owned()))
        .with_state(shared)
}

/// One page of items as they are given, before fields are chosen.
struct ItemPage {
    documents: Vec<Value>,
    next: Option<String>,
    matched: usize,
}

impl Shared {
    fn page(&self, request: &SearchRequest, base: &str) -> Result<ItemPage, TokenError> {
        Ok(if let Some(items) = &self.items {
            let Page { entries, next, matched } = items.search(request)?;
            let documents = entries.iter().map(|item| item.document(base)).collect();
            ItemPage { documents, next, matched }
        } else {
            let Page { entries, next, matched } = search(&self.catalog, request)?;
            let documents = entries.iter().map(|entry| self.item(entry, base)).collect();
            ItemPage { documents, next, matched }
        })
    }

    fn collections(&self, base: &str) -> Vec<Value> {
        match &self.items {
            Some(items) => items.collections(base),
            None => vec![collection(&self.catalog, base)],
        }
    }

    fn document(&self, collection: &str, id: &str, base: &str) -> Option<Value> {
        match &self.items {
            Some(items) => Some(items.item(collection, id)?.document(base)),
            None if collection == COLLECTION => {
                self.catalog.by_id(id).map(|entry| self.item(entry, base))
            }
            None => None,
        }
    }

    /// Fails as told before a blob is given; tells whether the answer is cut off on the way.
    fn blob_gate(&self, path: &str) -> Result<bool, Refusal> {
        match self.misbehaviour.mishap(path, Target::Blob) {
            None => Ok(false),
            Some(mishap) => {
                self.counters.count_mishap();
                if mishap == Mishap::Cut { Ok(true) } else { Err(Refusal::Mishap(mishap)) }
            }
        }
    }

    /// Waits as told, and fails as told.
    async fn gate(&self, address: &str, target: Target) -> Result<(), Refusal> {
        tokio::time::sleep(self.misbehaviour.latency()).await;
        match self.misbehaviour.mishap(address, target) {
            None => Ok(()),
            Some(mishap) => {
                self.counters.count_mishap();
                Err(Refusal::Mishap(mishap))
            }
        }
    }

    /// The address under which this request reaches the sandbox.
    fn base(&self, headers: &HeaderMap) -> String {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        host.map_or_else(|| self.base.clone(), |host| format!("http://{host}"))
    }

    fn item(&self, entry: &Entry, base: &str) -> Value {
        let mut item = item(&self.catalog, entry, base, self.misbehaviour.missing_asset(&entry.id));
        if self.misbehaviour.malformed(&entry.id) {
            item["properties"]["modis:horizontal-tile"] = json!("in the east");
        }
        item
    }
}

async fn show_landing_page(State(app): App, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    app.gate("/", Target::Document).await?;
    app.counters.count_item();
    let base = app.base(&headers);
    Ok(Json(landing_page(&base, &app.collections(&base))))
}

async fn list_collections(State(app): App, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    app.gate("/collections", Target::Document).await?;
    app.counters.count_item();
    let collections = app.collections(&app.base(&headers));
    Ok(Json(json!({"collections": collections, "links": []})))
}

async fn show_collection(
    State(app): App,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    app.gate("/collection", Target::Document).await?;
    app.counters.count_item();
    let collections = app.collections(&app.base(&headers));
    let found = collections.into_iter().find(|collection| collection["id"] == name);
    found.map(Json).ok_or_else(|| Refusal::NotFound(format!("collection {name}")))
}

async fn show_item(
    State(app): App,
    Path((name, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    app.gate(&id, Target::Document).await?;
    app.counters.count_item();
    let item = app.document(&name, &id, &app.base(&headers));
    item.map(Json).ok_or_else(|| Refusal::NotFound(format!("item {id} in collection {name}")))
}

async fn list_items(
    State(app): App,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let base = app.base(&headers);
    let address = format!("{base}/api/stac/v1/collections/{name}/items");
    let mut body = SearchRequest::body_of_query(query.as_deref().unwrap_or_default());
    body["collections"] = json!([name]);
    answer(&app, &body, &base, &NextLink::Get { address, query: query.unwrap_or_default() }).await
}

async fn search_by_query(
    State(app): App,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let base = app.base(&headers);
    let address = format!("{base}/api/stac/v1/search");
    let body = SearchRequest::body_of_query(query.as_deref().unwrap_or_default());
    answer(&app, &body, &base, &NextLink::Get { address, query: query.unwrap_or_default() }).await
}

async fn search_by_body(
    State(app): App,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let base = app.base(&headers);
    let address = format!("{base}/api/stac/v1/search");
    let body: Value = serde_json::from_slice(&body)
        .map_err(|error| Refusal::BadSearch(format!("body: expected JSON, found {error}")))?;
    answer(&app, &body, &base, &NextLink::Post { address }).await
}

/// How the next page is asked for.
enum NextLink {
    Get { address: String, query: String },
    Post { address: String },
}

impl NextLink {
    fn link(&self, body: &Value, token: &str) -> Value {
        match self {
            Self::Get { address, query } => {
                let query: String = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(
                        url::form_urlencoded::parse(query.as_bytes())
                            .filter(|(name, _)| name != "token"),
                    )
                    .append_pair("token", token)
                    .finish();
                json!({
                    "rel": "next",
                    "type": "application/geo+json",
                    "method": "GET",
                    "href": format!("{address}?{query}"),
                })
            }
            Self::Post { address } => {
                let mut body = body.clone();
                body["token"] = token.into();
                json!({
                    "rel": "next",
                    "type": "application/geo+json",
                    "method": "POST",
                    "href": address,
                    "body": body,
                    "merge": false,
                })
            }
        }
    }
}

async fn answer(
    app: &Arc<Shared>,
    body: &Value,
    base: &str,
    next: &NextLink,
) -> Result<Response, Refusal> {
    app.counters.count_search();
    let mut request =
        SearchRequest::from_body(body).map_err(|error| Refusal::BadSearch(error.to_string()))?;
    app.gate(&format!("search {body}"), Target::Search { limit: request.limit }).await?;
    let paging = app.misbehaviour.paging();
    if let Some(most) = paging.cut.into_iter().chain(paging.repeat).min() {
        request.limit = request.limit.min(most);
    }
    if paging.repeat.is_some() {
        request.after = None;
    }
    let mut page =
        app.page(&request, base).map_err(|error| Refusal::BadSearch(error.to_string()))?;
    if paging.cut.is_some() {
        page.next = None;
    }
    let returned = page.documents.len();
    let mut features: Vec<Value> =
        page.documents.into_iter().map(|item| request.fields.apply(item)).collect();
    features.extend((0..paging.strangers).map(stranger));
    let mut links = vec![
        json!({"rel": "root", "type": "application/json", "href": format!("{base}/api/stac/v1/")}),
        json!({
            "rel": "self",
            "type": "application/json",
            "href": format!("{base}/api/stac/v1/search")
        }),
    ];
    links.extend(page.next.map(|token| next.link(body, &token)));
    let mut document = json!({
        "type": "FeatureCollection",
        "features": features,
        "links": links,
        "numberReturned": returned,
    });
    if let Some(overcount) = paging.overcount {
        document["numberMatched"] = json!(page.matched + overcount);
    }
    Ok(([(header::CONTENT_TYPE, "application/geo+json")], document.to_string()).into_response())
}

/// A malformed item that nobody asked for.
fn stranger(number: usize) -> Value {
    let id = format!("MOD11A2.A2005001.h35v08.061.2005015{number:06}");
    match number % 3 {
        0 => json!({ "id": id, "properties": { "modis:horizontal-tile": "thirty-five" } }),
        1 => json!({ "id": id, "assets": { "LST_Day_1km": { "title": "no address" } } }),
        _ => json!(["no item at all", number]),
    }
}

/// Fills the holes of the record.
async fn fill(State(app): App) -> Json<Value> {
    app.catalog.fill();
    let granules = app.catalog.entries.iter().filter(|entry| app.catalog.shows(entry)).count();
    Json(json!({ "granules": granules }))
}

async fn give_token(
    State(app): App,
    Path((account, container)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    app.gate("token", Target::Token).await?;
    if (account.as_str(), container.as_str()) != (ACCOUNT, CONTAINER) {
        return Err(Refusal::NotFound(format!("container {container} of account {account}")));
    }
    app.counters.count_token();
    Ok(Json(app.signer.token(Utc::now())))
}

/// All counts; with the query `blobs` those of each blob too.
async fn show_stats(State(app): App, RawQuery(query): RawQuery) -> Json<Value> {
    let mut stats = app.counters.stats();
    if !query.is_some_and(|query| query.starts_with("blobs")) {
        stats.blobs.clear();
    }
    Json(json!(stats))
}
