//! What the function is told by its environment.

use std::str::FromStr;

use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::StorageConfig;

use crate::consumer::Subscription;
use crate::intake::Destination;
use darkroom_kafka::Connection;

/// What messages may take of memory where `MEMORY_BUDGET_MIB` is unset: fits an instance of 512 MiB.
const MEMORY_BUDGET_MIB: usize = 256;

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The cluster.
    pub connection: Connection,
    /// What is consumed.
    pub subscription: Subscription,
    /// Where poison goes (`KAFKA_DEAD_LETTER_TOPIC`).
    pub dead_letter_topic: String,
    /// Where images go.
    pub destination: Destination,
}

/// Names with commas between.
#[derive(Debug, Clone, Default)]
struct Names(Vec<String>);

impl Config {
    /// Reads the environment; what is wrong with it is noted in `env`.
    ///
    /// `KAFKA_TOPICS` has commas between; `KAFKA_GROUP` is the consumer group, `INGEST_BUCKET` where
    /// images go, and `REFERENCE_BUCKETS` (with commas between; unset means none) what messages may
    /// refer to.
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let connection = Connection::from_env(env);
        let topics = topics(env);
        let group = env.required("KAFKA_GROUP");
        let dead_letter_topic = env.required("KAFKA_DEAD_LETTER_TOPIC");
        let destination = Destination::from_env(env, connection.as_ref());
        let memory_budget = env
            .optional("MEMORY_BUDGET_MIB")
            .unwrap_or(MEMORY_BUDGET_MIB);
        Some(Self {
            subscription: Subscription {
                topics: topics?,
                group: group?,
                memory_budget: memory_budget * 1024 * 1024,
            },
            dead_letter_topic: dead_letter_topic?,
            destination: destination?,
            connection: connection?,
        })
    }
}

impl Destination {
    /// Reads `INGEST_BUCKET`, `REFERENCE_BUCKETS`, `STORAGE_ENDPOINT` and `CLOCK_ENDPOINT`.
    pub(crate) fn from_env(env: &mut Env, connection: Option<&Connection>) -> Option<Self> {
        let bucket = env.required("INGEST_BUCKET");
        let reference_buckets = reference_buckets(env);
        let (storage, clock) = (StorageConfig::from_env(env), Clock::from_env(env));
        Some(Self {
            storage,
            bucket: bucket?,
            reference_buckets,
            clock,
            cluster: connection?.cluster.clone(),
        })
    }
}

/// Reads `KAFKA_TOPICS`.
pub(crate) fn topics(env: &mut Env) -> Option<Vec<String>> {
    env.required("KAFKA_TOPICS").map(|Names(topics)| topics)
}

/// Reads `REFERENCE_BUCKETS`.
pub(crate) fn reference_buckets(env: &mut Env) -> Vec<String> {
    let Names(buckets) = env.optional("REFERENCE_BUCKETS").unwrap_or_default();
    buckets
}

impl FromStr for Names {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
        if names.iter().any(String::is_empty) {
            return Err("it must be names with commas between".to_owned());
        }
        Ok(Self(names))
    }
}
