//! Land, lakes and borders.
//!
//! ```text
//! "FLB1"  3 x { length  FLW1 }        land, lakes, borders; length: LEB128
//! ```

use floe_shared::leb128::{Leb128Error, Reader};
use floe_shared::linework::{self, Line, LineworkError};

/// The shapes at one scale, in degrees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shapes {
    /// Rings: what lies inside an odd number of them is land.
    pub land: Vec<Line>,
    /// Rings of lakes and of islands in them.
    pub lakes: Vec<Line>,
    /// Lines between countries.
    pub borders: Vec<Line>,
}

/// Why a file of the base map cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseMapError {
    /// The signature is missing.
    #[error("a file of the base map must begin with {expected}")]
    Signature {
        /// The signature.
        expected: &'static str,
    },
    /// A number or a part cannot be read.
    #[error("a file of the base map is cut short: {0}")]
    Number(#[from] Leb128Error),
    /// A layer is damaged.
    #[error("a layer of the base map is damaged: {0}")]
    Linework(#[from] LineworkError),
    /// A name is not UTF-8, or a kind is unknown.
    #[error("the base map's place {ordinal} has a damaged {part}")]
    Place {
        /// Its place in the file, from 0.
        ordinal: usize,
        /// What is damaged.
        part: &'static str,
    },
    /// More bytes than the parts need.
    #[error("a file of the base map must end at byte {at}, found {extra} bytes more")]
    Trailing {
        /// The end of the last part.
        at: usize,
        /// How many bytes follow.
        extra: usize,
    },
}

impl Shapes {
    /// The shapes at 1:110 million, which are part of the worker's module.
    pub fn coarse() -> Self {
        match Self::decode(include_bytes!("../../assets/basemap/shapes-110m.bin")) {
            Ok(shapes) => shapes,
            // Part of the module itself, and a test decodes it.
            Err(error) => unreachable!("{error}"),
        }
    }

    /// Decodes a file of shapes.
    pub fn decode(bytes: &[u8]) -> Result<Self, BaseMapError> {
        if !bytes.starts_with(b"FLB1") {
            return Err(BaseMapError::Signature { expected: "FLB1" });
        }
        let mut reader = Reader::new(bytes, 4);
        let mut layer = || -> Result<Vec<Line>, BaseMapError> {
            let length = reader.varint()? as usize;
            Ok(linework::decode(reader.take(length)?)?)
        };
        let shapes = Self { land: layer()?, lakes: layer()?, borders: layer()? };
        match reader.left() {
            0 => Ok(shapes),
            extra => Err(BaseMapError::Trailing { at: reader.at(), extra }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COARSE: &[u8] = include_bytes!("../../assets/basemap/shapes-110m.bin");
    const FINE: &[u8] = include_bytes!("../../assets/basemap/shapes-50m.bin");

    #[test]
    fn the_coarse_land_is_the_one_by_which_the_processor_tells_land_tiles() {
        let processor = include_bytes!("../../../raster/data/natural-earth/land-110m.bin");
        assert_eq!(Shapes::coarse().land, linework::decode(processor).unwrap());
    }

    #[test]
    fn both_scales_have_closed_land_and_lakes_and_open_borders() {
        for (bytes, land, lakes, borders) in [(COARSE, 100, 15, 150), (FINE, 1000, 200, 300)] {
            let shapes = Shapes::decode(bytes).unwrap();
            assert!(shapes.land.len() > land, "{} rings of land", shapes.land.len());
            assert!(shapes.lakes.len() > lakes, "{} lakes", shapes.lakes.len());
            assert!(shapes.borders.len() > borders, "{} borders", shapes.borders.len());
            assert!(shapes.land.iter().chain(&shapes.lakes).all(|ring| ring.closed));
            assert!(shapes.borders.iter().all(|line| !line.closed));
        }
    }

    #[test]
    fn damage_is_named() {
        assert_eq!(
            Shapes::decode(b"PNG").unwrap_err().to_string(),
            "a file of the base map must begin with FLB1"
        );
        for end in [4, 5, 6, 1000, COARSE.len() - 1] {
            assert!(Shapes::decode(&COARSE[..end]).is_err(), "{end} bytes");
        }
        let longer = [COARSE, &[0]].concat();
        let extra = BaseMapError::Trailing { at: COARSE.len(), extra: 1 };
        assert_eq!(Shapes::decode(&longer), Err(extra));
    }
}
