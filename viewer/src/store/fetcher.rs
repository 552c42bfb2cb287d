//! Fetching objects once: a cache, requests shared by all who wait for the same bytes, retries.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures::FutureExt as _;
use futures::future::{LocalBoxFuture, Shared, WeakShared};

use super::cache::ByteCache;
use super::error::StoreError;
use super::retry::get_patiently;
use super::transport::{Freshness, Part, Request, Target, Transport, TransportError, Version};

/// Bytes on their way.
type Bytes = LocalBoxFuture<'static, Result<Rc<[u8]>, TransportError>>;

/// Bytes by themselves.
type Outsize = Rc<RefCell<Option<(Wanted, Rc<[u8]>)>>>;

/// Bytes of an immutable object, or of a foreign one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    /// The object.
    pub(super) target: Target,
    /// Its bytes.
    pub(super) part: Part,
    /// What a foreign object must still be.
    pub(super) unchanged: Option<Version>,
}

/// Fetches, keeps and shares the bytes of immutable objects.
pub(super) struct Fetcher<T> {
    transport: Rc<T>,
    cache_bytes: usize,
    cache: Rc<RefCell<ByteCache<Wanted>>>,
    /// The last bytes that alone exceed the cache: parts of a large chunk are wanted one after the other.
    outsize: Outsize,
    /// Held weakly: the request is given up when the last one who waits is gone.
    in_flight: Rc<RefCell<HashMap<Wanted, WeakShared<Bytes>>>>,
}

impl<T: Transport + 'static> Fetcher<T> {
    pub(super) fn new(transport: T, cache_bytes: usize) -> Self {
        Self::over(Rc::new(transport), cache_bytes)
    }

    /// One that knows nothing of what this one has fetched.
    pub(super) fn anew(&self) -> Self {
        Self::over(Rc::clone(&self.transport), self.cache_bytes)
    }

    fn over(transport: Rc<T>, cache_bytes: usize) -> Self {
        Self {
            transport,
            cache_bytes,
            cache: Rc::new(RefCell::new(ByteCache::new(cache_bytes))),
            outsize: Rc::default(),
            in_flight: Rc::default(),
        }
    }

    /// Reads an object that is overwritten in place: never from a cache.
    pub(super) async fn latest(&self, path: &str, most: u64) -> Result<Vec<u8>, TransportError> {
        get_patiently(&*self.transport, Request::object(path, most, Freshness::Latest)).await
    }

    /// Reads an immutable metadata object; the caller keeps what it makes of it. What makes no sense may be a copy
    /// that the browser kept of something else: it is asked for once more.
    pub(super) async fn metadata<V>(
        &self,
        path: &str,
        most: u64,
        read: impl Fn(&[u8]) -> Result<V, StoreError>,
    ) -> Result<V, StoreError> {
        let mut freshness = Freshness::Immutable;
        loop {
            let request = Request::object(path, most, freshness);
            let result = read(&get_patiently(&*self.transport, request).await?);
            if result.is_ok() || freshness == Freshness::Anew {
                return result;
            }
            freshness = Freshness::Anew;
        }
    }

    /// Reads some bytes: from the cache, from a request that is under way, or by a request of its own; `anew` only
    /// by that, and past the browser's cache, since what it holds has not decoded.
    pub(super) async fn part(
        &self,
        wanted: Wanted,
        anew: bool,
    ) -> Result<Rc<[u8]>, TransportError> {
        if anew {
            return self.start(wanted, Freshness::Anew).await;
        }
        if let Some(bytes) = self.cached(&wanted) {
            return Ok(bytes);
        }
        let under_way = self.in_flight.borrow().get(&wanted).and_then(WeakShared::upgrade);
        // A foreign object may change under its name, and so may one of plain Zarr.
        let freshness = match wanted.target {
            Target::InStore(_) => Freshness::Immutable,
            Target::InPlace(_) | Target::Url(_) => Freshness::Latest,
        };
        let shared = under_way.unwrap_or_else(|| self.start(wanted, freshness));
        shared.await
    }

    fn cached(&self, part: &Wanted) -> Option<Rc<[u8]>> {
        let outsize = self.outsize.borrow();
        let own = outsize.as_ref().filter(|(wanted, _)| wanted == part);
        own.map(|(_, bytes)| Rc::clone(bytes)).or_else(|| self.cache.borrow_mut().get(part))
    }

    fn start(&self, wanted: Wanted, freshness: Freshness) -> Shared<Bytes> {
        let Wanted { target, part, unchanged } = wanted.clone();
        let request = Request { target, part, freshness, unchanged };
        let (transport, cache) = (Rc::clone(&self.transport), Rc::clone(&self.cache));
        let in_flight = Rc::clone(&self.in_flight);
        let (outsize, most) = (Rc::clone(&self.outsize), self.cache_bytes);
        let key = wanted.clone();
        let future = async move {
            let result = get_patiently(&*transport, request).await;
            in_flight.borrow_mut().remove(&key);
            let bytes: Rc<[u8]> = result?.into();
            if most > 0 && bytes.len() > most {
                outsize.replace(Some((key, Rc::clone(&bytes))));
            } else {
                cache.borrow_mut().insert(key, Rc::clone(&bytes));
            }
            Ok(bytes)
        };
        let shared = future.boxed_local().shared();
        let mut waiting = self.in_flight.borrow_mut();
        // Requests that were given up leave a dead entry.
        waiting.retain(|_, weak| weak.upgrade().is_some());
        if let Some(weak) = shared.downgrade() {
            waiting.insert(wanted, weak);
        }
        shared
    }
}
