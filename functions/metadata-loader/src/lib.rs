//! Loads records into the warehouse.
//!
//! Many concurrent events become one insert (group commit), and each is acknowledged only when its
//! row is in. A record that cannot become a row leaves a `load-error.json` beside it and an error in
//! the log: it is neither dropped nor tried forever.

mod config;
mod load_error;
mod loader;

use axum::Router;
use darkroom_core::warehouse::TABLE;
use darkroom_gcp::event;
use darkroom_gcp::function::StartError;
use darkroom_gcp::storage::ObjectStore;
use darkroom_gcp::warehouse::{Batcher, Warehouse};

pub use config::Config;

use loader::Loader;

/// The loader's routes. Starts the task that does the inserts.
///
/// # Errors
///
/// When there are no Google credentials.
pub async fn app(config: Config) -> Result<Router, StartError> {
    let storage = ObjectStore::connect(&config.storage).await?;
    let warehouse = Warehouse::connect(config.warehouse.clone()).await?;
    let loader = Loader::new(config, storage, Batcher::start(warehouse, TABLE));
    Ok(event::router(loader, loader::handle))
}
