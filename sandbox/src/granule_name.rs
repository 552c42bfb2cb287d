//! The names of granules and of their layers, as NASA and the Planetary Computer write them:
//! `MOD11A2.A2022033.h19v10.061.2022042044121` and `<name>_LST_Day_1km.tif`.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use floe_raster::sinusoidal::Position;

/// A satellite that carries MODIS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// Terra, about 10:30 local time; product names begin with `MOD`.
    Terra,
    /// Aqua, about 13:30 local time; product names begin with `MYD`.
    Aqua,
}

impl Platform {
    /// The name in the catalogue.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terra => "terra",
            Self::Aqua => "aqua",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A text that names no satellite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a platform (terra or aqua), found '{found}'")]
pub struct PlatformError {
    /// The text.
    pub found: String,
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "terra" => Ok(Self::Terra),
            "aqua" => Ok(Self::Aqua),
            _ => Err(PlatformError { found: text.to_owned() }),
        }
    }
}

/// A layer that the sandbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Layer {
    /// Daytime land surface temperature, uint16.
    Temperature,
    /// Its quality bits, uint8.
    Quality,
}

impl Layer {
    pub(super) const ALL: [Self; 2] = [Self::Temperature, Self::Quality];

    /// The asset's key.
    pub(super) const fn asset(self) -> &'static str {
        match self {
            Self::Temperature => "LST_Day_1km",
            Self::Quality => "QC_Day",
        }
    }
}

/// The name of a granule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct GranuleName {
    /// Which satellite.
    pub(super) platform: Platform,
    /// `11A2` (eight days) or `11A1` (one day).
    pub(super) days: CompositeLength,
    /// First day.
    pub(super) start: NaiveDate,
    /// Where.
    pub(super) position: Position,
    /// Collection number, 61 for `061`.
    pub(super) version: u16,
    /// When it was made, as the digits `YYYYDDDHHMMSS`.
    pub(super) production: u64,
}

/// How many days a granule covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum CompositeLength {
    One,
    Eight,
}

impl GranuleName {
    /// `MOD11A2` and so on.
    pub(super) const fn product(&self) -> &'static str {
        match (self.platform, self.days) {
            (Platform::Terra, CompositeLength::One) => "MOD11A1",
            (Platform::Terra, CompositeLength::Eight) => "MOD11A2",
            (Platform::Aqua, CompositeLength::One) => "MYD11A1",
            (Platform::Aqua, CompositeLength::Eight) => "MYD11A2",
        }
    }

    /// First second covered.
    pub(super) fn start_time(&self) -> NaiveDateTime {
        self.start.and_time(NaiveTime::MIN)
    }

    /// Last second covered.
    pub(super) fn end_time(&self) -> NaiveDateTime {
        let days = match self.days {
            CompositeLength::One => 1,
            CompositeLength::Eight => 8,
        };
        self.start_time() + TimeDelta::days(days) - TimeDelta::seconds(1)
    }

    /// When it was made, if the digits are a time.
    pub(super) fn production_time(&self) -> Option<NaiveDateTime> {
        NaiveDateTime::parse_from_str(&format!("{:013}", self.production), "%Y%j%H%M%S").ok()
    }

    /// The path of a layer below its container: `MOD11A2/19/10/2022033/<name>_LST_Day_1km.tif`.
    pub(super) fn blob_path(&self, asset: &str) -> String {
        let Position { h, v } = self.position;
        format!("{}/{h:02}/{v:02}/{}/{self}_{asset}.tif", self.product(), self.start.format("%Y%j"))
    }
}

impl fmt::Display for GranuleName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}.A{}.{}.{:03}.{:013}",
            self.product(),
            self.start.format("%Y%j"),
            self.position,
            self.version,
            self.production
        )
    }
}

/// A text that is no granule's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a granule name as MOD11A2.AYYYYDDD.hHHvVV.VVV.YYYYDDDHHMMSS (MOD or MYD, 11A1 or 11A2), found '{found}'"
)]
pub struct GranuleNameError {
    /// The text.
    pub found: String,
}

impl FromStr for GranuleName {
    type Err = GranuleNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let mut parts = text.split('.');
            let (platform, days) = match parts.next()? {
                "MOD11A1" => (Platform::Terra, CompositeLength::One),
                "MOD11A2" => (Platform::Terra, CompositeLength::Eight),
                "MYD11A1" => (Platform::Aqua, CompositeLength::One),
                "MYD11A2" => (Platform::Aqua, CompositeLength::Eight),
                _ => return None,
            };
            let start = digits(parts.next()?.strip_prefix('A')?, 7)? as u32;
            let start = NaiveDate::from_yo_opt((start / 1000) as i32, start % 1000)?;
            let position = parts.next()?.parse().ok()?;
            let version = digits(parts.next()?, 3)? as u16;
            let production = digits(parts.next()?, 13)?;
            let name = Self { platform, days, start, position, version, production };
            parts.next().is_none().then_some(name)
        };
        parse().ok_or_else(|| GranuleNameError { found: text.to_owned() })
    }
}

fn digits(text: &str, length: usize) -> Option<u64> {
    let all = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_as_text() {
        for text in [
            "MOD11A2.A2022033.h19v10.061.2022042044121",
            "MYD11A2.A2020361.h00v08.061.2021004120000",
            "MOD11A1.A2019305.h14v09.006.2019306084028",
        ] {
            assert_eq!(text.parse::<GranuleName>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "MOD11A2",
            "MOD13A2.A2022033.h19v10.061.2022042044121",
            "MOD11A2.A2022366.h19v10.061.2022042044121",
            "MOD11A2.A2022033.h36v10.061.2022042044121",
            "MOD11A2.A2022033.h19v10.061.2022042044121.hdf",
            "MOD11A2.A2022033.h19v10.61.2022042044121",
        ] {
            assert!(text.parse::<GranuleName>().is_err(), "{text}");
        }
    }

    #[test]
    fn paths_and_times_are_those_of_the_catalogue() {
        let name: GranuleName = "MOD11A2.A2022033.h19v10.061.2022042044121".parse().unwrap();
        assert_eq!(
            name.blob_path("QC_Day"),
            "MOD11A2/19/10/2022033/MOD11A2.A2022033.h19v10.061.2022042044121_QC_Day.tif"
        );
        assert_eq!(name.start_time().to_string(), "2022-02-02 00:00:00");
        assert_eq!(name.end_time().to_string(), "2022-02-09 23:59:59");
        assert_eq!(name.production_time().unwrap().to_string(), "2022-02-11 04:41:21");
    }
}
