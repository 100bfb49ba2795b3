//! What can go wrong with an object, by what the caller can do about it.

use google_cloud_gax::error::rpc::Code;

/// Why an operation on an object failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There is no such object or generation.
    #[error("there is no such object")]
    NotFound,
    /// The object is not in the state the request asked for.
    #[error("the object has changed or is there already")]
    PreconditionFailed,
    /// The object is larger than the caller reads.
    #[error("the object is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes the caller reads.
        limit: u64,
    },
    /// The bytes did not come in time.
    #[error("Cloud Storage did not send the object in time")]
    TimedOut,
    /// Cloud Storage did not do it, retries included.
    #[error("Cloud Storage: {0}")]
    Unavailable(#[source] Box<google_cloud_storage::Error>),
}

impl From<google_cloud_storage::Error> for StorageError {
    fn from(error: google_cloud_storage::Error) -> Self {
        let code = error.status().map(|status| status.code);
        match (error.http_status_code(), code) {
            (Some(404), _) | (_, Some(Code::NotFound)) => Self::NotFound,
            (Some(412), _) | (_, Some(Code::FailedPrecondition | Code::AlreadyExists)) => {
                Self::PreconditionFailed
            }
            _ => Self::Unavailable(Box::new(error)),
        }
    }
}
