//! The Kafka side: brokers, and a producer as the company's engineers would write one.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use darkroom_core::ImageId;
use darkroom_core::metadata::KafkaCoordinates;
use jiff::Timestamp;
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};

use crate::image::ImageFile;
use crate::topology::{KAFKA_CLUSTER, KAFKA_TOPIC};

/// Brokers, and partitions of each topic, of the embedded cluster. It keeps the last 5 MB of a
/// partition, so that senders must not be far ahead of the consumer: many partitions make that far.
const BROKERS: i32 = 3;
const PARTITIONS: i32 = 16;

/// The largest message sent, in bytes.
const LARGEST: &str = "64000000";

/// The brokers: a cluster within this process, or real ones.
pub enum Brokers {
    /// librdkafka's own mock cluster: the real protocol over TCP on loopback, with consumer groups.
    /// It has no admin API and keeps no topic settings.
    Embedded(MockCluster<'static, DefaultProducerContext>),
    /// Brokers elsewhere, `host:port` with commas between.
    Real(String),
}

/// Sends images as messages.
pub struct Sender {
    producer: FutureProducer,
    /// The embedded cluster keeps a message's own timestamp, and tells its sender another. And what
    /// little it keeps of a partition asks for messages to be spread evenly.
    embedded: bool,
    sent: AtomicUsize,
}

/// An image was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Its file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The brokers did not take it.
    #[error("Kafka: {0}")]
    Kafka(#[from] KafkaError),
    /// The brokers did not say when they took it, so its image's id is unknown.
    #[error("the message has no timestamp")]
    Timestamp,
}

impl Brokers {
    /// An embedded cluster that has `topics`.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn embedded(topics: &[&str]) -> Result<Self, KafkaError> {
        let cluster = MockCluster::new(BROKERS)?;
        for topic in topics {
            cluster.create_topic(topic, PARTITIONS, BROKERS)?;
        }
        Ok(Self::Embedded(cluster))
    }

    /// Where to begin, `host:port` with commas between.
    #[must_use]
    pub fn addresses(&self) -> String {
        match self {
            Self::Embedded(cluster) => cluster.bootstrap_servers(),
            Self::Real(addresses) => addresses.clone(),
        }
    }
}

impl Sender {
    /// A producer that writes each message once.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn new(brokers: &Brokers) -> Result<Self, KafkaError> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers.addresses())
            .set("enable.idempotence", "true")
            .set("message.max.bytes", LARGEST);
        Ok(Self {
            producer: config.create()?,
            embedded: matches!(brokers, Brokers::Embedded(_)),
            sent: AtomicUsize::new(0),
        })
    }

    /// Sends an image, and returns its id once the brokers have it.
    ///
    /// # Errors
    ///
    /// When they do not.
    pub async fn send(&self, image: &ImageFile) -> Result<String, SendError> {
        let mut headers = BTreeMap::from([("content-type", image.content_type.to_owned())]);
        if let Some(name) = Path::new(&image.name).file_name().and_then(OsStr::to_str) {
            headers.insert("filename", name.to_owned());
        }
        self.send_message(&headers, &image.content.read().await?)
            .await
    }

    fn next_partition(&self) -> i32 {
        let sent = self.sent.fetch_add(1, Ordering::Relaxed);
        i32::try_from(sent % PARTITIONS as usize).unwrap_or(0)
    }

    /// Sends a message, and returns the id of the image that it brings.
    ///
    /// # Errors
    ///
    /// When the brokers do not have it.
    pub async fn send_message(
        &self,
        headers: &BTreeMap<&str, String>,
        value: &[u8],
    ) -> Result<String, SendError> {
        let headers = headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| {
                let value = Some(value);
                headers.insert(Header { key, value })
            });
        let now = Timestamp::now().as_millisecond();
        let mut record = FutureRecord::<(), _>::to(KAFKA_TOPIC)
            .payload(value)
            .headers(headers)
            .timestamp(now);
        record.partition = self.embedded.then(|| self.next_partition());
        let sent = self.producer.send(record, Duration::from_secs(60)).await;
        let delivery = sent.map_err(|(error, _)| error)?;
        let at = match self.embedded {
            true => Some(now),
            false => delivery.timestamp.to_millis(),
        };
        let at = at.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        let coordinates = KafkaCoordinates {
            cluster: KAFKA_CLUSTER.to_owned(),
            topic: KAFKA_TOPIC.to_owned(),
            partition: delivery.partition,
            offset: delivery.offset,
        };
        let id = ImageId::of_message(&coordinates, at.ok_or(SendError::Timestamp)?);
        Ok(id.to_string())
    }
}
