//! Arithmetic beside the runtime that waits for I/O.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::error::Error;

/// Threads for arithmetic: never more at work than there are cores.
#[derive(Clone, Debug)]
pub(crate) struct Cores {
    free: Arc<Semaphore>,
    count: usize,
}

impl Default for Cores {
    fn default() -> Self {
        let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { free: Arc::new(Semaphore::new(count)), count }
    }
}

impl Cores {
    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Runs arithmetic on a thread of its own, once a core is free.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let failed = |message: String| Error::Internal { message };
        let permit = Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(|error| failed(error.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(|error| failed(error.to_string()))
    }
}
