//! The coordinate reference system of the grid, EPSG:4326.

use serde_json::{Value, json};

use super::Edition;
use crate::grid::Grid;
use crate::pyramid::Level;

/// Its code, as the `proj:` convention writes it.
pub(super) const CODE: &str = "EPSG:4326";
/// Well-known text of ISO 19162:2019, which CF's `crs_wkt` and the `proj:` convention's `proj:wkt2` ask for; as PROJ 9.7 writes
/// it.
pub(super) const WKT: &str = r#"GEOGCRS["WGS 84",ENSEMBLE["World Geodetic System 1984 ensemble",MEMBER["World Geodetic System 1984 (Transit)"],MEMBER["World Geodetic System 1984 (G730)"],MEMBER["World Geodetic System 1984 (G873)"],MEMBER["World Geodetic System 1984 (G1150)"],MEMBER["World Geodetic System 1984 (G1674)"],MEMBER["World Geodetic System 1984 (G1762)"],MEMBER["World Geodetic System 1984 (G2139)"],MEMBER["World Geodetic System 1984 (G2296)"],ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]],ENSEMBLEACCURACY[2.0]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],CS[ellipsoidal,2],AXIS["geodetic latitude (Lat)",north,ORDER[1],ANGLEUNIT["degree",0.0174532925199433]],AXIS["geodetic longitude (Lon)",east,ORDER[2],ANGLEUNIT["degree",0.0174532925199433]],USAGE[SCOPE["Horizontal component of 3D system."],AREA["World."],BBOX[-90,-180,90,180]],ID["EPSG",4326]]"#;
/// Well-known text before ISO 19162, of [`Edition::Plain`].
const FORMER_WKT: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]"#;

/// Attributes of the grid mapping variable (CF-1.8, section 5.6) of a level.
pub fn grid_mapping_attributes(level: Level, grid: Grid, edition: Edition) -> Value {
    let text = match edition {
        Edition::Checked => WKT,
        Edition::Plain => FORMER_WKT,
    };
    let edge = grid.resolution() * f64::from(level.factor());
    json!({
        "grid_mapping_name": "latitude_longitude",
        "crs_wkt": text,
        // What GDAL and rioxarray look at first.
        "spatial_ref": text,
        "semi_major_axis": 6_378_137.0,
        "inverse_flattening": 298.257_223_563,
        "longitude_of_prime_meridian": 0.0,
        // GDAL's order: west, pixel width, 0, north, 0, -pixel height.
        "GeoTransform": format!("-180 {edge} 0 90 0 -{edge}"),
    })
}
