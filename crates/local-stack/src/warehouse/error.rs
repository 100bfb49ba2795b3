//! What can go wrong with the warehouse.

use std::io;
use std::path::PathBuf;

/// Why the warehouse did not start, or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// The Python environment is not there.
    #[error("the warehouse's Python environment is not installed; run `make setup` first")]
    NotSetUp,
    /// The port is in use.
    #[error("port {0} on 127.0.0.1 is in use; the warehouse needs it: end what uses it")]
    PortTaken(u16),
    /// The process ended or stayed silent before it answered.
    #[error("the warehouse did not start; {} ends with:\n{tail}", log.display())]
    NotStarted {
        /// Its log file.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The process cannot be run or its files cannot be made.
    #[error("cannot run the warehouse: {0}")]
    Process(#[from] io::Error),
    /// A definition of a table or view cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Definition {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// There was no answer, or not in BigQuery's form.
    #[error("the warehouse does not answer: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The warehouse said no.
    #[error("the warehouse refused {request}: {status} {message}")]
    Refused {
        /// The method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// BigQuery's message.
        message: String,
    },
}

impl WarehouseError {
    /// Whether the warehouse answered with this HTTP status.
    pub(crate) fn has_status(&self, expected: u16) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == expected)
    }
}
