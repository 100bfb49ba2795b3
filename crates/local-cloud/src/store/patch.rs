//! Merging a request's fields into a resource.

use serde_json::{Map, Value};

/// Merges those fields of `patch` that are `writable` into `resource` (RFC 7396).
pub(crate) fn merge(resource: &mut Value, patch: &Value, writable: &[&str]) {
    let allowed = |field: &&str| {
        patch
            .get(field)
            .map(|value| ((*field).to_owned(), value.clone()))
    };
    let fields: Map<_, _> = writable.iter().filter_map(allowed).collect();
    merge_value(resource, Value::Object(fields));
}

fn merge_value(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else {
        return;
    };
    for (field, value) in patch {
        if value.is_null() {
            target.shift_remove(&field);
        } else {
            merge_value(target.entry(field).or_insert(Value::Null), value);
        }
    }
}
