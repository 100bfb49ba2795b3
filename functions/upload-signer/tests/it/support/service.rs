//! The function as a process of its own, and requests to it.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::{AUDIENCE, ISSUER, Issuer, Key, claims};

/// A running upload-signer; it ends when this is dropped.
pub(crate) struct Service {
    url: String,
    pub(crate) http: reqwest::Client,
    output: Arc<Mutex<String>>,
    /// Whose tokens it takes.
    pub(crate) issuer: Issuer,
    _child: Child,
    _key_file: NamedTempFile,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Service {
    /// A service without any Google Cloud behind it: signing with a key file needs none.
    pub(crate) async fn alone() -> Self {
        Self::with(&[]).await
    }

    /// As [`Self::alone`], with these variables beside the usual ones.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        let key = json!({
            "type": "service_account",
            "project_id": "local",
            "private_key_id": "1",
            "private_key": *Key::rsa().pem,
            "client_email": "upload-signer@local.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": "http://127.0.0.1:9/token",
        });
        let endpoint = ("STORAGE_ENDPOINT", "http://127.0.0.1:9");
        Self::start(&key, &[&[endpoint], variables].concat()).await
    }

    /// A service with this service account key, and these variables beside the usual ones.
    pub(crate) async fn start(account_key: &Value, variables: &[(&str, &str)]) -> Self {
        let issuer = Issuer::start(&[Key::rsa(), Key::ec()]).await;
        let key_file = NamedTempFile::new().unwrap();
        std::fs::write(key_file.path(), account_key.to_string()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_upload-signer"))
            .env_clear()
            .env("GOOGLE_APPLICATION_CREDENTIALS", key_file.path())
            .envs([("HOST", "127.0.0.1"), ("PORT", "0")])
            .envs([("JWT_ISSUER", ISSUER), ("JWT_AUDIENCE", AUDIENCE)])
            .env("JWT_JWKS_URL", &issuer.keys_url)
            .envs([("INGEST_BUCKET", "ingest"), ("ARCHIVE_BUCKET", "archive")])
            .envs([
                ("RECORDS_BUCKET", "records"),
                ("ERASURES_BUCKET", "erasures"),
            ])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = format!("http://{}", address(&mut lines).await);
        let output = keep(lines);
        let http = reqwest::Client::new();
        Self {
            url,
            http,
            output,
            issuer,
            _child: child,
            _key_file: key_file,
        }
    }

    /// Everything logged since the service listens.
    pub(crate) fn log(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// A request without a token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A `GET` as `subject`.
    pub(crate) async fn get(&self, subject: &str, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path).bearer_auth(token(subject))).await
    }

    /// A `DELETE` as `subject`, who holds these roles.
    pub(crate) async fn delete(&self, subject: &str, roles: &[&str], path: &str) -> Answer {
        let mut claims = claims(subject);
        claims["roles"] = json!(roles);
        let request = self.request(Method::DELETE, path);
        Answer::to(request.bearer_auth(Key::rsa().sign(&claims))).await
    }

    /// A `POST` as `subject`.
    pub(crate) async fn post(&self, subject: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).bearer_auth(token(subject));
        Answer::to(request.json(body)).await
    }
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            status,
            headers,
            body,
        }
    }

    /// The body of a problem; every error is one.
    pub(crate) fn problem(&self, status: StatusCode) -> &Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{self:?}"
        );
        assert_eq!(self.body["status"], status.as_u16(), "{self:?}");
        &self.body
    }
}

fn token(subject: &str) -> String {
    Key::rsa().sign(&claims(subject))
}

async fn address(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    while let Some(line) = lines.next_line().await.unwrap() {
        let entry: Value = serde_json::from_str(&line).unwrap();
        if let Some(address) = entry["address"].as_str() {
            return address.to_owned();
        }
    }
    panic!("the service ended without listening");
}

fn keep(mut lines: Lines<BufReader<ChildStdout>>) -> Arc<Mutex<String>> {
    let output = Arc::new(Mutex::new(String::new()));
    let to = Arc::clone(&output);
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            to.lock().unwrap().extend([&line, "\n"]);
        }
    });
    output
}
