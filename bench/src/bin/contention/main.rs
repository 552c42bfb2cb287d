//! Many writers commit to one repository: how long each commit takes, and what it costs.
//!
//! Every writer has a repository handle of its own and always has the next tile ready, so that this is
//! the worst that a fleet of jobs can do to each other. Chunks are uploaded before the clock starts.

mod place;
mod report;
mod work;
mod writers;

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::{Parser, ValueEnum};

use place::Place;
use report::Outcome;
use work::Work;

/// Measures commits under contention.
#[derive(Parser)]
struct Args {
    /// Where the repository is: `memory`, or a store's URL, which must be empty (each run takes a place
    /// of its own below it)
    #[arg(long, default_value = "memory")]
    store: String,
    /// Numbers of writers, one run each
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 20, 64, 128])]
    writers: Vec<usize>,
    /// How they commit
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = [Protocol::Reattach, Protocol::Rebase])]
    protocol: Vec<Protocol>,
    /// Tiles to commit
    #[arg(long, default_value_t = 381)]
    tiles: usize,
    /// Years of each tile
    #[arg(long, default_value_t = 3)]
    years: usize,
    /// What each reading request takes longer, in ms
    #[arg(long, default_value_t = 15)]
    read_ms: u64,
    /// What each writing request takes longer, in ms
    #[arg(long, default_value_t = 25)]
    write_ms: u64,
    /// Each writer is a process of its own (not in memory)
    #[arg(long)]
    processes: bool,
    /// One document instead of a table
    #[arg(long)]
    json: bool,
    /// What a process of `--processes` does: which writer it is
    #[arg(long, hide = true)]
    writer: Option<usize>,
}

/// How writers commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Protocol {
    /// As Floe does.
    Reattach,
    /// Icechunk's own loop: `commit().rebase(ConflictDetector)`.
    Rebase,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let work = Work::new(args.tiles, args.years)?;
    if let Some(writer) = args.writer {
        let place = Place::of(&args.store, args.read_ms, args.write_ms).await?;
        return writers::one_process(&place, &work, writer, args.writers[0]).await;
    }
    let mut outcomes = Vec::new();
    for &protocol in &args.protocol {
        for &count in &args.writers {
            let outcome = measure(&args, &work, protocol, count).await?;
            eprintln!("{}", outcome.row());
            outcomes.push(outcome);
        }
    }
    report::print(&outcomes, args.json)
}

async fn measure(
    args: &Args,
    work: &Work,
    protocol: Protocol,
    count: usize,
) -> anyhow::Result<Outcome> {
    let store = if args.store == "memory" {
        args.store.clone()
    } else {
        format!("{}/{protocol:?}-{count}", args.store.trim_end_matches('/')).to_lowercase()
    };
    let place = Place::of(&store, args.read_ms, args.write_ms).await?;
    place.create(work).await.context("creating the repository")?;
    let before = place.stored().await?;
    let done = if args.processes {
        ensure!(protocol == Protocol::Reattach, "--processes: expected --protocol reattach");
        let program: PathBuf = std::env::current_exe()?;
        writers::processes(&program, &store, args, count).await?
    } else {
        writers::tasks(&place, work, protocol, count).await?
    };
    let after = place.stored().await?;
    let landed = place.check(work).await.context("reading everything back")?;
    Ok(Outcome::new(protocol, count, done, &before, &after, landed))
}
