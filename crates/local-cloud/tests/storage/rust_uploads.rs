//! Uploads and downloads of the official Rust client, `Storage`.

use bytes::Bytes;
use google_cloud_storage::model_ext::ReadRange;

use crate::cloud::{BUCKET_RESOURCE, put, start, storage};
use crate::rust::{Result, read};

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
