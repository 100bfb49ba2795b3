//! What sweeps found, as rows to ask. The proof is not these rows but the reports in the evidence.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One check of one sweep: a row of the table `audit_checks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditCheck {
    /// When the sweep judged.
    pub as_of: Timestamp,
    /// The number of the sweep's report in the evidence.
    pub report: u64,
    /// What was looked at: `place/property`.
    pub check_id: String,
    /// What it came to: `ok`, `warn` or `violation`.
    pub status: Status,
    /// What was seen.
    pub seen: String,
    /// What is expected.
    pub expected: String,
    /// What mends it; empty when nothing is to be mended.
    pub mend: String,
}

/// What a check came to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it is expected.
    Ok,
    /// It could not be looked at, or it is not certain yet.
    Warn,
    /// Data can outlive its time or has, was lost before it, or evidence can be changed.
    Violation,
}

impl AuditCheck {
    /// Its `insertId`: a sweep looks at each thing once.
    #[must_use]
    pub fn insert_id(&self) -> String {
        format!("{}/{}", self.report, self.check_id)
    }
}
