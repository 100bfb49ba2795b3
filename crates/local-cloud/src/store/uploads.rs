//! Resumable uploads: objects that come in several requests, even over a restart.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use redb::{ReadTransaction, ReadableTable};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use uuid::Uuid;

use super::blob::BlobId;
use super::new_blob::BlobWriter;
use super::tables::UPLOADS;
use super::{ExpectedChecksums, Insert, Object, ObjectKey, Preconditions, Store, StoreError};

/// How long an upload can be taken up again
/// (<https://cloud.google.com/storage/docs/resumable-uploads>).
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What an upload is to become.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    /// What the object shall be called.
    pub bucket: String,
    /// What the object shall be called in its bucket.
    pub name: String,
    /// Its writable fields.
    pub template: Object,
    /// What its bytes should be.
    pub expected: ExpectedChecksums,
    /// What must hold of the object that it replaces.
    pub preconditions: Preconditions,
}

/// An upload as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    upload: Upload,
    blob: BlobId,
    begun: Timestamp,
    /// What became of it.
    finished: Option<Object>,
}

/// The uploads that this process has written to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uploads(Arc<Mutex<HashMap<String, Arc<AsyncMutex<BlobWriter>>>>>);

/// How far an upload has come.
#[derive(Debug)]
pub enum Progress {
    /// It waits for more bytes.
    Partial(PartialUpload),
    /// It has become this object.
    Finished(Box<Object>),
}

/// An upload that waits for more bytes, which nobody else can write meanwhile.
#[derive(Debug)]
pub struct PartialUpload {
    id: String,
    session: Box<Session>,
    writer: OwnedMutexGuard<BlobWriter>,
}

impl PartialUpload {
    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.writer.size()
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`], or when the disk fails.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.writer.write(bytes).await
    }

    /// Puts what has come on the disk.
    ///
    /// # Errors
    ///
    /// When the disk fails.
    pub async fn save(&mut self) -> Result<(), StoreError> {
        self.writer.park().await
    }
}

impl Store {
    /// Begins an upload and returns its id.
    ///
    /// # Errors
    ///
    /// [`StoreError::BucketNotFound`], [`StoreError::PreconditionFailed`].
    pub async fn begin_upload(&self, upload: Upload) -> Result<String, StoreError> {
        let mut writer = self.new_blob();
        writer.park().await?;
        let id = Uuid::now_v7().simple().to_string();
        let (key, blob) = (id.clone(), writer.id());
        self.write(move |transaction| {
            let object = ObjectKey::new(&upload.bucket, &upload.name);
            super::objects::Slot::open(transaction, &object, upload.preconditions)?;
            let begun = transaction.now;
            let session = Session {
                upload,
                blob,
                begun,
                finished: None,
            };
            let mut table = transaction.database.open_table(UPLOADS)?;
            table.insert(key.as_str(), serde_json::to_vec(&session)?.as_slice())?;
            Ok(())
        })
        .await?;
        self.uploads.put(&id, writer);
        Ok(id)
    }

    /// An upload, waiting until whoever writes to it has stopped.
    ///
    /// # Errors
    ///
    /// [`StoreError::UploadNotFound`].
    pub async fn upload(&self, id: &str) -> Result<Progress, StoreError> {
        let session = self.session(id).await?;
        if let Some(object) = session.finished {
            return Ok(Progress::Finished(Box::new(object)));
        }
        let writer = match self.uploads.get(id) {
            Some(writer) => writer,
            None => self
                .uploads
                .put(id, BlobWriter::resume(&self.blobs, session.blob).await?),
        };
        let mut writer = writer.lock_owned().await;
        // It may have been finished while this waited.
        let session = self.session(id).await?;
        if let Some(object) = session.finished {
            return Ok(Progress::Finished(Box::new(object)));
        }
        writer.park().await?;
        Ok(Progress::Partial(PartialUpload {
            id: id.to_owned(),
            session: Box::new(session),
            writer,
        }))
    }

    /// Makes the object of an upload that is complete.
    ///
    /// # Errors
    ///
    /// Those of [`Store::insert_object`]; the upload is then over.
    pub async fn finish_upload(
        &self,
        mut upload: PartialUpload,
        expected: ExpectedChecksums,
    ) -> Result<Object, StoreError> {
        let writer = std::mem::replace(&mut *upload.writer, self.new_blob());
        let blob = writer.finish().await?;
        let Upload {
            bucket,
            name,
            template,
            expected: announced,
            preconditions,
        } = upload.session.upload.clone();
        let key = ObjectKey::new(bucket, name);
        let expected = expected.or(announced);
        let insert = Insert {
            key,
            template,
            blob,
            expected,
            preconditions,
        };
        let inserted = self.insert_object(insert).await;
        self.uploads.remove(&upload.id);
        match &inserted {
            Ok(object) => self.end_upload(upload, Some(object.clone())).await?,
            Err(_) => self.end_upload(upload, None).await?,
        }
        inserted
    }

    /// Gives an upload up.
    ///
    /// # Errors
    ///
    /// [`StoreError::UploadNotFound`].
    pub async fn cancel_upload(&self, id: &str) -> Result<(), StoreError> {
        if let Progress::Partial(upload) = self.upload(id).await? {
            self.uploads.remove(id);
            self.blobs.remove(upload.session.blob)?;
            self.end_upload(upload, None).await?;
        }
        Ok(())
    }

    async fn session(&self, id: &str) -> Result<Session, StoreError> {
        let (id, now) = (id.to_owned(), self.clock.now());
        self.read(move |database| {
            let table = database.open_table(UPLOADS)?;
            let row = table.get(id.as_str())?.ok_or(StoreError::UploadNotFound)?;
            let session: Session = serde_json::from_slice(row.value())?;
            Some(session)
                .filter(|session| session.is_alive(now))
                .ok_or(StoreError::UploadNotFound)
        })
        .await
    }

    /// Keeps what became of an upload, for a client that asks again, or forgets it.
    async fn end_upload(
        &self,
        upload: PartialUpload,
        object: Option<Object>,
    ) -> Result<(), StoreError> {
        let PartialUpload {
            id,
            session,
            writer,
        } = upload;
        self.write(move |transaction| {
            let mut table = transaction.database.open_table(UPLOADS)?;
            if object.is_none() {
                table.remove(id.as_str())?;
                return Ok(());
            }
            let session = Session {
                finished: object,
                ..*session
            };
            table.insert(id.as_str(), serde_json::to_vec(&session)?.as_slice())?;
            Ok(())
        })
        .await?;
        drop(writer);
        Ok(())
    }
}

impl Session {
    fn is_alive(&self, now: Timestamp) -> bool {
        now.duration_since(self.begun) < LIFE
    }
}

impl Uploads {
    fn get(&self, id: &str) -> Option<Arc<AsyncMutex<BlobWriter>>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    /// Puts `writer` there, unless there is one already.
    fn put(&self, id: &str, writer: BlobWriter) -> Arc<AsyncMutex<BlobWriter>> {
        let mut uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(AsyncMutex::new(writer));
        Arc::clone(uploads.entry(id.to_owned()).or_insert_with(new))
    }

    fn remove(&self, id: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }
}

/// The files that uploads are written to.
pub(crate) fn blobs_in_use(database: &ReadTransaction) -> Result<HashSet<BlobId>, StoreError> {
    let mut blobs = HashSet::new();
    for row in database.open_table(UPLOADS)?.iter()? {
        let session: Session = serde_json::from_slice(row?.1.value())?;
        if session.finished.is_none() {
            blobs.insert(session.blob);
        }
    }
    Ok(blobs)
}
