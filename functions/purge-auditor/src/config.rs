//! What the auditor is told by its environment.

use std::time::Duration;

use darkroom_core::retention::Retention;
use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::{Buckets, StorageConfig};
use darkroom_gcp::warehouse::WarehouseConfig;
use darkroom_kafka::Connection;

/// How long a sweep may list and delete where `SWEEP_SECONDS` is unset: Cloud Scheduler waits half an
/// hour at most (<https://cloud.google.com/scheduler/docs/creating#http>), and the rest of the sweep
/// needs its part of that.
const SWEEP_SECONDS: u64 = 1_500;

/// The auditor's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) storage: StorageConfig,
    pub(crate) warehouse: WarehouseConfig,
    pub(crate) clock: Clock,
    pub(crate) buckets: Buckets,
    pub(crate) evidence_bucket: String,
    pub(crate) erasures_bucket: String,
    pub(crate) reference_buckets: Vec<String>,
    pub(crate) retention: Retention,
    pub(crate) sweep_time: Duration,
    pub(crate) kafka: Option<KafkaConfig>,
}

/// The topics that images come by or end in, and the way to them.
#[derive(Debug, Clone)]
pub(crate) struct KafkaConfig {
    pub(crate) connection: Connection,
    pub(crate) topics: Vec<String>,
}

impl Config {
    /// Reads what storage, warehouse, clock, retention and [`Buckets`] need, `EVIDENCE_BUCKET` and
    /// `ERASURES_BUCKET`, and optionally `SWEEP_SECONDS` and `REFERENCE_BUCKETS` (with commas between). Where `KAFKA_BROKERS` is set, also what
    /// [`Connection`] needs, `KAFKA_TOPICS` (with commas between) and `KAFKA_DEAD_LETTER_TOPIC`.
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let storage = StorageConfig::from_env(env);
        let warehouse = WarehouseConfig::from_env(env);
        let clock = Clock::from_env(env);
        let buckets = Buckets::from_env(env);
        let evidence_bucket = env.required("EVIDENCE_BUCKET");
        let erasures_bucket = env.required("ERASURES_BUCKET");
        let references: Option<String> = env.optional("REFERENCE_BUCKETS");
        let retention = darkroom_gcp::retention::from_env(env);
        let kafka = KafkaConfig::from_env(env);
        let sweep_seconds = env.optional("SWEEP_SECONDS").unwrap_or(SWEEP_SECONDS);
        Some(Self {
            storage,
            warehouse: warehouse?,
            clock,
            buckets: buckets?,
            evidence_bucket: evidence_bucket?,
            erasures_bucket: erasures_bucket?,
            reference_buckets: references.as_deref().map(names).unwrap_or_default(),
            retention,
            sweep_time: Duration::from_secs(sweep_seconds),
            kafka: kafka?,
        })
    }
}

impl KafkaConfig {
    /// Nothing where there are no brokers.
    fn from_env(env: &mut Env) -> Option<Option<Self>> {
        if env.optional::<String>("KAFKA_BROKERS").is_none() {
            return Some(None);
        }
        let connection = Connection::from_env(env);
        let topics = env.required::<String>("KAFKA_TOPICS");
        let dead_letters = env.required::<String>("KAFKA_DEAD_LETTER_TOPIC");
        let mut topics = names(&topics?);
        topics.push(dead_letters?);
        Some(Some(Self {
            connection: connection?,
            topics,
        }))
    }
}

fn names(list: &str) -> Vec<String> {
    let names = list.split(',').map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}
