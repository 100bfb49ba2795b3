//! What the consumer counts, as Prometheus text
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::intake::Taken;
use crate::message::Message;

/// The counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    received: Family<TopicLabel, Counter>,
    received_bytes: Family<TopicLabel, Counter>,
    taken: Family<TakenLabels, Counter>,
    stored_bytes: Family<TopicLabel, Counter>,
    dead_letters: Family<DeadLetterLabels, Counter>,
    retries: Counter,
    lag: Family<PartitionLabels, Gauge>,
    in_flight: Gauge,
    in_flight_bytes: Gauge,
    paused: Gauge,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TopicLabel {
    topic: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TakenLabels {
    topic: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DeadLetterLabels {
    topic: String,
    reason: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PartitionLabels {
    topic: String,
    partition: i32,
}

impl Metrics {
    /// Counts a message that came.
    pub(crate) fn received(&self, message: &Message) {
        let label = TopicLabel {
            topic: message.topic.clone(),
        };
        self.received.get_or_create(&label).inc();
        self.received_bytes
            .get_or_create(&label)
            .inc_by(message.len() as u64);
    }

    /// Counts what became of a message.
    pub(crate) fn taken(&self, message: &Message, taken: &Taken) {
        let topic = message.topic.clone();
        let outcome = match taken {
            Taken::Stored => "stored",
            Taken::AlreadyStored => "already_stored",
            Taken::DeadLettered(_) => "dead_lettered",
        };
        if *taken == Taken::Stored {
            let label = TopicLabel {
                topic: topic.clone(),
            };
            self.stored_bytes
                .get_or_create(&label)
                .inc_by(message.len() as u64);
        }
        if let Taken::DeadLettered(poison) = taken {
            let labels = DeadLetterLabels {
                topic: topic.clone(),
                reason: poison.code(),
            };
            self.dead_letters.get_or_create(&labels).inc();
        }
        self.taken
            .get_or_create(&TakenLabels { topic, outcome })
            .inc();
    }

    /// Counts a try that failed and will be made again.
    pub(crate) fn retried(&self) {
        self.retries.inc();
    }

    /// Sets how many messages a partition holds that are not committed.
    pub(crate) fn lag(&self, topic: &str, partition: i32, lag: i64) {
        let labels = PartitionLabels {
            topic: topic.to_owned(),
            partition,
        };
        self.lag.get_or_create(&labels).set(lag);
    }

    /// Forgets the lag of a partition that another consumer has now.
    pub(crate) fn revoked(&self, topic: &str, partition: i32) {
        let labels = PartitionLabels {
            topic: topic.to_owned(),
            partition,
        };
        self.lag.remove(&labels);
    }

    /// Sets what is under way.
    pub(crate) fn in_flight(&self, messages: usize, bytes: usize) {
        self.in_flight
            .set(i64::try_from(messages).unwrap_or(i64::MAX));
        self.in_flight_bytes
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Sets whether fetching is paused.
    pub(crate) fn paused(&self, paused: bool) {
        self.paused.set(paused.into());
    }

    /// All of it as text.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("kafka_ingest");
        registry.register("received", "Messages received", self.received.clone());
        registry.register_with_unit(
            "received",
            "Bytes received",
            Unit::Bytes,
            self.received_bytes.clone(),
        );
        registry.register(
            "taken",
            "Messages by what became of them",
            self.taken.clone(),
        );
        registry.register_with_unit(
            "stored",
            "Bytes stored",
            Unit::Bytes,
            self.stored_bytes.clone(),
        );
        registry.register(
            "dead_letters",
            "Dead letters by reason",
            self.dead_letters.clone(),
        );
        registry.register("retries", "Tries that failed", self.retries.clone());
        registry.register("lag", "Messages that are not committed", self.lag.clone());
        registry.register("in_flight", "Messages under way", self.in_flight.clone());
        registry.register_with_unit(
            "in_flight",
            "Bytes under way",
            Unit::Bytes,
            self.in_flight_bytes.clone(),
        );
        registry.register("paused", "1 while fetching is paused", self.paused.clone());
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}
