//! The consumer: takes messages from its partitions, has many of them under way, and commits what is
//! done, in order.

mod group;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use darkroom_gcp::function::StartError;
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::intake::{Intake, Taken};
use crate::message::Message;
use crate::metrics::Metrics;
use crate::progress::Ticket;
use darkroom_kafka::{Connection, Context};
use group::Group;

/// Messages under way at most: as many requests to Cloud Storage at once.
const MOST_IN_FLIGHT: usize = 128;

/// Messages begun and not committable at most: what a restart repeats.
const MOST_OPEN: usize = 10_000;

/// How long a full consumer just waits. Then it pauses its partitions, so that it can go on polling
/// and stays in the group. A pause throws away what was fetched ahead, so it is not made lightly.
const FULL_FOR: Duration = Duration::from_secs(1);

/// What tries of one message are apart, at first and at most.
const FIRST_DELAY: Duration = Duration::from_millis(250);
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// What messages under way may take to end when the consumer stops, and then the last commit. Cloud
/// Run gives 10 s to both.
const DRAIN: Duration = Duration::from_secs(6);
const CLOSE: Duration = Duration::from_secs(2);

/// What is consumed, and how.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// The topics.
    pub topics: Vec<String>,
    /// The consumer group.
    pub group: String,
    /// What messages may take of memory, in bytes.
    pub memory_budget: usize,
}

/// A member of a consumer group.
pub(crate) struct Consumer {
    consumer: StreamConsumer<Group>,
    group: Group,
    intake: Intake,
    budget: usize,
    tasks: JoinSet<Done>,
    bytes: usize,
    paused: bool,
    ticks: Interval,
}

/// A message that is dealt with.
struct Done {
    ticket: Ticket,
    message: Message,
    taken: Taken,
}

impl Consumer {
    /// Joins the group.
    ///
    /// # Errors
    ///
    /// When the connection's settings are wrong.
    pub(crate) fn new(
        connection: &Connection,
        subscription: &Subscription,
        intake: Intake,
        (metrics, health): (Metrics, Health),
    ) -> Result<Self, StartError> {
        let group = Group {
            connection: Context::new(connection)?,
            progress: Arc::new(Mutex::default()),
            metrics,
            health,
            told: Arc::default(),
        };
        let config = settings(connection.client_config(), subscription);
        let consumer: StreamConsumer<Group> = config.create_with_context(group.clone())?;
        let topics: Vec<_> = subscription.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics)?;
        let mut ticks = interval(Duration::from_secs(5));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            consumer,
            group,
            intake,
            budget: subscription.memory_budget / 4,
            tasks: JoinSet::new(),
            bytes: 0,
            paused: false,
            ticks,
        })
    }

    /// Takes messages until told to stop, then lets those under way end, commits and leaves.
    ///
    /// # Errors
    ///
    /// When the consumer can never go on.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), StartError> {
        while !stop.is_cancelled() {
            self.turn(&stop).await?;
            self.group.health.turn(self.tasks.len());
            self.group.metrics.in_flight(self.tasks.len(), self.bytes);
        }
        self.drain().await?;
        close(self.consumer).await;
        Ok(())
    }

    async fn turn(&mut self, stop: &CancellationToken) -> Result<(), StartError> {
        let full = self.is_full();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            Some(done) = self.tasks.join_next() => self.finish(done)?,
            _ = self.ticks.tick() => {}
            // A paused consumer polls on: that keeps it in the group, and brings nothing.
            message = self.consumer.recv(), if !full || self.paused => match message {
                Ok(message) => {
                    let message = Message::copy_of(&message);
                    self.begin(message);
                    // It is of a partition that was assigned during the pause.
                    if self.paused {
                        self.pause(true)?;
                    }
                }
                Err(error) => check(error)?,
            },
            () = sleep(FULL_FOR), if full && !self.paused => self.pause(true)?,
        }
        if self.paused && self.bytes <= self.budget / 2 && !self.is_full() {
            self.pause(false)?;
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.bytes >= self.budget
            || self.tasks.len() >= MOST_IN_FLIGHT
            || self.group.progress().open() >= MOST_OPEN
    }

    fn pause(&mut self, pause: bool) -> Result<(), KafkaError> {
        let assigned = self.consumer.assignment()?;
        if pause {
            self.consumer.pause(&assigned)?;
        } else {
            self.consumer.resume(&assigned)?;
        }
        self.paused = pause;
        self.group.metrics.paused(pause);
        tracing::info!(pause, bytes = self.bytes, "fetching");
        Ok(())
    }

    fn begin(&mut self, message: Message) {
        self.group.metrics.received(&message);
        self.group.health.progress();
        self.bytes += message.len();
        let Message {
            topic,
            partition,
            offset,
            ..
        } = &message;
        let ticket = self.group.progress().begin(topic, *partition, *offset);
        let (intake, metrics) = (self.intake.clone(), self.group.metrics.clone());
        self.tasks.spawn(take(intake, metrics, message, ticket));
    }

    fn finish(&mut self, done: Result<Done, JoinError>) -> Result<(), StartError> {
        let Done {
            ticket,
            message,
            taken,
        } = done?;
        self.bytes -= message.len();
        self.group.metrics.taken(&message, &taken);
        self.group.health.progress();
        let Some(last) = self.group.progress().finish(&ticket) else {
            return Ok(());
        };
        let (topic, partition) = ticket.partition();
        if let Err(error) = self.consumer.store_offset(topic, partition, last) {
            // The partition was taken away: its next consumer repeats this and finds it stored.
            tracing::info!(topic, partition, %error, "offset not kept");
        }
        Ok(())
    }

    async fn drain(&mut self) -> Result<(), StartError> {
        let deadline = tokio::time::Instant::now() + DRAIN;
        while let Ok(Some(done)) = timeout_at(deadline, self.tasks.join_next()).await {
            self.finish(done)?;
        }
        if !self.tasks.is_empty() {
            tracing::warn!(messages = self.tasks.len(), "left for the next consumer");
        }
        self.tasks.abort_all();
        Ok(())
    }
}

fn settings(mut config: ClientConfig, subscription: &Subscription) -> ClientConfig {
    // Of the budget, a quarter is for what is under way, an eighth for what is fetched ahead, and the
    // rest for the program, the answers on their way, of which each broker may have one, and what the
    // allocator keeps.
    let ahead_kib = subscription.memory_budget / 8 / 1024;
    let answer = subscription.memory_budget / 32;
    config
        .set("group.id", &subscription.group)
        // A group that begins takes in all there is.
        .set("auto.offset.reset", "earliest")
        // Offsets that we store are committed every second, and when partitions are given back.
        .set("enable.auto.offset.store", "false")
        .set("enable.auto.commit", "true")
        .set("auto.commit.interval.ms", "1000")
        // Others' partitions go on while some are moved.
        .set("partition.assignment.strategy", "cooperative-sticky")
        // Cloud Run kills without notice now and then: its partitions wait no longer than this.
        .set("session.timeout.ms", "15000")
        .set("check.crcs", "true")
        .set("queued.max.messages.kbytes", ahead_kib.to_string())
        // By default a partition rests for a second whenever so much is fetched ahead.
        .set("fetch.queue.backoff.ms", "10")
        // Such a partition is left out of its broker's next request, and that waits this long when the
        // others are at their ends. By default, half a second.
        .set("fetch.wait.max.ms", "50")
        .set("fetch.max.bytes", answer.to_string())
        .set("fetch.message.max.bytes", answer.to_string())
        .set("statistics.interval.ms", "5000");
    config
}

/// Most errors are of brokers that are away, which pass, and which the context tells of.
fn check(error: KafkaError) -> Result<(), KafkaError> {
    use RDKafkaErrorCode::{AllBrokersDown, Authentication, BrokerTransportFailure, Resolve, SSL};
    match error.rdkafka_error_code() {
        _ if matches!(error, KafkaError::MessageConsumptionFatal(_)) => return Err(error),
        Some(AllBrokersDown | Authentication | BrokerTransportFailure | Resolve | SSL) => {}
        _ => tracing::warn!(%error, "no message"),
    }
    Ok(())
}

/// Takes a message in, however often that has to be tried.
async fn take(intake: Intake, metrics: Metrics, message: Message, ticket: Ticket) -> Done {
    let mut delay = FIRST_DELAY;
    loop {
        match intake.take(&message).await {
            Ok(taken) => {
                report(&message, &taken);
                return Done {
                    ticket,
                    message,
                    taken,
                };
            }
            Err(error) => {
                let (topic, partition) = ticket.partition();
                let offset = message.offset;
                tracing::warn!(topic, partition, offset, %error, "to be tried again");
                metrics.retried();
                sleep(delay).await;
                delay = (delay * 2).min(LONGEST_DELAY);
            }
        }
    }
}

fn report(message: &Message, taken: &Taken) {
    let Message {
        topic,
        partition,
        offset,
        ..
    } = message;
    match taken {
        Taken::DeadLettered(poison) => {
            tracing::error!(
                topic,
                partition,
                offset,
                reason = poison.code(),
                "dead letter"
            );
        }
        taken => tracing::debug!(topic, partition, offset, ?taken, "message taken"),
    }
}

/// Commits and leaves the group. librdkafka blocks while it does, and may wait for brokers that are
/// away: a thread of its own keeps that from holding up the end of the process.
async fn close(consumer: StreamConsumer<Group>) {
    let start = Instant::now();
    let (closed, wait) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        drop(consumer);
        let _ = closed.send(());
    });
    match tokio::time::timeout(CLOSE, wait).await {
        Ok(_) => tracing::info!(after = ?start.elapsed(), "left the group"),
        Err(_) => tracing::warn!("the brokers did not take the last commit in time"),
    }
}
