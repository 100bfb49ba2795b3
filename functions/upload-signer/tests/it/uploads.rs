//! A granted upload says exactly what to send.

use std::collections::{BTreeMap, HashSet};

use axum::http::StatusCode;
use darkroom_core::ImageId;
use darkroom_core::key::ObjectKey;
use darkroom_core::metadata::{METADATA_KEY, UploadMetadata};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::support::{Answer, Service};

async fn granted(body: &Value) -> Answer {
    let answer = Service::alone()
        .await
        .post("alice", "/v1/uploads", body)
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer
}

fn url(upload: &Value) -> Url {
    upload["url"].as_str().unwrap().parse().unwrap()
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .unwrap()
        .1
        .into_owned()
}

#[tokio::test]
async fn the_url_names_the_original_of_a_new_id() {
    let upload = granted(&json!({ "content_type": "image/png", "size_bytes": 7 }))
        .await
        .body;
    assert_eq!(upload["method"], "PUT");
    let id: ImageId = upload["image_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        url(&upload).path(),
        format!("/ingest/{}", ObjectKey::original(id))
    );
    assert!((Timestamp::now() - id.time()).get_seconds() < 60);
}

#[tokio::test]
async fn the_headers_to_send_are_all_signed() {
    let body = json!({
        "content_type": "image/png",
        "size_bytes": 7,
        "filename": "Füße  \"1\".png",
        "md5": "CY9rzUYh03PK3k6DJie09g==",
        "labels": { "album": "Ägypten" },
    });
    let upload = granted(&body).await.body;
    let headers: BTreeMap<String, String> =
        serde_json::from_value(upload["headers"].clone()).unwrap();
    insta::assert_json_snapshot!(headers);
    let signed = headers
        .keys()
        .map(String::as_str)
        .chain(["host"])
        .collect::<Vec<_>>();
    let named = parameter(&url(&upload), "X-Goog-SignedHeaders");
    assert_eq!(
        named.split(';').collect::<HashSet<_>>(),
        HashSet::from_iter(signed)
    );
    let object = BTreeMap::from([(
        METADATA_KEY.to_owned(),
        headers["x-goog-meta-darkroom"].clone(),
    )]);
    let metadata = UploadMetadata::from_object(object.iter()).unwrap();
    assert_eq!(metadata.source.principal.as_deref(), Some("alice"));
    assert_eq!(metadata.filename.as_deref(), Some("Füße  \"1\".png"));
}

#[tokio::test]
async fn the_url_lives_fifteen_minutes() {
    let upload = granted(&json!({ "content_type": "image/png", "size_bytes": 7 }))
        .await
        .body;
    let expires_at: Timestamp = upload["expires_at"].as_str().unwrap().parse().unwrap();
    let life: i64 = parameter(&url(&upload), "X-Goog-Expires").parse().unwrap();
    assert!((898..=900).contains(&life), "{life}");
    let id: ImageId = upload["image_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        (expires_at - id.time()).total(jiff::Unit::Second).unwrap(),
        900.0
    );
}

#[tokio::test]
async fn a_batch_is_answered_in_order() {
    let sizes = 1..=100;
    let uploads: Vec<_> = sizes
        .clone()
        .map(|size| json!({ "content_type": "image/gif", "size_bytes": size }))
        .collect();
    let body = json!({ "uploads": uploads });
    let answer = Service::alone()
        .await
        .post("alice", "/v1/uploads:batch", &body)
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let granted = answer.body["uploads"].as_array().unwrap();
    let range = |upload: &Value| upload["headers"]["x-goog-content-length-range"].clone();
    let asked: Vec<_> = sizes.map(|size| json!(format!("{size},{size}"))).collect();
    assert_eq!(granted.iter().map(range).collect::<Vec<_>>(), asked);
    let ids: HashSet<_> = granted
        .iter()
        .map(|upload| upload["image_id"].as_str())
        .collect();
    assert_eq!(ids.len(), 100);
}
