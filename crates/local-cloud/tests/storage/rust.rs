//! What tests of the official Rust clients share.

use google_cloud_gax::error::rpc::Code;
use google_cloud_storage::client::Storage;

use crate::cloud::BUCKET_RESOURCE;

/// What a test of the official clients ends with.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The whole content of an object.
pub(crate) async fn read(client: &Storage, name: &str) -> Result<Vec<u8>> {
    let mut response = client.read_object(BUCKET_RESOURCE, name).send().await?;
    let mut content = Vec::new();
    while let Some(chunk) = response.next().await.transpose()? {
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

/// The gRPC code of an error.
pub(crate) fn code(error: &google_cloud_storage::Error) -> Option<Code> {
    error.status().map(|status| status.code)
}
