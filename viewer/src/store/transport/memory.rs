//! Objects held in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Extent, Failure, Part, Request, Target, Transport, TransportError};

/// A store whose objects lie in memory, by path or URL.
#[derive(Clone, Debug, Default)]
pub struct InMemory {
    /// The objects.
    pub objects: BTreeMap<Target, Vec<u8>>,
}

impl Transport for InMemory {
    async fn get(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
        let error = |failure| TransportError { url: request.target.name().to_owned(), failure };
        let object = self.objects.get(&request.target).ok_or_else(|| error(Failure::NotFound))?;
        slice(object, request).map_err(error)
    }

    async fn pause(&self, _duration: Duration) {}
}

/// The part of an object that a request asks for.
pub(super) fn slice(object: &[u8], request: &Request) -> Result<Vec<u8>, Failure> {
    let length = object.len() as u64;
    if request.part == Part::Extent {
        return Ok(Extent { length, modified: None }.to_bytes());
    }
    let wanted = request.part.range().unwrap_or(0..length);
    if wanted.start >= length && !wanted.is_empty() {
        return Err(Failure::BeyondEnd(wanted.start));
    }
    let part = &object[wanted.start as usize..wanted.end.min(length) as usize];
    request.part.check(part.len() as u64)?;
    Ok(part.to_vec())
}
