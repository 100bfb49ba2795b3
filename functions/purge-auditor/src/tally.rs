//! What a walk has met.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many objects of a bucket a sweep met, and in what state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Counts {
    /// Due, and gone now.
    pub(crate) deleted: u64,
    /// Of the deleted, those whose grace was over: an earlier sweep should have deleted them.
    pub(crate) late: u64,
    /// Not due.
    pub(crate) kept: u64,
    /// Listings that broke off and deletions that failed.
    pub(crate) failed: u64,
    /// Still there, though their grace is over.
    pub(crate) overdue: u64,
    /// Under a hold.
    pub(crate) held: u64,
    /// Generations that another took the place of.
    pub(crate) noncurrent: u64,
    /// Of a name that no function gives.
    pub(crate) outside_layout: u64,
    /// Copies that do not carry the time of their image's receipt.
    pub(crate) without_custom_time: u64,
    /// Came in a day ago and are not processed yet.
    pub(crate) waiting: u64,
    /// Since when the first of these waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waiting_since: Option<Timestamp>,
}

/// What a walk met, also by hour of receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    /// What is still stored.
    pub(crate) stored: BTreeMap<Timestamp, u64>,
    /// What the walk deleted.
    pub(crate) swept: BTreeMap<Timestamp, u64>,
    /// Whether there is more that was not met.
    pub(crate) broken_off: bool,
}

impl Tally {
    pub(crate) fn of(counts: Counts) -> Self {
        Self {
            counts,
            ..Self::default()
        }
    }

    pub(crate) fn broken_off() -> Self {
        Self {
            broken_off: true,
            ..Self::default()
        }
    }

    /// Counts an object of this hour that is still stored; without an hour it is in no books.
    pub(crate) fn store(&mut self, hour: Option<Timestamp>) {
        if let Some(hour) = hour {
            *self.stored.entry(hour).or_default() += 1;
        }
    }

    /// Counts an object of this hour that the walk deleted.
    pub(crate) fn sweep(&mut self, hour: Option<Timestamp>) {
        if let Some(hour) = hour {
            *self.swept.entry(hour).or_default() += 1;
        }
    }

    /// Both together.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.counts = self.counts.with(other.counts);
        add(&mut self.stored, other.stored);
        add(&mut self.swept, other.swept);
        self.broken_off |= other.broken_off;
        self
    }
}

/// Adds counts by hour.
pub(crate) fn add(sum: &mut BTreeMap<Timestamp, u64>, other: BTreeMap<Timestamp, u64>) {
    for (hour, count) in other {
        *sum.entry(hour).or_default() += count;
    }
}

impl Counts {
    fn with(self, other: Self) -> Self {
        let since = [self.waiting_since, other.waiting_since];
        Self {
            deleted: self.deleted + other.deleted,
            late: self.late + other.late,
            kept: self.kept + other.kept,
            failed: self.failed + other.failed,
            overdue: self.overdue + other.overdue,
            held: self.held + other.held,
            noncurrent: self.noncurrent + other.noncurrent,
            outside_layout: self.outside_layout + other.outside_layout,
            without_custom_time: self.without_custom_time + other.without_custom_time,
            waiting: self.waiting + other.waiting,
            waiting_since: since.into_iter().flatten().min(),
        }
    }
}
