//! What a view takes: a visitor is asked before it takes many bytes.

/// What a view may take without asking: some 30 chunks of 1000 x 1000 numbers of two bytes, unpacked.
pub const MOST: u64 = 64 << 20;

/// How many of the first items may be fetched if so many bytes are the most, where each unit, of which several items may
/// be parts, is fetched once.
pub fn within<U: PartialEq>(units: impl Iterator<Item = (U, u64)>, most: u64) -> usize {
    let mut left = most;
    // A screen has some hundreds at most: a list is looked through as fast as anything else.
    let mut seen = Vec::new();
    units
        .map_while(|(unit, bytes)| {
            if !seen.contains(&unit) {
                left = left.checked_sub(bytes)?;
                seen.push(unit);
            }
            Some(())
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_unit_are_counted_once() {
        let units = || [('a', 5), ('a', 5), ('b', 5), ('c', 5)].into_iter();
        assert_eq!(within(units(), 4), 0);
        assert_eq!(within(units(), 9), 2);
        assert_eq!(within(units(), 10), 3);
        assert_eq!(within(units(), 15), 4);
    }
}
