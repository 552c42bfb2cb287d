//! Whether a page of another origin may read a store, as a browser decides it.
//!
//! A browser hands an answer to a page only where the server names the page's origin in
//! `Access-Control-Allow-Origin`. Chunks that share an object are read by byte range; most browsers ask
//! first (with OPTIONS) whether they may send that header.
//! See <https://fetch.spec.whatwg.org/#http-cors-protocol>.

use reqwest::Method;
use reqwest::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, ORIGIN,
};

use crate::exit::Exit;
use crate::http::{Http, HttpError};

/// Why a page cannot read a store.
#[derive(Debug, thiserror::Error)]
pub enum PageAccessError {
    /// The object cannot be read without credentials.
    #[error("{url} cannot be read without credentials: {source}")]
    NotPublic {
        /// The object.
        url: String,
        /// The answer.
        source: HttpError,
    },
    /// The answer is not for pages of this origin.
    #[error("{url}: expected Access-Control-Allow-Origin to name {origin} or *, found {found}")]
    Origin {
        /// The object.
        url: String,
        /// The page's origin.
        origin: String,
        /// What the answer allows.
        found: String,
    },
    /// The server refuses the question before the request.
    #[error("{url}: the preflight of a GET with Range from {origin} was refused: {source}")]
    Preflight {
        /// The object.
        url: String,
        /// The page's origin.
        origin: String,
        /// The answer.
        source: HttpError,
    },
    /// A page may read, but not parts.
    #[error(
        "{url}: the preflight of a GET with Range: expected {header} to name {expected}, found {found}"
    )]
    Range {
        /// The object.
        url: String,
        /// The header of the answer.
        header: HeaderName,
        /// What it must contain.
        expected: &'static str,
        /// What it contains.
        found: String,
    },
}

impl PageAccessError {
    /// The exit code of this kind of failure.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NotPublic { source, .. } | Self::Preflight { source, .. }
                if matches!(source, HttpError::Unreachable { .. }) =>
            {
                source.exit()
            }
            _ => Exit::Permission,
        }
    }
}

/// Whether anybody may read an object, without credentials.
pub async fn is_public(http: &Http, url: &str) -> Result<(), PageAccessError> {
    match http.headers(Method::GET, url, &[]).await {
        Ok(_) => Ok(()),
        Err(source) => Err(PageAccessError::NotPublic { url: url.to_owned(), source }),
    }
}

/// Whether pages of `origin` may read an object, whole and in parts.
pub async fn pages_may_read(http: &Http, url: &str, origin: &str) -> Result<(), PageAccessError> {
    let answer = http
        .headers(Method::GET, url, &[(ORIGIN, origin)])
        .await
        .map_err(|source| PageAccessError::NotPublic { url: url.to_owned(), source })?;
    names_origin(&answer, url, origin)?;
    let question = [
        (ORIGIN, origin),
        (ACCESS_CONTROL_REQUEST_METHOD, "GET"),
        (ACCESS_CONTROL_REQUEST_HEADERS, "range"),
    ];
    let answer = http.headers(Method::OPTIONS, url, &question).await.map_err(|source| {
        PageAccessError::Preflight { url: url.to_owned(), origin: origin.to_owned(), source }
    })?;
    names_origin(&answer, url, origin)?;
    for (header, expected) in
        [(ACCESS_CONTROL_ALLOW_METHODS, "GET"), (ACCESS_CONTROL_ALLOW_HEADERS, "range")]
    {
        let found = text(&answer, &header);
        let named = found.split(',').map(str::trim);
        // GET needs no permission, it is always allowed; servers may leave it out altogether.
        let implied = header == ACCESS_CONTROL_ALLOW_METHODS && found == NOTHING;
        if !implied
            && !named.into_iter().any(|name| name == "*" || name.eq_ignore_ascii_case(expected))
        {
            return Err(PageAccessError::Range { url: url.to_owned(), header, expected, found });
        }
    }
    Ok(())
}

const NOTHING: &str = "nothing";

fn names_origin(answer: &HeaderMap, url: &str, origin: &str) -> Result<(), PageAccessError> {
    let found = text(answer, &ACCESS_CONTROL_ALLOW_ORIGIN);
    if found == "*" || found == origin {
        return Ok(());
    }
    Err(PageAccessError::Origin { url: url.to_owned(), origin: origin.to_owned(), found })
}

fn text(answer: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<&str> =
        answer.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() { NOTHING.to_owned() } else { values.join(", ") }
}
