//! Deletes what is past its retention, erases on request, and keeps evidence of both.
//!
//! - `POST /sweep`, by the scheduler every hour, deletes every object that is due. It lists only the
//!   names that can be due, so its cost follows what is due, not what is stored.
//! - `POST /sweep/full`, by the scheduler every day, walks through everything.
//! - `POST /` takes events: an object is gone (a row in the ledger), an erasure is asked for.
//!
//! Each sweep checks what keeps data alive, and leaves a report in the evidence bucket.

mod books;
mod checks;
pub mod commands;
mod config;
mod erase;
mod events;
mod evidence;
mod ledger;
mod records;
mod report;
mod routes;
mod sweep;
mod tally;
mod walk;

use axum::Router;
use darkroom_gcp::erasure::Erasures;
use darkroom_gcp::function::StartError;
use darkroom_gcp::storage::ObjectStore;
use darkroom_gcp::warehouse::Warehouse;

pub use config::Config;

use erase::Eraser;
use evidence::Archive;
use ledger::Ledger;
use sweep::Sweeper;

/// The auditor's routes.
///
/// # Errors
///
/// When there are no Google credentials.
pub async fn app(config: Config) -> Result<Router, StartError> {
    let storage = ObjectStore::connect(&config.storage).await?;
    let warehouse = Warehouse::connect(config.warehouse.clone()).await?;
    let ledger = Ledger::start(warehouse.clone(), config.retention);
    let eraser = Eraser {
        storage: storage.clone(),
        warehouse: warehouse.clone(),
        ledger: ledger.clone(),
        erasures: Erasures::new(storage.clone(), config.erasures_bucket.clone()),
        buckets: config.buckets.clone(),
        clock: config.clock.clone(),
    };
    Ok(routes::router(Sweeper {
        archive: Archive::new(storage.clone(), config.evidence_bucket.clone()),
        config,
        storage,
        warehouse,
        ledger,
        eraser,
    }))
}
