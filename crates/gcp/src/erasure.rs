//! The erasures that were asked for, in a bucket of their own.

use darkroom_core::ImageId;
use darkroom_core::erasure::{
    Erased, Request, erased_image, erased_name, request_name, requested_image,
};
use futures::TryStreamExt;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::storage::{NewObject, ObjectRef, ObjectStore, StorageError};

/// Far more than a request takes.
const MOST_BYTES: u64 = 4 * 1024;

/// Reads and writes the requests for erasure.
#[derive(Debug, Clone)]
pub struct Erasures {
    storage: ObjectStore,
    bucket: String,
}

/// How far the erasure of an image has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasureState {
    /// The image.
    pub image_id: ImageId,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When nothing was left.
    pub erased_at: Option<Timestamp>,
}

/// An erasure cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// Cloud Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It is not what was written.
    #[error("the erasure cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl Erasures {
    /// The erasures in `bucket`.
    #[must_use]
    pub fn new(storage: ObjectStore, bucket: String) -> Self {
        Self { storage, bucket }
    }

    /// Asks for an image to be erased. What was asked for before stays as it is.
    ///
    /// # Errors
    ///
    /// The infrastructure's.
    pub async fn request(&self, request: &Request) -> Result<(), ErasureError> {
        self.write(request_name(request.image_id), request).await
    }

    /// Writes down that nothing is left of an image.
    ///
    /// # Errors
    ///
    /// The infrastructure's.
    pub async fn complete(&self, erased: &Erased) -> Result<(), ErasureError> {
        self.write(erased_name(erased.image_id), erased).await
    }

    /// Whether an image is to be erased, or has been: nothing of it may be written any more.
    ///
    /// # Errors
    ///
    /// The infrastructure's.
    pub async fn is_requested(&self, id: ImageId) -> Result<bool, StorageError> {
        let found = self.storage.find(self.object(&request_name(id))).await?;
        Ok(found.is_some())
    }

    /// How far the erasure of an image has come; nothing when it was never asked for.
    ///
    /// # Errors
    ///
    /// The infrastructure's.
    pub async fn state(&self, id: ImageId) -> Result<Option<ErasureState>, ErasureError> {
        let Some(request) = self.read::<Request>(&request_name(id)).await? else {
            return Ok(None);
        };
        let erased = self.read::<Erased>(&erased_name(id)).await?;
        Ok(Some(ErasureState {
            image_id: id,
            requested_at: request.requested_at,
            erased_at: erased.map(|erased| erased.erased_at),
        }))
    }

    /// Every erasure, by image: as many as were asked for in the month that they are kept.
    ///
    /// # Errors
    ///
    /// The infrastructure's.
    pub async fn all(&self) -> Result<Vec<ErasureState>, StorageError> {
        let mut all: Vec<ErasureState> = Vec::new();
        let mut erased = std::collections::BTreeMap::new();
        let mut objects = Box::pin(self.storage.list(&self.bucket, "", ""));
        while let Some(object) = objects.try_next().await? {
            if let Some(image_id) = requested_image(&object.name) {
                all.push(ErasureState {
                    image_id,
                    requested_at: object.created_at,
                    erased_at: None,
                });
            } else if let Some(image_id) = erased_image(&object.name) {
                erased.insert(image_id.to_string(), object.created_at);
            }
        }
        for state in &mut all {
            state.erased_at = erased.get(&state.image_id.to_string()).copied();
        }
        Ok(all)
    }

    async fn write(&self, name: String, content: &impl Serialize) -> Result<(), ErasureError> {
        let new = NewObject {
            bucket: &self.bucket,
            name,
            content_type: "application/json",
            custom_time: None,
            metadata: None,
        };
        let bytes = serde_json::to_vec(content)?;
        self.storage.create(new, bytes.into()).await?;
        Ok(())
    }

    async fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ErasureError> {
        match self.storage.read(self.object(name), MOST_BYTES).await {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(StorageError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn object<'a>(&'a self, name: &'a str) -> ObjectRef<'a> {
        ObjectRef {
            bucket: &self.bucket,
            name,
            generation: None,
        }
    }
}
