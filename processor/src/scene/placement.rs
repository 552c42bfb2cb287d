//! Where a raster lies, as its STAC item says (projection extension): at the item, or at the asset, which goes first. Pure.

use floe_raster::crs::Crs;
use serde_json::Value;

/// Codes under which the MODIS sinusoidal projection goes where EPSG has none.
const SINUSOIDAL: [&str; 3] = ["SR-ORG:6974", "SR-ORG:6842", "SR-ORG:6965"];

/// Where a raster lies; what is missing is read from the file's header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placement {
    /// The reference system.
    pub crs: Option<Crs>,
    /// `[dx, 0, x, 0, dy, y]`: a pixel's column and row, from 0 at the north-west, counted to its upper left corner, have the
    /// coordinates `x + dx * column` and `y + dy * row`.
    pub transform: Option<[f64; 6]>,
    /// Rows and columns.
    pub shape: Option<[u32; 2]>,
}

/// What of a placement cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misplaced {
    pub(super) member: &'static str,
    pub(super) expected: &'static str,
    pub(super) found: String,
}

const KNOWN_SYSTEMS: &str = "EPSG:4326, UTM on WGS 84 (EPSG:32601 to 32660 and 32701 to 32760) or the MODIS sinusoidal projection";
const NORTH_UP: &str = "six numbers of a raster whose rows run from west to east and whose columns from north to south";

impl Placement {
    /// What the members of an asset say, and those of the item's properties where the asset says nothing. `is_sinusoidal` tells
    /// that the item's name does.
    pub(super) fn read(
        asset: &Value,
        properties: &Value,
        is_sinusoidal: bool,
    ) -> Result<Self, Misplaced> {
        let crs = match system(asset)? {
            Some(crs) => Some(crs),
            None => system(properties)?.or(is_sinusoidal.then_some(Crs::Sinusoidal)),
        };
        let member = |name: &str| {
            let own = asset.get(name).filter(|value| !value.is_null());
            own.or_else(|| properties.get(name)).filter(|value| !value.is_null())
        };
        Ok(Self {
            crs,
            transform: member("proj:transform").map(transform).transpose()?,
            shape: member("proj:shape").map(shape).transpose()?,
        })
    }
}

/// The reference system that some members name; `None` where they name none.
fn system(members: &Value) -> Result<Option<Crs>, Misplaced> {
    for member in ["proj:code", "proj:epsg"] {
        let found = match members.get(member) {
            None | Some(Value::Null) => continue,
            Some(found) => found,
        };
        let text = match found {
            Value::String(text) => text.trim().to_uppercase(),
            Value::Number(number) => format!("EPSG:{number}"),
            _ => String::new(),
        };
        if SINUSOIDAL.contains(&text.as_str()) {
            return Ok(Some(Crs::Sinusoidal));
        }
        let code = text.strip_prefix("EPSG:").and_then(|code| code.parse().ok());
        let wrong = || Misplaced { member, expected: KNOWN_SYSTEMS, found: found.to_string() };
        return code.and_then(Crs::from_epsg).map(Some).ok_or_else(wrong);
    }
    // Where no code says it, well-known text may; what it says of any other system is left to the file.
    let text = members.get("proj:wkt2").and_then(Value::as_str).unwrap_or_default();
    let is_sinusoidal = text.contains("METHOD[\"Sinusoidal\"]") && text.contains("6371007.181");
    Ok(is_sinusoidal.then_some(Crs::Sinusoidal))
}

fn transform(found: &Value) -> Result<[f64; 6], Misplaced> {
    let wrong =
        || Misplaced { member: "proj:transform", expected: NORTH_UP, found: found.to_string() };
    let numbers: Option<Vec<f64>> =
        found.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
    // Nine numbers are the whole matrix, the last row of which is 0, 0, 1.
    let numbers = numbers.filter(|numbers| matches!(numbers.len(), 6 | 9)).ok_or_else(wrong)?;
    let [dx, skew_x, x, skew_y, dy, y] = *numbers.first_chunk().ok_or_else(wrong)?;
    let is_north_up = dx > 0.0 && dy < 0.0 && skew_x == 0.0 && skew_y == 0.0;
    is_north_up.then_some([dx, 0.0, x, 0.0, dy, y]).ok_or_else(wrong)
}

fn shape(found: &Value) -> Result<[u32; 2], Misplaced> {
    let wrong = || Misplaced {
        member: "proj:shape",
        expected: "the numbers of rows and columns",
        found: found.to_string(),
    };
    let list = found.as_array().filter(|list| list.len() == 2).ok_or_else(wrong)?;
    let edge = |value: &Value| {
        value.as_f64().filter(|edge| edge.fract() == 0.0 && (1.0..=4e9).contains(edge))
    };
    match (edge(&list[0]), edge(&list[1])) {
        (Some(rows), Some(columns)) => Ok([rows as u32, columns as u32]),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(asset: &Value, properties: &Value) -> Result<Placement, Misplaced> {
        Placement::read(asset, properties, false)
    }

    #[test]
    fn an_asset_goes_before_its_item() {
        let item = json!({ "proj:epsg": 32633, "proj:shape": [10, 20], "proj:transform": [10, 0, 6e5, 0, -10, 5e6] });
        let asset = json!({ "proj:code": "EPSG:32634", "proj:shape": [5490, 5490], "proj:transform": null });
        let placement = read(&asset, &item).unwrap();
        assert_eq!(placement.crs, Some(Crs::Utm { zone: 34, south: false }));
        assert_eq!(placement.shape, Some([5490, 5490]));
        assert_eq!(placement.transform, Some([10.0, 0.0, 6e5, 0.0, -10.0, 5e6]));
        assert_eq!(read(&json!({}), &json!({})), Ok(Placement::default()));
    }

    #[test]
    fn systems_that_are_not_read_are_refused_by_name() {
        for (member, found) in [
            ("proj:epsg", json!(3857)),
            ("proj:code", json!("EPSG:3031")),
            ("proj:code", json!("IAU_2015:30100")),
            ("proj:epsg", json!([4326])),
        ] {
            let error = read(&json!({}), &json!({ member: found })).unwrap_err();
            assert_eq!((error.member, error.found), (member, found.to_string()));
        }
        let code = |code: &str| read(&json!({ "proj:code": code }), &json!({})).unwrap().crs;
        assert_eq!(code("EPSG:4326"), Some(Crs::Geographic));
        assert_eq!(code("sr-org:6974"), Some(Crs::Sinusoidal));
        assert_eq!(read(&json!({ "proj:epsg": null }), &json!({})).unwrap().crs, None);
    }

    #[test]
    fn rotated_and_upturned_rasters_are_refused() {
        for numbers in [
            json!([10, 1, 0, 0, -10, 0]),
            json!([10, 0, 0, 1, -10, 0]),
            json!([10, 0, 0, 0, 10, 0]),
            json!([10, 0, 0, 0, -10]),
            json!("10 0 0 0 -10 0"),
        ] {
            let error = read(&json!({}), &json!({ "proj:transform": numbers })).unwrap_err();
            assert_eq!(error.member, "proj:transform");
        }
        let whole = json!({ "proj:transform": [10, 0, 1, 0, -10, 2, 0, 0, 1] });
        assert_eq!(
            read(&whole, &json!({})).unwrap().transform,
            Some([10.0, 0.0, 1.0, 0.0, -10.0, 2.0])
        );
        for edges in [json!([0, 3]), json!([1.5, 3]), json!([1, 2, 3]), json!(4)] {
            assert_eq!(
                read(&json!({ "proj:shape": edges }), &json!({})).unwrap_err().member,
                "proj:shape"
            );
        }
    }
}
