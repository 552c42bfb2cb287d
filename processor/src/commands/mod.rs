//! The command line: one verb a file.

mod doctor;
mod gc;
mod init;
mod matrix;
mod overviews;
mod process;
mod quicklook;
mod recipe;
mod run;
mod sandbox;
mod status;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use floe_shared::land::Cover;
use serde_json::json;

use crate::config::{Config, ConfigFile};
use crate::error::Error;
use crate::exit::Exit;
use crate::http::{Http, bare};
use crate::report::progress::Progress;
use crate::secret::hide;
use crate::store::{Access, Dataset, Layout, Location, Store, process_environment};
use crate::tile_list;

/// The configuration file that is read where it is there.
const DEFAULT_CONFIG: &str = "floe.toml";

/// Builds annual land surface temperature composites into one shared Icechunk repository.
///
/// Exit codes follow sysexits.h: 64 usage, 65 damaged data, 69 unavailable, 75 try again,
/// 77 permission, 78 configuration.
#[derive(Parser)]
#[command(name = "floe", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Args)]
struct Global {
    /// Configuration file [default: floe.toml, where it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The repository: a path, file://, az://, s3://, gs://, or https:// to read only
    #[arg(long, global = true, value_name = "URL", env = "FLOE_STORE", hide_env_values = true)]
    store: Option<String>,
    /// Sets a configuration key, such as grid.resolution=0.05 (repeatable)
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Prints one JSON document on stdout
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Write the tile list and create the empty repository
    Init(init::Args),
    /// Process and commit tiles
    Process(process::Args),
    /// Process all unprocessed tiles on this machine
    Run(run::Args),
    /// Print the unprocessed tiles as job matrices
    Matrix(matrix::Args),
    /// Show how every tile stands, from the commit history
    Status(status::Args),
    /// Bring the map's coarse global levels up to date
    Overviews(overviews::Args),
    /// Read the store against itself, and mend what does not hold
    Verify(verify::Args),
    /// Draw a variable of a period as a PNG
    Quicklook(quicklook::Args),
    /// Check all that jobs and the map need, and say what to fix
    Doctor(doctor::Args),
    /// List, print and check recipes: what a dataset is, as a file
    Recipe(recipe::Args),
    /// Remove what no snapshot refers to
    Gc(gc::Args),
    /// Serve generated granules as the Planetary Computer does
    Sandbox(sandbox::Args),
}

/// What every verb works with.
struct App {
    config: Config,
    store_url: Option<String>,
    json: bool,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, everything else is a wrong command line.
            if !error.use_stderr() {
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            eprint!("{}", hide(&error.render().to_string()));
            return ExitCode::from(Exit::Usage.code());
        }
    };
    let as_json = cli.global.json;
    match block_on(dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = hide(&error.to_string());
            eprintln!("floe: {message}");
            let code = error.exit().code();
            if as_json && !error.is_told() {
                let document = json!({ "error": message, "exit_code": code });
                let _ = crate::report::json(&document);
            }
            ExitCode::from(code)
        }
    }
}

fn block_on(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Internal { message: format!("no runtime: {error}") })?
        .block_on(work)
}

async fn dispatch(cli: Cli) -> Result<(), Error> {
    let Cli { global, verb } = cli;
    if let Verb::Recipe(args) = &verb {
        // Without the configuration: a recipe is looked at because there is something wrong with it, or none yet.
        let recipe::Answer { document, text } = recipe::run(args)?;
        return answer(global.json, || document, || text);
    }
    let file = match &global.config {
        Some(path) => ConfigFile::Named(path),
        None => ConfigFile::Default(Path::new(DEFAULT_CONFIG)),
    };
    let config = Config::load(file, &global.set)?;
    let store_url = global.store.filter(|url| !url.is_empty()).or_else(|| config.store_url.clone());
    let app = App { config, store_url, json: global.json };
    match verb {
        Verb::Init(args) => init::run(&app, &args).await,
        Verb::Process(args) => process::run(&app, &args).await,
        Verb::Run(args) => run::run(&app, &args).await,
        Verb::Matrix(args) => matrix::run(&app, &args).await,
        Verb::Status(args) => status::run(&app, &args).await,
        Verb::Overviews(args) => overviews::run(&app, &args).await,
        Verb::Verify(args) => Box::pin(verify::run(&app, &args)).await,
        Verb::Quicklook(args) => quicklook::run(&app, &args).await,
        Verb::Doctor(args) => doctor::run(&app, &args).await,
        Verb::Gc(args) => Box::pin(gc::run(&app, &args)).await,
        // Answered above.
        Verb::Recipe(_) => Ok(()),
        Verb::Sandbox(args) => Ok(sandbox::run(args, app.json).await?),
    }
}

impl App {
    fn layout(&self) -> Layout {
        let Config { grid, chunk_pixels, periods, recipe, .. } = &self.config;
        Layout {
            grid: *grid,
            periods: periods.clone(),
            chunk_pixels: *chunk_pixels,
            schema: Arc::clone(&recipe.schema),
        }
    }

    async fn store(&self, access: Access) -> Result<Store, Error> {
        if let Some(url) = self.store_url.as_deref().filter(|url| holds_query(url)) {
            return Err(Error::Usage {
                message: format!(
                    "--store: expected a URL without a query, found '{}?...'; a token belongs into AZURE_STORAGE_SAS_TOKEN, where nothing shows it",
                    bare(url)
                ),
            });
        }
        let location = Location::resolve(self.store_url.as_deref(), &process_environment)?;
        Ok(Store::connect(location, access, &process_environment).await?)
    }

    /// The dataset, checked against the configuration.
    async fn dataset(&self, access: Access) -> Result<Dataset, Error> {
        Ok(self.store(access).await?.open(&self.layout()).await?)
    }

    /// Which tiles are to be processed, row by row from the north-west: land by the tile list where there is one, else computed;
    /// all where the configuration says so.
    fn covered(&self) -> Result<Vec<bool>, Error> {
        let grid = self.config.grid;
        match self.config.recipe.schema.cover {
            Cover::All => Ok(vec![true; grid.tile_count()]),
            Cover::Land => Ok(tile_list::land_flags(Path::new(&self.config.tile_list), grid)?),
        }
    }

    /// A client that is as patient as the configuration says and shows on `progress` what it waits for.
    fn http(&self, progress: &Progress) -> Result<Arc<Http>, Error> {
        let progress = progress.clone();
        let tell = move |text: &str| progress.say(text);
        Ok(Arc::new(Http::new(self.config.read.patience(), tell)?))
    }

    /// Prints a document with `--json`, else text for people.
    fn answer(
        &self,
        document: impl FnOnce() -> serde_json::Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), Error> {
        answer(self.json, document, text)
    }
}

/// Prints a document where JSON is asked for, else text for people.
fn answer(
    as_json: bool,
    document: impl FnOnce() -> serde_json::Value,
    text: impl FnOnce() -> String,
) -> Result<(), Error> {
    let result =
        if as_json { crate::report::json(&document()) } else { crate::report::text(&text()) };
    result.map_err(|source| Error::Write { path: "stdout".to_owned(), source })
}

/// Whether a store's URL carries a query, in which a token would be shown wherever the store is named.
fn holds_query(url: &str) -> bool {
    url.contains("://") && !url.starts_with("file://") && url.contains('?')
}

/// Writes a file that a command produces.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path, bytes)
        .map_err(|source| Error::Write { path: path.display().to_string(), source })
}

/// Completes when Ctrl-C is pressed or the process is asked to end.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
