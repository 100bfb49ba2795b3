//! Request bodies: streamed into blobs, or read whole up to a limit.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;

use crate::store::{BlobWriter, StoreError};

/// The most bytes of a JSON resource.
const MAX_JSON: usize = 1 << 20;

/// How much of a refused body is read, so that the client sees the refusal rather than a broken
/// connection.
const MAX_DISCARDED: usize = 64 << 20;

/// Appends a whole body to a blob.
///
/// # Errors
///
/// [`StoreError::TooLarge`], [`StoreError::BodyCut`], or when the disk fails.
pub(crate) async fn receive(body: Body, blob: &mut BlobWriter) -> Result<(), StoreError> {
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        blob.write(&chunk.map_err(cut)?).await?;
    }
    Ok(())
}

/// A whole body of at most a mebibyte.
///
/// # Errors
///
/// [`StoreError::Invalid`] when there is more, [`StoreError::BodyCut`].
pub(crate) async fn read(body: Body) -> Result<Bytes, StoreError> {
    let mut whole = BytesMut::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(cut)?;
        if whole.len() + chunk.len() > MAX_JSON {
            return Err(StoreError::invalid("The resource is larger than 1 MiB."));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Reads and forgets the rest of a body that is refused.
pub(crate) async fn discard(body: Body) {
    let mut left = MAX_DISCARDED;
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        match left.checked_sub(chunk.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

pub(crate) fn cut(error: axum::Error) -> StoreError {
    StoreError::BodyCut(error.to_string())
}
