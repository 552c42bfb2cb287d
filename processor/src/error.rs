//! What a command can fail with, and the exit code of each kind.

use floe_shared::grid::{TileIndexError, TileOutsideGrid};
use floe_shared::schema::UnknownVariable;

use crate::catalog::CatalogError;
use crate::config::ConfigError;
use crate::exit::Exit;
use crate::http::HttpError;
use crate::picture::PictureError;
use crate::reader::ReadError;
use crate::scene::{SceneError, SourceError};
use crate::shard::ShardError;
use crate::store::StoreError;
use crate::target_space::SceneReadError;
use crate::tile_list::TileListError;
use floe_raster::accumulate::AccumulateError;
use floe_raster::plane::PlaneError;
use floe_raster::reduce::ReduceError;
use floe_sandbox::SandboxError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A tile that the grid does not have.
    #[error(transparent)]
    Tile(#[from] TileOutsideGrid),
    /// A text that is no tile.
    #[error(transparent)]
    TileIndex(#[from] TileIndexError),
    /// A name that is no variable.
    #[error(transparent)]
    Variable(#[from] UnknownVariable),
    /// No part of an array job.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// Arguments that do not fit each other or the dataset.
    #[error("{message}")]
    Usage {
        /// What was expected and found.
        message: String,
    },
    /// The list of tiles.
    #[error(transparent)]
    TileList(#[from] TileListError),
    /// The repository.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The catalogue.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Where scenes come from.
    #[error(transparent)]
    Scenes(#[from] SourceError),
    /// A scene that cannot be used.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// A granule's files.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A granule's pixels.
    #[error("granule file {0}")]
    Accumulate(#[from] AccumulateError),
    /// Pixels of another type than their variable's.
    #[error(transparent)]
    Plane(#[from] PlaneError),
    /// A scene's files.
    #[error(transparent)]
    SceneRead(#[from] SceneReadError),
    /// The observations of a period.
    #[error(transparent)]
    Reduce(#[from] ReduceError),
    /// The HTTP client.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A file of this machine.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The doctor found something.
    #[error("{failed} of {checks} checks failed, the first of them: {check}")]
    Unhealthy {
        /// The first check that failed.
        check: &'static str,
        /// How many failed.
        failed: usize,
        /// Of how many.
        checks: usize,
        /// The code of its failure.
        exit: Exit,
    },
    /// A store in which something does not hold.
    #[error("the store is not sound: {problems} problems")]
    Unsound {
        /// How many.
        problems: usize,
    },
    /// Ctrl-C.
    #[error("stopped; what is committed stays, and the same command continues")]
    Interrupted,
    /// A fault of Floe itself.
    #[error("internal error: {message}")]
    Internal {
        /// What happened.
        message: String,
    },
}

impl Error {
    /// Whether the command's own document tells of it already.
    pub const fn is_told(&self) -> bool {
        matches!(self, Self::Unhealthy { .. } | Self::Unsound { .. })
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::TileList(_) => Exit::Configuration,
            Self::Tile(_)
            | Self::TileIndex(_)
            | Self::Variable(_)
            | Self::Shard(_)
            | Self::Usage { .. } => Exit::Usage,
            Self::Store(error) => error.exit(),
            Self::Catalog(error) => error.exit(),
            Self::Scenes(error) => error.exit(),
            Self::SceneRead(error) => error.exit(),
            Self::Read(error) => error.exit(),
            Self::Accumulate(AccumulateError::Unfinished { .. })
            | Self::Internal { .. }
            | Self::Plane(_)
            | Self::Picture(_) => Exit::Software,
            Self::Scene(_) | Self::Reduce(_) | Self::Accumulate(_) | Self::Unsound { .. } => {
                Exit::Data
            }
            Self::Http(error) => error.exit(),
            Self::Sandbox(_) => Exit::Unavailable,
            Self::Unhealthy { exit, .. } => *exit,
            Self::Write { .. } => Exit::Io,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}
