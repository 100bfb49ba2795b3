//! Blobs that are being written.

use std::io;

use bytes::BytesMut;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use super::StoreError;
use super::blob::{BlobId, Blobs, READ_BUFFER};
use super::checksum::{Checksums, Hasher};

/// The largest object, in bytes: 5 GiB.
pub const MAX_OBJECT_SIZE: u64 = 5 << 30;

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
    /// A new blob that can be appended to, and is removed unless it is finished and kept.
    pub(super) fn new(blobs: &Blobs) -> Self {
        let id = Uuid::now_v7();
        let content = match blobs.path(id) {
            Some(_) => Content::File(None),
            None => Content::Memory(BytesMut::new()),
        };
        let unkept = Unkept {
            blobs: blobs.clone(),
            id,
            armed: true,
        };
        Self {
            unkept,
            content,
            hasher: Hasher::default(),
            size: 0,
        }
    }

    /// Takes up a file that was only partly written when the server ended.
    pub(super) async fn resume(blobs: &Blobs, id: BlobId) -> io::Result<Self> {
        let mut writer = Self::new(blobs);
        writer.unkept = Unkept {
            blobs: blobs.clone(),
            id,
            armed: false,
        };
        let Some(path) = blobs.path(id) else {
            return Ok(writer);
        };
        let mut file = match File::open(path).await {
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
    async fn open(&self) -> io::Result<File> {
        let path = self.blobs.path(self.id).ok_or(io::ErrorKind::Unsupported)?;
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
