//! Encoded chunks kept in memory, bounded in bytes; the least recently used go first.
//!
//! Chunks are kept as they were fetched: a third of the decoded size or less, and a few
//! milliseconds to decode again. The decoded pixels live in the map's textures.

use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use floe_shared::table::Table;

/// A cache of byte strings.
#[derive(Debug)]
pub struct ByteCache<K> {
    capacity: usize,
    used: usize,
    clock: u64,
    entries: HashMap<K, (u64, Rc<[u8]>)>,
    by_age: Table<u64, K>,
}

impl<K: Clone + Eq + Hash> ByteCache<K> {
    /// A cache of so many bytes; 0 keeps nothing.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, used: 0, clock: 0, entries: HashMap::new(), by_age: Table::new() }
    }

    /// Bytes held.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Gives an entry and makes it the most recently used one.
    pub fn get(&mut self, key: &K) -> Option<Rc<[u8]>> {
        let (age, bytes) = self.entries.get_mut(key)?;
        self.clock += 1;
        let key = self.by_age.remove(age)?;
        *age = self.clock;
        self.by_age.insert(self.clock, key);
        Some(Rc::clone(bytes))
    }

    /// Keeps some bytes, unless they alone exceed the capacity.
    pub fn insert(&mut self, key: K, bytes: Rc<[u8]>) {
        if let Some((age, old)) = self.entries.remove(&key) {
            self.by_age.remove(&age);
            self.used -= old.len();
        }
        if bytes.len() > self.capacity {
            return;
        }
        self.clock += 1;
        self.used += bytes.len();
        self.by_age.insert(self.clock, key.clone());
        self.entries.insert(key, (self.clock, bytes));
        while self.used > self.capacity
            && let Some((_, oldest)) = self.by_age.pop_first()
            && let Some((_, bytes)) = self.entries.remove(&oldest)
        {
            self.used -= bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> Rc<[u8]> {
        vec![0; length].into()
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = ByteCache::new(10);
        cache.insert("a", bytes(4));
        cache.insert("b", bytes(4));
        assert!(cache.get(&"a").is_some());
        cache.insert("c", bytes(4));
        assert!(cache.get(&"b").is_none());
        assert!(cache.get(&"a").is_some() && cache.get(&"c").is_some());
        assert_eq!(cache.used(), 8);
    }

    #[test]
    fn what_exceeds_the_capacity_alone_is_not_kept() {
        let mut cache = ByteCache::new(10);
        cache.insert("a", bytes(4));
        cache.insert("b", bytes(11));
        assert!(cache.get(&"a").is_some() && cache.get(&"b").is_none());
        cache.insert("a", bytes(5));
        assert_eq!(cache.used(), 5);
        cache.insert("a", bytes(11));
        assert_eq!((cache.used(), cache.get(&"a")), (0, None));
    }
}
