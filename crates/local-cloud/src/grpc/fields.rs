//! Names, times, masks and conditions in messages.

use jiff::{SignedDuration, Timestamp};
use prost_types::{Duration, FieldMask};

use crate::store::{Preconditions, StoreError};

/// The prefix of bucket names.
const BUCKETS: &str = "projects/_/buckets/";

pub(super) fn bucket_name(resource: &str) -> Result<String, StoreError> {
    let invalid = || StoreError::invalid(format!("Invalid bucket resource name: '{resource}'"));
    resource
        .strip_prefix(BUCKETS)
        .map(str::to_owned)
        .ok_or_else(invalid)
}

pub(super) fn bucket_resource(name: &str) -> String {
    format!("{BUCKETS}{name}")
}

/// 0 stands for whichever is live.
pub(super) fn generation(generation: i64) -> Option<i64> {
    Some(generation).filter(|generation| *generation != 0)
}

pub(super) fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let seconds = at.as_nanosecond().div_euclid(1_000_000_000);
    let nanos = at.as_nanosecond().rem_euclid(1_000_000_000);
    prost_types::Timestamp {
        seconds: i64::try_from(seconds).unwrap_or_default(),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}

pub(super) fn time(at: &prost_types::Timestamp) -> Result<Timestamp, StoreError> {
    let invalid = |error: jiff::Error| StoreError::invalid(error.to_string());
    Timestamp::new(at.seconds, at.nanos).map_err(invalid)
}

pub(super) fn duration(seconds: i64) -> Duration {
    Duration {
        seconds: SignedDuration::from_secs(seconds).as_secs(),
        nanos: 0,
    }
}

/// Text that is absent when empty, as proto3 has it.
pub(super) fn text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// The paths of an update mask, which must be there.
pub(super) fn paths(mask: Option<FieldMask>) -> Result<Vec<String>, StoreError> {
    mask.map(|mask| mask.paths)
        .ok_or_else(|| StoreError::invalid("An update needs an update_mask."))
}

macro_rules! preconditions {
    ($request:expr) => {
        crate::store::Preconditions {
            if_generation_match: $request.if_generation_match,
            if_generation_not_match: $request.if_generation_not_match,
            if_metageneration_match: $request.if_metageneration_match,
            if_metageneration_not_match: $request.if_metageneration_not_match,
        }
    };
}
pub(super) use preconditions;

pub(super) fn metageneration(matches: Option<i64>, differs: Option<i64>) -> Preconditions {
    Preconditions {
        if_metageneration_match: matches,
        if_metageneration_not_match: differs,
        ..Preconditions::default()
    }
}
