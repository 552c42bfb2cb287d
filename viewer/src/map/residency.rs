//! Which chunks lie where in the texture, and which give way: an LRU. Pure.
//!
//! The texture is an array of layers of one size; a layer is cut into cells of one chunk size, so
//! that the small chunks of coarse levels share a layer. A chunk that was used this frame is never
//! displaced.

use floe_shared::table::Table;

use crate::chunk::{ChunkKey, Plane};
use crate::visible::Pyramid;

/// Smallest edge of a layer in pixels.
const MIN_LAYER_EDGE: u32 = 1024;

/// Where a chunk lies in the texture: layer, and the pixel of its north-west corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// The layer.
    pub(super) layer: u32,
    /// Column within the layer.
    pub(super) x: u32,
    /// Row within the layer.
    pub(super) y: u32,
}

/// What is known of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// It holds no data.
    Absent,
    /// It lies in the texture.
    Resident(Slot),
}

struct Layer {
    /// Size of its cells.
    cell: (u32, u32),
    /// What they hold, row by row.
    cells: Vec<Option<ChunkKey>>,
}

struct Entry {
    page: Page,
    used: u64,
}

/// What is known of chunks, and the cells of the texture.
pub(super) struct Residency {
    layer_size: (u32, u32),
    max_layers: usize,
    layers: Vec<Layer>,
    entries: Table<ChunkKey, Entry>,
    frame: u64,
}

impl Residency {
    /// An empty texture for the chunks of some pyramids, within a budget in bytes, of which a pixel takes so
    /// many.
    pub(super) fn new(pyramids: &[Pyramid], budget: usize, pixel_bytes: usize) -> Self {
        let edge = |size: fn(&(u32, u32)) -> u32| {
            let levels = pyramids.iter().flat_map(Pyramid::levels);
            let largest = levels.map(|level| size(&level.chunk)).max();
            largest.unwrap_or(0).max(MIN_LAYER_EDGE)
        };
        let layer_size = (edge(|chunk| chunk.0), edge(|chunk| chunk.1));
        let layer_bytes = layer_size.0 as usize * layer_size.1 as usize * pixel_bytes;
        Self {
            layer_size,
            // WebGL2 promises 256 layers.
            max_layers: (budget / layer_bytes).clamp(2, 256),
            layers: Vec::new(),
            entries: Table::new(),
            frame: 0,
        }
    }

    /// Columns and rows of pixels in a layer.
    pub(super) fn layer_size(&self) -> (u32, u32) {
        self.layer_size
    }

    /// How many layers the texture needs now.
    pub(super) fn layers(&self) -> usize {
        self.layers.len()
    }

    /// How many layers it may ever need.
    pub(super) fn max_layers(&self) -> usize {
        self.max_layers
    }

    /// How many chunks of a size the texture can hold at once.
    pub(super) fn capacity(&self, chunk: (u32, u32)) -> usize {
        self.max_layers * self.cells(chunk)
    }

    /// What is known of a chunk.
    pub(super) fn page(&self, key: &ChunkKey) -> Option<Page> {
        self.entries.get(key).map(|entry| entry.page)
    }

    /// Whether any chunk lies in the texture.
    pub(super) fn holds_data(&self) -> bool {
        self.layers.iter().any(|layer| layer.cells.iter().any(Option::is_some))
    }

    /// Begins a frame: nothing is in use yet.
    pub(super) fn begin_frame(&mut self) {
        self.frame += 1;
    }

    /// Marks a chunk as in use this frame; whether anything is known of it.
    pub(super) fn touch(&mut self, key: &ChunkKey) -> bool {
        let frame = self.frame;
        self.entries.get_mut(key).map(|entry| entry.used = frame).is_some()
    }

    /// Records that a chunk holds no data.
    pub(super) fn mark_absent(&mut self, key: ChunkKey) {
        self.forget(&key);
        self.entries.insert(key, Entry { page: Page::Absent, used: self.frame });
    }

    /// Makes room for a chunk of a size, displacing what was not used for longest. `None` when all
    /// room is in use this frame, or the chunk is larger than a layer.
    pub(super) fn place(&mut self, key: ChunkKey, chunk: (u32, u32)) -> Option<Slot> {
        if chunk.0 > self.layer_size.0 || chunk.1 > self.layer_size.1 {
            return None;
        }
        if let Some(Page::Resident(slot)) = self.page(&key) {
            return Some(slot);
        }
        let (layer, cell) = self.find_free(chunk).or_else(|| self.displace(chunk))?;
        self.layers[layer].cells[cell] = Some(key);
        let across = (self.layer_size.0 / chunk.0) as usize;
        let slot = Slot {
            layer: layer as u32,
            x: (cell % across) as u32 * chunk.0,
            y: (cell / across) as u32 * chunk.1,
        };
        self.entries.insert(key, Entry { page: Page::Resident(slot), used: self.frame });
        Some(slot)
    }

    /// Forgets everything, as after a lost context.
    pub(super) fn clear(&mut self) {
        self.layers.clear();
        self.entries.clear();
    }

    /// What is known of the chunks of one plane and level (by its index).
    pub(super) fn pages(
        &self,
        (variable, plane): Plane,
        level: u8,
    ) -> impl Iterator<Item = (&ChunkKey, Page)> {
        let first = ChunkKey { variable, plane, level, row: 0, col: 0 };
        let last = ChunkKey { row: u32::MAX, col: u32::MAX, ..first };
        self.entries.range(first..=last).map(|(key, entry)| (key, entry.page))
    }

    /// Chunks of a size that fit into one layer.
    fn cells(&self, chunk: (u32, u32)) -> usize {
        (self.layer_size.0 / chunk.0) as usize * (self.layer_size.1 / chunk.1) as usize
    }

    /// A free cell: in a layer of that cell size, in an empty layer, or in a new one.
    fn find_free(&mut self, chunk: (u32, u32)) -> Option<(usize, usize)> {
        for (index, layer) in self.layers.iter().enumerate() {
            if layer.cell == chunk
                && let Some(cell) = layer.cells.iter().position(Option::is_none)
            {
                return Some((index, cell));
            }
        }
        let fresh = Layer { cell: chunk, cells: vec![None; self.cells(chunk)] };
        if let Some(index) =
            self.layers.iter().position(|layer| layer.cells.iter().all(Option::is_none))
        {
            self.layers[index] = fresh;
            return Some((index, 0));
        }
        if self.layers.len() < self.max_layers {
            self.layers.push(fresh);
            return Some((self.layers.len() - 1, 0));
        }
        None
    }

    /// Displaces the chunk of this size, or the whole layer of another size, that was not used for
    /// longest.
    fn displace(&mut self, chunk: (u32, u32)) -> Option<(usize, usize)> {
        let used = |key: &ChunkKey| self.entries.get(key).map_or(0, |entry| entry.used);
        let mut oldest: Option<(u64, usize, Option<usize>)> = None;
        for (index, layer) in self.layers.iter().enumerate() {
            let candidate = if layer.cell == chunk {
                layer
                    .cells
                    .iter()
                    .enumerate()
                    .filter_map(|(cell, key)| Some((used(key.as_ref()?), index, Some(cell))))
                    .min()
            } else {
                layer.cells.iter().flatten().map(used).max().map(|newest| (newest, index, None))
            };
            oldest = match (oldest, candidate) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        let (last_used, layer, cell) = oldest?;
        if last_used >= self.frame {
            return None;
        }
        if let Some(cell) = cell {
            if let Some(key) = self.layers[layer].cells[cell].take() {
                self.entries.remove(&key);
            }
            return Some((layer, cell));
        }
        let fresh = Layer { cell: chunk, cells: vec![None; self.cells(chunk)] };
        for key in std::mem::replace(&mut self.layers[layer], fresh).cells.into_iter().flatten() {
            self.entries.remove(&key);
        }
        Some((layer, 0))
    }

    fn forget(&mut self, key: &ChunkKey) {
        if self.entries.remove(key).is_some() {
            for cell in self.layers.iter_mut().flat_map(|layer| &mut layer.cells) {
                if cell.as_ref() == Some(key) {
                    *cell = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::VariableId;
    use crate::dataset::LevelInfo;
    use crate::placement::Placement;

    fn pyramid() -> Pyramid {
        let level = |index: u8, chunk: u32| {
            let factor = 1 << index;
            LevelInfo {
                index,
                placement: Placement::global(36_000 / factor, 18_000 / factor),
                chunk_rows: chunk,
                chunk_cols: chunk,
            }
        };
        Pyramid::new(&[level(0, 1000), level(1, 500), level(2, 250)]).unwrap()
    }

    fn key(level: u8, row: u32, col: u32) -> ChunkKey {
        ChunkKey { variable: VariableId(0), plane: 0, level, row, col }
    }

    /// Room for `layers` layers.
    fn residency(layers: usize) -> Residency {
        Residency::new(&[pyramid()], layers * 1024 * 1024 * 2, 2)
    }

    #[test]
    fn small_chunks_share_a_layer() {
        let mut residency = residency(4);
        residency.begin_frame();
        let slots: Vec<_> =
            (0..5).map(|col| residency.place(key(1, 0, col), (500, 500)).unwrap()).collect();
        assert_eq!(slots[3], Slot { layer: 0, x: 500, y: 500 });
        assert_eq!(slots[4].layer, 1);
        assert_eq!(residency.layers(), 2);
        assert_eq!(residency.capacity((250, 250)), 64);
    }

    #[test]
    fn the_chunk_that_was_not_used_for_longest_gives_way() {
        let mut residency = residency(2);
        for col in 0..2 {
            residency.begin_frame();
            residency.place(key(0, 0, col), (1000, 1000)).unwrap();
        }
        residency.begin_frame();
        residency.touch(&key(0, 0, 0));
        residency.place(key(0, 0, 9), (1000, 1000)).unwrap();
        assert_eq!(residency.page(&key(0, 0, 1)), None);
        assert!(residency.page(&key(0, 0, 0)).is_some());
    }

    #[test]
    fn what_is_in_use_is_never_displaced() {
        let mut residency = residency(2);
        residency.begin_frame();
        assert!(residency.place(key(0, 0, 0), (1000, 1000)).is_some());
        assert!(residency.place(key(0, 0, 1), (1000, 1000)).is_some());
        assert_eq!(residency.place(key(0, 0, 2), (1000, 1000)), None);
        assert_eq!(residency.place(key(1, 0, 2), (500, 500)), None);
    }

    #[test]
    fn a_stale_layer_is_given_to_chunks_of_another_size() {
        let mut residency = residency(2);
        residency.begin_frame();
        for col in 0..8 {
            residency.place(key(1, 0, col), (500, 500)).unwrap();
        }
        residency.begin_frame();
        for col in 4..8 {
            residency.touch(&key(1, 0, col));
        }
        let slot = residency.place(key(0, 3, 3), (1000, 1000)).unwrap();
        assert_eq!(slot, Slot { layer: 0, x: 0, y: 0 });
        assert_eq!(residency.page(&key(1, 0, 0)), None);
        assert!(residency.page(&key(1, 0, 4)).is_some());
        assert_eq!(residency.place(key(1, 0, 0), (500, 500)), None);
    }
}
