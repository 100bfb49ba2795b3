//! The set of samples, before anything is done with it.

use std::collections::HashSet;
use std::sync::LazyLock;

use darkroom_samples::{Expected, Sample, samples};

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(samples);

#[test]
fn samples_are_many_distinct_and_always_the_same() {
    let (first, second) = (&*SAMPLES, samples());
    assert!(first.len() >= 24, "{} samples", first.len());
    let names: HashSet<_> = first.iter().map(|sample| sample.name.as_str()).collect();
    let files: HashSet<_> = first.iter().map(|sample| sample.bytes.as_slice()).collect();
    assert_eq!((names.len(), files.len()), (first.len(), first.len()));
    for (one, other) in first.iter().zip(&second) {
        assert!(one.bytes == other.bytes, "{} changes", one.name);
    }
}

#[test]
fn three_samples_are_to_be_rejected_each_for_its_own_reason() {
    let codes: Vec<_> = SAMPLES
        .iter()
        .filter_map(|sample| match sample.expected {
            Expected::Rejected(code) => Some(code),
            Expected::Processed => None,
        })
        .collect();
    assert_eq!(
        codes,
        ["malformed", "unsupported_format", "too_many_pixels"]
    );
}

#[test]
fn samples_are_small_enough_to_upload() {
    for sample in SAMPLES.iter() {
        assert!(
            !sample.bytes.is_empty() && sample.bytes.len() < 5_000_000,
            "{}",
            sample.name
        );
    }
}
