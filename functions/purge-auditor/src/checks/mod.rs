//! What keeps data alive, or must not: looked at by every sweep, one result for each.

mod buckets;
mod findings;
mod kafka;
mod warehouse;

use darkroom_core::audit::AuditCheck;
pub(crate) use darkroom_core::audit::Status;
use darkroom_gcp::warehouse::Row;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::evidence::Link;

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

    /// Its row in the warehouse, as the report `link` has it.
    pub(crate) fn row(&self, link: &Link, as_of: Timestamp) -> Row {
        let check = AuditCheck {
            as_of,
            report: link.sequence,
            check_id: self.id.clone(),
            status: self.status,
            seen: self.seen.clone(),
            expected: self.expected.clone(),
            mend: self.mend.clone(),
        };
        Row {
            insert_id: check.insert_id(),
            json: json!(check),
        }
    }
}
