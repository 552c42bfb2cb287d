//! Where the rows and columns of a level lie, by its coordinates or by the attributes of its group.
//!
//! Coordinates are the centres of pixels: what they say counts. Attributes may have travelled along in a copy whose rows
//! are others; they are believed where nothing else tells.

use std::f64::consts::PI;

use floe_shared::encoding::DataType;
use serde_json::Value;

use super::error::{StoreError, shortened};
use super::metadata::ArrayMetadata;
use crate::number::text;
use crate::placement::Placement;

/// Share of a pixel up to which a coordinate lies where it should.
const TOLERANCE: f64 = 0.01;
/// Degrees by which a float of 32 bits may miss a coordinate: half of its last digit, for each of two.
const SINGLE: f64 = 1.6e-5;

/// Metres of EPSG:3857 in a degree of the equator.
const METRES: f64 = 6_378_137.0 * PI / 180.0;

/// In which coordinates a grid has equal steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crs {
    /// Longitude and latitude in degrees.
    Geographic,
    /// Metres of spherical Mercator (EPSG:3857).
    Mercator,
}

impl Crs {
    /// What the attributes of a group, of a grid mapping and of the coordinate of rows say.
    ///
    /// # Errors
    /// Where it is a projection of which the map knows nothing; `group` is named.
    pub(super) fn read(
        group: &str,
        attributes: &Value,
        mapping: &Value,
        coordinate: &Value,
    ) -> Result<Self, StoreError> {
        let wrong = |found: &str| {
            StoreError::Layout(format!(
                "expected group '{group}' to be in degrees (EPSG:4326) or in EPSG:3857, found {}",
                shortened(found)
            ))
        };
        if mapping["grid_mapping_name"] == "rotated_latitude_longitude"
            || coordinate["standard_name"] == "grid_latitude"
        {
            return Err(wrong("a rotated pole"));
        }
        let units = coordinate["units"].as_str().unwrap_or_default();
        if units.to_ascii_lowercase().starts_with("degree") {
            return Ok(Self::Geographic);
        }
        let code = &attributes["proj:epsg"];
        let code = code.as_u64().map(|code| format!("EPSG:{code}"));
        let text = |attributes: &Value, name: &str| attributes[name].as_str().map(str::to_owned);
        let named = text(attributes, "proj:code")
            .or(code)
            .or_else(|| text(attributes, "proj:wkt2"))
            .or_else(|| text(mapping, "crs_wkt"))
            .or_else(|| text(mapping, "spatial_ref"))
            .or_else(|| text(mapping, "grid_mapping_name"));
        let Some(named) = named else {
            let is_length = ["m", "metre", "meter", "metres", "meters", "km"].contains(&units);
            return if is_length { Err(wrong(units)) } else { Ok(Self::Geographic) };
        };
        let has = |words: &[&str]| words.iter().any(|word| named.contains(word));
        if has(&["3857", "900913", "Pseudo-Mercator"]) {
            Ok(Self::Mercator)
        } else if has(&["EPSG:4326", "CRS84", "latitude_longitude"])
            || ["GEOGCRS", "GEOGCS", "GEODCRS"].iter().any(|word| named.starts_with(word))
        {
            Ok(Self::Geographic)
        } else {
            Err(wrong(&named))
        }
    }

    /// Units of its coordinates in a degree.
    fn per_degree(self) -> f64 {
        match self {
            Self::Geographic => 1.0,
            Self::Mercator => METRES,
        }
    }

    /// Where the rows end, in degrees: at the poles, or far beyond the square that Mercator shows.
    fn end(self) -> f64 {
        match self {
            Self::Geographic => 90.0,
            Self::Mercator => 270.0,
        }
    }
}

/// Centres of pixels in equal steps.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Steps {
    first: f64,
    step: f64,
    count: u32,
}

/// The placement that coordinates of latitude and of longitude tell.
pub(super) fn from_coordinates(
    lat: (&ArrayMetadata, &[f64]),
    lon: (&ArrayMetadata, &[f64]),
    crs: Crs,
) -> Result<Placement, StoreError> {
    let degrees = |values: &[f64]| -> Vec<f64> {
        values.iter().map(|value| value / crs.per_degree()).collect()
    };
    let (rows, cols) = match crs {
        Crs::Geographic => (latitudes(lat.0, lat.1)?, longitudes(lon.0, lon.1)?),
        Crs::Mercator => (steps(lat.0, &degrees(lat.1))?, longitudes(lon.0, &degrees(lon.1))?),
    };
    Ok(snapped(
        cols.first - cols.step / 2.0,
        rows.first - rows.step / 2.0,
        (cols.step, rows.step),
        (cols.count, rows.count),
        crs,
    ))
}

/// The placement of so many columns and rows that the `spatial:transform` of a group tells, of the outer edges of pixels.
pub(super) fn from_transform(
    group: &str,
    transform: [f64; 6],
    (cols, rows): (u32, u32),
    crs: Crs,
) -> Result<Placement, StoreError> {
    let [dlon, shear, west, other_shear, dlat, first_lat] =
        transform.map(|number| number / crs.per_degree());
    let is_zero = |shear: f64, step: f64| shear.abs() <= 1e-6 * step.abs();
    let last_lat = first_lat + dlat * f64::from(rows);
    let on_earth = |lat: f64| lat.abs() <= crs.end() + dlat.abs() * 0.51 + 1e-6;
    let fits = dlon > 0.0
        && transform.iter().all(|number| number.is_finite())
        && dlat != 0.0
        && is_zero(shear, dlon)
        && is_zero(other_shear, dlat)
        && west.abs() <= 720.0
        && on_earth(first_lat)
        // A level may be padded beyond the pole.
        && (on_earth(last_lat) || last_lat * first_lat <= 0.0)
        && dlon <= 360.0;
    if fits {
        Ok(snapped(west, first_lat, (dlon, dlat), (cols, rows), crs))
    } else {
        let found = transform.map(text).join(", ");
        Err(StoreError::Layout(format!(
            "expected group '{group}' to have the spatial:transform of a grid in degrees, [d, 0, west, 0, ±d, north or south], found [{found}]"
        )))
    }
}

/// Whether two placements put the first and last rows and columns, and some between, at the same places.
pub(super) fn agree(a: &Placement, b: &Placement) -> bool {
    let near = |a: f64, b: f64, step: f64| (a - b).abs() <= TOLERANCE * step.abs();
    let turned = |a: f64, b: f64| (a - b + 180.0).rem_euclid(360.0) - 180.0;
    (a.cols, a.rows, a.is_mercator) == (b.cols, b.rows, b.is_mercator)
        && [0.0, 0.25, 0.5, 1.0].into_iter().all(|share| {
            let (row, col) = (share * f64::from(a.rows), share * f64::from(a.cols));
            let [lat, other] = [a, b].map(|grid| grid.first_lat + row * grid.dlat);
            near(lat, other, a.dlat) && near(turned(a.lon(col), b.lon(col)), 0.0, a.dlon)
        })
}

/// A placement whose ends are those of the globe where they all but are.
fn snapped(
    west: f64,
    first_lat: f64,
    (mut dlon, mut dlat): (f64, f64),
    (cols, rows): (u32, u32),
    crs: Crs,
) -> Placement {
    let end: f64 = match crs {
        Crs::Geographic => 90.0,
        Crs::Mercator => 180.0,
    };
    let pole = |lat: f64| {
        let near = (lat.abs() - end).abs() <= TOLERANCE * dlat.abs();
        near.then(|| end.copysign(lat))
    };
    let first = pole(first_lat);
    if let (Some(first), Some(last)) = (first, pole(first_lat + dlat * f64::from(rows))) {
        dlat = (last - first) / f64::from(rows);
    }
    if (dlon * f64::from(cols) - 360.0).abs() <= TOLERANCE * dlon {
        dlon = 360.0 / f64::from(cols);
    }
    let whole = (west / dlon).round() * dlon;
    let whole = if (west.abs() - 180.0).abs() <= TOLERANCE * dlon {
        180.0_f64.copysign(west)
    } else {
        whole
    };
    let west = if (west - whole).abs() <= TOLERANCE * dlon { whole } else { west };
    let placement = Placement::new(west, first.unwrap_or(first_lat), dlon, dlat, cols, rows);
    if crs == Crs::Mercator { placement.in_mercator() } else { placement }
}

/// Latitudes in equal steps, to the north or to the south.
fn latitudes(metadata: &ArrayMetadata, values: &[f64]) -> Result<Steps, StoreError> {
    let steps = steps(metadata, values)?;
    let beyond = values.iter().find(|value| value.abs() > 90.0 + SINGLE);
    match beyond {
        Some(&value) => Err(metadata.wrong("values", "latitudes from -90 to 90", text(value))),
        None => Ok(steps),
    }
}

/// Longitudes in equal steps to the east, once around the globe at most.
fn longitudes(metadata: &ArrayMetadata, values: &[f64]) -> Result<Steps, StoreError> {
    if let Some(&value) = values.iter().find(|value| value.abs() > 720.0) {
        return Err(metadata.wrong("values", "longitudes from -720 to 720", text(value)));
    }
    let mut turns = 0.0;
    let mut last = f64::NAN;
    // From 180° E to 180° W, and from 360° to 0°, they go on.
    let unrolled: Vec<f64> = values
        .iter()
        .map(|&value| {
            if value - last < -180.0 {
                turns += 360.0;
            } else if value - last > 180.0 {
                turns -= 360.0;
            }
            last = value;
            value + turns
        })
        .collect();
    let steps = steps(metadata, &unrolled)?;
    if steps.step < 0.0 {
        let (first, next) = (text(values[0]), text(values[1]));
        let found = format!("{next} after {first}");
        return Err(metadata.wrong("values", "longitudes that rise eastwards", found));
    }
    let around = steps.step * f64::from(steps.count);
    if around > 360.0 + steps.step * (1.0 + TOLERANCE) {
        let found = format!("{} degrees", text(around));
        return Err(metadata.wrong("values", "longitudes once around the globe", found));
    }
    Ok(steps)
}

/// Checks that values follow each other in equal steps.
fn steps(metadata: &ArrayMetadata, values: &[f64]) -> Result<Steps, StoreError> {
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        let found = format!("{} at index {index}", text(values[index]));
        return Err(metadata.wrong("values", "numbers", found));
    }
    let (&[first, second, ..], Some(&last)) = (values, values.last()) else {
        let found = values.len();
        return Err(metadata.wrong(
            "values",
            "two at least, which tell the step between them",
            found,
        ));
    };
    let rises = second > first;
    for (index, pair) in values.windows(2).enumerate() {
        let turned = if rises { pair[1] <= pair[0] } else { pair[1] >= pair[0] };
        if turned {
            let expected =
                if rises { "values that rise throughout" } else { "values that fall throughout" };
            let found = format!("{} after {} at index {}", text(pair[1]), text(pair[0]), index + 1);
            return Err(metadata.wrong("values", expected, found));
        }
    }
    let step = (last - first) / (values.len() - 1) as f64;
    let is_single = metadata.encoding.data_type == DataType::F32;
    let slack = TOLERANCE * step.abs() + if is_single { SINGLE } else { 0.0 };
    let uneven = values
        .iter()
        .enumerate()
        .find(|(index, value)| (**value - first - step * *index as f64).abs() > slack);
    if let Some((index, value)) = uneven {
        let expected =
            format!("in equal steps, {} at index {index}", text(first + step * index as f64));
        return Err(metadata.wrong("values", expected, text(*value)));
    }
    Ok(Steps { first, step, count: values.len() as u32 })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(name: &str, data_type: &str) -> ArrayMetadata {
        let json = json!({
            "zarr_format": 3, "shape": [4], "data_type": data_type, "fill_value": 0,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4]}},
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        });
        ArrayMetadata::parse(name, &json.to_string()).unwrap()
    }

    fn placed(lat: &[f64], lon: &[f64]) -> Result<Placement, StoreError> {
        let [rows, cols] = ["/lat", "/lon"].map(|name| metadata(name, "float64"));
        from_coordinates((&rows, lat), (&cols, lon), Crs::Geographic)
    }

    fn refusal(lat: &[f64], lon: &[f64]) -> String {
        placed(lat, lon).unwrap_err().to_string()
    }

    const LAT: [f64; 4] = [67.5, 22.5, -22.5, -67.5];
    const LON: [f64; 4] = [-135.0, -45.0, 45.0, 135.0];

    #[test]
    fn centres_tell_where_the_edges_lie() {
        assert_eq!(placed(&LAT, &LON), Ok(Placement::global(4, 4)));
        let south_first = LAT.map(|lat| -lat);
        let from_greenwich = [45.0, 135.0, 225.0, 315.0];
        let placement = placed(&south_first, &from_greenwich).unwrap();
        assert_eq!(placement, Placement::new(0.0, -90.0, 90.0, 45.0, 4, 4));
        assert!(placement.is_global());
        let region = placed(&[10.0, 9.0, 8.0], &[100.0, 100.5, 101.0, 101.5]).unwrap();
        assert_eq!(region, Placement::new(99.75, 10.5, 0.5, -1.0, 4, 3));
        let poles = placed(&[90.0, 0.0, -90.0], &[0.0, 90.0, 180.0, 270.0]).unwrap();
        assert!(poles.is_global());
    }

    #[test]
    fn longitudes_go_on_across_the_antimeridian() {
        let placement = placed(&LAT, &[178.0, 179.0, -180.0, -179.0]).unwrap();
        assert_eq!(placement, Placement::new(177.5, 90.0, 1.0, -45.0, 4, 4));
    }

    #[test]
    fn single_floats_are_as_good_as_their_digits() {
        let values: Vec<f64> =
            (0..3600_u16).map(|i| f64::from(-179.95_f32 + f32::from(i) * 0.1)).collect();
        let single = metadata("/lon", "float32");
        let double = metadata("/lat", "float64");
        let placement =
            from_coordinates((&double, &LAT), (&single, &values), Crs::Geographic).unwrap();
        assert_eq!(placement, Placement::global(3600, 4));
    }

    #[test]
    fn what_does_not_lie_in_equal_steps_is_refused_in_a_sentence() {
        assert_eq!(
            refusal(&[60.0, 20.0, 30.0, -67.5], &LON),
            "array or group '/lat': expected values to be values that fall throughout, found 30 after 20 at index 2"
        );
        assert_eq!(
            refusal(&[67.5, 25.0, -22.5, -67.5], &LON),
            "array or group '/lat': expected values to be in equal steps, 22.5 at index 1, found 25"
        );
        assert!(refusal(&[100.0, 50.0, 0.0], &LON).contains("latitudes from -90 to 90, found 100"));
        assert!(refusal(&[f64::NAN, 50.0, 0.0], &LON).contains("numbers, found NaN at index 0"));
        assert!(refusal(&[1.0], &LON).contains("two at least"));
        assert!(refusal(&LAT, &[20.0, 10.0, 0.0]).contains("rise eastwards, found 10 after 20"));
        assert!(refusal(&LAT, &[1e6, 2e6]).contains("longitudes from -720 to 720, found 1000000"));
        let twice: Vec<f64> = (0..40_u8).map(|index| f64::from(index) * 12.0).collect();
        assert!(refusal(&LAT, &twice).contains("once around the globe, found 480 degrees"));
    }

    #[test]
    fn transforms_tell_the_same_and_are_found_stale() {
        let from = |group, transform, size| from_transform(group, transform, size, Crs::Geographic);
        let transform = from("/", [90.0, 0.0, -180.0, 0.0, -45.0, 90.0], (4, 4)).unwrap();
        assert!(agree(&transform, &placed(&LAT, &LON).unwrap()));
        let south_first = placed(&LAT.map(|lat| -lat), &LON).unwrap();
        assert!(!agree(&transform, &south_first));
        // The same longitudes, counted on.
        let later = Placement::new(180.0, 90.0, 90.0, -45.0, 4, 4);
        assert!(agree(&transform, &later));
        let metres = [500.0, 0.0, 300_000.0, 0.0, -500.0, 6_000_000.0];
        let error = from("/", metres, (4, 4)).unwrap_err().to_string();
        assert!(error.ends_with("found [500, 0, 300000, 0, -500, 6000000]"), "{error}");
        assert!(from("/3", [51.2, 0.0, -180.0, 0.0, -51.2, 90.0], (8, 4)).is_ok());
    }

    #[test]
    fn metres_of_web_mercator_are_degrees_of_the_equator() {
        let edge = 20_037_508.342_789_244;
        let step = edge / 128.0;
        let y: Vec<f64> = (0..256_u16).map(|row| edge - step * (f64::from(row) + 0.5)).collect();
        let x: Vec<f64> = y.iter().rev().copied().collect();
        let [rows, cols] = ["/y", "/x"].map(|name| metadata(name, "float64"));
        let expected =
            Placement::new(-180.0, 180.0, 360.0 / 256.0, -360.0 / 256.0, 256, 256).in_mercator();
        assert_eq!(from_coordinates((&rows, &y), (&cols, &x), Crs::Mercator), Ok(expected));
        let transform = [step, 0.0, -edge, 0.0, -step, edge];
        let told = from_transform("/", transform, (256, 256), Crs::Mercator).unwrap();
        assert!(agree(&told, &expected));
    }

    #[test]
    fn projections_are_told_by_attributes_and_others_refused() {
        let read = |attributes: Value, mapping: Value, units: Option<&str>| {
            let coordinate = json!({"units": units});
            Crs::read("/", &attributes, &mapping, &coordinate).map_err(|error| error.to_string())
        };
        let none = || json!({});
        assert_eq!(read(none(), none(), None), Ok(Crs::Geographic));
        assert_eq!(read(json!({"proj:code": "EPSG:3857"}), none(), Some("m")), Ok(Crs::Mercator));
        assert_eq!(read(json!({"proj:epsg": 3857}), none(), None), Ok(Crs::Mercator));
        let wkt = json!({"crs_wkt": "PROJCRS[\"WGS 84 / Pseudo-Mercator\", ...]"});
        assert_eq!(read(none(), wkt.clone(), Some("m")), Ok(Crs::Mercator));
        // What the coordinates themselves are counts.
        assert_eq!(read(none(), wkt, Some("degrees_north")), Ok(Crs::Geographic));
        let geographic = json!({"crs_wkt": "GEOGCRS[\"WGS 84\", ...]"});
        assert_eq!(read(none(), geographic, None), Ok(Crs::Geographic));
        let error = read(json!({"proj:code": "EPSG:32633"}), none(), Some("m")).unwrap_err();
        let expected =
            "expected group '/' to be in degrees (EPSG:4326) or in EPSG:3857, found EPSG:32633";
        assert!(error.ends_with(expected), "{error}");
        assert!(read(none(), none(), Some("m")).unwrap_err().ends_with("found m"));
        let rotated = json!({"grid_mapping_name": "rotated_latitude_longitude"});
        let error = read(none(), rotated, Some("degrees")).unwrap_err();
        assert!(error.ends_with("found a rotated pole"), "{error}");
    }
}
