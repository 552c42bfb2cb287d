//! Scenes of a folder's items: found through the sandbox's STAC API, whatever it does wrong, and through lists.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use floe_processor::catalog::{BlobReader, CatalogError};
use floe_processor::exit::Exit;
use floe_processor::http::Http;
use floe_processor::patience::Patience;
use floe_processor::scene::{
    AssetReader, Found, Href, ItemList, LonLatBox, Need, Scene, SceneCatalog, Wanted,
};
use floe_raster::granule::Platform;
use floe_sandbox::{Fault, Options, Running, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;

const SCENES: u32 = 60;

fn http() -> Arc<Http> {
    let patience = Patience { lasts: Duration::from_secs(20), attempts: 0 };
    Arc::new(Http::new(patience, |_| ()).unwrap())
}

fn wanted(collection: &str) -> Wanted {
    Wanted {
        collection: collection.to_owned(),
        assets: ["red".to_owned()].into(),
        production: "created".to_owned(),
        platforms: Platform::ALL.to_vec(),
    }
}

/// Four tenths of the year and half of the places of [`folder`].
fn need() -> Need {
    Need {
        bounds: LonLatBox::new(176.0, 40.0, -176.0, 50.0).unwrap(),
        positions: ["h18v04".parse().unwrap()].into(),
        begins: "2022-03-01T00:00:00Z".parse().unwrap().."2022-08-01T00:00:00Z".parse().unwrap(),
    }
}

/// One item every sixth day of 2022, west of, on and east of 180° in turn and then far away; and a list of them.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let items: Vec<Value> = (0..SCENES)
        .map(|number| {
            let west = [177.0, 179.5, -179.0, 20.0][number as usize % 4];
            let east = if west > 179.0 { west - 359.0 } else { west + 1.0 };
            let begins = chrono::NaiveDate::from_yo_opt(2022, 1 + 6 * number).unwrap();
            let name = format!("scene-{number:02}.tif");
            std::fs::write(folder.path().join(&name), format!("numbers of scene {number}")).unwrap();
            json!({
                "type": "Feature", "stac_version": "1.1.0", "id": format!("scene-{number:02}"),
                "collection": "scenes", "bbox": [west, 44.0, east, 45.0],
                "properties": { "datetime": format!("{begins}T10:00:00.5Z"), "proj:code": "EPSG:32601" },
                "assets": { "red": { "href": name } },
            })
        })
        .collect();
    let lines: Vec<String> = items.iter().map(Value::to_string).collect();
    std::fs::write(folder.path().join("items.ndjson"), lines.join("\n")).unwrap();
    folder
}

async fn sandbox(folder: &Path, faults: &[&str]) -> Running {
    let options = Options {
        items: Some(folder.to_owned()),
        faults: faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect(),
        ..Options::default()
    };
    Sandbox::start(options).await.unwrap()
}

async fn found(running: &Running, collection: &str) -> Result<Found, CatalogError> {
    let catalog = SceneCatalog::new(http(), &running.catalog_url, wanted(collection));
    catalog.find(&need()).await
}

fn ids(found: &Found) -> Vec<&str> {
    found.scenes.iter().map(|scene| scene.id.as_str()).collect()
}

async fn listed(folder: &Path) -> Found {
    let place = folder.join("items.ndjson").display().to_string();
    ItemList::new(http(), &place, wanted("scenes")).find(&need()).await.unwrap()
}

#[tokio::test]
async fn an_api_and_a_list_give_the_same_scenes_and_the_same_files() {
    let folder = folder();
    let running = sandbox(folder.path(), &[]).await;
    let (api, list) = (found(&running, "scenes").await.unwrap(), listed(folder.path()).await);
    // From day 60 to day 212, and three in four around 180°.
    let expected: Vec<String> = (0..SCENES)
        .filter(|number| (60..=212).contains(&(1 + 6 * number)) && number % 4 != 3)
        .map(|number| format!("scene-{number:02}"))
        .collect();
    assert_eq!((ids(&api), ids(&list)), (expected.iter().map(String::as_str).collect(), ids(&api)));
    assert_eq!(api.fingerprint(&need()), list.fingerprint(&need()));
    let reader = AssetReader::new(Arc::new(BlobReader::new(http(), &running.sign_url)));
    let href = |scene: &Scene| scene.assets["red"].href.clone();
    for (of_api, of_list) in api.scenes.iter().zip(&list.scenes).take(3) {
        let (of_api, of_list) = (href(of_api), href(of_list));
        assert!(matches!((&of_api, &of_list), (Href::Http(_), Href::File(_))));
        let whole = reader.read(&of_api).await.unwrap();
        assert_eq!(whole, reader.read(&of_list).await.unwrap());
        let part = reader.read_range(&of_api, 3, 9).await.unwrap();
        assert_eq!(part, reader.read_range(&of_list, 3, 9).await.unwrap());
        assert_eq!((part.bytes, part.total), (whole.slice(3..9), whole.len() as u64));
    }
    running.shutdown().await;
}

#[tokio::test]
async fn answers_that_hold_something_back_are_found_out() {
    let folder = folder();
    let list = listed(folder.path()).await;
    for faults in [
        &["cut-pages=5"][..],
        &["cut-pages=2"],
        &["repeat-pages=4"],
        &["empty=1"],
        &["empty=0.5", "cut-pages=7"],
        &["html=1"],
        &["504-over=30"],
        &["matched=0"],
    ] {
        let running = sandbox(folder.path(), faults).await;
        let found =
            found(&running, "scenes").await.unwrap_or_else(|error| panic!("{faults:?}: {error}"));
        assert_eq!(ids(&found), ids(&list), "{faults:?}");
        running.shutdown().await;
    }
}

#[tokio::test]
async fn a_catalogue_that_goes_on_disagreeing_is_not_believed() {
    let folder = folder();
    let running = sandbox(folder.path(), &["matched=3"]).await;
    let error = found(&running, "scenes").await.unwrap_err();
    assert!(matches!(error, CatalogError::Disagreement { .. }), "{error}");
    assert_eq!(error.exit(), Exit::TryAgain);
    running.shutdown().await;
    let running = sandbox(folder.path(), &[]).await;
    let error = found(&running, "scene").await.unwrap_err();
    assert!(error.to_string().ends_with("has no collection 'scene'"), "{error}");
    assert_eq!(error.exit(), Exit::Configuration);
    running.shutdown().await;
}

#[tokio::test]
async fn tiles_of_the_sinusoidal_grid_are_found_whatever_their_footprints_say() {
    let folder = tempfile::tempdir().unwrap();
    let item = |position: &str, h: u32, day: u32| {
        json!({
            "type": "Feature", "id": format!("MOD10A2.A2022{day:03}.{position}.061"), "collection": "snow",
            // In the right band of latitude, and nowhere near the position.
            "bbox": [-90.0, 41.0, -89.0, 49.0],
            "properties": {
                "datetime": null,
                "start_datetime": format!("{}T00:00:00Z", chrono::NaiveDate::from_yo_opt(2022, day).unwrap()),
                "modis:horizontal-tile": h, "modis:vertical-tile": 4,
            },
            "assets": { "red": { "href": format!("https://far/{position}.{day}.tif") } },
        })
    };
    let items: Vec<String> = (0..20)
        .flat_map(|period| ["h18v04", "h19v04"].map(|position| (position, 81 + 8 * period)))
        .map(|(position, day)| item(position, position[1..3].parse().unwrap(), day).to_string())
        .collect();
    std::fs::write(folder.path().join("items.ndjson"), items.join("\n")).unwrap();
    let running = sandbox(folder.path(), &["cut-pages=6"]).await;
    let found = found(&running, "snow").await.unwrap();
    // From day 81 to day 209, every eighth, at the one position.
    assert_eq!(found.scenes.len(), 17);
    assert!(found.scenes.iter().all(|scene| scene.id.contains("h18v04")));
    running.shutdown().await;
}

#[tokio::test]
async fn a_list_from_the_network_names_files_of_its_server_alone() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("items.ndjson")).unwrap();
    std::fs::write(folder.path().join("good.txt"), &text).unwrap();
    std::fs::write(
        folder.path().join("bad.txt"),
        text.replace("\"scene-12.tif\"", "\"file:///etc/passwd\""),
    )
    .unwrap();
    let running = sandbox(folder.path(), &[]).await;
    let list = async |name: &str| {
        let place = format!("{}/files/{name}", running.url);
        ItemList::new(http(), &place, wanted("scenes")).find(&need()).await.unwrap()
    };
    let good = list("good.txt").await;
    assert_eq!(ids(&good), ids(&listed(folder.path()).await));
    let own = Href::Http(format!("{}/files/scene-12.tif", running.url));
    assert!(good.scenes.iter().any(|scene| scene.assets["red"].href == own));
    let bad = list("bad.txt").await;
    let message = bad.unusable[0].error.to_string();
    assert!(
        message.starts_with(
            "item 'scene-12', asset red: 'file:///etc/passwd' is a file of this machine"
        ),
        "{message}"
    );
    running.shutdown().await;
}
