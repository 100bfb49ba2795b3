//! What the topics should be, from a file.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::Deserialize;

/// How long an image may be kept, in Kafka too. A segment goes as a whole, when its newest message is
/// past the retention: its oldest is then older by as long as the segment was written to.
const LONGEST_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The longest name that Kafka takes.
const LONGEST_NAME: usize = 249;

/// The one type of timestamp that producers have no say in.
const LOG_APPEND_TIME: &str = "LogAppendTime";

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Its name.
    pub(crate) name: String,
    /// How many partitions it has.
    pub(crate) partitions: usize,
    /// On how many brokers each of them is.
    pub(crate) replication: usize,
    /// Its settings, by Kafka's names.
    pub(crate) config: BTreeMap<&'static str, String>,
}

/// All that is wrong with a declaration, a line each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct InvalidDeclaration(Vec<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    topic: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    name: String,
    partitions: usize,
    replication: usize,
    min_insync_replicas: usize,
    retention: String,
    segment: String,
    max_message_bytes: u64,
    timestamp_type: String,
}

/// Reads a declaration.
///
/// # Errors
///
/// All that is wrong with it, by topic and field.
pub(crate) fn parse(text: &str) -> Result<Vec<Topic>, InvalidDeclaration> {
    let file: File = toml::from_str(text)
        .map_err(|error| InvalidDeclaration(vec![error.to_string().trim_end().to_owned()]))?;
    let (mut topics, mut errors) = (Vec::new(), Vec::new());
    for (index, table) in file.topic.into_iter().enumerate() {
        let name = table.get("name").and_then(toml::Value::as_str);
        let name = name.map_or_else(|| format!("number {}", index + 1), str::to_owned);
        match topic(table) {
            Ok(topic) => topics.push(topic),
            Err(problems) => {
                let problems = problems.iter();
                errors.extend(problems.map(|problem| format!("topic {name}: {problem}")));
            }
        }
    }
    let mut names = HashSet::new();
    for topic in &topics {
        if !names.insert(&topic.name) {
            errors.push(format!("topic {}: name is there twice", topic.name));
        }
    }
    if errors.is_empty() {
        Ok(topics)
    } else {
        Err(InvalidDeclaration(errors))
    }
}

fn topic(table: toml::Table) -> Result<Topic, Vec<String>> {
    let fields = Fields::deserialize(table).map_err(|error| vec![one_line(&error.to_string())])?;
    let (retention, segment) = (
        duration("retention", &fields.retention),
        duration("segment", &fields.segment),
    );
    let mut problems = fields.problems();
    if let (Ok(retention), Ok(segment)) = (&retention, &segment) {
        problems.extend(too_long(*retention, *segment));
    }
    match (retention, segment) {
        (Ok(retention), Ok(segment)) if problems.is_empty() => Ok(fields.topic(retention, segment)),
        (retention, segment) => {
            problems.extend([retention.err(), segment.err()].into_iter().flatten());
            Err(problems)
        }
    }
}

impl Fields {
    fn problems(&self) -> Vec<String> {
        let checks = [
            (
                !is_legal(&self.name),
                format!(
                    "name must be 1 to {LONGEST_NAME} letters, digits, dots, underscores and \
                     hyphens, and not . or .."
                ),
            ),
            (
                self.partitions == 0,
                "partitions must be at least 1".to_owned(),
            ),
            (
                self.replication == 0,
                "replication must be at least 1".to_owned(),
            ),
            (
                self.min_insync_replicas == 0 || self.min_insync_replicas > self.replication,
                "min_insync_replicas must be at least 1 and at most replication".to_owned(),
            ),
            (
                !(1024..=i32::MAX as u64).contains(&self.max_message_bytes),
                format!("max_message_bytes must be 1024 to {}", i32::MAX),
            ),
            (
                self.timestamp_type != LOG_APPEND_TIME,
                format!(
                    "timestamp_type must be {LOG_APPEND_TIME}: by a producer's own times messages \
                     could be kept for longer"
                ),
            ),
        ];
        let wrong = checks.into_iter().filter(|(wrong, _)| *wrong);
        wrong.map(|(_, problem)| problem).collect()
    }

    fn topic(self, retention: SignedDuration, segment: SignedDuration) -> Topic {
        let config = BTreeMap::from([
            // Without it retention would not delete.
            ("cleanup.policy", "delete".to_owned()),
            ("max.message.bytes", self.max_message_bytes.to_string()),
            ("message.timestamp.type", self.timestamp_type),
            ("min.insync.replicas", self.min_insync_replicas.to_string()),
            ("retention.ms", retention.as_millis().to_string()),
            ("segment.ms", segment.as_millis().to_string()),
        ]);
        Topic {
            name: self.name,
            partitions: self.partitions,
            replication: self.replication,
            config,
        }
    }
}

fn is_legal(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(legal)
        && !matches!(name, "." | "..")
}

/// A time such as `6d` or `1h 30m`.
fn duration(field: &str, text: &str) -> Result<SignedDuration, String> {
    let span = text
        .parse::<Span>()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    span.ok()
        .filter(|duration| duration.as_millis() > 0)
        .ok_or_else(|| format!("{field} must be a time such as 6d or 1h, not {text:?}"))
}

fn too_long(retention: SignedDuration, segment: SignedDuration) -> Option<String> {
    let kept = retention.saturating_add(segment);
    (kept > LONGEST_KEPT).then(|| {
        "retention and segment must be at most 7 days together: a segment is deleted as a whole, \
         when the newest message in it is past the retention"
            .to_owned()
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
