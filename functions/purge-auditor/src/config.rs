//! What the auditor is told by its environment.

use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::StorageConfig;

/// The auditor's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) storage: StorageConfig,
    pub(crate) clock: Clock,
    /// The buckets that keep image data.
    pub(crate) buckets: [String; 3],
}

impl Config {
    /// Reads `INGEST_BUCKET`, `ARCHIVE_BUCKET` and `RECORDS_BUCKET`.
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let storage = StorageConfig::from_env(env);
        let clock = Clock::from_env(env);
        let ingest = env.required("INGEST_BUCKET");
        let archive = env.required("ARCHIVE_BUCKET");
        let records = env.required("RECORDS_BUCKET");
        Some(Self {
            storage,
            clock,
            buckets: [ingest?, archive?, records?],
        })
    }
}
