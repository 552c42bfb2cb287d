//! Which observations count, and what of them is kept. Pure.

use floe_shared::schema::Statistic;

/// A statistic that is made of what is kept in source space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceStatistic {
    /// The mean, rounded once, halves to the even neighbour.
    Mean,
    /// The greatest number.
    Maximum,
    /// The least.
    Minimum,
    /// How many there are.
    Count,
}

impl SourceStatistic {
    /// Of a statistic; `None` for one that needs more than sums, counts and extremes.
    pub const fn of(statistic: Statistic) -> Option<Self> {
        match statistic {
            Statistic::Mean => Some(Self::Mean),
            Statistic::Maximum => Some(Self::Maximum),
            Statistic::Minimum => Some(Self::Minimum),
            Statistic::Count => Some(Self::Count),
            _ => None,
        }
    }
}

/// What is done with the observations of a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The least and the greatest number that count; both do. The least is above 0, which is no data.
    pub range: (u16, u16),
    /// The quality flags that count.
    pub flags: Flags,
    /// Whether the greatest number is kept, besides sums and counts.
    pub maxima: bool,
    /// Whether the least number is kept.
    pub minima: bool,
}

/// A set of quality flags of 8 bits: those whose bits under the mask are the wanted ones, for any of some pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flags {
    pairs: Vec<Pair>,
}

/// Flags that agree in the bits of a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The bits that are looked at.
    pub mask: u8,
    /// What they are.
    pub wanted: u8,
}

impl Flags {
    /// The flags that a test holds for. No flag is in more than one pair.
    pub fn that(holds: impl Fn(u8) -> bool) -> Self {
        let table: Vec<bool> = (0..=u8::MAX).map(holds).collect();
        let mut pairs = Vec::new();
        split(&table, Pair { mask: 0, wanted: 0 }, &mut pairs);
        Self { pairs }
    }

    /// All flags.
    pub fn all() -> Self {
        Self { pairs: vec![Pair { mask: 0, wanted: 0 }] }
    }

    /// Whether the set has a flag.
    pub fn has(&self, flag: u8) -> bool {
        self.pairs.iter().any(|pair| flag & pair.mask == pair.wanted)
    }

    /// The pairs.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }
}

/// Takes the flags of a pair apart, bit by bit of those that make a difference, until all of a part hold or none does.
fn split(table: &[bool], pair: Pair, pairs: &mut Vec<Pair>) {
    let flags = || (0..=u8::MAX).filter(|flag| flag & pair.mask == pair.wanted);
    let holds = |flag: u8| table[usize::from(flag)];
    if flags().all(holds) {
        pairs.push(pair);
        return;
    }
    let decides =
        |bit: &u8| pair.mask & bit == 0 && flags().any(|flag| holds(flag) != holds(flag ^ bit));
    if let Some(bit) = (0..8).map(|shift| 1 << shift).find(decides) {
        for wanted in [pair.wanted, pair.wanted | bit] {
            split(table, Pair { mask: pair.mask | bit, wanted }, pairs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_and_nominal_quality_is_one_bit() {
        let flags = Flags::that(|flag| [0, 1].contains(&(flag & 0b11)));
        assert_eq!(flags.pairs(), [Pair { mask: 0b10, wanted: 0 }]);
        assert_eq!(Flags::that(|_| true), Flags::all());
        assert_eq!(Flags::that(|_| false).pairs(), []);
    }

    #[test]
    fn a_set_has_what_its_test_holds_for() {
        let tests: [fn(u8) -> bool; 5] = [
            |flag| flag == 200,
            |flag| flag & 0b1100 == 0b0100 || flag & 1 == 0,
            |flag| !(17..=43).contains(&flag),
            |flag| flag.count_ones() % 2 == 0,
            |flag| flag < 3,
        ];
        for holds in tests {
            let flags = Flags::that(holds);
            assert!((0..=u8::MAX).all(|flag| flags.has(flag) == holds(flag)));
        }
    }
}
