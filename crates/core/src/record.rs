//! The record of one image (schema v1): `record.json` and the warehouse row.
//!
//! The doc comments of the fields are the column descriptions in the warehouse.

use jiff::Timestamp;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ImageId;
use crate::metadata::Source;
use crate::rejection::Rejection;

/// The version of [`Record`] that this code writes.
pub const SCHEMA_VERSION: i64 = 1;

/// All that is known of one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Version of this schema.
    pub schema_version: i64,
    /// The image's id, a UUIDv7.
    pub image_id: ImageId,
    /// When the upload was asked for, or the Kafka message's own time.
    pub requested_at: Timestamp,
    /// When the image arrived: its ingest object's creation. Retention counts from here.
    pub received_at: Timestamp,
    /// When processing ended.
    pub processed_at: Timestamp,
    /// Where the image came from.
    pub source: Source,
    /// The file's name at its sender.
    pub filename: Option<String>,
    /// The sender's own labels.
    #[serde(default)]
    pub labels: Vec<Label>,
    /// `processed`, or `rejected` when it could not be.
    pub status: Status,
    /// Why it was rejected; null when processed.
    pub rejection: Option<Rejection>,
    /// The image as it came in.
    pub original: Original,
    /// What the camera wrote; null when there is no readable EXIF.
    pub exif: Option<Exif>,
    /// 64-bit perceptual hash. Similar images differ in few bits: BIT_COUNT(a ^ b).
    pub perceptual_hash: Option<i64>,
    /// Mean colour in sRGB, as #rrggbb.
    pub mean_color: Option<String>,
    /// The images made from it.
    #[serde(default)]
    pub derivatives: Vec<Derivative>,
    /// How long each stage of processing took.
    #[serde(default)]
    pub stages: Vec<StageTiming>,
    /// The recipe it was processed by.
    pub recipe: String,
    /// The version of the image-processor.
    pub processor_version: String,
    /// What the company's own steps add: a JSON object.
    #[serde(default)]
    pub attributes: Map<String, Value>,
}

impl Record {
    /// The largest record that is read, in bytes: 300 times a typical one.
    pub const MOST_BYTES: u64 = 1024 * 1024;
}

/// Whether an image could be processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Status {
    /// All derivatives were made.
    Processed,
    /// It could not be processed; its rejection says why.
    Rejected,
}

/// A label that the sender gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    /// The label's key.
    pub key: String,
    /// The label's value.
    pub value: String,
}

/// The image as it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Original {
    /// Its object in the archive bucket.
    pub object: String,
    /// The generation of the ingest object it was copied from.
    pub ingest_generation: i64,
    /// The content type its sender declared.
    pub declared_content_type: Option<String>,
    /// The content type by its first bytes; null when they are of no known format.
    pub content_type: Option<String>,
    /// Size in bytes.
    pub size_bytes: i64,
    /// SHA-256 of the bytes in hex; null when they were too many to read.
    pub sha256: Option<String>,
    /// CRC32C of the bytes, in base64 as Cloud Storage writes it.
    pub crc32c: String,
    /// Width in pixels as stored, before orientation.
    pub width: Option<i64>,
    /// Height in pixels as stored, before orientation.
    pub height: Option<i64>,
    /// Number of frames or pages.
    pub frames: Option<i64>,
    /// Bits per channel.
    pub bit_depth: Option<i64>,
    /// Whether pixels can be transparent.
    pub has_alpha: Option<bool>,
}

/// What the camera wrote (Exif 2.32). A field that is absent or unreadable is null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exif {
    /// Camera maker.
    pub make: Option<String>,
    /// Camera model.
    pub model: Option<String>,
    /// Lens model.
    pub lens: Option<String>,
    /// When it was taken, by the camera's clock (no time zone).
    pub taken_at: Option<DateTime>,
    /// EXIF orientation, 1 to 8.
    pub orientation: Option<i64>,
    /// Exposure time in seconds.
    pub exposure_seconds: Option<f64>,
    /// F-number.
    pub f_number: Option<f64>,
    /// ISO speed.
    pub iso: Option<i64>,
    /// Focal length in millimetres.
    pub focal_length_mm: Option<f64>,
    /// Where it was taken; null unless the recipe keeps positions.
    pub gps: Option<Gps>,
}

/// A position in WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gps {
    /// Degrees north of the equator.
    pub latitude: f64,
    /// Degrees east of Greenwich.
    pub longitude: f64,
}

/// An image made from the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Derivative {
    /// Its name, such as preview.webp.
    pub name: String,
    /// Its object in the archive bucket.
    pub object: String,
    /// Its content type.
    pub content_type: String,
    /// Width in pixels.
    pub width: i64,
    /// Height in pixels.
    pub height: i64,
    /// Size in bytes.
    pub size_bytes: i64,
    /// SHA-256 of the bytes in hex.
    pub sha256: String,
}

/// How long one stage of processing took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageTiming {
    /// The stage, such as decode.
    pub stage: String,
    /// Its duration in milliseconds.
    pub milliseconds: f64,
}
