//! Why a message can never be taken in.

/// What is wrong with a message: it would be wrong again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Poison {
    /// It has no value, or an empty one.
    #[error("the message is empty")]
    Empty,
    /// Its image is over the limit.
    #[error("the image has {bytes} bytes; at most {limit} are allowed")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: u64,
    },
    /// Its first bytes are not those of an image.
    #[error("the bytes are not an image's: they begin as {0}")]
    NotAnImage(String),
    /// It says that it is a CloudEvent, and is not.
    #[error("the CloudEvent is broken: {0}")]
    Envelope(String),
    /// It refers to a bucket that images are not taken from.
    #[error("images are not taken from the bucket {0}")]
    Bucket(String),
    /// It refers to an object that is not there.
    #[error("the object that the message refers to is not there")]
    MissingObject,
    /// A header is not what it must be.
    #[error("the header {0} {1}")]
    Header(String, String),
    /// It has no timestamp, of which its id is made.
    #[error("the message has no timestamp")]
    NoTimestamp,
    /// Its timestamp is not yet.
    #[error(
        "the message's timestamp is {seconds} s ahead; a topic with LogAppendTime has no such ones"
    )]
    FutureTimestamp {
        /// How far ahead it is.
        seconds: i64,
    },
}

impl Poison {
    /// The reason as a code, for headers, metrics and scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::NotAnImage(_) => "not_an_image",
            Self::Envelope(_) => "broken_envelope",
            Self::Bucket(_) => "bucket_not_allowed",
            Self::MissingObject => "missing_object",
            Self::Header(..) => "invalid_header",
            Self::NoTimestamp => "no_timestamp",
            Self::FutureTimestamp { .. } => "future_timestamp",
        }
    }
}
