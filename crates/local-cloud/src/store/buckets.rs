//! Operations on buckets.

use super::bucket::SoftDeletePolicy;
use super::preconditions::Version;
use super::tables::BUCKETS;
use super::{Bucket, Preconditions, Store, StoreError};

/// Soft delete is on for 7 days unless the bucket says otherwise
/// (<https://cloud.google.com/storage/docs/soft-delete>).
const DEFAULT_SOFT_DELETE_SECONDS: i64 = 7 * 24 * 3_600;

impl Store {
    /// Makes a bucket of this name and configuration.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] for a bad name, [`StoreError::BucketExists`].
    pub async fn create_bucket(&self, mut bucket: Bucket) -> Result<Bucket, StoreError> {
        check_name(&bucket.name)?;
        self.write(move |transaction| {
            match transaction.bucket(&bucket.name) {
                Err(StoreError::BucketNotFound) => {}
                found => return found.and(Err(StoreError::BucketExists)),
            }
            bucket.metageneration = 1;
            bucket.time_created = transaction.now;
            bucket.updated = transaction.now;
            set_effective_times(&mut bucket);
            transaction.put_bucket(&bucket)?;
            Ok(bucket)
        })
        .await
    }

    /// The bucket of this name.
    ///
    /// # Errors
    ///
    /// [`StoreError::BucketNotFound`].
    pub async fn get_bucket(&self, name: &str) -> Result<Bucket, StoreError> {
        let name = name.to_owned();
        self.read(move |database| {
            let table = database.open_table(BUCKETS)?;
            let row = table
                .get(name.as_str())?
                .ok_or(StoreError::BucketNotFound)?;
            Ok(serde_json::from_slice(row.value())?)
        })
        .await
    }

    /// All buckets whose names begin with `prefix`, by name.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn list_buckets(&self, prefix: &str) -> Result<Vec<Bucket>, StoreError> {
        let prefix = prefix.to_owned();
        self.read(move |database| {
            let table = database.open_table(BUCKETS)?;
            let mut buckets = Vec::new();
            for row in table.range(prefix.as_str()..)? {
                let (name, bucket) = row?;
                if !name.value().starts_with(&prefix) {
                    break;
                }
                buckets.push(serde_json::from_slice(bucket.value())?);
            }
            Ok(buckets)
        })
        .await
    }

    /// Changes a bucket's configuration.
    ///
    /// # Errors
    ///
    /// [`StoreError::BucketNotFound`], [`StoreError::PreconditionFailed`], whatever `change` says,
    /// and [`StoreError::Invalid`] when it would loosen a locked retention policy.
    pub async fn update_bucket<F>(
        &self,
        name: &str,
        preconditions: Preconditions,
        change: F,
    ) -> Result<Bucket, StoreError>
    where
        F: FnOnce(&Bucket) -> Result<Bucket, StoreError> + Send + 'static,
    {
        let name = name.to_owned();
        self.write(move |transaction| {
            let current = transaction.bucket(&name)?;
            preconditions.check(Some(version(&current)))?;
            let mut changed = change(&current)?;
            check_lock(&current, &changed)?;
            changed.metageneration = current.metageneration + 1;
            changed.updated = transaction.now;
            set_effective_times(&mut changed);
            transaction.put_bucket(&changed)?;
            Ok(changed)
        })
        .await
    }

    /// Deletes an empty bucket.
    ///
    /// # Errors
    ///
    /// [`StoreError::BucketNotFound`], [`StoreError::BucketNotEmpty`],
    /// [`StoreError::PreconditionFailed`].
    pub async fn delete_bucket(
        &self,
        name: &str,
        preconditions: Preconditions,
    ) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write(move |transaction| {
            let bucket = transaction.bucket(&name)?;
            preconditions.check(Some(version(&bucket)))?;
            if !transaction.is_empty(&name)? {
                return Err(StoreError::BucketNotEmpty);
            }
            transaction
                .database
                .open_table(BUCKETS)?
                .remove(name.as_str())?;
            Ok(())
        })
        .await
    }
}

fn version(bucket: &Bucket) -> Version {
    Version {
        generation: 0,
        metageneration: bucket.metageneration,
    }
}

/// Names are 3 to 222 of lower-case letters, digits, `-`, `_` and `.`, and begin and end with a
/// letter or digit (<https://cloud.google.com/storage/docs/buckets#naming>).
fn check_name(name: &str) -> Result<(), StoreError> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    let well_formed = matches!(bytes.len(), 3..=222)
        && bytes.iter().copied().all(allowed)
        && edge(bytes.first())
        && edge(bytes.last());
    let error = || StoreError::invalid(format!("Invalid bucket name: '{name}'"));
    well_formed.then_some(()).ok_or_else(error)
}

fn set_effective_times(bucket: &mut Bucket) {
    let now = bucket.updated;
    let soft_delete = bucket.soft_delete_policy.get_or_insert(SoftDeletePolicy {
        retention_duration_seconds: DEFAULT_SOFT_DELETE_SECONDS,
        effective_time: None,
    });
    soft_delete.effective_time.get_or_insert(now);
    if let Some(policy) = &mut bucket.retention_policy {
        policy.effective_time.get_or_insert(now);
    }
}

fn check_lock(current: &Bucket, changed: &Bucket) -> Result<(), StoreError> {
    let Some(locked) = current.retention_policy.filter(|policy| policy.is_locked) else {
        return Ok(());
    };
    let kept = changed.retention_policy.is_some_and(|policy| {
        policy.is_locked && policy.retention_period >= locked.retention_period
    });
    let error = || StoreError::invalid("A locked retention policy cannot be shortened or removed.");
    kept.then_some(()).ok_or_else(error)
}
