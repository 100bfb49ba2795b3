//! What the mock cluster cannot do, on the brokers of `KAFKA_BROKERS`: `make test-kafka` starts one.

use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use crate::support::{JPEG, Sent, World};

/// A world with real brokers, topics of its own, and their declaration.
struct Real {
    world: World,
    images: String,
    file: PathBuf,
    _folder: TempDir,
}

impl Real {
    async fn new(test: &str) -> Self {
        let mut world = World::new().await;
        let brokers = std::env::var("KAFKA_BROKERS").expect("KAFKA_BROKERS is not set");
        let now = jiff::Timestamp::now().as_millisecond();
        let [images, letters] = ["images", "letters"].map(|kind| format!("{test}.{now}.{kind}"));
        world.variables.insert("KAFKA_BROKERS", brokers);
        world.variables.insert("KAFKA_TOPICS", images.clone());
        world
            .variables
            .insert("KAFKA_DEAD_LETTER_TOPIC", letters.clone());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("topics.toml");
        let real = Self {
            world,
            images,
            file,
            _folder: folder,
        };
        real.declare(2, "6d");
        real
    }

    fn declare(&self, partitions: u32, retention: &str) {
        let letters = &self.world.variables["KAFKA_DEAD_LETTER_TOPIC"];
        let topics = [(&self.images, partitions), (letters, 1)].map(|(name, partitions)| {
            format!(
                "[[topic]]\nname = \"{name}\"\npartitions = {partitions}\nreplication = 1\n\
                 min_insync_replicas = 1\nretention = \"{retention}\"\nsegment = \"1h\"\n\
                 max_message_bytes = 10485760\ntimestamp_type = \"LogAppendTime\"\n"
            )
        });
        std::fs::write(&self.file, topics.concat()).unwrap();
    }

    /// Runs `topics` and returns its exit code and what it printed.
    async fn topics(&self, command: &str) -> (Option<i32>, String) {
        let file = self.file.to_str().unwrap();
        let done = self.world.run(&["topics", command, "--file", file]).await;
        (done.code, format!("{}{}", done.stdout, done.stderr))
    }

    async fn send(&self, values: &[&[u8]]) {
        let message = |value: &&'static [u8]| Sent {
            topic: &self.images,
            partition: 0,
            value,
        };
        let values: Vec<&'static [u8]> =
            values.iter().map(|value| &*value.to_vec().leak()).collect();
        let messages: Vec<_> = values.iter().map(message).collect();
        self.world.send(&messages).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real brokers: make test-kafka"]
async fn topics_are_made_as_declared_and_what_differs_is_told() {
    let real = Real::new("topics").await;
    let (code, said) = real.topics("plan").await;
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains(&real.images) && said.contains("create"),
        "{said}"
    );
    let (code, said) = real.topics("apply").await;
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = real.topics("plan").await;
    assert_eq!(code, Some(0), "{said}");

    real.declare(2, "5d");
    let (code, said) = real.topics("plan").await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("retention.ms"), "{said}");
    let (code, said) = real.topics("apply").await;
    let (plan, _) = real.topics("plan").await;
    if said.contains("the brokers do not support it") {
        // tansu takes no AlterConfigs, the one request that rdkafka has for this.
        eprintln!("NOT TESTED on these brokers, a change of settings: {said}");
        assert_eq!((code, plan), (Some(1), Some(2)));
    } else {
        assert_eq!((code, plan), (Some(0), Some(0)), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real brokers: make test-kafka"]
async fn a_replay_can_begin_at_a_time() {
    let real = Real::new("replay").await;
    assert_eq!(real.topics("apply").await.0, Some(0));
    real.send(&[JPEG, JPEG]).await;
    // The brokers' timestamps are in milliseconds: the next messages are of a later one.
    let between = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(1);
    while jiff::Timestamp::now() <= between {
        tokio::task::yield_now().await;
    }
    real.send(&[JPEG, JPEG, JPEG]).await;
    let replay = ["replay", "--topic", &real.images, "--from"];
    let all = [&replay[..], &["earliest"]].concat();
    assert_eq!(real.world.json(&all).await["stored"], 5);
    let between = between.to_string();
    let later = [&replay[..], &[&between]].concat();
    let report = real.world.json(&later).await;
    assert_eq!(report["messages"], 3);
    assert_eq!(report["already_stored"], 3);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real brokers: make test-kafka"]
async fn dead_letters_come_back_to_their_topic() {
    let real = Real::new("letters").await;
    assert_eq!(real.topics("apply").await.0, Some(0));
    real.send(&[b"poison", JPEG]).await;
    let all = ["replay", "--topic", &real.images, "--from", "earliest"];
    let report = real.world.json(&all).await;
    assert_eq!(report["poison"], json!({ "not_an_image": 1 }));
    real.world.json(&["dead-letters", "requeue"]).await;
    let lag = real.world.json(&["lag"]).await;
    assert_eq!(lag["lag"], 3);
}
