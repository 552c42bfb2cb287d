//! Files over HTTP: granules' blobs and the files beside items, whole and in parts.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use futures::stream;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{App, Refusal, Shared};
use crate::blobs::{Part, part};
use crate::catalog::{Catalog, Entry, Source};
use crate::chance::draw;
use crate::granule_name::{GranuleName, Layer};

/// A granule's file, for those who have a token.
pub(super) async fn give_blob(
    State(app): App,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    tokio::time::sleep(app.misbehaviour.latency()).await;
    app.signer.check(query.as_deref().unwrap_or_default(), Utc::now()).map_err(|error| {
        let text = format!("Server failed to authenticate the request: {error}.");
        Refusal::Storage(StatusCode::FORBIDDEN, text, "AuthenticationFailed")
    })?;
    let is_cut = app.blob_gate(&path)?;
    let not_found = || no_blob(&path);
    if app.misbehaviour.missing_blob(&path) {
        return Err(not_found());
    }
    let (entry, layer) = find(&app.catalog, &path).ok_or_else(not_found)?;
    let blob = match &entry.source {
        Source::Made(granule) => app.renderer.files(*granule).await?.layer(layer).clone(),
        Source::Files(files) => {
            let file = files.path(layer).ok_or_else(not_found)?;
            tokio::fs::read(file).await?.into()
        }
    };
    let stored = app.misbehaviour.stored_length(&path, blob.len() as u64);
    let part = part(range(&headers), stored);
    let bytes = part.bytes(stored);
    let bytes = blob.slice(bytes.start as usize..bytes.end as usize);
    let request = BlobRequest { path: &path, is_head: method == Method::HEAD, is_cut };
    Ok(request.answer(&app, bytes, &part, stored))
}

/// A file beside the items, which needs no token.
pub(super) async fn give_file(
    State(app): App,
    Path(path): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    tokio::time::sleep(app.misbehaviour.latency()).await;
    let is_cut = app.blob_gate(&path)?;
    let file = app.items.as_ref().and_then(|items| items.file(&path));
    let file = file.filter(|file| file.is_file() && !app.misbehaviour.missing_blob(&path));
    let mut file = tokio::fs::File::open(file.ok_or_else(|| no_blob(&path))?).await?;
    let stored = app.misbehaviour.stored_length(&path, file.metadata().await?.len());
    let part = part(range(&headers), stored);
    let wanted = part.bytes(stored);
    let mut bytes = vec![0; (wanted.end - wanted.start) as usize];
    file.seek(io::SeekFrom::Start(wanted.start)).await?;
    file.read_exact(&mut bytes).await?;
    let request = BlobRequest { path: &path, is_head: method == Method::HEAD, is_cut };
    Ok(request.answer(&app, bytes.into(), &part, stored))
}

fn no_blob(path: &str) -> Refusal {
    let text = format!("The specified blob does not exist: {path}.");
    Refusal::Storage(StatusCode::NOT_FOUND, text, "BlobNotFound")
}

fn range(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::RANGE).and_then(|range| range.to_str().ok())
}

/// The granule and layer of a path below the container.
fn find<'a>(catalog: &'a Catalog, path: &str) -> Option<(&'a Entry, Layer)> {
    let file = path.rsplit('/').next()?;
    let (layer, name) = Layer::ALL
        .into_iter()
        .find_map(|layer| Some((layer, file.strip_suffix(&format!("_{}.tif", layer.asset()))?)))?;
    let name: GranuleName = name.parse().ok()?;
    let entry = catalog.get(&name)?;
    (name.blob_path(layer.asset()) == path).then_some((entry, layer))
}

/// What is asked of a blob.
struct BlobRequest<'a> {
    path: &'a str,
    is_head: bool,
    /// Whether the answer breaks off.
    is_cut: bool,
}

impl BlobRequest<'_> {
    /// The answer with the bytes of a part, counted.
    fn answer(&self, app: &Shared, bytes: Bytes, part: &Part, length: u64) -> Response {
        if !self.is_head && *part != Part::Unsatisfiable {
            app.counters.count_blob(self.path, bytes.len() as u64);
        }
        let (status, content_range) = match part {
            Part::Whole => (StatusCode::OK, None),
            Part::Range(range) => (
                StatusCode::PARTIAL_CONTENT,
                Some(format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1))),
            ),
            Part::Unsatisfiable => {
                (StatusCode::RANGE_NOT_SATISFIABLE, Some(format!("bytes */{length}")))
            }
        };
        let mut response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "image/tiff")
            .header(header::CONTENT_LENGTH, bytes.len())
            .header(header::ACCEPT_RANGES, "bytes")
            .header(header::ETAG, format!("\"0x{:016X}\"", draw(length, self.path)))
            .header(header::LAST_MODIFIED, "Mon, 07 Mar 2022 10:00:00 GMT")
            .header("x-ms-blob-type", "BlockBlob");
        if let Some(content_range) = content_range {
            response = response.header(header::CONTENT_RANGE, content_range);
        }
        let body = if self.is_head {
            Body::empty()
        } else if self.is_cut {
            let half = bytes.slice(..bytes.len() / 2);
            let broken = io::Error::other("the connection is cut on purpose");
            Body::from_stream(stream::iter([Ok(half), Err(broken)]))
        } else {
            Body::from(bytes)
        };
        response.body(body).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}
