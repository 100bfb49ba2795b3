//! An event of the ingest bucket as the image it announces.

use darkroom_core::ImageId;
use darkroom_core::key::{ObjectKey, Part};
use darkroom_core::metadata::{InvalidMetadata, UploadMetadata};
use darkroom_core::retention::arrived_at;
use darkroom_gcp::event::{EventKind, EventObject, StorageEvent};
use darkroom_gcp::storage::ObjectRef;
use jiff::Timestamp;

/// An image that has arrived.
#[derive(Debug, Clone)]
pub(crate) struct IngestedImage {
    pub(crate) id: ImageId,
    pub(crate) object: EventObject,
    pub(crate) metadata: UploadMetadata,
}

/// The event announces no image that Darkroom took in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAnImage {
    #[error("the event is of a deleted object, and only finalized ones are processed")]
    Deleted,
    #[error("the event is of bucket {0}, which is not the ingest bucket")]
    OtherBucket(String),
    #[error("the object's name is not shard/hour/image_id/original")]
    OutsideTheLayout,
    #[error(transparent)]
    Metadata(#[from] InvalidMetadata),
}

impl IngestedImage {
    /// Reads an event of `bucket`.
    pub(crate) fn new(event: StorageEvent, bucket: &str) -> Result<Self, NotAnImage> {
        let StorageEvent { kind, object } = event;
        if kind != EventKind::Finalized {
            return Err(NotAnImage::Deleted);
        }
        if object.bucket != bucket {
            return Err(NotAnImage::OtherBucket(object.bucket));
        }
        let id = match object.name.parse() {
            Ok(ObjectKey {
                image_id,
                part: Part::Original,
            }) => image_id,
            _ => return Err(NotAnImage::OutsideTheLayout),
        };
        let metadata = UploadMetadata::from_object(object.metadata.iter())?;
        Ok(Self {
            id,
            object,
            metadata,
        })
    }

    /// The ingest object, in the generation of the event.
    pub(crate) fn source(&self) -> ObjectRef<'_> {
        let EventObject {
            bucket,
            name,
            generation,
            ..
        } = &self.object;
        ObjectRef {
            bucket,
            name,
            generation: Some(*generation),
        }
    }

    /// When it arrived: its retention counts from here.
    pub(crate) fn received_at(&self) -> Timestamp {
        arrived_at(self.object.time_created, self.object.custom_time)
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.object.size).unwrap_or_default()
    }
}
