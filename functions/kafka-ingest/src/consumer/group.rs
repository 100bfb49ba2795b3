//! Our membership in the consumer group: what is assigned to us and how far it is.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::health::Health;
use crate::metrics::Metrics;
use crate::progress::Progress;
use darkroom_kafka::Context;

/// What librdkafka tells a member of the group.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) connection: Context,
    pub(super) progress: Arc<Mutex<Progress>>,
    pub(super) metrics: Metrics,
    pub(super) health: Health,
    /// How often librdkafka has told statistics.
    pub(super) told: Arc<AtomicU32>,
}

/// The lag is logged with every twelfth statistics, which come every 5 s. A worker pool has no address
/// that its metrics could be read at, so the log is where monitoring takes it from.
const LOGGED: u32 = 12;

impl Group {
    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Group {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = Context::ENABLE_REFRESH_OAUTH_TOKEN;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.connection.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.connection.error(error, reason);
    }

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.connection.generate_oauth_token(config)
    }

    fn stats(&self, statistics: Statistics) {
        let partitions = statistics.topics.iter().flat_map(|(name, topic)| {
            let partitions = topic.partitions.values();
            partitions.map(move |partition| (name, partition))
        });
        let mut total = 0;
        for (topic, partition) in partitions {
            // -1: of another consumer's, or not known yet.
            if partition.consumer_lag >= 0 {
                total += partition.consumer_lag;
                self.metrics
                    .lag(topic, partition.partition, partition.consumer_lag);
            }
        }
        self.health.lag(total);
        if self
            .told
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(LOGGED)
        {
            tracing::info!(lag = total, "lag");
        }
    }
}

impl ConsumerContext for Group {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => {
                tracing::info!(partitions = names(partitions), "partitions assigned");
            }
            Rebalance::Revoke(partitions) => {
                tracing::info!(partitions = names(partitions), "partitions revoked");
                // A pause outlives the assignment: a partition that is paused now would stand still
                // when it comes back.
                if let Err(error) = consumer.resume(partitions) {
                    tracing::error!(%error, "revoked partitions are not resumed");
                }
                for partition in partitions.elements() {
                    let (topic, partition) = (partition.topic(), partition.partition());
                    self.progress().revoke(topic, partition);
                    self.metrics.revoked(topic, partition);
                }
            }
            Rebalance::Error(error) => tracing::error!(%error, "the group was not rebalanced"),
        }
    }

    /// What is not committed is delivered again, and found stored.
    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!(%error, "offsets are not committed yet");
        }
    }
}

fn names(partitions: &TopicPartitionList) -> String {
    let names: Vec<_> = partitions
        .elements()
        .iter()
        .map(|partition| format!("{}/{}", partition.topic(), partition.partition()))
        .collect();
    names.join(" ")
}
