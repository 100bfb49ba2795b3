//! The purge ledger: a row for every object of an image that is gone, kept longer than the image and
//! without anything of its sender's.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::key::ObjectKey;
use crate::retention::Retention;
use crate::sha256_hex;

/// An object that is gone: a row of the table `purge_ledger`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Purge {
    /// The bucket it was in.
    pub bucket: String,
    /// Its name; one that no function gives can hold anything, so that `sha256:` and its hash stand for it.
    pub name: String,
    /// Its generation.
    pub generation: i64,
    /// Its size in bytes.
    pub bytes: i64,
    /// When its image was received.
    pub received_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// How many seconds after its image's receipt it was deleted.
    pub age_seconds: i64,
    /// Whether it was deleted between its due time and the end of the grace, or for an erasure.
    pub within_policy: bool,
    /// Who deleted it: `auditor`, `lifecycle`, `erasure`, `replaced`, `foreign` or `unexplained`.
    pub cause: Cause,
}

/// Who deleted an object.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// A sweep, because it was due.
    Auditor,
    /// Somebody else once it was due, which only a lifecycle rule does.
    Lifecycle,
    /// An erasure that was asked for.
    Erasure,
    /// Another object of its name took its place.
    Replaced,
    /// Whoever: it was no copy that a function made.
    Foreign,
    /// Nobody who should: it was lost before it was due.
    Unexplained,
}

/// An object that is gone, before it is said why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The bucket it was in.
    pub bucket: String,
    /// Its name.
    pub name: String,
    /// Its generation.
    pub generation: i64,
    /// Its size in bytes.
    pub bytes: i64,
    /// When its image was received.
    pub received_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

impl Gone {
    /// Its row in the ledger.
    #[must_use]
    pub fn by(self, cause: Cause, retention: Retention) -> Purge {
        let Self {
            bucket,
            name,
            generation,
            bytes,
            received_at,
            deleted_at,
        } = self;
        let in_time = !retention.is_overdue(received_at, deleted_at);
        let due = retention.is_due(received_at, deleted_at);
        let within_policy = match cause {
            Cause::Auditor | Cause::Lifecycle => due && in_time,
            Cause::Erasure | Cause::Replaced | Cause::Foreign => in_time,
            Cause::Unexplained => false,
        };
        let is_key = name.parse::<ObjectKey>().is_ok();
        let hash = |name: String| format!("sha256:{}", sha256_hex(name.as_bytes()));
        Purge {
            bucket,
            name: if is_key { name } else { hash(name) },
            generation,
            bytes,
            received_at,
            deleted_at,
            age_seconds: deleted_at.duration_since(received_at).as_secs(),
            within_policy,
            cause,
        }
    }
}

impl Purge {
    /// The id by which BigQuery drops most repetitions of the row.
    #[must_use]
    pub fn insert_id(&self) -> String {
        let Self {
            bucket,
            name,
            generation,
            cause,
            ..
        } = self;
        format!("{bucket}/{name}#{generation}/{cause:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purge(deleted_at: &str, cause: Cause) -> Purge {
        let gone = Gone {
            bucket: "archive".to_owned(),
            name: "jane-doe.jpg".to_owned(),
            generation: 1,
            bytes: 10,
            received_at: "2026-11-22T10:15:00Z".parse().unwrap(),
            deleted_at: deleted_at.parse().unwrap(),
        };
        gone.by(cause, Retention::DEFAULT)
    }

    #[test]
    fn a_purge_is_within_policy_from_its_due_time_to_the_end_of_the_grace() {
        for (deleted_at, within) in [
            ("2026-11-29T10:14:59Z", false),
            ("2026-11-29T10:15:00Z", true),
            ("2026-11-29T12:15:00Z", true),
            ("2026-11-29T12:15:01Z", false),
        ] {
            for cause in [Cause::Auditor, Cause::Lifecycle] {
                assert_eq!(
                    purge(deleted_at, cause).within_policy,
                    within,
                    "{deleted_at}"
                );
            }
        }
    }

    #[test]
    fn a_name_that_no_function_gives_is_not_in_the_ledger() {
        let purge = purge("2026-11-29T10:15:00Z", Cause::Foreign);
        assert_eq!(
            purge.name,
            format!("sha256:{}", sha256_hex(b"jane-doe.jpg"))
        );
        assert!(purge.within_policy);
    }

    #[test]
    fn an_erasure_may_be_early_and_an_unexplained_loss_never() {
        let (early, due) = ("2026-11-23T10:15:00Z", "2026-11-29T10:15:00Z");
        assert!(purge(early, Cause::Erasure).within_policy);
        assert_eq!(purge(early, Cause::Erasure).age_seconds, 24 * 60 * 60);
        for deleted_at in [early, due] {
            assert!(!purge(deleted_at, Cause::Unexplained).within_policy);
        }
    }
}
