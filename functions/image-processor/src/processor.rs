//! From event to record.

use std::time::Instant;

use bytes::Bytes;
use darkroom_core::image::{Header, Processed, Recipe, probe, process, sniffed_type};
use darkroom_core::key::ObjectKey;
use darkroom_core::outcome::Outcome;
use darkroom_core::record::{Record, StageTiming};
use darkroom_core::rejection::Rejection;
use darkroom_gcp::clock::ClockError;
use darkroom_gcp::erasure::Erasures;
use darkroom_gcp::event::StorageEvent;
use darkroom_gcp::storage::{NewObject, ObjectRef, ObjectStore, StorageError};
use futures::future::try_join_all;
use tokio::sync::AcquireError;
use tokio::task::JoinError;

use crate::Config;
use crate::admission::Admission;
use crate::ingest::IngestedImage;
use crate::record::{Findings, derivative_key, record};

/// What an image is processed with.
#[derive(Debug, Clone)]
pub(crate) struct Processor {
    config: Config,
    storage: ObjectStore,
    erasures: Erasures,
    admission: Admission,
}

/// The infrastructure failed: the image is as good as before, and its event must come again.
#[derive(Debug, thiserror::Error)]
enum ProcessingError {
    #[error("the ingest object is gone")]
    Gone,
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error("the work was broken off: {0}")]
    BrokenOff(#[from] JoinError),
    #[error("no work is admitted any more: {0}")]
    Closed(#[from] AcquireError),
    #[error("the record cannot be written as JSON: {0}")]
    Record(#[from] serde_json::Error),
}

/// Handles one event of the ingest bucket.
pub(crate) async fn handle(processor: Processor, event: StorageEvent) -> Outcome {
    let image = match IngestedImage::new(event, &processor.config.buckets.ingest) {
        Ok(image) => image,
        Err(reason) => return Outcome::Rejected(reason.to_string()),
    };
    match processor.run(&image).await {
        Ok(()) => Outcome::Done,
        Err(ProcessingError::Gone) => {
            Outcome::Skipped("the ingest object is gone: its image is done, or was withdrawn")
        }
        Err(error) => Outcome::retry(error),
    }
}

impl Processor {
    pub(crate) fn new(config: Config, storage: ObjectStore) -> Self {
        let admission = Admission::new(config.memory_budget_mib);
        let erasures = Erasures::new(storage.clone(), config.erasures_bucket.clone());
        Self {
            config,
            storage,
            erasures,
            admission,
        }
    }

    async fn run(&self, image: &IngestedImage) -> Result<(), ProcessingError> {
        // What is to be erased must not come back. The record is the commit: what comes under its
        // name afterwards changes nothing.
        if self.erasures.is_requested(image.id).await? {
            tracing::info!(image_id = %image.id, "not processed: it is to be erased");
        } else if !self.has_record(image).await? {
            self.process(image).await?;
        }
        let object = &image.object;
        self.storage
            .delete(&object.bucket, &object.name, object.generation)
            .await?;
        Ok(())
    }

    async fn has_record(&self, image: &IngestedImage) -> Result<bool, StorageError> {
        let name = ObjectKey::record(image.id).to_string();
        let record = ObjectRef {
            bucket: &self.config.buckets.records,
            name: &name,
            generation: None,
        };
        Ok(self.storage.find(record).await?.is_some())
    }

    async fn process(&self, image: &IngestedImage) -> Result<(), ProcessingError> {
        let mut findings = Findings::default();
        let mut result = self.examine(image, &mut findings).await?;
        if let Ok(processed) = &mut result {
            timed(
                "store",
                &mut findings.stages,
                self.store_derivatives(image, processed),
            )
            .await?;
        }
        self.archive_original(image, findings.content_type).await?;
        let (now, recipe) = (self.config.clock.now().await?, &self.config.recipe.name);
        let record = record(image, findings, result.as_ref(), (recipe, now));
        self.commit(image, &record).await?;
        tracing::info!(image_id = %image.id, status = ?record.status, "image done");
        Ok(())
    }

    /// Reads and processes the image, noting on the way what a record should say even of a
    /// rejected one.
    async fn examine(
        &self,
        image: &IngestedImage,
        findings: &mut Findings,
    ) -> Result<Result<Processed, Rejection>, ProcessingError> {
        let limits = self.config.recipe.limits;
        if let Err(rejection) = limits.check_bytes(image.size()) {
            return Ok(Err(rejection));
        }
        let room = self.admission.file(image.size()).await?;
        let read = self.storage.read(image.source(), limits.bytes);
        let bytes = match timed("read", &mut findings.stages, read).await {
            Err(StorageError::NotFound) => return Err(ProcessingError::Gone),
            bytes => bytes?,
        };
        let (sha256, header) = summarise(bytes.clone(), self.config.recipe.clone()).await?;
        findings.sha256 = Some(sha256);
        findings.content_type = sniffed_type(&bytes);
        let header = match header {
            Ok(header) => header,
            Err(rejection) => return Ok(Err(rejection)),
        };
        findings.header = Some(header);
        let turn = match self.admission.pixels(header.decoded_bytes()).await? {
            Ok(turn) => turn,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let recipe = self.config.recipe.clone();
        let work = move || {
            // Held by the work itself, which goes on when its request is given up.
            let _held = (room, turn);
            process(&bytes, &header, &recipe)
        };
        let mut result = tokio::task::spawn_blocking(work).await?;
        if let Ok(processed) = &mut result {
            findings.stages.append(&mut processed.stages);
        }
        Ok(result)
    }

    /// Stores the derivatives. What an unfinished try of another version left stays as it is, because
    /// nothing in the archive is ever replaced: the record tells of what is there.
    async fn store_derivatives(
        &self,
        image: &IngestedImage,
        processed: &mut Processed,
    ) -> Result<(), ProcessingError> {
        let writes = processed.derivatives.iter_mut().map(|made| async {
            let key = derivative_key(image, made);
            let new = self.archived(image, &key, made.content_type);
            let (bytes, limit) = (Bytes::copy_from_slice(&made.bytes), self.config.recipe.limits.bytes);
            if let Some(there) = self.storage.create_or_read(new, bytes, limit).await? {
                tracing::warn!(image_id = %image.id, name = %made.name, "another version's derivative is kept");
                made.bytes = there.into();
                if let Ok(header) = probe(&made.bytes, &self.config.recipe.limits) {
                    (made.width, made.height) = (header.width, header.height);
                }
            }
            Ok::<_, ProcessingError>(())
        });
        try_join_all(writes).await?;
        Ok(())
    }

    async fn archive_original(
        &self,
        image: &IngestedImage,
        content_type: Option<&str>,
    ) -> Result<(), ProcessingError> {
        let key = ObjectKey::original(image.id);
        let content_type = content_type.unwrap_or("application/octet-stream");
        let new = self.archived(image, &key, content_type);
        match self.storage.copy(image.source(), new).await {
            // Of the object, or of the bucket it goes to: that one must be mended.
            Err(StorageError::NotFound) if !self.is_there(image).await? => {
                Err(ProcessingError::Gone)
            }
            copied => Ok(copied.map(drop)?),
        }
    }

    async fn is_there(&self, image: &IngestedImage) -> Result<bool, StorageError> {
        Ok(self.storage.find(image.source()).await?.is_some())
    }

    async fn commit(&self, image: &IngestedImage, record: &Record) -> Result<(), ProcessingError> {
        let bucket = &self.config.buckets.records;
        let key = ObjectKey::record(image.id);
        let new = NewObject {
            bucket,
            ..self.archived(image, &key, "application/json")
        };
        self.storage
            .create(new, serde_json::to_vec(record)?.into())
            .await?;
        Ok(())
    }

    /// An object of the archive that dies by the clock of its image.
    fn archived<'a>(
        &'a self,
        image: &IngestedImage,
        key: &ObjectKey,
        content_type: &'a str,
    ) -> NewObject<'a> {
        NewObject {
            bucket: &self.config.buckets.archive,
            name: key.to_string(),
            content_type,
            custom_time: Some(image.received_at()),
            metadata: None,
        }
    }
}

/// The file's hash, and its header or why it has none, worked out off the async threads.
async fn summarise(
    bytes: Bytes,
    recipe: Recipe,
) -> Result<(String, Result<Header, Rejection>), JoinError> {
    let work = move || {
        (
            darkroom_core::sha256_hex(&bytes),
            probe(&bytes, &recipe.limits),
        )
    };
    tokio::task::spawn_blocking(work).await
}

/// Waits for `work` and notes how long that took.
async fn timed<T>(stage: &str, stages: &mut Vec<StageTiming>, work: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let result = work.await;
    let milliseconds = start.elapsed().as_secs_f64() * 1_000.0;
    stages.push(StageTiming {
        stage: stage.to_owned(),
        milliseconds,
    });
    result
}
