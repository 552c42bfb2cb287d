//! From one level of the pyramid to the next: four pixels become one.

use floe_shared::digital_number::{DigitalNumber, mean_half_even};
use floe_shared::schema::Overview;
use ndarray::{Array2, ArrayRef2, s};

/// Halves both edges, rounded up: each pixel is made of its up to four children that hold data, as the overview says,
/// and no data (0) where none does. Children beyond the edge do not count.
pub fn halve(finer: &ArrayRef2<u16>, overview: Overview) -> Array2<u16> {
    match overview {
        Overview::Mean => means(finer),
        Overview::Maximum => of_children(finer, |children| children.iter().copied().max()),
        Overview::Minimum => of_children(finer, |children| children.iter().copied().min()),
        Overview::Mode => of_children(finer, mode),
        Overview::Nearest => {
            Array2::from_shape_fn(halved(finer), |(row, col)| finer[[2 * row, 2 * col]])
        }
    }
}

/// Rows and columns of the coarser level.
fn halved(finer: &ArrayRef2<u16>) -> (usize, usize) {
    let (height, width) = finer.dim();
    (height.div_ceil(2), width.div_ceil(2))
}

/// Each pixel from those of its children that hold data.
fn of_children(finer: &ArrayRef2<u16>, make: impl Fn(&[u16]) -> Option<u16>) -> Array2<u16> {
    let (height, width) = finer.dim();
    Array2::from_shape_fn(halved(finer), |(row, col)| {
        let block = s![2 * row..(2 * row + 2).min(height), 2 * col..(2 * col + 2).min(width)];
        let (mut children, mut count) = ([0; 4], 0);
        for &child in finer.slice(block).iter().filter(|&&child| child != DigitalNumber::FILL.0) {
            children[count] = child;
            count += 1;
        }
        make(&children[..count]).unwrap_or(DigitalNumber::FILL.0)
    })
}

/// The most frequent of up to four numbers, of equals the lowest.
fn mode(numbers: &[u16]) -> Option<u16> {
    let frequency = |number: u16| numbers.iter().filter(|&&other| other == number).count();
    numbers.iter().copied().max_by_key(|&number| (frequency(number), std::cmp::Reverse(number)))
}

/// The plain mean of the children, halves to the even neighbour.
fn means(finer: &ArrayRef2<u16>) -> Array2<u16> {
    let (height, width) = finer.dim();
    let mut coarser = Array2::zeros((height.div_ceil(2), width.div_ceil(2)));
    let mut children = vec![(0_u32, 0_u32); coarser.ncols()];
    for (row, mut parents) in coarser.rows_mut().into_iter().enumerate() {
        children.fill((0, 0));
        for line in finer.slice(s![2 * row..(2 * row + 2).min(height), ..]).rows() {
            for (col, &value) in line.iter().enumerate() {
                let (sum, count) = &mut children[col / 2];
                *sum += u32::from(value);
                *count += u32::from(value != DigitalNumber::FILL.0);
            }
        }
        for (parent, &(sum, count)) in parents.iter_mut().zip(&children) {
            *parent = mean_half_even(sum, count);
        }
    }
    coarser
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_children_with_data_count() {
        let finer = array![[10, 0, 7, 8], [0, 20, 0, 0], [0, 0, 1, 2], [0, 0, 2, 2]];
        assert_eq!(halve(&finer, Overview::Mean), array![[15, 8], [0, 2]]);
    }

    #[test]
    fn odd_edges_are_rounded_up_and_take_what_is_there() {
        let finer = array![[1, 3, 5], [3, 5, 0], [9, 0, 65535]];
        assert_eq!(halve(&finer, Overview::Mean), array![[3, 5], [9, 65535]]);
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let finer = array![[1, 2, 2, 3], [0, 0, 0, 0]];
        assert_eq!(halve(&finer, Overview::Mean), array![[2, 2]]);
    }

    #[test]
    fn each_kind_of_overview_takes_its_own_of_the_children() {
        let finer = array![[5, 3, 9, 0, 7], [3, 5, 0, 0, 7]];
        for (overview, expected) in [
            (Overview::Mean, array![[4, 9, 7]]),
            (Overview::Maximum, array![[5, 9, 7]]),
            (Overview::Minimum, array![[3, 9, 7]]),
            (Overview::Mode, array![[3, 9, 7]]),
            (Overview::Nearest, array![[5, 9, 7]]),
        ] {
            assert_eq!(halve(&finer, overview), expected, "{overview:?}");
        }
        let finer = array![[0, 8], [8, 2]];
        assert_eq!(halve(&finer, Overview::Mode), array![[8]]);
        assert_eq!(halve(&finer, Overview::Nearest), array![[0]]);
        assert_eq!(halve(&array![[0, 0]], Overview::Minimum), array![[0]]);
    }

    proptest! {
        #[test]
        fn a_parent_lies_between_its_children(
            height in 1..9_usize, width in 1..9_usize, seed in prop::collection::vec(any::<u16>(), 64),
        ) {
            let finer = Array2::from_shape_fn((height, width), |(row, col)| seed[row * 8 + col] / 3);
            let coarser = halve(&finer, Overview::Mean);
            prop_assert_eq!(coarser.dim(), (height.div_ceil(2), width.div_ceil(2)));
            for ((row, col), &parent) in coarser.indexed_iter() {
                let children: Vec<u16> = (2 * row..(2 * row + 2).min(height))
                    .flat_map(|r| (2 * col..(2 * col + 2).min(width)).map(move |c| (r, c)))
                    .map(|place| finer[place])
                    .filter(|&value| value != 0)
                    .collect();
                let lowest = children.iter().min().copied().unwrap_or(0);
                let highest = children.iter().max().copied().unwrap_or(0);
                prop_assert!((lowest..=highest).contains(&parent));
            }
        }
    }
}
