//! The writers: tasks of this process, or processes.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use floe_processor::store::{ChunkWriter, CommitRequest, Committed, Dataset, StagedChunk};
use floe_shared::grid::TileIndex;
use floe_shared::message::CommitMessage;
use floe_shared::schema::BRANCH;
use futures::future::try_join_all;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use icechunk::conflicts::detector::ConflictDetector;
use icechunk::format::manifest::ChunkPayload;
use icechunk::format::snapshot::SnapshotProperties;
use icechunk::format::{ChunkIndices, Path as ArrayPath};
use icechunk::repository::VersionInfo;
use icechunk::session::Session;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::place::{Asked, Place};
use crate::work::Work;
use crate::{Args, Protocol};

/// Rebases after which Icechunk's loop gives up.
const MOST_REBASES: u16 = 10_000;

/// What the writers did.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Seconds that each commit took.
    pub(crate) latencies: Vec<f64>,
    /// Tries of all commits together.
    pub(crate) attempts: u64,
    /// From the first commit's beginning to the last one's end.
    pub(crate) seconds: f64,
    /// What was asked of the store, where it was counted.
    pub(crate) asked: Option<Asked>,
}

/// A tile whose chunks are uploaded.
enum Ready {
    Reattach(CommitRequest),
    Rebase(TileIndex, Vec<(ArrayPath, ChunkIndices, ChunkPayload)>),
}

/// Lets tasks of this process commit, each with a handle of its own.
pub(crate) async fn tasks(
    place: &Place,
    work: &Work,
    protocol: Protocol,
    count: usize,
) -> anyhow::Result<Done> {
    let mut ready = Vec::new();
    for writer in 0..count {
        let dataset = place.handle(work).await?;
        let tiles = prepare(&dataset, work, &work.of_writer(writer, count), protocol).await?;
        ready.push((dataset, tiles));
    }
    place.start();
    let barrier = Arc::new(Barrier::new(count));
    let began = Instant::now();
    let tasks = ready.into_iter().map(|(dataset, tiles)| {
        let (barrier, work) = (Arc::clone(&barrier), work.clone());
        tokio::spawn(async move {
            barrier.wait().await;
            let mut latencies = Vec::new();
            let mut attempts = 0;
            for tile in tiles {
                let started = Instant::now();
                attempts += commit(&dataset, &work, tile).await?;
                latencies.push(started.elapsed().as_secs_f64());
            }
            anyhow::Ok((latencies, attempts))
        })
    });
    let mut done = Done::default();
    for result in try_join_all(tasks).await? {
        let (latencies, attempts) = result?;
        done.latencies.extend(latencies);
        done.attempts += attempts;
    }
    done.seconds = began.elapsed().as_secs_f64();
    done.asked = Some(place.stop());
    Ok(done)
}

async fn prepare(
    dataset: &Dataset,
    work: &Work,
    tiles: &[TileIndex],
    protocol: Protocol,
) -> anyhow::Result<Vec<Ready>> {
    let writer = dataset.chunk_writer().await?;
    let began_at = dataset.tip().await?;
    let reading =
        dataset.repository().readonly_session(&VersionInfo::BranchTipRef(BRANCH.into())).await?;
    stream::iter(tiles.to_vec())
        .map(async |tile| match protocol {
            Protocol::Reattach => {
                let chunks = staged(&writer, work, tile).await?;
                Ok(Ready::Reattach(CommitRequest::of_tile(
                    work.message(tile),
                    chunks,
                    metadata(tile),
                    began_at.clone(),
                    false,
                )))
            }
            Protocol::Rebase => Ok(Ready::Rebase(tile, uploaded(&reading, work, tile).await?)),
        })
        .buffered(4)
        .try_collect()
        .await
}

async fn staged(
    writer: &ChunkWriter,
    work: &Work,
    tile: TileIndex,
) -> anyhow::Result<Vec<StagedChunk>> {
    let uploads =
        work.places(tile).into_iter().map(|place| writer.stage(place, Some(work.content(place))));
    Ok(try_join_all(uploads).await?)
}

async fn uploaded(
    session: &Session,
    work: &Work,
    tile: TileIndex,
) -> anyhow::Result<Vec<(ArrayPath, ChunkIndices, ChunkPayload)>> {
    let uploads = work.places(tile).into_iter().map(async |place| {
        let path = ArrayPath::new(&place.array(&work.layout))?;
        let indices = ChunkIndices(vec![place.period, place.chunk.row, place.chunk.col]);
        let payload = session.get_chunk_writer(&path, &indices)?(work.content(place)).await?;
        anyhow::Ok((path, indices, payload))
    });
    try_join_all(uploads).await
}

/// What a real commit carries.
fn metadata(tile: TileIndex) -> SnapshotProperties {
    SnapshotProperties::from([(
        "floe".to_owned(),
        json!({ "version": "bench", "tile": tile.to_string(), "bytes_read": 123_456_789 }),
    )])
}

/// Commits a tile; returns the tries that it took.
async fn commit(dataset: &Dataset, work: &Work, ready: Ready) -> anyhow::Result<u64> {
    match ready {
        Ready::Reattach(request) => match dataset.commit(request).await? {
            Committed::Landed { attempts, .. } => Ok(u64::from(attempts)),
            Committed::Overtaken { by } => {
                anyhow::bail!("nobody else has this tile, yet {by} came")
            }
        },
        Ready::Rebase(tile, chunks) => {
            let mut session = dataset.repository().writable_session(BRANCH).await?;
            for (path, indices, payload) in chunks {
                session.set_chunk_ref(path, indices, Some(payload)).await?;
            }
            let snapshot = session
                .commit(CommitMessage::Tile(work.message(tile)).to_string())
                .properties(metadata(tile))
                .rebase(&ConflictDetector, MOST_REBASES)
                .execute()
                .await?;
            rebases(dataset, &snapshot.to_string()).await.map(|rebases| rebases + 1)
        }
    }
}

/// How often Icechunk rebased a snapshot, which it notes in its metadata.
async fn rebases(dataset: &Dataset, snapshot: &str) -> anyhow::Result<u64> {
    let history = dataset.history(Some(snapshot)).await?;
    let own = history.first().context("a snapshot has itself in its history")?;
    let noted = own.metadata.values().find_map(|value| value.get("rebase_attempts")?.as_u64());
    noted.context("Icechunk notes how often it rebased")
}

/// Lets processes commit, each of which is this program with `--writer`.
pub(crate) async fn processes(
    program: &Path,
    store: &str,
    args: &Args,
    count: usize,
) -> anyhow::Result<Done> {
    let began = Instant::now();
    let writers = (0..count).map(|writer| {
        tokio::process::Command::new(program)
            .args(["--store", store, "--writers", &count.to_string()])
            .args(["--tiles", &args.tiles.to_string(), "--years", &args.years.to_string()])
            .args(["--writer", &writer.to_string()])
            .stderr(std::process::Stdio::inherit())
            .output()
    });
    let mut done = Done::default();
    for output in try_join_all(writers).await.context("starting a writer")? {
        ensure!(output.status.success(), "a writer ended with {}", output.status);
        let document: Value = serde_json::from_slice(&output.stdout)?;
        done.attempts += document["attempts"].as_u64().unwrap_or_default();
        let latencies = document["latencies"].as_array().cloned().unwrap_or_default();
        done.latencies.extend(latencies.iter().filter_map(Value::as_f64));
    }
    done.seconds = began.elapsed().as_secs_f64();
    Ok(done)
}

/// What one of those processes does: prints its latencies and tries.
pub(crate) async fn one_process(
    place: &Place,
    work: &Work,
    writer: usize,
    count: usize,
) -> anyhow::Result<()> {
    let dataset = place.handle(work).await?;
    let tiles = work.of_writer(writer, count);
    let mut latencies = Vec::new();
    let mut attempts = 0;
    for tile in prepare(&dataset, work, &tiles, Protocol::Reattach).await? {
        let started = Instant::now();
        attempts += commit(&dataset, work, tile).await?;
        latencies.push(started.elapsed().as_secs_f64());
    }
    crate::report::line(&json!({ "latencies": latencies, "attempts": attempts }))
}
