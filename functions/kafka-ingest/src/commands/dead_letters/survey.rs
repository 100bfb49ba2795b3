//! All dead letters that there are, each message's once.
//!
//! A message can be dead-lettered several times: when its commit was lost, or by a replay. Once one of
//! the letters was sent back, so was the message.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::super::cluster::{Cluster, Offsets, Partition};
use super::super::error::CommandError;
use super::super::output::Progress;
use super::super::reader::Reader;
use super::Config;
use super::letter::{Coordinates, Letter};
use crate::message::Message;

/// The dead letters and how far they were sent back.
pub(super) struct Survey {
    topic: String,
    letters: BTreeMap<Coordinates, Letter>,
    /// What of each partition was not sent back yet.
    pub(super) pending: Vec<Partition>,
}

impl Survey {
    /// Reads the dead-letter topic; the bodies are not kept.
    pub(super) async fn read(config: &Config, cluster: &Cluster) -> Result<Self, CommandError> {
        let parts = cluster.partitions(&config.topic).await?;
        let committed = cluster.committed(&config.topic, &parts).await?;
        let mut survey = Self::new(&config.topic, &parts, &committed);
        let mut reader = Reader::new(&config.connection, &config.topic, &parts)?;
        let (expected, mut read) = (parts.iter().map(Partition::len).sum::<i64>(), 0);
        let mut progress = Progress::new();
        while let Some(message) = reader.next().await? {
            survey.add(&message);
            read += 1;
            progress.show(|| format!("{}: {read} of {expected} messages", config.topic));
        }
        Ok(survey)
    }

    fn new(topic: &str, parts: &[Partition], committed: &Offsets) -> Self {
        let pending = |part: &Partition| {
            let marker = committed.get(&part.id).copied().unwrap_or(part.start);
            Partition {
                start: marker.clamp(part.start, part.end),
                ..*part
            }
        };
        Self {
            topic: topic.to_owned(),
            letters: BTreeMap::new(),
            pending: parts.iter().map(pending).collect(),
        }
    }

    fn add(&mut self, message: &Message) {
        let pending = |part: &Partition| {
            part.id == message.partition && (part.start..part.end).contains(&message.offset)
        };
        let letter = Letter::new(message, self.pending.iter().any(pending));
        match self.letters.entry(letter.identity(&self.topic)) {
            Entry::Occupied(known) if letter.pending || !known.get().pending => {}
            Entry::Occupied(mut known) => {
                known.insert(letter);
            }
            Entry::Vacant(new) => {
                new.insert(letter);
            }
        }
    }

    /// Whether the letter in this message is the one of its kind that is to be sent back.
    pub(super) fn is_due(&self, message: &Message) -> bool {
        let identity = Letter::new(message, true).identity(&self.topic);
        self.letters.get(&identity).is_some_and(|letter| {
            letter.pending
                && (letter.partition, letter.offset) == (message.partition, message.offset)
        })
    }

    /// The letters, the newest last.
    pub(super) fn into_letters(self, all: bool) -> Vec<Letter> {
        let letters = self.letters.into_values();
        let mut letters: Vec<_> = letters.filter(|letter| all || letter.pending).collect();
        letters.sort_by_key(|letter| (letter.time, letter.partition, letter.offset));
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::super::letter::tests::letter;
    use super::*;

    /// What a survey with the marker at offset 5 of partition 0 makes of messages.
    fn survey(messages: &[Message]) -> Survey {
        let parts = [0, 1].map(|id| Partition {
            id,
            start: 0,
            end: 10,
        });
        let mut survey = Survey::new("dead", &parts, &Offsets::from([(0, 5)]));
        for message in messages {
            survey.add(message);
        }
        survey
    }

    fn places(letters: &[Letter]) -> Vec<(i32, i64)> {
        letters
            .iter()
            .map(|letter| (letter.partition, letter.offset))
            .collect()
    }

    #[test]
    fn letters_past_the_marker_are_pending() {
        let messages = [letter(0, 4, Some(1)), letter(0, 5, Some(2))];
        assert_eq!(places(&survey(&messages).into_letters(false)), [(0, 5)]);
        let all = survey(&messages).into_letters(true);
        assert_eq!(places(&all), [(0, 4), (0, 5)]);
    }

    #[test]
    fn a_partition_without_a_marker_is_pending_whole() {
        let messages = [letter(1, 0, Some(1))];
        assert_eq!(places(&survey(&messages).into_letters(false)), [(1, 0)]);
    }

    #[test]
    fn a_message_that_was_dead_lettered_twice_is_due_once() {
        let messages = [letter(0, 6, Some(1)), letter(1, 3, Some(1))];
        let survey = survey(&messages);
        assert!(survey.is_due(&messages[0]));
        assert!(!survey.is_due(&messages[1]));
        assert_eq!(survey.into_letters(true).len(), 1);
    }

    #[test]
    fn a_message_that_was_sent_back_is_not_due_for_another_letter_of_it() {
        for order in [[4, 7], [7, 4]] {
            let messages = order.map(|offset| letter(0, offset, Some(1)));
            let survey = survey(&messages);
            assert!(!messages.iter().any(|message| survey.is_due(message)));
            assert!(survey.into_letters(false).is_empty());
        }
    }

    #[test]
    fn letters_of_nobody_are_not_taken_for_each_other() {
        let messages = [letter(0, 6, None), letter(0, 7, None)];
        assert_eq!(survey(&messages).into_letters(false).len(), 2);
    }
}
