//! Objects by the official Rust client, `StorageControl`.

use google_cloud_gax::error::rpc::Code;
use google_cloud_gax::paginator::ItemPaginator as _;
use google_cloud_storage::client::StorageControl;
use google_cloud_storage::model::Object;
use google_cloud_wkt::{FieldMask, Timestamp};

use crate::cloud::{BUCKET_RESOURCE, control, put, start, storage};
use crate::rust::{Result, code, read};

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
