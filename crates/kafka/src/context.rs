//! What librdkafka tells and asks of us.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use darkroom_gcp::function::StartError;
use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::token::TokenSource;
use super::{Connection, Security};

/// Gives librdkafka tokens where it needs them, and takes its log lines into ours.
#[derive(Debug, Clone)]
pub struct Context {
    tokens: Option<TokenSource>,
    trouble: Arc<Mutex<Trouble>>,
}

/// What is wrong with the brokers.
#[derive(Debug, Default)]
struct Trouble {
    reason: Option<String>,
    logged: Option<Instant>,
}

/// Brokers that are away are tried many times a second, and each try is told.
const LOG_AGAIN: Duration = Duration::from_secs(10);

impl Context {
    /// The context for clients of `connection`.
    ///
    /// # Errors
    ///
    /// When tokens are needed and there are no Google credentials.
    pub fn new(connection: &Connection) -> Result<Self, StartError> {
        let tokens = match &connection.security {
            Security::Google { account } => Some(TokenSource::new(account.clone())?),
            _ => None,
        };
        Ok(Self {
            tokens,
            trouble: Arc::default(),
        })
    }

    /// What librdkafka told last of brokers that it cannot reach or that do not let us in. What waits
    /// for them ends with nothing but a timeout.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.lock().reason.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            // What fails of a connection is told to `error` too.
            _ if matches!(facility, "FAIL" | "ERROR") => {
                tracing::debug!(facility, "librdkafka: {message}");
            }
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::error!(facility, "librdkafka: {message}"),
            RDKafkaLogLevel::Warning => tracing::warn!(facility, "librdkafka: {message}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(facility, "librdkafka: {message}");
            }
            RDKafkaLogLevel::Debug => tracing::debug!(facility, "librdkafka: {message}"),
        }
    }

    /// Most of these are of a broker that is away for a while, which librdkafka sees to itself.
    fn error(&self, error: KafkaError, reason: &str) {
        let mut trouble = self.lock();
        if trouble.logged.is_none_or(|at| at.elapsed() > LOG_AGAIN) {
            trouble.logged = Some(Instant::now());
            tracing::warn!(%error, "Kafka: {reason}");
        }
        // "All brokers are down" comes after what each of them said, and says less.
        let says_less = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        if !says_less || trouble.reason.is_none() {
            trouble.reason = Some(reason.to_owned());
        }
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let tokens = self.tokens.as_ref();
        let tokens = tokens.ok_or("the connection is not made with tokens")?;
        tokens.token().map_err(|error| error as Box<dyn Error>)
    }
}

impl ConsumerContext for Context {}
