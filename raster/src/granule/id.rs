//! Granule names: `MOD11A2.A2022033.h19v10.061.2022042044121`.
//!
//! Satellite and product, start of the composite (year and day of year), position, collection and
//! time of production (MODIS Land naming convention). Catalogue items may lack the last part.

use std::fmt;
use std::str::FromStr;

use crate::sinusoidal::Position;

/// The satellite that carries the instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// Morning overpass; names begin with `MOD`.
    Terra,
    /// Afternoon overpass; names begin with `MYD`.
    Aqua,
}

/// The period that one granule covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// `11A1`: one day.
    Daily,
    /// `11A2`: the mean of eight days, 46 a year.
    EightDays,
}

/// When a granule was produced, `YYYYDDDHHMMSS`; later ones replace earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Production(u64);

/// A granule, told apart from all others by satellite, period and position. Two productions of one
/// granule share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GranuleKey {
    /// The satellite.
    pub platform: Platform,
    /// The period.
    pub product: Product,
    /// Year in which the period begins.
    pub year: i32,
    /// Day of that year on which it begins, from 1.
    pub day: u16,
    /// The place.
    pub position: Position,
}

/// One production of a granule. Of ids with one [`GranuleKey`] the greatest is the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GranuleId {
    /// What it covers.
    pub key: GranuleKey,
    /// Collection (version of the algorithms), 61 for `061`.
    pub collection: u16,
    /// When it was produced, where the name says so.
    pub production: Option<Production>,
}

/// A text that is no granule name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a granule name such as MOD11A2.A2022033.h19v10.061.2022042044121, found '{found}': {why}"
)]
pub struct GranuleIdError {
    /// The text.
    pub found: String,
    /// The part that does not fit.
    pub why: &'static str,
}

impl Platform {
    /// Both satellites.
    pub const ALL: [Self; 2] = [Self::Terra, Self::Aqua];

    /// The name that catalogues and the configuration use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terra => "terra",
            Self::Aqua => "aqua",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Terra => "MOD",
            Self::Aqua => "MYD",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Product {
    const fn code(self) -> &'static str {
        match self {
            Self::Daily => "11A1",
            Self::EightDays => "11A2",
        }
    }
}

impl fmt::Display for Production {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:013}", self.0)
    }
}

impl fmt::Display for GranuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GranuleKey { platform, product, year, day, position } = self.key;
        let (prefix, code) = (platform.prefix(), product.code());
        write!(formatter, "{prefix}{code}.A{year:04}{day:03}.{position}.{:03}", self.collection)?;
        self.production.map_or(Ok(()), |production| write!(formatter, ".{production}"))
    }
}

impl FromStr for GranuleId {
    type Err = GranuleIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |why| GranuleIdError { found: text.to_owned(), why };
        let mut parts = text.split('.');
        let mut part = |why| parts.next().ok_or_else(|| error(why));

        let name = part("the product is missing")?;
        let platform =
            Platform::ALL.into_iter().find(|platform| name.starts_with(platform.prefix()));
        let platform = platform.ok_or_else(|| error("the satellite is neither MOD nor MYD"))?;
        let product = [Product::Daily, Product::EightDays]
            .into_iter()
            .find(|product| name[platform.prefix().len()..] == *product.code())
            .ok_or_else(|| error("the product is neither 11A1 nor 11A2"))?;

        let date = part(DATE)?.strip_prefix('A').and_then(|date| digits(date, 7));
        let date = date.ok_or_else(|| error(DATE))?;
        let (year, day) = ((date / 1000) as i32, (date % 1000) as u16);
        if !(1..=366).contains(&day) {
            return Err(error("the day of the year is not 1 to 366"));
        }

        let position = part(POSITION)?.parse().map_err(|_| error(POSITION))?;
        let collection = digits(part(COLLECTION)?, 3).ok_or_else(|| error(COLLECTION))? as u16;
        let production = match parts.next() {
            None => None,
            Some(time) => Some(Production(
                digits(time, 13).ok_or_else(|| error("the production is not YYYYDDDHHMMSS"))?,
            )),
        };
        if parts.next().is_some() {
            return Err(error("it has more parts"));
        }
        let key = GranuleKey { platform, product, year, day, position };
        Ok(Self { key, collection, production })
    }
}

const DATE: &str = "the start is not AYYYYDDD";
const POSITION: &str = "the position is not hHHvVV";
const COLLECTION: &str = "the collection is not three digits";

/// The number that exactly `count` decimal digits make.
fn digits(text: &str, count: usize) -> Option<u64> {
    let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> GranuleId {
        text.parse().unwrap()
    }

    #[test]
    fn names_of_both_catalogues_are_read() {
        let full = id("MOD11A2.A2022033.h19v10.061.2022042044121");
        assert_eq!(full.key.platform, Platform::Terra);
        assert_eq!(full.key.product, Product::EightDays);
        assert_eq!((full.key.year, full.key.day, full.collection), (2022, 33, 61));
        assert_eq!(full.key.position, Position { h: 19, v: 10 });
        assert_eq!(full.production.unwrap().to_string(), "2022042044121");

        let bare = id("MYD11A2.A2022025.h17v00.061");
        assert_eq!((bare.key.platform, bare.production), (Platform::Aqua, None));
        let daily = id("MOD11A1.A2019305.h14v09.006.2019306084028");
        assert_eq!((daily.key.product, daily.collection), (Product::Daily, 6));
    }

    #[test]
    fn of_several_productions_the_newest_is_the_greatest() {
        let bare = id("MOD11A2.A2022033.h19v10.061");
        let first = id("MOD11A2.A2022033.h19v10.061.2022042044121");
        let second = id("MOD11A2.A2022033.h19v10.061.2022101000000");
        let newer_collection = id("MOD11A2.A2022033.h19v10.062.2022042044121");
        assert!(bare < first && first < second && second < newer_collection);
        assert_eq!(bare.key, newer_collection.key);
    }

    #[test]
    fn other_names_are_refused_by_the_part_that_does_not_fit() {
        for (text, why) in [
            ("", "satellite"),
            ("MOD13A2.A2022033.h19v10.061", "product"),
            ("VNP11A2.A2022033.h19v10.061", "satellite"),
            ("MOD11A2", "start"),
            ("MOD11A2.2022033.h19v10.061", "start"),
            ("MOD11A2.A2022000.h19v10.061", "day of the year"),
            ("MOD11A2.A2022367.h19v10.061", "day of the year"),
            ("MOD11A2.A2022033.h36v10.061", "position"),
            ("MOD11A2.A2022033.h19v10.61", "collection"),
            ("MOD11A2.A2022033.h19v10.061.2022", "production"),
            ("MOD11A2.A2022033.h19v10.061.2022042044121.hdf", "more parts"),
        ] {
            let error = text.parse::<GranuleId>().unwrap_err();
            assert!(error.why.contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn names_round_trip(
            aqua: bool, daily: bool, year in 2000..2100_i32, day in 1..=366_u16,
            h in 0..36_u32, v in 0..18_u32, collection in 0..1000_u16,
            production in prop::option::of(0..10_000_000_000_000_u64),
        ) {
            let key = GranuleKey {
                platform: if aqua { Platform::Aqua } else { Platform::Terra },
                product: if daily { Product::Daily } else { Product::EightDays },
                year,
                day,
                position: Position::new(h, v).unwrap(),
            };
            let id = GranuleId { key, collection, production: production.map(Production) };
            prop_assert_eq!(id.to_string().parse::<GranuleId>().unwrap(), id);
        }
    }
}
