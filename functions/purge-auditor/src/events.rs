//! Events: an object of the archive or the records is gone, or an erasure is asked for.

use darkroom_core::erasure::requested_image;
use darkroom_core::key::{ObjectKey, Part};
use darkroom_core::ledger::{Cause, Gone};
use darkroom_core::outcome::Outcome;
use darkroom_core::retention::{is_foreign, received_at};
use darkroom_gcp::clock::ClockError;
use darkroom_gcp::event::{EventKind, EventObject, StorageEvent};
use darkroom_gcp::storage::{ObjectRef, StorageError};
use darkroom_gcp::warehouse::InsertError;

use crate::ledger::LedgerError;
use crate::sweep::Sweeper;

/// A deletion is not in the ledger.
#[derive(Debug, thiserror::Error)]
enum NotRecorded {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Handles one event.
pub(crate) async fn handle(sweeper: Sweeper, event: StorageEvent) -> Outcome {
    let StorageEvent { kind, object } = event;
    let buckets = &sweeper.config.buckets;
    let is_copy = object.bucket == buckets.archive || object.bucket == buckets.records;
    match kind {
        EventKind::Deleted if is_copy => deleted(&sweeper, object).await,
        EventKind::Finalized if object.bucket == sweeper.config.erasures_bucket => {
            requested(&sweeper, &object.name).await
        }
        _ => Outcome::Rejected(format!(
            "{kind:?} in bucket {}: the auditor hears of deletions in the archive and the records, and \
             of new erasures",
            object.bucket
        )),
    }
}

async fn requested(sweeper: &Sweeper, name: &str) -> Outcome {
    let Some(image) = requested_image(name) else {
        return Outcome::Skipped("it is no request for an erasure");
    };
    match sweeper.eraser.erase(image).await {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::retry(error),
    }
}

async fn deleted(sweeper: &Sweeper, object: EventObject) -> Outcome {
    match record(sweeper, object).await {
        Ok(()) => Outcome::Done,
        Err(NotRecorded::Ledger(LedgerError::Insert(error @ InsertError::Refused(_)))) => {
            Outcome::Rejected(error.to_string())
        }
        Err(error) => Outcome::retry(error),
    }
}

async fn record(sweeper: &Sweeper, object: EventObject) -> Result<(), NotRecorded> {
    let deleted_at = match object.time_deleted {
        Some(time) => time,
        None => sweeper.config.clock.now().await?,
    };
    let gone = Gone {
        received_at: received_at(&object.name, object.time_created, object.custom_time),
        bucket: object.bucket,
        name: object.name,
        generation: object.generation,
        bytes: object.size,
        deleted_at,
    };
    let cause = match is_foreign(&gone.name, object.custom_time) {
        true => Cause::Foreign,
        false => cause(sweeper, &gone).await?,
    };
    let purge = sweeper.ledger.record(gone, cause).await?;
    if purge.cause == Cause::Unexplained {
        tracing::error!(
            bucket = purge.bucket,
            object = purge.name,
            generation = purge.generation,
            age_seconds = purge.age_seconds,
            "lost before it was due"
        );
    }
    Ok(())
}

/// Who may have deleted an object. The event does not tell; where it was the auditor itself, that has
/// told the ledger too.
async fn cause(sweeper: &Sweeper, gone: &Gone) -> Result<Cause, StorageError> {
    if sweeper
        .config
        .retention
        .is_due(gone.received_at, gone.deleted_at)
    {
        return Ok(Cause::Lifecycle);
    }
    let Ok(key) = gone.name.parse::<ObjectKey>() else {
        return Ok(Cause::Foreign);
    };
    if sweeper.eraser.erasures.is_requested(key.image_id).await? {
        return Ok(Cause::Erasure);
    }
    // The processor replaces derivatives that an unfinished try left, and nothing else.
    if let Part::Derivative(_) = key.part {
        let name = ObjectRef {
            bucket: &gone.bucket,
            name: &gone.name,
            generation: None,
        };
        let successor = sweeper.storage.find(name).await?;
        if successor.is_some_and(|object| object.custom_time == Some(gone.received_at)) {
            return Ok(Cause::Replaced);
        }
    }
    Ok(Cause::Unexplained)
}
