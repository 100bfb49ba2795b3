//! Objects over the JSON API.

use local_cloud::LocalCloud;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::cloud::{BUCKET, create_bucket, put, start};
use crate::wire::{client, get, json, send};

async fn multipart(cloud: &LocalCloud, query: &str, body: String) -> Response {
    let url = format!(
        "{}/upload/storage/v1/b/{BUCKET}/o?uploadType=multipart{query}",
        cloud.endpoint()
    );
    let request = client()
        .post(url)
        .header("content-type", "multipart/related; boundary=\"b\"");
    request.body(body).send().await.unwrap()
}

fn two_parts(resource: &Value, content: &str) -> String {
    format!(
        "--b\r\ncontent-type: application/json\r\n\r\n{resource}\r\n\
         --b\r\ncontent-type: text/plain\r\n\r\n{content}\r\n--b--"
    )
}

#[tokio::test]
async fn an_upload_of_two_parts_takes_name_and_type_from_them() {
    let cloud = start().await;
    let resource = json!({ "name": "a/b", "metadata": { "k": "v" } });
    let response = multipart(&cloud, "", two_parts(&resource, "hello")).await;
    let object = json(response).await;
    assert_eq!(object["name"], "a/b");
    assert_eq!(object["contentType"], "text/plain");
    assert_eq!(object["metadata"]["k"], "v");
    assert_eq!(object["size"], "5");
    assert_eq!(object["crc32c"], "mnG7TA==");
    assert_eq!(object["md5Hash"], "XUFAKrxLKna5cZ2REBfFkg==");
}

#[tokio::test]
async fn a_trailing_part_of_checksums_is_compared() {
    let cloud = start().await;
    let with = |crc32c: &str| {
        let checksums = json!({ "crc32c": crc32c });
        two_parts(&json!({ "name": "o" }), "hello").replace(
            "--b--",
            &format!("--b\r\ncontent-type: application/json\r\n\r\n{checksums}\r\n--b--"),
        )
    };
    let refused = multipart(&cloud, "", with("AAAAAA==")).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(get(&cloud, "/storage/v1/b/bucket/o/o").await.status(), 404);
    assert_eq!(multipart(&cloud, "", with("mnG7TA==")).await.status(), 200);
}

#[tokio::test]
async fn a_checksum_in_the_resource_is_compared() {
    let cloud = start().await;
    let resource = json!({ "name": "o", "md5Hash": "AAAAAAAAAAAAAAAAAAAAAA==" });
    let refused = multipart(&cloud, "", two_parts(&resource, "hello")).await;
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn a_multipart_body_that_is_cut_short_makes_no_object() {
    let cloud = start().await;
    let whole = two_parts(&json!({ "name": "o" }), "hello");
    let refused = multipart(&cloud, "", whole.replace("--b--", "")).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(get(&cloud, "/storage/v1/b/bucket/o/o").await.status(), 404);
}

#[tokio::test]
async fn errors_have_googles_form() {
    let cloud = start().await;
    let response = get(&cloud, "/storage/v1/b/bucket/o/none").await;
    assert_eq!(response.status(), 404);
    let message = "No such object: bucket/none";
    let cause = json!({ "message": message, "domain": "global", "reason": "notFound" });
    let error = json!({ "code": 404, "message": message, "errors": [cause] });
    assert_eq!(json(response).await, json!({ "error": error }));
}

#[tokio::test]
async fn a_method_that_is_not_there_is_not_found_as_json() {
    let cloud = start().await;
    let response = get(&cloud, "/storage/v1/b/bucket/notificationConfigs").await;
    assert_eq!(response.status(), 404);
    assert_eq!(json(response).await["error"]["code"], 404);
}

#[tokio::test]
async fn preconditions_decide_over_every_change() {
    let cloud = start().await;
    let generation = put(&cloud, "o", "x").await["generation"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = |condition: &str| format!("/storage/v1/b/bucket/o/o?{condition}");
    let refused = [
        "ifGenerationMatch=1",
        "ifGenerationMatch=0",
        "ifMetagenerationMatch=9",
    ];
    for condition in refused {
        let patched = send(&cloud, Method::PATCH, &path(condition), json!({})).await;
        assert_eq!(patched.status(), 412, "{condition}");
        let deleted = send(&cloud, Method::DELETE, &path(condition), Value::Null).await;
        assert_eq!(deleted.status(), 412, "{condition}");
    }
    let unwanted = path(&format!("ifGenerationNotMatch={generation}"));
    assert_eq!(
        get(&cloud, &unwanted).await.status(),
        StatusCode::NOT_MODIFIED
    );
    let wanted = path(&format!("ifGenerationMatch={generation}"));
    assert_eq!(
        send(&cloud, Method::DELETE, &wanted, Value::Null)
            .await
            .status(),
        204
    );
}

#[tokio::test]
async fn a_condition_that_is_no_number_is_a_bad_request() {
    let cloud = start().await;
    let response = get(&cloud, "/storage/v1/b/bucket/o/o?ifGenerationMatch=x").await;
    assert_eq!(response.status(), 400);
    assert_eq!(
        json(response).await["error"]["errors"][0]["reason"],
        "invalid"
    );
}

#[tokio::test]
async fn media_is_described_by_headers_and_read_in_ranges() {
    let cloud = start().await;
    put(&cloud, "o", "hello").await;
    let url = format!("{}/storage/v1/b/bucket/o/o?alt=media", cloud.endpoint());
    let whole = client().get(&url).send().await.unwrap();
    assert_eq!(
        whole.headers()["x-goog-hash"],
        "crc32c=mnG7TA==,md5=XUFAKrxLKna5cZ2REBfFkg=="
    );
    assert_eq!(whole.headers()["x-goog-metageneration"], "1");
    assert_eq!(whole.headers()["x-goog-stored-content-length"], "5");
    let part = client()
        .get(&url)
        .header("range", "bytes=1-2")
        .send()
        .await
        .unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 1-2/5");
    assert_eq!(part.text().await.unwrap(), "el");
    let outside = client()
        .get(&url)
        .header("range", "bytes=5-")
        .send()
        .await
        .unwrap();
    assert_eq!(outside.status(), 416);
}

#[tokio::test]
async fn links_of_an_object_lead_to_it() {
    let cloud = start().await;
    let object = put(&cloud, "a/b c", "hello").await;
    let media = client()
        .get(object["mediaLink"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(media.text().await.unwrap(), "hello");
    let itself = client()
        .get(object["selfLink"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(json(itself).await, object);
}

#[tokio::test]
async fn a_custom_time_only_moves_forward() {
    let cloud = start().await;
    put(&cloud, "o", "x").await;
    let set = async |time: Value| {
        let body = json!({ "customTime": time });
        send(&cloud, Method::PATCH, "/storage/v1/b/bucket/o/o", body)
            .await
            .status()
    };
    assert_eq!(set(json!("2026-11-22T10:00:00Z")).await, 200);
    assert_eq!(set(json!("2026-11-22T09:59:59Z")).await, 400);
    assert_eq!(set(Value::Null).await, 400);
    assert_eq!(set(json!("2026-11-22T10:00:01Z")).await, 200);
}

#[tokio::test]
async fn an_object_that_is_held_is_neither_deleted_nor_replaced() {
    let cloud = start().await;
    put(&cloud, "o", "x").await;
    let path = "/storage/v1/b/bucket/o/o";
    send(
        &cloud,
        Method::PATCH,
        path,
        json!({ "temporaryHold": true }),
    )
    .await;
    assert_eq!(
        send(&cloud, Method::DELETE, path, Value::Null)
            .await
            .status(),
        403
    );
    let replaced = multipart(&cloud, "", two_parts(&json!({ "name": "o" }), "y")).await;
    assert_eq!(replaced.status(), 403);
    send(
        &cloud,
        Method::PATCH,
        path,
        json!({ "temporaryHold": false }),
    )
    .await;
    assert_eq!(
        send(&cloud, Method::DELETE, path, Value::Null)
            .await
            .status(),
        204
    );
}

#[tokio::test]
async fn a_retention_policy_keeps_objects_until_its_period_is_over() {
    let cloud = start().await;
    let policy = json!({ "retentionPeriod": "3600" });
    create_bucket(
        &cloud,
        &json!({ "name": "evidence", "retentionPolicy": policy }),
    )
    .await;
    let upload = "/upload/storage/v1/b/evidence/o?uploadType=media&name=o";
    send(&cloud, Method::POST, upload, json!({})).await;
    let delete = || {
        send(
            &cloud,
            Method::DELETE,
            "/storage/v1/b/evidence/o/o",
            Value::Null,
        )
    };
    assert_eq!(delete().await.status(), 403);
    cloud.clock().advance(3_600);
    assert_eq!(delete().await.status(), 204);
}
