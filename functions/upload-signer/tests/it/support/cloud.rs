//! The function with a local-cloud behind it.

use std::net::SocketAddr;

use axum::http::StatusCode;
use local_cloud::events::DeliveryPolicy;
use local_cloud::{Config, LocalCloud, Location};
use reqwest::{Body, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::Service;

/// A service, and the Google Cloud it uses.
pub(crate) struct Cloud {
    pub(crate) service: Service,
    local: LocalCloud,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let config = Config {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            state: Location::Memory,
            project: "local".to_owned(),
            delivery: DeliveryPolicy::default(),
        };
        let local = LocalCloud::start(config).await.unwrap();
        let endpoint = local.endpoint().to_owned();
        let email = "upload-signer@local.iam.gserviceaccount.com";
        let key = local
            .identity()
            .service_account_key(email, &format!("{endpoint}/token"))
            .unwrap();
        let variables = [
            ("STORAGE_ENDPOINT", &*endpoint),
            ("CLOCK_ENDPOINT", &*endpoint),
        ];
        let service = Service::start(&key, &variables).await;
        let cloud = Self { service, local };
        for bucket in ["ingest", "archive", "records", "erasures"] {
            let request = cloud.request(Method::POST, "/storage/v1/b?project=local");
            sent(request.json(&json!({ "name": bucket }))).await;
        }
        cloud
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.service
            .http
            .request(method, format!("{}{path}", self.local.endpoint()))
    }

    /// Moves the clock on.
    pub(crate) async fn advance(&self, seconds: i64) {
        let request = self.request(Method::POST, "/_local/clock");
        sent(request.json(&json!({ "advance_seconds": seconds }))).await;
    }

    /// Writes an object as the other functions do.
    pub(crate) async fn write(&self, bucket: &str, name: &str, bytes: impl Into<Body>) {
        let path = format!("/upload/storage/v1/b/{bucket}/o");
        let query = [("uploadType", "media"), ("name", name)];
        sent(self.request(Method::POST, &path).query(&query).body(bytes)).await;
    }

    /// What is stored under `name` in the ingest bucket, as the JSON API describes it.
    pub(crate) async fn ingested(&self, name: &str) -> Option<Value> {
        let path = format!("/storage/v1/b/ingest/o/{}", name.replace('/', "%2F"));
        let response = self.request(Method::GET, &path).send().await.unwrap();
        match response.status() {
            StatusCode::NOT_FOUND => None,
            _ => Some(response.json().await.unwrap()),
        }
    }

    /// Makes the next storage requests fail with `status`.
    pub(crate) async fn fail(&self, api: &str, status: u16) {
        let fault = json!({ "api": api, "count": 100, "status": status });
        sent(self.request(Method::POST, "/_local/faults").json(&fault)).await;
    }

    /// Asks for an upload of `bytes`.
    pub(crate) async fn grant(&self, subject: &str, bytes: &[u8]) -> Value {
        let body = json!({
            "content_type": "image/png",
            "size_bytes": bytes.len(),
            "filename": "two  spaces.png",
        });
        let answer = self.service.post(subject, "/v1/uploads", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.body
    }

    /// What a client sends that does as it was told; a test may change it.
    pub(crate) fn put(&self, upload: &Value, bytes: &[u8]) -> RequestBuilder {
        let request = self
            .service
            .http
            .put(upload["url"].as_str().unwrap())
            .body(bytes.to_vec());
        let headers = upload["headers"].as_object().unwrap().iter();
        headers.fold(request, |request, (name, value)| {
            request.header(name, value.as_str().unwrap())
        })
    }
}

async fn sent(request: RequestBuilder) -> Response {
    request.send().await.unwrap().error_for_status().unwrap()
}
