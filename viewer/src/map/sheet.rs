//! Where small pictures lie on a sheet: in shelves, as high as their first picture. Pure.

use floe_shared::table::Table;

/// A picture's place on the sheet in texels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// A square sheet of pictures that are told apart by a key.
#[derive(Debug)]
pub(super) struct Sheet<K> {
    edge: u32,
    slots: Table<K, Slot>,
    /// Left end of the free part of each shelf, its top and its height.
    shelves: Vec<(u32, u32, u32)>,
}

impl<K: Ord> Sheet<K> {
    /// An empty sheet of `edge` x `edge` texels.
    pub(super) const fn new(edge: u32) -> Self {
        Self { edge, slots: Table::new(), shelves: Vec::new() }
    }

    /// Where a picture lies, if it is on the sheet.
    pub(super) fn slot(&self, key: &K) -> Option<Slot> {
        self.slots.get(key).copied()
    }

    /// A place for a new picture; `None` where there is no room.
    pub(super) fn make_room(&mut self, key: K, width: u32, height: u32) -> Option<Slot> {
        let edge = self.edge;
        let below = self.shelves.last().map_or(0, |&(_, top, height)| top + height);
        // Not on one twice as high, where half of it would be lost.
        let fits = |&&mut (x, _, high): &&mut (u32, u32, u32)| {
            x + width <= edge && (height..=height * 2).contains(&high)
        };
        let shelf = match self.shelves.iter_mut().find(fits) {
            Some(shelf) => shelf,
            None if width <= edge && below + height <= edge => {
                self.shelves.push((0, below, height));
                self.shelves.last_mut()?
            }
            None => return None,
        };
        let slot = Slot { x: shelf.0, y: shelf.1, width, height };
        shelf.0 += width;
        self.slots.insert(key, slot);
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_do_not_overlap_and_stay_on_the_sheet() {
        let mut sheet = Sheet::new(200);
        let mut slots = Vec::new();
        for key in 0..1000_u32 {
            let (width, height) = (20 + key * 7 % 60, if key % 5 == 0 { 9 } else { 21 });
            let Some(slot) = sheet.make_room(key, width, height) else { break };
            assert_eq!((slot.width, slot.height), (width, height));
            assert_eq!(sheet.slot(&key), Some(slot));
            slots.push(slot);
        }
        assert!(slots.len() > 20, "{}", slots.len());
        for (i, a) in slots.iter().enumerate() {
            assert!(a.x + a.width <= 200 && a.y + a.height <= 200, "{a:?}");
            for b in &slots[i + 1..] {
                let apart = a.x + a.width <= b.x
                    || b.x + b.width <= a.x
                    || a.y + a.height <= b.y
                    || b.y + b.height <= a.y;
                assert!(apart, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_has_no_place() {
        let mut sheet = Sheet::new(100);
        assert_eq!(sheet.make_room("wide", 101, 10), None);
        assert_eq!(sheet.make_room("high", 10, 101), None);
        assert!(sheet.make_room("all", 100, 100).is_some());
        assert_eq!(sheet.make_room("more", 1, 1), None);
        assert_eq!(sheet.slot(&"more"), None);
    }
}
