//! What topics are set to.

use std::collections::BTreeMap;
use std::time::Duration;

use darkroom_gcp::function::StartError;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigEntry, OwnedResourceSpecifier, ResourceSpecifier,
};
use rdkafka::error::KafkaError;
use rdkafka::metadata::Metadata;

use crate::{Connection, Context};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// The settings of topics, by topic: those that were asked about and are there.
pub type Settings = BTreeMap<String, Vec<ConfigEntry>>;

/// Topics' settings cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no client.
    #[error("{0}")]
    Start(StartError),
    /// The brokers do not answer, or do not let us.
    #[error("{error}{}", .trouble.as_ref().map(|told| format!(" ({told})")).unwrap_or_default())]
    Brokers {
        /// What failed.
        error: KafkaError,
        /// What librdkafka told of the brokers.
        trouble: Option<String>,
    },
    /// The client ended before it had an answer.
    #[error("the client ended")]
    Ended,
}

/// The settings of `topics`.
///
/// # Errors
///
/// When the brokers do not tell.
pub async fn settings(
    connection: &Connection,
    topics: &[String],
) -> Result<Settings, SettingsError> {
    let context = Context::new(connection).map_err(SettingsError::Start)?;
    let config = connection.admin_config().await;
    let config = config.map_err(SettingsError::Start)?;
    let client: AdminClient<Context> = config
        .create_with_context(context.clone())
        .map_err(|error| SettingsError::Start(error.into()))?;
    // Asking for metadata blocks.
    let read = move || {
        let metadata = client.inner().fetch_metadata(None, PATIENCE);
        metadata.map(|metadata| (client, metadata))
    };
    let failed = |error| SettingsError::Brokers {
        error,
        trouble: context.trouble(),
    };
    let read = tokio::task::spawn_blocking(read).await;
    let (client, metadata) = read.map_err(|_| SettingsError::Ended)?.map_err(failed)?;
    let described = describe(&client, &metadata, topics).await;
    described.map_err(failed)
}

/// The settings of those of `topics` that the cluster has.
///
/// # Errors
///
/// When the brokers do not tell.
pub async fn describe(
    client: &AdminClient<Context>,
    metadata: &Metadata,
    topics: &[String],
) -> Result<Settings, KafkaError> {
    let there = metadata.topics().iter().map(|topic| topic.name());
    // Asking for a topic by name would make it, where brokers are set to.
    let there: Vec<_> = there
        .filter(|name| topics.iter().any(|topic| topic == name))
        .collect();
    let asked: Vec<_> = there
        .iter()
        .map(|name| ResourceSpecifier::Topic(name))
        .collect();
    // librdkafka refuses to ask about nothing.
    if asked.is_empty() {
        return Ok(Settings::new());
    }
    // Any broker can tell; left to itself librdkafka waits for the controller.
    let broker = metadata.brokers().first().map(|broker| broker.id());
    let options = AdminOptions::new()
        .request_timeout(Some(PATIENCE))
        .broker_id(broker);
    let described = client.describe_configs(&asked, &options).await?;
    let mut settings: Settings = there
        .iter()
        .map(|name| ((*name).to_owned(), Vec::new()))
        .collect();
    for resource in described.into_iter().flatten() {
        if let OwnedResourceSpecifier::Topic(name) = resource.specifier
            && let Some(entries) = settings.get_mut(&name)
        {
            *entries = resource.entries;
        }
    }
    Ok(settings)
}
