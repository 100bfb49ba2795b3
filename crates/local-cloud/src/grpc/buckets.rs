//! Methods on buckets.

use super::fields::{self, bucket_name, metageneration};
use super::{bucket, proto};
use crate::api::Api;
use crate::store::{Bucket, StoreError};

pub(super) async fn create(
    api: Api,
    request: proto::CreateBucketRequest,
) -> Result<proto::Bucket, StoreError> {
    let mut template = bucket::template(request.bucket.unwrap_or_default())?;
    template.name = request.bucket_id;
    Ok(bucket::to_proto(
        &api.project,
        api.store.create_bucket(template).await?,
    ))
}

pub(super) async fn get(
    api: Api,
    request: proto::GetBucketRequest,
) -> Result<proto::Bucket, StoreError> {
    Ok(bucket::to_proto(
        &api.project,
        api.store.get_bucket(&bucket_name(&request.name)?).await?,
    ))
}

pub(super) async fn list(
    api: Api,
    request: proto::ListBucketsRequest,
) -> Result<proto::ListBucketsResponse, StoreError> {
    let buckets = api.store.list_buckets(&request.prefix).await?;
    Ok(proto::ListBucketsResponse {
        buckets: buckets
            .into_iter()
            .map(|bucket| bucket::to_proto(&api.project, bucket))
            .collect(),
        ..proto::ListBucketsResponse::default()
    })
}

pub(super) async fn update(
    api: Api,
    request: proto::UpdateBucketRequest,
) -> Result<proto::Bucket, StoreError> {
    let resource = request
        .bucket
        .ok_or_else(|| StoreError::invalid("An update needs a bucket."))?;
    let name = bucket_name(&resource.name)?;
    let template = bucket::template(resource)?;
    let paths = fields::paths(request.update_mask)?;
    let conditions = metageneration(
        request.if_metageneration_match,
        request.if_metageneration_not_match,
    );
    let change = move |current: &Bucket| {
        let mut changed = current.clone();
        paths
            .iter()
            .try_for_each(|path| bucket::set(&mut changed, path, &template))?;
        Ok(changed)
    };
    Ok(bucket::to_proto(
        &api.project,
        api.store.update_bucket(&name, conditions, change).await?,
    ))
}

pub(super) async fn delete(
    api: Api,
    request: proto::DeleteBucketRequest,
) -> Result<(), StoreError> {
    let conditions = metageneration(
        request.if_metageneration_match,
        request.if_metageneration_not_match,
    );
    api.store
        .delete_bucket(&bucket_name(&request.name)?, conditions)
        .await
}

pub(super) async fn lock_retention_policy(
    api: Api,
    request: proto::LockBucketRetentionPolicyRequest,
) -> Result<proto::Bucket, StoreError> {
    let conditions = metageneration(Some(request.if_metageneration_match), None);
    let lock = |current: &Bucket| {
        let mut locked = current.clone();
        let none = || StoreError::invalid("The bucket has no retention policy.");
        locked.retention_policy.as_mut().ok_or_else(none)?.is_locked = true;
        Ok(locked)
    };
    let name = bucket_name(&request.bucket)?;
    Ok(bucket::to_proto(
        &api.project,
        api.store.update_bucket(&name, conditions, lock).await?,
    ))
}
