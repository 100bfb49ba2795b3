//! What the processor is told by its environment.

use darkroom_core::image::Recipe;
use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::{Buckets, StorageConfig};

/// The memory budget where `MEMORY_BUDGET_MIB` is unset: fits an instance of 2 GiB.
const MEMORY_BUDGET_MIB: u32 = 1_536;

/// The processor's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) storage: StorageConfig,
    pub(crate) clock: Clock,
    pub(crate) buckets: Buckets,
    pub(crate) erasures_bucket: String,
    pub(crate) memory_budget_mib: u32,
    pub(crate) recipe: Recipe,
}

impl Config {
    /// Reads what storage, clock and [`Buckets`] need and `ERASURES_BUCKET`; optionally `MEMORY_BUDGET_MIB` (what images
    /// in work may take together) and `KEEP_GPS` (`true` keeps the camera's position in the record).
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let storage = StorageConfig::from_env(env);
        let clock = Clock::from_env(env);
        let buckets = Buckets::from_env(env);
        let erasures_bucket = env.required("ERASURES_BUCKET");
        let memory_budget_mib = env
            .optional("MEMORY_BUDGET_MIB")
            .unwrap_or(MEMORY_BUDGET_MIB);
        let keep_gps = env.optional("KEEP_GPS").unwrap_or(false);
        Some(Self {
            storage,
            clock,
            buckets: buckets?,
            erasures_bucket: erasures_bucket?,
            memory_budget_mib,
            recipe: Recipe {
                keep_gps,
                ..Recipe::default()
            },
        })
    }
}
