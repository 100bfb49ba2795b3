//! Buckets by the official Rust client, `StorageControl`.

use google_cloud_gax::error::rpc::Code;
use google_cloud_gax::paginator::ItemPaginator as _;
use google_cloud_storage::model::Bucket;
use google_cloud_wkt::FieldMask;

use crate::cloud::{BUCKET_RESOURCE, control, put, start};
use crate::rust::{Result, code};

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
