//! The issuer's public keys: fetched, kept, and fetched again when they rotate.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

/// The longest key set read, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// How long a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// A key that verifies signatures of one algorithm.
#[derive(Debug)]
pub(super) struct VerifyingKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// How often the issuer is asked.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Keys older than this are fetched again, so that a revoked one is dropped.
    pub max_age: Duration,
    /// Keys older than this are not used at all: by then an issuer that does not answer may have
    /// revoked them.
    pub max_use: Duration,
    /// The least time between two fetches, so that tokens with made-up key ids cannot make this
    /// service hammer the issuer.
    pub min_interval: Duration,
}

/// A JSON Web Key Set ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)) behind a URL.
///
/// While the issuer does not answer, the last keys it gave stay in use for a day.
#[derive(Debug)]
pub struct KeySet {
    url: Url,
    http: reqwest::Client,
    pace: Pace,
    cached: RwLock<Option<Cached>>,
    /// When the last fetch ended. Held while one runs, so that there is one at a time.
    fetched: Mutex<Option<Instant>>,
}

/// No key was had from the issuer, or none for long.
#[derive(Debug, thiserror::Error)]
#[error("the issuer's keys cannot be fetched")]
pub struct KeysUnavailable;

#[derive(Debug)]
struct Cached {
    keys: HashMap<String, Arc<VerifyingKey>>,
    at: Instant,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the request failed: {0}")]
    Request(#[from] reqwest::Error),
    #[error("the key set is over {MAX_BODY} bytes")]
    TooLong,
    #[error("the key set is malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the key set has no key that can be used (RS256 or ES256, with a kid)")]
    NoUsableKey,
}

/// Keys are read one by one: those of unknown kinds are to be ignored (RFC 7517, section 5).
#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<serde_json::Value>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(600),
            max_use: Duration::from_secs(24 * 60 * 60),
            min_interval: Duration::from_secs(10),
        }
    }
}

impl KeySet {
    /// The key set at `url`. Nothing is fetched before a key is asked for.
    ///
    /// # Errors
    ///
    /// When the system's certificate roots cannot be loaded.
    pub fn new(url: Url, pace: Pace) -> reqwest::Result<Arc<Self>> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            // The URL is configured with care; where it is redirected to is not.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let (cached, fetched) = (RwLock::new(None), Mutex::new(None));
        Ok(Arc::new(Self {
            url,
            http,
            pace,
            cached,
            fetched,
        }))
    }

    /// The key with the id `kid`, if the issuer has it.
    pub(super) async fn key(
        self: &Arc<Self>,
        kid: &str,
    ) -> Result<Option<Arc<VerifyingKey>>, KeysUnavailable> {
        let is_fresh = |cached: &Cached| cached.at.elapsed() < self.pace.max_age;
        let fresh = self.read(|cached| cached.filter(|c| is_fresh(c))?.keys.get(kid).cloned());
        if fresh.is_some() {
            return Ok(fresh);
        }
        let this = Arc::clone(self);
        // A task of its own: a caller who hangs up must not undo the fetch, nor its being counted.
        let _ = tokio::spawn(async move { this.refresh().await }).await;
        let is_usable = |cached: &&Cached| cached.at.elapsed() < self.pace.max_use;
        self.read(|cached| {
            let usable = cached.filter(is_usable).ok_or(KeysUnavailable)?;
            Ok(usable.keys.get(kid).cloned())
        })
    }

    fn read<T>(&self, with: impl FnOnce(Option<&Cached>) -> T) -> T {
        with(
            self.cached
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .as_ref(),
        )
    }

    /// Fetches the keys, unless that was done less than the minimal interval ago.
    async fn refresh(&self) {
        let mut fetched = self.fetched.lock().await;
        if fetched.is_some_and(|at| at.elapsed() < self.pace.min_interval) {
            return;
        }
        match self.fetch().await {
            Ok(keys) => {
                let cached = Cached {
                    keys,
                    at: Instant::now(),
                };
                *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some(cached);
            }
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                url = %self.url,
                "cannot fetch the issuer's keys",
            ),
        }
        *fetched = Some(Instant::now());
    }

    async fn fetch(&self) -> Result<HashMap<String, Arc<VerifyingKey>>, FetchError> {
        let mut response = self
            .http
            .get(self.url.clone())
            .send()
            .await?
            .error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err(FetchError::TooLong);
            }
        }
        let set: JwkSet = serde_json::from_slice(&body)?;
        let keys: HashMap<_, _> = set.keys.into_iter().filter_map(usable).collect();
        if keys.is_empty() {
            Err(FetchError::NoUsableKey)
        } else {
            Ok(keys)
        }
    }
}

/// The key and its id, if it is one for signatures of an algorithm taken.
fn usable(jwk: serde_json::Value) -> Option<(String, Arc<VerifyingKey>)> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        _ => return None,
    };
    let for_it = jwk
        .common
        .key_algorithm
        .is_none_or(|named| named == algorithm.into());
    let signs = jwk
        .common
        .public_key_use
        .as_ref()
        .is_none_or(|u| *u == PublicKeyUse::Signature);
    let key = DecodingKey::from_jwk(&jwk)
        .ok()
        .filter(|_| for_it && signs)?;
    Some((
        jwk.common.key_id?,
        Arc::new(VerifyingKey { algorithm, key }),
    ))
}
