//! Coordinate reference systems of rasters that are read.

use std::fmt;

/// A coordinate reference system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Crs {
    /// The MODIS sinusoidal projection: a sphere of 6371007.181 m, in metres.
    Sinusoidal,
    /// Universal Transverse Mercator on WGS 84 (EPSG:326ZZ in the north, EPSG:327ZZ in the south), in metres.
    Utm {
        /// The zone, 1 to 60.
        zone: u8,
        /// Whether its false northing is that of the southern hemisphere.
        south: bool,
    },
    /// Longitude and latitude on WGS 84 (EPSG:4326), in degrees.
    Geographic,
}

impl Crs {
    /// The system of an EPSG code that is read.
    pub fn from_epsg(code: u32) -> Option<Self> {
        let zone = |base: u32| u8::try_from(code.checked_sub(base)?).ok();
        let is_zone = |zone: &u8| (1..=60).contains(zone);
        if code == 4326 {
            return Some(Self::Geographic);
        }
        let of = |base, south| zone(base).filter(is_zone).map(|zone| Self::Utm { zone, south });
        of(32600, false).or_else(|| of(32700, true))
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sinusoidal => formatter.write_str("MODIS sinusoidal"),
            Self::Utm { zone, south } => {
                write!(formatter, "EPSG:{}", if *south { 32700 } else { 32600 } + u32::from(*zone))
            }
            Self::Geographic => formatter.write_str("EPSG:4326"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_they_are_written() {
        for code in [4326, 32601, 32633, 32660, 32701, 32760] {
            assert_eq!(Crs::from_epsg(code).unwrap().to_string(), format!("EPSG:{code}"));
        }
        for code in [0, 3857, 32600, 32661, 32700, 32761, 40000] {
            assert_eq!(Crs::from_epsg(code), None);
        }
    }
}
