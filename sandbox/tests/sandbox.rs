//! The sandbox over real HTTP: what a client of the Planetary Computer relies on, and what it must
//! survive.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use floe_sandbox::{Fault, Holdings, Options, Platform, Running, Sandbox};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

const COLLECTION: &str = "modis-11A2-061";

/// A sandbox with little in it: one composite of two years, Terra and Aqua.
async fn sandbox(change: impl FnOnce(&mut Options)) -> Running {
    let mut options = Options {
        holdings: Holdings { years: vec![2020, 2021], composites: 1, ..Holdings::default() },
        ..Options::default()
    };
    change(&mut options);
    Sandbox::start(options).await.unwrap()
}

async fn post(running: &Running, body: &Value) -> Response {
    let url = format!("{}/search", running.catalog_url);
    Client::new().post(url).json(body).send().await.unwrap()
}

async fn search(running: &Running, body: &Value) -> Value {
    let response = post(running, body).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

fn ids(page: &Value) -> Vec<String> {
    let features = page["features"].as_array().unwrap();
    features.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn next(page: &Value) -> Option<&Value> {
    page["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next")
}

async fn token(running: &Running) -> String {
    let url = format!("{}/modiseuwest/modis-061-cogs", running.sign_url);
    let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// Terra granules of one well-covered position (southern Germany and around).
async fn items(running: &Running) -> Vec<Value> {
    let body = json!({"collections": [COLLECTION], "query": {
        "platform": {"eq": "terra"},
        "modis:horizontal-tile": {"eq": 18}, "modis:vertical-tile": {"eq": 4},
    }});
    let page = search(running, &body).await;
    page["features"].as_array().unwrap().clone()
}

fn href<'a>(item: &'a Value, asset: &str) -> &'a str {
    item["assets"][asset]["href"].as_str().unwrap()
}

/// The address of a blob of that position, without a token.
async fn blob(running: &Running, asset: &str) -> String {
    href(&items(running).await[0], asset).to_owned()
}

async fn get(url: &str, token: &str, range: Option<&str>) -> Response {
    let request = Client::new().get(format!("{url}?{token}"));
    let request = match range {
        Some(range) => request.header("Range", range),
        None => request,
    };
    request.send().await.unwrap()
}

#[tokio::test]
async fn pages_linked_by_post_and_by_get_give_every_item_once() {
    let running = sandbox(|_| ()).await;
    let mut body = json!({
        "collections": [COLLECTION], "limit": 100,
        "datetime": "2020-01-01T00:00:00Z/2020-12-31T23:59:59Z",
        "fields": {"include": ["properties.platform", "assets.QC_Day.href"]},
    });
    let mut by_post = Vec::new();
    loop {
        let page = search(&running, &body).await;
        by_post.extend(ids(&page));
        let Some(next) = next(&page) else { break };
        assert_eq!(next["method"], "POST");
        body = next["body"].clone();
    }

    let mut by_get = Vec::new();
    let mut url = format!(
        "{}/search?collections={COLLECTION}&limit=70&fields=id&datetime=2020-01-01T00:00:00Z/2020-12-31T23:59:59Z",
        running.catalog_url
    );
    loop {
        let page: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        by_get.extend(ids(&page));
        let Some(next) = next(&page) else { break };
        url = next["href"].as_str().unwrap().to_owned();
    }
    assert_eq!(by_post, by_get);
    assert_eq!(by_post.iter().collect::<BTreeSet<_>>().len(), by_post.len());
    assert!(by_post.len() > 500, "{} granules", by_post.len());
    assert!(running.counters.stats().searches > 10);
    running.shutdown().await;
}

#[tokio::test]
async fn fields_shrink_items_and_single_items_are_whole() {
    let running = sandbox(|_| ()).await;
    let body = json!({"limit": 1, "fields": {"include": ["assets.QC_Day.href"]}});
    let page = search(&running, &body).await;
    let item = &page["features"][0];
    assert_eq!(item.as_object().unwrap().len(), 3, "{item}");
    let url = format!(
        "{}/collections/{COLLECTION}/items/{}",
        running.catalog_url,
        item["id"].as_str().unwrap()
    );
    let whole: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(whole["assets"]["QC_Day"]["href"], item["assets"]["QC_Day"]["href"]);
    assert_eq!(whole["properties"]["proj:shape"], json!([1200, 1200]));
    assert_eq!(whole["collection"], COLLECTION);
}

#[tokio::test]
async fn unknown_things_are_answered_as_the_real_catalogue_does() {
    let running = sandbox(|_| ()).await;
    let empty = search(&running, &json!({"collections": ["landsat-c2-l2"]})).await;
    assert_eq!(empty["features"], json!([]));
    assert_eq!(post(&running, &json!({"bbox": [1]})).await.status(), StatusCode::BAD_REQUEST);
    for path in ["/collections/x", "/collections/modis-11A2-061/items/x", "/nothing"] {
        let response = reqwest::get(format!("{}{path}", running.catalog_url)).await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], "NotFoundError");
    }
    for path in ["", "/collections", "/collections/modis-11A2-061"] {
        let response = reqwest::get(format!("{}{path}", running.catalog_url)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
    let response = reqwest::get(format!("{}/other/container", running.sign_url)).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn ranges_add_up_to_the_whole_blob() {
    let running = sandbox(|_| ()).await;
    let token = token(&running).await;
    let url = blob(&running, "QC_Day").await;
    let whole = get(&url, &token, None).await;
    assert_eq!(whole.status(), StatusCode::OK);
    let tag = whole.headers()["etag"].clone();
    let whole = whole.bytes().await.unwrap();
    let length = whole.len();

    let head = Client::new().head(format!("{url}?{token}")).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], length.to_string());
    assert_eq!(head.headers()["etag"], tag);
    assert_eq!(head.headers()["accept-ranges"], "bytes");

    let first = get(&url, &token, Some("bytes=0-999")).await;
    assert_eq!(first.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(first.headers()["content-range"], format!("bytes 0-999/{length}"));
    assert_eq!(first.headers()["etag"], tag);
    let rest = get(&url, &token, Some("bytes=1000-")).await.bytes().await.unwrap();
    assert_eq!([first.bytes().await.unwrap(), rest].concat(), whole);
    let last = get(&url, &token, Some("bytes=-7")).await.bytes().await.unwrap();
    assert_eq!(last, whole[length - 7..]);
    let beyond = get(&url, &token, Some(&format!("bytes={length}-"))).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{length}"));

    let stats = running.counters.stats();
    assert_eq!((stats.blob_requests, stats.blobs_read), (4, 1));
    assert_eq!(stats.blob_bytes, 2 * length as u64 + 7);
    let shown: Value =
        reqwest::get(format!("{}/stats?blobs", running.url)).await.unwrap().json().await.unwrap();
    assert_eq!(shown, serde_json::to_value(&stats).unwrap());
}

#[tokio::test]
async fn no_blob_without_a_token_that_lives() {
    let running = sandbox(|options| options.faults = vec![Fault::Expire(1)]).await;
    let url = blob(&running, "QC_Day").await;
    let token = token(&running).await;
    assert_eq!(get(&url, "", None).await.status(), StatusCode::FORBIDDEN);
    let forged = token.replace("sig=", "sig=0");
    assert_eq!(get(&url, &forged, None).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(get(&url, &token, None).await.status(), StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let late = get(&url, &token, None).await;
    assert_eq!(late.status(), StatusCode::FORBIDDEN);
    assert!(late.text().await.unwrap().contains("AuthenticationFailed"));
    assert_eq!(running.counters.stats().blob_requests, 1);
}

#[tokio::test]
async fn passing_faults_hit_the_first_attempts_alone() {
    for (fault, status) in [
        (Fault::TooManyRequests(1.0), StatusCode::TOO_MANY_REQUESTS),
        (Fault::Unavailable(1.0), StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let running = sandbox(|options| {
            options.faults = vec![fault];
            options.failing_attempts = 2;
        })
        .await;
        let body = json!({"limit": 1});
        for expected in [status, status, StatusCode::OK, StatusCode::OK] {
            let response = post(&running, &body).await;
            assert_eq!(response.status(), expected);
            if expected == StatusCode::TOO_MANY_REQUESTS {
                assert_eq!(response.headers()["retry-after"], "1");
            }
        }
        assert_eq!(running.counters.stats().mishaps, 2);
    }
}

#[tokio::test]
async fn a_refused_token_is_refused_once() {
    let running = sandbox(|options| options.faults = vec![Fault::Refused(1.0)]).await;
    let url = blob(&running, "QC_Day").await;
    let token = token(&running).await;
    assert_eq!(get(&url, &token, None).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(get(&url, &token, None).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_cut_body_breaks_off_and_comes_whole_the_next_time() {
    let running = sandbox(|options| options.faults = vec![Fault::Cut(1.0)]).await;
    let url = blob(&running, "LST_Day_1km").await;
    let token = token(&running).await;
    let cut = get(&url, &token, None).await;
    assert_eq!(cut.status(), StatusCode::OK);
    assert!(cut.bytes().await.is_err(), "the body must end before its length");
    let whole = get(&url, &token, None).await;
    let length: usize = whole.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!(whole.bytes().await.unwrap().len(), length);
}

#[tokio::test]
async fn a_truncated_file_stays_truncated() {
    let whole = sandbox(|_| ()).await;
    let token_of_whole = token(&whole).await;
    let url = blob(&whole, "LST_Day_1km").await;
    let expected = get(&url, &token_of_whole, None).await.bytes().await.unwrap();

    let running = sandbox(|options| options.faults = vec![Fault::Truncated(1.0)]).await;
    let url = blob(&running, "LST_Day_1km").await;
    let token = token(&running).await;
    for _ in 0..2 {
        let found = get(&url, &token, None).await.bytes().await.unwrap();
        assert_eq!(found, expected[..expected.len() * 3 / 5]);
    }
    let beyond = format!("bytes={}-", expected.len() - 10);
    assert_eq!(get(&url, &token, Some(&beyond)).await.status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn assets_and_blobs_go_missing_when_told_to() {
    let running = sandbox(|options| options.faults = vec![Fault::MissingAsset(1.0)]).await;
    for item in items(&running).await {
        let has = |asset: &str| item["assets"].get(asset).is_some();
        assert!(has("LST_Day_1km") != has("QC_Day"), "{}", item["id"]);
    }
    let running = sandbox(|options| options.faults = vec![Fault::MissingBlob(1.0)]).await;
    let url = blob(&running, "LST_Day_1km").await;
    let response = get(&url, &token(&running).await, None).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.text().await.unwrap().contains("BlobNotFound"));
}

#[tokio::test]
async fn slow_answers_take_their_time() {
    let running = sandbox(|options| options.faults = vec![Fault::Slow(150)]).await;
    let start = std::time::Instant::now();
    search(&running, &json!({"limit": 1})).await;
    assert!(start.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn one_seed_is_one_world() {
    let (one, same, other) =
        (sandbox(|_| ()).await, sandbox(|_| ()).await, sandbox(|options| options.seed = 2).await);
    let relative = async |running: &Running| {
        let items = serde_json::to_string(&items(running).await).unwrap();
        items.replace(&running.url, "")
    };
    assert_eq!(relative(&one).await, relative(&same).await);
    assert_ne!(relative(&one).await, relative(&other).await);
    let bytes = async |running: &Running| {
        let url = blob(running, "LST_Day_1km").await;
        get(&url, &token(running).await, None).await.bytes().await.unwrap()
    };
    let first = bytes(&one).await;
    assert_eq!(first, bytes(&same).await);
    assert_ne!(first, bytes(&other).await);
}

#[tokio::test]
async fn the_record_holds_what_it_was_asked_for() {
    let running = sandbox(|options| {
        options.holdings = Holdings {
            years: vec![2019],
            composites: 4,
            platforms: vec![Platform::Aqua],
            holes: 0.0,
        };
    })
    .await;
    let all = search(&running, &json!({"limit": 1000, "fields": {"include": ["id"]}})).await;
    let starts: BTreeSet<String> =
        ids(&all).iter().map(|id| format!("{} {}", &id[..7], &id[9..16])).collect();
    let expected = ["MYD11A2 2019225", "MYD11A2 2019321"];
    assert!(expected.iter().all(|start| starts.contains(*start)), "{starts:?}");
    assert!(starts.iter().all(|start| start.starts_with("MYD11A2 2019")), "{starts:?}");
    let none = json!({"query": {"platform": {"eq": "terra"}}});
    assert_eq!(search(&running, &none).await["features"], json!([]));
}

#[tokio::test]
async fn a_folder_of_granules_is_served_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let name = "MOD11A2.A2022033.h19v10.061.2022042044121";
    let content = b"II*\0 not much of a TIFF".to_vec();
    std::fs::write(folder.path().join(format!("{name}_LST_Day_1km.tif")), &content).unwrap();
    let running = sandbox(|options| options.granules = Some(folder.path().to_owned())).await;
    assert_eq!(running.granules, 1);
    let page = search(&running, &json!({"bbox": [10.0, -20.0, 21.0, -10.0]})).await;
    assert_eq!(ids(&page), [name]);
    let item = &page["features"][0];
    assert!(item["assets"]["LST_Day_1km"].is_object());
    let token = token(&running).await;
    let found = get(href(item, "LST_Day_1km"), &token, None).await.bytes().await.unwrap();
    assert_eq!(found, content);
    assert_eq!(get(href(item, "QC_Day"), &token, None).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_port_in_use_and_a_folder_that_is_not_there_are_named() {
    let running = sandbox(|_| ()).await;
    let port: u16 = running.url.rsplit(':').next().unwrap().parse().unwrap();
    let error = Sandbox::start(Options { port, ..Options::default() }).await.unwrap_err();
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
    let granules = Some("/nowhere/granules".into());
    let error = Sandbox::start(Options { granules, ..Options::default() }).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/granules"), "{error}");
}

#[tokio::test]
async fn items_of_any_product_are_served_with_the_files_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    for number in 0..5 {
        let item = json!({
            "type": "Feature", "id": format!("s{number}"), "collection": "scenes",
            "bbox": [10 + number, 40, 11 + number, 41],
            "properties": {"datetime": format!("2022-0{}-01T10:00:00Z", number + 1)},
            "assets": {"red": {"href": format!("./s{number}.tif")}},
        });
        write(&format!("s{number}.json"), &item.to_string());
        write(&format!("s{number}.tif"), "0123456789");
    }
    let running = sandbox(|options| options.items = Some(folder.path().to_owned())).await;
    assert_eq!((running.granules, running.sign_url.as_str()), (5, ""));
    let mut body = json!({"collections": ["scenes"], "limit": 2});
    let mut all = Vec::new();
    loop {
        let page = search(&running, &body).await;
        all.extend(ids(&page));
        let Some(next) = next(&page) else { break };
        body = next["body"].clone();
    }
    assert_eq!(all, ["s4", "s3", "s2", "s1", "s0"]);
    let of_box = json!({"bbox": [12.5, 40.2, 12.6, 40.3], "datetime": "2022-01-01T00:00:00Z/2022-03-05T00:00:00Z"});
    let page = search(&running, &of_box).await;
    assert_eq!(ids(&page), ["s2"]);
    let href = href(&page["features"][0], "red").to_owned();
    assert_eq!(href, format!("{}/files/s2.tif", running.url));
    let part = get(&href, "", Some("bytes=2-4")).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()["content-range"], "bytes 2-4/10");
    assert_eq!(part.text().await.unwrap(), "234");
    assert_eq!(get(&href, "", None).await.text().await.unwrap(), "0123456789");
    assert_eq!(get(&format!("{href}x"), "", None).await.status(), StatusCode::NOT_FOUND);
    let own = format!("{}/collections/scenes/items/s2", running.catalog_url);
    let item: Value = reqwest::get(own).await.unwrap().json().await.unwrap();
    assert_eq!(item["assets"]["red"]["href"], href);
    let collection = format!("{}/collections/scenes", running.catalog_url);
    let collection: Value = reqwest::get(collection).await.unwrap().json().await.unwrap();
    assert_eq!(collection["extent"]["temporal"]["interval"][0][0], "2022-01-01T10:00:00Z");
    assert_eq!(running.counters.stats().blob_requests, 2);
    running.shutdown().await;
}
