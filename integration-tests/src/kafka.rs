//! What the journeys through Kafka look at: lag, dead letters, and the consumer's own counts.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use local_stack::topology::{DEAD_LETTER_TOPIC, KAFKA_GROUP, KAFKA_TOPIC};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

const TIMEOUT: Duration = Duration::from_secs(10);

/// A message in the dead-letter topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeadLetter {
    /// Why it is one.
    pub reason: String,
    /// Where it stood: topic, partition and offset.
    pub coordinates: (String, i32, i64),
    /// Its value.
    pub value: Vec<u8>,
}

fn consumer(brokers: &str, group: &str) -> BaseConsumer {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .set("enable.auto.commit", "false");
    config.create().expect("a consumer")
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> Vec<i32> {
    let metadata = consumer
        .fetch_metadata(Some(topic), TIMEOUT)
        .expect("metadata");
    let topics = metadata.topics().iter();
    topics
        .flat_map(|topic| topic.partitions())
        .map(rdkafka::metadata::MetadataPartition::id)
        .collect()
}

/// How many messages the consumer group has not committed. Blocks.
#[must_use]
pub fn lag(brokers: &str) -> i64 {
    let consumer = consumer(brokers, KAFKA_GROUP);
    let mut list = TopicPartitionList::new();
    for partition in partitions(&consumer, KAFKA_TOPIC) {
        list.add_partition(KAFKA_TOPIC, partition);
    }
    let committed = consumer
        .committed_offsets(list, TIMEOUT)
        .expect("committed offsets");
    let lags = committed.elements().into_iter().map(|partition| {
        let (low, high) = consumer
            .fetch_watermarks(KAFKA_TOPIC, partition.partition(), TIMEOUT)
            .expect("watermarks");
        match partition.offset() {
            Offset::Offset(next) => high - next,
            _ => high - low,
        }
    });
    lags.sum()
}

/// All dead letters, in no order. Blocks.
#[must_use]
pub fn dead_letters(brokers: &str) -> Vec<DeadLetter> {
    let consumer = consumer(brokers, "reader");
    let mut list = TopicPartitionList::new();
    let mut ends = BTreeMap::new();
    for partition in partitions(&consumer, DEAD_LETTER_TOPIC) {
        let (low, high) = consumer
            .fetch_watermarks(DEAD_LETTER_TOPIC, partition, TIMEOUT)
            .expect("watermarks");
        if high > low {
            ends.insert(partition, high);
            list.add_partition_offset(DEAD_LETTER_TOPIC, partition, Offset::Beginning)
                .expect("an offset");
        }
    }
    consumer.assign(&list).expect("an assignment");
    let mut letters = Vec::new();
    while !ends.is_empty() {
        let message = consumer.poll(TIMEOUT).expect("a dead letter in time");
        let message = message.expect("a dead letter");
        letters.push(dead_letter(&message));
        if ends.get(&message.partition()) == Some(&(message.offset() + 1)) {
            ends.remove(&message.partition());
        }
    }
    letters
}

fn dead_letter(message: &impl Message) -> DeadLetter {
    let header = |name: &str| {
        let headers = message.headers().expect("headers");
        let header = headers.iter().find(|header| header.key == name);
        let value = header.and_then(|header| header.value).expect("a value");
        String::from_utf8(value.to_vec()).expect("text")
    };
    DeadLetter {
        reason: header("darkroom-reason"),
        coordinates: (
            header("darkroom-topic"),
            header("darkroom-partition").parse().expect("a number"),
            header("darkroom-offset").parse().expect("a number"),
        ),
        value: message.payload().unwrap_or_default().to_vec(),
    }
}

/// The sum of a metric of the consumer at `endpoint`, over the label sets that contain `label`.
pub async fn metric(endpoint: &str, name: &str, label: &str) -> f64 {
    // A client of its own for each look would cost more than the look.
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);
    let request = CLIENT.get(format!("{endpoint}/metrics"));
    let answer = request.send().await.expect("an answer");
    let text = answer.text().await.expect("text");
    let lines = text
        .lines()
        .filter(|line| line.starts_with(&format!("kafka_ingest_{name}")) && line.contains(label));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}
