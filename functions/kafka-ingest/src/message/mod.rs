//! A Kafka message, and the image that it brings.

mod envelope;
mod poison;

use std::collections::BTreeMap;

use bytes::Bytes;
use darkroom_core::ImageId;
use darkroom_core::image::{Limits, sniffed_type};
use darkroom_core::metadata::{KafkaCoordinates, UploadMetadata, check_filename, check_labels};
use jiff::{SignedDuration, Timestamp};
use rdkafka::Message as _;
use rdkafka::message::{BorrowedMessage, Headers};

pub use envelope::Reference;
use envelope::{Contents, open};
pub use poison::Poison;

/// The header with the file's name at its sender.
const FILENAME: &str = "filename";

/// What the name of a header with a label begins with; the rest is the label's key.
const LABEL: &str = "label-";

/// How far the cluster's clock may be ahead of ours. An id may not be later than the receipt of its
/// image, or the purge would look for it too late.
const LARGEST_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// A message as it came, taken out of librdkafka's memory.
#[derive(Debug, Clone)]
pub struct Message {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
    /// Its timestamp in milliseconds, if it has one.
    pub timestamp: Option<i64>,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its headers, in order.
    pub headers: Vec<(String, Option<Bytes>)>,
    /// Its value.
    pub value: Option<Bytes>,
}

/// An image that a message brings.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its id, the same whenever the message comes.
    pub id: ImageId,
    /// What is known of it.
    pub metadata: UploadMetadata,
    /// Where its bytes are.
    pub source: Source,
}

/// Where an image's bytes are.
#[derive(Debug, Clone)]
pub enum Source {
    /// In the message.
    Bytes {
        /// The bytes.
        bytes: Bytes,
        /// Their declared content type, or the one they begin as.
        content_type: String,
    },
    /// In an object that was uploaded already.
    Object(Reference),
}

impl Message {
    /// Copies a message out of librdkafka's memory.
    pub fn copy_of(message: &BorrowedMessage<'_>) -> Self {
        let headers = message.headers().map(|headers| {
            let owned = |header: rdkafka::message::Header<'_, &[u8]>| {
                let value = header.value.map(Bytes::copy_from_slice);
                (header.key.to_owned(), value)
            };
            headers.iter().map(owned).collect()
        });
        Self {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis(),
            key: message.key().map(Bytes::copy_from_slice),
            headers: headers.unwrap_or_default(),
            value: message.payload().map(Bytes::copy_from_slice),
        }
    }

    /// The bytes of its value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.value.as_ref().map_or(0, Bytes::len)
    }

    /// Whether its value has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last header of a name, as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().rev().find(|(key, _)| key == name)?;
        std::str::from_utf8(named.1.as_ref()?).ok()
    }

    /// The image that it brings, at the time `now`.
    ///
    /// # Errors
    ///
    /// Why it can never be taken in.
    pub fn image(&self, cluster: &str, now: Timestamp) -> Result<Image, Poison> {
        let sent_at = self.sent_at(now)?;
        let metadata = self.metadata(cluster)?;
        let source = match open(self)? {
            Contents::Bytes(bytes, declared) => {
                let content_type = check_bytes(&bytes, declared)?;
                Source::Bytes {
                    bytes,
                    content_type,
                }
            }
            Contents::Reference(reference) => Source::Object(reference),
        };
        let coordinates = metadata.source.kafka.as_ref();
        let id = coordinates
            .map(|coordinates| ImageId::of_message(coordinates, sent_at))
            .ok_or(Poison::NoTimestamp)?;
        Ok(Image {
            id,
            metadata,
            source,
        })
    }

    fn sent_at(&self, now: Timestamp) -> Result<Timestamp, Poison> {
        let millis = self.timestamp.filter(|millis| *millis >= 0);
        let sent_at = millis.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        let sent_at = sent_at.ok_or(Poison::NoTimestamp)?;
        let ahead = sent_at.duration_since(now);
        if ahead > LARGEST_SKEW {
            return Err(Poison::FutureTimestamp {
                seconds: ahead.as_secs(),
            });
        }
        Ok(sent_at)
    }

    fn metadata(&self, cluster: &str) -> Result<UploadMetadata, Poison> {
        let coordinates = KafkaCoordinates {
            cluster: cluster.to_owned(),
            topic: self.topic.clone(),
            partition: self.partition,
            offset: self.offset,
        };
        let filename = self.header(FILENAME).map(str::to_owned);
        if let Some(filename) = &filename {
            check_filename(filename).map_err(|rule| Poison::Header(FILENAME.to_owned(), rule))?;
        }
        let labels = self.labels()?;
        check_labels(&labels).map_err(|rule| Poison::Header(format!("{LABEL}…"), rule))?;
        Ok(UploadMetadata {
            source: coordinates.into(),
            filename,
            labels,
        })
    }

    fn labels(&self) -> Result<BTreeMap<String, String>, Poison> {
        let labels = self.headers.iter().filter_map(|(name, value)| {
            let key = name.strip_prefix(LABEL)?;
            Some((name, key, value.as_deref().unwrap_or_default()))
        });
        labels
            .map(|(name, key, value)| match std::str::from_utf8(value) {
                Ok(value) => Ok((key.to_owned(), value.to_owned())),
                Err(_) => Err(Poison::Header(name.clone(), "must be UTF-8".to_owned())),
            })
            .collect()
    }
}

/// Checks the bytes by their number and beginning, and returns their content type.
fn check_bytes(bytes: &Bytes, declared: Option<String>) -> Result<String, Poison> {
    let limit = Limits::default().bytes;
    if bytes.is_empty() {
        return Err(Poison::Empty);
    }
    if bytes.len() as u64 > limit {
        return Err(Poison::TooLarge {
            bytes: bytes.len(),
            limit,
        });
    }
    let sniffed = sniffed_type(bytes);
    match sniffed.filter(|sniffed| sniffed.starts_with("image/")) {
        Some(sniffed) => Ok(declared
            .filter(|declared| declared.starts_with("image/"))
            .unwrap_or_else(|| sniffed.to_owned())),
        None => Err(Poison::NotAnImage(sniffed.unwrap_or("unknown").to_owned())),
    }
}

#[cfg(test)]
mod tests;
