//! Sending dead letters back to where they came from.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use rdkafka::producer::FutureProducer;
use serde::Serialize;

use super::super::cluster::{Cluster, Offsets, Partition};
use super::super::error::CommandError;
use super::super::output::{self, Progress};
use super::super::reader::Reader;
use super::letter::{original, restored};
use super::survey::Survey;
use super::{Config, RequeueArguments, list};
use crate::dead_letters::{producer, send};
use crate::message::Message;
use darkroom_kafka::Context;

/// How many letters are sent together, and their bytes.
const MOST_LETTERS: usize = 64;
const MOST_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug, Default, Serialize)]
struct Report {
    dry_run: bool,
    /// How many were sent, by the topic that they were sent to.
    requeued: BTreeMap<String, u64>,
    /// How many do not tell where they came from.
    unknown: u64,
}

/// Letters that are sent together, and how far the marker moves when they are.
#[derive(Default)]
struct Batch {
    messages: Vec<(String, Message)>,
    bytes: usize,
    marker: Offsets,
}

struct Requeue<'a> {
    config: &'a Config,
    cluster: Cluster,
    producer: FutureProducer<Context>,
    report: Report,
}

/// Sends back what was not yet.
///
/// The marker moves when the brokers have the copies: whoever ends the command in between has some
/// sent twice by the next one.
pub(super) async fn run(config: &Config, arguments: &RequeueArguments) -> Result<(), CommandError> {
    let cluster = Cluster::connect(&config.connection, &config.marker)?;
    let survey = Survey::read(config, &cluster).await?;
    if arguments.dry_run {
        return preview(survey, arguments);
    }
    let mut requeue = Requeue {
        config,
        cluster,
        producer: producer(&config.connection)?,
        report: Report::default(),
    };
    requeue.all(&survey).await?;
    requeue.report.show(arguments.json)
}

fn preview(survey: Survey, arguments: &RequeueArguments) -> Result<(), CommandError> {
    let letters = survey.into_letters(false);
    let mut report = Report {
        dry_run: true,
        ..Report::default()
    };
    for letter in &letters {
        let topic = letter.original.as_ref().map(|at| at.topic.clone());
        report.count(topic.as_deref());
    }
    if !arguments.json && !letters.is_empty() {
        output::print(list::text(&letters))?;
    }
    report.show(arguments.json)
}

impl Requeue<'_> {
    async fn all(&mut self, survey: &Survey) -> Result<(), CommandError> {
        let Config {
            connection, topic, ..
        } = self.config;
        let mut reader = Reader::new(connection, topic, &survey.pending)?;
        let (mut batch, mut progress) = (Batch::default(), Progress::new());
        while let Some(message) = reader.next().await? {
            batch.marker.insert(message.partition, message.offset + 1);
            if survey.is_due(&message) {
                let topic = original(&message).map(|original| original.topic);
                self.report.count(topic.as_deref());
                if let Some(topic) = topic {
                    batch.bytes += message.len();
                    batch.messages.push((topic, restored(message)));
                }
            }
            if batch.messages.len() >= MOST_LETTERS || batch.bytes >= MOST_BYTES {
                self.send(std::mem::take(&mut batch)).await?;
            }
            progress.show(|| format!("{} sent", self.report.sent()));
        }
        let ends = survey.pending.iter().filter(|part| part.len() > 0);
        batch.marker = ends.map(|part: &Partition| (part.id, part.end)).collect();
        self.send(batch).await
    }

    async fn send(&self, batch: Batch) -> Result<(), CommandError> {
        let sends = batch.messages.iter().map(async |(topic, message)| {
            let sent = send(&self.producer, topic, message).await;
            sent.map_err(|error| CommandError::brokers(format!("sending to {topic}"), error, None))
        });
        try_join_all(sends).await?;
        if batch.marker.is_empty() {
            return Ok(());
        }
        self.cluster.commit(&self.config.topic, &batch.marker).await
    }
}

impl Report {
    fn count(&mut self, topic: Option<&str>) {
        match topic {
            Some(topic) => *self.requeued.entry(topic.to_owned()).or_default() += 1,
            None => self.unknown += 1,
        }
    }

    fn sent(&self) -> u64 {
        self.requeued.values().sum()
    }

    fn show(&self, json: bool) -> Result<(), CommandError> {
        if self.unknown > 0 {
            eprintln!(
                "warning: {} dead letters do not tell where they came from and are left out",
                self.unknown
            );
        }
        if json {
            return output::print_json(self);
        }
        let verb = if self.dry_run { "Would send" } else { "Sent" };
        let mut lines: Vec<_> = self
            .requeued
            .iter()
            .map(|(topic, number)| format!("{verb} {number} back to {topic}."))
            .collect();
        if lines.is_empty() {
            lines.push("There is nothing to send back.".to_owned());
        }
        output::print(lines.join("\n"))
    }
}
