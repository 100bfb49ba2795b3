//! Taking messages in again. A message's image has the same name whenever it comes, so what is stored
//! is found stored.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use serde::Serialize;
use tokio::task::JoinSet;

use super::cluster::{Cluster, Partition};
use super::error::CommandError;
use super::output::{self, Progress};
use super::range::{Position, Range};
use super::reader::Reader;
use crate::config;
use crate::dead_letters::DeadLetters;
use crate::intake::{Destination, Intake, Taken};
use crate::message::{Message, Poison, Source};
use darkroom_kafka::Connection;

/// Messages under way at most, and their bytes.
const MOST_IN_FLIGHT: usize = 32;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What tries of one message are apart at first, doubling, and how many there are. Cloud Storage's
/// client tries for some time itself.
const FIRST_DELAY: Duration = Duration::from_millis(250);
const TRIES: u32 = 6;

/// What `replay` is told.
#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// The topic
    #[arg(long)]
    topic: String,
    /// Where to begin: an offset, a time such as 2026-11-22T10:00:00Z, or earliest
    #[arg(long)]
    from: Position,
    /// Up to before which offset or time; the present end without it
    #[arg(long)]
    to: Option<Position>,
    /// One partition; all without it
    #[arg(long)]
    partition: Option<i32>,
    /// Read and judge the messages, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// What is done with messages.
#[derive(Clone)]
enum Replay {
    /// They are taken in.
    Real(Arc<Intake>),
    /// They are only looked at.
    Dry(Judge),
}

/// Tells which messages are poison, as far as that shows without storage.
#[derive(Clone)]
struct Judge {
    clock: Clock,
    cluster: String,
    reference_buckets: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    topic: String,
    dry_run: bool,
    partitions: Vec<Part>,
    messages: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    already_stored: Option<u64>,
    /// Dead letters by reason; in a dry run those that it would make.
    poison: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Serialize)]
struct Part {
    partition: i32,
    from: i64,
    to: i64,
}

/// Takes a range of messages in again.
pub(super) async fn run(arguments: ReplayArguments) -> Result<ExitCode, CommandError> {
    let (connection, replay) = if arguments.dry_run {
        Env::read(Judge::from_env).map(|(connection, judge)| (connection, Replay::Dry(judge)))?
    } else {
        let (connection, topic, destination) = Env::read(destination)?;
        let dead_letters = DeadLetters::new(&connection, topic)?;
        let intake = Intake::new(destination, dead_letters).await?;
        (connection, Replay::Real(Arc::new(intake)))
    };
    let cluster = Cluster::connect(&connection, "kafka-ingest-replay")?;
    let range = Range {
        topic: &arguments.topic,
        partition: arguments.partition,
        from: arguments.from,
        to: arguments.to,
    };
    let parts = range.find(&cluster).await?;
    let reader = Reader::new(&connection, &arguments.topic, &parts)?;
    let report = replay.all(reader, Report::new(&arguments, &parts)).await?;
    if arguments.json {
        output::print_json(&report)?;
    } else {
        output::print(report.text())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn destination(env: &mut Env) -> Option<(Connection, String, Destination)> {
    let connection = Connection::from_env(env);
    let dead_letter_topic = env.required("KAFKA_DEAD_LETTER_TOPIC");
    let destination = Destination::from_env(env, connection.as_ref());
    Some((connection?, dead_letter_topic?, destination?))
}

impl Replay {
    /// Reads all messages, with several under way.
    async fn all(self, mut reader: Reader, mut report: Report) -> Result<Report, CommandError> {
        let expected: i64 = report
            .partitions
            .iter()
            .map(|part| part.to - part.from)
            .sum();
        let (mut tasks, mut bytes, mut drained) = (JoinSet::new(), 0, false);
        let mut progress = Progress::new();
        while !(drained && tasks.is_empty()) {
            let full = tasks.len() >= MOST_IN_FLIGHT || bytes >= MOST_BYTES;
            tokio::select! {
                Some(done) = tasks.join_next() => {
                    let (message, taken): (Message, Option<Taken>) = done??;
                    bytes -= message.len();
                    report.count(&message, taken);
                }
                message = reader.next(), if !full && !drained => match message? {
                    Some(message) => {
                        bytes += message.len();
                        tasks.spawn(self.clone().one(message));
                    }
                    None => drained = true,
                },
            }
            progress.show(|| {
                format!(
                    "{}: {} of {expected} messages",
                    report.topic, report.messages
                )
            });
        }
        Ok(report)
    }

    async fn one(self, message: Message) -> Result<(Message, Option<Taken>), CommandError> {
        let taken = match &self {
            Self::Real(intake) => Some(take(intake, &message).await?),
            Self::Dry(judge) => judge.poison(&message).await?.map(Taken::DeadLettered),
        };
        Ok((message, taken))
    }
}

/// Takes a message in, with a few tries.
async fn take(intake: &Intake, message: &Message) -> Result<Taken, CommandError> {
    let (mut delay, mut tries) = (FIRST_DELAY, 1);
    loop {
        match intake.take(message).await {
            Ok(taken) => return Ok(taken),
            Err(error) if tries == TRIES => {
                return Err(CommandError::Intake {
                    topic: message.topic.clone(),
                    partition: message.partition,
                    offset: message.offset,
                    error,
                });
            }
            Err(_) => tokio::time::sleep(delay).await,
        }
        (delay, tries) = (delay * 2, tries + 1);
    }
}

impl Judge {
    fn from_env(env: &mut Env) -> Option<(Connection, Self)> {
        let connection = Connection::from_env(env);
        let (clock, reference_buckets) = (Clock::from_env(env), config::reference_buckets(env));
        let connection = connection?;
        let judge = Self {
            clock,
            cluster: connection.cluster.clone(),
            reference_buckets,
        };
        Some((connection, judge))
    }

    async fn poison(&self, message: &Message) -> Result<Option<Poison>, CommandError> {
        let image = message.image(&self.cluster, self.clock.now().await?);
        Ok(match image.map(|image| image.source) {
            Err(poison) => Some(poison),
            Ok(Source::Object(reference))
                if !self.reference_buckets.contains(&reference.bucket) =>
            {
                Some(Poison::Bucket(reference.bucket))
            }
            Ok(_) => None,
        })
    }
}

impl Report {
    fn new(arguments: &ReplayArguments, parts: &[Partition]) -> Self {
        let part = |part: &Partition| Part {
            partition: part.id,
            from: part.start,
            to: part.end,
        };
        let zero = (!arguments.dry_run).then_some(0);
        Self {
            topic: arguments.topic.clone(),
            dry_run: arguments.dry_run,
            partitions: parts.iter().map(part).collect(),
            stored: zero,
            already_stored: zero,
            ..Self::default()
        }
    }

    /// Counts a message and what became of it; a dry run makes nothing of one that is not poison.
    fn count(&mut self, message: &Message, taken: Option<Taken>) {
        self.messages += 1;
        self.bytes += message.len() as u64;
        let add = |count: &mut Option<u64>| *count = count.map(|count| count + 1);
        match taken {
            Some(Taken::Stored) => add(&mut self.stored),
            Some(Taken::AlreadyStored) => add(&mut self.already_stored),
            Some(Taken::DeadLettered(poison)) => {
                *self.poison.entry(poison.code()).or_default() += 1
            }
            None => {}
        }
    }

    fn text(&self) -> String {
        let mut table = output::table(&["what", " messages"]);
        table.add_row(["read", &self.messages.to_string()]);
        for (what, count) in [
            ("stored", self.stored),
            ("stored already", self.already_stored),
        ] {
            if let Some(count) = count {
                table.add_row([what, &count.to_string()]);
            }
        }
        let poison = if self.dry_run {
            "would be a dead letter"
        } else {
            "dead letter"
        };
        for (reason, count) in &self.poison {
            table.add_row([format!("{poison}: {reason}"), count.to_string()]);
        }
        let parts: Vec<_> = self
            .partitions
            .iter()
            .map(|part| {
                format!(
                    "{}/{} {}..{}",
                    self.topic, part.partition, part.from, part.to
                )
            })
            .collect();
        let end = if self.dry_run {
            " Nothing was changed."
        } else {
            ""
        };
        format!(
            "{}\n{table}\n{} in all.{end}",
            parts.join("\n"),
            output::size(self.bytes)
        )
    }
}
