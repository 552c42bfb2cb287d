//! Stores of any bytes: read, or refused by name; never a panic, never memory without bound. And what has failed once
//! is asked for anew. `data/store` was written by Python's icechunk, with chunks in each of the ways that there are.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

// The tests of granule files count in the same way.
#[path = "../../raster/tests/support/memory.rs"]
mod memory;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use flatbuffers::FlatBufferBuilder;
use floe_viewer::axis::Axis;
use floe_viewer::chunk::{ChunkKey, Pixels, VariableId};
use floe_viewer::dataset::RefSpec;
use floe_viewer::store::transport::{
    Failure, Freshness, InMemory, Request, Target, Transport, TransportError, Version,
};
use floe_viewer::store::{Store, StoreError};
use futures::executor::block_on;
use icechunk_format::flatbuffers::generated;
use proptest::prelude::*;

/// What is made of the small store's objects, however they lie: twice the store's own most.
const MOST_MEMORY: usize = 8 << 20;
/// Bytes of an object before its body.
const HEADER: usize = 39;

const FOREIGN: [(&str, usize); 3] = [
    ("http://127.0.0.1:9000/box/deep/a%20b%2Bc%23d.bin", 1300),
    ("http://127.0.0.1:8000/x%3Fy%20z.bin", 1296),
    ("http://127.0.0.1:8000/plain.bin", 1296),
];

type Objects = BTreeMap<Target, Vec<u8>>;

fn objects() -> Objects {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/store");
    let mut objects = Objects::new();
    let mut read = |path: String| {
        let bytes = std::fs::read(root.join(&path)).unwrap();
        objects.insert(Target::InStore(path), bytes);
    };
    read("repo".to_owned());
    for folder in ["snapshots", "manifests", "chunks"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            read(format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()));
        }
    }
    for (url, length) in FOREIGN {
        let bytes = (0..length).map(|at| [0x40, 0x20][at % 2]).collect();
        objects.insert(Target::Url(url.to_owned()), bytes);
    }
    objects
}

/// All that is done with a store.
fn read(transport: impl Transport + 'static) -> Result<Vec<Option<Vec<u16>>>, StoreError> {
    let open = Store::open(transport, "memory:", RefSpec::default(), 1 << 20, |_| Vec::new());
    let store = block_on(open)?;
    let dataset = Rc::clone(store.dataset());
    let level = &dataset.grids[0].levels[0];
    let mut read = Vec::new();
    // Damage may make any number of planes.
    let planes = |variable| dataset.axes_of(variable).map(Axis::len).product::<u32>().min(4);
    for (plane, variable) in (0..4)
        .flat_map(|plane| dataset.ids().map(move |(variable, _)| (plane, variable)))
        .filter(|(plane, variable)| *plane < planes(*variable))
    {
        for row in 0..level.row_count().min(2) {
            for col in 0..level.col_count().min(2) {
                let key = ChunkKey { variable, plane, level: 0, row, col };
                read.push(block_on(store.chunk(key))?.map(|pixels| match pixels {
                    Pixels::U16(numbers) => numbers,
                    // As the metadata have it after damage, of which the values are no concern.
                    Pixels::U8(numbers) => numbers.into_iter().map(u16::from).collect(),
                    Pixels::Float(numbers) => numbers.into_iter().map(|code| code as u16).collect(),
                }));
            }
        }
    }
    Ok(read)
}

/// An object's body, decompressed, and an object with another one.
fn body(object: &[u8]) -> Vec<u8> {
    zstd::stream::decode_all(&object[HEADER..]).unwrap()
}

fn object(header: &[u8], body: &[u8]) -> Vec<u8> {
    [&header[..HEADER], &zstd::bulk::compress(body, 1).unwrap()].concat()
}

fn names(folder: &str) -> Vec<Target> {
    let within =
        |target: &Target| matches!(target, Target::InStore(path) if path.starts_with(folder));
    objects().into_keys().filter(within).collect()
}

#[test]
fn the_store_is_read_with_its_virtual_chunks() {
    let planes = read(InMemory { objects: objects() }).unwrap();
    assert_eq!(planes.len(), 16);
    let foreign = planes.iter().flatten().filter(|plane| plane.iter().all(|&dn| dn == 0x2040));
    assert_eq!(foreign.count(), 3);
    let own =
        planes.iter().flatten().filter(|plane| plane.iter().any(|&dn| dn >= 7500 && dn != 0x2040));
    assert_eq!(own.count(), 13);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn damaged_objects_are_read_or_refused_in_bounded_memory(
        folder in prop::sample::select(vec!["repo", "snapshots/", "manifests/", "chunks/"]),
        which in any::<prop::sample::Index>(),
        within in any::<bool>(),
        damage in prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![Just(0_u8), Just(0x7F), Just(0x80), Just(0xFF), any::<u8>()], 1..9_usize),
            1..4,
        ),
    ) {
        let mut objects = objects();
        let targets = names(folder);
        let damaged = objects.get_mut(which.get(&targets)).unwrap();
        let mut bytes = if within && folder != "chunks/" { body(damaged) } else { damaged.clone() };
        for (place, byte, length) in damage {
            let at = place.index(bytes.len());
            let end = (at + length).min(bytes.len());
            bytes[at..end].fill(byte);
        }
        *damaged = if within && folder != "chunks/" { object(damaged, &bytes) } else { bytes };
        let (_, peak) = memory::peak(|| read(InMemory { objects }));
        prop_assert!(peak < MOST_MEMORY, "{peak} bytes");
    }

    #[test]
    fn damaged_metadata_of_arrays_are_read_or_refused_in_bounded_memory(
        from in prop::sample::select(vec!["[2,36,72]", "[1,18,36]", "[36]", "[72]", "[2]", "\"uint16\"", "zstd", "latitude"]),
        to in prop::sample::select(vec![
            "[0,36,72]", "[4294967296,36,72]", "[2,4294967296,8589934592]", "[2,1,1]", "[1]", "[4294967296]", "[]",
            "[18446744073709551615,2,3]", "[1,18,36,1]", "\"float64\"", "crc32c", "year", "longitude", "null",
        ]),
        which in 0..4_usize,
    ) {
        let mut objects = objects();
        for target in names("snapshots/") {
            let damaged = objects.get_mut(&target).unwrap();
            // The lengths of texts stand before them: what is replaced keeps its length.
            let mut bytes = body(damaged);
            let places: Vec<usize> = bytes.windows(from.len()).enumerate()
                .filter(|(_, window)| *window == from.as_bytes()).map(|(at, _)| at).collect();
            if let Some(&at) = places.get(which) {
                let new = format!("{to:<width$}", width = from.len());
                let end = (at + new.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&new.as_bytes()[..end - at]);
            }
            *damaged = object(damaged, &bytes);
        }
        let (_, peak) = memory::peak(|| read(InMemory { objects }));
        prop_assert!(peak < MOST_MEMORY, "{peak} bytes");
    }
}

/// A manifest of which `count` references are one and the same.
fn manifest_of_one_reference(count: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let index = builder.create_vector(&[0_u32, 0, 0]);
    let inline = builder.create_vector(&[7_u8; 4000]);
    let reference = generated::ChunkRef::create(
        &mut builder,
        &generated::ChunkRefArgs { index: Some(index), inline: Some(inline), ..Default::default() },
    );
    let refs = builder.create_vector(&vec![reference; count]);
    let array = generated::ArrayManifest::create(
        &mut builder,
        &generated::ArrayManifestArgs {
            node_id: Some(&generated::ObjectId8::new(&[1; 8])),
            refs: Some(refs),
            ..Default::default()
        },
    );
    let arrays = builder.create_vector(&[array]);
    let manifest = generated::Manifest::create(
        &mut builder,
        &generated::ManifestArgs {
            id: Some(&generated::ObjectId12::new(&[1; 12])),
            arrays: Some(arrays),
            ..Default::default()
        },
    );
    builder.finish(manifest, Some("Ichk"));
    builder.finished_data().to_vec()
}

#[test]
fn a_manifest_of_a_million_times_the_same_reference_is_refused() {
    let objects = objects();
    let target = &names("manifests/")[0];
    let manifest = object(&objects[target], &manifest_of_one_reference(1_000_000));
    let id = "040G2081040G2081040G";
    let (result, peak) =
        memory::peak(|| floe_viewer::store::manifest::Manifest::parse(id, &manifest).map(drop));
    let error = result.unwrap_err().to_string();
    assert!(error.contains("is broken: ") && error.len() < 300, "{error}");
    assert!(peak < 24 << 20, "{peak} bytes");
    let few = object(&objects[target], &manifest_of_one_reference(3));
    floe_viewer::store::manifest::Manifest::parse(id, &few).unwrap();
}

#[test]
fn commits_that_are_their_own_ancestors_are_refused() {
    let mut objects = objects();
    let repo = objects.get_mut(&Target::InStore("repo".to_owned())).unwrap();
    let whole = body(repo);
    let mut refused = 0;
    // Wherever the number of a parent stands: in a circle, or out of the list.
    for at in (0..whole.len() - 4).step_by(4) {
        for parent in [0_i32, 1, 2, 99] {
            let mut bytes = whole.clone();
            bytes[at..at + 4].copy_from_slice(&parent.to_le_bytes());
            let parsed = floe_viewer::store::repository::Repository::parse(&object(repo, &bytes));
            let history = parsed.and_then(|repository| repository.history(&RefSpec::default()));
            let Err(error) = history else { continue };
            let message = error.to_string();
            refused += usize::from(message.contains("is its own ancestor"));
        }
    }
    assert!(refused > 0);
}

/// A store behind a browser's cache, which keeps refusals and whatever else was answered once.
#[derive(Default)]
struct Browser {
    objects: Objects,
    /// What the cache gives until the server itself is asked.
    kept: RefCell<BTreeMap<Target, Result<Vec<u8>, Failure>>>,
    asked: Rc<RefCell<Vec<(Target, Freshness)>>>,
}

impl Transport for Browser {
    async fn get(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
        self.asked.borrow_mut().push((request.target.clone(), request.freshness));
        if request.freshness == Freshness::Immutable
            && let Some(kept) = self.kept.borrow().get(&request.target)
        {
            let url = request.target.name().to_owned();
            return kept.clone().map_err(|failure| TransportError { url, failure });
        }
        self.kept.borrow_mut().remove(&request.target);
        InMemory { objects: self.objects.clone() }.get(request).await
    }

    async fn pause(&self, _duration: Duration) {}
}

#[test]
fn what_a_browser_kept_of_a_bad_day_does_not_stay() {
    for folder in ["snapshots/", "manifests/", "chunks/"] {
        for bad in [
            Err(Failure::Denied(403)),
            Err(Failure::NotFound),
            Err(Failure::Status { status: 500, retry_after: None }),
            Ok(b"<html>sign in to the network of this hotel</html>".to_vec()),
        ] {
            let objects = objects();
            // Chunks that are not compressed have no way to tell: of the wrong length they are refused.
            let kept = objects
                .keys()
                .filter(|target| target.name().starts_with(folder))
                .map(|target| {
                    let bad = match (&bad, folder) {
                        (Ok(_), "chunks/") => Ok(vec![0; objects[target].len()]),
                        _ => bad.clone(),
                    };
                    (target.clone(), bad)
                })
                .filter(|(target, bad)| {
                    folder != "chunks/" || bad.is_err() || objects[target].len() != 1296
                })
                .collect();
            let browser = Browser {
                objects: objects.clone(),
                kept: RefCell::new(kept),
                ..Browser::default()
            };
            let expected = read(InMemory { objects }).unwrap();
            assert!(read(browser).unwrap() == expected, "{folder} {bad:?}");
        }
    }
}

#[test]
fn a_pixel_that_could_not_be_read_is_asked_for_anew() {
    let mut objects = objects();
    let chunks = names("chunks/");
    let good: Objects =
        chunks.iter().map(|target| (target.clone(), objects.remove(target).unwrap())).collect();
    let shared = Rc::new(RefCell::new(objects));
    let transport = Later { objects: Rc::clone(&shared) };
    let store =
        block_on(Store::open(transport, "memory:", RefSpec::default(), 1 << 20, |_| Vec::new()));
    // The coordinates of this store are chunks.
    assert!(store.is_err());
    shared.borrow_mut().extend(good.clone());
    let transport = Later { objects: Rc::clone(&shared) };
    let store =
        block_on(Store::open(transport, "memory:", RefSpec::default(), 0, |_| Vec::new())).unwrap();
    for target in &chunks {
        shared.borrow_mut().insert(target.clone(), b"damaged".to_vec());
    }
    let grid = store.dataset().grids[0].placement().unwrap();
    let place = (grid.lon(50.5), grid.lat(20.5));
    let sample = || block_on(store.sample(place, VariableId(0), &[1, 1]));
    assert!(sample().is_err());
    shared.borrow_mut().extend(good);
    let samples = sample().unwrap();
    let axis = &store.dataset().axes[0];
    let years: BTreeSet<String> = samples.iter().map(|sample| axis.label(sample.step)).collect();
    assert_eq!(years, BTreeSet::from(["2019", "2020"].map(str::to_owned)));
    assert!(
        samples
            .iter()
            .filter(|sample| sample.variable == VariableId(0))
            .all(|sample| sample.value.is_some())
    );
}

/// Objects that may change.
struct Later {
    objects: Rc<RefCell<Objects>>,
}

impl Transport for Later {
    async fn get(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
        let objects = self.objects.borrow().clone();
        InMemory { objects }.get(request).await
    }

    async fn pause(&self, _duration: Duration) {}
}

#[test]
fn foreign_files_are_checked_against_what_was_written_down_of_them() {
    let versions = Rc::new(RefCell::new(BTreeMap::new()));
    let transport = Foreign { objects: objects(), versions: Rc::clone(&versions) };
    read(transport).unwrap();
    let versions = versions.borrow();
    let of = |index: usize| versions[FOREIGN[index].0].clone();
    assert_eq!(of(0), (Some(Version::ETag("\"abc\"".to_owned())), Freshness::Latest));
    assert_eq!(of(1), (Some(Version::ModifiedBy(1_700_000_000)), Freshness::Latest));
    assert_eq!(of(2), (None, Freshness::Latest));
}

/// What was asked of a foreign object.
type Noted = (Option<Version>, Freshness);

/// Notes what foreign objects must be.
struct Foreign {
    objects: Objects,
    versions: Rc<RefCell<BTreeMap<String, Noted>>>,
}

impl Transport for Foreign {
    async fn get(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
        if let Target::Url(url) = &request.target {
            let noted = (request.unchanged.clone(), request.freshness);
            self.versions.borrow_mut().insert(url.clone(), noted);
        }
        InMemory { objects: self.objects.clone() }.get(request).await
    }

    async fn pause(&self, _duration: Duration) {}
}
