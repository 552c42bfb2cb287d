//! Objects as files of a local directory.

use std::path::PathBuf;
use std::time::Duration;

use super::memory::slice;
use super::{Failure, Request, Target, Transport, TransportError};

/// A repository in a local directory; `file:` URLs reach outside it.
#[derive(Clone, Debug)]
pub struct LocalDirectory {
    /// The repository.
    pub root: PathBuf,
}

impl Transport for LocalDirectory {
    async fn get(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
        let path = match &request.target {
            Target::InStore(path) | Target::InPlace(path) => self.root.join(path),
            Target::Url(url) => PathBuf::from(url.strip_prefix("file://").unwrap_or(url)),
        };
        let error = |failure| TransportError { url: path.display().to_string(), failure };
        let object = std::fs::read(&path).map_err(|cause| {
            error(if cause.kind() == std::io::ErrorKind::NotFound {
                Failure::NotFound
            } else {
                Failure::Network(cause.to_string())
            })
        })?;
        slice(&object, request).map_err(error)
    }

    async fn pause(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}
