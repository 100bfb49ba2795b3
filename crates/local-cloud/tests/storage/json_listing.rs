//! Listings over the JSON API.

use local_cloud::LocalCloud;
use serde_json::{Value, json};

use crate::cloud::{create_bucket, put, start};
use crate::wire::{get, json};

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
