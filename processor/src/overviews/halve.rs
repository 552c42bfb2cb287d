//! From one level of the pyramid to the next: four pixels become one.

use std::cmp::Ordering;
use std::ops::AddAssign;

use floe_raster::plane::{Pixel, Plane};
use floe_raster::with_plane;
use floe_shared::encoding::Scalar;
use floe_shared::schema::Overview;
use ndarray::{Array2, ArrayRef2, s};

/// Halves both edges, rounded up: each pixel is made of its up to four children that hold data (neither fill nor NaN),
/// as the overview says, and is fill where none does. Children beyond the edge do not count.
///
/// Means of whole numbers are exact before they are rounded, halves to the even neighbour; those of floating-point numbers are
/// made in 64 bits. A mean that would equal fill becomes the next number above.
pub fn halve(finer: &Plane, overview: Overview, fill: Scalar) -> Plane {
    with_plane!(finer, pixels => halved(pixels, overview, Pixel::of(fill)).into())
}

/// Numbers of which means are made.
trait Mean: Pixel {
    /// Holds any four of them added up.
    type Sum: Copy + Default + AddAssign + From<Self>;

    /// `sum / count` as the nearest number; `count` is above 0.
    fn mean(sum: Self::Sum, count: u8) -> Self;

    /// The next number above.
    fn above(self) -> Self;
}

macro_rules! whole_means {
    ($($type:ty, $sum:ty;)*) => { $(
        impl Mean for $type {
            type Sum = $sum;

            #[inline]
            fn mean(sum: Self::Sum, count: u8) -> Self {
                let count = <$sum>::from(count);
                let (quotient, rest) = (sum.div_euclid(count), sum.rem_euclid(count));
                let up = match (2 * rest).cmp(&count) {
                    Ordering::Less => false,
                    Ordering::Equal => quotient % 2 != 0,
                    Ordering::Greater => true,
                };
                (quotient + <$sum>::from(up)) as $type
            }

            fn above(self) -> Self {
                self.saturating_add(1)
            }
        }
    )* };
}

whole_means! {
    u8, i32;
    i8, i32;
    u16, i32;
    i16, i32;
    u32, i64;
    i32, i64;
}

impl Mean for f32 {
    type Sum = f64;

    #[inline]
    fn mean(sum: f64, count: u8) -> Self {
        (sum / f64::from(count)) as Self
    }

    fn above(self) -> Self {
        self.next_up()
    }
}

fn halved<T: Mean>(finer: &ArrayRef2<T>, overview: Overview, fill: T) -> Array2<T> {
    match overview {
        Overview::Mean => means(finer, fill),
        Overview::Maximum => of_children(finer, fill, |children| best(children, |a, b| a > b)),
        Overview::Minimum => of_children(finer, fill, |children| best(children, |a, b| a < b)),
        Overview::Mode => of_children(finer, fill, mode),
        Overview::Nearest => {
            Array2::from_shape_fn(half_dim(finer), |(row, col)| finer[[2 * row, 2 * col]])
        }
    }
}

/// Rows and columns of the coarser level.
fn half_dim<T>(finer: &ArrayRef2<T>) -> (usize, usize) {
    let (height, width) = finer.dim();
    (height.div_ceil(2), width.div_ceil(2))
}

/// Each pixel from those of its children that hold data.
fn of_children<T: Pixel>(
    finer: &ArrayRef2<T>,
    fill: T,
    make: impl Fn(&[T]) -> Option<T>,
) -> Array2<T> {
    let (height, width) = finer.dim();
    Array2::from_shape_fn(half_dim(finer), |(row, col)| {
        let block = s![2 * row..(2 * row + 2).min(height), 2 * col..(2 * col + 2).min(width)];
        let (mut children, mut count) = ([fill; 4], 0);
        for &child in finer.slice(block).iter().filter(|child| child.is_data(fill)) {
            children[count] = child;
            count += 1;
        }
        make(&children[..count]).unwrap_or(fill)
    })
}

/// The number that is better than all others.
fn best<T: Pixel>(numbers: &[T], is_better: impl Fn(T, T) -> bool) -> Option<T> {
    numbers.iter().copied().reduce(|best, next| if is_better(next, best) { next } else { best })
}

/// The most frequent of up to four numbers, of equals the lowest.
fn mode<T: Pixel>(numbers: &[T]) -> Option<T> {
    let frequency = |number: T| numbers.iter().filter(|&&other| other == number).count();
    best(numbers, |a, b| match frequency(a).cmp(&frequency(b)) {
        Ordering::Less => false,
        Ordering::Equal => a < b,
        Ordering::Greater => true,
    })
}

/// The means of the children.
fn means<T: Mean>(finer: &ArrayRef2<T>, fill: T) -> Array2<T> {
    let height = finer.nrows();
    let mut coarser = Array2::from_elem(half_dim(finer), fill);
    let mut children = vec![(T::Sum::default(), 0_u8); coarser.ncols()];
    for (row, mut parents) in coarser.rows_mut().into_iter().enumerate() {
        children.fill((T::Sum::default(), 0));
        for line in finer.slice(s![2 * row..(2 * row + 2).min(height), ..]).rows() {
            for (col, &value) in line.iter().enumerate() {
                let (sum, count) = &mut children[col / 2];
                let is_data = value.is_data(fill);
                *sum += if is_data { value.into() } else { T::Sum::default() };
                *count += u8::from(is_data);
            }
        }
        for (parent, &(sum, count)) in parents.iter_mut().zip(&children) {
            if count > 0 {
                let mean = T::mean(sum, count);
                *parent = if mean.is_same(fill) { mean.above() } else { mean };
            }
        }
    }
    coarser
}

#[cfg(test)]
mod tests {
    use floe_shared::encoding::DataType;
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::*;

    /// Halves pixels of 16 bits without a sign, of which 0 is fill.
    fn of_u16(finer: Array2<u16>, overview: Overview) -> Plane {
        halve(&finer.into(), overview, Scalar::Int(0))
    }

    #[test]
    fn only_children_with_data_count() {
        let finer = array![[10, 0, 7, 8], [0, 20, 0, 0], [0, 0, 1, 2], [0, 0, 2, 2]];
        assert_eq!(of_u16(finer, Overview::Mean), array![[15_u16, 8], [0, 2]].into());
    }

    #[test]
    fn odd_edges_are_rounded_up_and_take_what_is_there() {
        let finer = array![[1, 3, 5], [3, 5, 0], [9, 0, 65535]];
        assert_eq!(of_u16(finer, Overview::Mean), array![[3_u16, 5], [9, 65535]].into());
    }

    #[test]
    fn halves_go_to_the_even_neighbour_on_both_sides_of_zero() {
        let finer = array![[1, 2, 2, 3], [0, 0, 0, 0]];
        assert_eq!(of_u16(finer, Overview::Mean), array![[2_u16, 2]].into());
        let finer: Plane = array![[-1_i16, -2, -2, -3, -1, 0, -7, -8]].into();
        let found = halve(&finer, Overview::Mean, Scalar::Int(-3000));
        assert_eq!(found, array![[-2_i16, -2, 0, -8]].into());
    }

    #[test]
    fn each_kind_of_overview_takes_its_own_of_the_children() {
        let finer = array![[5, 3, 9, 0, 7], [3, 5, 0, 0, 7]];
        for (overview, expected) in [
            (Overview::Mean, array![[4_u16, 9, 7]]),
            (Overview::Maximum, array![[5, 9, 7]]),
            (Overview::Minimum, array![[3, 9, 7]]),
            (Overview::Mode, array![[3, 9, 7]]),
            (Overview::Nearest, array![[5, 9, 7]]),
        ] {
            assert_eq!(of_u16(finer.clone(), overview), expected.into(), "{overview:?}");
        }
        let finer = array![[0, 8], [8, 2]];
        assert_eq!(of_u16(finer.clone(), Overview::Mode), array![[8_u16]].into());
        assert_eq!(of_u16(finer, Overview::Nearest), array![[0_u16]].into());
        assert_eq!(of_u16(array![[0, 0]], Overview::Minimum), array![[0_u16]].into());
    }

    #[test]
    fn a_mean_that_would_be_fill_is_the_next_number() {
        let whole: Plane = array![[-1_i8, 1]].into();
        assert_eq!(halve(&whole, Overview::Mean, Scalar::Int(0)), array![[1_i8]].into());
        let float: Plane = array![[-1_f32, 1.0]].into();
        let found = halve(&float, Overview::Mean, Scalar::Float(0.0));
        assert_eq!(found, array![[0_f32.next_up()]].into());
    }

    #[test]
    fn numbers_at_the_ends_of_their_types_do_not_overflow() {
        let ends: Plane = array![[u32::MAX, u32::MAX], [u32::MAX, u32::MAX]].into();
        assert_eq!(halve(&ends, Overview::Mean, Scalar::Int(0)), array![[u32::MAX]].into());
        let ends: Plane = array![[i32::MIN, i32::MIN], [i32::MIN, i32::MIN]].into();
        assert_eq!(halve(&ends, Overview::Mean, Scalar::Int(0)), array![[i32::MIN]].into());
        let ends: Plane = array![[f32::MAX, f32::MAX], [f32::MAX, f32::MAX]].into();
        assert_eq!(halve(&ends, Overview::Mean, Scalar::Float(0.0)), array![[f32::MAX]].into());
    }

    #[test]
    fn nan_is_no_data_whether_it_is_fill_or_not() {
        let nan = f32::NAN;
        let finer: Plane = array![[nan, 2.0, nan, nan], [4.0, nan, nan, nan]].into();
        for fill in [f64::NAN, -9999.0] {
            for (overview, expected) in
                [(Overview::Mean, 3.0), (Overview::Maximum, 4.0), (Overview::Mode, 2.0)]
            {
                let found = halve(&finer, overview, Scalar::Float(fill));
                let Plane::F32(found) = found else { panic!("another type") };
                assert!(found[(0, 0)].is_same(expected), "{overview:?}");
                assert!(found[(0, 1)].is_same(fill as f32), "{overview:?}");
            }
        }
        let whole = Plane::filled(DataType::F32, (4, 4), Scalar::Float(f64::NAN)).unwrap();
        assert!(
            halve(&whole, Overview::Mean, Scalar::Float(f64::NAN)).is_all(Scalar::Float(f64::NAN))
        );
    }

    proptest! {
        #[test]
        fn a_mean_is_the_whole_number_nearest_to_the_quotient(
            numbers in prop::collection::vec(any::<i16>(), 4), fill in any::<i16>(),
        ) {
            let finer: Plane = Array2::from_shape_vec((2, 2), numbers.clone()).unwrap().into();
            let Plane::I16(found) = halve(&finer, Overview::Mean, Scalar::Int(fill.into())) else {
                panic!("another type")
            };
            let data: Vec<f64> =
                numbers.iter().filter(|&&number| number != fill).map(|&it| it.into()).collect();
            let mean = data.iter().sum::<f64>() / data.len() as f64;
            let expected = if data.is_empty() { fill } else { mean.round_ties_even() as i16 };
            let is_beside = !data.is_empty() && expected == fill;
            prop_assert_eq!(found[(0, 0)], if is_beside { fill + 1 } else { expected });
        }

        #[test]
        fn a_parent_lies_between_its_children(
            height in 1..9_usize, width in 1..9_usize, seed in prop::collection::vec(any::<u16>(), 64),
        ) {
            let finer = Array2::from_shape_fn((height, width), |(row, col)| seed[row * 8 + col] / 3);
            let coarser = halved(&finer, Overview::Mean, 0);
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
