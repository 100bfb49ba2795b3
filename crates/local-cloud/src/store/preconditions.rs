//! What must hold of an object or a bucket for a request to be done.

use serde::{Deserialize, Serialize};

use super::StoreError;

/// Conditions on the current generation and metageneration.
///
/// A generation of 0 stands for "there is none".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preconditions {
    /// The generation must be this.
    pub if_generation_match: Option<i64>,
    /// The generation must not be this.
    pub if_generation_not_match: Option<i64>,
    /// The metageneration must be this.
    pub if_metageneration_match: Option<i64>,
    /// The metageneration must not be this.
    pub if_metageneration_not_match: Option<i64>,
}

/// The versions that conditions are about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) generation: i64,
    pub(crate) metageneration: i64,
}

impl Preconditions {
    /// Only this generation.
    #[must_use]
    pub fn generation(generation: i64) -> Self {
        Self {
            if_generation_match: Some(generation),
            ..Self::default()
        }
    }

    /// For a change: `current` is `None` when there is nothing.
    pub(crate) fn check(&self, current: Option<Version>) -> Result<(), StoreError> {
        let holds = self.matches(current.unwrap_or_default()) && self.differs(current);
        holds.then_some(()).ok_or(StoreError::PreconditionFailed)
    }

    /// For a read, where an unwanted match means that nothing changed.
    pub(crate) fn check_read(&self, current: Version) -> Result<(), StoreError> {
        if !self.matches(current) {
            return Err(StoreError::PreconditionFailed);
        }
        self.differs(Some(current))
            .then_some(())
            .ok_or(StoreError::NotModified)
    }

    fn matches(&self, current: Version) -> bool {
        self.if_generation_match
            .is_none_or(|wanted| wanted == current.generation)
            && self
                .if_metageneration_match
                .is_none_or(|wanted| wanted == current.metageneration)
    }

    fn differs(&self, current: Option<Version>) -> bool {
        let current = current.unwrap_or_default();
        self.if_generation_not_match
            .is_none_or(|unwanted| unwanted != current.generation)
            && self
                .if_metageneration_not_match
                .is_none_or(|unwanted| unwanted != current.metageneration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: Version = Version {
        generation: 7,
        metageneration: 2,
    };

    #[test]
    fn generation_zero_means_there_must_be_none() {
        let create_only = Preconditions::generation(0);
        assert!(create_only.check(None).is_ok());
        assert!(create_only.check(Some(CURRENT)).is_err());
    }

    #[test]
    fn not_zero_means_there_must_be_one() {
        let exists = Preconditions {
            if_generation_not_match: Some(0),
            ..Preconditions::default()
        };
        assert!(exists.check(None).is_err());
        assert!(exists.check(Some(CURRENT)).is_ok());
    }

    #[test]
    fn metageneration_is_compared_too() {
        let with = |wanted| Preconditions {
            if_metageneration_match: Some(wanted),
            ..Preconditions::default()
        };
        assert!(with(2).check(Some(CURRENT)).is_ok());
        assert!(with(1).check(Some(CURRENT)).is_err());
    }

    #[test]
    fn an_unwanted_match_on_a_read_is_not_modified() {
        let changed = Preconditions {
            if_generation_not_match: Some(7),
            ..Preconditions::default()
        };
        assert!(matches!(
            changed.check_read(CURRENT),
            Err(StoreError::NotModified)
        ));
        let other = Preconditions::generation(8);
        assert!(matches!(
            other.check_read(CURRENT),
            Err(StoreError::PreconditionFailed)
        ));
    }
}
