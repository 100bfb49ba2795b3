//! Methods that make objects of objects.

use super::fields::{self, bucket_name, preconditions};
use super::{object, proto};
use crate::api::Api;
use crate::store::{Compose, ObjectKey, Preconditions, Rewrite, Source, StoreError};

pub(super) async fn rewrite(
    api: Api,
    request: proto::RewriteObjectRequest,
) -> Result<proto::RewriteResponse, StoreError> {
    let destination_bucket = bucket_name(&request.destination_bucket)?;
    let rewrite = Rewrite {
        preconditions: preconditions!(request),
        destination: ObjectKey::new(destination_bucket, &request.destination_name),
        template: request
            .destination
            .clone()
            .map(object::template)
            .transpose()?,
        source: source_of(request)?,
    };
    let copy = api.store.rewrite_object(rewrite).await?;
    let size = i64::try_from(copy.size).unwrap_or(i64::MAX);
    Ok(proto::RewriteResponse {
        total_bytes_rewritten: size,
        object_size: size,
        done: true,
        rewrite_token: String::new(),
        resource: Some(object::to_proto(copy)),
    })
}

fn source_of(request: proto::RewriteObjectRequest) -> Result<Source, StoreError> {
    Ok(Source {
        key: ObjectKey::new(bucket_name(&request.source_bucket)?, request.source_object),
        generation: fields::generation(request.source_generation),
        preconditions: Preconditions {
            if_generation_match: request.if_source_generation_match,
            if_generation_not_match: request.if_source_generation_not_match,
            if_metageneration_match: request.if_source_metageneration_match,
            if_metageneration_not_match: request.if_source_metageneration_not_match,
        },
    })
}

pub(super) async fn compose(
    api: Api,
    request: proto::ComposeObjectRequest,
) -> Result<proto::Object, StoreError> {
    let no_destination = || StoreError::invalid("A composition needs a destination.");
    let destination = request.destination.ok_or_else(no_destination)?;
    let bucket = bucket_name(&destination.bucket)?;
    let source = |source: proto::compose_object_request::SourceObject| Source {
        key: ObjectKey::new(&bucket, source.name),
        generation: fields::generation(source.generation),
        preconditions: Preconditions {
            if_generation_match: source
                .object_preconditions
                .and_then(|c| c.if_generation_match),
            ..Preconditions::default()
        },
    };
    let compose = Compose {
        sources: request.source_objects.into_iter().map(source).collect(),
        destination: ObjectKey::new(&bucket, &destination.name),
        template: object::template(destination)?,
        preconditions: Preconditions {
            if_generation_match: request.if_generation_match,
            if_metageneration_match: request.if_metageneration_match,
            ..Preconditions::default()
        },
    };
    Ok(object::to_proto(api.store.compose_objects(compose).await?))
}
