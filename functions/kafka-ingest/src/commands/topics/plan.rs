//! What differs between the topics that are declared and those that are.

use std::collections::BTreeMap;

use serde::Serialize;

use super::declaration::Topic;

/// The topics of the cluster, by name.
pub(super) type State = BTreeMap<String, TopicState>;

/// A topic as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TopicState {
    /// On how many brokers each partition is.
    pub(super) replicas: Vec<usize>,
    /// Its settings.
    pub(super) config: BTreeMap<String, Setting>,
}

/// A setting of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Its value.
    pub(super) value: Option<String>,
    /// Whether it is the topic's own, not the cluster's.
    pub(super) overridden: bool,
}

/// What differs of one topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    /// The topic.
    pub(super) topic: String,
    /// What of it.
    #[serde(flatten)]
    pub(super) kind: Kind,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub(super) enum Kind {
    /// The topic is not there.
    Create {
        partitions: usize,
        replication: usize,
        config: BTreeMap<&'static str, String>,
    },
    /// It has too few partitions.
    GrowPartitions { from: usize, to: usize },
    /// A setting has another value.
    SetConfig {
        name: &'static str,
        from: Option<String>,
        to: String,
    },
    /// A setting is the topic's own and not declared.
    ResetConfig { name: String, from: Option<String> },
    /// It has more partitions than declared. They cannot be taken away.
    TooManyPartitions { declared: usize, actual: usize },
    /// Its partitions are on fewer or more brokers. Brokers are told where by other tools.
    OtherReplication { declared: usize, actual: Vec<usize> },
}

/// All that differs.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Plan {
    /// In the order of the declaration.
    pub(super) changes: Vec<Change>,
}

impl Kind {
    /// Whether it can only be shown.
    pub(super) fn is_drift(&self) -> bool {
        matches!(
            self,
            Self::TooManyPartitions { .. } | Self::OtherReplication { .. }
        )
    }
}

impl Plan {
    /// Whether the topics are as declared.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What of a topic can be changed.
    pub(super) fn of(&self, topic: &str) -> Vec<&Change> {
        let changes = self.changes.iter();
        changes
            .filter(|change| change.topic == topic && !change.kind.is_drift())
            .collect()
    }

    /// What cannot be.
    pub(super) fn drift(&self) -> Vec<&Change> {
        let changes = self.changes.iter();
        changes.filter(|change| change.kind.is_drift()).collect()
    }
}

/// Compares the declaration with the cluster. Topics that are not declared are others' business.
pub(super) fn plan(declared: &[Topic], cluster: &State) -> Plan {
    let changes = declared.iter().flat_map(|topic| {
        let kinds = match cluster.get(&topic.name) {
            None => vec![create(topic)],
            Some(actual) => differences(topic, actual),
        };
        kinds.into_iter().map(|kind| Change {
            topic: topic.name.clone(),
            kind,
        })
    });
    Plan {
        changes: changes.collect(),
    }
}

fn create(topic: &Topic) -> Kind {
    Kind::Create {
        partitions: topic.partitions,
        replication: topic.replication,
        config: topic.config.clone(),
    }
}

fn differences(topic: &Topic, actual: &TopicState) -> Vec<Kind> {
    let shape = [partitions(topic, actual), replication(topic, actual)];
    let set = topic
        .config
        .iter()
        .filter_map(|(name, value)| setting(name, value, actual.config.get(*name)));
    let undeclared = actual.config.iter().filter_map(|(name, setting)| {
        let undeclared = setting.overridden && !topic.config.contains_key(name.as_str());
        undeclared.then(|| Kind::ResetConfig {
            name: name.clone(),
            from: setting.value.clone(),
        })
    });
    shape
        .into_iter()
        .flatten()
        .chain(set)
        .chain(undeclared)
        .collect()
}

fn partitions(topic: &Topic, actual: &TopicState) -> Option<Kind> {
    let (declared, actual) = (topic.partitions, actual.replicas.len());
    match actual {
        _ if actual < declared => Some(Kind::GrowPartitions {
            from: actual,
            to: declared,
        }),
        _ if actual > declared => Some(Kind::TooManyPartitions { declared, actual }),
        _ => None,
    }
}

fn replication(topic: &Topic, actual: &TopicState) -> Option<Kind> {
    let declared = topic.replication;
    let mut actual = actual.replicas.clone();
    actual.sort_unstable();
    actual.dedup();
    (actual != [declared]).then_some(Kind::OtherReplication { declared, actual })
}

/// A value that the topic has from the cluster's own settings is as good as one of its own.
fn setting(name: &'static str, declared: &str, actual: Option<&Setting>) -> Option<Kind> {
    let actual = actual.and_then(|setting| setting.value.clone());
    (actual.as_deref() != Some(declared)).then(|| Kind::SetConfig {
        name,
        from: actual,
        to: declared.to_owned(),
    })
}

#[cfg(test)]
mod tests;
