//! Operations on single objects.

use std::io;
use std::ops::Range;

use redb::ReadTransaction;

use super::blob::ByteStream;
use super::preconditions::Version;
use super::tables::{BUCKETS, OBJECTS, Record, object_row};
use super::transaction::{Transaction, version};
use super::{
    Bucket, ExpectedChecksums, NewBlob, Object, ObjectKey, Preconditions, Store, StoreError,
};

/// The most bytes a name may have (<https://cloud.google.com/storage/docs/objects#naming>).
const MAX_NAME_BYTES: usize = 1024;

/// How often a read begins anew because the object was replaced under it.
const READ_ATTEMPTS: usize = 5;

/// A new object.
#[derive(Debug)]
pub struct Insert {
    /// What it shall be called.
    pub key: ObjectKey,
    /// Its writable fields.
    pub template: Object,
    /// Its bytes.
    pub blob: NewBlob,
    /// What its bytes should be.
    pub expected: ExpectedChecksums,
    /// What must hold of the object that it replaces.
    pub preconditions: Preconditions,
}

impl Store {
    /// Makes an object, or replaces it.
    ///
    /// # Errors
    ///
    /// [`StoreError::ChecksumMismatch`], [`StoreError::BucketNotFound`],
    /// [`StoreError::PreconditionFailed`], [`StoreError::Invalid`] for a bad name, and
    /// [`StoreError::Held`] or [`StoreError::Retained`] when the old one must stay.
    pub async fn insert_object(&self, insert: Insert) -> Result<Object, StoreError> {
        check_name(&insert.key.name)?;
        insert.expected.check(insert.blob.checksums)?;
        self.write(move |transaction| {
            let Insert {
                key,
                template,
                blob,
                preconditions,
                ..
            } = insert;
            let slot = Slot::open(transaction, &key, preconditions)?;
            let mut object = slot.new_object(transaction, &key, template)?;
            object.size = blob.size;
            object.set_checksums(blob.checksums);
            let record = Record {
                object,
                blob: blob.id(),
            };
            transaction.finalize(&record, slot.replaced)?;
            blob.keep();
            Ok(record.object)
        })
        .await
    }

    /// The object of this name, in this generation or whichever is live.
    ///
    /// # Errors
    ///
    /// [`StoreError::ObjectNotFound`], [`StoreError::BucketNotFound`],
    /// [`StoreError::PreconditionFailed`] and [`StoreError::NotModified`].
    pub async fn get_object(
        &self,
        key: &ObjectKey,
        generation: Option<i64>,
        preconditions: Preconditions,
    ) -> Result<Object, StoreError> {
        let record = self.record(key, generation).await?;
        preconditions.check_read(version_of(&record.object))?;
        Ok(record.object)
    }

    /// The bytes in `range` of exactly this object.
    ///
    /// # Errors
    ///
    /// [`StoreError::ObjectNotFound`] when it is gone, or another has taken its place.
    pub async fn read_object(
        &self,
        object: &Object,
        range: Range<u64>,
    ) -> Result<ByteStream, StoreError> {
        let key = object.key();
        for _ in 0..READ_ATTEMPTS {
            let record = self.record(&key, Some(object.generation)).await?;
            match self.blobs.read(record.blob, range.clone()).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                stream => return Ok(stream?),
            }
        }
        Err(key.not_found())
    }

    /// Changes an object's metadata.
    ///
    /// # Errors
    ///
    /// As [`Self::get_object`], and whatever `change` says; [`StoreError::Invalid`] when the
    /// custom time would go back.
    pub async fn update_object<F>(
        &self,
        key: &ObjectKey,
        generation: Option<i64>,
        preconditions: Preconditions,
        change: F,
    ) -> Result<Object, StoreError>
    where
        F: FnOnce(&Object) -> Result<Object, StoreError> + Send + 'static,
    {
        let key = key.clone();
        self.write(move |transaction| {
            let Record { object, blob } = transaction.source(&key, generation)?;
            preconditions.check(Some(version_of(&object)))?;
            let mut changed = change(&object)?;
            check_custom_time(&object, &changed)?;
            changed.metageneration = object.metageneration + 1;
            changed.updated = transaction.now;
            let record = Record {
                object: changed,
                blob,
            };
            transaction.put_record(&record)?;
            Ok(record.object)
        })
        .await
    }

    /// Deletes an object.
    ///
    /// # Errors
    ///
    /// [`StoreError::ObjectNotFound`], [`StoreError::BucketNotFound`],
    /// [`StoreError::PreconditionFailed`], [`StoreError::Held`], [`StoreError::Retained`].
    pub async fn delete_object(
        &self,
        key: &ObjectKey,
        generation: Option<i64>,
        preconditions: Preconditions,
    ) -> Result<(), StoreError> {
        let key = key.clone();
        self.write(move |transaction| {
            let record = transaction.source(&key, generation)?;
            preconditions.check(Some(version_of(&record.object)))?;
            check_removable(&record.object, transaction)?;
            transaction.delete(record)
        })
        .await
    }

    async fn record(&self, key: &ObjectKey, generation: Option<i64>) -> Result<Record, StoreError> {
        let key = key.clone();
        self.read(move |database| {
            find(database, &key)?
                .filter(|record| generation.is_none_or(|wanted| wanted == record.object.generation))
                .ok_or_else(|| key.not_found())
        })
        .await
    }
}

fn find(database: &ReadTransaction, key: &ObjectKey) -> Result<Option<Record>, StoreError> {
    if let Some(row) = database.open_table(OBJECTS)?.get(object_row(key))? {
        return Ok(Some(serde_json::from_slice(row.value())?));
    }
    let bucket = database.open_table(BUCKETS)?.get(key.bucket.as_str())?;
    bucket.map(|_| None).ok_or(StoreError::BucketNotFound)
}

/// A place where a new generation may be written: its bucket, and what it replaces.
pub(crate) struct Slot {
    bucket: Bucket,
    pub(crate) replaced: Option<Record>,
}

impl Slot {
    /// Checks all that could forbid writing to `key`.
    pub(crate) fn open(
        transaction: &Transaction<'_>,
        key: &ObjectKey,
        preconditions: Preconditions,
    ) -> Result<Self, StoreError> {
        let bucket = transaction.bucket(&key.bucket)?;
        let replaced = transaction.object(key)?;
        preconditions.check(version(replaced.as_ref()))?;
        if let Some(record) = &replaced {
            check_removable(&record.object, transaction)?;
        }
        Ok(Self { bucket, replaced })
    }

    /// `template` as a new generation of `key`, still without content.
    pub(crate) fn new_object(
        &self,
        transaction: &Transaction<'_>,
        key: &ObjectKey,
        template: Object,
    ) -> Result<Object, StoreError> {
        let storage_class = match template.storage_class {
            class if class.is_empty() => self.bucket.storage_class.clone(),
            class => class,
        };
        let policy = self
            .bucket
            .retention_policy
            .filter(|policy| policy.retention_period > 0);
        let period = policy.map(|policy| jiff::SignedDuration::from_secs(policy.retention_period));
        let now = transaction.now;
        Ok(Object {
            name: key.name.clone(),
            bucket: key.bucket.clone(),
            generation: transaction.next_generation()?,
            metageneration: 1,
            storage_class,
            event_based_hold: template.event_based_hold || self.bucket.default_event_based_hold,
            retention_expiration_time: period.and_then(|period| now.saturating_add(period).ok()),
            time_created: now,
            updated: now,
            time_deleted: None,
            ..template
        })
    }
}

fn version_of(object: &Object) -> Version {
    Version {
        generation: object.generation,
        metageneration: object.metageneration,
    }
}

fn check_name(name: &str) -> Result<(), StoreError> {
    let forbidden = |c: char| matches!(c, '\r' | '\n');
    let well_formed = matches!(name.len(), 1..=MAX_NAME_BYTES)
        && !name.contains(forbidden)
        && name != "."
        && name != "..";
    well_formed
        .then_some(())
        .ok_or_else(|| StoreError::invalid("Invalid object name."))
}

/// A custom time can be set later, and never earlier or back to none
/// (<https://cloud.google.com/storage/docs/metadata#custom-time>).
fn check_custom_time(old: &Object, new: &Object) -> Result<(), StoreError> {
    let error = || StoreError::invalid("Custom time cannot be removed or set to an earlier time.");
    (new.custom_time >= old.custom_time)
        .then_some(())
        .ok_or_else(error)
}

fn check_removable(object: &Object, transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let ObjectKey { bucket, name } = object.key();
    if object.temporary_hold || object.event_based_hold {
        return Err(StoreError::Held { bucket, name });
    }
    match object
        .retention_expiration_time
        .filter(|until| *until > transaction.now)
    {
        Some(until) => Err(StoreError::Retained {
            bucket,
            name,
            until,
        }),
        None => Ok(()),
    }
}
