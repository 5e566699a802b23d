//! How many threads the layers use.

/// A pool of threads. Everything that is computed inside [`Threads::run`] spreads over it and over no
/// other; outside, rayon's global pool serves. Candle adds and multiplies tensors of more than 65,536
/// numbers on a pool of its own, which the environment variable `CANDLE_NUM_THREADS` limits.
#[derive(Debug)]
pub struct Threads {
    pool: rayon::ThreadPool,
}

/// A pool that could not be started.
#[derive(Debug, thiserror::Error)]
#[error("{count} worker threads could not be started: {reason}")]
pub struct ThreadsError {
    /// Threads asked for.
    pub count: usize,
    /// What the system said.
    pub reason: String,
}

impl Threads {
    /// A pool of `count` threads; zero means one a core.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn new(count: usize) -> Result<Self, ThreadsError> {
        rayon::ThreadPoolBuilder::new()
            .num_threads(count)
            .thread_name(|i| format!("nn-{i}"))
            .build()
            .map(|pool| Self { pool })
            .map_err(|e| ThreadsError { count, reason: e.to_string() })
    }

    /// Threads of the pool.
    pub fn count(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Runs `work` on the pool and waits for it.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }
}
