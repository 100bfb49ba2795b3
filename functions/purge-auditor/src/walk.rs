//! The walk: lists names and deletes what is due.
//!
//! The names of each bucket fall into ranges that are listed side by side, each a page at a time, so
//! that memory does not grow with what is stored.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use darkroom_core::key::ObjectKey;
use darkroom_core::ledger::{Cause, Gone};
use darkroom_core::retention::{KeyRange, Retention, arrived_at, is_foreign, received_at};
use darkroom_gcp::storage::{Deleted, ObjectStore, StorageError, StoredObject};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::books;
use crate::ledger::Ledger;
use crate::tally::{Counts, Tally};

/// Ranges listed at a time.
const LISTINGS: usize = 32;

/// Deletions under way at a time in each range.
const DELETIONS: usize = 8;

/// How long a sweep waits after each try to write to the ledger.
const LEDGER_PAUSES: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(4),
];

/// When an image that came in should long be processed: Eventarc delivers its event for no longer
/// (<https://cloud.google.com/eventarc/docs/retry-events>).
const BACKLOG: SignedDuration = SignedDuration::from_hours(24);

/// Which names a walk lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Those among which everything due lies, so that its cost follows what is due.
    Due,
    /// Every one there is.
    Everything,
}

/// A bucket that keeps image data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) keeps: Keeps,
}

/// What a bucket keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// What came in: its age counts from its creation.
    Ingest,
    /// Copies that carry the time of their image's receipt.
    Copies,
}

/// Where a walk goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    /// The first name of the range.
    pub(crate) from: String,
}

/// What a walk came to.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// By bucket.
    pub(crate) tallies: BTreeMap<String, Tally>,
    /// The first range that the time did not suffice for.
    pub(crate) unfinished: Option<Place>,
}

/// What a walk needs.
pub(crate) struct Walk<'a> {
    pub(crate) storage: &'a ObjectStore,
    pub(crate) ledger: &'a Ledger,
    pub(crate) retention: Retention,
    pub(crate) scope: Scope,
    pub(crate) as_of: Timestamp,
    pub(crate) start: Instant,
    /// When it breaks off.
    pub(crate) until: Instant,
    ledger_fails: AtomicBool,
}

/// A range of a bucket's names.
struct Part {
    bucket: Bucket,
    range: KeyRange,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        storage: &'a ObjectStore,
        ledger: &'a Ledger,
        retention: Retention,
        scope: Scope,
        (as_of, start, until): (Timestamp, Instant, Instant),
    ) -> Self {
        Self {
            storage,
            ledger,
            retention,
            scope,
            as_of,
            start,
            until,
            ledger_fails: AtomicBool::new(false),
        }
    }

    /// Walks through `buckets`, from where the last walk broke off and then round to there.
    pub(crate) async fn run(&self, buckets: &[Bucket], from: Option<&Place>) -> Walked {
        let mut parts: Vec<_> = buckets
            .iter()
            .flat_map(|bucket| self.parts(bucket))
            .collect();
        let is_next = |part: &Part| Some(&part.place()) == from;
        let first = parts.iter().position(is_next).unwrap_or_default();
        parts.rotate_left(first);
        let walked = stream::iter(parts.into_iter().enumerate())
            .map(|(index, part)| async move {
                let tally = self.part(&part).await;
                (index, part, tally)
            })
            .buffer_unordered(LISTINGS)
            .collect::<Vec<_>>()
            .await;
        let broken_off = walked.iter().filter(|(_, _, tally)| tally.broken_off);
        let unfinished = broken_off.min_by_key(|(index, ..)| *index);
        let unfinished = unfinished.map(|(_, part, _)| part.place());
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        for (_, part, tally) in walked {
            let sum = tallies.entry(part.bucket.name).or_default();
            *sum = std::mem::take(sum).with(tally);
        }
        Walked {
            tallies,
            unfinished,
        }
    }

    fn parts(&self, bucket: &Bucket) -> Vec<Part> {
        let ranges = match (self.scope, bucket.keeps) {
            (Scope::Everything, _) => KeyRange::all(),
            (Scope::Due, Keeps::Copies) => self.retention.due_keys(self.as_of),
            // What is due, and what has waited for too long.
            (Scope::Due, Keeps::Ingest) => self.backlog().due_keys(self.as_of),
        };
        let parts = ranges.into_iter().map(|range| Part {
            bucket: bucket.clone(),
            range,
        });
        parts.collect()
    }

    /// By when an image that came in should be processed, whatever the retention is.
    fn backlog(&self) -> Retention {
        Retention::new(BACKLOG.min(self.retention.period()), BACKLOG)
    }

    /// One range, or as much of it as there is time for.
    async fn part(&self, part: &Part) -> Tally {
        if Instant::now() >= self.until {
            return Tally::broken_off();
        }
        let Part { bucket, range } = part;
        let objects = self.storage.list(&bucket.name, &range.start, &range.end);
        let objects = objects.take_until(tokio::time::sleep_until(self.until.into()));
        let visits = objects.map(|object| async move {
            match object {
                Ok(object) => self.visit(bucket, object).await,
                Err(error) => Tally {
                    broken_off: true,
                    ..self.failed(bucket, "", &error)
                },
            }
        });
        let tally = visits
            .buffer_unordered(DELETIONS)
            .fold(Tally::default(), async |sum, one| sum.with(one));
        let mut tally = tally.await;
        tally.broken_off |= Instant::now() >= self.until;
        tally
    }

    async fn visit(&self, bucket: &Bucket, object: StoredObject) -> Tally {
        let received_at = bucket.received_at(&object);
        let mut tally = Tally::of(self.findings(bucket, &object, received_at));
        let is_foreign = bucket.is_foreign(&object);
        // What no function made is in no books.
        let hour = (!is_foreign).then(|| books::hour(received_at));
        if !self.retention.is_due(received_at, self.as_of) {
            tally.counts.kept += 1;
            tally.store(hour);
            return tally;
        }
        let overdue = self.retention.is_overdue(received_at, self.as_of);
        match self.purge(bucket, &object, received_at).await {
            Ok(Deleted::Now) => {
                tally.counts.deleted += 1;
                tally.counts.late += u64::from(overdue);
                tally.sweep(hour);
            }
            Ok(Deleted::Before) => {}
            Err(error) => {
                tally = tally.with(self.failed(bucket, &object.name, &error));
                tally.counts.overdue += u64::from(overdue);
                tally.store(hour);
            }
        }
        tally
    }

    /// What is odd about an object.
    fn findings(&self, bucket: &Bucket, object: &StoredObject, received_at: Timestamp) -> Counts {
        let is_copy = bucket.keeps == Keeps::Copies;
        let waits = !is_copy && self.backlog().is_due(received_at, self.as_of);
        Counts {
            held: object.held.into(),
            noncurrent: object.noncurrent.into(),
            outside_layout: object.name.parse::<ObjectKey>().is_err().into(),
            without_custom_time: (is_copy && object.custom_time.is_none()).into(),
            waiting: waits.into(),
            waiting_since: waits.then_some(received_at),
            ..Counts::default()
        }
    }

    async fn purge(
        &self,
        bucket: &Bucket,
        object: &StoredObject,
        received_at: Timestamp,
    ) -> Result<Deleted, StorageError> {
        let StoredObject {
            name, generation, ..
        } = object;
        let deletion = self.storage.delete(&bucket.name, name, *generation);
        let deleted = deletion.await?;
        if deleted == Deleted::Now {
            let elapsed = SignedDuration::try_from(self.start.elapsed()).unwrap_or_default();
            let gone = Gone {
                bucket: bucket.name.clone(),
                name: name.clone(),
                generation: *generation,
                bytes: object.bytes,
                received_at,
                deleted_at: self.as_of + elapsed,
            };
            let cause = match bucket.is_foreign(object) {
                true => Cause::Foreign,
                false => Cause::Auditor,
            };
            self.record(gone, cause).await;
        }
        Ok(deleted)
    }

    /// Writes a deletion down. Where that fails, the event of the deletion does it later; and a ledger
    /// that does not answer must not hold up what is to be deleted.
    async fn record(&self, gone: Gone, cause: Cause) {
        for pause in LEDGER_PAUSES {
            if self.ledger_fails.load(Ordering::Relaxed) {
                return;
            }
            match self.ledger.record(gone.clone(), cause).await {
                Ok(_) => return,
                Err(error) => tracing::warn!(%error, "a deletion is not in the ledger yet"),
            }
            tokio::time::sleep(pause).await;
        }
        if !self.ledger_fails.swap(true, Ordering::Relaxed) {
            tracing::error!("the ledger is left to the events of this sweep's deletions");
        }
    }

    fn failed(&self, bucket: &Bucket, object: &str, error: &StorageError) -> Tally {
        tracing::error!(bucket = bucket.name, object, %error, "not listed or not purged");
        Tally::of(Counts {
            failed: 1,
            ..Counts::default()
        })
    }
}

impl Part {
    fn place(&self) -> Place {
        Place {
            bucket: self.bucket.name.clone(),
            from: self.range.start.clone(),
        }
    }
}

impl Bucket {
    /// Whether no function can have made an object of this bucket.
    fn is_foreign(&self, object: &StoredObject) -> bool {
        self.keeps == Keeps::Copies && is_foreign(&object.name, object.custom_time)
    }

    /// When the image of an object of this bucket was received.
    fn received_at(&self, object: &StoredObject) -> Timestamp {
        match self.keeps {
            Keeps::Ingest => arrived_at(object.created_at, object.custom_time),
            Keeps::Copies => received_at(&object.name, object.created_at, object.custom_time),
        }
    }
}
