//! What the processor is told by its environment.

use darkroom_core::image::Recipe;
use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::StorageConfig;

/// The memory budget where `MEMORY_BUDGET_MIB` is unset: fits an instance of 2 GiB.
const MEMORY_BUDGET_MIB: u32 = 1_536;

/// The processor's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) storage: StorageConfig,
    pub(crate) clock: Clock,
    pub(crate) ingest_bucket: String,
    pub(crate) archive_bucket: String,
    pub(crate) records_bucket: String,
    pub(crate) memory_budget_mib: u32,
    pub(crate) recipe: Recipe,
}

impl Config {
    /// Reads `INGEST_BUCKET`, `ARCHIVE_BUCKET` and `RECORDS_BUCKET`; optionally
    /// `MEMORY_BUDGET_MIB` (what images in work may take together) and `KEEP_GPS` (`true` keeps the
    /// camera's position in the record).
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let storage = StorageConfig::from_env(env);
        let clock = Clock::from_env(env);
        let ingest_bucket = env.required("INGEST_BUCKET");
        let archive_bucket = env.required("ARCHIVE_BUCKET");
        let records_bucket = env.required("RECORDS_BUCKET");
        let memory_budget_mib = env
            .optional("MEMORY_BUDGET_MIB")
            .unwrap_or(MEMORY_BUDGET_MIB);
        let keep_gps = env.optional("KEEP_GPS").unwrap_or(false);
        Some(Self {
            storage,
            clock,
            ingest_bucket: ingest_bucket?,
            archive_bucket: archive_bucket?,
            records_bucket: records_bucket?,
            memory_budget_mib,
            recipe: Recipe {
                keep_gps,
                ..Recipe::default()
            },
        })
    }
}
