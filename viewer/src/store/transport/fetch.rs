//! Objects over HTTP, by the browser's `fetch`.

use std::ops::Range;
use std::time::Duration;

use js_sys::{IteratorNext, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, RequestCache, RequestInit, Response,
};

use super::{Extent, Failure, Freshness, Part, Request, Target, Transport, TransportError};
use crate::line::{self, LineError};
use crate::pause::pause;
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
            Target::InPlace(path) => format!("{}{}{}", self.base, in_url(path), self.query),
            Target::Url(url) => url.clone(),
        }
    }

    /// Asks for the part, and once more for the whole object where a foreign server cannot give a part: it
    /// compresses what it sends, for instance.
    async fn read(url: &str, request: &Request) -> Result<Vec<u8>, Failure> {
        if request.part == Part::Extent {
            return Self::measure(url, request).await;
        }
        let Part::Range(range) = &request.part else {
            return Self::ask(url, request, None).await.map_err(Refusal::into_failure);
        };
        match Self::ask(url, request, Some(range)).await {
            Err(Refusal::Part(_)) if !matches!(request.target, Target::InStore(_)) => {
                Self::ask(url, request, None).await.map_err(Refusal::into_failure)
            }
            result => result.map_err(Refusal::into_failure),
        }
    }

    /// Asks what the server says of the object, without its bytes: the end of an object cannot be asked for everywhere,
    /// and where it can, a page has to ask first whether it may.
    async fn measure(url: &str, request: &Request) -> Result<Vec<u8>, Failure> {
        let controller = AbortController::new().map_err(|error| network(&error))?;
        let init = init(&controller, request.freshness);
        init.set_method("HEAD");
        let _guard = AbortOnDrop { controller, done: false };
        let response = line::unless_silent(scope::fetch(url, &init)).await?;
        check_status(&response, &request.part)?;
        let length = response.headers().get("Content-Length").ok().flatten();
        let length = length.and_then(|text| text.parse().ok()).ok_or(Failure::NoLength)?;
        Ok(Extent { length, modified: modified(&response) }.to_bytes())
    }

    async fn ask(
        url: &str,
        request: &Request,
        range: Option<&Range<u64>>,
    ) -> Result<Vec<u8>, Refusal> {
        let controller = AbortController::new().map_err(|error| network(&error))?;
        let init = init(&controller, request.freshness);
        if let Some(range) = range {
            let headers = Headers::new().map_err(|error| network(&error))?;
            headers
                .set("Range", &format!("bytes={}-{}", range.start, range.end - 1))
                .map_err(|error| network(&error))?;
            init.set_headers(&headers);
        }
        // Dropped before its end, or with bytes unread, it takes the request with it.
        let mut guard = AbortOnDrop { controller, done: false };
        let refusal = if range.is_some() { Refusal::Part } else { Refusal::All };
        let answer = line::unless_silent(scope::fetch(url, &init)).await;
        // A browser fails as well where it cannot inflate the part that it is given.
        let response = answer.map_err(|error| refusal(error.into()))?;
        check_status(&response, &request.part)?;
        let header = |name: &str| response.headers().get(name).ok().flatten();
        if let Some(version) = &request.unchanged {
            // To a page of another origin a server shows its Last-Modified, and its ETag only if it says so.
            version.check(header("ETag").as_deref(), modified(&response))?;
        }
        let partial = range.filter(|_| response.status() == 206);
        if let Some(range) = partial {
            let begins = format!("bytes {}-", range.start);
            let other = header("Content-Range").is_some_and(|found| !found.starts_with(&begins));
            if other || header("Content-Encoding").is_some_and(|found| found != "identity") {
                return Err(Refusal::Part(network(&"other bytes than asked for".into())));
            }
        }
        // Whoever does not know ranges sends everything.
        let skip = match (partial, request.part.range()) {
            (None, Some(wanted)) => wanted.start,
            _ => 0,
        };
        let refusal = if partial.is_some() { Refusal::Part } else { Refusal::All };
        let (bytes, at_end) = body(&response, skip, request.part.limit()).await.map_err(refusal)?;
        guard.done = at_end;
        if bytes.is_empty() && skip > 0 {
            return Err(Failure::BeyondEnd(skip).into());
        }
        request.part.check(bytes.len() as u64).map_err(refusal)?;
        Ok(bytes)
    }
}

fn init(controller: &AbortController, freshness: Freshness) -> RequestInit {
    let init = RequestInit::new();
    init.set_signal(Some(&controller.signal()));
    init.set_cache(match freshness {
        Freshness::Immutable => RequestCache::ForceCache,
        Freshness::Latest => RequestCache::NoCache,
        Freshness::Anew => RequestCache::Reload,
    });
    init
}

/// When an object was last modified, in seconds since 1970.
fn modified(response: &Response) -> Option<i64> {
    let date = response.headers().get("Last-Modified").ok().flatten()?;
    let seconds = js_sys::Date::parse(&date) / 1000.0;
    seconds.is_finite().then_some(seconds as i64)
}

/// A path in which nothing means something in a URL.
fn in_url(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

/// Why bytes did not come.
enum Refusal {
    /// Whatever is asked of this object.
    All(Failure),
    /// The server's way to give a part is of no use.
    Part(Failure),
}

impl Refusal {
    fn into_failure(self) -> Failure {
        match self {
            Self::All(failure) | Self::Part(failure) => failure,
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::All(failure)
    }
}

fn check_status(response: &Response, part: &Part) -> Result<(), Failure> {
    match response.status() {
        200 | 206 => Ok(()),
        404 | 410 => Err(Failure::NotFound),
        status @ (401 | 403) => Err(Failure::Denied(status)),
        416 => Err(Failure::BeyondEnd(part.range().map_or(0, |range| range.start))),
        status => {
            let retry_after = response.headers().get("Retry-After").ok().flatten();
            let retry_after = retry_after.and_then(|text| text.trim().parse().ok());
            Err(Failure::Status { status, retry_after: retry_after.map(Duration::from_secs) })
        }
    }
}

/// The bytes of a body after the first `skip`, at most `most`, piece by piece: what a body inflates to is known only
/// when it comes. Tells as well whether the body has ended: a browser keeps no copy of one that was given up.
async fn body(response: &Response, skip: u64, most: u64) -> Result<(Vec<u8>, bool), Failure> {
    let mut bytes = Vec::new();
    let Some(stream) = response.body() else { return Ok((bytes, true)) };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut skip = skip;
    loop {
        let step = line::unless_silent(JsFuture::from(reader.read())).await?;
        let step: IteratorNext = step.unchecked_into();
        if step.done() {
            return Ok((bytes, true));
        }
        if bytes.len() as u64 >= most {
            return Ok((bytes, false));
        }
        let piece: Uint8Array = step.value().unchecked_into();
        let length = u64::from(piece.length());
        let start = skip.min(length);
        skip -= start;
        let end = length.min(start + (most - bytes.len() as u64));
        let at = bytes.len();
        bytes.resize(at + (end - start) as usize, 0);
        piece.subarray(start as u32, end as u32).copy_to(&mut bytes[at..]);
    }
}

impl Transport for Fetch {
    async fn get(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
        let url = self.url(&request.target);
        Self::read(&url, request).await.map_err(|failure| TransportError {
            // A token in the query is nobody's business.
            url: url.split('?').next().unwrap_or_default().to_owned(),
            failure,
        })
    }

    async fn pause(&self, duration: Duration) {
        pause(duration).await;
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

impl From<LineError> for Failure {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Silent => Self::Silent(line::SILENCE),
            LineError::Refused(reason) => Self::Network(reason),
        }
    }
}

/// What the browser says of a failed request, which is little on purpose.
fn network(error: &JsValue) -> Failure {
    Failure::Network(describe(error))
}
