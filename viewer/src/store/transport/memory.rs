//! Objects held in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Failure, Request, Target, Transport, TransportError};

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
    let Some(range) = &request.range else {
        return Ok(object.to_vec());
    };
    if range.start >= object.len() as u64 {
        return Err(Failure::BeyondEnd(range.start));
    }
    let end = range.end.min(object.len() as u64);
    let part = &object[range.start as usize..end as usize];
    request.check_length(part.len() as u64)?;
    Ok(part.to_vec())
}
