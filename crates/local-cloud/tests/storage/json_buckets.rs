//! Buckets over the JSON API.

use reqwest::Method;
use serde_json::json;

use crate::cloud::start;
use crate::wire::{get, json, send};

#[tokio::test]
async fn a_bucket_keeps_its_configuration() {
    let cloud = start().await;
    let lifecycle = json!({ "rule": [
        { "action": { "type": "Delete" }, "condition": { "daysSinceCustomTime": 7 } }
    ]});
    let cors = json!([{
        "origin": ["*"], "method": ["PUT"], "responseHeader": ["x"], "maxAgeSeconds": 5
    }]);
    let configuration = json!({ "lifecycle": lifecycle, "cors": cors });
    let path = "/storage/v1/b/bucket";
    let patched = json(send(&cloud, Method::PATCH, path, configuration).await).await;
    assert_eq!(
        (&patched["lifecycle"], &patched["cors"]),
        (&lifecycle, &cors)
    );
    assert_eq!(patched["metageneration"], "2");
    assert_eq!(
        patched["softDeletePolicy"]["retentionDurationSeconds"],
        "604800"
    );
    assert_eq!(json(get(&cloud, path).await).await, patched);
    let replaced = json(send(&cloud, Method::PUT, path, json!({})).await).await;
    assert_eq!(replaced.get("lifecycle"), None);
}

#[tokio::test]
async fn a_bucket_of_a_malformed_name_is_refused() {
    let cloud = start().await;
    for name in ["", "ab", "Upper", "-edge", "a/b", "..."] {
        let made = send(
            &cloud,
            Method::POST,
            "/storage/v1/b",
            json!({ "name": name }),
        )
        .await;
        assert_eq!(made.status(), 400, "{name}");
    }
}
