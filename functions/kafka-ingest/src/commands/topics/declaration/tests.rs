//! What a declaration may say.

use super::*;

const GOOD: [(&str, &str); 8] = [
    ("name", "\"images\""),
    ("partitions", "12"),
    ("replication", "3"),
    ("min_insync_replicas", "2"),
    ("retention", "\"6d\""),
    ("segment", "\"1h\""),
    ("max_message_bytes", "10485760"),
    ("timestamp_type", "\"LogAppendTime\""),
];

/// A declaration of one good topic with fields set, added or (where empty) left out.
fn declaration(changes: &[(&str, &str)]) -> String {
    let mut fields: Vec<_> = GOOD.to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    let fields = fields.iter().filter(|(_, value)| !value.is_empty());
    let lines = fields.map(|(name, value)| format!("{name} = {value}\n"));
    format!("[[topic]]\n{}", lines.collect::<String>())
}

fn error(changes: &[(&str, &str)]) -> String {
    parse(&declaration(changes)).unwrap_err().to_string()
}

#[test]
fn a_topic_has_the_settings_of_its_fields() {
    let topics = parse(&declaration(&[])).unwrap();
    let [topic] = &topics[..] else {
        panic!("{topics:?}");
    };
    assert_eq!(
        (topic.name.as_str(), topic.partitions, topic.replication),
        ("images", 12, 3)
    );
    let config: Vec<_> = topic
        .config
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(
        config,
        [
            ("cleanup.policy", "delete"),
            ("max.message.bytes", "10485760"),
            ("message.timestamp.type", "LogAppendTime"),
            ("min.insync.replicas", "2"),
            ("retention.ms", "518400000"),
            ("segment.ms", "3600000"),
        ]
    );
}

#[test]
fn the_declaration_of_this_repository_is_good() {
    let text = include_str!("../../../../../../infra/kafka/topics.toml");
    let names: Vec<_> = parse(text)
        .unwrap()
        .into_iter()
        .map(|topic| topic.name)
        .collect();
    assert_eq!(names, ["darkroom.images", "darkroom.dead-letters"]);
}

#[test]
fn mistakes_are_told_by_topic_and_field() {
    for (field, value) in [
        ("partitions", "0"),
        ("partitions", "-1"),
        ("partitions", "\"many\""),
        ("replication", "0"),
        ("min_insync_replicas", "0"),
        ("min_insync_replicas", "4"),
        ("retention", "\"soon\""),
        ("retention", "\"0s\""),
        ("retention", "\"-6d\""),
        ("retention", "6"),
        ("segment", "\"\""),
        ("max_message_bytes", "10"),
        ("max_message_bytes", "3000000000"),
        ("timestamp_type", "\"CreateTime\""),
        ("partitions", ""),
        ("timestamp_type", ""),
        ("compression", "\"zstd\""),
    ] {
        let error = error(&[(field, value)]);
        let is_told = |line: &str| line.starts_with("topic images: ");
        assert!(error.lines().all(is_told), "{error}");
        assert!(error.contains(field), "{error}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let error = error(&[
        ("partitions", "0"),
        ("replication", "0"),
        ("segment", "\"x\""),
    ]);
    assert_eq!(error.lines().count(), 4, "{error}");
}

#[test]
fn a_segment_is_kept_with_its_newest_message_so_both_times_count() {
    assert!(parse(&declaration(&[("retention", "\"6d 23h\"")])).is_ok());
    assert!(error(&[("retention", "\"7d\"")]).contains("retention and segment"));
    assert!(error(&[("segment", "\"25h\"")]).contains("retention and segment"));
}

#[test]
fn names_are_those_that_kafka_takes() {
    for name in ["\"\"", "\".\"", "\"..\"", "\"a b\"", "\"ä\"", "\"a/b\""] {
        assert!(error(&[("name", name)]).contains("name must be"), "{name}");
    }
    let long = format!("\"{}\"", "a".repeat(250));
    assert!(error(&[("name", &long)]).contains("name must be"));
    assert!(parse(&declaration(&[("name", "\"a.b_C-9\"")])).is_ok());
}

#[test]
fn a_topic_without_a_name_is_told_by_its_place() {
    let error = error(&[("name", "")]);
    assert!(
        error.starts_with("topic number 1: missing field `name`"),
        "{error}"
    );
}

#[test]
fn a_name_is_there_once() {
    let twice = declaration(&[]).repeat(2);
    let error = parse(&twice).unwrap_err().to_string();
    assert_eq!(error, "topic images: name is there twice");
}

#[test]
fn nothing_but_topics_is_declared() {
    for text in ["", "[[topics]]\nname = \"a\"\n", "topic = 1", "[[topic"] {
        assert!(parse(text).is_err(), "{text}");
    }
}
