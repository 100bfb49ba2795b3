//! A server for a test of its control endpoints, and requests to them.

use std::sync::LazyLock;

use http::Method;
use jiff::Timestamp;
use local_cloud::{Config, LocalCloud, Location};
use reqwest::Client;
use serde_json::{Value, json};

use crate::receiver::QUICK;

static CLIENT: LazyLock<Client> = LazyLock::new(|| Client::builder().no_proxy().build().unwrap());

/// A server that keeps everything in memory, with a bucket named `bucket`.
pub(crate) async fn start() -> LocalCloud {
    let cloud = start_at(Location::Memory).await;
    create_bucket(&cloud, json!({ "name": "bucket" })).await;
    cloud
}

pub(crate) async fn start_at(state: Location) -> LocalCloud {
    let address = "127.0.0.1:0".parse().unwrap();
    let project = "local".to_owned();
    LocalCloud::start(Config {
        address,
        state,
        project,
        delivery: QUICK,
    })
    .await
    .unwrap()
}

/// Sends a request with a JSON body, unless that is null, and returns the status and the JSON body
/// of the answer, null if it has none.
pub(crate) async fn call(
    cloud: &LocalCloud,
    method: Method,
    path: &str,
    body: Value,
) -> (u16, Value) {
    let url = format!("{}{path}", cloud.endpoint());
    let request = CLIENT.request(method, url);
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

pub(crate) async fn get(cloud: &LocalCloud, path: &str) -> (u16, Value) {
    call(cloud, Method::GET, path, Value::Null).await
}

pub(crate) async fn post(cloud: &LocalCloud, path: &str, body: Value) -> (u16, Value) {
    call(cloud, Method::POST, path, body).await
}

pub(crate) async fn post_form(
    cloud: &LocalCloud,
    path: &str,
    form: &[(&str, &str)],
) -> (u16, Value) {
    let url = format!("{}{path}", cloud.endpoint());
    let response = CLIENT.post(url).form(form).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

pub(crate) async fn create_bucket(cloud: &LocalCloud, resource: Value) {
    let (status, body) = post(cloud, "/storage/v1/b?project=local", resource).await;
    assert_eq!(status, 200, "{body}");
}

/// Writes an empty object and sets its custom time, unless that is null.
pub(crate) async fn put(cloud: &LocalCloud, bucket: &str, name: &str, custom_time: Value) {
    let path = format!("/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}");
    assert_eq!(post(cloud, &path, Value::Null).await.0, 200);
    if !custom_time.is_null() {
        let path = format!("/storage/v1/b/{bucket}/o/{name}");
        let patch = json!({ "customTime": custom_time });
        assert_eq!(call(cloud, Method::PATCH, &path, patch).await.0, 200);
    }
}

/// A time in a JSON answer.
pub(crate) fn timestamp(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// Moves the local time.
pub(crate) async fn advance(cloud: &LocalCloud, seconds: i64) -> Value {
    let (status, body) = post(
        cloud,
        "/_local/clock",
        json!({ "advance_seconds": seconds }),
    )
    .await;
    assert_eq!(status, 200, "{body}");
    body
}
