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

/// What the writing thread is told.
enum Job {
    Change(Change),
    /// To end, after what came before, and to say when it has let go of the database.
    Stop(oneshot::Sender<()>),
}

/// A handle on the writing thread.
#[derive(Debug, Clone)]
pub(crate) struct Writer(mpsc::Sender<Job>);

/// What the writing thread works with.
pub(crate) struct Parts {
    pub(crate) database: Arc<Database>,
    pub(crate) blobs: Blobs,
    pub(crate) clock: Clock,
    pub(crate) outbox: Outbox,
}

impl Writer {
    /// Starts the thread. It ends when it is told to, or with the last handle.
    pub(crate) fn start(parts: Parts) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let work = move || run(parts, receiver);
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
        let job = Job::Change(Box::new(job));
        self.0.send(job).await.map_err(|_| stopped())?;
        receiver.await.map_err(|_| stopped())?
    }

    /// Ends the thread once it has made the changes that it has.
    pub(crate) async fn stop(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.0.send(Job::Stop(sender)).await.is_ok() {
            // An error means that it has ended already.
            let _ = receiver.await;
        }
    }
}

fn run(parts: Parts, mut receiver: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(BATCH);
    while receiver.blocking_recv_many(&mut jobs, BATCH) > 0 {
        let mut stop = None;
        let changes = jobs.drain(..).filter_map(|job| match job {
            Job::Change(change) => Some(change),
            Job::Stop(sender) => {
                stop = Some(sender);
                None
            }
        });
        commit(&parts, changes);
        if let Some(stop) = stop {
            drop(parts);
            let _ = stop.send(());
            return;
        }
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
