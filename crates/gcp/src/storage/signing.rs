//! Signed URLs (V4): <https://cloud.google.com/storage/docs/access-control/signed-urls>.

use std::time::Duration;

use google_cloud_auth::credentials;
use google_cloud_auth::signer::Signer;
use google_cloud_storage::builder::storage::SignedUrlBuilder;
use google_cloud_storage::http::Method;
use jiff::Timestamp;

use super::{ObjectRef, StorageConfig, bucket_path};
use crate::function::StartError;

/// Signs URLs as the function's own service account: with IAM's `signBlob` on Cloud Run, with the
/// key in `GOOGLE_APPLICATION_CREDENTIALS` on a laptop.
#[derive(Debug, Clone)]
pub struct UrlSigner {
    signer: Signer,
    endpoint: Option<String>,
}

/// No URL was signed: IAM did not answer, or the request cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error("the URL was not signed: {0}")]
pub struct SigningError(#[from] google_cloud_storage::error::SigningError);

impl UrlSigner {
    /// Makes the signer from Application Default Credentials.
    ///
    /// # Errors
    ///
    /// When there are none, or they cannot sign.
    pub fn connect(config: &StorageConfig) -> Result<Self, StartError> {
        let signer = credentials::Builder::default().build_signer()?;
        Ok(Self {
            signer,
            endpoint: config.endpoint.clone(),
        })
    }

    /// A URL by which anyone can do `method` to `object` until `expires_at`, sending just `headers`.
    ///
    /// # Errors
    ///
    /// When signing fails.
    pub async fn sign(
        &self,
        method: Method,
        object: ObjectRef<'_>,
        headers: &[(&str, String)],
        expires_at: Timestamp,
    ) -> Result<String, SigningError> {
        let mut url = SignedUrlBuilder::for_object(bucket_path(object.bucket), object.name)
            .with_method(method)
            .with_expiration(life(expires_at));
        if let Some(endpoint) = &self.endpoint {
            url = url.with_endpoint(endpoint);
        }
        for (name, value) in headers {
            url = url.with_header(*name, value);
        }
        Ok(url.sign_with(&self.signer).await?)
    }
}

/// The builder counts from the system's time, whatever the clock that `expires_at` was told by.
fn life(expires_at: Timestamp) -> Duration {
    let left = expires_at.duration_since(Timestamp::now());
    Duration::try_from(left).unwrap_or_default()
}
