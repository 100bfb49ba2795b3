//! When something runs, and what.

use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Direction};
use http::Method;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::events::is_name;
use crate::push;

/// How many missed times are made up for: the newest ones.
const MOST_MISSED: usize = 400;

/// What a schedule is asked to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// Minute, hour, day of month, month, day of week, in UTC.
    pub cron: String,
    /// Where the request goes: an `http://` URL.
    pub url: Url,
    /// The request's method; `POST` unless given.
    #[serde(default = "post")]
    pub method: String,
    /// The request's body, sent as JSON; none unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// A schedule that can run.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// What it was asked to be.
    pub spec: ScheduleSpec,
    cron: Cron,
    pub(super) method: Method,
}

/// The text describes no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// The name is malformed.
    #[error("a name is 1 to 63 of a-z, 0-9 and '-'")]
    Name,
    /// The cron expression is malformed.
    #[error("cron is not minute, hour, day of month, month and day of week: {0}")]
    Cron(String),
    /// Requests cannot be sent there.
    #[error("url must be an http:// URL")]
    Url,
    /// There is no such method.
    #[error("method must be an HTTP method")]
    Method,
}

impl Schedule {
    pub(super) fn new(name: &str, spec: ScheduleSpec) -> Result<Self, InvalidSchedule> {
        if !is_name(name) {
            return Err(InvalidSchedule::Name);
        }
        if !push::is_destination(&spec.url) {
            return Err(InvalidSchedule::Url);
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser
            .parse(&spec.cron)
            .map_err(|e| InvalidSchedule::Cron(e.to_string()))?;
        let method = spec.method.parse().map_err(|_| InvalidSchedule::Method)?;
        Ok(Self {
            name: name.to_owned(),
            spec,
            cron,
            method,
        })
    }

    /// The first time after `time`, if there ever is one.
    #[must_use]
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let next = self.cron.find_next_occurrence(&utc(time), false).ok()?;
        Some(next.timestamp())
    }

    /// The times after `done`, up to and with `now`, in order: the newest 400.
    pub(super) fn due(&self, done: Timestamp, now: Timestamp) -> Vec<Timestamp> {
        let second = SignedDuration::from_nanos(now.subsec_nanosecond().into());
        let now = now.saturating_sub(second).unwrap_or(now);
        let mut due: Vec<_> = self
            .cron
            .iter_from(utc(now), Direction::Backward)
            .map(|time| time.timestamp())
            .take_while(|time| *time > done)
            .take(MOST_MISSED)
            .collect();
        due.reverse();
        due
    }
}

fn post() -> String {
    "POST".to_owned()
}

fn utc(time: Timestamp) -> Zoned {
    time.to_zoned(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(cron: &str) -> Result<Schedule, InvalidSchedule> {
        let spec = serde_json::json!({ "cron": cron, "url": "http://127.0.0.1:1/sweep" });
        Schedule::new("sweep", serde_json::from_value(spec).unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_time_is_after_the_given_one_in_utc() {
        let hourly = schedule("0 * * * *").unwrap();
        let next = |time| hourly.next_after(at(time)).unwrap().to_string();
        assert_eq!(next("2026-11-22T10:00:00Z"), "2026-11-22T11:00:00Z");
        assert_eq!(next("2026-11-22T10:59:59.999Z"), "2026-11-22T11:00:00Z");
        let daily = schedule("30 2 * * *").unwrap();
        let next = daily.next_after(at("2026-11-22T02:30:00Z")).unwrap();
        assert_eq!(next, at("2026-11-23T02:30:00Z"));
    }

    #[test]
    fn every_missed_time_is_due_in_order() {
        let hourly = schedule("0 * * * *").unwrap();
        let due = |now| hourly.due(at("2026-11-22T10:00:00Z"), at(now));
        assert_eq!(due("2026-11-22T10:59:59.999Z"), []);
        assert_eq!(due("2026-11-22T11:00:00Z"), [at("2026-11-22T11:00:00Z")]);
        let three = [
            "2026-11-22T11:00:00Z",
            "2026-11-22T12:00:00Z",
            "2026-11-22T13:00:00Z",
        ];
        assert_eq!(due("2026-11-22T13:00:00.001Z"), three.map(at));
    }

    #[test]
    fn only_the_newest_missed_times_are_made_up_for() {
        let due = schedule("* * * * *")
            .unwrap()
            .due(at("2026-11-22T00:00:00Z"), at("2026-11-29T00:00:00Z"));
        assert_eq!(due.len(), 400);
        assert_eq!(due.last(), Some(&at("2026-11-29T00:00:00Z")));
    }

    #[test]
    fn a_malformed_schedule_is_refused() {
        for cron in ["", "* * * *", "61 * * * *", "* * * * * *", "hourly"] {
            assert!(
                matches!(schedule(cron), Err(InvalidSchedule::Cron(_))),
                "{cron:?}"
            );
        }
        let spec = schedule("* * * * *").unwrap().spec;
        let with = |url: &str, method: &str| ScheduleSpec {
            url: url.parse().unwrap(),
            method: method.to_owned(),
            ..spec.clone()
        };
        let refused = |name, spec| Schedule::new(name, spec).unwrap_err();
        assert_eq!(refused("a b", spec.clone()), InvalidSchedule::Name);
        assert_eq!(
            refused("a", with("ftp://127.0.0.1/", "POST")),
            InvalidSchedule::Url
        );
        assert_eq!(
            refused("a", with("http://127.0.0.1/", "P ST")),
            InvalidSchedule::Method
        );
    }
}
