//! Reading: whether the reports are all there, as they were written and in order.

use jiff::Timestamp;

use super::report::{AsOf, Envelope, Link, name, sequence};

/// Walks reports from the oldest to the newest.
///
/// Nothing follows the newest, so that nothing in the chain tells whether it is altered: what the
/// sweep logged and answered does, with its hash.
#[derive(Debug, Default)]
pub(crate) struct Verifier {
    first: Option<u64>,
    last: Option<Seen>,
    /// The report before the last is not the one that the last was written after: one of them is altered,
    /// and the next report tells which.
    suspect: Option<Fault>,
}

#[derive(Debug)]
struct Seen {
    link: Link,
    as_of: Timestamp,
}

/// The first report that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// It is not there.
    #[error("{0} is missing")]
    Missing(String),
    /// It is not what was written.
    #[error("{name} is altered: {reason}")]
    Altered {
        /// Its name.
        name: String,
        /// How that shows.
        reason: String,
    },
    /// It stands where another belongs.
    #[error("{name} is out of order: {reason}")]
    OutOfOrder {
        /// Its name.
        name: String,
        /// How that shows.
        reason: String,
    },
    /// It is no report.
    #[error("{0} is no name of a report")]
    Foreign(String),
}

impl Verifier {
    /// Looks at the next report by name.
    ///
    /// The first one looked at is taken as it is: what came before it may be past the time that
    /// evidence is kept.
    pub(crate) fn next(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let place = sequence(name).ok_or_else(|| Fault::Foreign(name.to_owned()))?;
        self.follows(place)?;
        let (envelope, as_of) = read(name, bytes)?;
        if envelope.sequence != place {
            return Err(Fault::OutOfOrder {
                name: name.to_owned(),
                reason: format!("it is report {}", envelope.sequence),
            });
        }
        self.linked(name, &envelope, as_of)?;
        let link = Link::of(place, bytes);
        self.first.get_or_insert(place);
        self.last = Some(Seen { link, as_of });
        Ok(())
    }

    /// The place of the first report looked at.
    pub(crate) fn first(&self) -> Option<u64> {
        self.first
    }

    /// What is left to be said when there is no further report.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        self.suspect.take().map_or(Ok(()), Err)
    }

    fn linked(&mut self, name: &str, next: &Envelope, as_of: Timestamp) -> Result<(), Fault> {
        let Some(last) = &self.last else {
            return match &next.previous {
                Some(previous) if next.sequence == 1 => Err(Fault::Altered {
                    name: name.to_owned(),
                    reason: format!("it is the first, and holds {previous} of one before"),
                }),
                _ => Ok(()),
            };
        };
        let fits = next.previous.as_ref() == Some(&last.link.sha256);
        if let Some(suspect) = self.suspect.take() {
            // The last report is as it was written, so that the one before it is not; or it is not.
            return Err(if fits {
                suspect
            } else {
                altered(last, name, next)
            });
        }
        if !fits {
            self.suspect = Some(altered(last, name, next));
        }
        // Sweeps that overlap are written in the order in which they end.
        if as_of.duration_since(last.as_of).as_hours() < -24 {
            return Err(Fault::OutOfOrder {
                name: name.to_owned(),
                reason: format!("it is of {as_of}, and the one before it of {}", last.as_of),
            });
        }
        Ok(())
    }

    /// The newest report looked at.
    pub(crate) fn head(&self) -> Option<&Link> {
        self.last.as_ref().map(|last| &last.link)
    }

    fn follows(&self, place: u64) -> Result<(), Fault> {
        match &self.last {
            Some(last) if place > last.link.sequence + 1 => {
                Err(Fault::Missing(name(last.link.sequence + 1)))
            }
            Some(last) if place <= last.link.sequence => Err(Fault::OutOfOrder {
                name: name(place),
                reason: format!("it comes after {}", name(last.link.sequence)),
            }),
            _ => Ok(()),
        }
    }
}

/// What a report holds, if it is written as every report is.
fn read(name: &str, bytes: &[u8]) -> Result<(Envelope, Timestamp), Fault> {
    let altered = |reason: String| Fault::Altered {
        name: name.to_owned(),
        reason,
    };
    let envelope = Envelope::read(bytes).map_err(|error| altered(error.to_string()))?;
    let as_of = serde_json::from_value::<AsOf>(envelope.content.clone())
        .map_err(|error| altered(error.to_string()))?
        .as_of;
    match envelope.to_bytes() {
        Ok(canonical) if canonical == bytes => Ok((envelope, as_of)),
        Ok(_) => Err(altered("it is not in canonical form".to_owned())),
        Err(error) => Err(altered(error.to_string())),
    }
}

fn altered(last: &Seen, name: &str, next: &Envelope) -> Fault {
    let expected = next.previous.as_deref().unwrap_or("none");
    Fault::Altered {
        name: self::name(last.link.sequence),
        reason: format!(
            "its SHA-256 is {}, and {name} holds {expected}",
            last.link.sha256
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Reports of consecutive hours, by name.
    fn chain(count: u8) -> Vec<(String, Vec<u8>)> {
        let mut head = None;
        let hours = (0..count).map(|hour| {
            let content = json!({ "as_of": format!("2026-11-22T{hour:02}:00:00Z") });
            let report = Envelope::after(head.take(), content);
            let bytes = report.to_bytes().unwrap();
            head = Some(Link::of(report.sequence, &bytes));
            (name(report.sequence), bytes)
        });
        hours.collect()
    }

    fn verify(reports: &[(String, Vec<u8>)]) -> Result<Option<u64>, Fault> {
        let mut verifier = Verifier::default();
        for (name, bytes) in reports {
            verifier.next(name, bytes)?;
        }
        verifier.finish()?;
        Ok(verifier.head().map(|head| head.sequence))
    }

    #[test]
    fn a_chain_is_whole_from_any_report_on() {
        let reports = chain(5);
        assert_eq!(verify(&reports), Ok(Some(5)));
        assert_eq!(verify(&reports[2..]), Ok(Some(5)));
        assert_eq!(verify(&[]), Ok(None));
    }

    #[test]
    fn a_missing_report_is_named() {
        let mut reports = chain(5);
        reports.remove(2);
        assert_eq!(verify(&reports), Err(Fault::Missing(name(3))));
    }

    #[test]
    fn an_altered_report_is_named_though_its_form_is_right() {
        let mut reports = chain(5);
        let mut report = Envelope::read(&reports[2].1).unwrap();
        report.content["deleted"] = Value::from(0);
        reports[2].1 = report.to_bytes().unwrap();
        let Err(Fault::Altered { name: altered, .. }) = verify(&reports) else {
            panic!("not noticed");
        };
        assert_eq!(altered, name(3));
    }

    #[test]
    fn a_report_whose_link_was_altered_is_named_itself() {
        let mut reports = chain(5);
        let mut report = Envelope::read(&reports[3].1).unwrap();
        report.previous = Some("0".repeat(64));
        reports[3].1 = report.to_bytes().unwrap();
        let Err(Fault::Altered { name: altered, .. }) = verify(&reports) else {
            panic!("not noticed");
        };
        assert_eq!(altered, name(4));
    }

    #[test]
    fn the_first_report_follows_none() {
        let mut reports = chain(1);
        let mut report = Envelope::read(&reports[0].1).unwrap();
        report.previous = Some("0".repeat(64));
        reports[0].1 = report.to_bytes().unwrap();
        assert!(matches!(verify(&reports), Err(Fault::Altered { .. })));
    }

    #[test]
    fn bytes_that_say_the_same_in_another_form_are_altered() {
        let mut reports = chain(3);
        reports[2].1.push(b'\n');
        assert!(matches!(verify(&reports), Err(Fault::Altered { .. })));
        reports[2].1 = b"{".to_vec();
        assert!(matches!(verify(&reports), Err(Fault::Altered { .. })));
    }

    #[test]
    fn reports_that_changed_places_are_out_of_order() {
        let mut reports = chain(4);
        let bytes = reports[1].1.clone();
        reports[1].1 = std::mem::replace(&mut reports[2].1, bytes);
        let Err(Fault::OutOfOrder { name: place, .. }) = verify(&reports) else {
            panic!("not noticed");
        };
        assert_eq!(place, name(2));
        let mut reports = chain(4);
        reports.swap(2, 3);
        assert_eq!(verify(&reports), Err(Fault::Missing(name(3))));
    }

    #[test]
    fn a_name_of_another_form_is_foreign() {
        let bytes = chain(1).remove(0).1;
        for name in [
            "reports/1.json",
            "reports/0000000001.txt",
            "0000000001.json",
        ] {
            let mut verifier = Verifier::default();
            let fault = verifier.next(name, &bytes);
            assert_eq!(fault, Err(Fault::Foreign(name.to_owned())));
        }
    }
}
