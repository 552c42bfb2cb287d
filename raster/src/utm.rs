//! Universal Transverse Mercator on WGS 84: Krüger's series of order 6.
//!
//! After C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers", Journal of Geodesy 85 (2011),
//! 475-485: equations 7 to 9 and 35 forwards, 11, 36 and 19 to 21 backwards. Order 6 is exact to some 5 nm within 3900 km
//! of the central meridian (section 5); further off nothing is projected.
//!
//! What depends on the latitude alone is computed once a row ([`Parallel`]), what depends on the longitude alone once a
//! column ([`Meridian`]); sines and cosines of the multiple angles follow from theirs by algebra, so that a place
//! costs one arc tangent and one logarithm.

use std::f64::consts::PI;

/// Semi-major axis of the ellipsoid in metres.
const A: f64 = 6_378_137.0;
/// Flattening of the ellipsoid.
const F: f64 = 1.0 / 298.257_223_563;
/// Third flattening.
const N: f64 = F / (2.0 - F);
/// Square of the eccentricity.
const E2: f64 = F * (2.0 - F);
/// Scale on the central meridian.
const K0: f64 = 0.9996;
/// x of the central meridian in metres.
const FALSE_EASTING: f64 = 500_000.0;
/// y of the equator in metres, in zones of the south.
const FALSE_NORTHING: f64 = 10_000_000.0;
/// Metres of a radian along the central meridian (equation 14).
const SCALE: f64 = K0 * A / (1.0 + N) * (1.0 + N2 / 4.0 + N4 / 64.0 + N6 / 256.0);
/// How far from the central meridian places are projected, in metres.
const FARTHEST: f64 = 3.9e6;
/// The same as the hyperbolic sine of the distance in radians.
const FARTHEST_SINE: f64 = 0.6517;

const N2: f64 = N * N;
const N3: f64 = N * N2;
const N4: f64 = N * N3;
const N5: f64 = N * N4;
const N6: f64 = N * N5;

/// Coefficients from the conformal sphere to the projection (equation 35).
const ALPHA: [f64; 6] = [
    N / 2.0 - 2.0 * N2 / 3.0 + 5.0 * N3 / 16.0 + 41.0 * N4 / 180.0 - 127.0 * N5 / 288.0
        + 7_891.0 * N6 / 37_800.0,
    13.0 * N2 / 48.0 - 3.0 * N3 / 5.0 + 557.0 * N4 / 1_440.0 + 281.0 * N5 / 630.0
        - 1_983_433.0 * N6 / 1_935_360.0,
    61.0 * N3 / 240.0 - 103.0 * N4 / 140.0 + 15_061.0 * N5 / 26_880.0 + 167_603.0 * N6 / 181_440.0,
    49_561.0 * N4 / 161_280.0 - 179.0 * N5 / 168.0 + 6_601_661.0 * N6 / 7_257_600.0,
    34_729.0 * N5 / 80_640.0 - 3_418_889.0 * N6 / 1_995_840.0,
    212_378_941.0 * N6 / 319_334_400.0,
];

/// Coefficients back, without their sign (equation 36).
const BETA: [f64; 6] = [
    N / 2.0 - 2.0 * N2 / 3.0 + 37.0 * N3 / 96.0 - N4 / 360.0 - 81.0 * N5 / 512.0
        + 96_199.0 * N6 / 604_800.0,
    N2 / 48.0 + N3 / 15.0 - 437.0 * N4 / 1_440.0 + 46.0 * N5 / 105.0
        - 1_118_711.0 * N6 / 3_870_720.0,
    17.0 * N3 / 480.0 - 37.0 * N4 / 840.0 - 209.0 * N5 / 4_480.0 + 5_569.0 * N6 / 90_720.0,
    4_397.0 * N4 / 161_280.0 - 11.0 * N5 / 504.0 - 830_251.0 * N6 / 7_257_600.0,
    4_583.0 * N5 / 161_280.0 - 108_847.0 * N6 / 3_991_680.0,
    20_648_693.0 * N6 / 638_668_800.0,
];

/// A zone's projection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zone {
    /// Longitude of the central meridian in degrees.
    central: f64,
    /// y of the equator in metres.
    equator: f64,
}

/// What a latitude adds to the coordinates of all its places.
#[derive(Clone, Copy, Debug)]
pub struct Parallel {
    /// Tangent of the conformal latitude.
    tangent: f64,
    /// Its secant.
    secant: f64,
}

/// What a longitude adds to the coordinates of all its places.
#[derive(Clone, Copy, Debug)]
pub struct Meridian {
    /// Sine of the angle from the central meridian.
    sine: f64,
    /// Its cosine.
    cosine: f64,
}

impl Parallel {
    /// Of a latitude in degrees.
    pub fn new(latitude: f64) -> Self {
        let tangent = conformal(latitude.to_radians().tan());
        Self { tangent, secant: 1.0_f64.hypot(tangent) }
    }
}

impl Zone {
    /// Zone 1 has its central meridian at 177° W, each further one 6° to the east; `south` tells the false northing.
    pub fn new(zone: u8, south: bool) -> Self {
        let equator = if south { FALSE_NORTHING } else { 0.0 };
        Self { central: 6.0 * f64::from(zone) - 183.0, equator }
    }

    /// Longitude of the central meridian in degrees.
    pub const fn central_meridian(self) -> f64 {
        self.central
    }

    /// The terms of a longitude in degrees, which may be counted from anywhere.
    pub fn meridian(self, longitude: f64) -> Meridian {
        let angle = longitude - self.central;
        let angle = angle - 360.0 * (angle / 360.0).round();
        let (sine, cosine) = angle.to_radians().sin_cos();
        Meridian { sine, cosine }
    }

    /// (x, y) in metres of a place; both are infinite more than 3900 km from the central meridian. Beyond the pole
    /// y goes on, as on a globe that is unrolled.
    #[inline]
    pub fn project(self, parallel: Parallel, meridian: Meridian) -> (f64, f64) {
        let (Parallel { tangent, secant }, Meridian { sine, cosine }) = (parallel, meridian);
        let square = tangent * tangent + cosine * cosine;
        let root = square.sqrt();
        // Hyperbolic sine and cosine of the distance from the central meridian on the conformal sphere.
        let (sinh, cosh) = (sine / root, secant / root);
        if sinh.abs() > FARTHEST_SINE {
            return (f64::INFINITY, f64::INFINITY);
        }
        let north = tangent.atan2(cosine);
        let east = (sinh.abs() + sinh * sinh / (1.0 + cosh)).ln_1p().copysign(sinh);
        let double = Double {
            sine: 2.0 * tangent * cosine / square,
            cosine: (cosine * cosine - tangent * tangent) / square,
            sinh: 2.0 * sinh * cosh,
            cosh: 1.0 + 2.0 * sinh * sinh,
        };
        let (further_north, further_east) = double.series(&ALPHA);
        let x = FALSE_EASTING + SCALE * (east + further_east);
        (x, self.equator + SCALE * (north + further_north))
    }

    /// Longitude and latitude in degrees of a place that lies within 3900 km of the central meridian (others are moved
    /// there): the longitude is at most 180° from it and may lie beyond ±180°.
    pub fn lonlat(self, x: f64, y: f64) -> (f64, f64) {
        let east = (x - FALSE_EASTING).clamp(-FARTHEST, FARTHEST) / SCALE;
        let north = ((y - self.equator) / SCALE).clamp(-PI, PI);
        let double = Double {
            sine: (2.0 * north).sin(),
            cosine: (2.0 * north).cos(),
            sinh: (2.0 * east).sinh(),
            cosh: (2.0 * east).cosh(),
        };
        let (less_north, less_east) = double.series(&BETA);
        let (north, east) = (north - less_north, east - less_east);
        let tangent = geodetic(north.sin() / east.sinh().hypot(north.cos()));
        let angle = east.sinh().atan2(north.cos());
        (self.central + angle.to_degrees(), tangent.atan().to_degrees())
    }
}

/// Circular functions of twice the way north, hyperbolic ones of twice the way east.
struct Double {
    sine: f64,
    cosine: f64,
    sinh: f64,
    cosh: f64,
}

impl Double {
    /// Real and imaginary part of the sum of c[j] sin(2 (j + 1) (north + i east)), after Clenshaw.
    #[inline]
    fn series(&self, coefficients: &[f64; 6]) -> (f64, f64) {
        let factor = (2.0 * self.cosine * self.cosh, -2.0 * self.sine * self.sinh);
        let (mut last, mut before) = ((0.0, 0.0), (0.0, 0.0));
        for coefficient in coefficients.iter().rev() {
            let next = (
                coefficient + factor.0 * last.0 - factor.1 * last.1 - before.0,
                factor.0 * last.1 + factor.1 * last.0 - before.1,
            );
            (before, last) = (last, next);
        }
        let sine = (self.sine * self.cosh, self.cosine * self.sinh);
        (sine.0 * last.0 - sine.1 * last.1, sine.0 * last.1 + sine.1 * last.0)
    }
}

/// The tangent of the conformal latitude of a latitude's tangent.
fn conformal(tangent: f64) -> f64 {
    let (e, secant) = (E2.sqrt(), 1.0_f64.hypot(tangent));
    let sigma = (e * (e * tangent / secant).atanh()).sinh();
    tangent * 1.0_f64.hypot(sigma) - sigma * secant
}

/// The tangent of the latitude of a conformal latitude's tangent, by Newton's method.
fn geodetic(conformal_tangent: f64) -> f64 {
    let mut tangent = conformal_tangent / (1.0 - E2);
    for _ in 0..5 {
        let found = conformal(tangent);
        let slope = (1.0 - E2) * 1.0_f64.hypot(tangent) / (1.0 + (1.0 - E2) * tangent * tangent);
        tangent += (conformal_tangent - found) / 1.0_f64.hypot(found) / slope;
    }
    tangent
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn central_meridians_lie_six_degrees_apart_from_177_west() {
        let central = |zone| Zone::new(zone, false).central_meridian().to_string();
        assert_eq!([central(1), central(31), central(60)], ["-177", "3", "177"]);
    }

    #[test]
    fn the_other_side_of_the_globe_is_not_projected() {
        let zone = Zone::new(33, false);
        for longitude in [15.0 + 90.0, 15.0 - 90.0, 15.0 + 40.0] {
            let (x, y) = zone.project(Parallel::new(0.0), zone.meridian(longitude));
            assert!(x.is_infinite() && y.is_infinite());
        }
    }

    proptest! {
        #[test]
        fn places_project_there_and_back(
            zone in 1_u8..=60, south: bool, angle in -30.0..30.0_f64, latitude in -89.9..89.9_f64, turns in -1_i32..=1,
        ) {
            let zone = Zone::new(zone, south);
            let longitude = zone.central_meridian() + angle;
            let turned = longitude + 360.0 * f64::from(turns);
            let (x, y) = zone.project(Parallel::new(latitude), zone.meridian(turned));
            let (lon, lat) = zone.lonlat(x, y);
            // A hundred-millionth of a degree are some 1 mm.
            let across = (lon - longitude) * latitude.to_radians().cos();
            prop_assert!(across.abs() < 1e-11 && (lat - latitude).abs() < 1e-11, "{lon} {lat}");
        }
    }
}
