//! Pages of a catalogue of any JSON and any bytes: searched, or refused with a message; never a panic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use floe_processor::catalog::Catalog;
use floe_processor::config::{Config, ConfigFile};
use floe_processor::http::Http;
use floe_processor::patience::Patience;
use floe_processor::scene::{LonLatBox, Need, SceneSource};
use floe_raster::sinusoidal::Position;
use floe_shared::period::PeriodAxis;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A real item in a page.
fn page() -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/MOD11A2.A2022033.h19v10.061.json");
    let item: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    json!({ "type": "FeatureCollection", "features": [item], "links": [], "numberMatched": 1 })
}

/// Values that are not what anybody expects.
fn odd() -> impl Strategy<Value = Value> {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}é"),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!({ "href": 3 }),
        json!([null, 1, {}]),
        json!("MOD11A2.A2022366.h99v99.061"),
        json!("MOD11A2.A0000000.h00v00.0.0"),
        json!([{ "rel": "next", "href": "" }]),
        json!([{ "rel": "next", "href": "http://127.0.0.1:9/", "method": "POST", "body": 3 }]),
    ];
    prop::sample::select(odd.to_vec())
}

/// Puts a value somewhere into a document.
fn put(document: &mut Value, path: &[prop::sample::Index], odd: Value) {
    let inner: Option<&mut Value> = match (document, path) {
        (Value::Array(list), [at, ..]) if !list.is_empty() => {
            let at = at.index(list.len());
            list.get_mut(at)
        }
        (Value::Object(members), [at, ..]) if !members.is_empty() => {
            let at = at.index(members.len());
            members.values_mut().nth(at)
        }
        (place, _) => {
            *place = odd;
            return;
        }
    };
    if let Some(inner) = inner {
        put(inner, &path[1..], odd);
    }
}

/// Searches a catalogue that answers everything with these bytes, some times, for granules and for scenes.
fn search(body: Vec<u8>) -> Result<(usize, usize), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("catalog.url=http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let mut request = vec![0; 64 << 10];
                let _ = socket.read(&mut request).await;
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                let _ = socket.write_all(&[head.as_bytes(), &body].concat()).await;
            }
        });
        let file = ConfigFile::Default(Path::new("no-such-file.toml"));
        let config = Config::load(file, &[url, "catalog.due_days=[]".to_owned()]).unwrap();
        let patience = Patience { lasts: Duration::ZERO, attempts: 1 };
        let http = Arc::new(Http::new(patience, |_| {}).unwrap());
        let assets = &config.source_space().unwrap().assets;
        let catalog = Catalog::new(Arc::clone(&http), &config.catalog, assets);
        let positions = BTreeSet::from([Position { h: 19, v: 10 }]);
        let years = PeriodAxis::of_years(&[2022]).unwrap();
        let search = catalog.search(&positions, years.periods());
        let found = tokio::time::timeout(Duration::from_mins(1), search).await;
        let found = found.map_err(|_| format!("no end after {} requests", asked.load(Ordering::Relaxed)));
        let need = Need {
            bounds: LonLatBox::new(-180.0, -90.0, 180.0, 90.0).unwrap(),
            positions,
            begins: "2022-01-01T00:00:00Z".parse().unwrap().."2023-01-01T00:00:00Z".parse().unwrap(),
        };
        let source = SceneSource::new(http, &config);
        let scenes = tokio::time::timeout(Duration::from_mins(1), source.find(&need)).await;
        let scenes = scenes.map_err(|_| format!("no end after {} requests", asked.load(Ordering::Relaxed)));
        match (found.unwrap(), scenes.unwrap()) {
            (Ok(found), Ok(scenes)) => Ok((found.granules.len(), scenes.scenes.len())),
            (Err(error), _) => Err(error.to_string()),
            (_, Err(error)) => Err(error.to_string()),
        }
    })
}

#[test]
fn the_page_is_one_that_is_found() {
    assert_eq!(search(page().to_string().into_bytes()), Ok((1, 1)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_page_with_odd_values_is_searched_or_refused_by_name(
        edits in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 1..7), odd()), 1..5),
    ) {
        let mut page = page();
        for (path, odd) in edits {
            put(&mut page, &path, odd);
        }
        if let Err(message) = search(page.to_string().into_bytes()) {
            prop_assert!(!message.is_empty() && message.len() < 4000, "{}", message);
        }
    }

    #[test]
    fn a_page_of_damaged_bytes_is_searched_or_refused(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = page().to_string().into_bytes();
        for (place, byte) in damage {
            *place.get_mut(&mut bytes) = byte;
        }
        if is_cut {
            bytes.truncate(end.index(bytes.len()));
        }
        if let Err(message) = search(bytes) {
            prop_assert!(!message.is_empty() && message.len() < 4000, "{}", message);
        }
    }
}

#[test]
fn nesting_without_end_is_refused() {
    for open in ["[", "{\"features\":", "{\"features\":[{\"properties\":"] {
        assert!(search(open.repeat(100_000).into_bytes()).is_err());
    }
}
