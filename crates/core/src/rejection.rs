//! Why an image cannot be processed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The reason an image was turned away: bad input, which no retry mends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{detail}")]
pub struct Rejection {
    /// The kind of reason, for programs.
    pub code: RejectionCode,
    /// The reason in words: what was seen and what is allowed.
    pub detail: String,
}

/// The kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RejectionCode {
    /// No bytes at all.
    Empty,
    /// More bytes than allowed.
    TooManyBytes,
    /// The first bytes are of no format that is processed.
    UnsupportedFormat,
    /// Width times height is over the limit.
    TooManyPixels,
    /// One side is over the limit.
    SideTooLong,
    /// More animation frames or pages than allowed.
    TooManyFrames,
    /// Decoding it would take more memory than there is.
    TooMuchMemory,
    /// Truncated, corrupt, or not what its header says.
    Malformed,
}

impl Rejection {
    /// A rejection with its reason in words.
    #[must_use]
    pub fn new(code: RejectionCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}
