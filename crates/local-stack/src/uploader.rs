//! A client that does what a real one does: asks for a signed URL, then puts the bytes there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::image::ImageFile;
use crate::topology::AUDIENCE;

/// How long a token holds, and how long one is used: the rest is for the request it goes with.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(60);
const TOKEN_USE: SignedDuration = SignedDuration::from_mins(50);

/// Uploads images as one user.
#[derive(Debug)]
pub struct Uploader {
    client: reqwest::Client,
    cloud: String,
    signer: String,
    user: String,
    token: Mutex<Token>,
}

/// What proves who the user is, and the machine's time until which it is used.
#[derive(Debug)]
struct Token {
    text: String,
    until: Timestamp,
}

/// What the upload-signer answers: where and how to put the bytes.
#[derive(Debug, Clone, Deserialize)]
pub struct SignedUpload {
    /// The image's id.
    pub image_id: String,
    /// The method to use.
    pub method: String,
    /// Where to.
    pub url: String,
    /// The headers to send, just so.
    pub headers: BTreeMap<String, String>,
}

/// An upload did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// A server does not answer.
    #[error("{}", with_causes(.0))]
    Http(#[from] reqwest::Error),
    /// A server refuses.
    #[error("{status}: {body}")]
    Refused {
        /// Its status.
        status: StatusCode,
        /// Its reasons.
        body: String,
    },
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The signer asks for a method that HTTP does not have.
    #[error("the signer asks for a malformed method")]
    Method(#[from] http::method::InvalidMethod),
}

impl Uploader {
    /// A client for `user`, with a token of the local-cloud at `cloud`.
    ///
    /// # Errors
    ///
    /// When no token is given.
    pub async fn connect(cloud: &str, signer: &str, user: &str) -> Result<Self, UploadError> {
        let client = reqwest::Client::new();
        let token = Token::get(&client, cloud, user).await?;
        Ok(Self {
            client,
            cloud: cloud.to_owned(),
            signer: signer.to_owned(),
            user: user.to_owned(),
            token: Mutex::new(token),
        })
    }

    /// A token that holds. A folder of images can take longer to upload than one does.
    async fn token(&self) -> Result<String, UploadError> {
        let mut token = self.token.lock().await;
        if token.until <= Timestamp::now() {
            *token = Token::get(&self.client, &self.cloud, &self.user).await?;
        }
        Ok(token.text.clone())
    }

    /// Uploads an image and returns its id.
    ///
    /// # Errors
    ///
    /// When the signer or the bucket refuses.
    pub async fn upload(&self, image: &ImageFile) -> Result<String, UploadError> {
        let bytes = image.content.read().await?;
        let upload = self.ask(image, bytes.len()).await?;
        self.put(&upload, bytes).await?;
        Ok(upload.image_id)
    }

    /// Asks for a signed URL for `size` bytes.
    ///
    /// # Errors
    ///
    /// When the signer refuses.
    pub async fn ask(&self, image: &ImageFile, size: usize) -> Result<SignedUpload, UploadError> {
        let filename = Path::new(&image.name).file_name();
        let wish = json!({
            "content_type": image.content_type,
            "size_bytes": size,
            "filename": filename.map(OsStr::to_string_lossy),
        });
        let request = self
            .client
            .post(format!("{}/v1/uploads", self.signer))
            .json(&wish);
        let answer = request.bearer_auth(self.token().await?).send().await?;
        Ok(accepted(answer).await?.json().await?)
    }

    /// Puts the bytes to the signed URL.
    ///
    /// # Errors
    ///
    /// When the bucket refuses.
    pub async fn put(&self, upload: &SignedUpload, bytes: Vec<u8>) -> Result<(), UploadError> {
        let method: Method = upload.method.parse()?;
        let mut request = self.client.request(method, &upload.url).body(bytes);
        for (name, value) in &upload.headers {
            request = request.header(name, value);
        }
        accepted(request.send().await?).await?;
        Ok(())
    }

    /// Has an image of this user erased, and returns how far that is.
    ///
    /// # Errors
    ///
    /// When the signer refuses.
    pub async fn erase(&self, image_id: &str) -> Result<Value, UploadError> {
        let url = format!("{}/v1/images/{image_id}", self.signer);
        let request = self.client.delete(url).bearer_auth(self.token().await?);
        Ok(accepted(request.send().await?).await?.json().await?)
    }

    /// What the upload-signer tells of an image.
    ///
    /// # Errors
    ///
    /// When the signer refuses.
    pub async fn image(&self, image_id: &str) -> Result<Value, UploadError> {
        let request = self
            .client
            .get(format!("{}/v1/images/{image_id}", self.signer));
        let answer = request.bearer_auth(self.token().await?).send().await?;
        Ok(accepted(answer).await?.json().await?)
    }
}

impl Token {
    async fn get(client: &reqwest::Client, cloud: &str, user: &str) -> Result<Self, UploadError> {
        let until = Timestamp::now() + TOKEN_USE;
        let claims = json!({ "sub": user, "aud": AUDIENCE, "ttl_seconds": TOKEN_LIFE.as_secs() });
        let request = client.post(format!("{cloud}/_local/token")).json(&claims);
        let answer: Value = accepted(request.send().await?).await?.json().await?;
        let text = answer["token"].as_str().unwrap_or_default().to_owned();
        Ok(Self { text, until })
    }
}

async fn accepted(response: reqwest::Response) -> Result<reqwest::Response, UploadError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(UploadError::Refused {
        status,
        body: response.text().await.unwrap_or_default(),
    })
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
