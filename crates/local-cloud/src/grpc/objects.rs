//! Methods on objects.

use super::fields::{self, bucket_name, preconditions};
use super::{object, proto};
use crate::api::Api;
use crate::store::{ListQuery, Object, ObjectKey, StoreError};

pub(super) async fn get(
    api: Api,
    request: proto::GetObjectRequest,
) -> Result<proto::Object, StoreError> {
    let key = ObjectKey::new(bucket_name(&request.bucket)?, &request.object);
    let generation = fields::generation(request.generation);
    let found = api
        .store
        .get_object(&key, generation, preconditions!(request))
        .await?;
    Ok(object::to_proto(found))
}

pub(super) async fn list(
    api: Api,
    request: proto::ListObjectsRequest,
) -> Result<proto::ListObjectsResponse, StoreError> {
    if !request.match_glob.is_empty() || !request.filter.is_empty() || request.soft_deleted {
        let reason = "local-cloud has neither match_glob nor filter nor soft_deleted.";
        return Err(StoreError::invalid(reason));
    }
    let query = ListQuery {
        prefix: request.prefix,
        delimiter: request.delimiter,
        include_trailing_delimiter: request.include_trailing_delimiter,
        start_offset: request.lexicographic_start,
        end_offset: request.lexicographic_end,
        page_token: request.page_token,
        max_results: usize::try_from(request.page_size).unwrap_or_default(),
    };
    let page = api
        .store
        .list_objects(&bucket_name(&request.parent)?, query)
        .await?;
    Ok(proto::ListObjectsResponse {
        objects: page.objects.into_iter().map(object::to_proto).collect(),
        prefixes: page.prefixes,
        next_page_token: page.next_page_token.unwrap_or_default(),
    })
}

pub(super) async fn update(
    api: Api,
    request: proto::UpdateObjectRequest,
) -> Result<proto::Object, StoreError> {
    let conditions = preconditions!(request);
    let resource = request
        .object
        .ok_or_else(|| StoreError::invalid("An update needs an object."))?;
    let key = ObjectKey::new(bucket_name(&resource.bucket)?, &resource.name);
    let generation = fields::generation(resource.generation);
    let template = object::template(resource)?;
    let paths = fields::paths(request.update_mask)?;
    let change = move |current: &Object| {
        let mut changed = current.clone();
        paths
            .iter()
            .try_for_each(|path| object::set(&mut changed, path, &template))?;
        Ok(changed)
    };
    let changed = api
        .store
        .update_object(&key, generation, conditions, change)
        .await?;
    Ok(object::to_proto(changed))
}

pub(super) async fn delete(
    api: Api,
    request: proto::DeleteObjectRequest,
) -> Result<(), StoreError> {
    let key = ObjectKey::new(bucket_name(&request.bucket)?, &request.object);
    let generation = fields::generation(request.generation);
    api.store
        .delete_object(&key, generation, preconditions!(request))
        .await
}
