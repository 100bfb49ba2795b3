//! Requests of the storage APIs fail, when asked to.

use google_cloud_auth::credentials::anonymous::Builder as Anonymous;
use google_cloud_gax::error::rpc::Code;
use google_cloud_gax::options::RequestOptionsBuilder;
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_storage::client::StorageControl;
use http::Method;
use local_cloud::LocalCloud;
use serde_json::{Value, json};

use crate::local::{call, get, post, put, start};

async fn add_fault(cloud: &LocalCloud, spec: Value) {
    let (status, body) = post(cloud, "/_local/faults", spec).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn the_next_matching_requests_fail_and_then_all_is_well() {
    let cloud = start().await;
    put(&cloud, "bucket", "a", Value::Null).await;
    let spec = json!({ "bucket": "bucket", "operation": "objects.get", "count": 2, "status": 503 });
    add_fault(&cloud, spec).await;
    let object = "/storage/v1/b/bucket/o/a";
    assert_eq!(get(&cloud, "/storage/v1/b/bucket").await.0, 200);
    let (status, body) = get(&cloud, object).await;
    assert_eq!((status, &body["error"]["code"]), (503, &json!(503)));
    assert_eq!(get(&cloud, "/_local/faults").await.1[0]["count"], 1);
    assert_eq!(get(&cloud, object).await.0, 503);
    assert_eq!(get(&cloud, object).await.0, 200);
    assert_eq!(get(&cloud, "/_local/faults").await.1, json!([]));
}

#[tokio::test]
async fn the_grpc_client_sees_the_code_that_belongs_to_the_status() {
    let cloud = start().await;
    add_fault(
        &cloud,
        json!({ "api": "grpc", "operation": "buckets.get", "status": 503 }),
    )
    .await;
    let builder = StorageControl::builder().with_endpoint(cloud.endpoint());
    let client = builder.with_credentials(Anonymous::new().build()).build();
    let client = client.await.unwrap();
    let get = || {
        let request = client.get_bucket().set_name("projects/_/buckets/bucket");
        request.with_retry_policy(NeverRetry)
    };
    let error = get().send().await.unwrap_err();
    assert_eq!(error.status().unwrap().code, Code::Unavailable, "{error:?}");
    assert!(get().send().await.is_ok());
}

#[tokio::test]
async fn a_failed_upload_has_not_happened() {
    let cloud = start().await;
    add_fault(
        &cloud,
        json!({ "operation": "objects.insert", "status": 500 }),
    )
    .await;
    let upload = "/upload/storage/v1/b/bucket/o?uploadType=media&name=a";
    assert_eq!(post(&cloud, upload, json!("content")).await.0, 500);
    assert_eq!(get(&cloud, "/storage/v1/b/bucket/o/a").await.0, 404);
}

#[tokio::test]
async fn faults_are_removed_all_at_once() {
    let cloud = start().await;
    add_fault(&cloud, json!({ "status": 503, "count": 100 })).await;
    assert_eq!(get(&cloud, "/storage/v1/b/bucket").await.0, 503);
    assert_eq!(
        call(&cloud, Method::DELETE, "/_local/faults", Value::Null)
            .await
            .0,
        204
    );
    assert_eq!(get(&cloud, "/storage/v1/b/bucket").await.0, 200);
}

#[tokio::test]
async fn a_malformed_fault_is_refused_with_its_reason() {
    let cloud = start().await;
    let (status, body) = post(&cloud, "/_local/faults", json!({ "status": 200 })).await;
    assert_eq!(status, 400);
    assert!(
        body["error"].as_str().unwrap().contains("400 to 599"),
        "{body}"
    );
}
