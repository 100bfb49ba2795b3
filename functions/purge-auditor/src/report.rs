//! What a sweep found: the content of a report in the evidence.

use std::collections::BTreeMap;

use darkroom_core::retention::Retention;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::books::{self, Books};
use crate::checks::{self, Check, Status};
use crate::records::RowCounts;
use crate::tally::Counts;
use crate::walk::{Place, Scope};

/// What a sweep did and found, and by which time it judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SweepReport {
    pub(crate) as_of: Timestamp,
    pub(crate) scope: Scope,
    pub(crate) policy: Policy,
    /// What it met in each bucket, by the bucket's name.
    pub(crate) buckets: BTreeMap<String, Counts>,
    /// What it did with rows; nothing where the warehouse did not answer.
    pub(crate) rows: Option<RowCounts>,
    /// What it did about erasures.
    pub(crate) erasures: ErasureCounts,
    /// Objects by hour of receipt.
    pub(crate) books: Books,
    /// What keeps data alive, or must not.
    pub(crate) checks: Vec<Check>,
    /// What no check can see.
    pub(crate) unseen: Vec<String>,
    /// Where the next sweep of a scope goes on, for each that broke off.
    pub(crate) unfinished: BTreeMap<Scope, Place>,
}

/// The retention that was enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) period_seconds: i64,
    pub(crate) grace_seconds: i64,
}

/// The erasures that a sweep met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ErasureCounts {
    /// Looked after: not done yet, or so fresh that something may have come back.
    pub(crate) worked_on: u64,
    /// Done by now.
    pub(crate) done: u64,
    /// Not done, because BigQuery does not let go of fresh rows, or something failed.
    pub(crate) pending: u64,
    /// Of the pending, those asked for more than a day ago.
    pub(crate) overdue: u64,
}

/// What a sweep takes over from the report before it. Of reports that were written otherwise it takes
/// what it knows.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Before {
    pub(crate) books: Books,
    pub(crate) unfinished: BTreeMap<Scope, Place>,
}

impl From<Retention> for Policy {
    fn from(retention: Retention) -> Self {
        Self {
            period_seconds: retention.period().as_secs(),
            grace_seconds: retention.grace().as_secs(),
        }
    }
}

impl SweepReport {
    /// The report as it follows the one that holds `head`, which may be of a sweep that was under way at
    /// the same time.
    pub(crate) fn following(mut self, head: Before, retention: Retention) -> Self {
        self.books = books::merged(self.books, &head.books, retention, self.as_of);
        let balance = checks::books(&self.books, retention, self.as_of);
        self.checks.push(balance);
        let mut unfinished = head.unfinished;
        unfinished.remove(&self.scope);
        self.unfinished.append(&mut unfinished);
        self
    }

    /// How many objects it deleted.
    pub(crate) fn deleted(&self) -> u64 {
        self.buckets.values().map(|counts| counts.deleted).sum()
    }

    /// How many listings and deletions failed.
    pub(crate) fn failed(&self) -> u64 {
        self.buckets.values().map(|counts| counts.failed).sum()
    }

    /// The checks that came to a violation.
    pub(crate) fn violations(&self) -> impl Iterator<Item = &Check> {
        let checks = self.checks.iter();
        checks.filter(|check| check.status == Status::Violation)
    }
}
