//! Objects as messages, and back.

use super::fields::{self, bucket_resource, text, timestamp};
use super::proto;
use crate::store::{Object, StoreError};

/// The message of an object.
pub(super) fn to_proto(object: Object) -> proto::Object {
    let checksums = object.checksums();
    let etag = object.etag();
    proto::Object {
        name: object.name,
        bucket: bucket_resource(&object.bucket),
        etag,
        generation: object.generation,
        metageneration: object.metageneration,
        storage_class: object.storage_class,
        size: i64::try_from(object.size).unwrap_or(i64::MAX),
        content_encoding: object.content_encoding.unwrap_or_default(),
        content_disposition: object.content_disposition.unwrap_or_default(),
        cache_control: object.cache_control.unwrap_or_default(),
        content_language: object.content_language.unwrap_or_default(),
        finalize_time: Some(timestamp(object.time_created)),
        content_type: object.content_type.unwrap_or_default(),
        create_time: Some(timestamp(object.time_created)),
        component_count: object.component_count.unwrap_or_default(),
        checksums: checksums.map(|checksums| proto::ObjectChecksums {
            crc32c: Some(checksums.crc32c),
            md5_hash: checksums.md5.map(Vec::from).unwrap_or_default(),
        }),
        update_time: Some(timestamp(object.updated)),
        update_storage_class_time: Some(timestamp(object.time_created)),
        temporary_hold: object.temporary_hold,
        retention_expire_time: object.retention_expiration_time.map(timestamp),
        metadata: object.metadata.into_iter().collect(),
        event_based_hold: Some(object.event_based_hold),
        custom_time: object.custom_time.map(timestamp),
        ..proto::Object::default()
    }
}

/// The fields of a message that a request may set.
pub(super) fn template(object: proto::Object) -> Result<Object, StoreError> {
    Ok(Object {
        content_type: text(object.content_type),
        content_encoding: text(object.content_encoding),
        content_disposition: text(object.content_disposition),
        content_language: text(object.content_language),
        cache_control: text(object.cache_control),
        custom_time: object.custom_time.as_ref().map(fields::time).transpose()?,
        metadata: object.metadata.into_iter().collect(),
        temporary_hold: object.temporary_hold,
        event_based_hold: object.event_based_hold.unwrap_or_default(),
        storage_class: object.storage_class,
        ..Object::default()
    })
}

/// Takes the field `path` of an update mask from `template`.
pub(super) fn set(object: &mut Object, path: &str, template: &Object) -> Result<(), StoreError> {
    match path {
        "content_type" => object.content_type.clone_from(&template.content_type),
        "content_encoding" => object
            .content_encoding
            .clone_from(&template.content_encoding),
        "content_disposition" => {
            object
                .content_disposition
                .clone_from(&template.content_disposition);
        }
        "content_language" => object
            .content_language
            .clone_from(&template.content_language),
        "cache_control" => object.cache_control.clone_from(&template.cache_control),
        "custom_time" => object.custom_time = template.custom_time,
        "metadata" => object.metadata.clone_from(&template.metadata),
        "temporary_hold" => object.temporary_hold = template.temporary_hold,
        "event_based_hold" => object.event_based_hold = template.event_based_hold,
        "*" => object.set_fields_of(template),
        path => match path.strip_prefix("metadata.") {
            Some(key) => set_metadata(object, key, template),
            None => return Err(StoreError::invalid(format!("'{path}' cannot be updated."))),
        },
    }
    Ok(())
}

fn set_metadata(object: &mut Object, key: &str, template: &Object) {
    match template.metadata.get(key) {
        Some(value) => object.metadata.insert(key.to_owned(), value.clone()),
        None => object.metadata.remove(key),
    };
}
