//! What a bucket is set to, as far as it decides how long its objects live and who sees them.

use google_cloud_storage::model::Bucket;
use google_cloud_storage::model::bucket::lifecycle::Rule;

/// A bucket's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSettings {
    /// Its lifecycle rules that delete.
    pub delete_rules: Vec<DeleteRule>,
    /// For how many seconds deleted objects are kept.
    pub soft_delete_seconds: i64,
    /// Whether replaced and deleted objects stay as noncurrent versions.
    pub versioning: bool,
    /// Whether new objects are held until somebody lets go of them.
    pub event_based_hold: bool,
    /// For how long nobody can delete an object.
    pub retention: Option<BucketRetention>,
    /// Whether access is by the bucket's policy alone.
    pub uniform_access: bool,
    /// Whether nobody can open it to the public.
    pub public_access_prevented: bool,
}

/// A lifecycle rule that deletes
/// (<https://cloud.google.com/storage/docs/lifecycle#delete>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteRule {
    /// Days from an object's creation.
    pub age_days: Option<i32>,
    /// Days from an object's custom time.
    pub days_since_custom_time: Option<i32>,
    /// Whether it has conditions beside these, so that it leaves some objects alone.
    pub narrowed: bool,
}

/// A bucket's retention policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketRetention {
    /// From each object's creation.
    pub seconds: i64,
    /// Whether it can never be shortened or taken off.
    pub locked: bool,
}

impl From<Bucket> for BucketSettings {
    fn from(bucket: Bucket) -> Self {
        let rules = bucket.lifecycle.into_iter().flat_map(|rules| rules.rule);
        let access = bucket.iam_config.unwrap_or_default();
        let soft_delete = bucket.soft_delete_policy;
        Self {
            delete_rules: rules.filter_map(delete_rule).collect(),
            soft_delete_seconds: soft_delete
                .and_then(|policy| policy.retention_duration)
                .map_or(0, |duration| duration.seconds()),
            versioning: bucket
                .versioning
                .is_some_and(|versioning| versioning.enabled),
            event_based_hold: bucket.default_event_based_hold,
            retention: bucket.retention_policy.map(|policy| BucketRetention {
                seconds: policy
                    .retention_duration
                    .map_or(0, |duration| duration.seconds()),
                locked: policy.is_locked,
            }),
            uniform_access: access
                .uniform_bucket_level_access
                .is_some_and(|uniform| uniform.enabled),
            public_access_prevented: access.public_access_prevention == "enforced",
        }
    }
}

fn delete_rule(rule: Rule) -> Option<DeleteRule> {
    rule.action.filter(|action| action.r#type == "Delete")?;
    let condition = rule.condition.unwrap_or_default();
    let (age_days, days_since_custom_time) = (condition.age_days, condition.days_since_custom_time);
    let rest = condition
        .set_or_clear_age_days(None::<i32>)
        .set_or_clear_days_since_custom_time(None::<i32>);
    Some(DeleteRule {
        age_days,
        days_since_custom_time,
        // Conditions are all to be met.
        narrowed: rest != Default::default()
            || (age_days.is_some() && days_since_custom_time.is_some()),
    })
}
