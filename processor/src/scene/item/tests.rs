use chrono::NaiveDate;
use floe_raster::crs::Crs;
use serde_json::json;

use super::*;

/// A need for the tile around 45 N, 15 E in 2022, and the granules there.
pub(in crate::scene) fn need() -> Need {
    let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    Need {
        bounds: LonLatBox::new(10.0, 40.0, 20.0, 50.0).unwrap(),
        positions: ["h18v04".parse().unwrap(), "h19v04".parse().unwrap()].into(),
        begins: time("2022-01-01T00:00:00Z")..time("2023-01-01T00:00:00Z"),
    }
}

pub(in crate::scene) fn wanted(assets: &[&str]) -> Wanted {
    Wanted {
        collection: String::new(),
        assets: assets.iter().map(|&asset| asset.to_owned()).collect(),
        production: "created".to_owned(),
        platforms: Platform::ALL.to_vec(),
    }
}

fn base() -> Base {
    Base::Network("https://host/collections/c/items/i".to_owned())
}

fn scene(item: &Value, wanted: &Wanted, need: &Need) -> Scene {
    match Scene::read(item, wanted, need, &base()) {
        Reading::Needed(scene, Ok(())) => *scene,
        other => panic!("{other:?}"),
    }
}

/// An item as Earth Search has them in sentinel-2-c1-l2a: of the members that are read, all.
fn sentinel_2() -> Value {
    let asset = |name: &str, edge: u32, metres: f64| {
        json!({
            "href": format!("https://e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com/sentinel-2-c1-l2a/33/T/VM/2022/7/S2A_T33TVM_20220705T100041_L2A/{name}.tif"),
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "proj:shape": [edge, edge],
            "proj:transform": [metres, 0, 399_960, 0, -metres, 5_200_020],
        })
    };
    json!({
        "type": "Feature", "stac_version": "1.0.0",
        "id": "S2A_T33TVM_20220705T100041_L2A",
        "collection": "sentinel-2-c1-l2a",
        "bbox": [13.69, 45.94, 15.12, 46.95],
        "properties": {
            "datetime": "2022-07-05T10:08:19.024000Z", "created": "2024-01-17T19:00:51.703Z",
            "platform": "sentinel-2a", "proj:epsg": 32633, "s2:processing_baseline": "05.00",
        },
        "assets": { "red": asset("B04", 10_980, 10.0), "scl": asset("SCL", 5490, 20.0) },
    })
}

#[test]
fn bands_of_a_sentinel_2_item_have_rasters_of_their_own() {
    let wanted = Wanted { collection: "sentinel-2-c1-l2a".to_owned(), ..wanted(&["red", "scl"]) };
    let scene = scene(&sentinel_2(), &wanted, &need());
    assert_eq!(scene.begins.to_rfc3339(), "2022-07-05T10:08:19.024+00:00");
    assert_eq!(scene.platform.as_deref(), Some("sentinel-2a"));
    assert_eq!((scene.name, scene.bbox), (None, LonLatBox::new(13.69, 45.94, 15.12, 46.95)));
    let placement = |key: &str| &scene.assets[key].placement;
    for key in ["red", "scl"] {
        assert_eq!(placement(key).crs, Some(Crs::Utm { zone: 33, south: false }));
    }
    assert_eq!(placement("red").shape, Some([10_980, 10_980]));
    assert_eq!(placement("scl").transform, Some([20.0, 0.0, 399_960.0, 0.0, -20.0, 5_200_020.0]));
    let by_baseline = Wanted { production: "s2:processing_baseline".to_owned(), ..wanted };
    let scene = self::scene(&sentinel_2(), &by_baseline, &need());
    assert_eq!(scene.production, Production::Text("05.00".to_owned()));
}

#[test]
fn version_1_1_of_stac_names_systems_by_code() {
    let mut item = sentinel_2();
    item["stac_version"] = json!("1.1.0");
    item["properties"].as_object_mut().unwrap().remove("proj:epsg");
    item["assets"]["red"]["proj:code"] = json!("EPSG:32733");
    let scene = scene(&item, &wanted(&["red", "scl"]), &need());
    assert_eq!(scene.assets["red"].placement.crs, Some(Crs::Utm { zone: 33, south: true }));
    assert_eq!(scene.assets["scl"].placement.crs, None, "left to the file's header");
}

#[test]
fn real_items_of_modis_products_are_read() {
    for (text, assets, product, day, pixels) in [
        (
            include_str!("../../../tests/data/MOD10A2.A2022033.h09v05.061.json"),
            vec!["Maximum_Snow_Extent"],
            "MOD10A2",
            33,
            2400,
        ),
        (
            include_str!("../../../tests/data/MOD13A1.A2022017.h12v11.061.json"),
            vec!["500m_16_days_NDVI", "500m_16_days_pixel_reliability"],
            "MOD13A1",
            17,
            2400,
        ),
        (
            include_str!("../../../tests/data/MYD21A2.A2022025.h10v06.061.json"),
            vec!["LST_Day_1KM", "QC_Day", "LST_Night_1KM", "QC_Night"],
            "MYD21A2",
            25,
            1200,
        ),
        (
            include_str!("../../../tests/data/MYD11A2.A2022025.h17v00.061.json"),
            vec!["LST_Day_1km", "QC_Day"],
            "MYD11A2",
            25,
            1200,
        ),
    ] {
        let item: Value = serde_json::from_str(text).unwrap();
        let id = item["id"].as_str().unwrap();
        let position = LandName::read(id).unwrap().position;
        let need = Need { positions: [position].into(), ..need() };
        let scene = scene(&item, &wanted(&assets), &need);
        let name = scene.name.unwrap();
        assert_eq!(
            (name.product.as_str(), name.begins),
            (product, NaiveDate::from_yo_opt(2022, day).unwrap())
        );
        assert_eq!(scene.begins.date_naive(), name.begins);
        // The id lacks it, the files' names have it.
        assert!(name.production.unwrap() > 2_022_000_000_000);
        assert_eq!(scene.assets.len(), assets.len());
        for asset in scene.assets.values() {
            assert_eq!(asset.placement.crs, Some(Crs::Sinusoidal));
            assert_eq!(asset.placement.shape, Some([pixels, pixels]));
            let [dx, _, x, ..] = asset.placement.transform.unwrap();
            assert!((dx * f64::from(pixels) - 1_111_950.519_667).abs() < 1e-3);
            assert!((x - position.corner().0).abs() < 1e-3);
            assert!(matches!(&asset.href, Href::Http(url) if url.starts_with("https://host/")));
        }
        let other = Need { positions: ["h00v08".parse().unwrap()].into(), ..need };
        assert_eq!(Scene::read(&item, &wanted(&assets), &other, &base()), Reading::Other);
    }
}

#[test]
fn what_is_not_needed_is_passed_over_whatever_it_lacks() {
    let wanted = Wanted { collection: "sentinel-2-c1-l2a".to_owned(), ..wanted(&["nir"]) };
    let read = |change: fn(&mut Value)| {
        let mut item = sentinel_2();
        change(&mut item);
        Scene::read(&item, &wanted, &need(), &base())
    };
    for change in [
        |item: &mut Value| item["bbox"] = json!([-60, 0, -50, 10]),
        |item: &mut Value| item["properties"]["datetime"] = json!("2023-01-01T00:00:00Z"),
        |item: &mut Value| item["collection"] = json!("landsat-c2-l2"),
    ] {
        assert_eq!(read(change), Reading::Other);
    }
    for change in [
        |item: &mut Value| item["id"] = json!(7),
        |item: &mut Value| *item = json!([1, 2]),
        |item: &mut Value| {
            item["bbox"] = json!([-60, 0, -50, 10]);
            item["properties"]["datetime"] = json!("soon");
        },
    ] {
        assert_eq!(read(change), Reading::Malformed);
    }
    let Reading::Needed(_, Err(error)) = read(|_| ()) else { panic!("an item that is needed") };
    let expected = "item 'S2A_T33TVM_20220705T100041_L2A' has no asset nir; it has red, scl";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_is_needed_and_cannot_be_used_is_named() {
    let read = |change: fn(&mut Value)| {
        let mut item = sentinel_2();
        change(&mut item);
        match Scene::read(&item, &wanted(&["red"]), &need(), &base()) {
            Reading::Unusable(error) | Reading::Needed(_, Err(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let item = "item 'S2A_T33TVM_20220705T100041_L2A'";
    assert_eq!(
        read(|item| item["properties"]["datetime"] = json!("soon")),
        format!(
            "{item}: expected start_datetime or datetime to be a time as RFC 3339 has it, found \"soon\""
        )
    );
    let system = read(|item| item["properties"]["proj:epsg"] = json!(3857));
    assert!(
        system.starts_with(&format!("{item}: expected proj:epsg of red to be EPSG:4326, UTM")),
        "{system}"
    );
    assert!(system.ends_with("found 3857"), "{system}");
    let file = read(|item| item["assets"]["red"]["href"] = json!("file:///etc/passwd"));
    assert!(
        file.starts_with(&format!(
            "{item}, asset red: 'file:///etc/passwd' is a file of this machine"
        )),
        "{file}"
    );
}

#[test]
fn only_the_satellites_that_are_wanted_count_where_names_tell_them() {
    let item = json!({
        "id": "MYD21A2.A2022025.h18v04.061", "properties": { "start_datetime": "2022-01-25T00:00:00Z" },
        "assets": { "LST_Day_1KM": { "href": "a.tif" } },
    });
    let terra = Wanted { platforms: vec![Platform::Terra], ..wanted(&["LST_Day_1KM"]) };
    assert_eq!(Scene::read(&item, &terra, &need(), &base()), Reading::Other);
    let both = wanted(&["LST_Day_1KM"]);
    assert_eq!(scene(&item, &both, &need()).assets.len(), 1);
    // Others have satellites of other names.
    let terra = Wanted { assets: ["red".to_owned()].into(), ..terra };
    assert_eq!(scene(&sentinel_2(), &terra, &need()).assets.len(), 1);
}
