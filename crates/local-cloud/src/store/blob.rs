//! The bytes of objects: one file each, named by a unique id, or memory.

use std::collections::HashMap;
use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

/// How much of a file is read at a time.
pub(super) const READ_BUFFER: usize = 256 << 10;

/// The bytes of an object as they are read.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// The name of a blob.
pub(crate) type BlobId = Uuid;

/// All blobs of a store.
#[derive(Debug, Clone)]
pub(crate) struct Blobs(Arc<Place>);

#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Memory(Mutex<HashMap<BlobId, Bytes>>),
}

impl Blobs {
    pub(crate) fn in_folder(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self(Arc::new(Place::Folder(folder))))
    }

    pub(crate) fn in_memory() -> Self {
        Self(Arc::new(Place::Memory(Mutex::default())))
    }

    /// Makes a blob of bytes in memory.
    pub(super) fn put(&self, id: BlobId, bytes: Bytes) {
        if let Place::Memory(blobs) = &*self.0 {
            lock(blobs).insert(id, bytes);
        }
    }

    /// The blob's file, unless it is in memory.
    pub(super) fn path(&self, id: BlobId) -> Option<PathBuf> {
        match &*self.0 {
            Place::Folder(folder) => Some(folder.join(id.to_string())),
            Place::Memory(_) => None,
        }
    }

    /// The bytes of `range` (within the blob's size).
    pub(crate) async fn read(&self, id: BlobId, range: Range<u64>) -> io::Result<ByteStream> {
        match &*self.0 {
            Place::Folder(folder) => {
                let mut file = File::open(folder.join(id.to_string())).await?;
                file.seek(SeekFrom::Start(range.start)).await?;
                let part = file.take(range.end.saturating_sub(range.start));
                Ok(ReaderStream::with_capacity(part, READ_BUFFER).boxed())
            }
            Place::Memory(blobs) => {
                let blob = lock(blobs)
                    .get(&id)
                    .cloned()
                    .ok_or(io::ErrorKind::NotFound)?;
                let in_blob = |n| usize::try_from(n).unwrap_or(usize::MAX).min(blob.len());
                let part = blob.slice(in_blob(range.start)..in_blob(range.end));
                Ok(stream::iter([Ok(part)]).boxed())
            }
        }
    }

    pub(crate) fn remove(&self, id: BlobId) -> io::Result<()> {
        match &*self.0 {
            Place::Folder(folder) => match std::fs::remove_file(folder.join(id.to_string())) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
            Place::Memory(blobs) => {
                lock(blobs).remove(&id);
                Ok(())
            }
        }
    }

    /// Makes the names of new files as durable as their bytes.
    pub(crate) fn sync_names(&self) -> io::Result<()> {
        match &*self.0 {
            Place::Folder(folder) => std::fs::File::open(folder)?.sync_all(),
            Place::Memory(_) => Ok(()),
        }
    }

    /// Removes every blob that is not `wanted`.
    pub(crate) fn remove_unless(&self, wanted: impl Fn(BlobId) -> bool) -> io::Result<()> {
        let Place::Folder(folder) = &*self.0 else {
            return Ok(());
        };
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| Uuid::try_parse(name).ok());
            if let Some(id) = id.filter(|id| !wanted(*id)) {
                self.remove(id)?;
            }
        }
        Ok(())
    }
}

fn lock(blobs: &Mutex<HashMap<BlobId, Bytes>>) -> MutexGuard<'_, HashMap<BlobId, Bytes>> {
    blobs.lock().unwrap_or_else(PoisonError::into_inner)
}
