//! A dead letter, without its body.

use jiff::Timestamp;
use serde::Serialize;

use crate::dead_letters::{DETAIL, OFFSET, PARTITION, PREFIX, REASON, TOPIC};
use crate::message::Message;

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub(super) struct Coordinates {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) offset: i64,
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Letter {
    /// Why the message could not be taken in, as a code.
    pub(super) reason: Option<String>,
    /// The same in words.
    pub(super) detail: Option<String>,
    /// Where the message stood. Nothing when the letter is none of ours.
    pub(super) original: Option<Coordinates>,
    /// When it became a dead letter.
    pub(super) time: Option<Timestamp>,
    /// The bytes of its value.
    pub(super) size: u64,
    /// Where the letter stands in the dead-letter topic.
    pub(super) partition: i32,
    pub(super) offset: i64,
    /// Whether it was not sent back yet.
    pub(super) pending: bool,
}

impl Letter {
    pub(super) fn new(message: &Message, pending: bool) -> Self {
        let text = |name| message.header(name).map(str::to_owned);
        let millis = message.timestamp;
        Self {
            reason: text(REASON),
            detail: text(DETAIL),
            original: original(message),
            time: millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()),
            size: message.len() as u64,
            partition: message.partition,
            offset: message.offset,
            pending,
        }
    }

    /// What it is the same letter by: the coordinates of the message that it is of, or its own.
    pub(super) fn identity(&self, dead_letter_topic: &str) -> Coordinates {
        let own = || Coordinates {
            topic: dead_letter_topic.to_owned(),
            partition: self.partition,
            offset: self.offset,
        };
        self.original.clone().unwrap_or_else(own)
    }
}

/// Where the message stood that a dead letter is of.
pub(super) fn original(letter: &Message) -> Option<Coordinates> {
    Some(Coordinates {
        topic: letter.header(TOPIC)?.to_owned(),
        partition: letter.header(PARTITION)?.parse().ok()?,
        offset: letter.header(OFFSET)?.parse().ok()?,
    })
}

/// The message as it was before it became a dead letter.
pub(super) fn restored(mut letter: Message) -> Message {
    letter.headers.retain(|(name, _)| !name.starts_with(PREFIX));
    letter
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;

    use super::*;

    /// A dead letter of the message at `original` of the topic images.
    pub(crate) fn letter(partition: i32, offset: i64, original: Option<i64>) -> Message {
        let mut headers = vec![("label-site".to_owned(), Some(Bytes::from("north")))];
        let mut header = |name: &str, value: String| {
            headers.push((name.to_owned(), Some(Bytes::from(value))));
        };
        header(REASON, "empty".to_owned());
        if let Some(original) = original {
            header(TOPIC, "images".to_owned());
            header(PARTITION, "1".to_owned());
            header(OFFSET, original.to_string());
        }
        Message {
            topic: "dead".to_owned(),
            partition,
            offset,
            timestamp: Some(0),
            key: Some(Bytes::from("key")),
            headers,
            value: Some(Bytes::from("value")),
        }
    }

    #[test]
    fn a_letter_tells_where_its_message_stood() {
        let coordinates = original(&letter(0, 7, Some(41)));
        let expected = Coordinates {
            topic: "images".to_owned(),
            partition: 1,
            offset: 41,
        };
        assert_eq!(coordinates, Some(expected));
    }

    #[test]
    fn a_message_is_restored_without_our_headers() {
        let message = restored(letter(0, 7, Some(41)));
        let names: Vec<_> = message.headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["label-site"]);
        assert_eq!(message.key, Some(Bytes::from("key")));
        assert_eq!(message.value, Some(Bytes::from("value")));
    }

    #[test]
    fn a_letter_of_nobody_is_known_by_its_own_place() {
        let identity = Letter::new(&letter(0, 7, None), true).identity("dead");
        assert_eq!((identity.topic.as_str(), identity.offset), ("dead", 7));
    }
}
