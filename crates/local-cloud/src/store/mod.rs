//! Buckets and objects: what they are, how they change and where they are kept.
//!
//! Metadata is in a redb database, the bytes of each object in a file (or both in memory). An
//! object's bytes are on the disk before its metadata is committed, and what happened to it is
//! committed to the event outbox in the same transaction. Objects can share bytes: a copy copies
//! none.

mod blob;
mod bucket;
mod buckets;
mod checksum;
mod copy;
mod error;
mod lifecycle;
mod list;
mod new_blob;
mod object;
mod objects;
mod patch;
mod preconditions;
mod tables;
mod transaction;
mod uploads;
mod wire;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::InMemoryBackend;
use redb::{Database, ReadTransaction, ReadableDatabase};
use uuid::Uuid;

use crate::clock::Clock;
use crate::events::outbox::Outbox;

pub use blob::ByteStream;
pub use bucket::{
    Bucket, Cors, IamConfiguration, RetentionPolicy, SoftDeletePolicy, UniformBucketLevelAccess,
    Versioning,
};
pub use checksum::{Checksums, ExpectedChecksums};
pub use copy::{Compose, Rewrite, Source};
pub use error::StoreError;
pub use lifecycle::{Lifecycle, LifecycleAction, LifecycleCondition, LifecycleRule};
pub use list::{ListQuery, Listing};
pub use new_blob::{BlobWriter, MAX_OBJECT_SIZE, NewBlob};
pub use object::{Object, ObjectKey};
pub use objects::Insert;
pub use preconditions::Preconditions;
pub use uploads::{PartialUpload, Progress, Upload};

use blob::Blobs;
use tables::{BLOBS, BUCKETS, GENERATION, OBJECTS, SETTINGS, UPLOADS};
use transaction::Transaction;
use uploads::Uploads;
use writer::{Parts, Writer};

/// Where a store is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a folder, which is made if needed.
    Folder(PathBuf),
    /// In memory, until the store is dropped.
    Memory,
}

/// All buckets and objects. Clones are handles on the same store.
#[derive(Debug, Clone)]
pub struct Store {
    database: Arc<Database>,
    blobs: Blobs,
    clock: Clock,
    outbox: Outbox,
    uploads: Uploads,
    writer: Writer,
}

impl Store {
    /// Opens the store at `location`, and clears away what an earlier process left unfinished.
    ///
    /// # Errors
    ///
    /// When the folder cannot be used, or another process has it open.
    pub fn open(location: &Location, clock: Clock) -> Result<Self, StoreError> {
        let (database, blobs) = match location {
            Location::Folder(folder) => open_folder(folder)?,
            Location::Memory => (open_memory()?, Blobs::in_memory()),
        };
        let database = Arc::new(database);
        create_tables(&database)?;
        remove_orphans(&database, &blobs)?;
        let outbox = Outbox::new(Arc::clone(&database)).map_err(StoreError::internal)?;
        let parts = Parts {
            database: Arc::clone(&database),
            blobs: blobs.clone(),
            clock: clock.clone(),
            outbox: outbox.clone(),
        };
        let writer = Writer::start(parts)?;
        Ok(Self {
            database,
            blobs,
            clock,
            outbox,
            uploads: Uploads::default(),
            writer,
        })
    }

    /// The value of a setting that a part of the server keeps here.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let key = key.to_owned();
        self.read(move |database| {
            let table = database.open_table(SETTINGS)?;
            Ok(table.get(key.as_str())?.map(|row| row.value().to_owned()))
        })
        .await
    }

    /// Keeps the value of a setting.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.write(move |transaction| {
            let mut table = transaction.database.open_table(SETTINGS)?;
            table.insert(key.as_str(), value.as_str())?;
            Ok(())
        })
        .await
    }

    /// A new blob, to be filled with the bytes of an object.
    #[must_use]
    pub fn new_blob(&self) -> BlobWriter {
        BlobWriter::new(&self.blobs)
    }

    /// Stops writing. When all handles are dropped after this, the folder can be opened again.
    pub(crate) async fn close(&self) {
        self.writer.stop().await;
    }

    /// The events of this store's objects.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Makes one change, or none, and waits until it is on the disk.
    pub(crate) async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(change).await
    }

    async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTransaction) -> Result<T, StoreError> + Send + 'static,
    {
        let database = Arc::clone(&self.database);
        let task = move || query(&database.begin_read()?);
        tokio::task::spawn_blocking(task)
            .await
            .map_err(StoreError::internal)?
    }
}

fn open_folder(folder: &Path) -> Result<(Database, Blobs), StoreError> {
    std::fs::create_dir_all(folder)?;
    let database = Database::create(folder.join("storage.redb"))?;
    Ok((database, Blobs::in_folder(folder.join("blobs"))?))
}

fn open_memory() -> Result<Database, StoreError> {
    Ok(Database::builder().create_with_backend(InMemoryBackend::new())?)
}

fn create_tables(database: &Database) -> Result<(), StoreError> {
    let transaction = database.begin_write()?;
    transaction.open_table(BUCKETS)?;
    transaction.open_table(OBJECTS)?;
    transaction.open_table(BLOBS)?;
    transaction.open_table(UPLOADS)?;
    transaction.open_table(SETTINGS)?;
    transaction.open_table(GENERATION)?;
    transaction.commit()?;
    Ok(())
}

/// Removes the files that neither an object nor an upload has: those of a process that was killed
/// between writing the bytes and committing the metadata, or between the commit and the removal.
fn remove_orphans(database: &Database, blobs: &Blobs) -> Result<(), StoreError> {
    let transaction = database.begin_read()?;
    let in_use = transaction.open_table(BLOBS)?;
    let uploading = uploads::blobs_in_use(&transaction)?;
    let is_used = |id: Uuid| matches!(in_use.get(id.as_u128()), Ok(Some(_)) | Err(_));
    blobs.remove_unless(|id| uploading.contains(&id) || is_used(id))?;
    Ok(())
}
