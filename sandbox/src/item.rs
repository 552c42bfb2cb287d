//! STAC documents: items and the collection, with the fields of the real ones.

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::{Map, Value, json};

use super::catalog::{COLLECTION, Catalog, Entry};
use super::granule_name::{Layer, Platform};
use super::grid_reference::GridReference;
use super::sas::{ACCOUNT, CONTAINER};
use floe_raster::sinusoidal::{PIXELS, Position};

/// The projection as GDAL writes it in WKT 2.
const WKT2: &str = "PROJCRS[\"unnamed\",BASEGEOGCRS[\"Unknown datum based upon the custom spheroid\",DATUM[\"Not specified (based on custom spheroid)\",ELLIPSOID[\"Custom spheroid\",6371007.181,0,LENGTHUNIT[\"metre\",1,ID[\"EPSG\",9001]]]],PRIMEM[\"Greenwich\",0,ANGLEUNIT[\"degree\",0.0174532925199433,ID[\"EPSG\",9122]]]],CONVERSION[\"unnamed\",METHOD[\"Sinusoidal\"],PARAMETER[\"Longitude of natural origin\",0,ANGLEUNIT[\"degree\",0.0174532925199433],ID[\"EPSG\",8802]],PARAMETER[\"False easting\",0,LENGTHUNIT[\"metre\",1],ID[\"EPSG\",8806]],PARAMETER[\"False northing\",0,LENGTHUNIT[\"metre\",1],ID[\"EPSG\",8807]]],CS[Cartesian,2],AXIS[\"easting\",east,ORDER[1],LENGTHUNIT[\"metre\",1,ID[\"EPSG\",9001]]],AXIS[\"northing\",north,ORDER[2],LENGTHUNIT[\"metre\",1,ID[\"EPSG\",9001]]]]";

/// One layer of the product: key, title, type, unit, scale.
struct LayerAsset {
    key: &'static str,
    title: &'static str,
    data_type: &'static str,
    unit: Option<&'static str>,
    scale: Option<f64>,
}

const fn layer(key: &'static str, title: &'static str) -> LayerAsset {
    LayerAsset { key, title, data_type: "uint8", unit: None, scale: None }
}

/// All layers of the product. The sandbox holds the files of two of them; the others' addresses
/// lead nowhere.
const LAYERS: [LayerAsset; 12] = [
    layer("Clear_sky_days", "the days in clear-sky conditions and with validate LSTs"),
    layer("Clear_sky_nights", "the nights in clear-sky conditions and with validate LSTs"),
    LayerAsset {
        unit: Some("Degree"),
        ..layer("Day_view_angl", "Average view zenith angle of daytime Land-surface Temperature")
    },
    LayerAsset {
        unit: Some("Hours"),
        scale: Some(0.1),
        ..layer("Day_view_time", "Average time of daytime Landsurface Temperature observation")
    },
    LayerAsset { scale: Some(0.002), ..layer("Emis_31", "Band 31 emissivity") },
    LayerAsset { scale: Some(0.002), ..layer("Emis_32", "Band 32 emissivity") },
    LayerAsset {
        data_type: "uint16",
        unit: Some("Kelvin"),
        scale: Some(0.02),
        ..layer("LST_Day_1km", "8-day daytime 1km grid Landsurface Temperature")
    },
    LayerAsset {
        data_type: "uint16",
        unit: Some("Kelvin"),
        scale: Some(0.02),
        ..layer("LST_Night_1km", "8-day nighttime 1km grid Landsurface Temperature")
    },
    LayerAsset {
        unit: Some("Degree"),
        ..layer("Night_view_angl", "View zenith angle of nighttime Land-surface Temperature ")
    },
    LayerAsset {
        unit: Some("Hours"),
        scale: Some(0.1),
        ..layer("Night_view_time", "Average time of nighttime Landsurface Temperature observation")
    },
    layer("QC_Day", "Quality control for daytime LST and emissivity"),
    layer("QC_Night", "Quality control for nighttime LST and emissivity"),
];

/// The title of a layer that the sandbox holds.
pub(super) fn layer_title(layer: Layer) -> &'static str {
    LAYERS.iter().find(|one| one.key == layer.asset()).map_or("", |one| one.title)
}

/// An item. `base` is the sandbox's own address; a `missing` layer has no asset.
pub(super) fn item(catalog: &Catalog, entry: &Entry, base: &str, missing: Option<Layer>) -> Value {
    let footprint = catalog.footprint(entry);
    let ring: Vec<Value> = footprint.ring.iter().map(|(lon, lat)| json!([lon, lat])).collect();
    let collection = format!("{base}/api/stac/v1/collections/{COLLECTION}");
    json!({
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": entry.id,
        "properties": properties(entry),
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": footprint.bbox,
        "links": [
            {"rel": "collection", "type": "application/json", "href": collection},
            {"rel": "parent", "type": "application/json", "href": collection},
            {"rel": "root", "type": "application/json", "href": format!("{base}/api/stac/v1/")},
            {
                "rel": "self",
                "type": "application/geo+json",
                "href": format!("{collection}/items/{}", entry.id)
            },
        ],
        "assets": assets(entry, base, missing),
        "collection": COLLECTION,
        "stac_extensions": [
            "https://stac-extensions.github.io/projection/v1.0.0/schema.json",
            "https://stac-extensions.github.io/eo/v1.0.0/schema.json",
            "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
        ],
    })
}

fn properties(entry: &Entry) -> Value {
    let name = &entry.name;
    let Position { h, v } = name.position;
    let image = entry.image();
    let (width, height) = image.map_or((PIXELS, PIXELS), |image| (image.width, image.height));
    let GridReference { west, north, pixel_width, pixel_height } =
        image.map_or_else(|| GridReference::of(name.position), |image| image.reference);
    let (east, south) =
        (west + pixel_width * f64::from(width), north - pixel_height * f64::from(height));
    let text = |time: NaiveDateTime| time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let made = name.production_time().unwrap_or_else(|| name.end_time() + TimeDelta::days(2));
    json!({
        "datetime": null,
        "start_datetime": text(name.start_time()),
        "end_datetime": text(name.end_time()),
        "created": text(made),
        "updated": text(made + TimeDelta::seconds(4127)),
        "instruments": ["modis"],
        "platform": name.platform.name(),
        "modis:horizontal-tile": h,
        "modis:vertical-tile": v,
        "modis:tile-id": format!("51{h:03}{v:03}"),
        "proj:epsg": null,
        "proj:wkt2": WKT2,
        "proj:geometry": {
            "type": "Polygon",
            "coordinates": [[
                [east, south], [east, north], [west, north], [west, south], [east, south],
            ]],
        },
        "proj:shape": [height, width],
        "proj:transform": [pixel_width, 0.0, west, 0.0, -pixel_height, north],
        "eo:cloud_cover": entry.cloud_cover(),
    })
}

fn assets(entry: &Entry, base: &str, missing: Option<Layer>) -> Value {
    let container = format!("{base}/{ACCOUNT}/{CONTAINER}");
    let mut assets = Map::new();
    for layer in &LAYERS {
        if missing.is_some_and(|missing| missing.asset() == layer.key) {
            continue;
        }
        let mut band = json!({"data_type": layer.data_type, "spatial_resolution": 1000});
        if let Some(unit) = layer.unit {
            band["unit"] = unit.into();
        }
        if let Some(scale) = layer.scale {
            band["scale"] = scale.into();
        }
        let roles: &[&str] =
            if layer.data_type == "uint16" { &["data", "temperature"] } else { &["data"] };
        assets.insert(
            layer.key.to_owned(),
            json!({
                "href": format!("{container}/{}", entry.name.blob_path(layer.key)),
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "title": layer.title,
                "raster:bands": [band],
                "roles": roles,
            }),
        );
    }
    let file = entry.name.blob_path("");
    let stem = file.trim_end_matches("_.tif");
    let query = format!("collection={COLLECTION}&item={}&assets=LST_Day_1km", entry.id);
    for (key, href, kind, title, role) in [
        (
            "hdf",
            format!("{container}/{stem}.hdf"),
            "application/x-hdf",
            "Source data containing all bands",
            "data",
        ),
        (
            "metadata",
            format!("{container}/{stem}.hdf.xml"),
            "application/xml",
            "Federal Geographic Data Committee (FGDC) Metadata",
            "metadata",
        ),
        (
            "tilejson",
            format!("{base}/api/data/v1/item/tilejson.json?{query}&tile_format=png"),
            "application/json",
            "TileJSON with default rendering",
            "tiles",
        ),
        (
            "rendered_preview",
            format!("{base}/api/data/v1/item/preview.png?{query}&format=png"),
            "image/png",
            "Rendered preview",
            "overview",
        ),
    ] {
        let asset = json!({"href": href, "type": kind, "title": title, "roles": [role]});
        assets.insert(key.to_owned(), asset);
    }
    Value::Object(assets)
}

/// The landing page.
pub(super) fn landing_page(base: &str, collections: &[Value]) -> Value {
    let root = format!("{base}/api/stac/v1");
    let children =
        collections.iter().filter_map(|collection| collection["id"].as_str()).map(|id| {
            json!({
                "rel": "child",
                "type": "application/json",
                "href": format!("{root}/collections/{id}")
            })
        });
    let mut page = json!({
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "floe-sandbox",
        "title": "Floe sandbox",
        "description": "A stand-in for the Planetary Computer's STAC API. Its granules are made up.",
        "conformsTo": [
            "https://api.stacspec.org/v1.0.0/core",
            "https://api.stacspec.org/v1.0.0/item-search",
            "https://api.stacspec.org/v1.0.0/item-search#fields",
            "https://api.stacspec.org/v1.0.0/item-search#query",
            "https://api.stacspec.org/v1.0.0/item-search#sort",
        ],
        "links": [
            {"rel": "self", "type": "application/json", "href": format!("{root}/")},
            {"rel": "root", "type": "application/json", "href": format!("{root}/")},
            {"rel": "data", "type": "application/json", "href": format!("{root}/collections")},
            {
                "rel": "search",
                "type": "application/geo+json",
                "method": "GET",
                "href": format!("{root}/search")
            },
            {
                "rel": "search",
                "type": "application/geo+json",
                "method": "POST",
                "href": format!("{root}/search")
            },
        ],
    });
    if let Some(links) = page["links"].as_array_mut() {
        links.extend(children);
    }
    page
}

/// The collection.
pub(super) fn collection(catalog: &Catalog, base: &str) -> Value {
    let root = format!("{base}/api/stac/v1");
    let text = |time: NaiveDateTime| time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let starts = catalog.entries.iter().map(|entry| entry.name.start_time());
    let ends = catalog.entries.iter().map(|entry| entry.name.end_time());
    let item_assets: Map<String, Value> = LAYERS
        .iter()
        .map(|layer| (layer.key.to_owned(), json!({"title": layer.title, "roles": ["data"]})))
        .collect();
    json!({
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": COLLECTION,
        "title": "MODIS Land Surface Temperature/Emissivity 8-Day",
        "description": "Generated granules in the likeness of MOD11A2 and MYD11A2, version 6.1.",
        "license": "proprietary",
        "keywords": ["NASA", "MODIS", "Global", "Temperature"],
        "msft:storage_account": ACCOUNT,
        "msft:container": CONTAINER,
        "extent": {
            "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]]},
            "temporal": {"interval": [[starts.min().map(text), ends.max().map(text)]]},
        },
        "summaries": {
            "platform": [Platform::Aqua.name(), Platform::Terra.name()],
            "instruments": ["modis"],
        },
        "item_assets": item_assets,
        "links": [
            {
                "rel": "items",
                "type": "application/geo+json",
                "href": format!("{root}/collections/{COLLECTION}/items")
            },
            {"rel": "parent", "type": "application/json", "href": format!("{root}/")},
            {"rel": "root", "type": "application/json", "href": format!("{root}/")},
            {
                "rel": "self",
                "type": "application/json",
                "href": format!("{root}/collections/{COLLECTION}")
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::super::real_granules::GranuleFiles;
    use super::*;

    fn catalog(id: &str) -> Catalog {
        Catalog::of_files(0, [(id.parse().unwrap(), GranuleFiles::default())].into())
    }

    /// The keys of an object and, below them, of the objects that it holds.
    fn keys(value: &Value, prefix: &str, out: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            out.push(format!("{prefix}/{key}"));
            keys(value, &format!("{prefix}/{key}"), out);
        }
    }

    #[test]
    fn an_item_has_every_field_of_the_real_one_and_its_figures() {
        let real: Value = serde_json::from_str(include_str!(
            "../../processor/tests/data/MOD11A2.A2022033.h19v10.061.json"
        ))
        .unwrap();
        let id = "MOD11A2.A2022033.h19v10.061.2022042044121";
        let catalog = catalog(id);
        let made = item(&catalog, catalog.by_id(id).unwrap(), "http://sandbox", None);
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        keys(&real, "", &mut expected);
        keys(&made, "", &mut found);
        expected.retain(|key| !found.contains(key));
        assert!(expected.is_empty(), "missing: {expected:?}");
        for key in [
            "start_datetime",
            "end_datetime",
            "created",
            "platform",
            "instruments",
            "modis:horizontal-tile",
            "modis:vertical-tile",
            "modis:tile-id",
            "proj:shape",
            "proj:wkt2",
        ] {
            assert_eq!(made["properties"][key], real["properties"][key], "{key}");
        }
        let transform = |item: &Value| -> Vec<f64> {
            serde_json::from_value(item["properties"]["proj:transform"].clone()).unwrap()
        };
        for (found, expected) in transform(&made).iter().zip(transform(&real)) {
            assert!((found - expected).abs() < 2e-9, "{found} is not {expected}");
        }
        assert_eq!(
            made["assets"]["LST_Day_1km"]["href"],
            "http://sandbox/modiseuwest/modis-061-cogs/MOD11A2/19/10/2022033/MOD11A2.A2022033.h19v10.061.2022042044121_LST_Day_1km.tif"
        );
        assert_eq!(
            made["assets"]["hdf"]["href"],
            "http://sandbox/modiseuwest/modis-061-cogs/MOD11A2/19/10/2022033/MOD11A2.A2022033.h19v10.061.2022042044121.hdf"
        );
        for key in ["LST_Day_1km", "QC_Day"] {
            assert_eq!(made["assets"][key]["raster:bands"], real["assets"][key]["raster:bands"]);
            assert_eq!(made["assets"][key]["roles"], real["assets"][key]["roles"]);
        }
    }

    #[test]
    fn a_missing_layer_has_no_asset() {
        let id = "MYD11A2.A2020361.h17v00.061.2021042044121";
        let catalog = catalog(id);
        let entry = catalog.by_id(id).unwrap();
        let made = item(&catalog, entry, "http://sandbox", Some(Layer::Quality));
        assert!(made["assets"].get("QC_Day").is_none());
        assert!(made["assets"].get("LST_Day_1km").is_some());
        assert_eq!(made["properties"]["platform"], "aqua");
    }
}
