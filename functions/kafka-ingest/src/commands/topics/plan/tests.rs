//! What is planned.

use super::*;

fn topic() -> Topic {
    Topic {
        name: "images".to_owned(),
        partitions: 3,
        replication: 2,
        config: [("retention.ms", "518400000"), ("segment.ms", "3600000")]
            .map(|(name, value)| (name, value.to_owned()))
            .into(),
    }
}

fn own(value: &str) -> Setting {
    Setting {
        value: Some(value.to_owned()),
        overridden: true,
    }
}

fn inherited(value: &str) -> Setting {
    Setting {
        overridden: false,
        ..own(value)
    }
}

fn as_declared() -> TopicState {
    TopicState {
        replicas: vec![2; 3],
        config: BTreeMap::from([
            ("retention.ms".to_owned(), own("518400000")),
            ("segment.ms".to_owned(), own("3600000")),
            ("segment.bytes".to_owned(), inherited("1073741824")),
        ]),
    }
}

/// What differs when the topic is so.
fn kinds(change: impl FnOnce(&mut TopicState)) -> Vec<Kind> {
    let mut actual = as_declared();
    change(&mut actual);
    let plan = plan(&[topic()], &State::from([("images".to_owned(), actual)]));
    plan.changes.into_iter().map(|change| change.kind).collect()
}

#[test]
fn nothing_differs_of_a_topic_that_is_as_declared() {
    assert_eq!(kinds(|_| ()), []);
}

#[test]
fn a_topic_that_is_not_there_is_created_with_its_settings() {
    let plan = plan(&[topic()], &State::new());
    let [change] = &plan.changes[..] else {
        panic!("{plan:?}");
    };
    let expected = Kind::Create {
        partitions: 3,
        replication: 2,
        config: topic().config,
    };
    assert_eq!((change.topic.as_str(), &change.kind), ("images", &expected));
    assert!(plan.drift().is_empty());
}

#[test]
fn missing_partitions_are_added() {
    let grow = Kind::GrowPartitions { from: 1, to: 3 };
    assert_eq!(kinds(|actual| actual.replicas = vec![2]), [grow]);
}

#[test]
fn partitions_too_many_can_only_be_shown() {
    let [kind] = &kinds(|actual| actual.replicas = vec![2; 5])[..] else {
        panic!();
    };
    let expected = Kind::TooManyPartitions {
        declared: 3,
        actual: 5,
    };
    assert_eq!(kind, &expected);
    assert!(kind.is_drift());
}

#[test]
fn another_replication_can_only_be_shown() {
    let [kind] = &kinds(|actual| actual.replicas = vec![3, 1, 3])[..] else {
        panic!();
    };
    let expected = Kind::OtherReplication {
        declared: 2,
        actual: vec![1, 3],
    };
    assert_eq!(kind, &expected);
    assert!(kind.is_drift());
}

#[test]
fn a_setting_of_another_value_is_set() {
    let set = |from: Option<&str>| Kind::SetConfig {
        name: "retention.ms",
        from: from.map(str::to_owned),
        to: "518400000".to_owned(),
    };
    let retention = "retention.ms".to_owned();
    let with = |setting: Option<Setting>| {
        kinds(|actual| {
            actual.config.remove(&retention);
            actual
                .config
                .extend(setting.map(|setting| (retention.clone(), setting)));
        })
    };
    assert_eq!(with(Some(own("1"))), [set(Some("1"))]);
    assert_eq!(with(Some(inherited("604800000"))), [set(Some("604800000"))]);
    assert_eq!(with(None), [set(None)]);
}

#[test]
fn a_setting_that_the_cluster_gives_as_declared_is_left_alone() {
    let segment = ("segment.ms".to_owned(), inherited("3600000"));
    assert_eq!(kinds(|actual| actual.config.extend([segment])), []);
}

#[test]
fn a_setting_of_the_topics_own_that_is_not_declared_is_reset() {
    let reset = Kind::ResetConfig {
        name: "segment.bytes".to_owned(),
        from: Some("1024".to_owned()),
    };
    let segment = ("segment.bytes".to_owned(), own("1024"));
    assert_eq!(kinds(|actual| actual.config.extend([segment])), [reset]);
}

#[test]
fn what_can_be_changed_is_apart_from_what_can_only_be_shown() {
    let actual = TopicState {
        replicas: vec![1; 5],
        config: [
            ("retention.ms".to_owned(), own("1")),
            ("segment.ms".to_owned(), own("3600000")),
        ]
        .into(),
    };
    let plan = plan(&[topic()], &State::from([("images".to_owned(), actual)]));
    assert_eq!((plan.of("images").len(), plan.drift().len()), (1, 2));
    assert_eq!(plan.of("others").len(), 0);
}

#[test]
fn topics_that_are_not_declared_are_left_alone() {
    let cluster = State::from([
        ("images".to_owned(), as_declared()),
        ("payments".to_owned(), as_declared()),
    ]);
    assert!(plan(&[topic()], &cluster).is_empty());
}
