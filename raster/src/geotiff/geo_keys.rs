//! The reference system of a `GeoTIFF`, by its geo keys (OGC 19-008r4).

use super::error::GeoTiffProblem;
use super::tiff::{Entries, MOST_VALUES, Stop};
use crate::crs::Crs;
use crate::sinusoidal::RADIUS;

const GEO_KEYS: u16 = 34735;
const GEO_DOUBLES: u16 = 34736;
/// "Defined by other keys".
const USER_DEFINED: u64 = 32767;

/// Geo keys with their values.
pub(super) struct GeoKeys {
    directory: Vec<u64>,
    doubles: Vec<f64>,
}

impl GeoKeys {
    pub(super) fn read(entries: &Entries<'_, '_>) -> Result<Self, Stop> {
        let directory = entries
            .integers("GeoKeyDirectoryTag", GEO_KEYS, MOST_VALUES)?
            .ok_or(GeoTiffProblem::Missing { name: "GeoKeyDirectoryTag" })?;
        let doubles = entries.doubles("GeoDoubleParamsTag", GEO_DOUBLES)?.unwrap_or_default();
        Ok(Self { directory, doubles })
    }

    /// Whether coordinates are those of pixels' centres.
    pub(super) fn pixels_are_points(&self) -> Result<bool, GeoTiffProblem> {
        let name = "GTRasterTypeGeoKey";
        match self.code(name, 1025)? {
            None | Some(1) => Ok(false),
            Some(2) => Ok(true),
            Some(found) => {
                let expected = "1 (pixels are areas) or 2 (points)";
                Err(GeoTiffProblem::unexpected(name, &expected, &found))
            }
        }
    }

    /// The reference system; every one that is not read is refused with what says so.
    pub(super) fn crs(&self) -> Result<Crs, GeoTiffProblem> {
        let name = "GTModelTypeGeoKey";
        match self.code(name, 1024)?.ok_or(GeoTiffProblem::Missing { name })? {
            1 => self.projected(),
            2 => self.geographic(),
            found => {
                let expected = "1 (projected) or 2 (geographic)";
                Err(GeoTiffProblem::unexpected(name, &expected, &found))
            }
        }
    }

    fn projected(&self) -> Result<Crs, GeoTiffProblem> {
        let name = "ProjectedCSTypeGeoKey";
        let Some(code) = self.code(name, 3072)?.filter(|&code| code != USER_DEFINED) else {
            self.check_sinusoidal()?;
            return Ok(Crs::Sinusoidal);
        };
        let known = Crs::from_epsg(code as u32).filter(|crs| matches!(crs, Crs::Utm { .. }));
        let crs = known.ok_or_else(|| {
            let expected = "EPSG:326ZZ or EPSG:327ZZ (UTM on WGS 84) or MODIS sinusoidal";
            GeoTiffProblem::unexpected(name, &expected, &format!("EPSG:{code}"))
        })?;
        self.check_code("ProjLinearUnitsGeoKey", 3076, 9001, "9001 (metres)", false)?;
        Ok(crs)
    }

    fn geographic(&self) -> Result<Crs, GeoTiffProblem> {
        let meaning = "4326 (longitude and latitude on WGS 84)";
        self.check_code("GeographicTypeGeoKey", 2048, 4326, meaning, true)?;
        self.check_code("GeogAngularUnitsGeoKey", 2054, 9102, "9102 (degrees)", false)?;
        Ok(Crs::Geographic)
    }

    /// Refuses every other projection, sphere, unit or origin than those of the MODIS sinusoidal grid.
    fn check_sinusoidal(&self) -> Result<(), GeoTiffProblem> {
        self.check_code("ProjMethodGeoKey", 3075, 24, "24 (sinusoidal)", true)?;
        self.check_code("ProjLinearUnitsGeoKey", 3076, 9001, "9001 (metres)", true)?;
        self.check_double("EllipsoidSemiMajorAxisGeoKey", 2057, RADIUS, true)?;
        self.check_double("EllipsoidSemiMinorAxisGeoKey", 2058, RADIUS, false)?;
        // Zero for spheres is what writers put there, though it would stand for an infinite flattening.
        self.check_double("EllipsoidInvFlatteningGeoKey", 2059, 0.0, false)?;
        self.check_double("PrimeMeridianLongitudeGeoKey", 2061, 0.0, false)?;
        self.check_double("ProjNatOriginLongGeoKey", 3080, 0.0, false)?;
        self.check_double("ProjFalseEastingGeoKey", 3082, 0.0, false)?;
        self.check_double("ProjFalseNorthingGeoKey", 3083, 0.0, false)?;
        self.check_double("ProjCenterLongGeoKey", 3088, 0.0, false)
    }

    /// Location, count and value of a key.
    fn find(&self, key: u64) -> Option<(u64, u64)> {
        let keys = self.directory.get(4..)?;
        let entry = keys.chunks_exact(4).find(|entry| entry[0] == key)?;
        Some((entry[1], entry[3]))
    }

    /// The value of a key that is a code.
    fn code(&self, name: &'static str, key: u64) -> Result<Option<u64>, GeoTiffProblem> {
        match self.find(key) {
            None => Ok(None),
            Some((0, code)) => Ok(Some(code)),
            Some((location, _)) => {
                let found = format!("values in tag {location}");
                Err(GeoTiffProblem::unexpected(name, &"a code", &found))
            }
        }
    }

    fn check_code(
        &self,
        name: &'static str,
        key: u64,
        expected: u64,
        meaning: &str,
        required: bool,
    ) -> Result<(), GeoTiffProblem> {
        match self.code(name, key)? {
            Some(found) if found == expected => Ok(()),
            Some(found) => Err(GeoTiffProblem::unexpected(name, &meaning, &found)),
            None if required => Err(GeoTiffProblem::Missing { name }),
            None => Ok(()),
        }
    }

    fn check_double(
        &self,
        name: &'static str,
        key: u64,
        expected: f64,
        required: bool,
    ) -> Result<(), GeoTiffProblem> {
        let Some((location, index)) = self.find(key) else {
            return if required { Err(GeoTiffProblem::Missing { name }) } else { Ok(()) };
        };
        let value = self.doubles.get(index as usize).filter(|_| location == u64::from(GEO_DOUBLES));
        let found = value.ok_or(GeoTiffProblem::Missing { name })?;
        // Files state the radius to a millimetre.
        let same = (found - expected).abs() < 1e-6;
        if same { Ok(()) } else { Err(GeoTiffProblem::unexpected(name, &expected, found)) }
    }
}
