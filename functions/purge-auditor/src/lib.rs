//! Deletes what is past its retention.
//!
//! `POST /sweep`, by the scheduler every hour, deletes every overdue object of every bucket that
//! keeps image data. It lists only the key range that can hold overdue objects, so its cost follows
//! what is overdue, not what is stored.

mod config;
mod routes;
mod sweep;

use std::sync::Arc;

use axum::Router;
use darkroom_gcp::function::StartError;
use darkroom_gcp::storage::ObjectStore;

pub use config::Config;

use sweep::Sweeper;

/// The auditor's routes.
///
/// # Errors
///
/// When there are no Google credentials.
pub async fn app(config: Config) -> Result<Router, StartError> {
    let storage = ObjectStore::connect(&config.storage).await?;
    Ok(routes::router(Arc::new(Sweeper::new(config, storage))))
}
