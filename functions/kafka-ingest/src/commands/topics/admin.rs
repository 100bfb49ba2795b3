//! What the cluster's topics are, and changing them.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigEntry, ConfigSource, NewPartitions, NewTopic,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;

use super::super::error::CommandError;
use super::declaration::Topic;
use super::plan::{Change, Kind, Setting, State, TopicState};
use darkroom_kafka::{Connection, Context, topics};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long brokers may take to have made a topic.
const MAKING: Duration = Duration::from_secs(30);

/// Manages topics.
pub(super) struct Admin {
    client: AdminClient<Context>,
    context: Context,
}

impl Admin {
    /// Connects to the cluster.
    pub(super) async fn connect(connection: &Connection) -> Result<Self, CommandError> {
        let context = Context::new(connection)?;
        let config = connection.admin_config().await?;
        let client = config.create_with_context(context.clone());
        let client = client.map_err(|error| CommandError::Start(error.into()))?;
        Ok(Self { client, context })
    }

    /// What those of the declared topics are that are there.
    pub(super) async fn state(&self, declared: &[Topic]) -> Result<State, CommandError> {
        let metadata = self.client.inner().fetch_metadata(None, PATIENCE);
        // Asking for topics by name would make them, where brokers are set to.
        let metadata = metadata.map_err(|error| self.failed("reading the topics", error))?;
        let mut state = replicas(&metadata, declared);
        let topics: Vec<_> = declared.iter().map(|topic| topic.name.clone()).collect();
        let settings = topics::describe(&self.client, &metadata, &topics).await;
        let settings =
            settings.map_err(|error| self.failed("reading the topics' settings", error))?;
        for (name, entries) in settings {
            if let Some(topic) = state.get_mut(&name) {
                topic.config = entries.into_iter().filter_map(setting).collect();
            }
        }
        match state.iter().find(|(_, topic)| topic.config.is_empty()) {
            // rdkafka drops the reason that the brokers give.
            Some((name, _)) => Err(CommandError::NoSettings(name.clone())),
            None => Ok(state),
        }
    }

    /// Makes changes to a topic.
    pub(super) async fn apply(
        &self,
        topic: &Topic,
        changes: &[&Change],
    ) -> Result<(), CommandError> {
        let any = |wanted: fn(&Kind) -> bool| changes.iter().any(|change| wanted(&change.kind));
        if any(|kind| matches!(kind, Kind::Create { .. })) {
            self.create(topic).await?;
        }
        if any(|kind| matches!(kind, Kind::GrowPartitions { .. })) {
            self.grow(topic).await?;
        }
        if any(|kind| matches!(kind, Kind::SetConfig { .. } | Kind::ResetConfig { .. })) {
            self.configure(topic).await?;
        }
        Ok(())
    }

    async fn create(&self, topic: &Topic) -> Result<(), CommandError> {
        let replication = TopicReplication::Fixed(count(topic.replication));
        let new = NewTopic::new(&topic.name, count(topic.partitions), replication);
        let settings = topic.config.iter();
        let new = settings.fold(new, |new, (name, value)| new.set(name, value));
        let created = self.client.create_topics([&new], &options()).await;
        self.check(format!("creating {}", topic.name), only(created))
    }

    async fn grow(&self, topic: &Topic) -> Result<(), CommandError> {
        let new = NewPartitions::new(&topic.name, topic.partitions);
        let grown = self.client.create_partitions([&new], &options()).await;
        self.check(format!("adding partitions to {}", topic.name), only(grown))
    }

    /// Sets all that is declared: the request replaces all settings of the topic's own, so what is
    /// left out would be lost, and what is not declared is reset by it.
    async fn configure(&self, topic: &Topic) -> Result<(), CommandError> {
        let settings = topic.config.iter();
        let config = AlterConfig::new(ResourceSpecifier::Topic(&topic.name));
        let config = settings.fold(config, |config, (name, value)| config.set(name, value));
        let altered = self.client.alter_configs([&config], &options()).await;
        self.check(format!("setting up {}", topic.name), only(altered))
    }

    fn check(&self, doing: String, result: KafkaResult<()>) -> Result<(), CommandError> {
        result.map_err(|error| self.failed(doing, error))
    }

    fn failed(&self, doing: impl Into<String>, error: KafkaError) -> CommandError {
        CommandError::brokers(doing, error, self.context.trouble())
    }
}

fn replicas(metadata: &Metadata, declared: &[Topic]) -> State {
    let is_declared = |name: &str| declared.iter().any(|topic| topic.name == name);
    let topics = metadata.topics().iter();
    let topics = topics.filter(|topic| is_declared(topic.name()));
    let states = topics.map(|topic| {
        let replicas = topic.partitions().iter();
        let state = TopicState {
            replicas: replicas.map(|found| found.replicas().len()).collect(),
            config: BTreeMap::new(),
        };
        (topic.name().to_owned(), state)
    });
    states.collect()
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(PATIENCE + MAKING))
        .operation_timeout(Some(MAKING))
}

/// The answer for the one topic that was asked for.
fn only<T, U>(answers: KafkaResult<Vec<Result<T, (U, RDKafkaErrorCode)>>>) -> KafkaResult<()> {
    answers?.into_iter().try_for_each(|answer| {
        let result = answer.map(drop);
        result.map_err(|(_, code)| KafkaError::AdminOp(code))
    })
}

/// A setting that can be declared.
fn setting(entry: ConfigEntry) -> Option<(String, Setting)> {
    let setting = Setting {
        value: entry.value,
        overridden: entry.source == ConfigSource::DynamicTopic,
    };
    (!entry.is_read_only && !entry.is_sensitive).then_some((entry.name, setting))
}

/// A number as Kafka's protocol has it.
fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
