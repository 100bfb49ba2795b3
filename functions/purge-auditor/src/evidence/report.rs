//! A report's form: RFC 8785 canonical JSON, so that the same content always has the same hash.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What all reports' names begin with.
pub(crate) const FOLDER: &str = "reports/";

/// What every report holds around its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Envelope<T = serde_json::Value> {
    /// Its place in the chain, from 1.
    pub(crate) sequence: u64,
    /// The SHA-256 of the report before it, in hex; the first has none.
    pub(crate) previous: Option<String>,
    /// What was found.
    pub(crate) content: T,
}

/// A report's place in the chain and the SHA-256 of its bytes, in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Link {
    pub(crate) sequence: u64,
    pub(crate) sha256: String,
}

/// When the sweep judged, in every report's content.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct AsOf {
    pub(crate) as_of: Timestamp,
}

impl Link {
    pub(crate) fn of(sequence: u64, bytes: &[u8]) -> Self {
        Self {
            sequence,
            sha256: hex::encode(Sha256::digest(bytes)),
        }
    }
}

impl<T: Serialize> Envelope<T> {
    /// The report that follows `head`.
    pub(crate) fn after(head: Option<Link>, content: T) -> Self {
        Self {
            sequence: head.as_ref().map_or(1, |head| head.sequence + 1),
            previous: head.map(|head| head.sha256),
            content,
        }
    }

    /// The report as it is stored.
    pub(crate) fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json_canonicalizer::to_vec(self)
    }
}

impl Envelope {
    pub(crate) fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }
}

/// A report's name. Names sort as the chain does.
pub(crate) fn name(sequence: u64) -> String {
    format!("{FOLDER}{sequence:010}.json")
}

/// The place in the chain that a name tells.
pub(crate) fn sequence(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(FOLDER)?.strip_suffix(".json")?;
    let sequence = digits.parse().ok()?;
    (self::name(sequence) == name).then_some(sequence)
}
