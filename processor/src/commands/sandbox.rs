//! `floe sandbox`: serves (or exports) made-up granules the way the Planetary Computer serves real ones.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::error::Error;
use floe_raster::sinusoidal::Position;
use floe_sandbox::{COMPOSITES, Export, Fault, Holdings, Options, Platform, Sandbox, SandboxError};

/// Serves STAC search, access tokens and granules over HTTP until interrupted. The granules are made
/// up from a seed (or real ones from a folder): nothing is downloaded.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 0, value_name = "P")]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Decides everything that is made up
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Years that the archive holds
    #[arg(long, value_delimiter = ',', default_value = "2020,2021,2022", value_name = "YEARS")]
    years: Vec<i32>,
    /// Eight-day composites per year, evenly spread over it
    #[arg(
        long,
        default_value_t = COMPOSITES,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(COMPOSITES))
    )]
    composites: u32,
    /// Share of the granules that the catalogue lacks until POST /fill
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    holes: f64,
    /// Satellites: terra, aqua
    #[arg(long, value_delimiter = ',', default_value = "terra,aqua", value_name = "NAMES")]
    platforms: Vec<Platform>,
    /// Serve the granules of this folder, under their NASA names, instead of generated ones
    #[arg(long, value_name = "DIR", conflicts_with = "export")]
    granules: Option<PathBuf>,
    /// Serve the STAC items of this folder (*.json, *.ndjson), of any product, and the files beside them
    #[arg(long, value_name = "DIR", conflicts_with_all = ["export", "granules"])]
    items: Option<PathBuf>,
    /// Misbehave: 429, 503, 403, cut, html, empty, token-404, truncate, missing-asset, missing-blob,
    /// malformed = share from 0 to 1; expire = seconds that tokens live; slow = milliseconds that answers
    /// wait; 504 = seconds from the first search; 504-over, cut-pages, repeat-pages = items of a page;
    /// matched = items counted too many; strangers = malformed items a page; absent = first day of a
    /// composite that is a hole
    #[arg(long = "fail", value_name = "KIND=VALUE", conflicts_with = "export")]
    faults: Vec<Fault>,
    /// How many attempts at one address 429, 503, 403, cut, html, empty and token-404 hit
    #[arg(long, default_value_t = 1, value_name = "N", conflicts_with = "export")]
    fail_attempts: u32,
    /// Write the granules as files into this folder and exit
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Positions to export, like h18v04,h19v04; all with land unless given
    #[arg(long, value_delimiter = ',', value_name = "POSITIONS", requires = "export")]
    positions: Vec<Position>,
}

/// Runs the command; with `as_json` it prints one JSON document instead of text for people.
pub(super) async fn run(args: Args, as_json: bool) -> Result<(), Error> {
    let Args { years, composites, platforms, holes, .. } = args;
    let holdings = Holdings { years, composites, platforms, holes };
    if let Some(folder) = args.export {
        let positions = args.positions;
        let order = Export { folder, seed: args.seed, holdings, positions };
        return Ok(export(order, as_json).await?);
    }
    let options = Options {
        host: args.host,
        port: args.port,
        seed: args.seed,
        holdings,
        granules: args.granules,
        items: args.items,
        faults: args.faults,
        failing_attempts: args.fail_attempts,
    };
    Ok(serve(options, as_json).await?)
}

/// A line with the days on which composites begin, where others would be missed.
fn few_days(days: &[u32]) -> String {
    if days.len() >= COMPOSITES as usize {
        return String::new();
    }
    let days: Vec<String> = days.iter().map(ToString::to_string).collect();
    format!("\ncatalog.due_days {}", days.join(","))
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a share from 0 to 1".to_owned())
}

async fn serve(options: Options, as_json: bool) -> Result<(), SandboxError> {
    let kind = if options.items.is_some() { "items" } else { "granules" };
    let mut running = Sandbox::start(options).await?;
    let document = json!({
        "url": running.url,
        "catalog_url": running.catalog_url,
        "sign_url": running.sign_url,
        "granules": running.granules,
        "due_days": running.due_days,
    });
    let sign_url = if running.sign_url.is_empty() { "\"\"" } else { &running.sign_url };
    let text = format!(
        "A sandbox with {} {kind} serves until interrupted.\n\
         catalog.url      {}\ncatalog.sign_url {}\ncounts           {}/stats{}",
        running.granules,
        running.catalog_url,
        sign_url,
        running.url,
        few_days(&running.due_days),
    );
    print(as_json, &document, &text)?;
    tokio::select! {
        () = interrupted() => {}
        error = running.failed() => return Err(error),
    }
    running.shutdown().await;
    Ok(())
}

async fn export(export: Export, as_json: bool) -> Result<(), SandboxError> {
    let folder = export.folder.clone();
    let exported = tokio::task::spawn_blocking(move || export.run(progress()))
        .await
        .map_err(|error| SandboxError::Served(io::Error::other(error)))??;
    let document =
        json!({"folder": folder, "granules": exported.granules, "bytes": exported.bytes});
    let text = format!(
        "Wrote {} granules ({:.1} MB) into {}.",
        exported.granules,
        exported.bytes as f64 / 1e6,
        folder.display()
    );
    print(as_json, &document, &text)
}

/// A line on stderr that counts up: rewritten in place on a terminal, every tenth part elsewhere.
fn progress() -> impl Fn(usize, usize) + Sync {
    let terminal = io::stderr().is_terminal();
    move |done, all| {
        let end = if done == all { "\n" } else { "" };
        if terminal {
            eprint!("\rexported {done} of {all} granules{end}");
        } else if done * 10 / all != (done - 1) * 10 / all {
            eprintln!("exported {done} of {all} granules");
        }
    }
}

fn print(as_json: bool, document: &Value, text: &str) -> Result<(), SandboxError> {
    let mut out = io::stdout().lock();
    let written = if as_json { writeln!(out, "{document}") } else { writeln!(out, "{text}") };
    written.and_then(|()| out.flush()).map_err(SandboxError::Output)
}

/// Waits for SIGINT or SIGTERM.
async fn interrupted() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    drop(interrupt.await);
}
