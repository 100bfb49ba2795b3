//! Reading a part of a topic, in no group and with nothing committed.

use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;

use super::cluster::{Offsets, Partition};
use super::error::CommandError;
use crate::message::Message;
use darkroom_kafka::{Connection, Context};

/// How long no message may come: longer than brokers take to change a partition's leader.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is fetched ahead, in KiB, and of one partition at once, in bytes.
const FETCHED_KIB: &str = "32768";
const FETCH: &str = "8388608";

/// Reads parts of the partitions of one topic.
pub(super) struct Reader {
    consumer: StreamConsumer<Context>,
    context: Context,
    topic: String,
    /// Where the partitions end that are not read to their end.
    ends: Offsets,
}

impl Reader {
    /// Begins to read.
    pub(super) fn new(
        connection: &Connection,
        topic: &str,
        parts: &[Partition],
    ) -> Result<Self, CommandError> {
        let context = Context::new(connection)?;
        let mut config = connection.client_config();
        config
            // librdkafka reads nothing without one. It is not joined.
            .set("group.id", "kafka-ingest-reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            // A message that expires meanwhile is passed over.
            .set("auto.offset.reset", "earliest")
            .set("check.crcs", "true")
            .set("queued.max.messages.kbytes", FETCHED_KIB)
            .set("fetch.message.max.bytes", FETCH);
        let parts = parts.iter().filter(|part| part.len() > 0);
        let begin = || -> KafkaResult<StreamConsumer<Context>> {
            let consumer: StreamConsumer<_> = config.create_with_context(context.clone())?;
            let mut list = TopicPartitionList::new();
            for part in parts.clone() {
                list.add_partition_offset(topic, part.id, Offset::Offset(part.start))?;
            }
            consumer.assign(&list)?;
            Ok(consumer)
        };
        Ok(Self {
            consumer: begin().map_err(|error| CommandError::Start(error.into()))?,
            context,
            topic: topic.to_owned(),
            ends: parts.clone().map(|part| (part.id, part.end)).collect(),
        })
    }

    /// The next message, of whichever partition; nothing when all are read. Nothing is lost when it
    /// is not waited for to the end.
    pub(super) async fn next(&mut self) -> Result<Option<Message>, CommandError> {
        while !self.ends.is_empty() {
            let Ok(received) = tokio::time::timeout(PATIENCE, self.consumer.recv()).await else {
                return Err(self.silence());
            };
            let message = match received {
                Ok(message) => Message::copy_of(&message),
                Err(KafkaError::PartitionEOF(partition)) => {
                    self.ends.remove(&partition);
                    continue;
                }
                Err(error) if is_final(&error) => return Err(self.failed(error)),
                // Brokers that are away: it is tried again.
                Err(_) => continue,
            };
            let (partition, offset) = (message.partition, message.offset);
            let Some(end) = self.ends.get(&partition).copied() else {
                continue;
            };
            if offset + 1 >= end {
                self.finish(partition)?;
            }
            if offset < end {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// What comes after a part's end would be fetched for nothing.
    fn finish(&mut self, partition: i32) -> Result<(), CommandError> {
        self.ends.remove(&partition);
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic, partition);
        let paused = self.consumer.pause(&list);
        paused.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: KafkaError) -> CommandError {
        let doing = format!("reading {}", self.topic);
        CommandError::brokers(doing, error, self.context.trouble())
    }

    fn silence(&self) -> CommandError {
        CommandError::Silence {
            topic: self.topic.clone(),
            seconds: PATIENCE.as_secs(),
            trouble: self.context.trouble(),
        }
    }
}

/// Whether trying again is no use.
fn is_final(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(error, KafkaError::MessageConsumptionFatal(_))
        || matches!(
            code,
            Some(
                RDKafkaErrorCode::TopicAuthorizationFailed
                    | RDKafkaErrorCode::UnknownTopic
                    | RDKafkaErrorCode::UnknownTopicOrPartition
                    | RDKafkaErrorCode::UnknownPartition
                    | RDKafkaErrorCode::BadMessage
            )
        )
}
