//! What the function is told by its environment.

use std::str::FromStr;

use axum::http::HeaderValue;
use darkroom_core::retention::Retention;
use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::{Buckets, StorageConfig};
use url::{Host, Url};

use crate::auth::Trust;

/// The role that may have any image erased, where `PRIVACY_ROLE` is unset.
const PRIVACY_ROLE: &str = "privacy";

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Cloud Storage is (`STORAGE_ENDPOINT`).
    pub storage: StorageConfig,
    /// The time of day (`CLOCK_ENDPOINT`).
    pub clock: Clock,
    /// Where objects are.
    pub buckets: Buckets,
    /// Where requests for erasure are (`ERASURES_BUCKET`).
    pub erasures_bucket: String,
    /// How long images are kept (`RETENTION_DAYS`, `GRACE_HOURS`).
    pub retention: Retention,
    /// The role, in a token's `roles`, that may have any image erased (`PRIVACY_ROLE`, unset means
    /// `privacy`).
    pub privacy_role: String,
    /// Whose tokens are taken: `JWT_ISSUER` (their `iss`) and `JWT_AUDIENCE` (their `aud`).
    pub trust: Trust,
    /// Where the issuer's public keys are (`JWT_JWKS_URL`).
    pub keys: KeySetUrl,
    /// The web pages that may call (`CORS_ALLOWED_ORIGINS`, with commas between; unset means none).
    pub allowed_origins: AllowedOrigins,
}

/// The URL of a JSON Web Key Set: `https`, or `http` on this machine itself.
///
/// Whoever can change what it answers can make tokens, so it must not cross a network unprotected.
#[derive(Debug, Clone)]
pub struct KeySetUrl(pub Url);

/// The origins (scheme, host and port) of web pages that may call from a browser.
#[derive(Debug, Clone, Default)]
pub struct AllowedOrigins(pub Vec<HeaderValue>);

impl Config {
    /// Reads the environment; what is wrong with it is noted in `env`.
    pub fn from_env(env: &mut Env) -> Option<Self> {
        let (issuer, audience) = (env.required("JWT_ISSUER"), env.required("JWT_AUDIENCE"));
        let keys = env.required("JWT_JWKS_URL");
        let buckets = Buckets::from_env(env);
        let erasures_bucket = env.required("ERASURES_BUCKET");
        let privacy_role = env.optional("PRIVACY_ROLE");
        let allowed_origins = env.optional("CORS_ALLOWED_ORIGINS").unwrap_or_default();
        Some(Self {
            storage: StorageConfig::from_env(env),
            clock: Clock::from_env(env),
            buckets: buckets?,
            erasures_bucket: erasures_bucket?,
            retention: darkroom_gcp::retention::from_env(env),
            privacy_role: privacy_role.unwrap_or_else(|| PRIVACY_ROLE.to_owned()),
            trust: Trust {
                issuer: issuer?,
                audience: audience?,
            },
            keys: keys?,
            allowed_origins,
        })
    }
}

impl FromStr for KeySetUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_loopback(&url) => Ok(Self(url)),
            _ => {
                Err("it must begin with https:// (http:// only on this machine itself)".to_owned())
            }
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl FromStr for AllowedOrigins {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(|origin| parse_origin(origin.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn parse_origin(text: &str) -> Result<HeaderValue, String> {
    let malformed = || format!("`{text}` is no origin such as https://app.example.com");
    let url = Url::parse(text).map_err(|_| malformed())?;
    // The browser sends an origin just so, and it is compared as text.
    let is_origin =
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text;
    HeaderValue::from_str(text)
        .ok()
        .filter(|_| is_origin)
        .ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 7] = [
        ("JWT_ISSUER", "https://issuer.example"),
        ("JWT_AUDIENCE", "darkroom"),
        ("JWT_JWKS_URL", "https://issuer.example/keys"),
        ("INGEST_BUCKET", "ingest"),
        ("ARCHIVE_BUCKET", "archive"),
        ("RECORDS_BUCKET", "records"),
        ("ERASURES_BUCKET", "erasures"),
    ];

    /// What is wrong with an environment that is complete but for `changes`.
    fn mistakes(changes: &[(&str, &str)]) -> String {
        let variables = COMPLETE.iter().chain(changes);
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        match Env::read_from(variables.collect(), Config::from_env) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_complete_environment_is_usable() {
        assert_eq!(mistakes(&[]), "");
    }

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let empty = COMPLETE.map(|(name, _)| (name, ""));
        let mistakes = mistakes(&empty);
        for (name, _) in COMPLETE {
            assert!(
                mistakes.contains(&format!("{name} is not set")),
                "{mistakes}"
            );
        }
    }

    #[test]
    fn keys_are_not_fetched_unprotected_over_a_network() {
        for url in [
            "http://127.0.0.1:1/k",
            "http://[::1]/k",
            "http://localhost/k",
        ] {
            assert_eq!(mistakes(&[("JWT_JWKS_URL", url)]), "");
        }
        for url in [
            "http://issuer.example/k",
            "http://10.0.0.1/k",
            "file:///k",
            "k",
        ] {
            assert!(
                mistakes(&[("JWT_JWKS_URL", url)]).contains("JWT_JWKS_URL: "),
                "{url}"
            );
        }
    }

    #[test]
    fn origins_are_spelled_as_browsers_send_them() {
        let origins = "https://app.example, http://localhost:3000";
        assert_eq!(mistakes(&[("CORS_ALLOWED_ORIGINS", origins)]), "");
        for origin in [
            "*",
            "app.example",
            "https://app.example/",
            "https://a,",
            "null",
        ] {
            let mistakes = mistakes(&[("CORS_ALLOWED_ORIGINS", origin)]);
            assert!(mistakes.contains("CORS_ALLOWED_ORIGINS: "), "{origin}");
        }
    }
}
