//! The sweep: delete everything overdue.

use std::ops::Add;

use darkroom_core::retention::Retention;
use darkroom_gcp::clock::ClockError;
use darkroom_gcp::storage::{Buckets, ObjectStore, StorageError, StoredObject};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use crate::Config;

/// Key ranges listed at a time. Each holds a page of names, so memory does not grow with what is
/// stored.
const LISTINGS: usize = 32;

/// Deletions under way at a time in each key range.
const DELETIONS: usize = 8;

/// Deletes what is overdue.
#[derive(Debug)]
pub(crate) struct Sweeper {
    config: Config,
    storage: ObjectStore,
}

/// What a sweep did, and by which time it judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct SweepReport {
    pub(crate) as_of: Timestamp,
    #[serde(flatten)]
    pub(crate) counts: Counts,
}

/// How many objects a sweep met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Overdue, and gone now.
    pub(crate) deleted: u64,
    /// In an hour that holds overdue ones, but not due themselves.
    pub(crate) not_due: u64,
    /// Listings that broke off and deletions that failed.
    pub(crate) failed: u64,
}

impl Sweeper {
    pub(crate) fn new(config: Config, storage: ObjectStore) -> Self {
        Self { config, storage }
    }

    /// Deletes every overdue object of every bucket, and goes on past failures.
    pub(crate) async fn sweep(&self) -> Result<SweepReport, ClockError> {
        let as_of = self.config.clock.now().await?;
        let mut counts = Counts::default();
        let Buckets {
            ingest,
            archive,
            records,
        } = &self.config.buckets;
        for bucket in [ingest, archive, records] {
            let shards = stream::iter(0..=u8::MAX);
            let shards = shards.map(|shard| self.sweep_shard(bucket, shard, as_of));
            counts = counts + sum(shards.buffer_unordered(LISTINGS)).await;
        }
        let report = SweepReport { as_of, counts };
        tracing::info!(?report, "sweep done");
        Ok(report)
    }

    async fn sweep_shard(&self, bucket: &str, shard: u8, as_of: Timestamp) -> Counts {
        let range = Retention::SEVEN_DAYS.overdue_keys(shard, as_of);
        let objects = self.storage.list(bucket, &range.start, &range.end);
        let purged = objects.map(|object| async {
            let purged = self.purge(bucket, object, as_of).await;
            purged.unwrap_or_else(|error| {
                tracing::error!(bucket, shard, %error, "not purged");
                Counts {
                    failed: 1,
                    ..Counts::default()
                }
            })
        });
        sum(purged.buffer_unordered(DELETIONS)).await
    }

    async fn purge(
        &self,
        bucket: &str,
        object: Result<StoredObject, StorageError>,
        as_of: Timestamp,
    ) -> Result<Counts, StorageError> {
        let object = object?;
        if !Retention::SEVEN_DAYS.is_overdue(object.received_at(), as_of) {
            return Ok(Counts {
                not_due: 1,
                ..Counts::default()
            });
        }
        self.storage
            .delete(bucket, &object.name, object.generation)
            .await?;
        Ok(Counts {
            deleted: 1,
            ..Counts::default()
        })
    }
}

async fn sum(counts: impl futures::Stream<Item = Counts>) -> Counts {
    counts
        .fold(Counts::default(), async |sum, counts| sum + counts)
        .await
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            deleted: self.deleted + other.deleted,
            not_due: self.not_due + other.not_due,
            failed: self.failed + other.failed,
        }
    }
}
