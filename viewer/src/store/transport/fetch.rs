//! Objects over HTTP, by the browser's `fetch`.

use std::time::Duration;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCache, RequestInit, Response};

use super::{Failure, Freshness, Request, Target, Transport, TransportError};
use crate::scope;
use crate::thrown::describe;

/// A repository below an `http:` or `https:` URL.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// Its address without a query, ending in a slash.
    base: String,
    /// What follows each object's path: the query of the address (a read token), or nothing.
    query: String,
}

impl Fetch {
    /// Reads below `url`; its query, if any, is sent with every request.
    pub fn new(url: &str) -> Self {
        let (base, query) = match url.split_once('?') {
            Some((base, query)) => (base, format!("?{query}")),
            None => (url, String::new()),
        };
        Self { base: format!("{}/", base.trim_end_matches('/')), query }
    }

    fn url(&self, target: &Target) -> String {
        match target {
            Target::InStore(path) => format!("{}{path}{}", self.base, self.query),
            Target::Url(url) => url.clone(),
        }
    }

    async fn read(url: &str, request: &Request) -> Result<Vec<u8>, Failure> {
        let controller = AbortController::new().map_err(|error| network(&error))?;
        let init = RequestInit::new();
        init.set_signal(Some(&controller.signal()));
        init.set_cache(match request.freshness {
            Freshness::Immutable => RequestCache::ForceCache,
            Freshness::Latest => RequestCache::NoCache,
        });
        if let Some(range) = &request.range {
            let headers = Headers::new().map_err(|error| network(&error))?;
            headers
                .set("Range", &format!("bytes={}-{}", range.start, range.end - 1))
                .map_err(|error| network(&error))?;
            init.set_headers(&headers);
        }
        // Dropped before its end, the future takes the request with it.
        let mut guard = AbortOnDrop { controller, done: false };
        let result = match scope::fetch(url, &init).await {
            Ok(response) => Self::body(&response, request).await,
            Err(error) => Err(network(&error)),
        };
        guard.done = true;
        result
    }

    async fn body(response: &Response, request: &Request) -> Result<Vec<u8>, Failure> {
        match response.status() {
            200 | 206 => {}
            404 | 410 => return Err(Failure::NotFound),
            status @ (401 | 403) => return Err(Failure::Denied(status)),
            416 => {
                return Err(Failure::BeyondEnd(
                    request.range.as_ref().map_or(0, |range| range.start),
                ));
            }
            status => {
                let retry_after = response.headers().get("Retry-After").ok().flatten();
                let retry_after = retry_after.and_then(|text| text.trim().parse().ok());
                return Err(Failure::Status {
                    status,
                    retry_after: retry_after.map(Duration::from_secs),
                });
            }
        }
        let whole = response.status() == 200;
        let buffer = response.array_buffer().map_err(|error| network(&error))?;
        let buffer = JsFuture::from(buffer).await.map_err(|error| network(&error))?;
        let mut bytes = Uint8Array::new(&buffer);
        if whole && let Some(range) = &request.range {
            // A server without range support sends everything.
            if u64::from(bytes.length()) <= range.start {
                return Err(Failure::BeyondEnd(range.start));
            }
            bytes = bytes.subarray(range.start as u32, range.end.min(u64::from(u32::MAX)) as u32);
        }
        request.check_length(u64::from(bytes.length()))?;
        Ok(bytes.to_vec())
    }
}

impl Transport for Fetch {
    async fn get(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
        let url = self.url(&request.target);
        let mut result = Self::read(&url, request).await;
        if request.freshness == Freshness::Immutable && matches!(result, Err(Failure::NotFound)) {
            // Browsers keep this answer as well, and the object may have come since.
            let latest = Request { freshness: Freshness::Latest, ..request.clone() };
            result = Self::read(&url, &latest).await;
        }
        result.map_err(|failure| TransportError {
            // A token in the query is nobody's business.
            url: url.split('?').next().unwrap_or_default().to_owned(),
            failure,
        })
    }

    async fn pause(&self, duration: Duration) {
        scope::pause(duration).await;
    }
}

/// Gives a request up unless it has come to its end.
struct AbortOnDrop {
    controller: AbortController,
    done: bool,
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if !self.done {
            self.controller.abort();
        }
    }
}

/// What the browser says of a failed request, which is little on purpose.
fn network(error: &JsValue) -> Failure {
    Failure::Network(describe(error))
}
