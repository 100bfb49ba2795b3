//! Cloud Storage: the official clients, with the few operations Darkroom does and their limits.

mod bucket;
mod error;
mod signing;

use std::collections::HashMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use darkroom_core::metadata::{METADATA_KEY, UploadMetadata};
use futures::{Stream, TryStreamExt, stream};
use google_cloud_gax::exponential_backoff::{ExponentialBackoff, ExponentialBackoffBuilder};
use google_cloud_gax::options::RequestOptionsBuilder;
use google_cloud_gax::paginator::ItemPaginator;
use google_cloud_gax::retry_policy::RetryPolicyExt;
use google_cloud_storage::client::{Storage, StorageControl};
use google_cloud_storage::model::Object;
use google_cloud_storage::retry_policy::RetryableErrors;
use google_cloud_wkt as wkt;
use jiff::Timestamp;

use crate::env::Env;
use crate::function::StartError;

pub use bucket::{BucketRetention, BucketSettings, DeleteRule};
pub use error::StorageError;
pub use signing::UrlSigner;

/// What a request may take with its retries, before the caller's own retry (an event's redelivery)
/// is the better one.
const PATIENCE: Duration = Duration::from_secs(20);

/// What reading an object may take: 50 MB at the slowest that is of use.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Where Cloud Storage is.
#[derive(Debug, Clone)]
pub struct StorageConfig {
    /// An endpoint other than Google's own.
    pub endpoint: Option<String>,
}

impl StorageConfig {
    /// Reads `STORAGE_ENDPOINT`; unset means Google's own.
    pub fn from_env(env: &mut Env) -> Self {
        Self {
            endpoint: env.optional("STORAGE_ENDPOINT"),
        }
    }
}

/// The buckets that hold image data, by what they are for.
#[derive(Debug, Clone)]
pub struct Buckets {
    /// What came in and is not processed yet.
    pub ingest: String,
    /// Originals and derivatives.
    pub archive: String,
    /// Records.
    pub records: String,
}

impl Buckets {
    /// Reads `INGEST_BUCKET`, `ARCHIVE_BUCKET` and `RECORDS_BUCKET`.
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let ingest = env.required("INGEST_BUCKET");
        let archive = env.required("ARCHIVE_BUCKET");
        let records = env.required("RECORDS_BUCKET");
        Some(Self {
            ingest: ingest?,
            archive: archive?,
            records: records?,
        })
    }
}

/// Reads and writes objects with Application Default Credentials.
#[derive(Debug, Clone)]
pub struct ObjectStore {
    data: Storage,
    control: StorageControl,
}

/// Which object: bucket, name and, when it matters, generation.
#[derive(Debug, Clone, Copy)]
pub struct ObjectRef<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's name.
    pub name: &'a str,
    /// One generation of it, or the live one.
    pub generation: Option<i64>,
}

/// What an object to be created is like.
#[derive(Debug, Clone)]
pub struct NewObject<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's name.
    pub name: String,
    /// Its content type.
    pub content_type: &'a str,
    /// Its custom time, from which its retention counts; without one that counts from its creation.
    pub custom_time: Option<Timestamp>,
    /// What is known of the image, for an ingest object.
    pub metadata: Option<UploadMetadata>,
}

impl NewObject<'_> {
    fn custom_metadata(&self) -> Option<(&'static str, String)> {
        let metadata = self.metadata.as_ref()?;
        Some((METADATA_KEY, metadata.to_header()))
    }
}

/// What is known of an object that is stored.
#[derive(Debug, Clone)]
pub struct StoredObject {
    /// Its name.
    pub name: String,
    /// Its generation.
    pub generation: i64,
    /// Whether another generation took its place, or it was deleted, and it is kept nevertheless.
    pub noncurrent: bool,
    /// Whether a hold keeps it from being deleted.
    pub held: bool,
    /// Its size in bytes.
    pub bytes: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// The time it was given; objects of images carry their image's receipt.
    pub custom_time: Option<Timestamp>,
    /// The CRC32C of its bytes.
    pub crc32c: Option<u32>,
    /// Its custom metadata.
    pub metadata: HashMap<String, String>,
}

/// Whether a create-if-absent wrote something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The object is new.
    New,
    /// There was one of that name already; it is unchanged.
    AlreadyThere,
}

/// What a deletion found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// The generation was there, and is gone by this deletion.
    Now,
    /// It was gone already, perhaps by an earlier try of the same deletion.
    Before,
}

impl ObjectStore {
    /// Makes the clients.
    ///
    /// # Errors
    ///
    /// When there are no credentials.
    pub async fn connect(config: &StorageConfig) -> Result<Self, StartError> {
        let retry = || RetryableErrors.with_time_limit(PATIENCE);
        let mut data = Storage::builder()
            .with_retry_policy(retry())
            .with_backoff_policy(backoff());
        let mut control = StorageControl::builder()
            .with_retry_policy(retry())
            .with_backoff_policy(backoff());
        if let Some(endpoint) = &config.endpoint {
            data = data.with_endpoint(endpoint);
            control = control.with_endpoint(endpoint);
        }
        Ok(Self {
            data: data.build().await?,
            control: control.build().await?,
        })
    }

    /// Reads an object of at most `limit` bytes whole; its checksum is verified.
    ///
    /// # Errors
    ///
    /// [`StorageError::NotFound`], [`StorageError::TooLarge`], or the infrastructure's.
    pub async fn read(&self, object: ObjectRef<'_>, limit: u64) -> Result<Bytes, StorageError> {
        let read = tokio::time::timeout(READ_TIMEOUT, self.read_whole(object, limit));
        read.await.unwrap_or(Err(StorageError::TimedOut))
    }

    async fn read_whole(&self, object: ObjectRef<'_>, limit: u64) -> Result<Bytes, StorageError> {
        let mut request = self
            .data
            .read_object(bucket_path(object.bucket), object.name);
        if let Some(generation) = object.generation {
            request = request.set_generation(generation);
        }
        let mut response = request.send().await?;
        let size = u64::try_from(response.object().size).unwrap_or(u64::MAX);
        let mut bytes = BytesMut::with_capacity(usize::try_from(size.min(limit)).unwrap_or(0));
        while let Some(chunk) = response.next().await.transpose()? {
            if size > limit || (bytes.len() + chunk.len()) as u64 > limit {
                return Err(StorageError::TooLarge { limit });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// Creates an object unless there is one of that name.
    ///
    /// # Errors
    ///
    /// The infrastructure's.
    pub async fn create(&self, new: NewObject<'_>, bytes: Bytes) -> Result<Created, StorageError> {
        let mut request = self
            .data
            .write_object(bucket_path(new.bucket), &new.name, bytes)
            .set_if_generation_match(0)
            .set_content_type(new.content_type)
            .set_metadata(new.custom_metadata());
        if let Some(time) = new.custom_time {
            request = request.set_custom_time(to_wkt(time));
        }
        created(request.send_unbuffered().await)
    }

    /// Creates an object, or reads the one of that name that has other bytes, up to `limit` bytes: `None`
    /// when what is there now is `bytes`.
    ///
    /// # Errors
    ///
    /// [`StorageError::TooLarge`], or the infrastructure's.
    pub async fn create_or_read(
        &self,
        new: NewObject<'_>,
        bytes: Bytes,
        limit: u64,
    ) -> Result<Option<Bytes>, StorageError> {
        let there = ObjectRef {
            bucket: new.bucket,
            name: &new.name.clone(),
            generation: None,
        };
        let ours = crc32c::crc32c(&bytes);
        loop {
            if self.create(new.clone(), bytes.clone()).await? == Created::New {
                return Ok(None);
            }
            match self.find(there).await? {
                Some(found) if found.crc32c == Some(ours) => return Ok(None),
                Some(_) => match self.read(there, limit).await {
                    Err(StorageError::NotFound) => {}
                    read => return read.map(Some),
                },
                // It was deleted meanwhile.
                None => {}
            }
        }
    }

    /// Copies an object, inside Cloud Storage, unless there is one of the new name.
    ///
    /// # Errors
    ///
    /// [`StorageError::NotFound`] when the source is gone, or the infrastructure's.
    pub async fn copy(
        &self,
        source: ObjectRef<'_>,
        new: NewObject<'_>,
    ) -> Result<Created, StorageError> {
        let destination = Object::new()
            .set_content_type(new.content_type)
            .set_metadata(new.custom_metadata())
            .set_or_clear_custom_time(new.custom_time.map(to_wkt));
        let mut token = String::new();
        loop {
            let request = self
                .control
                .rewrite_object()
                .set_source_bucket(bucket_path(source.bucket))
                .set_source_object(source.name)
                .set_source_generation(source.generation.unwrap_or_default())
                .set_destination_bucket(bucket_path(new.bucket))
                .set_destination_name(&new.name)
                .set_destination(destination.clone())
                .set_if_generation_match(0_i64)
                .set_rewrite_token(&token)
                .with_idempotency(true);
            match request.send().await {
                // A large copy across locations takes several calls, each going on from the last.
                Ok(response) if !response.done => token = response.rewrite_token,
                result => return created(result),
            }
        }
    }

    /// What is known of an object, or nothing when there is none.
    ///
    /// # Errors
    ///
    /// The infrastructure's.
    pub async fn find(&self, object: ObjectRef<'_>) -> Result<Option<StoredObject>, StorageError> {
        let mut request = self
            .control
            .get_object()
            .set_bucket(bucket_path(object.bucket))
            .set_object(object.name);
        if let Some(generation) = object.generation {
            request = request.set_generation(generation);
        }
        match request.send().await.map_err(StorageError::from) {
            Ok(object) => Ok(Some(object.into())),
            Err(StorageError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a bucket is set to.
    ///
    /// # Errors
    ///
    /// [`StorageError::NotFound`] when there is none, or the infrastructure's.
    pub async fn settings(&self, bucket: &str) -> Result<BucketSettings, StorageError> {
        let request = self.control.get_bucket().set_name(bucket_path(bucket));
        Ok(request.send().await?.into())
    }

    /// Deletes one generation of an object, live or noncurrent, for good.
    ///
    /// # Errors
    ///
    /// The infrastructure's.
    pub async fn delete(
        &self,
        bucket: &str,
        name: &str,
        generation: i64,
    ) -> Result<Deleted, StorageError> {
        let request = self
            .control
            .delete_object()
            .set_bucket(bucket_path(bucket))
            .set_object(name)
            // As a precondition it would leave a noncurrent version where versioning is on.
            .set_generation(generation)
            .with_idempotency(true);
        match request.send().await.map_err(StorageError::from) {
            Ok(()) => Ok(Deleted::Now),
            Err(StorageError::NotFound) => Ok(Deleted::Before),
            Err(error) => Err(error),
        }
    }

    /// Every generation, live or noncurrent, of the objects of a bucket whose names are in
    /// `start..end`, in order of name, a page at a time.
    pub fn list(
        &self,
        bucket: &str,
        start: &str,
        end: &str,
    ) -> impl Stream<Item = Result<StoredObject, StorageError>> + use<> {
        let pages = self
            .control
            .list_objects()
            .set_parent(bucket_path(bucket))
            .set_lexicographic_start(start)
            .set_lexicographic_end(end)
            .set_versions(true)
            .by_item();
        stream::unfold(pages, async |mut pages| {
            pages.next().await.map(|object| (object, pages))
        })
        .map_ok(StoredObject::from)
        .map_err(StorageError::from)
    }
}

impl From<Object> for StoredObject {
    fn from(object: Object) -> Self {
        Self {
            name: object.name,
            generation: object.generation,
            noncurrent: object.delete_time.is_some(),
            held: object.temporary_hold || object.event_based_hold.unwrap_or_default(),
            bytes: object.size,
            // Cloud Storage always tells; an object of unknown age must not seem overdue.
            created_at: object
                .create_time
                .and_then(from_wkt)
                .unwrap_or(Timestamp::MAX),
            custom_time: object.custom_time.and_then(from_wkt),
            crc32c: object.checksums.and_then(|checksums| checksums.crc32c),
            metadata: object.metadata,
        }
    }
}

fn created<T>(result: google_cloud_storage::Result<T>) -> Result<Created, StorageError> {
    match result {
        Ok(_) => Ok(Created::New),
        Err(error) if would_replace(&error) => Ok(Created::AlreadyThere),
        Err(error) => match error.into() {
            StorageError::PreconditionFailed => Ok(Created::AlreadyThere),
            error => Err(error),
        },
    }
}

/// Whether a new object was refused because there is one of its name and this account may not replace
/// it. Accounts that create and do not delete can be told so instead of that the precondition failed:
/// to replace takes `storage.objects.delete`
/// (<https://cloud.google.com/storage/docs/access-control/iam-permissions>).
fn would_replace(error: &google_cloud_storage::Error) -> bool {
    const LACKED: &str = "storage.objects.delete";
    let status = error.status().map(|status| status.message.clone());
    let body = error
        .http_payload()
        .map(|body| String::from_utf8_lossy(body).into_owned());
    [status, body]
        .into_iter()
        .flatten()
        .any(|told| told.contains(LACKED))
}

fn backoff() -> ExponentialBackoff {
    ExponentialBackoffBuilder::new()
        .with_initial_delay(Duration::from_millis(100))
        .with_maximum_delay(Duration::from_secs(5))
        .clamp()
}

/// A bucket's name as the clients take it.
#[must_use]
pub fn bucket_path(bucket: &str) -> String {
    format!("projects/_/buckets/{bucket}")
}

fn to_wkt(time: Timestamp) -> wkt::Timestamp {
    wkt::Timestamp::clamp(time.as_second(), time.subsec_nanosecond())
}

fn from_wkt(time: wkt::Timestamp) -> Option<Timestamp> {
    Timestamp::new(time.seconds(), time.nanos()).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn refused(status: u16, body: &'static str) -> google_cloud_storage::Result<()> {
        let body = Bytes::from_static(body.as_bytes());
        Err(google_cloud_storage::Error::http(
            status,
            HeaderMap::new(),
            body,
        ))
    }

    #[test]
    fn an_object_that_may_not_be_replaced_is_there_already() {
        let body = r#"{"error": {"code": 403, "message": "Caller does not have storage.objects.delete access"}}"#;
        assert_eq!(created(refused(403, body)).unwrap(), Created::AlreadyThere);
        assert_eq!(created(refused(412, "")).unwrap(), Created::AlreadyThere);
    }

    #[test]
    fn an_account_that_may_not_create_is_told() {
        let body = r#"{"error": {"code": 403, "message": "Caller does not have storage.objects.create access"}}"#;
        assert!(matches!(
            created(refused(403, body)),
            Err(StorageError::Unavailable(_))
        ));
    }
}
