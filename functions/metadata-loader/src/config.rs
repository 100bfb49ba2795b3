//! What the loader is told by its environment.

use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::StorageConfig;
use darkroom_gcp::warehouse::WarehouseConfig;

/// The loader's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) storage: StorageConfig,
    pub(crate) warehouse: WarehouseConfig,
    pub(crate) clock: Clock,
    pub(crate) records_bucket: String,
    pub(crate) erasures_bucket: String,
}

impl Config {
    /// Reads `RECORDS_BUCKET`, `ERASURES_BUCKET` and what the storage and the warehouse need.
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let storage = StorageConfig::from_env(env);
        let warehouse = WarehouseConfig::from_env(env);
        let clock = Clock::from_env(env);
        let records_bucket = env.required("RECORDS_BUCKET");
        let erasures_bucket = env.required("ERASURES_BUCKET");
        Some(Self {
            storage,
            warehouse: warehouse?,
            clock,
            records_bucket: records_bucket?,
            erasures_bucket: erasures_bucket?,
        })
    }
}
