//! `kafka-ingest lag`.

use serde_json::json;

use crate::support::{DEAD_LETTERS, GROUP, JPEG, Sent, World, images};

#[tokio::test(flavor = "multi_thread")]
async fn lag_is_told_by_partition_and_in_all() {
    let world = World::new().await;
    world.send(&images(0, &[JPEG; 5])).await;
    world.send(&images(1, &[JPEG; 3])).await;
    world.commit(0, 4);
    let dead = Sent {
        topic: DEAD_LETTERS,
        partition: 0,
        value: b"",
    };
    world.send(&[dead]).await;
    let expected = json!({
        "group": GROUP,
        "lag": 4,
        "partitions": [
            { "topic": "images", "partition": 0, "start": 0, "committed": 4, "end": 5, "lag": 1 },
            { "topic": "images", "partition": 1, "start": 0, "committed": null, "end": 3, "lag": 3 },
        ],
        "dead_letters": { "topic": "images-dead-letters", "messages": 1 },
    });
    assert_eq!(world.json(&["lag"]).await, expected);
    let table = world.run(&["lag"]).await.stdout;
    assert!(table.contains("darkroom is 4 messages behind"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_not_there_is_an_error_of_one_line() {
    let mut world = World::new().await;
    world.variables.insert("KAFKA_TOPICS", "other".to_owned());
    let done = world.run(&["lag"]).await;
    assert_eq!(done.code, Some(1));
    assert_eq!(done.stderr, "error: the brokers have no topic other\n");
    assert_eq!(done.stdout, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_that_are_away_are_an_error_that_says_so() {
    let mut world = World::new().await;
    // Port 1 is nobody's.
    let away = "127.0.0.1:1".to_owned();
    world.variables.insert("KAFKA_BROKERS", away);
    let done = world.run(&["lag", "--json"]).await;
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    assert!(done.stderr.contains("127.0.0.1:1"), "{}", done.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_that_are_missing_are_named() {
    let mut world = World::new().await;
    world.variables.remove("KAFKA_GROUP");
    world.variables.remove("KAFKA_BROKERS");
    // What only others need is not asked for.
    world.variables.remove("INGEST_BUCKET");
    let done = world.run(&["lag"]).await;
    assert_eq!(done.code, Some(1));
    for name in ["KAFKA_GROUP", "KAFKA_BROKERS"] {
        assert!(done.stderr.contains(name), "{}", done.stderr);
    }
    assert!(!done.stderr.contains("INGEST_BUCKET"), "{}", done.stderr);
}
