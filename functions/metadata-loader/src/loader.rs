//! From event to row.

use darkroom_core::ImageId;
use darkroom_core::key::{ObjectKey, Part};
use darkroom_core::outcome::Outcome;
use darkroom_core::record::Record;
use darkroom_core::warehouse;
use darkroom_gcp::clock::ClockError;
use darkroom_gcp::erasure::Erasures;
use darkroom_gcp::event::{EventKind, EventObject, StorageEvent};
use darkroom_gcp::storage::{NewObject, ObjectRef, ObjectStore, StorageError};
use darkroom_gcp::warehouse::{Batcher, InsertError, Row};

use crate::Config;
use crate::load_error::LoadError;

/// What a record is loaded with.
#[derive(Debug, Clone)]
pub(crate) struct Loader {
    config: Config,
    storage: ObjectStore,
    erasures: Erasures,
    batcher: Batcher,
}

/// Why a record is not in the warehouse.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the record is gone")]
    Gone,
    #[error("the image is to be erased")]
    Erased,
    /// It can never be loaded.
    #[error("{0}")]
    Unloadable(String),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Insert(InsertError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error("it cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Handles one event of the records bucket.
pub(crate) async fn handle(loader: Loader, event: StorageEvent) -> Outcome {
    let StorageEvent { kind, object } = event;
    let image_id = match loader.record_of(kind, &object) {
        Ok(image_id) => image_id,
        Err(outcome) => return outcome,
    };
    let result = match loader.load(image_id, &object).await {
        Err(Failure::Unloadable(reason)) => {
            let noted = loader.note(image_id, &object, &reason).await;
            noted.map(|()| Outcome::Rejected(format!("{image_id}: {reason}")))
        }
        result => result.map(|()| Outcome::Done),
    };
    match result {
        Ok(outcome) => outcome,
        Err(Failure::Gone) => Outcome::Skipped("the record is gone: it was purged"),
        Err(Failure::Erased) => Outcome::Skipped("the image is to be erased, as was asked for"),
        Err(failure) => Outcome::retry(failure),
    }
}

impl Loader {
    pub(crate) fn new(config: Config, storage: ObjectStore, batcher: Batcher) -> Self {
        let erasures = Erasures::new(storage.clone(), config.erasures_bucket.clone());
        Self {
            config,
            storage,
            erasures,
            batcher,
        }
    }

    /// The image whose record an event announces, or what becomes of the event otherwise.
    fn record_of(&self, kind: EventKind, object: &EventObject) -> Result<ImageId, Outcome> {
        if kind != EventKind::Finalized {
            let reason = "the event is of a deleted object, and only finalized ones are loaded";
            return Err(Outcome::Rejected(reason.to_owned()));
        }
        if object.bucket != self.config.records_bucket {
            let reason = format!(
                "the event is of bucket {}, not the records bucket",
                object.bucket
            );
            return Err(Outcome::Rejected(reason));
        }
        match object.name.parse() {
            Ok(ObjectKey {
                image_id,
                part: Part::Record,
            }) => Ok(image_id),
            Ok(ObjectKey {
                part: Part::LoadError,
                ..
            }) => Err(Outcome::Skipped(
                "a load error is for operators, not for the warehouse",
            )),
            _ => {
                let reason = "the object's name is not shard/hour/image_id/record.json";
                Err(Outcome::Rejected(reason.to_owned()))
            }
        }
    }

    async fn load(&self, image_id: ImageId, object: &EventObject) -> Result<(), Failure> {
        if self.erasures.is_requested(image_id).await? {
            return Err(Failure::Erased);
        }
        let source = ObjectRef {
            bucket: &object.bucket,
            name: &object.name,
            generation: Some(object.generation),
        };
        let bytes = match self.storage.read(source, Record::MOST_BYTES).await {
            Err(StorageError::NotFound) => return Err(Failure::Gone),
            Err(error @ StorageError::TooLarge { .. }) => {
                return Err(Failure::Unloadable(error.to_string()));
            }
            bytes => bytes?,
        };
        let record: Record = serde_json::from_slice(&bytes)
            .map_err(|error| Failure::Unloadable(format!("the record is malformed: {error}")))?;
        if record.image_id != image_id {
            let reason = "the record is of another image than its name says";
            return Err(Failure::Unloadable(reason.to_owned()));
        }
        let insert_id = format!("{image_id}-{}", object.generation);
        let row = Row {
            insert_id,
            json: warehouse::row(&record)?,
        };
        Ok(self.batcher.insert(row, bytes.len()).await?)
    }

    /// Leaves word, beside the record, of why it is not in the warehouse.
    async fn note(
        &self,
        image_id: ImageId,
        object: &EventObject,
        reason: &str,
    ) -> Result<(), Failure> {
        let tried_at = self.config.clock.now().await?;
        let generation = object.generation;
        let error = LoadError {
            image_id,
            generation,
            tried_at,
            reason,
        };
        let new = NewObject {
            bucket: &object.bucket,
            name: ObjectKey::new(image_id, Part::LoadError).to_string(),
            content_type: "application/json",
            custom_time: Some(object.custom_time.unwrap_or(object.time_created)),
            metadata: None,
        };
        self.storage
            .create(new, serde_json::to_vec(&error)?.into())
            .await?;
        Ok(())
    }
}

impl From<InsertError> for Failure {
    fn from(error: InsertError) -> Self {
        match error {
            InsertError::Refused(_) => Self::Unloadable(error.to_string()),
            error => Self::Insert(error),
        }
    }
}
