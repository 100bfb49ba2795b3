//! One change to the store, and what follows from it when it is committed.

use jiff::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::blob::BlobId;
use super::preconditions::Version;
use super::tables::{BLOBS, BUCKETS, GENERATION, OBJECTS, Record, object_row};
use super::{Bucket, ObjectKey, StoreError};
use crate::events::EventKind;
use crate::events::outbox::Outbox;

/// The database while it is being changed.
///
/// Several changes share one commit. So a change must find everything out that can be wrong with
/// it before its first write.
pub(crate) struct Transaction<'a> {
    pub(crate) database: &'a WriteTransaction,
    /// The moment of this change, by the local clock.
    pub(crate) now: Timestamp,
    outbox: &'a Outbox,
    /// Blobs that no object has any more once this is committed.
    pub(crate) released: Vec<BlobId>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(database: &'a WriteTransaction, outbox: &'a Outbox, now: Timestamp) -> Self {
        Self {
            database,
            now,
            outbox,
            released: Vec::new(),
        }
    }

    pub(crate) fn bucket(&self, name: &str) -> Result<Bucket, StoreError> {
        let table = self.database.open_table(BUCKETS)?;
        let row = table.get(name)?.ok_or(StoreError::BucketNotFound)?;
        Ok(serde_json::from_slice(row.value())?)
    }

    pub(crate) fn put_bucket(&self, bucket: &Bucket) -> Result<(), StoreError> {
        let mut table = self.database.open_table(BUCKETS)?;
        table.insert(bucket.name.as_str(), serde_json::to_vec(bucket)?.as_slice())?;
        Ok(())
    }

    /// The live object of this name in a bucket that exists.
    pub(crate) fn object(&self, key: &ObjectKey) -> Result<Option<Record>, StoreError> {
        let table = self.database.open_table(OBJECTS)?;
        let row = table.get(object_row(key))?;
        Ok(row
            .map(|row| serde_json::from_slice(row.value()))
            .transpose()?)
    }

    /// The live object in this generation, or in any (`None`).
    pub(crate) fn source(
        &self,
        key: &ObjectKey,
        generation: Option<i64>,
    ) -> Result<Record, StoreError> {
        self.bucket(&key.bucket)?;
        self.object(key)?
            .filter(|record| generation.is_none_or(|wanted| wanted == record.object.generation))
            .ok_or_else(|| key.not_found())
    }

    /// The next generation: the time in microseconds, and always more than the last.
    pub(crate) fn next_generation(&self) -> Result<i64, StoreError> {
        let mut table = self.database.open_table(GENERATION)?;
        let last = table.get(())?.map_or(0, |row| row.value());
        let next = self.now.as_microsecond().max(last.saturating_add(1));
        table.insert((), next)?;
        Ok(next)
    }

    /// Writes a new generation in the place of `replaced`.
    pub(crate) fn finalize(
        &mut self,
        record: &Record,
        replaced: Option<Record>,
    ) -> Result<(), StoreError> {
        self.retain(record.blob)?;
        if let Some(replaced) = replaced {
            self.forget(replaced)?;
        }
        self.put_record(record)?;
        self.emit(EventKind::Finalized, record.object.clone())
    }

    /// Writes changed metadata, which is no event.
    pub(crate) fn put_record(&self, record: &Record) -> Result<(), StoreError> {
        let mut table = self.database.open_table(OBJECTS)?;
        let key = record.object.key();
        table.insert(object_row(&key), serde_json::to_vec(record)?.as_slice())?;
        Ok(())
    }

    pub(crate) fn delete(&mut self, record: Record) -> Result<(), StoreError> {
        let key = record.object.key();
        self.database
            .open_table(OBJECTS)?
            .remove(object_row(&key))?;
        self.forget(record)
    }

    fn forget(&mut self, record: Record) -> Result<(), StoreError> {
        self.release(record.blob)?;
        let mut object = record.object;
        object.time_deleted = Some(self.now);
        self.emit(EventKind::Deleted, object)
    }

    fn emit(&self, kind: EventKind, object: super::Object) -> Result<(), StoreError> {
        let appended = self.outbox.append(self.database, kind, self.now, object);
        appended.map_err(StoreError::internal)
    }

    /// One more object has these bytes.
    fn retain(&self, blob: BlobId) -> Result<(), StoreError> {
        let mut table = self.database.open_table(BLOBS)?;
        let users = table.get(blob.as_u128())?.map_or(0, |row| row.value());
        table.insert(blob.as_u128(), users + 1)?;
        Ok(())
    }

    /// One object fewer has these bytes.
    fn release(&mut self, blob: BlobId) -> Result<(), StoreError> {
        let mut table = self.database.open_table(BLOBS)?;
        let users = table.remove(blob.as_u128())?.map_or(0, |row| row.value());
        match users.checked_sub(1) {
            None | Some(0) => self.released.push(blob),
            Some(users) => {
                table.insert(blob.as_u128(), users)?;
            }
        }
        Ok(())
    }

    /// Whether the bucket holds no object.
    pub(crate) fn is_empty(&self, bucket: &str) -> Result<bool, StoreError> {
        let table = self.database.open_table(OBJECTS)?;
        if table.is_empty()? {
            return Ok(true);
        }
        let mut rows = table.range((bucket, [].as_slice())..)?;
        let first = rows.next().transpose()?;
        Ok(first.is_none_or(|(key, _)| key.value().0 != bucket))
    }
}

/// The version that preconditions on an object are about.
pub(crate) fn version(record: Option<&Record>) -> Option<Version> {
    record.map(|record| Version {
        generation: record.object.generation,
        metageneration: record.object.metageneration,
    })
}
