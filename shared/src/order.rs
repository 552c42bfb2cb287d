//! Sorting by a number, with one copy of the sorting code for all types.
//!
//! The standard library's sorts are copied for every type and every comparison, about 5 KB each: more
//! than a page that is loaded over a slow line should spend on lists of a few dozen entries.

/// Sorts by a number, ascending; what has the same number keeps its order.
pub fn sort_by_number<T>(items: &mut Vec<T>, number: impl Fn(&T) -> f64) {
    let mut keys: Vec<(f64, usize)> =
        items.iter().enumerate().map(|(index, item)| (number(item), index)).collect();
    sort_keys(&mut keys);
    let mut from: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(keys.into_iter().filter_map(|(_, index)| from[index].take()));
}

/// The one copy.
fn sort_keys(keys: &mut [(f64, usize)]) {
    keys.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_keep_their_order() {
        let mut words = vec!["three", "no", "seven", "ab", "", "eight"];
        sort_by_number(&mut words, |word| word.len() as f64);
        assert_eq!(words, ["", "no", "ab", "three", "seven", "eight"]);
    }

    #[test]
    fn negative_numbers_come_first_and_what_is_no_number_last() {
        let mut numbers = vec![1.5, f64::NAN, -2.0, 0.0, f64::INFINITY, -0.0];
        sort_by_number(&mut numbers, |&number| number);
        assert!(numbers[5].is_nan());
        assert_eq!(numbers[..5], [-2.0, 0.0, 0.0, 1.5, f64::INFINITY]);
    }

    #[test]
    fn nothing_is_lost_of_a_long_list() {
        let mut numbers: Vec<u32> = (0..1000).map(|i| i * 7919 % 1009).collect();
        let mut expected = numbers.clone();
        expected.sort_unstable();
        sort_by_number(&mut numbers, |&number| f64::from(number));
        assert_eq!(numbers, expected);
    }
}
