//! The signed URL of one upload.

use std::collections::BTreeMap;

use darkroom_core::ImageId;
use darkroom_core::key::ObjectKey;
use darkroom_core::metadata::{Source, UploadMetadata};
use darkroom_gcp::problem::Problem;
use darkroom_gcp::storage::ObjectRef;
use google_cloud_storage::http::Method;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::UploadRequest;
use crate::auth::Principal;
use crate::problem::unavailable;
use crate::signed_url::LIFE;
use crate::state::Services;

/// Where and how to send the bytes.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "image_id": "019ab0c4-1f2e-7d3a-9b4c-5d6e7f8091a2",
    "method": "PUT",
    "url": "https://storage.googleapis.com/ingest/a2/2026-11-22T10/019ab0c4-1f2e-7d3a-9b4c-5d6e7f8091a2/original?X-Goog-Algorithm=GOOG4-RSA-SHA256&…",
    "headers": {
        "content-type": "image/jpeg",
        "x-goog-content-length-range": "2483112,2483112",
        "x-goog-if-generation-match": "0",
        "x-goog-meta-darkroom": "{\"source\":{\"kind\":\"web\",\"principal\":\"alice\"},\"filename\":\"IMG_0042.jpg\"}",
    },
    "expires_at": "2026-11-22T10:15:00Z",
}))]
pub struct SignedUpload {
    /// The image's id, by which its owner asks about it.
    #[schema(value_type = String, format = "uuid")]
    pub image_id: ImageId,
    /// The HTTP method to use: `PUT`.
    #[schema(example = "PUT")]
    pub method: &'static str,
    /// The URL. Whoever has it can upload this one image: keep it secret.
    #[schema(format = "uri")]
    pub url: String,
    /// The headers to send, each exactly as it stands here.
    pub headers: BTreeMap<&'static str, String>,
    /// When the URL stops working.
    #[schema(value_type = String, format = "date-time")]
    pub expires_at: Timestamp,
}

/// A new image of `owner`, and the URL by which it can be uploaded.
///
/// The signature covers the method, the object and every header: another type, another size, other
/// metadata, or a second use while the object is there is refused by Cloud Storage itself. Once the
/// image has its record, the processor discards what comes under its name.
pub(super) async fn sign(
    services: &Services,
    owner: &Principal,
    request: UploadRequest,
    now: Timestamp,
) -> Result<SignedUpload, Problem> {
    let image_id = ImageId::new(now);
    let expires_at = now + LIFE;
    let headers = headers(request, Source::web(owner.subject.clone()));
    let signed_headers: Vec<_> = headers.clone().into_iter().collect();
    let name = ObjectKey::original(image_id).to_string();
    let object = ObjectRef {
        bucket: &services.buckets.ingest,
        name: &name,
        generation: None,
    };
    let signing = services
        .signer
        .sign(Method::PUT, object, &signed_headers, expires_at);
    let url = signing.await.map_err(|error| unavailable(&error))?;
    Ok(SignedUpload {
        image_id,
        method: "PUT",
        url,
        headers,
        expires_at,
    })
}

/// What the client must send. Names are those of Google's XML API
/// (<https://cloud.google.com/storage/docs/xml-api/reference-headers>).
fn headers(request: UploadRequest, source: Source) -> BTreeMap<&'static str, String> {
    let UploadRequest {
        content_type,
        size_bytes,
        filename,
        md5,
        labels,
    } = request;
    let mut headers = BTreeMap::from([
        ("content-type", content_type),
        (
            "x-goog-content-length-range",
            format!("{size_bytes},{size_bytes}"),
        ),
        ("x-goog-if-generation-match", "0".to_owned()),
        (METADATA_HEADER, metadata_header(source, filename, labels)),
    ]);
    headers.extend(md5.map(|md5| ("content-md5", md5)));
    headers
}

/// The header that becomes the object's custom metadata entry.
const METADATA_HEADER: &str = "x-goog-meta-darkroom";

/// The upload's metadata as a header value.
pub(super) fn metadata_header(
    source: Source,
    filename: Option<String>,
    labels: BTreeMap<String, String>,
) -> String {
    UploadMetadata {
        source,
        filename,
        labels,
    }
    .to_header()
}

#[cfg(test)]
mod tests {
    use darkroom_core::metadata::METADATA_KEY;

    use super::*;

    #[test]
    fn the_metadata_header_is_the_metadata_entrys() {
        assert_eq!(METADATA_HEADER, format!("x-goog-meta-{METADATA_KEY}"));
    }
}
