//! From message to ingest object.

use darkroom_core::key::ObjectKey;
use darkroom_gcp::clock::{Clock, ClockError};
use darkroom_gcp::function::StartError;
use darkroom_gcp::storage::{
    Created, NewObject, ObjectRef, ObjectStore, StorageConfig, StorageError,
};
use rdkafka::error::KafkaError;

use crate::dead_letters::DeadLetters;
use crate::message::{Image, Message, Poison, Reference, Source};

/// Where images go.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Where Cloud Storage is.
    pub storage: StorageConfig,
    /// The ingest bucket.
    pub bucket: String,
    /// The buckets that messages may refer to.
    pub reference_buckets: Vec<String>,
    /// The time of day.
    pub clock: Clock,
    /// The cluster's name.
    pub cluster: String,
}

/// Takes messages in.
#[derive(Clone)]
pub(crate) struct Intake {
    destination: Destination,
    storage: ObjectStore,
    dead_letters: DeadLetters,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Its image is in the ingest bucket now.
    Stored,
    /// Its image was there already, from an earlier delivery.
    AlreadyStored,
    /// It can never be taken in, and is a dead letter now.
    DeadLettered(Poison),
}

/// The message is not taken in yet: the infrastructure failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntakeError {
    /// Cloud Storage did.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The dead-letter topic did.
    #[error("the dead letter was not written: {0}")]
    DeadLetter(#[from] KafkaError),
    /// The clock did.
    #[error(transparent)]
    Clock(#[from] ClockError),
}

enum Failure {
    Poison(Poison),
    Storage(StorageError),
}

impl Intake {
    /// Connects to Cloud Storage.
    ///
    /// # Errors
    ///
    /// When there are no credentials.
    pub(crate) async fn new(
        destination: Destination,
        dead_letters: DeadLetters,
    ) -> Result<Self, StartError> {
        let storage = ObjectStore::connect(&destination.storage).await?;
        Ok(Self {
            destination,
            storage,
            dead_letters,
        })
    }

    /// Takes a message in: when this returns, its image is stored or it is a dead letter, for good.
    ///
    /// # Errors
    ///
    /// When the infrastructure fails; then it is to be tried again.
    pub(crate) async fn take(&self, message: &Message) -> Result<Taken, IntakeError> {
        let now = self.destination.clock.now().await?;
        let stored = match message.image(&self.destination.cluster, now) {
            Ok(image) => self.store(image).await,
            Err(poison) => Err(Failure::Poison(poison)),
        };
        match stored {
            Ok(Created::New) => Ok(Taken::Stored),
            Ok(Created::AlreadyThere) => Ok(Taken::AlreadyStored),
            Err(Failure::Storage(error)) => Err(error.into()),
            Err(Failure::Poison(poison)) => {
                self.dead_letters.write(message, &poison).await?;
                Ok(Taken::DeadLettered(poison))
            }
        }
    }

    async fn store(&self, image: Image) -> Result<Created, Failure> {
        let name = ObjectKey::original(image.id).to_string();
        let bucket = &self.destination.bucket;
        let metadata = Some(image.metadata);
        match image.source {
            Source::Bytes {
                bytes,
                content_type,
            } => {
                let new = NewObject {
                    bucket,
                    name,
                    content_type: &content_type,
                    custom_time: None,
                    metadata,
                };
                self.storage
                    .create(new, bytes)
                    .await
                    .map_err(Failure::Storage)
            }
            Source::Object(reference) => {
                let new = NewObject {
                    bucket,
                    name,
                    // The processor goes by the bytes.
                    content_type: "application/octet-stream",
                    custom_time: None,
                    metadata,
                };
                self.copy(&reference, new).await
            }
        }
    }

    async fn copy(&self, reference: &Reference, new: NewObject<'_>) -> Result<Created, Failure> {
        let Reference {
            bucket,
            name,
            generation,
        } = reference;
        // Our identity can read what the sender may not: only what was opened to senders is taken.
        if !self.destination.reference_buckets.contains(bucket) {
            return Err(Failure::Poison(Poison::Bucket(bucket.clone())));
        }
        let source = ObjectRef {
            bucket,
            name,
            generation: *generation,
        };
        match self.storage.copy(source, new).await {
            Err(StorageError::NotFound) => Err(Failure::Poison(Poison::MissingObject)),
            result => result.map_err(Failure::Storage),
        }
    }
}
