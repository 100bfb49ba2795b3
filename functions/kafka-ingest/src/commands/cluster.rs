//! Questions to the brokers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaRespErr;

use super::error::CommandError;
use darkroom_kafka::{Connection, Context};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// Offsets by partition.
pub(super) type Offsets = BTreeMap<i32, i64>;

/// A client that knows a consumer group without being in it.
pub(super) struct Cluster {
    consumer: Arc<StreamConsumer<Context>>,
    context: Context,
}

/// A partition of a topic: its messages are at `start..end`, with gaps where brokers keep notes of
/// their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) id: i32,
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Partition {
    /// How many messages it holds, at most.
    pub(super) fn len(&self) -> i64 {
        self.end - self.start
    }
}

impl Cluster {
    /// A client that asks about `group`.
    pub(super) fn connect(connection: &Connection, group: &str) -> Result<Self, CommandError> {
        let context = Context::new(connection)?;
        let mut config = connection.client_config();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false");
        let consumer = config.create_with_context(context.clone());
        let consumer = consumer.map_err(|error| CommandError::Start(error.into()))?;
        Ok(Self {
            consumer: Arc::new(consumer),
            context,
        })
    }

    /// The partitions of a topic, in order.
    pub(super) async fn partitions(&self, topic: &str) -> Result<Vec<Partition>, CommandError> {
        let doing = format!("asking for the partitions of {topic}");
        let name = topic.to_owned();
        let partitions = self.ask(doing, move |consumer| watermarks(consumer, &name));
        partitions
            .await?
            .ok_or_else(|| CommandError::NoTopic(topic.to_owned()))
    }

    /// What the group has committed, where it has.
    pub(super) async fn committed(
        &self,
        topic: &str,
        partitions: &[Partition],
    ) -> Result<Offsets, CommandError> {
        let list = list(topic, partitions.iter().map(|partition| partition.id));
        let doing = format!("asking for the committed offsets of {topic}");
        self.ask(doing, move |consumer| {
            offsets(&consumer.committed_offsets(list, PATIENCE)?)
        })
        .await
    }

    /// The first messages that are not before `time`, where there are any.
    pub(super) async fn at(
        &self,
        topic: &str,
        partitions: &[Partition],
        time: Timestamp,
    ) -> Result<Offsets, CommandError> {
        let mut list = list(topic, partitions.iter().map(|partition| partition.id));
        let doing = format!("asking for the offsets of {topic} at {time}");
        self.ask(doing, move |consumer| {
            list.set_all_offsets(Offset::Offset(time.as_millisecond()))?;
            offsets(&consumer.offsets_for_times(list, PATIENCE)?)
        })
        .await
    }

    /// Commits offsets in the group's name. No consumer may be in the group then.
    pub(super) async fn commit(&self, topic: &str, at: &Offsets) -> Result<(), CommandError> {
        let (topic, at) = (topic.to_owned(), at.clone());
        let doing = format!("committing offsets of {topic}");
        self.ask(doing, move |consumer| {
            let mut list = TopicPartitionList::new();
            for (partition, offset) in at {
                list.add_partition_offset(&topic, partition, Offset::Offset(offset))?;
            }
            consumer.commit(&list, CommitMode::Sync)
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        doing: String,
        question: impl FnOnce(&StreamConsumer<Context>) -> KafkaResult<T> + Send + 'static,
    ) -> Result<T, CommandError> {
        let consumer = Arc::clone(&self.consumer);
        let mut answer = tokio::task::spawn_blocking(move || question(&consumer));
        let answer = loop {
            tokio::select! {
                answer = &mut answer => break answer?,
                // It has no partitions, so this brings no message: polling is what has tokens made
                // that the brokers may want before they answer.
                _ = self.consumer.recv() => {}
            }
        };
        answer.map_err(|error| CommandError::brokers(doing, error, self.context.trouble()))
    }
}

fn watermarks(
    consumer: &StreamConsumer<Context>,
    topic: &str,
) -> KafkaResult<Option<Vec<Partition>>> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let Some(found) = found.filter(|found| !is_unknown(found.error())) else {
        return Ok(None);
    };
    let mut ids: Vec<_> = found.partitions().iter().map(|found| found.id()).collect();
    ids.sort_unstable();
    let partitions = ids.into_iter().map(|id| {
        let (start, end) = consumer.fetch_watermarks(topic, id, PATIENCE)?;
        Ok(Partition { id, start, end })
    });
    partitions.collect::<KafkaResult<_>>().map(Some)
}

fn is_unknown(error: Option<RDKafkaRespErr>) -> bool {
    use RDKafkaRespErr::{
        RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
    };
    matches!(
        error,
        Some(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC | RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    )
}

fn list(topic: &str, partitions: impl Iterator<Item = i32>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition(topic, partition);
    }
    list
}

fn offsets(list: &TopicPartitionList) -> KafkaResult<Offsets> {
    let mut offsets = Offsets::new();
    for element in list.elements() {
        element.error()?;
        if let Offset::Offset(offset) = element.offset() {
            offsets.insert(element.partition(), offset);
        }
    }
    Ok(offsets)
}
