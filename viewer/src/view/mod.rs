//! Where the visitor looks: projections, camera, and the arithmetic that the shader shares.
//!
//! Pure functions of `f64` (the reference) and of `f32` ([`ground`], the twin of the shader); no
//! clock, no DOM and no GL.

pub mod axes;
pub mod camera;
pub mod ground;

pub use camera::{Camera, Viewport};

/// The centre of the map and how near it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Longitude of the centre in degrees, eastwards, in `-180..180`.
    pub lon: f64,
    /// Latitude of the centre in degrees, northwards.
    pub lat: f64,
    /// Zoom as in the usual web maps: the equator is `512 * 2^zoom` CSS pixels long.
    pub zoom: f64,
}

/// How the globe is laid out on the screen. North is always up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Projection {
    /// Spherical (web) Mercator.
    #[default]
    Mercator,
    /// The globe seen from far above the centre of the view (orthographic). Its equator has the
    /// length that the zoom says, so the scale at the centre does not depend on the latitude.
    Globe,
    /// Longitude and latitude as they are (plate carrée).
    Equirectangular,
}

impl Projection {
    /// All projections, in the order of a menu.
    pub const ALL: [Self; 3] = [Self::Mercator, Self::Globe, Self::Equirectangular];

    /// The word used in links.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mercator => "mercator",
            Self::Globe => "globe",
            Self::Equirectangular => "equirectangular",
        }
    }

    /// The projection of a word; `None` for any other word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|projection| projection.word() == word)
    }
}

/// A longitude brought into `-180..180`.
pub fn wrap_longitude(lon: f64) -> f64 {
    let east = (lon + 180.0).rem_euclid(360.0);
    // rem_euclid of a tiny negative number rounds to 360 itself.
    if east >= 360.0 { -180.0 } else { east - 180.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longitudes_wrap_into_one_turn() {
        for (lon, wrapped) in
            [(0.0, 0.0), (180.0, -180.0), (-180.0, -180.0), (190.0, -170.0), (-541.0, 179.0)]
        {
            assert!((wrap_longitude(lon) - wrapped).abs() < 1e-12, "{lon}");
        }
        assert!((-180.0..180.0).contains(&wrap_longitude(-180.0 - 1e-15)));
    }

    #[test]
    fn projection_words_round_trip() {
        for projection in Projection::ALL {
            assert_eq!(Projection::from_word(projection.word()), Some(projection));
        }
        assert_eq!(Projection::from_word("Globe"), None);
    }
}
