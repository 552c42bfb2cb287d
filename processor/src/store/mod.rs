//! The shared Icechunk repository: where it is, what it must look like, and how jobs commit to it.

mod chunk;
mod claim;
mod collect;
mod commit;
mod connect;
pub mod contention;
mod coordinates;
mod create;
mod error;
mod layout;
mod location;
mod lock;
pub mod pasted;
mod probe;
mod repository;
mod schema;
mod standing;
mod unlisted;

pub use chunk::{ChunkPlace, ChunkReader, ChunkWriter, StagedChunk};
pub use collect::{Collected, LEAST_AGE_BESIDE_JOBS, STAGED_CHUNKS_LAST};
pub use commit::{CommitRequest, Committed, StopIf};
pub use connect::Access;
pub use coordinates::CoordinateFault;
pub use create::Initialized;
pub use error::StoreError;
pub use layout::Layout;
pub use location::{DEFAULT_DIRECTORY, Environment, Location, process_environment};
pub use probe::Probed;
pub use repository::{Dataset, HistoryEntry, Store};
pub use schema::SchemaFault;
pub use standing::{Standing, is_whole};
