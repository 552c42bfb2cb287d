//! A stand-in for the Planetary Computer on this machine: STAC search, tokens and granules over HTTP.
//!
//! The granules are made up on demand from a seed (`planet`), or come from a folder of real files; items of any product come
//! from a folder of their own (`stac_items`).
//! Everything that a client must cope with can be asked for: footprints that miss pixels, several
//! productions of one granule, holes in the record (`POST /fill` fills them), and misbehaviour of every kind
//! ([`Fault`]).
//!
//! ```text
//! seed, holdings ─> record ─> catalog ─> search ─> item ──────────> server ─> client
//!           folder ─> real granules ┘             planet ─> cog writer ┘
//! ```

mod blobs;
mod catalog;
mod chance;
mod cog_writer;
mod counters;
mod export;
mod fields;
mod footprint;
mod granule_name;
mod grid_reference;
mod item;
mod misbehave;
mod planet;
mod real_granules;
mod record;
mod rendered;
mod sas;
mod search;
mod search_request;
mod server;
mod stac_items;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::catalog::Catalog;
pub use self::counters::{BlobReads, Counters, Stats};
pub use self::export::{Export, ExportError, Exported};
pub use self::granule_name::{GranuleNameError, Platform, PlatformError};
use self::misbehave::Misbehaviour;
pub use self::misbehave::{Fault, FaultError};
use self::planet::Planet;
pub use self::real_granules::RealGranulesError;
pub use self::record::{COMPOSITES, Holdings};
use self::rendered::Renderer;
use self::sas::Signer;
use self::server::{Shared, router};
use self::stac_items::StacItems;
pub use self::stac_items::StacItemsError;

/// How a sandbox is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Address to listen on.
    pub host: String,
    /// Port to listen on; 0 takes any free one.
    pub port: u16,
    /// Decides everything that is made up.
    pub seed: u64,
    /// Which generated granules there are.
    pub holdings: Holdings,
    /// A folder of real granules to serve instead of generated ones.
    pub granules: Option<PathBuf>,
    /// A folder of STAC items of any product, and of the files beside them, to serve instead.
    pub items: Option<PathBuf>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// How many attempts at an address passing misbehaviour hits.
    pub failing_attempts: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 0,
            seed: 1,
            holdings: Holdings::default(),
            granules: None,
            items: None,
            faults: Vec::new(),
            failing_attempts: 1,
        }
    }
}

/// Why a sandbox does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The folder of granules cannot be served.
    #[error(transparent)]
    Granules(#[from] RealGranulesError),
    /// The folder of items cannot be served.
    #[error(transparent)]
    Items(#[from] StacItemsError),
    /// The export failed.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The server stopped by itself.
    #[error("the sandbox's server stopped: {0}")]
    Served(io::Error),
    /// A result cannot be shown.
    #[error("cannot write to stdout: {0}")]
    Output(io::Error),
}

/// Starts sandboxes.
#[derive(Debug)]
pub struct Sandbox;

/// A sandbox at work. Dropping it stops it; [`Running::shutdown`] waits until it has stopped.
#[derive(Debug)]
pub struct Running {
    /// `http://host:port`.
    pub url: String,
    /// The STAC root.
    pub catalog_url: String,
    /// The token endpoint; `/{account}/{container}` follows it. Empty where files need no token.
    pub sign_url: String,
    /// How many granules, or items, the catalogue holds.
    pub granules: usize,
    /// Days of the year on which its composites begin.
    pub due_days: Vec<u32>,
    /// What it has been asked for.
    pub counters: Arc<Counters>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
}

impl Sandbox {
    /// Starts a sandbox on the current Tokio runtime.
    pub async fn start(options: Options) -> Result<Running, SandboxError> {
        let address = format!("{}:{}", options.host, options.port);
        let listen = |source| SandboxError::Listen { address: address.clone(), source };
        let listener = TcpListener::bind(&address).await.map_err(listen)?;
        let bound: SocketAddr = listener.local_addr().map_err(listen)?;
        let url = format!("http://{bound}");

        let seed = options.seed;
        let planet = Arc::new(Planet::new(seed));
        let items = options.items.as_deref().map(StacItems::load).transpose()?;
        let catalog = if items.is_some() {
            Catalog::of_made(seed, Vec::new())
        } else if let Some(folder) = &options.granules {
            Catalog::of_files(seed, real_granules::scan(folder)?)
        } else {
            let positions = record::land_positions(planet.land());
            Catalog::of_made(seed, record::granules(seed, &positions, &options.holdings))
        };
        let misbehaviour = Misbehaviour::new(seed, options.faults, options.failing_attempts);
        let catalog = catalog.without(misbehaviour.absent());
        let shown = catalog.entries.iter().filter(|entry| catalog.shows(entry)).count();
        let granules = items.as_ref().map_or(shown, StacItems::len);
        let needs_tokens = items.is_none();
        let due_days = catalog.days().into_iter().collect();
        let counters = Arc::new(Counters::default());
        let app = router(Arc::new(Shared {
            catalog,
            items,
            renderer: Renderer::new(planet),
            signer: Signer::new(seed, misbehaviour.token_seconds()),
            misbehaviour,
            counters: Arc::clone(&counters),
            base: url.clone(),
        }));
        // Without this, small answers wait for the client's delayed acknowledgement. A socket that
        // refuses is slower and works.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let stopped = async move { drop(stopped.await) };
            axum::serve(listener, app).with_graceful_shutdown(stopped).await
        });
        Ok(Running {
            catalog_url: format!("{url}/api/stac/v1"),
            sign_url: if needs_tokens { format!("{url}/api/sas/v1/token") } else { String::new() },
            url,
            granules,
            due_days,
            counters,
            stop: Some(stop),
            server,
        })
    }
}

impl Running {
    /// Stops accepting, gives requests under way two seconds, and ends.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        if tokio::time::timeout(Duration::from_secs(2), &mut self.server).await.is_err() {
            self.server.abort();
        }
    }

    /// Waits until the server stops by itself, which it does only when something is wrong.
    pub async fn failed(&mut self) -> SandboxError {
        let error = match (&mut self.server).await {
            Ok(Ok(())) => io::Error::other("it ended without an error"),
            Ok(Err(error)) => error,
            Err(error) => io::Error::other(error),
        };
        SandboxError::Served(error)
    }
}
