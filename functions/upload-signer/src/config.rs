//! What the function is told by its environment.

use std::str::FromStr;

use axum::http::HeaderValue;
use darkroom_gcp::clock::Clock;
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::StorageConfig;
use url::{Host, Url};

use crate::auth::Trust;

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Cloud Storage is (`STORAGE_ENDPOINT`).
    pub storage: StorageConfig,
    /// The time of day (`CLOCK_ENDPOINT`).
    pub clock: Clock,
    /// Where objects are.
    pub buckets: Buckets,
    /// Whose tokens are taken: `JWT_ISSUER` (their `iss`) and `JWT_AUDIENCE` (their `aud`).
    pub trust: Trust,
    /// Where the issuer's public keys are (`JWT_JWKS_URL`).
    pub keys: KeySetUrl,
    /// The web pages that may call (`CORS_ALLOWED_ORIGINS`, with commas between; unset means none).
    pub allowed_origins: AllowedOrigins,
}

/// The buckets by what they are for.
#[derive(Debug, Clone)]
pub struct Buckets {
    /// Where uploads go (`INGEST_BUCKET`).
    pub ingest: String,
    /// Originals and derivatives (`ARCHIVE_BUCKET`).
    pub archive: String,
    /// Records (`RECORDS_BUCKET`).
    pub records: String,
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
        let allowed_origins = env.optional("CORS_ALLOWED_ORIGINS").unwrap_or_default();
        Some(Self {
            storage: StorageConfig::from_env(env),
            clock: Clock::from_env(env),
            buckets: buckets?,
            trust: Trust {
                issuer: issuer?,
                audience: audience?,
            },
            keys: keys?,
            allowed_origins,
        })
    }
}

impl Buckets {
    fn from_env(env: &mut Env) -> Option<Self> {
        let ingest = env.required("INGEST_BUCKET");
        let archive = env.required("ARCHIVE_BUCKET");
        let records = env.required("RECORDS_BUCKET");
        Some(Self {
            ingest: ingest?,
            archive: archive?,
            records: records?,
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
