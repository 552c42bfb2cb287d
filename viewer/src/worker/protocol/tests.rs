//! What pages and workers send is read as it was.

use super::*;

fn round_trip<T: Wire + PartialEq + std::fmt::Debug>(message: &T) {
    let bytes = message.to_bytes();
    assert_eq!(&T::from_bytes(&bytes).unwrap(), message);
    for length in 0..bytes.len() {
        assert_eq!(T::from_bytes(&bytes[..length]), Err(Damaged), "{length} bytes");
    }
    assert_eq!(T::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(Damaged));
}

fn key(row: u32) -> ChunkKey {
    ChunkKey { variable: VariableId(1), plane: 2, level: 5, row, col: u32::MAX }
}

fn axis(steps: Steps) -> Axis {
    Axis {
        name: "a".to_owned(),
        long_name: String::new(),
        units: "m".to_owned(),
        steps,
        stored: (0, 1),
    }
}

fn dataset() -> Dataset {
    Dataset {
        grids: vec![GridInfo {
            levels: vec![LevelInfo {
                index: 0,
                placement: Placement::new(0.0, -90.0, 0.01, 0.02, 36_000, 9_000),
                chunk_rows: 1000,
                chunk_cols: 1000,
            }],
        }],
        axes: vec![
            Axis {
                name: "time".to_owned(),
                long_name: "Time".to_owned(),
                units: String::new(),
                steps: Steps::Times {
                    seconds: vec![0.0, -1.5],
                    calendar: Calendar::Days360,
                    with_clock: true,
                },
                stored: (1, 2),
            },
            axis(Steps::Numbers { values: vec![2020.0], is_single: true }),
            axis(Steps::Texts(vec!["low".to_owned()])),
            axis(Steps::Indices(7)),
        ],
        place_axes: ("lat".to_owned(), "lon".to_owned()),
        texts: Texts { title: "Air".to_owned(), ..Texts::default() },
        variables: vec![VariableInfo {
            name: "tas".to_owned(),
            label: "Mean".to_owned(),
            long_name: "Température".to_owned(),
            units: "K".to_owned(),
            temperature: Some(Unit::Kelvin),
            codes: Codes { scale: 0.02, lowest: 7500, ..Codes::default() },
            valid: Some((150.0, 1310.7)),
            axes: vec![1, 0],
            grid: 0,
            kind: Kind::Cyclic,
            flags: vec![Flag {
                value: 1.0,
                mask: Some(3),
                meaning: "snow".to_owned(),
                color: Some([1, 2, 3]),
            }],
            are_classes: true,
        }],
        left_out: vec!["'b': no".to_owned()],
        form: Form::Float,
        tiles: Some(
            Grid::new(0.05, 10.0)
                .and_then(|globe| {
                    globe.within(Bounds { west: 170.0, south: -20.0, east: -170.0, north: 0.0 })
                })
                .unwrap(),
        ),
        covers_all: true,
        snapshot: "1CECHNKREP0F1RSTCMT0".to_owned(),
        reference: RefSpec::Tag("v1".to_owned()),
        history: vec![Commit {
            snapshot: "A".to_owned(),
            message: "tile_1_2: processed".to_owned(),
            committed_at: i64::MIN,
        }],
        references: vec![RefSpec::Branch("main".to_owned()), RefSpec::Tag("v1".to_owned())],
        store_url: "https://example.org/store".to_owned(),
    }
}

#[test]
fn every_message_round_trips_and_no_shorter_one_passes() {
    let problem = Problem { message: "no".to_owned(), transient: true };
    for message in [
        ToPage::Ready { version: VERSION },
        ToPage::Opened { request: 1, result: Ok(dataset()), foreseen: vec![key(0), key(1)] },
        ToPage::Opened { request: 1, result: Err(problem.clone()), foreseen: Vec::new() },
        ToPage::Refreshed { request: 3, result: Ok(None) },
        ToPage::Sampled {
            request: 2,
            result: Ok(vec![Sample { variable: VariableId(7), step: 2020, value: Some(300.5) }]),
        },
        ToPage::Shapes {
            request: 4,
            result: Ok(Layout {
                lines: vec![(1, vec![Run { least: [-1.0; 3], most: [0.5; 3] }]), (2, vec![])],
                land: (1024, 512),
            }),
        },
        ToPage::Shapes { request: 4, result: Err(problem.clone()) },
        ToPage::LandTiles { request: 5, tiles: vec![true, false] },
        ToPage::Pong {},
        ToPage::Heavy { bytes: 1 << 40 },
        ToPage::Chunk { key: key(1), outcome: Outcome::Held {} },
        ToPage::Chunk { key: key(0), outcome: Outcome::Data { width: 1000, height: 512 } },
        ToPage::Chunk { key: key(1), outcome: Outcome::Absent {} },
        ToPage::Chunk { key: key(1), outcome: Outcome::Failed { problem } },
    ] {
        round_trip(&message);
    }
    for message in [
        ToWorker::Open { request: 7, url: "a".to_owned(), reference: RefSpec::default() },
        ToWorker::Want { keys: vec![(key(0), true), (key(1), false)] },
        ToWorker::Sample {
            request: 8,
            place: (-1.5, 2.0),
            shown: VariableId(3),
            planes: vec![4, 5],
        },
        ToWorker::Refresh { request: 9 },
        ToWorker::AddDecoder {},
        ToWorker::BeDecoder {},
        ToWorker::Ping {},
        ToWorker::Allow { bytes: 7 },
        ToWorker::Shapes { request: 10, scale: Scale::Coarse },
        ToWorker::Shapes { request: 10, scale: Scale::Fine },
        ToWorker::LandTiles { request: 11, grid: Grid::default() },
    ] {
        round_trip(&message);
    }
    round_trip(&ToDecoder::Define {
        array: 1,
        path: "/a".to_owned(),
        zarr_json: "{}".to_owned(),
        map_axes: (1, 2),
        form: Form::U8,
    });
    round_trip(&ToReader::Broken { key: key(4) });
    round_trip(&ToDecoder::Decode {
        key: key(3),
        array: 1,
        plane: 0,
        row: 5,
        col: 6,
        width: 3,
        height: 4,
        unit: 7,
    });
}
