//! `kafka-ingest dead-letters`.

use serde_json::{Value, json};

use crate::support::{JPEG, TOPIC, World, images};

const LIST: [&str; 2] = ["dead-letters", "list"];
const ALL: [&str; 3] = ["dead-letters", "list", "--all"];
const REQUEUE: [&str; 2] = ["dead-letters", "requeue"];
const DRY: [&str; 3] = ["dead-letters", "requeue", "--dry-run"];
const REPLAY: [&str; 5] = ["replay", "--topic", TOPIC, "--from", "earliest"];

/// The original offsets of the messages that a list is of.
fn offsets(list: &Value) -> Vec<i64> {
    let letters = list.as_array().unwrap().iter();
    let offset = |letter: &Value| letter["original"]["offset"].as_i64().unwrap();
    let mut offsets: Vec<_> = letters.map(offset).collect();
    // Several are written at once, so which is first is chance.
    offsets.sort_unstable();
    offsets
}

/// Two dead letters: of images/0/1 and images/0/2.
async fn world() -> World {
    let world = World::new().await;
    world.send(&images(0, &[JPEG, b"text", b"more"])).await;
    world.run(&REPLAY).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_tells_its_reason_and_where_it_came_from() {
    let world = world().await;
    let list = world.json(&LIST).await;
    let original = json!({ "topic": "images", "partition": 0, "offset": 1 });
    let mut letters = list.as_array().unwrap().iter();
    let letter = letters.find(|letter| letter["original"] == original);
    let letter = letter.unwrap();
    assert_eq!(letter["reason"], "not_an_image");
    assert_eq!(
        (&letter["size"], &letter["pending"]),
        (&json!(4), &json!(true))
    );
    let table = world.run(&LIST).await.stdout;
    assert!(
        table.contains("images/0/1") && table.contains("2 dead letters."),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_dead_lettered_twice_is_listed_once() {
    let world = world().await;
    world.run(&REPLAY).await;
    assert_eq!(world.json(&["lag"]).await["dead_letters"]["messages"], 4);
    assert_eq!(offsets(&world.json(&LIST).await), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requeued_message_is_as_it_was_and_pending_no_more() {
    let world = world().await;
    let sent = world.json(&REQUEUE).await;
    assert_eq!(sent["requeued"], json!({ "images": 2 }));
    assert_eq!(world.json(&LIST).await, json!([]));
    assert_eq!(offsets(&world.json(&ALL).await), [1, 2]);

    let lag = world.json(&["lag"]).await;
    let ends = [0, 1].map(|index| lag["partitions"][index]["end"].as_i64().unwrap());
    assert_eq!(ends.iter().sum::<i64>(), 5);
    // The partitioner chooses: both copies have the one key, so they are in one partition.
    let (partition, first) = if ends[0] == 5 { (0, 3) } else { (1, 0) };
    let copies = [first, first + 1].map(|offset| world.message(partition, offset));
    let mut values = copies.each_ref().map(|(_, value, _)| value.as_slice());
    values.sort_unstable();
    assert_eq!(values, [&b"more"[..], b"text"]);
    for (key, _, headers) in &copies {
        assert_eq!(key, b"camera-7");
        assert_eq!(headers, &["label-site"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_requeued_twice() {
    let world = world().await;
    world.run(&REQUEUE).await;
    assert_eq!(world.json(&REQUEUE).await["requeued"], json!({}));
    // Another letter of a message that was sent back: it is not sent back for it again.
    let original = [
        "--topic",
        TOPIC,
        "--partition",
        "0",
        "--from",
        "1",
        "--to",
        "2",
    ];
    let replay = world.json(&[&["replay"], &original[..]].concat()).await;
    assert_eq!(replay["poison"], json!({ "not_an_image": 1 }));
    assert_eq!(world.json(&REQUEUE).await["requeued"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_come_later_are_pending_alone() {
    let world = world().await;
    world.run(&REQUEUE).await;
    world.send(&images(1, &[b"late"])).await;
    let lag = world.json(&["lag"]).await;
    let last = lag["partitions"][1]["end"].as_i64().unwrap() - 1;
    let from = last.to_string();
    let range = ["--topic", TOPIC, "--partition", "1", "--from", &from];
    world.json(&[&["replay"], &range[..]].concat()).await;
    assert_eq!(offsets(&world.json(&LIST).await), [last]);
    assert_eq!(
        world.json(&REQUEUE).await["requeued"],
        json!({ "images": 1 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sends_nothing() {
    let world = world().await;
    assert_eq!(world.json(&DRY).await["requeued"], json!({ "images": 2 }));
    assert_eq!(world.json(&LIST).await.as_array().unwrap().len(), 2);
    assert_eq!(world.json(&["lag"]).await["lag"], 3);
}
