//! The official Rust clients: `Storage` (HTTP) and `StorageControl` (gRPC).

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod cloud;

use bytes::Bytes;
use cloud::{BUCKET_RESOURCE, control, put, start, storage};
use google_cloud_gax::error::rpc::Code;
use google_cloud_gax::paginator::ItemPaginator as _;
use google_cloud_storage::client::StorageControl;
use google_cloud_storage::model::{Bucket, Object};
use google_cloud_storage::model_ext::ReadRange;
use google_cloud_wkt::{FieldMask, Timestamp};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

async fn read(client: &google_cloud_storage::client::Storage, name: &str) -> Result<Vec<u8>> {
    let mut response = client.read_object(BUCKET_RESOURCE, name).send().await?;
    let mut content = Vec::new();
    while let Some(chunk) = response.next().await.transpose()? {
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

fn code(error: &google_cloud_storage::Error) -> Option<Code> {
    error.status().map(|status| status.code)
}

fn pattern(size: usize) -> Bytes {
    (0..size)
        .map(|n| (n % 251) as u8)
        .collect::<Vec<_>>()
        .into()
}

#[tokio::test]
async fn a_small_object_is_written_in_one_request_and_read_back() -> Result {
    let cloud = start().await;
    let client = storage(&cloud).await;
    let object = client
        .write_object(BUCKET_RESOURCE, "a/b c.txt", "hello world")
        .set_content_type("text/plain")
        .set_metadata([("key", "value")])
        .set_if_generation_match(0)
        .send_unbuffered()
        .await?;
    assert_eq!(object.size, 11);
    assert_eq!(object.content_type, "text/plain");
    assert_eq!(object.metadata["key"], "value");
    assert_eq!(
        object.checksums.unwrap().crc32c,
        Some(crc32c::crc32c(b"hello world"))
    );
    assert_eq!(read(&client, "a/b c.txt").await?, b"hello world");
    Ok(())
}

#[tokio::test]
async fn a_buffered_write_is_read_back() -> Result {
    let cloud = start().await;
    let client = storage(&cloud).await;
    client
        .write_object(BUCKET_RESOURCE, "o", "hello")
        .send_buffered()
        .await?;
    assert_eq!(read(&client, "o").await?, b"hello");
    Ok(())
}

#[tokio::test]
async fn an_empty_object_is_an_object() -> Result {
    let cloud = start().await;
    let client = storage(&cloud).await;
    let write = || client.write_object(BUCKET_RESOURCE, "empty", Bytes::new());
    write().send_unbuffered().await?;
    write()
        .with_resumable_upload_threshold(0_usize)
        .send_buffered()
        .await?;
    write()
        .with_resumable_upload_threshold(0_usize)
        .send_unbuffered()
        .await?;
    assert_eq!(read(&client, "empty").await?, b"");
    Ok(())
}

#[tokio::test]
async fn a_large_object_is_written_in_chunks() -> Result {
    let cloud = start().await;
    let client = storage(&cloud).await;
    let content = pattern(1_000_000);
    let object = client
        .write_object(BUCKET_RESOURCE, "large", content.clone())
        .with_resumable_upload_threshold(0_usize)
        .with_resumable_upload_buffer_size(256 * 1024_usize)
        .send_buffered()
        .await?;
    assert_eq!(object.size, 1_000_000);
    assert_eq!(read(&client, "large").await?, content);
    Ok(())
}

#[tokio::test]
async fn a_large_object_is_written_by_one_resumable_request() -> Result {
    let cloud = start().await;
    let client = storage(&cloud).await;
    let content = pattern(1_000_000);
    client
        .write_object(BUCKET_RESOURCE, "large", content.clone())
        .with_resumable_upload_threshold(0_usize)
        .send_unbuffered()
        .await?;
    assert_eq!(read(&client, "large").await?, content);
    Ok(())
}

#[tokio::test]
async fn a_range_is_read() -> Result {
    let cloud = start().await;
    put(&cloud, "o", "0123456789").await;
    let client = storage(&cloud).await;
    let range = ReadRange::segment(2, 3);
    let mut response = client
        .read_object(BUCKET_RESOURCE, "o")
        .set_read_range(range)
        .send()
        .await?;
    assert_eq!(response.next().await.unwrap()?, "234");
    Ok(())
}

#[tokio::test]
async fn a_second_create_only_write_is_refused_and_changes_nothing() -> Result {
    let cloud = start().await;
    let client = storage(&cloud).await;
    let write = |content: &'static str| {
        client
            .write_object(BUCKET_RESOURCE, "once", content)
            .set_if_generation_match(0)
            .send_unbuffered()
    };
    write("first").await?;
    let error = write("second").await.unwrap_err();
    assert_eq!(error.http_status_code(), Some(412));
    assert_eq!(read(&client, "once").await?, b"first");
    Ok(())
}

#[tokio::test]
async fn reading_what_is_not_there_is_not_found() {
    let cloud = start().await;
    let client = storage(&cloud).await;
    let error = client
        .read_object(BUCKET_RESOURCE, "none")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.http_status_code(), Some(404));
}

#[tokio::test]
async fn a_bucket_is_made_found_changed_and_deleted() -> Result {
    let cloud = start().await;
    let client = control(&cloud).await;
    let made = client
        .create_bucket()
        .set_parent("projects/_")
        .set_bucket_id("second")
        .set_bucket(Bucket::new().set_project("projects/local"))
        .send()
        .await?;
    assert_eq!(made.name, "projects/_/buckets/second");
    let changed = client
        .update_bucket()
        .set_bucket(
            Bucket::new()
                .set_name(&made.name)
                .set_labels([("team", "photos")]),
        )
        .set_if_metageneration_match(1)
        .set_update_mask(FieldMask::default().set_paths(["labels"]))
        .send()
        .await?;
    assert_eq!(
        (changed.metageneration, changed.labels["team"].as_str()),
        (2, "photos")
    );
    let mut listed = client.list_buckets().set_parent("projects/local").by_item();
    let mut names = Vec::new();
    while let Some(bucket) = listed.next().await {
        names.push(bucket?.bucket_id);
    }
    assert_eq!(names, ["bucket", "second"]);
    client.delete_bucket().set_name(&made.name).send().await?;
    let error = client
        .get_bucket()
        .set_name(&made.name)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), Some(Code::NotFound));
    Ok(())
}

#[tokio::test]
async fn a_bucket_of_a_name_that_is_taken_already_exists() {
    let cloud = start().await;
    let create = control(&cloud)
        .await
        .create_bucket()
        .set_bucket_id("bucket");
    let error = create.set_parent("projects/_").send().await.unwrap_err();
    assert_eq!(code(&error), Some(Code::AlreadyExists));
}

#[tokio::test]
async fn a_bucket_with_objects_cannot_be_deleted() {
    let cloud = start().await;
    put(&cloud, "o", "x").await;
    let client = control(&cloud).await;
    let error = client
        .delete_bucket()
        .set_name(BUCKET_RESOURCE)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), Some(Code::FailedPrecondition));
}

async fn names(client: &StorageControl, page: i32, start: &str, end: &str) -> Result<Vec<String>> {
    let mut objects = client
        .list_objects()
        .set_parent(BUCKET_RESOURCE)
        .set_page_size(page)
        .set_lexicographic_start(start)
        .set_lexicographic_end(end)
        .by_item();
    let mut names = Vec::new();
    while let Some(object) = objects.next().await {
        names.push(object?.name);
    }
    Ok(names)
}

#[tokio::test]
async fn objects_are_listed_in_pages_from_start_up_to_end() -> Result {
    let cloud = start().await;
    for name in ["c", "a", "b/2", "b/1", "d"] {
        put(&cloud, name, "x").await;
    }
    let client = control(&cloud).await;
    assert_eq!(
        names(&client, 2, "", "").await?,
        ["a", "b/1", "b/2", "c", "d"]
    );
    assert_eq!(names(&client, 1, "b", "c").await?, ["b/1", "b/2"]);
    Ok(())
}

#[tokio::test]
async fn listing_a_bucket_that_is_not_there_is_not_found() {
    let cloud = start().await;
    let client = control(&cloud).await;
    let list = client.list_objects().set_parent("projects/_/buckets/none");
    assert_eq!(code(&list.send().await.unwrap_err()), Some(Code::NotFound));
}

#[tokio::test]
async fn an_object_is_deleted_only_in_the_generation_that_is_meant() -> Result {
    let cloud = start().await;
    put(&cloud, "o", "old").await;
    let client = control(&cloud).await;
    let get = || {
        client
            .get_object()
            .set_bucket(BUCKET_RESOURCE)
            .set_object("o")
            .send()
    };
    let old = get().await?.generation;
    put(&cloud, "o", "new").await;
    let new = get().await?.generation;
    assert!(old < new);
    let delete = || {
        client
            .delete_object()
            .set_bucket(BUCKET_RESOURCE)
            .set_object("o")
    };
    let error = delete().set_generation(old).send().await.unwrap_err();
    assert_eq!(code(&error), Some(Code::NotFound));
    let error = delete()
        .set_if_generation_match(old)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error), Some(Code::FailedPrecondition));
    delete()
        .set_generation(new)
        .set_if_generation_match(new)
        .send()
        .await?;
    assert_eq!(code(&get().await.unwrap_err()), Some(Code::NotFound));
    Ok(())
}

#[tokio::test]
async fn a_rewrite_takes_the_given_metadata_and_respects_create_only() -> Result {
    let cloud = start().await;
    put(&cloud, "source", "content").await;
    let client = control(&cloud).await;
    let received = Timestamp::try_from("2026-11-22T10:15:00.123Z")?;
    let rewrite = || {
        let destination = Object::new()
            .set_content_type("image/jpeg")
            .set_custom_time(received)
            .set_metadata([("k", "v")]);
        client
            .rewrite_object()
            .set_source_bucket(BUCKET_RESOURCE)
            .set_source_object("source")
            .set_destination_bucket(BUCKET_RESOURCE)
            .set_destination_name("copy/original")
            .set_destination(destination)
            .set_if_generation_match(0)
            .send()
    };
    let response = rewrite().await?;
    assert!(response.done);
    let copy = response.resource.unwrap();
    assert_eq!(copy.content_type, "image/jpeg");
    assert_eq!(copy.custom_time, Some(received));
    assert_eq!(copy.metadata["k"], "v");
    assert_eq!(
        read(&storage(&cloud).await, "copy/original").await?,
        b"content"
    );
    let error = rewrite().await.unwrap_err();
    assert_eq!(code(&error), Some(Code::FailedPrecondition));
    Ok(())
}

#[tokio::test]
async fn a_copy_outlives_its_source() -> Result {
    let cloud = start().await;
    put(&cloud, "source", "content").await;
    let client = control(&cloud).await;
    client
        .rewrite_object()
        .set_source_bucket(BUCKET_RESOURCE)
        .set_source_object("source")
        .set_destination_bucket(BUCKET_RESOURCE)
        .set_destination_name("copy")
        .send()
        .await?;
    client
        .delete_object()
        .set_bucket(BUCKET_RESOURCE)
        .set_object("source")
        .send()
        .await?;
    assert_eq!(read(&storage(&cloud).await, "copy").await?, b"content");
    Ok(())
}

#[tokio::test]
async fn rewriting_a_generation_that_is_gone_is_not_found() {
    let cloud = start().await;
    put(&cloud, "source", "content").await;
    let client = control(&cloud).await;
    let rewrite = client
        .rewrite_object()
        .set_source_bucket(BUCKET_RESOURCE)
        .set_source_object("source")
        .set_source_generation(1)
        .set_destination_bucket(BUCKET_RESOURCE)
        .set_destination_name("copy");
    assert_eq!(
        code(&rewrite.send().await.unwrap_err()),
        Some(Code::NotFound)
    );
}

#[tokio::test]
async fn an_update_changes_the_fields_of_its_mask_only() -> Result {
    let cloud = start().await;
    put(&cloud, "o", "x").await;
    let client = control(&cloud).await;
    let update = |metageneration: i64| {
        let object = Object::new()
            .set_bucket(BUCKET_RESOURCE)
            .set_name("o")
            .set_content_type("text/plain")
            .set_cache_control("no-store");
        client
            .update_object()
            .set_object(object)
            .set_if_metageneration_match(metageneration)
            .set_update_mask(FieldMask::default().set_paths(["cache_control"]))
            .send()
    };
    let updated = update(1).await?;
    assert_eq!(
        (updated.cache_control.as_str(), updated.metageneration),
        ("no-store", 2)
    );
    assert_ne!(updated.content_type, "text/plain");
    assert_eq!(
        code(&update(1).await.unwrap_err()),
        Some(Code::FailedPrecondition)
    );
    Ok(())
}

#[tokio::test]
async fn objects_are_composed_in_order() -> Result {
    use google_cloud_storage::model::compose_object_request::SourceObject;
    let cloud = start().await;
    put(&cloud, "1", "hello ").await;
    put(&cloud, "2", "world").await;
    let composed = control(&cloud)
        .await
        .compose_object()
        .set_destination(Object::new().set_bucket(BUCKET_RESOURCE).set_name("12"))
        .set_source_objects(["1", "2"].map(|name| SourceObject::new().set_name(name)))
        .send()
        .await?;
    assert_eq!(composed.component_count, 2);
    assert_eq!(read(&storage(&cloud).await, "12").await?, b"hello world");
    Ok(())
}
