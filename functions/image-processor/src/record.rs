//! The record of a processed or rejected image.

use darkroom_core::image::{EncodedDerivative, Header, Processed};
use darkroom_core::key::{ObjectKey, Part};
use darkroom_core::record::{
    Derivative, Label, Original, Record, SCHEMA_VERSION, StageTiming, Status,
};
use darkroom_core::rejection::Rejection;
use jiff::Timestamp;

use crate::ingest::IngestedImage;

/// What was found out about the bytes of an image, as far as the work got.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) sha256: Option<String>,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) header: Option<Header>,
    pub(crate) stages: Vec<StageTiming>,
}

/// The record of `image`, made at `now`.
pub(crate) fn record(
    image: &IngestedImage,
    findings: Findings,
    result: Result<&Processed, &Rejection>,
    (recipe, now): (&str, Timestamp),
) -> Record {
    let processed = result.ok();
    let derivatives = processed
        .map(|p| p.derivatives.as_slice())
        .unwrap_or_default();
    let labels = image.metadata.labels.iter();
    Record {
        schema_version: SCHEMA_VERSION,
        image_id: image.id,
        requested_at: image.id.time(),
        received_at: image.received_at(),
        processed_at: now,
        source: image.metadata.source.clone(),
        filename: image.metadata.filename.clone(),
        labels: labels
            .map(|(k, v)| Label {
                key: k.clone(),
                value: v.clone(),
            })
            .collect(),
        status: if result.is_ok() {
            Status::Processed
        } else {
            Status::Rejected
        },
        rejection: result.err().cloned(),
        original: original(image, &findings),
        exif: processed.and_then(|p| p.exif.clone()),
        perceptual_hash: processed.map(|p| p.perceptual_hash),
        mean_color: processed.map(|p| p.mean_color.clone()),
        derivatives: derivatives.iter().map(|d| derivative(image, d)).collect(),
        stages: findings.stages,
        recipe: recipe.to_owned(),
        processor_version: env!("CARGO_PKG_VERSION").to_owned(),
        attributes: serde_json::Map::new(),
    }
}

fn original(image: &IngestedImage, findings: &Findings) -> Original {
    let header = findings.header;
    Original {
        object: ObjectKey::original(image.id).to_string(),
        ingest_generation: image.object.generation,
        declared_content_type: image.object.content_type.clone(),
        content_type: findings.content_type.map(str::to_owned),
        size_bytes: image.object.size,
        sha256: findings.sha256.clone(),
        crc32c: image.object.crc32c.clone(),
        width: header.map(|h| h.width.into()),
        height: header.map(|h| h.height.into()),
        frames: header.map(|h| h.frames.into()),
        bit_depth: header.map(|h| h.bit_depth.into()),
        has_alpha: header.map(|h| h.has_alpha),
    }
}

fn derivative(image: &IngestedImage, made: &EncodedDerivative) -> Derivative {
    Derivative {
        name: made.name.to_string(),
        object: derivative_key(image, made).to_string(),
        content_type: made.content_type.to_owned(),
        width: made.width.into(),
        height: made.height.into(),
        size_bytes: i64::try_from(made.bytes.len()).unwrap_or(i64::MAX),
        sha256: darkroom_core::sha256_hex(&made.bytes),
    }
}

/// The key of a derivative in the archive bucket.
pub(crate) fn derivative_key(image: &IngestedImage, made: &EncodedDerivative) -> ObjectKey {
    ObjectKey::new(image.id, Part::Derivative(made.name.clone()))
}
