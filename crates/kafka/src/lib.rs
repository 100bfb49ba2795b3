//! The way to the Kafka cluster: where it is, who we are there, and the clients made of that.

pub mod topics;

mod context;
mod security;
mod token;

use darkroom_gcp::env::Env;
use darkroom_gcp::function::StartError;
use rdkafka::ClientConfig;

pub use context::Context;
pub use security::Security;
use token::TokenSource;

/// Which cluster, and how to get in.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The brokers to begin with, `host:port` with commas between.
    pub brokers: String,
    /// The cluster's name in ids and records: never change it, or messages that are delivered again
    /// are stored again.
    pub cluster: String,
    /// Who we are.
    pub security: Security,
}

impl Connection {
    /// Reads `KAFKA_BROKERS`, `KAFKA_CLUSTER` and what [`Security`] needs.
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let brokers = env.required("KAFKA_BROKERS");
        let cluster = env.required("KAFKA_CLUSTER");
        let security = Security::from_env(env);
        Some(Self {
            brokers: brokers?,
            cluster: cluster?,
            security: security?,
        })
    }

    /// The settings that all clients of the cluster share.
    #[must_use]
    pub fn client_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "darkroom")
            // A quiet topic's connections are closed by the broker now and then.
            .set("log.connection.close", "false");
        self.security.apply(&mut config);
        config
    }

    /// The settings of a client that manages topics, for the next minutes.
    ///
    /// rdkafka serves no token requests of such a client
    /// (<https://github.com/fede1024/rust-rdkafka/issues/757>). Managed Service for Apache Kafka takes
    /// Google's token as a password too, though for new connections only as long as it lives.
    ///
    /// # Errors
    ///
    /// When a token is needed and there is none.
    pub async fn admin_config(&self) -> Result<ClientConfig, StartError> {
        let mut config = self.client_config();
        if let Security::Google { account } = &self.security {
            let token = TokenSource::new(account.clone())?.access_token().await?;
            config
                .set("sasl.mechanism", "PLAIN")
                .set("sasl.username", account)
                .set("sasl.password", token);
        }
        Ok(config)
    }
}
