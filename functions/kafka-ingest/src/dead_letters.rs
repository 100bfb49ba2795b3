//! Messages that can never be taken in, kept for people: as they came, with the reason.

use std::time::Duration;

use bytes::Bytes;
use darkroom_gcp::function::StartError;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};

use crate::message::{Message, Poison};
use darkroom_kafka::{Connection, Context};

/// What the names of the headers begin with that a dead letter has besides the message's own.
pub(crate) const PREFIX: &str = "darkroom-";

/// The reason's code.
pub(crate) const REASON: &str = "darkroom-reason";
/// The reason in words.
pub(crate) const DETAIL: &str = "darkroom-detail";
/// Where the message stood.
pub(crate) const TOPIC: &str = "darkroom-topic";
/// Its partition there.
pub(crate) const PARTITION: &str = "darkroom-partition";
/// Its offset there.
pub(crate) const OFFSET: &str = "darkroom-offset";

/// The largest message sent: over any topic's own `max.message.bytes`, which then decides.
const LARGEST: &str = "128000000";

/// How long librdkafka tries to send one. Then we begin anew.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Writes to the dead-letter topic.
#[derive(Clone)]
pub(crate) struct DeadLetters {
    producer: FutureProducer<Context>,
    topic: String,
}

impl DeadLetters {
    /// Makes the producer.
    ///
    /// # Errors
    ///
    /// When the connection's settings are wrong.
    pub(crate) fn new(connection: &Connection, topic: String) -> Result<Self, StartError> {
        Ok(Self {
            producer: producer(connection)?,
            topic,
        })
    }

    /// Writes a message, and returns when the brokers have it.
    ///
    /// # Errors
    ///
    /// When they do not have it: it must not be committed then.
    pub(crate) async fn write(&self, message: &Message, poison: &Poison) -> Result<(), KafkaError> {
        let mut headers = message.headers.clone();
        // A dead letter that was sent again and died again has but the last reason.
        headers.retain(|(name, _)| !name.starts_with(PREFIX));
        let about = [
            (REASON, poison.code().to_owned()),
            (DETAIL, poison.to_string()),
            (TOPIC, message.topic.clone()),
            (PARTITION, message.partition.to_string()),
            (OFFSET, message.offset.to_string()),
        ];
        headers.extend(about.map(|(name, value)| (name.to_owned(), Some(Bytes::from(value)))));
        let message = Message {
            headers,
            ..message.clone()
        };
        send(&self.producer, &self.topic, &message).await
    }
}

/// A producer that writes each message once and in order.
pub(crate) fn producer(connection: &Connection) -> Result<FutureProducer<Context>, StartError> {
    let timeout = TIMEOUT.as_millis().to_string();
    let mut config = connection.client_config();
    config
        .set("enable.idempotence", "true")
        .set("message.max.bytes", LARGEST)
        .set("delivery.timeout.ms", timeout);
    Ok(config.create_with_context(Context::new(connection)?)?)
}

/// Sends a copy of a message to a topic, and returns when the brokers have it.
pub(crate) async fn send(
    producer: &FutureProducer<Context>,
    topic: &str,
    message: &Message,
) -> Result<(), KafkaError> {
    let headers = message
        .headers
        .iter()
        .fold(OwnedHeaders::new(), |headers, (key, value)| {
            let value = value.as_deref();
            headers.insert(Header { key, value })
        });
    let record = FutureRecord {
        topic,
        partition: None,
        payload: message.value.as_deref(),
        key: message.key.as_deref(),
        timestamp: None,
        headers: Some(headers),
    };
    let sent = producer.send(record, TIMEOUT).await;
    sent.map(drop).map_err(|(error, _)| error)
}
