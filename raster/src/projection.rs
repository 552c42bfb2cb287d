//! From longitude and latitude to the coordinates of any system that is read.

use crate::crs::Crs;
use crate::sinusoidal::sinusoidal_from_lonlat;
use crate::utm::{Parallel, Zone};

/// (x, y) of a place in degrees, in the units of the system: metres, or degrees. Infinite where the system does not
/// reach: more than 3900 km from the central meridian of a UTM zone.
///
/// Latitudes are taken as they are, without a shift between sphere and ellipsoid, as the products' own tools do.
pub fn from_lonlat(crs: Crs, longitude: f64, latitude: f64) -> (f64, f64) {
    match crs {
        Crs::Sinusoidal => sinusoidal_from_lonlat(longitude, latitude),
        Crs::Geographic => (longitude, latitude),
        Crs::Utm { zone, south } => {
            let zone = Zone::new(zone, south);
            zone.project(Parallel::new(latitude), zone.meridian(longitude))
        }
    }
}
