//! Which part of a topic is meant.

use std::str::FromStr;

use jiff::Timestamp;

use super::cluster::{Cluster, Offsets, Partition};
use super::error::CommandError;

/// A place in a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// The first message that is kept.
    Earliest,
    /// An offset in one partition.
    Offset(i64),
    /// The first message that is not before a time.
    Time(Timestamp),
}

impl FromStr for Position {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "earliest" {
            return Ok(Self::Earliest);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(offset) = text.parse()
        {
            return Ok(Self::Offset(offset));
        }
        text.parse().map(Self::Time).map_err(|_| {
            "it must be an offset, a time such as 2026-11-22T10:00:00Z, or earliest".to_owned()
        })
    }
}

/// What of a topic is meant.
pub(super) struct Range<'a> {
    pub(super) topic: &'a str,
    /// One partition, or all.
    pub(super) partition: Option<i32>,
    pub(super) from: Position,
    /// Up to before this; up to the present end without it.
    pub(super) to: Option<Position>,
}

impl Range<'_> {
    /// The parts of partitions that are meant; they may be empty.
    pub(super) async fn find(&self, cluster: &Cluster) -> Result<Vec<Partition>, CommandError> {
        let partitions = self.chosen(cluster.partitions(self.topic).await?)?;
        let starts = self.offsets(cluster, &partitions, Some(self.from)).await?;
        let ends = self.offsets(cluster, &partitions, self.to).await?;
        let parts = partitions
            .iter()
            .map(|partition| part(partition, &starts, &ends));
        Ok(parts.collect())
    }

    fn chosen(&self, mut partitions: Vec<Partition>) -> Result<Vec<Partition>, CommandError> {
        if let Some(id) = self.partition {
            partitions.retain(|partition| partition.id == id);
            if partitions.is_empty() {
                let problem = format!("{} has no partition {id}", self.topic);
                return Err(CommandError::Arguments(problem));
            }
        }
        let offset = [Some(self.from), self.to]
            .into_iter()
            .find(|position| matches!(position, Some(Position::Offset(_))));
        if offset.is_some() && partitions.len() > 1 {
            let problem = format!(
                "an offset is of one partition, and {} has {}: say which with --partition",
                self.topic,
                partitions.len()
            );
            return Err(CommandError::Arguments(problem));
        }
        Ok(partitions)
    }

    /// The offsets of a position; a partition has none where that is its end.
    async fn offsets(
        &self,
        cluster: &Cluster,
        partitions: &[Partition],
        position: Option<Position>,
    ) -> Result<Offsets, CommandError> {
        let partition = partitions.iter();
        match position {
            None => Ok(Offsets::new()),
            Some(Position::Earliest) => Ok(partition.map(|kept| (kept.id, kept.start)).collect()),
            Some(Position::Offset(offset)) => Ok(partition.map(|kept| (kept.id, offset)).collect()),
            Some(Position::Time(time)) => cluster.at(self.topic, partitions, time).await,
        }
    }
}

/// What there is of a partition between two offsets.
fn part(partition: &Partition, starts: &Offsets, ends: &Offsets) -> Partition {
    let Partition { id, start, end } = *partition;
    let within = |offsets: &Offsets| offsets.get(&id).map_or(end, |at| (*at).clamp(start, end));
    let begin = within(starts);
    Partition {
        id,
        start: begin,
        end: within(ends).max(begin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Partition = Partition {
        id: 2,
        start: 10,
        end: 20,
    };

    fn between(from: Option<i64>, to: Option<i64>) -> (i64, i64) {
        let offsets = |at: Option<i64>| at.map(|at| (2, at)).into_iter().collect();
        let part = part(&KEPT, &offsets(from), &offsets(to));
        (part.start, part.end)
    }

    #[test]
    fn a_position_is_an_offset_a_time_or_the_beginning() {
        assert_eq!("17".parse(), Ok(Position::Offset(17)));
        assert_eq!("earliest".parse(), Ok(Position::Earliest));
        let time = "2026-11-22T10:00:00Z";
        assert_eq!(time.parse(), Ok(Position::Time(time.parse().unwrap())));
        for text in ["", "-1", "yesterday", "2026-11-22", "99999999999999999999"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_messages_that_are_kept_are_meant() {
        assert_eq!(between(Some(3), Some(90)), (10, 20));
        assert_eq!(between(Some(12), Some(15)), (12, 15));
    }

    #[test]
    fn without_an_offset_a_position_is_the_end() {
        assert_eq!(between(Some(12), None), (12, 20));
        assert_eq!(between(None, None), (20, 20));
    }

    #[test]
    fn an_end_before_the_start_means_nothing() {
        assert_eq!(between(Some(15), Some(12)), (15, 15));
    }
}
