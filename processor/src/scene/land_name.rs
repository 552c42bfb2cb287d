//! Names of granules of MODIS and VIIRS land products: `MOD10A2.A2022033.h09v05.061.2022042050729`.
//!
//! Product, start of the period (year and day of year), position on the sinusoidal grid, collection and time of production
//! (MODIS Land and VIIRS Land naming conventions). Catalogue items may lack the last part, which their files' names have.

use chrono::NaiveDate;
use floe_raster::granule::Platform;
use floe_raster::sinusoidal::Position;

/// One production of a granule of any land product on the sinusoidal grid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LandName {
    /// Satellite and product: `MOD10A2`.
    pub product: String,
    /// The first day of the period.
    pub begins: NaiveDate,
    /// The place.
    pub position: Position,
    /// Version of the algorithms, 61 for `061`.
    pub collection: u16,
    /// When it was produced, `YYYYDDDHHMMSS`, where the name says so.
    pub production: Option<u64>,
}

impl LandName {
    /// Reads a name; `None` for any other text.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let product = parts.next().filter(|product| is_product(product))?.to_owned();
        let date = digits(parts.next()?.strip_prefix('A')?, 7)?;
        let begins = NaiveDate::from_yo_opt((date / 1000) as i32, (date % 1000) as u32)?;
        let position = parts.next()?.parse().ok()?;
        let collection = digits(parts.next()?, 3)? as u16;
        let production = match parts.next() {
            None => None,
            Some(time) => Some(digits(time, 13)?),
        };
        let is_whole = parts.next().is_none();
        is_whole.then_some(Self { product, begins, position, collection, production })
    }

    /// The name that a file's name begins with: `NAME_LAYER.tif` or `NAME.hdf`.
    pub fn of_file(path: &str) -> Option<Self> {
        let name = path.split(['?', '#']).next()?.rsplit(['/', '\\']).next()?;
        let name = name.split('_').next()?;
        Self::read(name).or_else(|| Self::read(name.rsplit_once('.')?.0))
    }

    /// The satellite, of products of one of the two that carry MODIS.
    pub fn platform(&self) -> Option<Platform> {
        match &self.product[..3] {
            "MOD" => Some(Platform::Terra),
            "MYD" => Some(Platform::Aqua),
            _ => None,
        }
    }

    /// Whether both are productions of one granule.
    pub fn is_of_same_granule(&self, other: &Self) -> bool {
        (&self.product, self.begins, self.position)
            == (&other.product, other.begins, other.position)
    }
}

/// `MOD`, `MYD`, `MCD`, `VNP`, `VJ1` or `VJ2`, and the product: `13A1`, `12Q1`, `21A1D`.
fn is_product(text: &str) -> bool {
    let known = ["MOD", "MYD", "MCD", "VNP", "VJ1", "VJ2"];
    let rest = known.into_iter().find_map(|prefix| text.strip_prefix(prefix));
    rest.is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_ascii_digit())
            && rest.bytes().all(|sign| sign.is_ascii_alphanumeric())
    })
}

/// The number that exactly `count` decimal digits make.
fn digits(text: &str, count: usize) -> Option<u64> {
    let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_products_are_read_with_or_without_a_time_of_production() {
        for (text, product, day) in [
            ("MOD10A2.A2022033.h09v05.061", "MOD10A2", (2022, 33)),
            ("MOD13A1.A2022017.h12v11.061.2022034232214", "MOD13A1", (2022, 17)),
            ("MYD21A2.A2020366.h10v06.061", "MYD21A2", (2020, 366)),
            ("VNP21A1D.A2020001.h10v06.001.2020002000000", "VNP21A1D", (2020, 1)),
        ] {
            let name = LandName::read(text).unwrap();
            assert_eq!(
                (name.product.as_str(), name.begins),
                (product, NaiveDate::from_yo_opt(day.0, day.1).unwrap())
            );
            assert_eq!(name.production.is_some(), text.len() > 28, "{text}");
        }
        assert_eq!(
            LandName::read("MYD21A2.A2022025.h10v06.061").unwrap().platform(),
            Some(Platform::Aqua)
        );
        assert_eq!(LandName::read("MCD12Q1.A2022001.h10v06.061").unwrap().platform(), None);
    }

    #[test]
    fn files_begin_with_the_name_of_their_granule() {
        let whole = LandName::read("MOD10A2.A2022033.h09v05.061.2022042050729");
        for file in [
            "../../external/MOD10A2.A2022033.h09v05.061.2022042050729_Maximum_Snow_Extent.tif",
            "https://a/b/MOD10A2.A2022033.h09v05.061.2022042050729.hdf?sig=x/y",
        ] {
            assert_eq!(LandName::of_file(file), whole, "{file}");
        }
        assert_eq!(LandName::of_file("https://a/B04.tif"), None);
    }

    #[test]
    fn other_texts_are_no_names() {
        for text in [
            "",
            "S2A_T33UUP_20220105T100401_L2A",
            "MOD.A2022033.h09v05.061",
            "MODIS.A2022033.h09v05.061",
            "MOD10A2.A2022366.h09v05.061",
            "MOD10A2.2022033.h09v05.061",
            "MOD10A2.A2022033.h36v05.061",
            "MOD10A2.A2022033.h09v05.61",
            "MOD10A2.A2022033.h09v05.061.2022",
            "MOD10A2.A2022033.h09v05.061.2022042050729.hdf",
        ] {
            assert_eq!(LandName::read(text), None, "{text}");
        }
    }
}
