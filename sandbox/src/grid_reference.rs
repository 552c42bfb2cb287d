//! Where a granule's image lies on the sinusoidal plane, rounded the way real files are.

use floe_raster::sinusoidal::{PIXELS, POSITION_METRES, Position};

/// An image's corner and pixel size in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GridReference {
    /// X of the western edge.
    pub(super) west: f64,
    /// Y of the northern edge.
    pub(super) north: f64,
    /// Width of a pixel.
    pub(super) pixel_width: f64,
    /// Height of a pixel, positive.
    pub(super) pixel_height: f64,
}

impl GridReference {
    /// Of a position: HDF-EOS metadata give both corners in metres to six decimals, and the pixel
    /// size follows from them; so it differs a little from one position to the next.
    pub(super) fn of(position: Position) -> Self {
        let (west, north) = position.corner();
        let (east, south) = (west + POSITION_METRES, north - POSITION_METRES);
        let [west, north, east, south] =
            [west, north, east, south].map(|metres| (metres * 1e6).round() / 1e6);
        let pixels = f64::from(PIXELS);
        Self {
            west,
            north,
            pixel_width: (east - west) / pixels,
            pixel_height: (north - south) / pixels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_file_states_the_same_numbers() {
        // The tags of MOD11A1.A2019305.h14v09.006.2019306084028_LST_Day_1km.tif.
        let reference = GridReference::of(Position { h: 14, v: 9 });
        let expected = GridReference {
            west: -4_447_802.079_066,
            north: 0.0,
            pixel_width: 926.625_433_138_333_4,
            pixel_height: 926.625_433_139_166_7,
        };
        assert_eq!(reference, expected);
    }
}
