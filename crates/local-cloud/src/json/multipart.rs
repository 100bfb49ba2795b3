//! `multipart/related` bodies ([RFC 2387](https://www.rfc-editor.org/rfc/rfc2387)), read as they
//! come.
//!
//! Lines may end in LF alone: that is what `gcloud storage` sends.

use axum::body::{Body, BodyDataStream};
use bytes::{Buf as _, Bytes, BytesMut};
use futures::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue};
use memchr::memmem;

use crate::body;
use crate::store::StoreError;

/// The most bytes of a part's headers.
const MAX_HEADERS: usize = 16 << 10;

/// The parts of a body, one after the other.
pub(super) struct Parts {
    body: BodyDataStream,
    buffer: BytesMut,
    boundary: String,
    /// What ends a part: the line break that the first line ends with, `--` and the boundary.
    delimiter: Option<Vec<u8>>,
    in_part: bool,
}

impl Parts {
    /// The parts of `body`, by the boundary in `content_type`.
    pub(super) fn new(content_type: &str, body: Body) -> Result<Self, StoreError> {
        let no_boundary = || StoreError::invalid("The multipart body has no boundary.");
        Ok(Self {
            body: body.into_data_stream(),
            buffer: BytesMut::new(),
            boundary: boundary(content_type).ok_or_else(no_boundary)?,
            delimiter: None,
            in_part: false,
        })
    }

    /// The headers of the next part, or nothing after the last.
    pub(super) async fn next_part(&mut self) -> Result<Option<HeaderMap>, StoreError> {
        if self.delimiter.is_none() {
            self.skip_preamble().await?;
        }
        while self.in_part {
            self.chunk().await?;
        }
        let rest_of_line = self.line().await?;
        if rest_of_line.starts_with(b"--") {
            return Ok(None);
        }
        self.in_part = true;
        self.headers().await.map(Some)
    }

    /// Some bytes of the part, or nothing at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, StoreError> {
        let Some(delimiter) = self.delimiter.clone().filter(|_| self.in_part) else {
            return Ok(None);
        };
        loop {
            if let Some(end) = memmem::find(&self.buffer, &delimiter) {
                self.in_part = false;
                let last = self.buffer.split_to(end).freeze();
                self.buffer.advance(delimiter.len());
                return Ok(Some(last).filter(|last| !last.is_empty()));
            }
            // The end of the buffer may be the beginning of a delimiter.
            let certain = self.buffer.len().saturating_sub(delimiter.len() - 1);
            if certain > 0 {
                return Ok(Some(self.buffer.split_to(certain).freeze()));
            }
            self.fill().await?;
        }
    }

    /// All bytes of the part, which may be at most `limit`.
    pub(super) async fn whole(&mut self, limit: usize) -> Result<Bytes, StoreError> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if whole.len() + chunk.len() > limit {
                return Err(StoreError::invalid(
                    "A part of the multipart body is too large.",
                ));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// Reads up to the first boundary, and learns how lines end.
    async fn skip_preamble(&mut self) -> Result<(), StoreError> {
        let start = format!("--{}", self.boundary);
        let end = loop {
            let found = memmem::find(&self.buffer, start.as_bytes()).map(|at| at + start.len());
            let line_end = found.and_then(|end| {
                memchr::memchr(b'\n', &self.buffer[end..]).map(|length| (end, length))
            });
            if let Some(end) = line_end {
                break end;
            }
            self.check_length()?;
            self.fill().await?;
        };
        let (end, length) = end;
        let crlf = self.buffer[end..end + length].ends_with(b"\r");
        let line_break = if crlf { "\r\n" } else { "\n" };
        self.delimiter = Some(format!("{line_break}{start}").into_bytes());
        self.buffer.advance(end);
        Ok(())
    }

    async fn headers(&mut self) -> Result<HeaderMap, StoreError> {
        let mut headers = HeaderMap::new();
        let mut length = 0;
        loop {
            let line = self.line().await?;
            length += line.len();
            if length > MAX_HEADERS {
                return Err(malformed());
            }
            if line.is_empty() {
                return Ok(headers);
            }
            let text = std::str::from_utf8(&line).map_err(|_| malformed())?;
            let (name, value) = text.split_once(':').ok_or_else(malformed)?;
            let name = HeaderName::try_from(name.trim()).map_err(|_| malformed())?;
            let value = HeaderValue::try_from(value.trim()).map_err(|_| malformed())?;
            headers.insert(name, value);
        }
    }

    /// The next line, without its end.
    async fn line(&mut self) -> Result<Bytes, StoreError> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer) {
                let mut line = self.buffer.split_to(end + 1).freeze();
                line.truncate(end);
                if line.ends_with(b"\r") {
                    line.truncate(end - 1);
                }
                return Ok(line);
            }
            // The last line need not be ended.
            if self.buffer.starts_with(b"--") {
                return Ok(self.buffer.split().freeze());
            }
            self.check_length()?;
            self.fill().await?;
        }
    }

    fn check_length(&self) -> Result<(), StoreError> {
        (self.buffer.len() <= MAX_HEADERS)
            .then_some(())
            .ok_or_else(malformed)
    }

    async fn fill(&mut self) -> Result<(), StoreError> {
        let chunk = self.body.next().await.ok_or_else(malformed)?;
        self.buffer.extend_from_slice(&chunk.map_err(body::cut)?);
        Ok(())
    }
}

fn malformed() -> StoreError {
    StoreError::invalid("Malformed multipart body.")
}

fn boundary(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    let value = parameters.into_iter().find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary")
            .then_some(value.trim_matches(['"', '\'']))
    })?;
    Some(value.to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a body that comes in pieces of `size` bytes.
    async fn read(body: &str, size: usize) -> Result<Vec<(HeaderMap, String)>, StoreError> {
        let pieces: Vec<_> = body
            .as_bytes()
            .chunks(size)
            .map(Bytes::copy_from_slice)
            .collect();
        let stream = futures::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
        let mut parts = Parts::new(
            "multipart/related; boundary=\"=b=\"",
            Body::from_stream(stream),
        )?;
        let mut read = Vec::new();
        while let Some(headers) = parts.next_part().await? {
            let whole = parts.whole(1_000).await?;
            read.push((headers, String::from_utf8(whole.to_vec()).unwrap()));
        }
        Ok(read)
    }

    const BODY: &str = "--=b=\nContent-Type: application/json\nMIME-Version: 1.0\n\n{}\n\
                        --=b=\nContent-Type: image/png\n\nline\r\n--=b\n\n--=b=--";

    #[tokio::test]
    async fn parts_are_the_same_however_the_body_is_cut() {
        for body in [
            BODY.to_owned(),
            BODY.replace('\n', "\r\n").replace("\r\r", "\r"),
        ] {
            for size in [1, 2, 7, 1_000] {
                let parts = read(&body, size).await.unwrap();
                let contents: Vec<_> = parts.iter().map(|(_, content)| content.as_str()).collect();
                let second = if body.contains("json\r\n") {
                    "line\r\n--=b\r\n"
                } else {
                    "line\r\n--=b\n"
                };
                assert_eq!(contents, ["{}", second], "{size}");
                assert_eq!(parts[1].0["content-type"], "image/png");
            }
        }
    }

    #[tokio::test]
    async fn an_empty_part_is_a_part() {
        let parts = read("--=b=\r\n\r\n\r\n--=b=--\r\n", 3).await.unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].1, "");
    }

    #[tokio::test]
    async fn a_body_that_ends_within_a_part_is_malformed() {
        assert!(matches!(
            read("--=b=\r\n\r\nabc", 4).await,
            Err(StoreError::Invalid(_))
        ));
    }

    #[tokio::test]
    async fn headers_without_end_are_malformed() {
        let body = format!("--=b=\r\n{}", "a".repeat(2 * MAX_HEADERS));
        assert!(matches!(
            read(&body, 1_000).await,
            Err(StoreError::Invalid(_))
        ));
    }

    #[test]
    fn a_content_type_without_boundary_is_refused() {
        assert!(Parts::new("multipart/related", Body::empty()).is_err());
    }
}
