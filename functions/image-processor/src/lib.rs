//! Turns each ingested image into derivatives, an archived original and a record.
//!
//! On each finalized object of the ingest bucket: derivatives, then the original, then
//! `record.json`, all create-if-absent, then the ingest object is deleted. The record is the commit
//! marker: killed anywhere, the event's redelivery completes the work.

mod admission;
mod config;
mod ingest;
mod processor;
mod record;

use axum::Router;
use darkroom_gcp::event;
use darkroom_gcp::function::StartError;
use darkroom_gcp::storage::ObjectStore;

pub use config::Config;

use processor::Processor;

/// The processor's routes.
///
/// # Errors
///
/// When there are no Google credentials.
pub async fn app(config: Config) -> Result<Router, StartError> {
    let storage = ObjectStore::connect(&config.storage).await?;
    Ok(event::router(
        Processor::new(config, storage),
        processor::handle,
    ))
}
