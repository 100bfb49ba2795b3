//! What a caller asks for, and what may be asked for.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use darkroom_core::image::{Format, Limits};
use darkroom_core::metadata::{Source, check_filename, check_labels};
use darkroom_gcp::problem::FieldError;
use serde_json::Value;
use utoipa::ToSchema;

use super::fields::{Errors, Fields, Rule, join};
use super::sign;

/// The most uploads in one batch.
pub(super) const MAX_BATCH: usize = 100;

/// The most that filename and labels may take of the object's custom metadata. All of that is at most
/// 8,192 bytes (<https://cloud.google.com/storage/quotas#objects>), and a subject of 256 characters
/// can take 3,072.
const MAX_METADATA: usize = 5_000;

/// An image that the caller wants to upload.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(example = json!({
    "content_type": "image/jpeg",
    "size_bytes": 2_483_112,
    "filename": "IMG_0042.jpg",
    "labels": { "album": "iceland" }
}))]
pub struct UploadRequest {
    /// The image's media type: `image/jpeg`, `image/png`, `image/webp`, `image/gif`, `image/tiff` or
    /// `image/bmp`.
    pub content_type: String,
    /// Its exact size in bytes.
    #[schema(minimum = 1, maximum = 50_000_000)]
    pub size_bytes: u64,
    /// The file's name at the caller; no path.
    #[schema(min_length = 1, max_length = 255)]
    pub filename: Option<String>,
    /// MD5 of the bytes in base64. With it, storage refuses anything else.
    #[schema(
        format = "byte",
        min_length = 24,
        max_length = 24,
        example = "CY9rzUYh03PK3k6DJie09g=="
    )]
    pub md5: Option<String>,
    /// The caller's own labels, at most 16: keys of `a-z`, `0-9`, `_` and `-`, up to 63 of them;
    /// values of up to 128 characters.
    #[schema(required = false)]
    pub labels: BTreeMap<String, String>,
}

/// Up to 100 uploads.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
pub struct BatchRequest {
    /// The uploads wanted.
    #[schema(min_items = 1, max_items = 100)]
    pub uploads: Vec<UploadRequest>,
}

impl UploadRequest {
    /// Reads a request body.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, field by field.
    pub fn from_json(body: Value) -> Result<Self, Vec<FieldError>> {
        let mut errors = Errors::default();
        let request = Self::read(body, "", &mut errors);
        errors.or(request)
    }

    fn read(value: Value, path: &str, errors: &mut Errors) -> Option<Self> {
        let mut fields = Fields::of(value, path, errors)?;
        let content_type = fields.required("content_type", CONTENT_TYPE);
        let size_bytes = fields.required("size_bytes", SIZE);
        let filename = fields.optional("filename", FILENAME);
        let md5 = fields.optional("md5", MD5);
        let labels = fields.optional("labels", LABELS).unwrap_or_default();
        fields.end();
        check_together(path, &filename, &labels, errors);
        Some(Self {
            content_type: content_type?,
            size_bytes: size_bytes?,
            filename,
            md5,
            labels,
        })
    }
}

impl BatchRequest {
    /// Reads a request body.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, field by field.
    pub fn from_json(body: Value) -> Result<Self, Vec<FieldError>> {
        let mut errors = Errors::default();
        let uploads = Fields::of(body, "", &mut errors).and_then(|mut fields| {
            let uploads = fields.required("uploads", UPLOADS);
            fields.end();
            uploads
        });
        let uploads = uploads.map(|uploads| read_all(uploads, &mut errors));
        errors.or(uploads.map(|uploads| Self { uploads }))
    }
}

/// Each can be right and both together too much for the object's metadata.
fn check_together(
    path: &str,
    filename: &Option<String>,
    labels: &BTreeMap<String, String>,
    errors: &mut Errors,
) {
    let (filename, labels) = (filename.clone(), labels.clone());
    let length = sign::metadata_header(Source::web(String::new()), filename, labels).len();
    if length > MAX_METADATA {
        let detail = format!(
            "with the filename come to {length} bytes as ASCII JSON, in which a character outside \
             ASCII takes 6 or 12; at most {MAX_METADATA} are allowed"
        );
        errors.add(join(path, "labels"), detail);
    }
}

fn read_all(uploads: Vec<Value>, errors: &mut Errors) -> Vec<UploadRequest> {
    let numbered = uploads.into_iter().enumerate();
    numbered
        .filter_map(|(i, upload)| UploadRequest::read(upload, &format!("uploads[{i}]"), errors))
        .collect()
}

const UPLOADS: Rule<Vec<Value>> = Rule {
    kind: "an array of uploads",
    check: |uploads| {
        ensure((1..=MAX_BATCH).contains(&uploads.len()), || {
            format!(
                "has {} entries; 1 to {MAX_BATCH} are allowed",
                uploads.len()
            )
        })
    },
};

const CONTENT_TYPE: Rule<String> = Rule {
    kind: "a media type such as image/jpeg",
    check: |name| {
        let allowed = Format::ALL.map(Format::content_type);
        ensure(allowed.contains(&name.as_str()), || {
            format!("is not processed; allowed are {}", allowed.join(", "))
        })
    },
};

const SIZE: Rule<u64> = Rule {
    kind: "a whole number of bytes",
    check: |size| {
        let limit = Limits::default().bytes;
        ensure((1..=limit).contains(size), || {
            format!("is {size}; 1 to {limit} bytes are allowed")
        })
    },
};

const FILENAME: Rule<String> = Rule {
    kind: "a string",
    check: |name| check_filename(name),
};

const MD5: Rule<String> = Rule {
    kind: "a string",
    check: |md5| {
        let is_md5 = STANDARD.decode(md5).is_ok_and(|bytes| bytes.len() == 16);
        ensure(is_md5, || {
            "must be the 16 bytes of an MD5 in base64, 24 characters".to_owned()
        })
    },
};

const LABELS: Rule<BTreeMap<String, String>> = Rule {
    kind: "an object whose values are strings",
    check: check_labels,
};

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
