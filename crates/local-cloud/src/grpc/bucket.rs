//! Buckets as messages, and back.

use googleapis_tonic_google_storage_v2::google::r#type::Date as ProtoDate;
use jiff::civil::Date;
use proto::bucket::lifecycle::rule::{Action, Condition};
use proto::bucket::lifecycle::{self};

use super::fields::{bucket_resource, duration, text, time, timestamp};
use super::proto;
use crate::store::{
    Bucket, Cors, IamConfiguration, Lifecycle, LifecycleAction, LifecycleCondition, LifecycleRule,
    RetentionPolicy, SoftDeletePolicy, StoreError, UniformBucketLevelAccess, Versioning,
};

/// The message of a bucket.
pub(super) fn to_proto(project: &str, bucket: Bucket) -> proto::Bucket {
    let etag = bucket.etag();
    proto::Bucket {
        name: bucket_resource(&bucket.name),
        bucket_id: bucket.name,
        etag,
        project: format!("projects/{project}"),
        metageneration: bucket.metageneration,
        location: bucket.location,
        location_type: bucket.location_type,
        storage_class: bucket.storage_class,
        lifecycle: bucket.lifecycle.map(lifecycle_to_proto),
        create_time: Some(timestamp(bucket.time_created)),
        cors: bucket.cors.into_iter().map(cors_to_proto).collect(),
        update_time: Some(timestamp(bucket.updated)),
        default_event_based_hold: bucket.default_event_based_hold,
        labels: bucket.labels.into_iter().collect(),
        versioning: bucket
            .versioning
            .map(|versioning| proto::bucket::Versioning {
                enabled: versioning.enabled,
            }),
        retention_policy: bucket.retention_policy.map(retention_to_proto),
        iam_config: bucket.iam_configuration.map(iam_to_proto),
        soft_delete_policy: bucket.soft_delete_policy.map(soft_delete_to_proto),
        ..proto::Bucket::default()
    }
}

/// The fields of a message that a request may set, and the location.
pub(super) fn template(bucket: proto::Bucket) -> Result<Bucket, StoreError> {
    let defaults = Bucket::default();
    Ok(Bucket {
        location: text(bucket.location)
            .unwrap_or(defaults.location)
            .to_uppercase(),
        storage_class: text(bucket.storage_class).unwrap_or(defaults.storage_class),
        labels: bucket.labels.into_iter().collect(),
        lifecycle: bucket.lifecycle.map(lifecycle_of).transpose()?,
        cors: bucket.cors.into_iter().map(cors_of).collect(),
        versioning: bucket.versioning.map(|versioning| Versioning {
            enabled: versioning.enabled,
        }),
        soft_delete_policy: bucket.soft_delete_policy.map(soft_delete_of).transpose()?,
        retention_policy: bucket.retention_policy.map(retention_of).transpose()?,
        iam_configuration: bucket.iam_config.map(iam_of),
        default_event_based_hold: bucket.default_event_based_hold,
        ..Bucket::default()
    })
}

/// Takes the field `path` of an update mask from `template`.
pub(super) fn set(bucket: &mut Bucket, path: &str, template: &Bucket) -> Result<(), StoreError> {
    match path.split('.').next().unwrap_or_default() {
        "storage_class" => bucket.storage_class.clone_from(&template.storage_class),
        "labels" => set_labels(bucket, path, template),
        "lifecycle" => bucket.lifecycle.clone_from(&template.lifecycle),
        "cors" => bucket.cors.clone_from(&template.cors),
        "versioning" => bucket.versioning = template.versioning,
        "soft_delete_policy" => bucket.soft_delete_policy = template.soft_delete_policy,
        "retention_policy" => bucket.retention_policy = template.retention_policy,
        "iam_config" => bucket
            .iam_configuration
            .clone_from(&template.iam_configuration),
        "default_event_based_hold" => {
            bucket.default_event_based_hold = template.default_event_based_hold;
        }
        _ => return Err(StoreError::invalid(format!("'{path}' cannot be updated."))),
    }
    Ok(())
}

fn set_labels(bucket: &mut Bucket, path: &str, template: &Bucket) {
    match path.strip_prefix("labels.") {
        None => bucket.labels.clone_from(&template.labels),
        Some(key) => {
            match template.labels.get(key) {
                Some(value) => bucket.labels.insert(key.to_owned(), value.clone()),
                None => bucket.labels.remove(key),
            };
        }
    }
}

fn lifecycle_to_proto(rules: Lifecycle) -> proto::bucket::Lifecycle {
    let rule = |rule: LifecycleRule| lifecycle::Rule {
        action: Some(Action {
            r#type: rule.action.kind,
            storage_class: rule.action.storage_class.unwrap_or_default(),
        }),
        condition: Some(condition_to_proto(rule.condition)),
    };
    proto::bucket::Lifecycle {
        rule: rules.rule.into_iter().map(rule).collect(),
    }
}

fn lifecycle_of(rules: proto::bucket::Lifecycle) -> Result<Lifecycle, StoreError> {
    let rule = |rule: lifecycle::Rule| {
        let action = rule.action.unwrap_or_default();
        let kind = action.r#type;
        Ok(LifecycleRule {
            action: LifecycleAction {
                kind,
                storage_class: text(action.storage_class),
            },
            condition: condition_of(rule.condition.unwrap_or_default())?,
        })
    };
    Ok(Lifecycle {
        rule: rules
            .rule
            .into_iter()
            .map(rule)
            .collect::<Result<_, StoreError>>()?,
    })
}

fn condition_to_proto(condition: LifecycleCondition) -> Condition {
    Condition {
        age_days: condition.age,
        created_before: condition.created_before.map(date_to_proto),
        is_live: condition.is_live,
        num_newer_versions: condition.num_newer_versions,
        matches_storage_class: condition.matches_storage_class,
        days_since_custom_time: condition.days_since_custom_time,
        custom_time_before: condition.custom_time_before.map(date_to_proto),
        days_since_noncurrent_time: condition.days_since_noncurrent_time,
        noncurrent_time_before: condition.noncurrent_time_before.map(date_to_proto),
        matches_prefix: condition.matches_prefix,
        matches_suffix: condition.matches_suffix,
    }
}

fn condition_of(condition: Condition) -> Result<LifecycleCondition, StoreError> {
    Ok(LifecycleCondition {
        age: condition.age_days,
        created_before: condition.created_before.map(date_of).transpose()?,
        days_since_custom_time: condition.days_since_custom_time,
        custom_time_before: condition.custom_time_before.map(date_of).transpose()?,
        is_live: condition.is_live,
        days_since_noncurrent_time: condition.days_since_noncurrent_time,
        noncurrent_time_before: condition.noncurrent_time_before.map(date_of).transpose()?,
        num_newer_versions: condition.num_newer_versions,
        matches_prefix: condition.matches_prefix,
        matches_suffix: condition.matches_suffix,
        matches_storage_class: condition.matches_storage_class,
    })
}

fn date_to_proto(date: Date) -> ProtoDate {
    ProtoDate {
        year: date.year().into(),
        month: date.month().into(),
        day: date.day().into(),
    }
}

fn date_of(date: ProtoDate) -> Result<Date, StoreError> {
    let invalid = || StoreError::invalid("Invalid date.");
    let year = i16::try_from(date.year).map_err(|_| invalid())?;
    let month = i8::try_from(date.month).map_err(|_| invalid())?;
    let day = i8::try_from(date.day).map_err(|_| invalid())?;
    Date::new(year, month, day).map_err(|_| invalid())
}

fn cors_to_proto(cors: Cors) -> proto::bucket::Cors {
    let Cors {
        origin,
        method,
        response_header,
        max_age_seconds,
    } = cors;
    proto::bucket::Cors {
        origin,
        method,
        response_header,
        max_age_seconds,
    }
}

fn cors_of(cors: proto::bucket::Cors) -> Cors {
    let proto::bucket::Cors {
        origin,
        method,
        response_header,
        max_age_seconds,
    } = cors;
    Cors {
        origin,
        method,
        response_header,
        max_age_seconds,
    }
}

fn retention_to_proto(policy: RetentionPolicy) -> proto::bucket::RetentionPolicy {
    proto::bucket::RetentionPolicy {
        effective_time: policy.effective_time.map(timestamp),
        is_locked: policy.is_locked,
        retention_duration: Some(duration(policy.retention_period)),
    }
}

fn retention_of(policy: proto::bucket::RetentionPolicy) -> Result<RetentionPolicy, StoreError> {
    Ok(RetentionPolicy {
        retention_period: policy.retention_duration.map_or(0, |period| period.seconds),
        effective_time: policy.effective_time.as_ref().map(time).transpose()?,
        is_locked: policy.is_locked,
    })
}

fn soft_delete_to_proto(policy: SoftDeletePolicy) -> proto::bucket::SoftDeletePolicy {
    proto::bucket::SoftDeletePolicy {
        retention_duration: Some(duration(policy.retention_duration_seconds)),
        effective_time: policy.effective_time.map(timestamp),
    }
}

fn soft_delete_of(policy: proto::bucket::SoftDeletePolicy) -> Result<SoftDeletePolicy, StoreError> {
    Ok(SoftDeletePolicy {
        retention_duration_seconds: policy.retention_duration.map_or(0, |period| period.seconds),
        effective_time: policy.effective_time.as_ref().map(time).transpose()?,
    })
}

fn iam_to_proto(iam: IamConfiguration) -> proto::bucket::IamConfig {
    let enabled = iam.uniform_bucket_level_access.enabled;
    let access = proto::bucket::iam_config::UniformBucketLevelAccess {
        enabled,
        lock_time: None,
    };
    proto::bucket::IamConfig {
        uniform_bucket_level_access: Some(access),
        public_access_prevention: iam.public_access_prevention.unwrap_or_default(),
    }
}

fn iam_of(iam: proto::bucket::IamConfig) -> IamConfiguration {
    let enabled = iam
        .uniform_bucket_level_access
        .is_some_and(|access| access.enabled);
    IamConfiguration {
        uniform_bucket_level_access: UniformBucketLevelAccess { enabled },
        public_access_prevention: text(iam.public_access_prevention),
    }
}
