//! What is kept in a folder, and who may have it.

use local_cloud::{LocalCloud, Location};
use serde_json::json;

use crate::cloud::{BUCKET, create_bucket, put, start, start_at};
use crate::resumable::{begin, chunk, location};
use crate::wire::{get, json};

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
