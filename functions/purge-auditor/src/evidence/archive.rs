//! Writing: a report of each sweep, into a bucket that lets nobody change or delete it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use darkroom_gcp::storage::{Created, NewObject, ObjectRef, ObjectStore, StorageError};
use futures::TryStreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::report::{Envelope, Link, name, sequence};

/// A report is far smaller.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// The reports in the evidence bucket, each with the SHA-256 of the one before it.
///
/// Two sweeps at once cannot fork the chain: both try to create the same next name, Cloud Storage lets
/// one of them, and the other goes on from what that one wrote.
#[derive(Debug, Clone)]
pub(crate) struct Archive {
    storage: ObjectStore,
    bucket: String,
    /// The last report that was seen.
    known: Arc<AtomicU64>,
}

/// A report was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChainError {
    /// Cloud Storage failed.
    #[error("the evidence bucket: {0}")]
    Storage(#[from] StorageError),
    /// The newest report is none.
    #[error("the newest report, {name}, cannot be read: {reason}")]
    Head {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What was to be written is no JSON.
    #[error("the report: {0}")]
    Json(#[from] serde_json::Error),
}

impl Archive {
    pub(crate) fn new(storage: ObjectStore, bucket: String) -> Self {
        let known = Arc::default();
        Self {
            storage,
            bucket,
            known,
        }
    }

    /// Writes the next report, and returns it with its place in the chain. `content` makes it of what
    /// the report holds that it follows; where another sweep was faster, it is made anew.
    ///
    /// # Errors
    ///
    /// When the bucket cannot be read or written, or the newest report is none.
    pub(crate) async fn append<B, T>(
        &self,
        content: impl Fn(B) -> T,
    ) -> Result<(Link, T), ChainError>
    where
        B: DeserializeOwned + Default,
        T: Serialize,
    {
        loop {
            let head = self.head().await?;
            let before = match &head {
                Some((link, bytes)) => parsed(link, bytes)?,
                None => B::default(),
            };
            let content = content(before);
            let envelope = Envelope::after(head.map(|(link, _)| link), &content);
            let bytes = envelope.to_bytes()?;
            let link = Link::of(envelope.sequence, &bytes);
            let name = name(link.sequence);
            let new = NewObject {
                bucket: &self.bucket,
                name: name.clone(),
                content_type: "application/json",
                custom_time: None,
                metadata: None,
            };
            let created = self.storage.create(new, bytes.into()).await?;
            // Of that name there is another sweep's report, or this one, by a first try whose answer
            // was lost.
            if created == Created::New || Link::of(link.sequence, &self.read(&name).await?) == link
            {
                return Ok((link, content));
            }
        }
    }

    /// What is known of the newest report's content; the default before the first.
    ///
    /// # Errors
    ///
    /// When the bucket cannot be read, or the newest report is none.
    pub(crate) async fn last<B: DeserializeOwned + Default>(&self) -> Result<B, ChainError> {
        match self.head().await? {
            Some((link, bytes)) => parsed(&link, &bytes),
            None => Ok(B::default()),
        }
    }

    /// The newest report, or nothing before the first.
    async fn head(&self) -> Result<Option<(Link, Bytes)>, ChainError> {
        // Those before the last that was seen need no listing.
        let known = self.known.load(Ordering::Relaxed);
        let Some(name) = self.names(&name(known)).await?.pop() else {
            return Ok(None);
        };
        let sequence = sequence(&name).unwrap_or_default();
        self.known.store(sequence, Ordering::Relaxed);
        let bytes = self.read(&name).await?;
        Ok(Some((Link::of(sequence, &bytes), bytes)))
    }

    /// The names of all reports from `first` on, in order: some 10,000 in the time that they are kept.
    /// What else somebody put into the bucket is none, and nobody can take it out.
    pub(crate) async fn names(&self, first: &str) -> Result<Vec<String>, ChainError> {
        let objects = self.storage.list(&self.bucket, first, END);
        let names = objects.map_ok(|object| object.name);
        let mut names: Vec<_> = names.try_collect().await?;
        names.retain(|name| sequence(name).is_some());
        Ok(names)
    }

    /// A report's bytes.
    pub(crate) async fn read(&self, name: &str) -> Result<Bytes, ChainError> {
        let object = ObjectRef {
            bucket: &self.bucket,
            name,
            generation: None,
        };
        Ok(self.storage.read(object, MOST_BYTES).await?)
    }
}

fn parsed<B: DeserializeOwned>(link: &Link, bytes: &[u8]) -> Result<B, ChainError> {
    let envelope = serde_json::from_slice::<Envelope<B>>(bytes);
    let content = envelope.map(|envelope| envelope.content);
    content.map_err(|error| ChainError::Head {
        name: name(link.sequence),
        reason: error.to_string(),
    })
}

/// The first name after the reports': a slash's successor.
const END: &str = "reports0";
