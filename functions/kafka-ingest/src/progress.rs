//! How far each partition is: which of its messages are under way, and up to where all are done.

use std::collections::{BTreeMap, HashMap};

/// A topic and a partition of it.
pub(crate) type PartitionKey = (String, i32);

/// The partitions that are assigned to this consumer.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    partitions: HashMap<PartitionKey, Partition>,
    assignments: u64,
}

/// A message that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    partition: PartitionKey,
    offset: i64,
    assignment: u64,
}

#[derive(Debug)]
struct Partition {
    /// Tells this time of holding the partition from earlier ones.
    assignment: u64,
    /// The offsets that are begun and not committable, and whether they are done.
    open: BTreeMap<i64, bool>,
}

impl Progress {
    /// Notes that the message at `offset` is under way.
    pub(crate) fn begin(&mut self, topic: &str, partition: i32, offset: i64) -> Ticket {
        let key = (topic.to_owned(), partition);
        let assignments = &mut self.assignments;
        let partition = self.partitions.entry(key.clone()).or_insert_with(|| {
            *assignments += 1;
            Partition {
                assignment: *assignments,
                open: BTreeMap::new(),
            }
        });
        partition.open.insert(offset, false);
        Ticket {
            partition: key,
            offset,
            assignment: partition.assignment,
        }
    }

    /// Notes that a message is done, and returns the last offset of its partition up to which all
    /// are, if that has moved.
    ///
    /// Nothing moves for a partition that was taken away in between: its next consumer begins at
    /// what was committed.
    pub(crate) fn finish(&mut self, ticket: &Ticket) -> Option<i64> {
        let partition = self.partitions.get_mut(&ticket.partition)?;
        if partition.assignment != ticket.assignment {
            return None;
        }
        *partition.open.get_mut(&ticket.offset)? = true;
        let mut last = None;
        while let Some(first) = partition.open.first_entry().filter(|first| *first.get()) {
            last = Some(*first.key());
            first.remove();
        }
        last
    }

    /// Forgets a partition that was taken away.
    pub(crate) fn revoke(&mut self, topic: &str, partition: i32) {
        self.partitions.remove(&(topic.to_owned(), partition));
    }

    /// How many messages are begun and not committable yet.
    #[must_use]
    pub(crate) fn open(&self) -> usize {
        self.partitions
            .values()
            .map(|partition| partition.open.len())
            .sum()
    }
}

impl Ticket {
    /// The topic and partition.
    #[must_use]
    pub(crate) fn partition(&self) -> (&str, i32) {
        (&self.partition.0, self.partition.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_committable_in_order_however_they_end() {
        let mut progress = Progress::default();
        let [a, b, c] = [5, 6, 7].map(|offset| progress.begin("t", 0, offset));
        assert_eq!(progress.finish(&c), None);
        assert_eq!(progress.finish(&b), None);
        assert_eq!(progress.open(), 3);
        assert_eq!(progress.finish(&a), Some(7));
        assert_eq!(progress.open(), 0);
    }

    #[test]
    fn offsets_may_have_gaps() {
        let mut progress = Progress::default();
        let [a, b] = [5, 90].map(|offset| progress.begin("t", 0, offset));
        assert_eq!(progress.finish(&a), Some(5));
        assert_eq!(progress.finish(&b), Some(90));
    }

    #[test]
    fn partitions_do_not_wait_for_each_other() {
        let mut progress = Progress::default();
        let _stuck = progress.begin("t", 0, 1);
        let other = progress.begin("t", 1, 1);
        assert_eq!(progress.finish(&other), Some(1));
    }

    #[test]
    fn what_ends_after_its_partition_was_taken_away_moves_nothing() {
        let mut progress = Progress::default();
        let (first, second) = (progress.begin("t", 0, 1), progress.begin("t", 0, 2));
        progress.revoke("t", 0);
        assert_eq!(progress.finish(&first), None);
        let again = progress.begin("t", 0, 1);
        assert_eq!(progress.finish(&second), None);
        assert_eq!(progress.finish(&first), None);
        assert_eq!(progress.finish(&again), Some(1));
    }
}
