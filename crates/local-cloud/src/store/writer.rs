//! The one thread that changes the database. Changes that come while a commit is being made share
//! the next one.

use std::sync::Arc;

use redb::Database;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use super::blob::{BlobId, Blobs};
use super::transaction::Transaction;
use crate::clock::Clock;
use crate::events::outbox::Outbox;

/// How many changes may wait.
const QUEUE: usize = 1024;
/// How many changes may share a commit.
const BATCH: usize = 256;

/// Applies a change and returns what tells the caller, once the commit is made or has failed.
type Change = Box<dyn FnOnce(&mut Transaction<'_>) -> Result<Tell, StoreError> + Send>;
type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A handle on the writing thread.
#[derive(Debug, Clone)]
pub(crate) struct Writer(mpsc::Sender<Change>);

/// What the writing thread works with.
pub(crate) struct Parts {
    pub(crate) database: Arc<Database>,
    pub(crate) blobs: Blobs,
    pub(crate) clock: Clock,
    pub(crate) outbox: Outbox,
}

impl Writer {
    /// Starts the thread. It ends with the last handle.
    pub(crate) fn start(parts: Parts) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let work = move || run(&parts, receiver);
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(work)?;
        Ok(Self(sender))
    }

    /// Makes one change and waits until it is on the disk.
    pub(crate) async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job = move |transaction: &mut Transaction<'_>| match change(transaction) {
            Err(error @ StoreError::Internal(_)) => {
                let _ = sender.send(Err(error.clone()));
                Err(error)
            }
            outcome => Ok(Box::new(move |committed: Result<(), StoreError>| {
                let _ = sender.send(committed.and(outcome));
            }) as Tell),
        };
        let stopped = || StoreError::internal("the store is closed");
        self.0.send(Box::new(job)).await.map_err(|_| stopped())?;
        receiver.await.map_err(|_| stopped())?
    }
}

fn run(parts: &Parts, mut receiver: mpsc::Receiver<Change>) {
    let mut changes = Vec::with_capacity(BATCH);
    while receiver.blocking_recv_many(&mut changes, BATCH) > 0 {
        commit(parts, changes.drain(..));
    }
}

fn commit(parts: &Parts, changes: impl Iterator<Item = Change>) {
    let mut tells = Vec::new();
    let outcome = apply(parts, changes, &mut tells);
    if let Err(error) = &outcome {
        tracing::error!(%error, "a commit failed");
    }
    for tell in tells {
        tell(outcome.as_ref().map(|_| ()).map_err(Clone::clone));
    }
    let Ok(released) = outcome else { return };
    parts.outbox.announce();
    for blob in released {
        if let Err(error) = parts.blobs.remove(blob) {
            tracing::warn!(%blob, %error, "a blob could not be removed");
        }
    }
}

/// Applies `changes` in one commit and returns the blobs that nothing refers to any more.
fn apply(
    parts: &Parts,
    changes: impl Iterator<Item = Change>,
    tells: &mut Vec<Tell>,
) -> Result<Vec<BlobId>, StoreError> {
    let database = parts.database.begin_write()?;
    let mut released = Vec::new();
    for change in changes {
        let mut transaction = Transaction::new(&database, &parts.outbox, parts.clock.now());
        tells.push(change(&mut transaction)?);
        released.append(&mut transaction.released);
    }
    parts.blobs.sync_names()?;
    database.commit()?;
    Ok(released)
}
