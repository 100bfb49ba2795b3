//! `kafka-ingest topics`, as far as a mock cluster without administration goes. What a plan is made of
//! is tested beside it.

use crate::support::{Done, World};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/kafka/topics.toml");

/// What that file declares.
const DECLARED: [&str; 2] = ["darkroom.images", "darkroom.dead-letters"];

async fn run(world: &World, command: &str, file: &str) -> Done {
    world.run(&["topics", command, "--file", file]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_without_administration_are_told_in_one_line() {
    let world = World::new().await;
    for topic in DECLARED {
        world.brokers.create_topic(topic, 1, 1).unwrap();
    }
    for command in ["plan", "apply"] {
        let done = run(&world, command, FILE).await;
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
        assert!(
            done.stderr.contains("the brokers do not support it"),
            "{}",
            done.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_cluster_without_topics_all_of_them_are_to_be_made() {
    let world = World::new().await;
    let done = run(&world, "plan", FILE).await;
    assert_eq!(done.code, Some(2), "{}", done.stderr);
    for topic in DECLARED {
        assert!(done.stdout.contains(topic), "{}", done.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_that_is_wrong_is_told_before_the_brokers_are_asked() {
    let mut world = World::new().await;
    world.variables.clear();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("topics.toml");
    let text = std::fs::read_to_string(FILE).unwrap();
    std::fs::write(&file, text.replace("\"6d\"", "\"7d\"")).unwrap();
    let done = run(&world, "plan", file.to_str().unwrap()).await;
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr
            .contains("topic darkroom.images: retention and segment"),
        "{}",
        done.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_is_named() {
    let world = World::new().await;
    let done = run(&world, "plan", "/nowhere/topics.toml").await;
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr.contains("/nowhere/topics.toml"),
        "{}",
        done.stderr
    );
}
