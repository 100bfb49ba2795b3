//! How long the topics keep what they hold.

use std::collections::BTreeMap;

use darkroom_core::retention::Retention;

use super::{Check, Status};

/// What decides how long a topic keeps a message, by the names that Kafka gives it
/// (<https://kafka.apache.org/documentation/#topicconfigs>).
pub(crate) const SETTINGS: [&str; 4] = [
    "cleanup.policy",
    "retention.ms",
    "segment.ms",
    // By producers' own times, a message from the future would be kept until then.
    "message.timestamp.type",
];

/// A topic's settings, by name; those of [`SETTINGS`] that it has.
pub(crate) type TopicSettings = BTreeMap<String, String>;

/// Every topic that images come by or end in.
pub(crate) fn check_topics(
    topics: &[String],
    settings: Result<&BTreeMap<String, TopicSettings>, String>,
    retention: Retention,
) -> Vec<Check> {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            let expected = "the topics' settings can be read";
            let mend = "let the auditor describe the topics' configuration";
            let seen = (error, expected);
            return vec![Check::new("kafka/topics", Status::Warn, seen, mend)];
        }
    };
    let checks = topics.iter().map(|topic| match settings.get(topic) {
        Some(settings) => check_topic(topic, settings, retention),
        None => unseen(topic),
    });
    checks.collect()
}

fn unseen(topic: &str) -> Check {
    let seen = ("the brokers do not tell its settings".to_owned(), "they do");
    let mend = "make the topic (kafka-ingest topics apply), and let the auditor describe it";
    Check::new(format!("kafka/{topic}"), Status::Warn, seen, mend)
}

/// A segment is deleted as a whole, when the newest message in it is past the retention.
fn check_topic(topic: &str, settings: &TopicSettings, retention: Retention) -> Check {
    let of = |name: &str| settings.get(name).map_or("unknown", String::as_str);
    let [policy, kept, segment, time] = SETTINGS.map(of);
    let milliseconds = |text: &str| text.parse::<u64>().ok();
    let together = milliseconds(kept).zip(milliseconds(segment));
    let together = together.map(|(kept, segment)| u128::from(kept) + u128::from(segment));
    let period = retention.period().as_millis();
    let ok = policy == "delete"
        && time == "LogAppendTime"
        && together.is_some_and(|together| i128::try_from(together).is_ok_and(|ms| ms <= period));
    Check::new(
        format!("kafka/{topic}"),
        if ok { Status::Ok } else { Status::Violation },
        (
            format!("cleanup.policy {policy}, {time}, retention.ms {kept}, segment.ms {segment}"),
            format!(
                "cleanup.policy delete, LogAppendTime, retention.ms and segment.ms at most {period} \
                 together"
            ),
        ),
        "declare it in infra/kafka/topics.toml and run kafka-ingest topics apply",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIX_DAYS: &str = "518400000";
    const DAY: &str = "86400000";

    fn status(policy: &str, kept: &str, segment: &str) -> Status {
        status_by("LogAppendTime", policy, kept, segment)
    }

    fn status_by(time: &str, policy: &str, kept: &str, segment: &str) -> Status {
        let values = [policy, kept, segment, time];
        let settings = SETTINGS.into_iter().zip(values);
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        check_topic("images", &settings.collect(), Retention::DEFAULT).status
    }

    #[test]
    fn a_topic_may_keep_messages_for_the_period_and_no_longer() {
        assert_eq!(status("delete", SIX_DAYS, DAY), Status::Ok);
        assert_eq!(status("delete", SIX_DAYS, "86400001"), Status::Violation);
        assert_eq!(status("delete", "-1", DAY), Status::Violation);
        assert_eq!(status("compact", SIX_DAYS, DAY), Status::Violation);
        assert_eq!(status("compact,delete", SIX_DAYS, DAY), Status::Violation);
        let by_producers = status_by("CreateTime", "delete", SIX_DAYS, DAY);
        assert_eq!(by_producers, Status::Violation);
        let largest = u64::MAX.to_string();
        assert_eq!(status("delete", &largest, &largest), Status::Violation);
    }

    #[test]
    fn what_cannot_be_read_is_a_warning() {
        let topics = ["images".to_owned(), "dead-letters".to_owned()];
        let checks = check_topics(&topics, Err("down".to_owned()), Retention::DEFAULT);
        assert_eq!(checks.len(), 1);
        assert_eq!(checks[0].status, Status::Warn);
        let checks = check_topics(&topics, Ok(&BTreeMap::new()), Retention::DEFAULT);
        assert!(checks.iter().all(|check| check.status == Status::Warn));
        assert_eq!(checks.len(), 2);
    }
}
