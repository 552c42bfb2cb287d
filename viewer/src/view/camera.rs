//! The camera: which place is drawn where on the screen, in `f64`.
//!
//! Screen positions are CSS pixels from the top left corner of the map. The flat projections repeat
//! the world endlessly to the east and west and are clamped so that nothing beyond their northern and
//! southern ends is shown while the world is taller than the view.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI, TAU};

use super::{Projection, View, wrap_longitude};
use crate::number::bounded;

/// Length of the equator at zoom 0, in CSS pixels.
pub const WORLD_AT_ZOOM_0: f64 = 512.0;
/// Where square Mercator maps end: `atan(sinh(π))` in degrees.
pub const MERCATOR_LIMIT: f64 = 85.051_128_779_806_59;
/// The nearest zoom: one pixel of 0.01° is 233 CSS pixels wide there.
pub const MAX_ZOOM: f64 = 14.0;
/// Share of the screen that a region fills which is to be seen as a whole.
const FILLED: f64 = 0.8;
/// Mean radius of the Earth in metres (IUGG), for the scale bar.
const EARTH_RADIUS: f64 = 6_371_008.8;

/// The size of the map on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Width in CSS pixels.
    pub width: f64,
    /// Height in CSS pixels.
    pub height: f64,
    /// Device pixels per CSS pixel.
    pub pixel_ratio: f64,
}

/// A view in a projection on a screen; always within the limits of all three.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    projection: Projection,
    view: View,
    viewport: Viewport,
}

impl Camera {
    /// The camera nearest to what is asked for: zoom and latitude are clamped, the longitude wrapped,
    /// anything that is not a number replaced by the middle of the world.
    pub fn new(projection: Projection, view: View, viewport: Viewport) -> Self {
        let viewport = Viewport {
            width: viewport.width.max(1.0),
            height: viewport.height.max(1.0),
            pixel_ratio: viewport.pixel_ratio.clamp(0.25, 8.0),
        };
        let number = |value: f64, otherwise: f64| if value.is_finite() { value } else { otherwise };
        let zoom = bounded(number(view.zoom, 0.0), min_zoom(projection, viewport), MAX_ZOOM);
        let mut camera = Self {
            projection,
            view: View { lon: wrap_longitude(number(view.lon, 0.0)), lat: 0.0, zoom },
            viewport,
        };
        camera.view.lat = camera.clamp_latitude(number(view.lat, 0.0));
        camera
    }

    /// What is looked at.
    pub fn view(&self) -> View {
        self.view
    }

    /// The projection.
    pub fn projection(&self) -> Projection {
        self.projection
    }

    /// The screen.
    pub fn viewport(&self) -> Viewport {
        self.viewport
    }

    /// The farthest zoom on this screen.
    pub fn min_zoom(&self) -> f64 {
        min_zoom(self.projection, self.viewport)
    }

    /// Length of the equator in CSS pixels.
    pub fn world(&self) -> f64 {
        WORLD_AT_ZOOM_0 * self.view.zoom.exp2()
    }

    /// Radius of the globe in CSS pixels.
    pub fn radius(&self) -> f64 {
        self.world() / TAU
    }

    /// Degrees of longitude (of arc, on the globe) per device pixel at the centre.
    pub fn degrees_per_pixel(&self) -> f64 {
        360.0 / (self.world() * self.viewport.pixel_ratio)
    }

    /// Metres on the ground per CSS pixel, along the parallel through the centre.
    pub fn metres_per_pixel(&self) -> f64 {
        let equator = TAU * EARTH_RADIUS / self.world();
        match self.projection {
            Projection::Globe => equator,
            Projection::Mercator | Projection::Equirectangular => {
                equator * self.view.lat.to_radians().cos()
            }
        }
    }

    /// Where a place is drawn (in a flat projection its copy nearest to the centre, on the screen or
    /// not). `None` for the far side of the globe and for what Mercator cannot show.
    pub fn project(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let east = wrap_longitude(lon - self.view.lon);
        let (x, y) = match self.projection {
            Projection::Globe => {
                let (lat, centre) = (lat.to_radians(), self.view.lat.to_radians());
                let east = east.to_radians();
                let depth = lat.sin() * centre.sin() + lat.cos() * centre.cos() * east.cos();
                if depth < 0.0 {
                    return None;
                }
                let north = lat.sin() * centre.cos() - lat.cos() * centre.sin() * east.cos();
                (lat.cos() * east.sin() * self.radius(), -north * self.radius())
            }
            Projection::Mercator | Projection::Equirectangular => {
                if self.projection == Projection::Mercator && lat.abs() >= 90.0 {
                    return None;
                }
                let south = self.plane_y(lat) - self.plane_y(self.view.lat);
                (east / 360.0 * self.world(), south * self.world())
            }
        };
        Some((self.viewport.width / 2.0 + x, self.viewport.height / 2.0 + y))
    }

    /// The place (longitude in `-180..180`, latitude) drawn at a position. `None` beside the globe
    /// or beyond the poles.
    pub fn unproject(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (x - self.viewport.width / 2.0, y - self.viewport.height / 2.0);
        match self.projection {
            Projection::Globe => {
                let (x, north) = (x / self.radius(), -y / self.radius());
                let depth = 1.0 - x * x - north * north;
                if depth < 0.0 {
                    return None;
                }
                let depth = depth.sqrt();
                let (sin, cos) = self.view.lat.to_radians().sin_cos();
                let lat = (depth * sin + north * cos).clamp(-1.0, 1.0).asin();
                let east = x.atan2(depth * cos - north * sin);
                Some((wrap_longitude(self.view.lon + east.to_degrees()), lat.to_degrees()))
            }
            Projection::Mercator | Projection::Equirectangular => {
                let lon = wrap_longitude(self.view.lon + x / self.world() * 360.0);
                let lat = self.latitude_below(y);
                (lat.abs() <= 90.0).then_some((lon, lat))
            }
        }
    }

    /// The camera after the map was dragged by so many CSS pixels to the right and down.
    #[must_use]
    pub fn panned(&self, dx: f64, dy: f64) -> Self {
        let (lon, lat) = match self.projection {
            Projection::Globe => {
                // Near the poles a turn of the globe moves what is under the pointer less: bounded,
                // so that it does not spin.
                let cos = self.view.lat.to_radians().cos().max(0.25);
                let degrees = 360.0 / self.world();
                (self.view.lon - dx * degrees / cos, self.view.lat + dy * degrees)
            }
            Projection::Mercator | Projection::Equirectangular => {
                (self.view.lon - dx / self.world() * 360.0, self.latitude_below(-dy))
            }
        };
        self.looking_at(View { lon, lat, zoom: self.view.zoom })
    }

    /// The camera at another zoom with the same place under the position, where that is possible.
    #[must_use]
    pub fn zoomed_about(&self, zoom: f64, x: f64, y: f64) -> Self {
        let mut next = self.looking_at(View { zoom, ..self.view });
        let Some((lon, lat)) = self.unproject(x, y) else { return next };
        // Exact at once in the flat projections; on the globe the step overshoots little and shrinks.
        for _ in 0..8 {
            let Some((now_x, now_y)) = next.project(lon, lat) else { break };
            let (dx, dy) = (x - now_x, y - now_y);
            if dx.abs().max(dy.abs()) < 0.01 {
                break;
            }
            next = next.panned(dx, dy);
        }
        next
    }

    /// The same projection and screen with another view.
    #[must_use]
    pub fn looking_at(&self, view: View) -> Self {
        Self::new(self.projection, view, self.viewport)
    }

    /// The same view in another projection.
    #[must_use]
    pub fn in_projection(&self, projection: Projection) -> Self {
        Self::new(projection, self.view, self.viewport)
    }

    /// The same view on another screen.
    #[must_use]
    pub fn on_screen(&self, viewport: Viewport) -> Self {
        Self::new(self.projection, self.view, viewport)
    }

    /// The view of a region: of its middle (longitude, latitude), so near that its width and height in degrees fill most of
    /// the screen.
    pub fn showing(&self, [(lon, lat), (width, height)]: [(f64, f64); 2]) -> View {
        let (across, down) = (self.viewport.width * FILLED, self.viewport.height * FILLED);
        let (lat, world) = if self.projection == Projection::Globe {
            let half = (width.max(height) / 2.0).min(90.0).to_radians();
            (lat, across.min(down) * PI / half.sin())
        } else {
            let y = |lat: f64| self.plane_y(bounded(lat, -MERCATOR_LIMIT, MERCATOR_LIMIT));
            let (top, bottom) = (y(lat + height / 2.0), y(lat - height / 2.0));
            let middle = self.latitude_at(f64::midpoint(top, bottom));
            (middle, (across * 360.0 / width).min(down / (bottom - top)))
        };
        let zoom = bounded((world / WORLD_AT_ZOOM_0).log2(), self.min_zoom(), MAX_ZOOM);
        View { lon: wrap_longitude(lon), lat, zoom }
    }

    /// North-south position of a latitude on the plane: 0 at the northern end, growing southwards, in
    /// lengths of the equator.
    pub fn plane_y(&self, lat: f64) -> f64 {
        match self.projection {
            Projection::Mercator => 0.5 - mercator(lat.to_radians()) / TAU,
            Projection::Equirectangular | Projection::Globe => (90.0 - lat) / 360.0,
        }
    }

    /// In the flat projections, the latitude so many CSS pixels below the centre.
    pub(super) fn latitude_below(&self, y: f64) -> f64 {
        self.latitude_at(self.plane_y(self.view.lat) + y / self.world())
    }

    /// The latitude at a north-south position on the plane.
    fn latitude_at(&self, plane_y: f64) -> f64 {
        match self.projection {
            Projection::Mercator => inverse_mercator((0.5 - plane_y) * TAU).to_degrees(),
            Projection::Equirectangular | Projection::Globe => 90.0 - plane_y * 360.0,
        }
    }

    fn clamp_latitude(&self, lat: f64) -> f64 {
        let (limit, height) = match self.projection {
            Projection::Globe => return lat.clamp(-90.0, 90.0),
            Projection::Mercator => (MERCATOR_LIMIT, 1.0),
            Projection::Equirectangular => (90.0, 0.5),
        };
        let half = self.viewport.height / self.world() / 2.0;
        if half * 2.0 >= height {
            return 0.0;
        }
        let plane_y = self.plane_y(bounded(lat, -limit, limit));
        let clamped = bounded(plane_y, half, height - half);
        // An unclamped latitude is handed back as it came, without the detour over the plane.
        if (clamped - plane_y).abs() < f64::EPSILON { lat } else { self.latitude_at(clamped) }
    }
}

/// The farthest zoom: Mercator fills the height of the screen, as web maps do; the flat
/// equirectangular world fits into it whole; the globe may be as small as a coin.
fn min_zoom(projection: Projection, viewport: Viewport) -> f64 {
    let zoom = match projection {
        Projection::Mercator => (viewport.height / WORLD_AT_ZOOM_0).log2(),
        Projection::Equirectangular => {
            (viewport.width / WORLD_AT_ZOOM_0).min(viewport.height * 2.0 / WORLD_AT_ZOOM_0).log2()
        }
        Projection::Globe => 0.0,
    };
    zoom.clamp(0.0, 4.0)
}

/// Mercator's northing of a latitude, both in radians.
pub fn mercator(lat: f64) -> f64 {
    (FRAC_PI_4 + lat.clamp(-FRAC_PI_2, FRAC_PI_2) / 2.0).tan().max(f64::MIN_POSITIVE).ln()
}

/// The latitude of a Mercator northing, both in radians.
pub fn inverse_mercator(northing: f64) -> f64 {
    2.0 * northing.clamp(-20.0 * PI, 20.0 * PI).exp().atan() - FRAC_PI_2
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Viewport = Viewport { width: 1280.0, height: 800.0, pixel_ratio: 1.0 };

    fn camera(projection: Projection, lon: f64, lat: f64, zoom: f64) -> Camera {
        Camera::new(projection, View { lon, lat, zoom }, SCREEN)
    }

    #[test]
    fn a_region_is_shown_as_a_whole_and_fills_most_of_the_screen() {
        let viewport = Viewport { width: 1000.0, height: 600.0, pixel_ratio: 2.0 };
        for projection in Projection::ALL {
            for (lon, lat, width, height) in
                [(10.0, 50.0, 20.0, 10.0), (180.0, -10.0, 30.0, 60.0), (-100.0, 0.0, 0.5, 0.5)]
            {
                let start = View { lon: 0.0, lat: 0.0, zoom: 1.0 };
                let camera = Camera::new(projection, start, viewport);
                let view = camera.showing([(lon, lat), (width, height)]);
                let camera = camera.looking_at(view);
                let at = |dx: f64, dy: f64| camera.project(lon + width * dx, lat + height * dy);
                let (west, east) = (at(-0.5, 0.0).unwrap(), at(0.5, 0.0).unwrap());
                let (south, north) = (at(0.0, -0.5).unwrap(), at(0.0, 0.5).unwrap());
                assert!(west.0 >= 0.0 && east.0 <= 1000.0 && north.1 >= 0.0 && south.1 <= 600.0);
                let filled = ((east.0 - west.0) / 1000.0).max((south.1 - north.1) / 600.0);
                assert!(filled > 0.4, "{projection:?} {lon} {lat}: {filled}");
            }
        }
    }

    #[test]
    fn positions_and_places_are_inverse_to_each_other_in_every_projection() {
        for projection in Projection::ALL {
            for (lon, lat) in [(0.0, 0.0), (179.9, 51.0), (-122.4, -37.8), (10.0, 84.0)] {
                for zoom in [1.0, 2.5, 7.0, 14.0] {
                    let camera = camera(projection, lon, lat, zoom);
                    for (x, y) in [(640.0, 400.0), (600.0, 333.0), (700.0, 450.0)] {
                        let Some((lon, lat)) = camera.unproject(x, y) else { continue };
                        let (back_x, back_y) = camera.project(lon, lat).unwrap();
                        assert!(
                            (back_x - x).abs() < 1e-5 && (back_y - y).abs() < 1e-5,
                            "{camera:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_centre_of_the_screen_is_the_view() {
        for projection in Projection::ALL {
            let camera = camera(projection, 179.5, 45.0, 6.0);
            let (lon, lat) = camera.unproject(640.0, 400.0).unwrap();
            assert!((lon - 179.5).abs() < 1e-9 && (lat - 45.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_view_within_the_limits_comes_back_bit_for_bit() {
        for projection in Projection::ALL {
            let view = View { lon: -73.123_456, lat: 40.987_654, zoom: 9.25 };
            assert_eq!(Camera::new(projection, view, SCREEN).view(), view);
        }
    }

    #[test]
    fn mercator_world_at_zoom_0_is_512_pixels_and_ends_at_85_degrees() {
        let screen = Viewport { width: 512.0, height: 512.0, pixel_ratio: 1.0 };
        let camera =
            Camera::new(Projection::Mercator, View { lon: 0.0, lat: 0.0, zoom: 0.0 }, screen);
        let (_, top) = camera.unproject(256.0, 0.0).unwrap();
        assert!((top - MERCATOR_LIMIT).abs() < 1e-9);
        let (west, _) = camera.unproject(0.0, 256.0).unwrap();
        assert!((west - -180.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_beyond_the_ends_of_the_flat_world_is_shown() {
        let camera = camera(Projection::Mercator, 0.0, 89.0, 3.0);
        assert!((camera.unproject(640.0, 0.0).unwrap().1 - MERCATOR_LIMIT).abs() < 1e-9);
        let camera = self::camera(Projection::Equirectangular, 0.0, -90.0, 3.0);
        assert!((camera.unproject(640.0, 800.0).unwrap().1 + 90.0).abs() < 1e-9);
        assert!(self::camera(Projection::Mercator, 0.0, 0.0, -3.0).view().zoom > 0.6);
    }

    #[test]
    fn the_globe_has_a_far_side_and_space_around_it() {
        let camera = camera(Projection::Globe, 0.0, 0.0, 1.0);
        assert_eq!(camera.project(180.0, 0.0), None);
        assert_eq!(camera.unproject(0.0, 0.0), None);
        assert!(camera.project(0.0, 90.0).is_some());
    }

    #[test]
    fn zooming_keeps_the_place_under_the_cursor() {
        for projection in Projection::ALL {
            let camera = camera(projection, 20.0, 30.0, 4.0);
            let place = camera.unproject(700.0, 300.0).unwrap();
            let nearer = camera.zoomed_about(5.3, 700.0, 300.0);
            let (x, y) = nearer.project(place.0, place.1).unwrap();
            assert!((x - 700.0).abs() < 0.05 && (y - 300.0).abs() < 0.05, "{projection:?} {x} {y}");
        }
    }

    #[test]
    fn dragging_moves_the_place_with_the_pointer() {
        for projection in [Projection::Mercator, Projection::Equirectangular] {
            let camera = camera(projection, 170.0, 30.0, 5.0);
            let place = camera.unproject(640.0, 400.0).unwrap();
            let (x, y) = camera.panned(-500.0, 80.0).project(place.0, place.1).unwrap();
            assert!((x - 140.0).abs() < 1e-6 && (y - 480.0).abs() < 1e-6);
        }
    }

    #[test]
    fn nonsense_becomes_the_middle_of_the_world() {
        let camera = camera(Projection::Mercator, f64::NAN, f64::INFINITY, f64::NAN);
        assert_eq!((camera.view().lon, camera.view().lat), (0.0, 0.0));
    }
}
