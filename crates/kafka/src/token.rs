//! The token by which Managed Service for Apache Kafka knows a Google service account
//! (<https://cloud.google.com/managed-service-for-apache-kafka/docs/authentication-kafka>): three
//! parts in base64url, of which the last is an access token.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use darkroom_gcp::function::StartError;
use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use jiff::Timestamp;
use rdkafka::client::OAuthToken;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::timeout;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long a token is taken for good. Google's live for an hour and are given out until a few
/// minutes before their end, so librdkafka, which asks again at 80 % of this, always has a good one.
const LIFE: Duration = Duration::from_secs(3 * 60);

/// What a fetch may take.
const FETCH: Duration = Duration::from_secs(30);

/// Makes tokens of Application Default Credentials.
#[derive(Debug, Clone)]
pub(super) struct TokenSource {
    credentials: AccessTokenCredentials,
    account: String,
    runtime: Handle,
}

impl TokenSource {
    /// `account` is the service account's email. To be called on the runtime that is to fetch.
    pub(super) fn new(account: String) -> Result<Self, StartError> {
        let credentials = Builder::default()
            .with_scopes([SCOPE])
            .build_access_token_credentials()?;
        Ok(Self {
            credentials,
            account,
            runtime: Handle::current(),
        })
    }

    /// Fetches a token and blocks while it does.
    pub(super) fn token(&self) -> Result<OAuthToken, StartError> {
        let fetch = || self.runtime.block_on(self.access_token());
        // librdkafka asks on a thread of the runtime, where blocking on it is forbidden.
        let token = std::thread::scope(|scope| scope.spawn(fetch).join())
            .map_err(|_| "the thread that fetches the token panicked")??;
        Ok(kafka_token(&token, &self.account, Timestamp::now()))
    }

    /// Fetches Google's token, the last part of ours.
    pub(super) async fn access_token(&self) -> Result<String, StartError> {
        let token = self.credentials.access_token();
        let token = timeout(FETCH, token).await??;
        Ok(token.token)
    }
}

fn kafka_token(access_token: &str, account: &str, now: Timestamp) -> OAuthToken {
    let expires = now + LIFE;
    let header = json!({ "typ": "JWT", "alg": "GOOG_OAUTH2_TOKEN" });
    let claims = json!({
        "exp": expires.as_second(),
        "iat": now.as_second(),
        "iss": "Google",
        "scope": "kafka",
        "sub": account,
    });
    let parts = [
        header.to_string(),
        claims.to_string(),
        access_token.to_owned(),
    ];
    OAuthToken {
        token: parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join("."),
        principal_name: account.to_owned(),
        lifetime_ms: expires.as_millisecond(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_googles_three_parts() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let token = kafka_token("ya29.secret", "ingest@p.iam.gserviceaccount.com", now);
        let parts: Vec<_> = token
            .token
            .split('.')
            .map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        let [header, claims, access_token] = &parts[..] else {
            panic!("{parts:?}");
        };
        assert_eq!(header, r#"{"typ":"JWT","alg":"GOOG_OAUTH2_TOKEN"}"#);
        assert_eq!(
            claims,
            r#"{"exp":1795341780,"iat":1795341600,"iss":"Google","scope":"kafka","sub":"ingest@p.iam.gserviceaccount.com"}"#
        );
        assert_eq!(access_token, "ya29.secret");
        assert_eq!(token.principal_name, "ingest@p.iam.gserviceaccount.com");
        assert_eq!(token.lifetime_ms, 1_795_341_780_000);
    }
}
