//! Erasing an image: every object at every generation, and every row.

use darkroom_core::ImageId;
use darkroom_core::erasure::{AFTERCARE, Erased};
use darkroom_core::key;
use darkroom_core::ledger::{Cause, Gone};
use darkroom_core::retention::received_at;
use darkroom_gcp::clock::{Clock, ClockError};
use darkroom_gcp::erasure::{ErasureError, ErasureState, Erasures};
use darkroom_gcp::storage::{Buckets, Deleted, ObjectStore, StorageError, StoredObject};
use darkroom_gcp::warehouse::{Warehouse, WarehouseError};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::ledger::{Ledger, LedgerError};
use crate::records;
use crate::report::ErasureCounts;

/// Images whose objects are deleted at a time.
const IMAGES: usize = 16;

/// When what was under way when an erasure was asked for must have ended: no function's request takes
/// longer. Before that an erasure is not called done.
const SETTLED: SignedDuration = SignedDuration::from_mins(15);

/// Erases images.
#[derive(Clone)]
pub(crate) struct Eraser {
    pub(crate) storage: ObjectStore,
    pub(crate) warehouse: Warehouse,
    pub(crate) ledger: Ledger,
    pub(crate) erasures: Erasures,
    pub(crate) buckets: Buckets,
    pub(crate) clock: Clock,
}

/// Something of an image may be left.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EraseError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Erasure(#[from] ErasureError),
    #[error(transparent)]
    Clock(#[from] ClockError),
}

/// What was found of an image and deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Something,
}

impl Eraser {
    /// Erases an image whose erasure was just asked for. Rows that BigQuery does not let go of yet are
    /// left to a sweep.
    pub(crate) async fn erase(&self, image: ImageId) -> Result<(), EraseError> {
        let objects = self.delete_objects(image).await;
        self.delete_rows(&[image]).await?;
        objects.map(drop)
    }

    /// Works on all erasures that are not done, or were asked for so lately that an event that was
    /// under way can have brought something back. One is done once nothing was found any more.
    pub(crate) async fn work_on(&self, as_of: Timestamp) -> ErasureCounts {
        let all = match self.erasures.all().await {
            Ok(all) => all,
            Err(error) => {
                tracing::error!(%error, "the erasures cannot be listed");
                return ErasureCounts {
                    pending: 1,
                    ..ErasureCounts::default()
                };
            }
        };
        let is_past = |state: &ErasureState, time: SignedDuration| {
            let end = state.requested_at.saturating_add(time);
            end.is_ok_and(|end| end <= as_of)
        };
        let (mut open, mut settled) = (Vec::new(), Vec::new());
        for state in &all {
            if state.erased_at.is_none() || !is_past(state, AFTERCARE) {
                open.push(state.image_id);
            }
            if is_past(state, SETTLED) {
                settled.push(state.image_id);
            }
        }
        let gone = self.erase_all(&open).await;
        let done = self.complete_all(gone, &settled).await;
        let is_done =
            |state: &&ErasureState| state.erased_at.is_some() || done.contains(&state.image_id);
        let pending = all.iter().filter(|state| !is_done(state));
        ErasureCounts {
            worked_on: open.len() as u64,
            done: done.len() as u64,
            overdue: pending
                .clone()
                .filter(|state| is_past(state, AFTERCARE))
                .count() as u64,
            pending: pending.count() as u64,
        }
    }

    /// Erases images, and returns those of which nothing was found.
    async fn erase_all(&self, images: &[ImageId]) -> Vec<ImageId> {
        let objects = stream::iter(images.to_vec()).map(|image| async move {
            let found = self.delete_objects(image).await;
            (image, found)
        });
        let objects: Vec<_> = objects.buffer_unordered(IMAGES).collect().await;
        let had_rows = match self.delete_rows(images).await {
            Ok(had_rows) => had_rows,
            Err(error) => {
                tracing::error!(%error, "the rows of erased images are not deleted");
                return Vec::new();
            }
        };
        let nothing = objects
            .into_iter()
            .filter_map(|(image, found)| match found {
                Ok(Found::Nothing) => Some(image),
                Ok(Found::Something) => None,
                Err(error) => {
                    tracing::error!(%image, %error, "not erased yet");
                    None
                }
            });
        nothing.filter(|image| !had_rows.contains(image)).collect()
    }

    /// Writes down that the erasures of images are done, and returns which are.
    async fn complete_all(&self, mut images: Vec<ImageId>, settled: &[ImageId]) -> Vec<ImageId> {
        images.retain(|image| settled.contains(image));
        let done = stream::iter(images).map(|image| async move {
            match self.complete(image).await {
                Ok(()) => Some(image),
                Err(error) => {
                    tracing::error!(%image, %error, "its erasure is not written down");
                    None
                }
            }
        });
        let done = done.buffer_unordered(IMAGES);
        done.filter_map(async |image| image).collect().await
    }

    /// Deletes every generation of every object of an image. One that cannot be deleted does not hold
    /// up the others.
    async fn delete_objects(&self, image: ImageId) -> Result<Found, EraseError> {
        let Buckets {
            ingest,
            archive,
            records,
        } = &self.buckets;
        let start = key::folder(image);
        // The first name after all that begin so: a slash's successor is 0.
        let end = format!("{}0", start.trim_end_matches('/'));
        let mut result = Ok(Found::Nothing);
        for bucket in [ingest, archive, records] {
            let mut objects = Box::pin(self.storage.list(bucket, &start, &end));
            while let Some(object) = objects.next().await {
                let deleted = match object {
                    Ok(object) => self.delete_object(bucket, object).await,
                    Err(error) => Err(error.into()),
                };
                result = match (result, deleted) {
                    (Err(error), _) | (_, Err(error)) => Err(error),
                    (_, Ok(())) => Ok(Found::Something),
                };
            }
        }
        result
    }

    async fn delete_object(&self, bucket: &str, object: StoredObject) -> Result<(), EraseError> {
        let StoredObject {
            name,
            generation,
            bytes,
            created_at,
            custom_time,
            ..
        } = object;
        let deleted = self.storage.delete(bucket, &name, generation).await?;
        if deleted == Deleted::Before {
            return Ok(());
        }
        let gone = Gone {
            received_at: received_at(&name, created_at, custom_time),
            bucket: bucket.to_owned(),
            name,
            generation,
            bytes,
            deleted_at: self.clock.now().await?,
        };
        self.ledger.record(gone, Cause::Erasure).await?;
        Ok(())
    }

    /// Deletes every row of images, and returns those that had some.
    async fn delete_rows(&self, images: &[ImageId]) -> Result<Vec<ImageId>, EraseError> {
        Ok(records::delete_images(&self.warehouse, images).await?)
    }

    async fn complete(&self, image_id: ImageId) -> Result<(), EraseError> {
        let erased_at = self.clock.now().await?;
        let erased = Erased {
            image_id,
            erased_at,
        };
        self.erasures.complete(&erased).await?;
        tracing::info!(%image_id, "erased");
        Ok(())
    }
}
