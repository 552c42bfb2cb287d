//! `floe doctor`: checks all that a job and the map will need, and says what to fix.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::slice::from_ref;
use std::sync::Arc;
use std::time::Duration;

use floe_shared::pyramid::ChunkIndex;
use serde::Serialize;
use serde_json::{Value, json};

use super::App;
use crate::catalog::{BlobReader, Catalog};
use crate::error::Error;
use crate::exit::Exit;
use crate::http::Http;
use crate::page_access::{self, PageAccessError};
use crate::patience::Patience;
use crate::recipe::SourceSpace;
use crate::scene::{SceneError, SceneSource};
use crate::secret::hide;
use crate::store::{Access, Location, Store, StoreError, pasted, process_environment};
use floe_raster::needed;

/// How long any request of a check is waited for.
const MOST_PATIENCE: Duration = Duration::from_secs(10);

/// Checks credentials, reading and writing, the schema, public reading and CORS as a browser needs them,
/// the catalogue and its signing. Says what to fix, and exits with the code of the first failure.
///
/// The check of writing puts a small object beside the store's chunks and removes it again.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where the map will be served from, for the CORS check
    /// [default: OWNER.github.io on GitHub, else example.org]
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// Check reading only: no credentials, no write
    #[arg(long)]
    read_only: bool,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Failed,
    /// It does not apply, or something else must be fixed first.
    Skipped,
}

/// One check.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    result: Verdict,
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
    #[serde(skip)]
    exit: Option<Exit>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { name, result: Verdict::Ok, detail, fix: None, exit_code: None, exit: None }
    }

    fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self { result: Verdict::Skipped, ..Self::ok(name, why) }
    }

    fn failed(name: &'static str, error: &dyn std::fmt::Display, exit: Exit, fix: &str) -> Self {
        Self {
            result: Verdict::Failed,
            fix: Some(fix.to_owned()),
            exit_code: Some(exit.code()),
            exit: Some(exit),
            ..Self::ok(name, hide(&error.to_string()))
        }
    }
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    // Who asks what is wrong does not want to wait until it is over.
    let patience = app.config.read.patience();
    let patience = Patience { lasts: patience.lasts.min(MOST_PATIENCE), ..patience };
    let http = Arc::new(Http::new(patience, |text: &str| eprintln!("{text}"))?);
    let mut checks = Vec::new();
    let access = if args.read_only { Access::Read } else { Access::Write };
    match app.store(access).await {
        Ok(store) => {
            checks.push(Check::ok("store", with_account(store.location())));
            checks.extend(check_dataset(app, args, &store).await);
            checks.extend(check_map(args, &store, &http).await);
        }
        Err(error) => checks.push(Check::failed(
            "store",
            &error,
            error.exit(),
            "name the store with --store or FLOE_STORE, and set the credentials of its kind (README, Stores)",
        )),
    }
    checks.extend(check_source(app, &http).await);
    let failures: Vec<(&'static str, Exit)> =
        checks.iter().filter_map(|check| Some((check.name, check.exit?))).collect();
    app.answer(|| json!({ "healthy": failures.is_empty(), "checks": checks }), || text(&checks))?;
    match failures.first() {
        None => Ok(()),
        Some(&(check, exit)) => {
            Err(Error::Unhealthy { check, failed: failures.len(), checks: checks.len(), exit })
        }
    }
}

/// Reading, the schema, writing and removing.
async fn check_dataset(app: &App, args: &Args, store: &Store) -> Vec<Check> {
    let mut checks = Vec::new();
    let opened = match store.open(&app.layout()).await {
        Ok(dataset) => dataset.tip().await,
        Err(error) => Err(error),
    };
    let initialized = match opened {
        Ok(tip) => {
            checks.push(Check::ok("read", format!("the branch is at snapshot {tip}")));
            checks.push(Check::ok("schema", "as the configuration asks for"));
            true
        }
        Err(error @ StoreError::Schema { .. }) => {
            checks.push(Check::ok("read", "there is a repository"));
            checks.push(Check::failed(
                "schema",
                &error,
                error.exit(),
                "make years and grid in floe.toml fit the store, or name another store",
            ));
            true
        }
        Err(error @ (StoreError::NotInitialized { .. } | StoreError::AbsentOrRefused { .. })) => {
            checks.push(Check::failed(
                "read",
                &error,
                error.exit(),
                "run floe init; where it ran already, check the name of the store",
            ));
            false
        }
        Err(error) => {
            let fix = match error {
                StoreError::Permission { .. } => {
                    "renew the credentials; they need read, write, list and create"
                }
                StoreError::Unavailable { .. } => {
                    "check account and endpoint, and whether this machine reaches them"
                }
                _ => "look into the store: it is damaged, or holds something else",
            };
            checks.push(Check::failed("read", &error, error.exit(), fix));
            false
        }
    };
    if args.read_only {
        checks.push(Check::skipped("write", "--read-only"));
    } else if initialized {
        checks.extend(check_writing(store).await);
    } else {
        checks.push(Check::skipped("write", "reading must work first"));
    }
    checks
}

async fn check_writing(store: &Store) -> Vec<Check> {
    let probed = match store.probe().await {
        Ok(probed) => probed,
        Err(error) => {
            return vec![Check::failed(
                "write",
                &error,
                error.exit(),
                "the credentials need read, write, list and create",
            )];
        }
    };
    let write = match probed.conditional {
        Some(false) => Check::failed(
            "write",
            &"the store overwrites an object that has changed: commits of concurrent jobs would be lost",
            Exit::Configuration,
            "use a store with conditional writes (Azure, S3, GCS), or a directory",
        ),
        Some(true) => Check::ok("write", "an object was written, overwritten only while unchanged"),
        None => Check::ok("write", "a file was written; jobs take turns by a lock"),
    };
    let delete = if probed.removed {
        Check::ok("delete", "and removed: floe gc can work")
    } else {
        Check::skipped("delete", "not allowed to these credentials; only floe gc needs it")
    };
    vec![write, delete]
}

/// Whether the map can read the store.
async fn check_map(args: &Args, store: &Store, http: &Http) -> Vec<Check> {
    let Some(url) = public_url(store.location()) else {
        let why =
            "a directory: the map reads it where script/serve.mjs or another server serves it";
        return vec![Check::skipped("public read", why), Check::skipped("CORS", why)];
    };
    // The object with which the map begins.
    let url = format!("{url}/repo");
    if let Err(error) = page_access::is_public(http, &url).await {
        let fix = match store.location() {
            Location::Azure { container, .. } => format!(
                "az storage account update --name ACCOUNT --resource-group GROUP --allow-blob-public-access true; az storage container set-permission --name {container} --public-access blob"
            ),
            _ => "allow everybody to read the store's objects".to_owned(),
        };
        return vec![
            Check::failed("public read", &error, error.exit(), &fix),
            Check::skipped("CORS", "public reading must work first"),
        ];
    }
    let public = Check::ok("public read", format!("{url} needs no credentials"));
    let origin = origin(args);
    let cors = match page_access::pages_may_read(http, &url, &origin).await {
        Ok(()) => Check::ok("CORS", format!("pages of {origin} may read it, whole and in parts")),
        Err(error) => cors_failed(store.location(), &origin, &error),
    };
    vec![public, cors]
}

fn cors_failed(location: &Location, origin: &str, error: &PageAccessError) -> Check {
    let fix = match location {
        Location::Azure { .. } => format!(
            "az storage cors add --services b --methods GET HEAD OPTIONS --origins '{origin}' --allowed-headers range --exposed-headers 'content-range' --max-age 86400"
        ),
        _ => format!("allow GET and HEAD with the header Range from {origin}, or from *"),
    };
    Check::failed("CORS", error, error.exit(), &fix)
}

/// The catalogue and its signing.
async fn check_source(app: &App, http: &Arc<Http>) -> Vec<Check> {
    match search(app, http).await {
        Err(error) => vec![
            Check::failed(
                "catalogue",
                &error,
                error.exit(),
                "check catalog.url and catalog.collection, and whether this machine reaches them",
            ),
            Check::skipped("signing", "the catalogue must work first"),
        ],
        Ok((detail, None)) if app.config.source_space().is_some() => vec![
            Check::failed(
                "catalogue",
                &detail,
                Exit::TryAgain,
                "this tile has granules of every year since 2000: check catalog.url, catalog.collection and catalog.platforms, or wait until the catalogue has recovered",
            ),
            Check::skipped("signing", "the catalogue named no file to read"),
        ],
        Ok((detail, None)) => vec![
            Check::ok("catalogue", detail),
            Check::skipped("signing", "files of this machine need no token"),
        ],
        Ok((detail, Some(href))) => {
            let blobs = BlobReader::new(Arc::clone(http), &app.config.catalog.sign_url);
            let signing = match blobs.read_range(&href, 0, 16).await {
                Ok(part) => Check::ok(
                    "signing",
                    format!("a token opens {} ({} bytes)", crate::http::bare(&href), part.total),
                ),
                Err(error) => Check::failed(
                    "signing",
                    &error,
                    error.exit(),
                    "check catalog.sign_url, and whether this machine reaches the files",
                ),
            };
            vec![Check::ok("catalogue", detail), signing]
        }
    }
}

/// Searches one land tile's first period; of recipes that are made of scenes, looks at one item.
async fn search(app: &App, http: &Arc<Http>) -> Result<(String, Option<String>), Error> {
    let Some(SourceSpace { assets, .. }) = app.config.source_space() else {
        return look_at_an_item(app, http).await;
    };
    let catalog = Catalog::new(Arc::clone(http), &app.config.catalog, assets);
    catalog.check_collection().await?;
    // Of the globe about 40° N, 10° E; within bounds a tile as far in them.
    let grid = app.config.grid;
    let tile = grid.tile_of_chunk(ChunkIndex {
        row: grid.tile_rows() * 5 / 18,
        col: grid.tile_cols() * 19 / 36,
    });
    let first = app.config.periods.periods().first();
    let found =
        catalog.search(&needed::positions(grid, &[tile]), first.map_or(&[], from_ref)).await?;
    let label = first.map_or("no period", |first| first.label.as_str());
    let href = found.granules.first().map(|granule| granule.lst.clone());
    Ok((format!("{} granules of {label} for tile {tile}", found.granules.len()), href))
}

/// Asks for one item, and tells which of the recipe's files it has.
async fn look_at_an_item(app: &App, http: &Arc<Http>) -> Result<(String, Option<String>), Error> {
    let item = SceneSource::new(Arc::clone(http), &app.config).any_item().await?;
    let href = |asset: &str| {
        let pointer = item.get("assets")?.get(asset)?.get("href")?;
        pointer.as_str().map(str::to_owned)
    };
    let wanted = app.config.recipe.assets();
    let (there, missing): (Vec<&String>, Vec<&String>) =
        wanted.iter().partition(|asset| href(asset).is_some());
    let id = item.get("id").and_then(Value::as_str).unwrap_or("without an id");
    if let Some(asset) = missing.first() {
        let known = item.get("assets").and_then(Value::as_object);
        let found = known.map(|assets| assets.keys().cloned().collect::<Vec<_>>().join(", "));
        return Err(SceneError::MissingAsset {
            item: id.to_owned(),
            asset: (*asset).clone(),
            found: found.unwrap_or_default(),
        }
        .into());
    }
    let names: Vec<&str> = there.iter().map(|asset| asset.as_str()).collect();
    let signed = there.first().and_then(|asset| href(asset));
    // Files of a list may be relative to it; only whole URLs are signed.
    let signed = signed.filter(|href| href.starts_with("http"));
    Ok((format!("item {id} has {}", names.join(", ")), signed))
}

/// Where a browser would read the store.
fn public_url(location: &Location) -> Option<String> {
    match location {
        Location::Azure { account, container, prefix } => {
            let endpoint = process_environment("AZURE_STORAGE_ENDPOINT")
                .unwrap_or_else(|| format!("https://{account}.blob.core.windows.net"));
            let endpoint = pasted::bare(&endpoint).trim_end_matches('/');
            Some(format!("{endpoint}/{container}/{prefix}"))
        }
        Location::S3 { bucket, prefix } => {
            let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
                .iter()
                .find_map(|name| process_environment(name));
            Some(match endpoint {
                Some(endpoint) => {
                    let endpoint = pasted::bare(&endpoint).trim_end_matches('/');
                    format!("{endpoint}/{bucket}/{prefix}")
                }
                None => format!("https://{bucket}.s3.amazonaws.com/{prefix}"),
            })
        }
        Location::Gcs { bucket, prefix } => {
            Some(format!("https://storage.googleapis.com/{bucket}/{prefix}"))
        }
        Location::Http(url) => Some(url.as_str().trim_end_matches('/').to_owned()),
        Location::Local(_) => None,
    }
}

fn with_account(location: &Location) -> String {
    match location {
        Location::Azure { account, .. } => format!("{location} of account {account}"),
        _ => location.to_string(),
    }
}

fn origin(args: &Args) -> String {
    if let Some(origin) = &args.origin {
        return origin.trim_end_matches('/').to_owned();
    }
    match process_environment("GITHUB_REPOSITORY_OWNER") {
        Some(owner) => format!("https://{}.github.io", owner.to_lowercase()),
        None => "https://example.org".to_owned(),
    }
}

fn text(checks: &[Check]) -> String {
    let colour = std::io::stdout().is_terminal();
    let mut text = String::new();
    for check in checks {
        let (mark, code) = match check.result {
            Verdict::Ok => ("ok     ", "32"),
            Verdict::Failed => ("FAILED ", "31"),
            Verdict::Skipped => ("skipped", "2"),
        };
        let mark = if colour { format!("\x1b[{code}m{mark}\x1b[0m") } else { mark.to_owned() };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{mark}  {:<11}  {}", check.name, check.detail);
        if let Some(fix) = &check.fix {
            let _ = writeln!(text, "{:22}fix: {fix}", "");
        }
    }
    text.truncate(text.trim_end().len());
    text
}
