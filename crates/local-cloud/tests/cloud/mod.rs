//! A server for a test, and the official clients of it.

#![allow(dead_code, reason = "not every test binary uses all of it")]

use google_cloud_auth::credentials::anonymous::Builder as Anonymous;
use google_cloud_storage::client::{Storage, StorageControl};
use local_cloud::{Config, LocalCloud, Location};
use serde_json::{Value, json};

/// The bucket of most tests.
pub(crate) const BUCKET: &str = "bucket";
/// Its name in gRPC.
pub(crate) const BUCKET_RESOURCE: &str = "projects/_/buckets/bucket";

/// A server that keeps everything in memory, with the bucket.
pub(crate) async fn start() -> LocalCloud {
    let cloud = start_at(Location::Memory).await;
    create_bucket(&cloud, &json!({ "name": BUCKET })).await;
    cloud
}

/// A server that keeps everything at `state`.
pub(crate) async fn start_at(state: Location) -> LocalCloud {
    let address = "127.0.0.1:0".parse().unwrap();
    LocalCloud::start(Config {
        address,
        state,
        project: "local".to_owned(),
        delivery: Default::default(),
    })
    .await
    .unwrap()
}

pub(crate) async fn create_bucket(cloud: &LocalCloud, resource: &Value) {
    let url = format!("{}/storage/v1/b?project=local", cloud.endpoint());
    let response = reqwest::Client::new()
        .post(url)
        .json(resource)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
}

/// The client that reads and writes.
pub(crate) async fn storage(cloud: &LocalCloud) -> Storage {
    let builder = Storage::builder().with_endpoint(cloud.endpoint());
    builder
        .with_credentials(Anonymous::new().build())
        .build()
        .await
        .unwrap()
}

/// The client that does all else.
pub(crate) async fn control(cloud: &LocalCloud) -> StorageControl {
    let builder = StorageControl::builder().with_endpoint(cloud.endpoint());
    builder
        .with_credentials(Anonymous::new().build())
        .build()
        .await
        .unwrap()
}

/// Writes an object over the JSON API and returns its resource.
pub(crate) async fn put(cloud: &LocalCloud, name: &str, content: &str) -> Value {
    let url = format!("{}/upload/storage/v1/b/{BUCKET}/o", cloud.endpoint());
    let request = reqwest::Client::new()
        .post(url)
        .query(&[("uploadType", "media"), ("name", name)]);
    let response = request.body(content.to_owned()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}
