//! How far the consumers are behind.

use std::process::ExitCode;

use clap::Args;
use darkroom_gcp::env::Env;
use serde::Serialize;

use super::cluster::{Cluster, Offsets, Partition};
use super::error::CommandError;
use super::output;
use crate::config;
use darkroom_kafka::Connection;

/// What `lag` is told.
#[derive(Debug, Args)]
pub(super) struct LagArguments {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

struct LagConfig {
    connection: Connection,
    topics: Vec<String>,
    group: String,
    dead_letter_topic: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct LagReport {
    group: String,
    lag: i64,
    partitions: Vec<PartitionLag>,
    dead_letters: DeadLetters,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct PartitionLag {
    topic: String,
    partition: i32,
    start: i64,
    /// Nothing before the group's first commit.
    committed: Option<i64>,
    end: i64,
    lag: i64,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct DeadLetters {
    topic: String,
    messages: i64,
}

/// Shows the lag of `KAFKA_GROUP` on `KAFKA_TOPICS`, and the size of the dead-letter topic.
pub(super) async fn run(arguments: LagArguments) -> Result<ExitCode, CommandError> {
    let config = Env::read(LagConfig::from_env)?;
    let cluster = Cluster::connect(&config.connection, &config.group)?;
    let mut lags = Vec::new();
    for topic in &config.topics {
        let partitions = cluster.partitions(topic).await?;
        let committed = cluster.committed(topic, &partitions).await?;
        lags.extend(lag(topic, &partitions, &committed));
    }
    let dead_letters = cluster.partitions(&config.dead_letter_topic).await?;
    let report = LagReport {
        group: config.group,
        lag: lags.iter().map(|partition| partition.lag).sum(),
        partitions: lags,
        dead_letters: DeadLetters {
            topic: config.dead_letter_topic,
            messages: dead_letters.iter().map(Partition::len).sum(),
        },
    };
    if arguments.json {
        output::print_json(&report)?;
    } else {
        output::print(text(&report))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl LagConfig {
    fn from_env(env: &mut Env) -> Option<Self> {
        let connection = Connection::from_env(env);
        let topics = config::topics(env);
        let group = env.required("KAFKA_GROUP");
        let dead_letter_topic = env.required("KAFKA_DEAD_LETTER_TOPIC");
        Some(Self {
            connection: connection?,
            topics: topics?,
            group: group?,
            dead_letter_topic: dead_letter_topic?,
        })
    }
}

fn lag(topic: &str, partitions: &[Partition], committed: &Offsets) -> Vec<PartitionLag> {
    let lag = |partition: &Partition| {
        let committed = committed.get(&partition.id).copied();
        // A group that begins takes in all there is, and what has expired is no more to be done.
        let next = committed.unwrap_or(partition.start).max(partition.start);
        PartitionLag {
            topic: topic.to_owned(),
            partition: partition.id,
            start: partition.start,
            committed,
            end: partition.end,
            lag: (partition.end - next).max(0),
        }
    };
    partitions.iter().map(lag).collect()
}

fn text(report: &LagReport) -> String {
    let mut table = output::table(&["topic", " partition", " committed", " end", " lag"]);
    for partition in &report.partitions {
        let committed = partition.committed.map(|offset| offset.to_string());
        table.add_row([
            partition.topic.clone(),
            partition.partition.to_string(),
            committed.unwrap_or_else(|| "none".to_owned()),
            partition.end.to_string(),
            partition.lag.to_string(),
        ]);
    }
    let DeadLetters { topic, messages } = &report.dead_letters;
    format!(
        "{table}\n{} is {} behind. {topic} holds {messages}.",
        report.group,
        messages_of(report.lag)
    )
}

fn messages_of(number: i64) -> String {
    match number {
        1 => "1 message".to_owned(),
        number => format!("{number} messages"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lags(committed: Option<i64>) -> i64 {
        let partition = Partition {
            id: 3,
            start: 10,
            end: 25,
        };
        let committed = committed.map(|offset| (3, offset)).into_iter().collect();
        lag("images", &[partition], &committed)[0].lag
    }

    #[test]
    fn what_is_behind_is_from_the_committed_offset_to_the_end() {
        assert_eq!([lags(Some(20)), lags(Some(25))], [5, 0]);
    }

    #[test]
    fn a_group_that_has_committed_nothing_is_behind_by_all_there_is() {
        assert_eq!(lags(None), 15);
    }

    #[test]
    fn messages_that_have_expired_are_not_waited_for() {
        assert_eq!(lags(Some(4)), 15);
    }
}
