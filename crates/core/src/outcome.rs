//! What became of an event: the one place that says which failures are retried.

use std::error::Error;

/// How the handling of an event ended.
#[derive(Debug)]
pub enum Outcome {
    /// The work is done.
    Done,
    /// There was nothing to do (for instance, a duplicate of finished work).
    Skipped(&'static str),
    /// The event can never be handled; it is recorded and not wanted again.
    Rejected(String),
    /// The infrastructure failed; the event must come again.
    Retry(Box<dyn Error + Send + Sync>),
}

impl Outcome {
    /// The infrastructure failed with `error`.
    pub fn retry(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry(error.into())
    }
}
