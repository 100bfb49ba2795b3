//! Why a command failed.

use std::io;
use std::path::PathBuf;

use darkroom_gcp::clock::ClockError;
use darkroom_gcp::env::InvalidEnvironment;
use darkroom_gcp::function::StartError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::topics::InvalidDeclaration;
use crate::intake::IntakeError;

/// Why a command failed, as its last line on standard error.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// A variable is missing or malformed.
    #[error(transparent)]
    Environment(#[from] InvalidEnvironment),
    /// There are no credentials, or the connection's settings are wrong.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The output was not taken, or there is no runtime.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The output cannot be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The clock did not tell the time.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// A part of the command ended before its time.
    #[error(transparent)]
    Task(#[from] tokio::task::JoinError),
    /// The declaration of the topics cannot be read.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    File(PathBuf, io::Error),
    /// The declaration of the topics is wrong.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    Declaration(PathBuf, InvalidDeclaration),
    /// The arguments do not fit each other or the topic.
    #[error("{0}")]
    Arguments(String),
    /// There is no such topic.
    #[error("the brokers have no topic {0}")]
    NoTopic(String),
    /// The brokers tell nothing of a topic's settings.
    #[error("the brokers do not tell the settings of {0}: may this account describe it?")]
    NoSettings(String),
    /// The brokers did not do what they were asked, or not in time.
    #[error("{doing}: {}{}", words(.error), because(.trouble.as_deref()))]
    Brokers {
        /// What they were asked to do.
        doing: String,
        /// What librdkafka says.
        error: Box<KafkaError>,
        /// What it said before.
        trouble: Option<String>,
    },
    /// The brokers cannot do that.
    #[error(
        "{0}: the brokers do not support it (the local stack's do not; those of Apache Kafka do)"
    )]
    Unsupported(String),
    /// No message came for a while.
    #[error("reading {topic}: no message came for {seconds} s{}", because(.trouble.as_deref()))]
    Silence {
        /// What was read.
        topic: String,
        /// For how long.
        seconds: u64,
        /// What librdkafka said.
        trouble: Option<String>,
    },
    /// A message could not be taken in, however often that was tried.
    #[error(
        "the message {topic}/{partition}/{offset} was not taken in: {error}; run the same command \
         again, what is stored is found stored"
    )]
    Intake {
        /// Its topic.
        topic: String,
        /// Its partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// Why.
        error: IntakeError,
    },
}

impl CommandError {
    /// What brokers answered that were asked to do something.
    pub(super) fn brokers(
        doing: impl Into<String>,
        error: KafkaError,
        trouble: Option<String>,
    ) -> Self {
        let doing = doing.into();
        match code(&error) {
            Some(code) if is_unsupported(code) => Self::Unsupported(doing),
            _ => Self::Brokers {
                doing,
                error: Box::new(error),
                trouble,
            },
        }
    }
}

/// Whether the brokers have no such function at all.
fn is_unsupported(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::UnsupportedFeature | RDKafkaErrorCode::UnsupportedVersion
    )
}

fn code(error: &KafkaError) -> Option<RDKafkaErrorCode> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        error => error.rdkafka_error_code(),
    }
}

/// What librdkafka calls an error.
fn words(error: &KafkaError) -> String {
    code(error).map_or_else(|| error.to_string(), |code| code.to_string())
}

fn because(trouble: Option<&str>) -> String {
    trouble
        .map(|trouble| format!(" ({trouble})"))
        .unwrap_or_default()
}
