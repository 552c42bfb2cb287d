//! Which part of a window a raster may reach, and where to look for the rasters that reach a window. Pure.

use std::ops::Range;

use floe_shared::grid::{Bounds, Grid};
use floe_shared::window::PixelWindow;

use crate::crs::Crs;
use crate::lattice::Lattice;
use crate::locate::Locator;
use crate::sinusoidal::RADIUS;
use crate::utm::Zone;

/// How far, in degrees of a great circle (11 km), a raster may reach beyond the place that a catalogue gives it. Boxes and
/// outlines are made of a few corners, between which an edge of a UTM scene of 250 km bulges by up to 7 km at 80 degrees
/// of latitude, and are rounded.
const CATALOGUE_MARGIN: f64 = 0.1;

/// Parts into which an edge of a raster is cut.
const EDGE_PARTS: u32 = 32;

/// Whether a raster holds the centre of any pixel of a window.
///
/// Rasters elsewhere are told by their corners; of others rows are looked at from the middle on, until one has a centre.
pub fn reaches(grid: Grid, window: PixelWindow, lattice: &Lattice) -> bool {
    let mut pixels = Vec::new();
    parts(grid, window, lattice).into_iter().any(|part| {
        let locator = Locator::new(grid, part, lattice);
        let middle = part.height / 2;
        (middle..part.height).chain(0..middle).any(|row| {
            locator.row(row, &mut pixels);
            pixels.iter().any(Option::is_some)
        })
    })
}

/// Where a search finds all scenes that may reach a window: its edges and 11 km around them. Two boxes where that crosses
/// 180 degrees, the western one of the window first.
pub fn search_bounds(grid: Grid, window: PixelWindow) -> Vec<Bounds> {
    let resolution = grid.resolution();
    let half = resolution / 2.0;
    let north = (grid.latitude(window.row) + half + CATALOGUE_MARGIN).min(90.0);
    let south = (grid.latitude(window.end_row() - 1) - half - CATALOGUE_MARGIN).max(-90.0);
    let margin = CATALOGUE_MARGIN / north.max(-south).to_radians().cos().max(1e-3);
    let west = grid.longitude(window.col) - half - margin;
    let east = grid.longitude(window.end_col() - 1) + half + margin;
    let bounds = |west, east| Bounds { west, south, east, north };
    if east - west >= 360.0 {
        vec![bounds(-180.0, 180.0)]
    } else if west < -180.0 {
        vec![bounds(west + 360.0, 180.0), bounds(-180.0, east)]
    } else if east > 180.0 {
        vec![bounds(west, 180.0), bounds(-180.0, east - 360.0)]
    } else {
        vec![bounds(west, east)]
    }
}

/// The parts of a window beyond which a raster holds no centre; no two of them share a pixel.
pub(crate) fn parts(grid: Grid, window: PixelWindow, lattice: &Lattice) -> Vec<PixelWindow> {
    let Bounds { west, south, east, north } = extent(lattice);
    let within = |first: f64, last: f64, limit: Range<u32>| {
        let cells = |degrees: f64| degrees / grid.resolution() - 0.5;
        let start = ((cells(first).floor() - 1.0).max(0.0) as u32).max(limit.start);
        let end = ((cells(last).ceil() + 2.0).max(0.0) as u32).min(limit.end);
        start..end
    };
    let corner = grid.bounds();
    let rows = within(corner.north - north, corner.north - south, window.row..window.end_row());
    let columns = window.col..window.end_col();
    let mut ranges: Vec<Range<u32>> = Vec::new();
    if east - west >= 360.0 {
        ranges.push(columns);
    } else {
        for turn in [-360.0, 0.0, 360.0] {
            let turned = turn - corner.west;
            let range = within(west + turned, east + turned, columns.clone());
            match ranges.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ if range.is_empty() => (),
                _ => ranges.push(range),
            }
        }
    }
    let part = |columns: Range<u32>| PixelWindow {
        row: rows.start,
        col: columns.start,
        height: rows.end - rows.start,
        width: columns.end - columns.start,
    };
    if rows.is_empty() { Vec::new() } else { ranges.into_iter().map(part).collect() }
}

/// A box in degrees around all places that a raster holds. Its longitudes are not wrapped.
fn extent(lattice: &Lattice) -> Bounds {
    let (transform, layout) = (lattice.transform(), lattice.layout());
    let far = |corner: f64, size: f64, count: u32| corner + size * f64::from(count);
    let right = far(transform.west, transform.width, layout.width);
    let other = far(transform.north, transform.height, layout.height);
    let plane = Bounds {
        west: transform.west,
        south: transform.north.min(other),
        east: right,
        north: transform.north.max(other),
    };
    match lattice.crs() {
        Crs::Geographic => plane,
        Crs::Sinusoidal => sinusoidal_extent(plane),
        Crs::Utm { zone, south } => utm_extent(plane, Zone::new(zone, south)),
    }
}

/// On the sinusoidal plane a meridian's x falls from the equator to the poles.
fn sinusoidal_extent(plane: Bounds) -> Bounds {
    let latitude = |y: f64| (y / RADIUS).to_degrees().clamp(-90.0, 90.0);
    let (south, north) = (latitude(plane.south), latitude(plane.north));
    let equator = if south < 0.0 && north > 0.0 { 0.0 } else { south };
    let longitudes = |x: f64| {
        [south, north, equator].map(|latitude| {
            let circle = RADIUS * latitude.to_radians().cos();
            (x / circle).to_degrees().clamp(-180.0, 180.0)
        })
    };
    let west = longitudes(plane.west).into_iter().fold(f64::INFINITY, f64::min);
    let east = longitudes(plane.east).into_iter().fold(f64::NEG_INFINITY, f64::max);
    Bounds { west, south, east, north }
}

/// A conformal map has its extremes on the edges, unless a pole lies within them. Between two points of an edge neither
/// longitude nor latitude goes further than from the one to the other: that much is added all around.
fn utm_extent(plane: Bounds, zone: Zone) -> Bounds {
    let along = |from: f64, to: f64, part: u32| {
        from + (to - from) * f64::from(part) / f64::from(EDGE_PARTS)
    };
    let corners = [
        (plane.west, plane.south),
        (plane.east, plane.south),
        (plane.east, plane.north),
        (plane.west, plane.north),
    ];
    let mut edge = Vec::with_capacity(4 * EDGE_PARTS as usize + 1);
    for (side, &from) in corners.iter().enumerate() {
        let to = corners[(side + 1) % 4];
        edge.extend(
            (0..EDGE_PARTS)
                .map(|part| zone.lonlat(along(from.0, to.0, part), along(from.1, to.1, part))),
        );
    }
    edge.extend(edge.first().copied());
    let fold = |pick: fn(&(f64, f64)) -> f64| {
        let range = edge
            .iter()
            .map(pick)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
                (least.min(value), most.max(value))
            });
        let step =
            edge.windows(2).map(|two| (pick(&two[0]) - pick(&two[1])).abs()).fold(0.0, f64::max);
        (range.0 - step, range.1 + step)
    };
    let (west, east) = fold(|place| place.0);
    let (south, north) = fold(|place| place.1);
    let central = zone.central_meridian();
    if west - central > -89.0 && east - central < 89.0 {
        return Bounds { west, south: south.max(-90.0), east, north: north.min(90.0) };
    }
    // Beyond a pole, or both.
    let (south, north) = if south > 0.0 {
        (south, 90.0)
    } else if north < 0.0 {
        (-90.0, north)
    } else {
        (-90.0, 90.0)
    };
    Bounds { west: central - 180.0, south, east: central + 180.0, north }
}
