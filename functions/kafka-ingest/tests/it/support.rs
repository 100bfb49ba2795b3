//! A mock cluster, local-cloud, and the commands run on them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use local_cloud::events::DeliveryPolicy;
use local_cloud::{Config, LocalCloud, Location};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const TOPIC: &str = "images";
pub(crate) const DEAD_LETTERS: &str = "images-dead-letters";
pub(crate) const GROUP: &str = "darkroom";
pub(crate) const BUCKET: &str = "ingest";
pub(crate) const JPEG: &[u8] = b"\xff\xd8\xff\xe0 and so on";

/// A message to be sent.
pub(crate) struct Sent<'a> {
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
    pub(crate) value: &'a [u8],
}

/// What a command left.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The brokers and the cloud of one test.
pub(crate) struct World {
    pub(crate) brokers: MockCluster<'static, DefaultProducerContext>,
    cloud: LocalCloud,
    folder: TempDir,
    pub(crate) variables: BTreeMap<&'static str, String>,
}

impl World {
    /// Two partitions of images, one of dead letters, and an empty bucket.
    pub(crate) async fn new() -> Self {
        let brokers = MockCluster::new(1).unwrap();
        brokers.create_topic(TOPIC, 2, 1).unwrap();
        brokers.create_topic(DEAD_LETTERS, 1, 1).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let cloud = LocalCloud::start(Config {
            address: ([127, 0, 0, 1], 0).into(),
            state: Location::Folder(folder.path().join("cloud")),
            project: "local".to_owned(),
            delivery: DeliveryPolicy::default(),
        });
        let cloud = cloud.await.unwrap();
        let url = format!("{}/storage/v1/b?project=local", cloud.endpoint());
        let made = reqwest::Client::new().post(url);
        let made = made.json(&json!({ "name": BUCKET })).send().await.unwrap();
        made.error_for_status().unwrap();
        let mut world = Self {
            brokers,
            cloud,
            folder,
            variables: BTreeMap::new(),
        };
        world.variables = world.environment();
        world
    }

    fn environment(&self) -> BTreeMap<&'static str, String> {
        let key = self.folder.path().join("key.json");
        write_key(&self.cloud, &key);
        BTreeMap::from([
            ("KAFKA_BROKERS", self.brokers.bootstrap_servers()),
            ("KAFKA_CLUSTER", "local".to_owned()),
            ("KAFKA_SECURITY", "plaintext".to_owned()),
            ("KAFKA_TOPICS", TOPIC.to_owned()),
            ("KAFKA_GROUP", GROUP.to_owned()),
            ("KAFKA_DEAD_LETTER_TOPIC", DEAD_LETTERS.to_owned()),
            ("INGEST_BUCKET", BUCKET.to_owned()),
            ("STORAGE_ENDPOINT", self.cloud.endpoint().to_owned()),
            ("GOOGLE_APPLICATION_CREDENTIALS", key.display().to_string()),
        ])
    }

    /// Runs a command.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Done {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_kafka-ingest"))
            .args(arguments)
            .env_clear()
            .envs(&self.variables)
            .kill_on_drop(true)
            .output();
        let Output {
            status,
            stdout,
            stderr,
        } = output.await.unwrap();
        Done {
            code: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Runs a command that succeeds, and returns its JSON.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let done = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        serde_json::from_str(&done.stdout).unwrap()
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.variables["KAFKA_BROKERS"])
            .set("group.id", GROUP);
        config
    }

    /// Sends messages one after the other, with a key and headers.
    pub(crate) async fn send(&self, messages: &[Sent<'_>]) {
        let producer: FutureProducer = self.client().create().unwrap();
        for message in messages {
            let label = Header {
                key: "label-site",
                value: Some("north"),
            };
            let record = FutureRecord::to(message.topic)
                .partition(message.partition)
                .key("camera-7")
                .headers(OwnedHeaders::new().insert(label))
                .payload(message.value);
            let sent = producer.send(record, std::time::Duration::from_secs(30));
            sent.await.unwrap();
        }
    }

    /// Commits the offset of a partition of images for the consumers.
    pub(crate) fn commit(&self, partition: i32, offset: i64) {
        let consumer: BaseConsumer = self.client().create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(TOPIC, partition, Offset::Offset(offset))
            .unwrap();
        consumer.commit(&list, CommitMode::Sync).unwrap();
    }

    /// The names of the objects in the bucket.
    pub(crate) async fn objects(&self) -> Vec<String> {
        let url = format!("{}/storage/v1/b/{BUCKET}/o", self.cloud.endpoint());
        let page: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
        items.iter().map(name).collect()
    }

    /// Consumes the message at an offset: its key, value and the names of its headers.
    pub(crate) fn message(&self, partition: i32, offset: i64) -> (Vec<u8>, Vec<u8>, Vec<String>) {
        use rdkafka::message::{Headers, Message};
        let consumer: BaseConsumer = self.client().create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(TOPIC, partition, Offset::Offset(offset))
            .unwrap();
        consumer.assign(&list).unwrap();
        let message = consumer.poll(std::time::Duration::from_secs(30));
        let message = message.unwrap().unwrap();
        let names = message.headers().into_iter().flat_map(Headers::iter);
        (
            message.key().unwrap().to_vec(),
            message.payload().unwrap().to_vec(),
            names.map(|header| header.key.to_owned()).collect(),
        )
    }
}

/// Messages of a partition of images.
pub(crate) fn images<'a>(partition: i32, values: &[&'a [u8]]) -> Vec<Sent<'a>> {
    let message = |value: &&'a [u8]| Sent {
        topic: TOPIC,
        partition,
        value,
    };
    values.iter().map(message).collect()
}

fn write_key(cloud: &LocalCloud, path: &Path) {
    let token_endpoint = format!("{}/token", cloud.endpoint());
    let key = cloud
        .identity()
        .service_account_key("ingest@local.iam.gserviceaccount.com", &token_endpoint)
        .unwrap();
    std::fs::write(path, key.to_string()).unwrap();
}
