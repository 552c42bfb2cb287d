//! Checks that a `GeoTIFF` is in the MODIS sinusoidal projection, by its geo keys (OGC 19-008r4).

use super::error::CogProblem;
use super::tiff::{Entries, MOST_VALUES, Stop};
use crate::sinusoidal::RADIUS;

const GEO_KEYS: u16 = 34735;
const GEO_DOUBLES: u16 = 34736;

/// Geo keys with their values.
struct GeoKeys {
    directory: Vec<u64>,
    doubles: Vec<f64>,
}

/// Refuses every other projection, sphere, unit or origin.
pub(super) fn check(entries: &Entries<'_, '_>) -> Result<(), Stop> {
    let directory = entries
        .integers("GeoKeyDirectoryTag", GEO_KEYS, MOST_VALUES)?
        .ok_or(CogProblem::Missing { name: "GeoKeyDirectoryTag" })?;
    let doubles = entries.doubles("GeoDoubleParamsTag", GEO_DOUBLES)?.unwrap_or_default();
    let keys = GeoKeys { directory, doubles };

    keys.code("GTModelTypeGeoKey", 1024, 1, "1 (projected)", true)?;
    keys.code("GTRasterTypeGeoKey", 1025, 1, "1 (pixels are areas)", false)?;
    keys.code("ProjMethodGeoKey", 3075, 24, "24 (sinusoidal)", true)?;
    keys.code("ProjLinearUnitsGeoKey", 3076, 9001, "9001 (metres)", true)?;
    keys.double("EllipsoidSemiMajorAxisGeoKey", 2057, RADIUS, true)?;
    keys.double("EllipsoidSemiMinorAxisGeoKey", 2058, RADIUS, false)?;
    // Zero for spheres is what writers put there, though it would stand for an infinite flattening.
    keys.double("EllipsoidInvFlatteningGeoKey", 2059, 0.0, false)?;
    keys.double("PrimeMeridianLongitudeGeoKey", 2061, 0.0, false)?;
    keys.double("ProjNatOriginLongGeoKey", 3080, 0.0, false)?;
    keys.double("ProjFalseEastingGeoKey", 3082, 0.0, false)?;
    keys.double("ProjFalseNorthingGeoKey", 3083, 0.0, false)?;
    keys.double("ProjCenterLongGeoKey", 3088, 0.0, false)?;
    Ok(())
}

impl GeoKeys {
    /// Location, count and value of a key.
    fn find(&self, key: u64) -> Option<(u64, u64)> {
        let keys = self.directory.get(4..)?;
        let entry = keys.chunks_exact(4).find(|entry| entry[0] == key)?;
        Some((entry[1], entry[3]))
    }

    fn code(
        &self,
        name: &'static str,
        key: u64,
        expected: u64,
        meaning: &str,
        required: bool,
    ) -> Result<(), CogProblem> {
        match self.find(key) {
            Some((0, found)) if found == expected => Ok(()),
            Some((_, found)) => Err(CogProblem::unexpected(name, &meaning, &found)),
            None if required => Err(CogProblem::Missing { name }),
            None => Ok(()),
        }
    }

    fn double(
        &self,
        name: &'static str,
        key: u64,
        expected: f64,
        required: bool,
    ) -> Result<(), CogProblem> {
        let Some((location, index)) = self.find(key) else {
            return if required { Err(CogProblem::Missing { name }) } else { Ok(()) };
        };
        let value = self.doubles.get(index as usize).filter(|_| location == u64::from(GEO_DOUBLES));
        let found = value.ok_or(CogProblem::Missing { name })?;
        // Files state the radius to a millimetre.
        let same = (found - expected).abs() < 1e-6;
        if same { Ok(()) } else { Err(CogProblem::unexpected(name, &expected, found)) }
    }
}
