//! The shared Icechunk repository: where it is, what it must look like, and how jobs commit to it.

mod chunk;
mod claim;
mod collect;
mod commit;
mod connect;
pub mod contention;
mod create;
mod error;
mod layout;
mod location;
mod lock;
mod probe;
mod repository;

pub use chunk::{ChunkPlace, ChunkReader, ChunkWriter, StagedChunk};
pub use collect::{Collected, LEAST_AGE_BESIDE_JOBS, STAGED_CHUNKS_LAST};
pub use commit::{CommitRequest, Committed, StopIf};
pub use connect::Access;
pub use create::Initialized;
pub use error::StoreError;
pub use layout::{Layout, array_path};
pub use location::{DEFAULT_DIRECTORY, Environment, Location, process_environment};
pub use probe::Probed;
pub use repository::{Dataset, HistoryEntry, Store};
