//! The bytes of objects: one file each, named by a unique id, or memory.

use std::collections::HashMap;
use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::StoreError;
use super::checksum::{Checksums, Hasher};

/// The largest object, in bytes: 5 GiB.
pub const MAX_OBJECT_SIZE: u64 = 5 << 30;

/// How much of a file is read at a time.
const READ_BUFFER: usize = 256 << 10;

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

    /// A new blob that can be appended to, and is removed unless it is finished and kept.
    pub(crate) fn create(&self) -> BlobWriter {
        let content = match &*self.0 {
            Place::Folder(_) => Content::File(None),
            Place::Memory(_) => Content::Memory(BytesMut::new()),
        };
        BlobWriter {
            unkept: Unkept::new(self.clone(), Uuid::now_v7()),
            content,
            hasher: Hasher::default(),
            size: 0,
        }
    }

    /// Takes up a file that was only partly written when the server ended.
    pub(crate) async fn resume(&self, id: BlobId) -> io::Result<BlobWriter> {
        let mut writer = self.create();
        writer.unkept = Unkept {
            blobs: self.clone(),
            id,
            armed: false,
        };
        let Place::Folder(folder) = &*self.0 else {
            return Ok(writer);
        };
        let mut file = match File::open(folder.join(id.to_string())).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(writer),
            file => file?,
        };
        let mut buffer = vec![0; READ_BUFFER];
        loop {
            let n = file.read(&mut buffer).await?;
            if n == 0 {
                return Ok(writer);
            }
            writer.hasher.update(&buffer[..n]);
            writer.size += n as u64;
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

/// A blob that is being written.
#[derive(Debug)]
pub struct BlobWriter {
    unkept: Unkept,
    content: Content,
    hasher: Hasher,
    size: u64,
}

#[derive(Debug)]
enum Content {
    /// Opened with the first byte, and closed whenever the writer is left alone.
    File(Option<File>),
    Memory(BytesMut),
}

impl BlobWriter {
    /// Appends `bytes`.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`], or when the disk fails.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let size = self.size + bytes.len() as u64;
        if size > MAX_OBJECT_SIZE {
            return Err(StoreError::TooLarge {
                max: MAX_OBJECT_SIZE,
            });
        }
        match &mut self.content {
            Content::Memory(memory) => memory.extend_from_slice(bytes),
            Content::File(Some(file)) => file.write_all(bytes).await?,
            Content::File(none) => {
                none.insert(self.unkept.open().await?)
                    .write_all(bytes)
                    .await?
            }
        }
        self.hasher.update(bytes);
        self.size = size;
        Ok(())
    }

    /// How many bytes there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn id(&self) -> BlobId {
        self.unkept.id
    }

    /// Puts what was written on the disk and closes the file. More can be written later, even by
    /// another process.
    pub(crate) async fn park(&mut self) -> Result<(), StoreError> {
        if let Content::File(file) = &mut self.content
            && let Some(mut file) = file.take()
        {
            file.flush().await?;
            // Whoever wrote may have been interrupted within a piece.
            file.set_len(self.size).await?;
            file.sync_data().await?;
        }
        self.unkept.armed = false;
        Ok(())
    }

    /// Puts all of it on the disk.
    ///
    /// # Errors
    ///
    /// When the disk fails.
    pub async fn finish(mut self) -> Result<NewBlob, StoreError> {
        self.unkept.armed = true;
        match &mut self.content {
            Content::Memory(memory) => self
                .unkept
                .blobs
                .put(self.unkept.id, memory.split().freeze()),
            Content::File(file) => {
                let mut file = match file.take() {
                    Some(file) => file,
                    None => self.unkept.open().await?,
                };
                file.flush().await?;
                file.sync_all().await?;
            }
        }
        Ok(NewBlob {
            checksums: self.hasher.finish(),
            size: self.size,
            unkept: self.unkept,
        })
    }
}

impl Blobs {
    fn put(&self, id: BlobId, bytes: Bytes) {
        if let Place::Memory(blobs) = &*self.0 {
            lock(blobs).insert(id, bytes);
        }
    }
}

/// A blob that is complete, and belongs to no object yet.
#[derive(Debug)]
pub struct NewBlob {
    pub(crate) checksums: Checksums,
    pub(crate) size: u64,
    unkept: Unkept,
}

impl NewBlob {
    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its checksums.
    #[must_use]
    pub fn checksums(&self) -> Checksums {
        self.checksums
    }

    pub(crate) fn id(&self) -> BlobId {
        self.unkept.id
    }

    /// From now on an object is responsible for it.
    pub(crate) fn keep(mut self) {
        self.unkept.armed = false;
    }
}

/// Removes its blob when dropped, while it is armed.
#[derive(Debug)]
struct Unkept {
    blobs: Blobs,
    id: BlobId,
    armed: bool,
}

impl Unkept {
    fn new(blobs: Blobs, id: BlobId) -> Self {
        Self {
            blobs,
            id,
            armed: true,
        }
    }

    async fn open(&self) -> io::Result<File> {
        let Place::Folder(folder) = &*self.blobs.0 else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let path = folder.join(self.id.to_string());
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .await
    }
}

impl Drop for Unkept {
    fn drop(&mut self) {
        if self.armed
            && let Err(error) = self.blobs.remove(self.id)
        {
            tracing::warn!(blob = %self.id, %error, "an unused blob could not be removed");
        }
    }
}
