//! Every message of the stream ends as one image or one dead letter, whatever breaks.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use darkroom_core::record::Record;
use futures::{StreamExt, stream};
use integration_tests::kafka::{DeadLetter, dead_letters, lag, metric};
use integration_tests::{TestStack, get, run, until};
use local_stack::kafka::{Brokers, Sender};
use local_stack::topology::{ARCHIVE, INGEST, KAFKA_TOPIC, RECORDS, REFERENCES, Service};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use serde_json::json;

/// Messages sent at a time.
const AT_ONCE: usize = 32;

/// A photograph of about a kilobyte; each seed gives another file.
fn tiny(seed: u32) -> Vec<u8> {
    // Drawing one costs more than all that is done with it, so they differ in a comment only.
    static DRAWN: LazyLock<Vec<u8>> = LazyLock::new(|| darkroom_samples::jpeg(48, 32, 1));
    let (start_of_image, rest) = DRAWN.split_at(2);
    let comment = [0xff, 0xfe, 0, 6];
    [start_of_image, &comment, &seed.to_be_bytes(), rest].concat()
}

fn sender(stack: &TestStack) -> Sender {
    Sender::new(&stack.stack.brokers).unwrap()
}

fn cluster(stack: &TestStack) -> &MockCluster<'static, DefaultProducerContext> {
    match &stack.stack.brokers {
        Brokers::Embedded(cluster) => cluster,
        Brokers::Real(addresses) => panic!("real brokers: {addresses}"),
    }
}

async fn send(stack: &TestStack, count: u32) -> Vec<String> {
    let sender = sender(stack);
    let none = BTreeMap::new();
    stream::iter(0..count)
        .map(async |seed| sender.send_message(&none, &tiny(seed)).await.unwrap())
        .buffered(AT_ONCE)
        .collect()
        .await
}

async fn blocking<T: Send + 'static>(
    stack: &TestStack,
    look: impl FnOnce(&str) -> T + Send + 'static,
) -> T {
    let brokers = stack.stack.brokers.addresses();
    tokio::task::spawn_blocking(move || look(&brokers))
        .await
        .unwrap()
}

/// Waits until all messages are committed and their images done, and holds the stack to what must
/// always be so.
async fn assert_whole(stack: &TestStack, ids: &[String]) {
    until("all messages are committed", async || {
        let lag = blocking(stack, lag).await;
        // Shown when the test fails.
        eprintln!("lag {lag}");
        (lag == 0).then_some(())
    })
    .await;
    for ids in ids.chunks(500) {
        for (id, rows) in stack.rows(ids).await {
            assert_eq!(rows.len(), 1, "{id}");
            assert_eq!(rows[0].status, "processed", "{id}");
        }
    }
    stack.quiet().await;
    assert_eq!(stack.objects(INGEST).await, Vec::<String>::new());
    assert_eq!(stack.objects(RECORDS).await.len(), ids.len());
    assert_eq!(stack.objects(ARCHIVE).await.len(), 3 * ids.len());
}

#[test]
fn messages_of_every_form_end_as_rows() {
    run(async {
        let stack = TestStack::start().await;
        let (sender, image) = (sender(&stack), tiny(1));
        let plain = BTreeMap::from([
            ("content-type", "image/jpeg".to_owned()),
            ("filename", "a.jpg".to_owned()),
            ("label-camera", "seven".to_owned()),
        ]);
        let event = [
            ("ce_specversion", "1.0"),
            ("ce_id", "1"),
            ("ce_source", "/camera"),
            ("ce_type", "com.example.image"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let structured =
            BTreeMap::from([("content-type", "application/cloudevents+json".to_owned())]);
        let url = format!(
            "{}/upload/storage/v1/b/{REFERENCES}/o?uploadType=media&name=large",
            stack.stack.cloud.endpoint()
        );
        let put = reqwest::Client::new().post(url).body(image.clone());
        assert_eq!(put.send().await.unwrap().status(), 200);
        let reference = json!({
            "specversion": "1.0", "id": "2", "source": "/camera", "type": "com.example.image",
            "data": { "bucket": REFERENCES, "name": "large" },
        });
        let ids = [
            sender.send_message(&plain, &image).await.unwrap(),
            sender
                .send_message(&BTreeMap::from(event), &image)
                .await
                .unwrap(),
            sender
                .send_message(&structured, reference.to_string().as_bytes())
                .await
                .unwrap(),
        ];
        assert_whole(&stack, &ids).await;
        let record = record(&stack, &ids[0]).await;
        assert_eq!(record.filename.as_deref(), Some("a.jpg"));
        assert_eq!(record.labels[0].value, "seven");
        let coordinates = record.source.kafka.unwrap();
        assert_eq!(coordinates.topic, KAFKA_TOPIC);
    });
}

async fn record(stack: &TestStack, id: &str) -> Record {
    let names = stack.objects(RECORDS).await;
    let name = names.iter().find(|name| name.contains(id)).unwrap();
    let name = name.replace('/', "%2F");
    let cloud = stack.stack.cloud.endpoint();
    let url = format!("{cloud}/storage/v1/b/{RECORDS}/o/{name}?alt=media");
    serde_json::from_value(get(&url).await).unwrap()
}

#[test]
fn poison_becomes_dead_letters_and_holds_up_nothing() {
    run(async {
        let stack = TestStack::start().await;
        let sender = sender(&stack);
        let none = BTreeMap::new();
        let bad_label = BTreeMap::from([("label-UPPER", "x".to_owned())]);
        let broken = BTreeMap::from([("content-type", "application/cloudevents+json".to_owned())]);
        let foreign = json!({
            "specversion": "1.0", "id": "2", "source": "/camera", "type": "com.example.image",
            "data": { "bucket": ARCHIVE, "name": "large" },
        })
        .to_string();
        let poison: [(&BTreeMap<&str, String>, &[u8], &str); 5] = [
            (&none, b"", "empty"),
            (&none, b"hello", "not_an_image"),
            (&bad_label, &tiny(1), "invalid_header"),
            (&broken, b"{", "broken_envelope"),
            (&broken, foreign.as_bytes(), "bucket_not_allowed"),
        ];
        for (headers, value, _) in poison {
            sender.send_message(headers, value).await.unwrap();
        }
        let good = sender.send_message(&none, &tiny(2)).await.unwrap();
        assert_whole(&stack, &[good]).await;
        let mut letters = blocking(&stack, dead_letters).await;
        let mut seen: Vec<_> = letters
            .drain(..)
            .map(|DeadLetter { reason, value, .. }| (reason, value))
            .collect();
        seen.sort();
        let mut sent: Vec<_> = poison
            .map(|(_, value, reason)| (reason.to_owned(), value.to_vec()))
            .into();
        sent.sort();
        assert_eq!(seen, sent);
    });
}

#[test]
fn a_dead_letter_that_cannot_be_written_stops_the_commit() {
    run(async {
        let stack = TestStack::start().await;
        let sender = sender(&stack);
        let none = BTreeMap::new();
        // The consumer has joined, and its producer has what it needs, before writing fails.
        let first = sender.send_message(&none, &tiny(1)).await.unwrap();
        assert_whole(&stack, std::slice::from_ref(&first)).await;
        sender.send_message(&none, b"poison").await.unwrap();
        let errors = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 50];
        cluster(&stack).request_errors(RDKafkaApiKey::Produce, &errors);
        let ingest = stack.stack.endpoint(Service::KafkaIngest);
        until("writing was tried again", async || {
            (metric(&ingest, "retries", "").await >= 2.0).then_some(())
        })
        .await;
        assert_eq!(blocking(&stack, lag).await, 1);
        cluster(&stack).clear_request_errors(RDKafkaApiKey::Produce);
        assert_whole(&stack, &[first]).await;
        assert_eq!(blocking(&stack, dead_letters).await.len(), 1);
    });
}

#[test]
fn a_consumer_that_is_killed_at_its_uploads_leaves_them_to_the_next() {
    run(async {
        let mut stack = TestStack::start().await;
        let slow = json!({ "bucket": INGEST, "operation": "objects.insert", "count": 200, "delay_ms": 60_000 });
        stack.control("faults", &slow).await;
        let ids = send(&stack, 40).await;
        let endpoint = stack.stack.endpoint(Service::KafkaIngest);
        until("uploads are under way", async || {
            (metric(&endpoint, "in_flight ", "").await >= 20.0).then_some(())
        })
        .await;
        let ingest = stack.stack.function(Service::KafkaIngest).unwrap();
        ingest.kill().await.unwrap();
        stack.clear_faults().await;
        let ingest = stack.stack.function(Service::KafkaIngest).unwrap();
        ingest.restart().await.unwrap();
        assert_whole(&stack, &ids).await;
    });
}

#[test]
fn a_consumer_that_is_killed_before_its_commit_stores_nothing_twice() {
    run(async {
        let mut stack = TestStack::start().await;
        let errors = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 1_000];
        cluster(&stack).request_errors(RDKafkaApiKey::OffsetCommit, &errors);
        let ids = send(&stack, 40).await;
        until("all are stored", async || {
            (stack.objects(RECORDS).await.len() == 40).then_some(())
        })
        .await;
        let generations = generations(&stack).await;
        let ingest = stack.stack.function(Service::KafkaIngest).unwrap();
        ingest.kill().await.unwrap();
        cluster(&stack).clear_request_errors(RDKafkaApiKey::OffsetCommit);
        assert_eq!(blocking(&stack, lag).await, 40);
        let ingest = stack.stack.function(Service::KafkaIngest).unwrap();
        ingest.restart().await.unwrap();
        assert_whole(&stack, &ids).await;
        assert_eq!(generations, self::generations(&stack).await);
    });
}

/// The generation of every archived object, by name.
async fn generations(stack: &TestStack) -> BTreeMap<String, String> {
    let cloud = stack.stack.cloud.endpoint();
    let page = get(&format!("{cloud}/storage/v1/b/{ARCHIVE}/o")).await;
    let items = page["items"].as_array().into_iter().flatten();
    let pair = |item: &serde_json::Value| {
        let text = |name: &str| Some(item[name].as_str()?.to_owned());
        Some((text("name")?, text("generation")?))
    };
    items.filter_map(pair).collect()
}

#[test]
fn memory_is_bounded_while_storage_hangs_and_then_all_is_stored() {
    run(async {
        let mut stack = TestStack::start().await;
        let ingest = stack.stack.function(Service::KafkaIngest).unwrap();
        assert!(ingest.stop().await.unwrap().success());
        // A quarter of it for what is under way.
        ingest.set("MEMORY_BUDGET_MIB", "32");
        ingest.restart().await.unwrap();
        // What is under way ends after this, and then the rest comes.
        let hang = json!({
            "bucket": INGEST, "operation": "objects.insert", "count": 60, "delay_ms": 5_000,
        });
        stack.control("faults", &hang).await;
        let (sender, none) = (sender(&stack), BTreeMap::new());
        // Half as much again as the budget, and no more than the cluster keeps.
        let mut large = tiny(1);
        large.resize(300_000, 0);
        let send = |_| sender.send_message(&none, &large);
        let ids: Vec<_> = stream::iter(0..80).map(send).buffered(4).collect().await;
        let ids: Vec<_> = ids.into_iter().map(Result::unwrap).collect();
        let endpoint = stack.stack.endpoint(Service::KafkaIngest);
        until("fetching is paused", async || {
            (metric(&endpoint, "paused", "").await == 1.0).then_some(())
        })
        .await;
        let bytes = metric(&endpoint, "in_flight_bytes", "").await;
        assert!((8_300_000.0..=8_800_000.0).contains(&bytes), "{bytes}");
        assert_whole(&stack, &ids).await;
        assert_eq!(metric(&endpoint, "paused", "").await, 0.0);
    });
}

#[test]
fn partitions_that_are_taken_away_during_a_pause_go_on_when_they_come_back() {
    run(async {
        let mut stack = TestStack::start().await;
        let ingest = stack.stack.function(Service::KafkaIngest).unwrap();
        assert!(ingest.stop().await.unwrap().success());
        ingest.set("MEMORY_BUDGET_MIB", "32");
        ingest.restart().await.unwrap();
        let slow = json!({
            "bucket": INGEST, "operation": "objects.insert", "count": 1_000, "delay_ms": 10_000,
        });
        stack.control("faults", &slow).await;
        let (sender, none) = (sender(&stack), BTreeMap::new());
        let mut large = tiny(1);
        large.resize(300_000, 0);
        let send = async |value: &[u8]| sender.send_message(&none, value).await.unwrap();
        let mut ids: Vec<_> = stream::iter(0..64)
            .map(|_| send(&large))
            .buffered(4)
            .collect()
            .await;
        let endpoint = stack.stack.endpoint(Service::KafkaIngest);
        until("fetching is paused", async || {
            (metric(&endpoint, "paused", "").await == 1.0).then_some(())
        })
        .await;
        let another = stack.stack.start_another(Service::KafkaIngest, &[]);
        let mut other = another.await.unwrap();
        let other_endpoint = other.endpoint();
        until("the other has taken over partitions", async || {
            (metric(&other_endpoint, "in_flight ", "").await > 0.0).then_some(())
        })
        .await;
        stack.clear_faults().await;
        assert_whole(&stack, &ids).await;
        assert!(other.stop().await.unwrap().success());
        // Too little for another pause, whose end would set going what still stands.
        for seed in 0..32 {
            ids.push(send(&tiny(seed)).await);
        }
        assert_whole(&stack, &ids).await;
    });
}

#[test]
fn a_consumer_that_is_stopped_ends_its_uploads_and_commits_them() {
    run(async {
        let mut stack = TestStack::start().await;
        let slow = json!({ "bucket": INGEST, "operation": "objects.insert", "count": 10, "delay_ms": 2_000 });
        stack.control("faults", &slow).await;
        let ids = send(&stack, 10).await;
        let endpoint = stack.stack.endpoint(Service::KafkaIngest);
        until("uploads are under way", async || {
            (metric(&endpoint, "in_flight ", "").await == 10.0).then_some(())
        })
        .await;
        let ingest = stack.stack.function(Service::KafkaIngest).unwrap();
        assert!(ingest.stop().await.unwrap().success());
        assert_eq!(blocking(&stack, lag).await, 0);
        assert_whole(&stack, &ids).await;
    });
}

/// Breaks what can break while messages come, one thing after the other.
async fn break_things(stack: &mut TestStack) {
    let mut other = stack
        .stack
        .start_another(Service::KafkaIngest, &[])
        .await
        .unwrap();
    let stored = async |stack: &TestStack, count: usize| {
        until("some are stored", async || {
            (stack.objects(RECORDS).await.len() >= count).then_some(())
        })
        .await;
    };
    stored(stack, 50).await;
    let unavailable =
        json!({ "bucket": INGEST, "operation": "objects.insert", "count": 50, "status": 503 });
    stack.control("faults", &unavailable).await;
    let errors = [RDKafkaRespErr::RD_KAFKA_RESP_ERR__TRANSPORT; 10];
    cluster(stack).request_errors(RDKafkaApiKey::Fetch, &errors);
    cluster(stack).request_errors(RDKafkaApiKey::OffsetCommit, &errors);
    stored(stack, 300).await;
    let ingest = stack.stack.function(Service::KafkaIngest).unwrap();
    ingest.kill().await.unwrap();
    ingest.restart().await.unwrap();
    stored(stack, 600).await;
    cluster(stack).broker_down(1).unwrap();
    stored(stack, 700).await;
    cluster(stack).broker_up(1).unwrap();
    stored(stack, 1_000).await;
    // Its partitions move to the first, without a word and then with one.
    other.kill().await.unwrap();
    other.restart().await.unwrap();
    stored(stack, 1_400).await;
    assert!(other.stop().await.unwrap().success());
}

#[test]
fn two_thousand_messages_are_stored_once_each_whatever_breaks() {
    run(async {
        let mut stack = TestStack::start().await;
        let sender = sender(&stack);
        let none = BTreeMap::new();
        let messages = stream::iter(0..2_020_u32).map(async |seed| {
            let poison = seed % 101 == 0;
            let value = if poison { vec![b'?'; 10] } else { tiny(seed) };
            let id = sender.send_message(&none, &value).await.unwrap();
            (!poison).then_some(id)
        });
        let sent = messages.buffered(AT_ONCE).collect::<Vec<_>>();
        let (sent, ()) = tokio::join!(sent, break_things(&mut stack));
        let ids: Vec<_> = sent.into_iter().flatten().collect();
        assert_eq!(ids.len(), 2_000);
        assert_whole(&stack, &ids).await;
        let letters = blocking(&stack, dead_letters).await;
        // A kill between writing one and its commit writes it again; its coordinates tell.
        let planted: std::collections::BTreeSet<_> = letters
            .iter()
            .map(|letter| letter.coordinates.clone())
            .collect();
        assert_eq!(planted.len(), 20);
        assert!(letters.iter().all(|letter| letter.reason == "not_an_image"));
    });
}
