//! A map of few entries, ordered by key, in a sorted list.
//!
//! The standard library's trees are copied for every type, about 4 KB each where entries are also
//! removed: more than a page that is loaded over a slow line should spend on a few hundred entries,
//! which can as well be moved along when one is put in between.

use std::ops::RangeInclusive;

/// Entries ordered by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Table<K, V> {
    /// No entries.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Number of entries.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The values in the order of their keys, without them.
    pub fn into_values(self) -> Vec<V> {
        self.entries.into_iter().map(|(_, value)| value).collect()
    }

    /// Removes the entries for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.entries.retain(|(key, value)| keep(key, value));
    }

    /// Removes the entry with the least key.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.entries.is_empty()).then(|| self.entries.remove(0))
    }
}

impl<K: Ord, V> Table<K, V> {
    /// Where a key is, or would be.
    fn find(&self, key: &K) -> Result<usize, usize> {
        self.entries.binary_search_by(|(other, _)| other.cmp(key))
    }

    /// Whether there is an entry with this key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.find(key).ok().map(|index| &self.entries[index].1)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find(key).ok().map(|index| &mut self.entries[index].1)
    }

    /// Puts a value at a key; gives what was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(index) => Some(std::mem::replace(&mut self.entries[index].1, value)),
            Err(index) => {
                self.entries.insert(index, (key, value));
                None
            }
        }
    }

    /// Takes out the value of a key.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.find(key).ok().map(|index| self.entries.remove(index).1)
    }

    /// The entries whose keys lie in a range.
    pub fn range(&self, keys: RangeInclusive<K>) -> impl Iterator<Item = (&K, &V)> {
        let (first, last) = keys.into_inner();
        let begin = self.entries.partition_point(|(key, _)| *key < first);
        let end = self.entries.partition_point(|(key, _)| *key <= last);
        self.entries.get(begin..end).unwrap_or_default().iter().map(|(key, value)| (key, value))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_table_holds_what_a_tree_would(steps in prop::collection::vec((0..4_u8, 0..20_u8, any::<u8>()), 0..200)) {
            let (mut table, mut tree) = (Table::new(), BTreeMap::new());
            for (step, key, value) in steps {
                match step {
                    0 => prop_assert_eq!(table.remove(&key), tree.remove(&key)),
                    1 if value < 20 => prop_assert_eq!(table.pop_first(), tree.pop_first()),
                    _ => prop_assert_eq!(table.insert(key, value), tree.insert(key, value)),
                }
                prop_assert_eq!(table.get(&key), tree.get(&key));
                prop_assert_eq!(table.contains_key(&value), tree.contains_key(&value));
            }
            prop_assert!(table.iter().eq(tree.iter()));
            prop_assert_eq!((table.len(), table.is_empty()), (tree.len(), tree.is_empty()));
            for (first, last) in [(0, 20), (3, 3), (5, 11), (11, 12)] {
                prop_assert!(table.range(first..=last).eq(tree.range(first..=last)));
            }
            table.retain(|key, value| (key ^ value) % 2 == 0);
            tree.retain(|key, value| (*key ^ *value) % 2 == 0);
            prop_assert!(table.keys().eq(tree.keys()) && table.values().eq(tree.values()));
        }
    }

    #[test]
    fn nothing_lies_between_two_keys_the_wrong_way_round() {
        let mut table = Table::new();
        table.insert(1, "one");
        table.insert(2, "two");
        assert_eq!(table.range(RangeInclusive::new(2, 1)).count(), 0);
        assert_eq!(table.get_mut(&2), Some(&mut "two"));
    }
}
