//! The JSON API on the wire.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod cloud;

use bytes::Bytes;
use cloud::{BUCKET, create_bucket, put, start, start_at};
use local_cloud::{LocalCloud, Location};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde_json::{Value, json};

/// A client that shows 308 as it is.
fn client() -> Client {
    Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap()
}

async fn send(cloud: &LocalCloud, method: Method, path: &str, body: Value) -> Response {
    let request = client().request(method, format!("{}{path}", cloud.endpoint()));
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    request.send().await.unwrap()
}

async fn get(cloud: &LocalCloud, path: &str) -> Response {
    send(cloud, Method::GET, path, Value::Null).await
}

async fn json(response: Response) -> Value {
    response.json().await.unwrap()
}

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

async fn list(cloud: &LocalCloud, query: &str) -> (Vec<String>, Vec<String>, Option<String>) {
    let page = json(get(cloud, &format!("/storage/v1/b/bucket/o?{query}")).await).await;
    let texts = |values: Option<&Vec<Value>>, pointer: &str| {
        let values = values.into_iter().flatten();
        values
            .map(|v| v.pointer(pointer).unwrap().as_str().unwrap().to_owned())
            .collect()
    };
    let items = texts(page["items"].as_array(), "/name");
    let prefixes = texts(page["prefixes"].as_array(), "");
    (
        items,
        prefixes,
        page["nextPageToken"].as_str().map(str::to_owned),
    )
}

#[tokio::test]
async fn names_are_listed_in_the_order_of_their_bytes() {
    let cloud = start().await;
    for name in ["ü", "z", "Z", "a/b", "a", "a b", "a0"] {
        put(&cloud, name, "x").await;
    }
    let (names, ..) = list(&cloud, "").await;
    assert_eq!(names, ["Z", "a", "a b", "a/b", "a0", "z", "ü"]);
}

#[tokio::test]
async fn offsets_and_prefix_bound_a_listing() {
    let cloud = start().await;
    for name in ["a/1", "a/2", "a/3", "b/1", "c"] {
        put(&cloud, name, "x").await;
    }
    assert_eq!(
        list(&cloud, "startOffset=a/2&endOffset=b/1").await.0,
        ["a/2", "a/3"]
    );
    assert_eq!(list(&cloud, "prefix=a/&startOffset=a/3").await.0, ["a/3"]);
    assert_eq!(list(&cloud, "prefix=a/&endOffset=a/2").await.0, ["a/1"]);
    assert_eq!(list(&cloud, "startOffset=c&endOffset=a").await.0, [""; 0]);
    assert_eq!(list(&cloud, "prefix=d").await.0, [""; 0]);
}

#[tokio::test]
async fn a_delimiter_rolls_names_up_over_pages() {
    let cloud = start().await;
    for name in ["a/1", "a/2", "b", "c/1", "c/2/3", "d"] {
        put(&cloud, name, "x").await;
    }
    let (items, prefixes, token) = list(&cloud, "delimiter=/&maxResults=3").await;
    assert_eq!(
        (items, prefixes),
        (vec!["b".to_owned()], vec!["a/".to_owned(), "c/".to_owned()])
    );
    let rest = format!("delimiter=/&maxResults=3&pageToken={}", token.unwrap());
    let (items, prefixes, token) = list(&cloud, &rest).await;
    assert_eq!(
        (items, prefixes, token),
        (vec!["d".to_owned()], vec![], None)
    );
    let (items, prefixes, _) = list(&cloud, "delimiter=/&prefix=c/").await;
    assert_eq!(
        (items, prefixes),
        (vec!["c/1".to_owned()], vec!["c/2/".to_owned()])
    );
}

#[tokio::test]
async fn a_page_that_ends_with_the_listing_has_no_token() {
    let cloud = start().await;
    put(&cloud, "a", "x").await;
    put(&cloud, "b", "x").await;
    assert_eq!(list(&cloud, "maxResults=2").await.2, None);
    assert!(list(&cloud, "maxResults=1").await.2.is_some());
}

#[tokio::test]
async fn one_bucket_does_not_list_another() {
    let cloud = start().await;
    create_bucket(&cloud, &json!({ "name": "bucket2" })).await;
    create_bucket(&cloud, &json!({ "name": "bucke" })).await;
    put(&cloud, "a", "x").await;
    let page = json(get(&cloud, "/storage/v1/b/bucke/o").await).await;
    assert_eq!(page["items"], json!([]));
    let page = json(get(&cloud, "/storage/v1/b/bucket2/o").await).await;
    assert_eq!(page["items"], json!([]));
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

async fn begin(cloud: &LocalCloud, query: &str) -> Response {
    let path = format!("/upload/storage/v1/b/bucket/o?uploadType=resumable&name=o{query}");
    send(
        cloud,
        Method::POST,
        &path,
        json!({ "contentType": "text/plain" }),
    )
    .await
}

fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

async fn chunk(location: &str, range: &str, body: &'static str) -> Response {
    let request = client().put(location).header("content-range", range);
    request
        .body(Bytes::from_static(body.as_bytes()))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_resumable_upload_says_how_far_it_is_and_ends_with_the_last_byte() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    assert!(at.starts_with(cloud.endpoint()));
    let none = chunk(&at, "bytes */*", "").await;
    assert_eq!(
        (none.status().as_u16(), none.headers().get("range")),
        (308, None)
    );
    let partial = chunk(&at, "bytes 0-4/*", "01234").await;
    assert_eq!(partial.status(), 308);
    assert_eq!(partial.headers()["range"], "bytes=0-4");
    assert_eq!(
        chunk(&at, "bytes */8", "").await.headers()["range"],
        "bytes=0-4"
    );
    let object = json(chunk(&at, "bytes 5-7/8", "567").await).await;
    assert_eq!(
        (&object["size"], &object["contentType"]),
        (&json!("8"), &json!("text/plain"))
    );
    // Who did not hear the answer asks again.
    assert_eq!(
        json(chunk(&at, "bytes */8", "").await).await["generation"],
        object["generation"]
    );
}

#[tokio::test]
async fn bytes_that_were_sent_already_are_not_written_twice() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    chunk(&at, "bytes 0-4/*", "01234").await;
    chunk(&at, "bytes 3-7/8", "34567").await;
    let media = get(&cloud, "/storage/v1/b/bucket/o/o?alt=media").await;
    assert_eq!(media.text().await.unwrap(), "01234567");
}

#[tokio::test]
async fn a_gap_in_a_resumable_upload_is_refused() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    assert_eq!(chunk(&at, "bytes 5-7/8", "567").await.status(), 400);
}

#[tokio::test]
async fn a_resumable_upload_with_a_wrong_checksum_makes_no_object() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    let request = client()
        .put(&at)
        .header("x-goog-hash", "crc32c=AAAAAA==")
        .body("hello");
    assert_eq!(request.send().await.unwrap().status(), 400);
    assert_eq!(get(&cloud, "/storage/v1/b/bucket/o/o").await.status(), 404);
}

#[tokio::test]
async fn create_only_is_checked_when_a_resumable_upload_begins_and_when_it_ends() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "&ifGenerationMatch=0").await);
    put(&cloud, "o", "first").await;
    assert_eq!(begin(&cloud, "&ifGenerationMatch=0").await.status(), 412);
    assert_eq!(chunk(&at, "bytes 0-4/5", "01234").await.status(), 412);
}

#[tokio::test]
async fn an_upload_that_is_given_up_is_gone() {
    let cloud = start().await;
    let at = location(&begin(&cloud, "").await);
    assert_eq!(
        client().delete(&at).send().await.unwrap().status().as_u16(),
        499
    );
    assert_eq!(chunk(&at, "bytes */*", "").await.status(), 404);
}

#[tokio::test]
async fn an_upload_that_is_announced_as_too_large_is_refused() {
    let cloud = start().await;
    let url = format!(
        "{}/upload/storage/v1/b/bucket/o?uploadType=resumable&name=o",
        cloud.endpoint()
    );
    let request = client()
        .post(url)
        .header("x-upload-content-length", (5_u64 << 30) + 1);
    assert_eq!(request.send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn objects_and_half_an_upload_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let state = Location::Folder(folder.path().to_owned());
    let cloud = start_at(state.clone()).await;
    create_bucket(&cloud, &json!({ "name": BUCKET })).await;
    let object = put(&cloud, "kept", "hello").await;
    let at = location(&begin(&cloud, "").await);
    chunk(&at, "bytes 0-4/*", "01234").await;
    let id = at.split_once("upload_id=").unwrap().1;
    cloud.shutdown().await;

    let cloud = start_at(state).await;
    let kept = json(get(&cloud, "/storage/v1/b/bucket/o/kept").await).await;
    assert_eq!(kept["generation"], object["generation"]);
    let path = format!(
        "{}/upload/storage/v1/b/bucket/o?upload_id={id}",
        cloud.endpoint()
    );
    let finished = json(chunk(&path, "bytes 5-7/8", "567").await).await;
    assert_eq!(
        finished["crc32c"],
        put(&cloud, "same", "01234567").await["crc32c"]
    );
    let media = get(&cloud, "/storage/v1/b/bucket/o/o?alt=media").await;
    assert_eq!(media.text().await.unwrap(), "01234567");
}

#[tokio::test]
async fn files_that_belong_to_no_object_are_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let state = Location::Folder(folder.path().to_owned());
    let cloud = start_at(state.clone()).await;
    create_bucket(&cloud, &json!({ "name": BUCKET })).await;
    put(&cloud, "kept", "hello").await;
    put(&cloud, "replaced", "hello").await;
    put(&cloud, "replaced", "hello").await;
    cloud.shutdown().await;
    let blobs = folder.path().join("blobs");
    std::fs::write(
        blobs.join("01936e3a-7b5e-7c3d-9f21-6b1f0a2c4d5e"),
        "left over",
    )
    .unwrap();

    let cloud = start_at(state).await;
    assert_eq!(std::fs::read_dir(blobs).unwrap().count(), 2);
    let media = get(&cloud, "/storage/v1/b/bucket/o/kept?alt=media").await;
    assert_eq!(media.text().await.unwrap(), "hello");
}

#[tokio::test]
async fn a_folder_serves_one_server_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let state = Location::Folder(folder.path().to_owned());
    let _first = start_at(state.clone()).await;
    let second = local_cloud::Config {
        address: "127.0.0.1:0".parse().unwrap(),
        state,
        project: "local".to_owned(),
        delivery: Default::default(),
    };
    assert!(matches!(
        LocalCloud::start(second).await,
        Err(local_cloud::StartError::Store(_))
    ));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let first = start().await;
    let address = first
        .endpoint()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    let second = local_cloud::Config {
        address,
        state: Location::Memory,
        project: "local".to_owned(),
        delivery: Default::default(),
    };
    let error = LocalCloud::start(second).await.unwrap_err();
    assert!(error.to_string().contains(&address.to_string()));
    assert!(matches!(error, local_cloud::StartError::AddressInUse(_)));
}
