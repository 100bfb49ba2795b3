//! The evidence: a report of every sweep, chained so that none can be taken out or changed unnoticed.

mod archive;
mod report;
mod verify;

pub(crate) use archive::{Archive, ChainError};
pub(crate) use report::{AsOf, Envelope, Link, name};
pub(crate) use verify::{Fault, Verifier};
