//! Which chunk is fetched next.

use std::collections::{HashSet, VecDeque};

use crate::chunk::ChunkKey;

/// The chunks that were asked for, in order of priority, of which a few are being fetched.
#[derive(Debug)]
pub struct Queue {
    limit: usize,
    waiting: VecDeque<ChunkKey>,
    running: HashSet<ChunkKey>,
}

impl Queue {
    /// A queue that lets so many chunks be fetched at the same time.
    pub fn new(limit: usize) -> Self {
        Self { limit, waiting: VecDeque::new(), running: HashSet::new() }
    }

    /// Takes over the page's new list, in which `true` marks chunks asked for anew; one that was
    /// asked for before and is neither waiting nor running has been answered already. Gives the
    /// running chunks that nobody wants any more.
    pub fn update(&mut self, wanted: &[(ChunkKey, bool)]) -> Vec<ChunkKey> {
        let listed: HashSet<ChunkKey> = wanted.iter().map(|(key, _)| *key).collect();
        let given_up: Vec<ChunkKey> =
            self.running.iter().copied().filter(|key| !listed.contains(key)).collect();
        for key in &given_up {
            self.running.remove(key);
        }
        let before: HashSet<ChunkKey> = self.waiting.drain(..).collect();
        let mut queued = HashSet::new();
        for &(key, is_new) in wanted {
            if (is_new || before.contains(&key))
                && !self.running.contains(&key)
                && queued.insert(key)
            {
                self.waiting.push_back(key);
            }
        }
        given_up
    }

    /// The next chunk to fetch, if there is room for one.
    pub fn start(&mut self) -> Option<ChunkKey> {
        if self.running.len() >= self.limit {
            return None;
        }
        let key = self.waiting.pop_front()?;
        self.running.insert(key);
        Some(key)
    }

    /// A chunk has been fetched, or has failed.
    pub fn finish(&mut self, key: ChunkKey) {
        self.running.remove(&key);
    }

    /// Forgets everything; gives the chunks that are running.
    pub fn clear(&mut self) -> Vec<ChunkKey> {
        self.waiting.clear();
        self.running.drain().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::VariableId;

    fn key(col: u32) -> ChunkKey {
        ChunkKey { variable: VariableId(0), plane: 0, level: 0, row: 0, col }
    }

    fn drain(queue: &mut Queue) -> Vec<u32> {
        std::iter::from_fn(|| queue.start()).map(|key| key.col).collect()
    }

    #[test]
    fn chunks_start_in_order_and_no_more_than_the_limit() {
        let mut queue = Queue::new(2);
        queue.update(&[(key(1), true), (key(2), true), (key(3), true), (key(1), true)]);
        assert_eq!(drain(&mut queue), [1, 2]);
        queue.finish(key(1));
        assert_eq!(drain(&mut queue), [3]);
        queue.finish(key(2));
        queue.finish(key(3));
        assert_eq!(drain(&mut queue), [0_u32; 0]);
    }

    #[test]
    fn a_new_list_reorders_gives_up_and_adds() {
        let mut queue = Queue::new(2);
        queue.update(&[(key(1), true), (key(2), true), (key(3), true), (key(4), true)]);
        assert_eq!(drain(&mut queue), [1, 2]);
        let given_up =
            queue.update(&[(key(5), true), (key(4), false), (key(2), false), (key(3), false)]);
        assert_eq!(given_up, [key(1)]);
        assert_eq!(drain(&mut queue), [5]);
        queue.finish(key(2));
        queue.finish(key(5));
        assert_eq!(drain(&mut queue), [4, 3]);
    }

    #[test]
    fn a_chunk_that_was_answered_meanwhile_is_not_read_again() {
        let mut queue = Queue::new(2);
        queue.update(&[(key(1), true)]);
        assert_eq!(drain(&mut queue), [1]);
        queue.finish(key(1));
        queue.update(&[(key(1), false), (key(2), true)]);
        assert_eq!(drain(&mut queue), [2]);
    }

    #[test]
    fn a_chunk_given_up_can_be_asked_for_again() {
        let mut queue = Queue::new(1);
        queue.update(&[(key(1), true)]);
        assert_eq!(drain(&mut queue), [1]);
        assert_eq!(queue.update(&[]), [key(1)]);
        queue.update(&[(key(1), true)]);
        assert_eq!(drain(&mut queue), [1]);
        assert_eq!(queue.clear(), [key(1)]);
    }
}
