//! Fetching objects once: a cache, requests shared by all who wait for the same bytes, retries.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use futures::FutureExt as _;
use futures::future::{LocalBoxFuture, Shared, WeakShared};

use super::cache::ByteCache;
use super::retry::get_patiently;
use super::transport::{Freshness, Request, Target, Transport, TransportError};

/// Bytes on their way.
type Bytes = LocalBoxFuture<'static, Result<Rc<[u8]>, TransportError>>;

/// Which bytes of which object.
type Part = (Target, Option<Range<u64>>);

/// Fetches, keeps and shares the bytes of immutable objects.
pub(super) struct Fetcher<T> {
    transport: Rc<T>,
    cache: Rc<RefCell<ByteCache<Part>>>,
    /// Held weakly: the request is given up when the last one who waits is gone.
    in_flight: Rc<RefCell<HashMap<Part, WeakShared<Bytes>>>>,
}

impl<T: Transport + 'static> Fetcher<T> {
    pub(super) fn new(transport: T, cache_bytes: usize) -> Self {
        Self {
            transport: Rc::new(transport),
            cache: Rc::new(RefCell::new(ByteCache::new(cache_bytes))),
            in_flight: Rc::default(),
        }
    }

    /// Reads an object that is overwritten in place: never from a cache.
    pub(super) async fn latest(&self, path: &str) -> Result<Vec<u8>, TransportError> {
        get_patiently(&*self.transport, &Request::object(path, Freshness::Latest)).await
    }

    /// Reads an immutable metadata object once; the caller keeps what it makes of it.
    pub(super) async fn metadata(&self, path: &str) -> Result<Vec<u8>, TransportError> {
        get_patiently(&*self.transport, &Request::object(path, Freshness::Immutable)).await
    }

    /// Reads some bytes of an immutable object: from the cache, from a request that is under way, or by
    /// a request of its own.
    pub(super) async fn part(
        &self,
        target: Target,
        range: Option<Range<u64>>,
    ) -> Result<Rc<[u8]>, TransportError> {
        let part: Part = (target, range);
        if let Some(bytes) = self.cached(&part) {
            return Ok(bytes);
        }
        let under_way = self.in_flight.borrow().get(&part).and_then(WeakShared::upgrade);
        let shared = under_way.unwrap_or_else(|| self.start(part));
        shared.await
    }

    fn cached(&self, part: &Part) -> Option<Rc<[u8]>> {
        self.cache.borrow_mut().get(part)
    }

    fn start(&self, part: Part) -> Shared<Bytes> {
        let request = Request {
            target: part.0.clone(),
            range: part.1.clone(),
            freshness: Freshness::Immutable,
        };
        let (transport, cache) = (Rc::clone(&self.transport), Rc::clone(&self.cache));
        let in_flight = Rc::clone(&self.in_flight);
        let key = part.clone();
        let future = async move {
            let result = get_patiently(&*transport, &request).await;
            in_flight.borrow_mut().remove(&key);
            let bytes: Rc<[u8]> = result?.into();
            cache.borrow_mut().insert(key, Rc::clone(&bytes));
            Ok(bytes)
        };
        let shared = future.boxed_local().shared();
        let mut waiting = self.in_flight.borrow_mut();
        // Requests that were given up leave a dead entry.
        waiting.retain(|_, weak| weak.upgrade().is_some());
        if let Some(weak) = shared.downgrade() {
            waiting.insert(part, weak);
        }
        shared
    }
}
