//! What keeps data alive, or must not: looked at by every sweep, one result for each.

mod buckets;
mod findings;
mod kafka;
mod warehouse;

use serde::{Deserialize, Serialize};

pub(crate) use buckets::check_bucket;
pub(crate) use findings::{backlog, books, breaches, erasures, objects, rows};
pub(crate) use kafka::{SETTINGS, TopicSettings, check_topics};
pub(crate) use warehouse::{check_tables, check_time_travel};

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Check {
    /// What was looked at: `place/property`.
    pub(crate) id: String,
    pub(crate) status: Status,
    pub(crate) seen: String,
    pub(crate) expected: String,
    /// What mends it; empty when nothing is to be mended.
    pub(crate) mend: String,
}

/// Whether all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// As it is expected.
    Ok,
    /// It could not be looked at, or it is not certain yet.
    Warn,
    /// Data can outlive its time or has, was lost before it, or evidence can be changed.
    Violation,
}

/// What a bucket keeps, which decides how it must be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// What came in: its age counts from its creation.
    Ingest,
    /// Copies that carry the time of their image's receipt.
    Copies,
    /// Requests for erasure.
    Erasures,
    /// Reports.
    Evidence,
}

impl Check {
    pub(crate) fn new(
        id: impl Into<String>,
        status: Status,
        (seen, expected): (String, impl Into<String>),
        mend: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            status,
            seen,
            expected: expected.into(),
            mend: match status {
                Status::Ok => String::new(),
                Status::Warn | Status::Violation => mend.into(),
            },
        }
    }
}
