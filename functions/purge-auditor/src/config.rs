//! What the auditor is told by its environment.

use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::{Buckets, StorageConfig};

/// The auditor's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) storage: StorageConfig,
    pub(crate) clock: Clock,
    pub(crate) buckets: Buckets,
}

impl Config {
    /// Reads what storage, clock and [`Buckets`] need.
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let storage = StorageConfig::from_env(env);
        let clock = Clock::from_env(env);
        let buckets = Buckets::from_env(env);
        Some(Self {
            storage,
            clock,
            buckets: buckets?,
        })
    }
}
