//! `purge-auditor report`: what the sweeps of a day did and found, for people.

mod chart;
mod document;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::source::{Source, SourceArguments, SourceError};
use super::verify::{VerifyError, verify};
use crate::evidence::{AsOf, Envelope, Link, name};
use crate::report::SweepReport;

/// Sweeps that overlap are written in the order in which they end; none takes longer.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);

/// Which day, from where and in what form.
#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    #[command(flatten)]
    source: SourceArguments,
    /// The day, in UTC, such as 2026-11-22
    #[arg(long)]
    day: Date,
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
}

/// The form of a day's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Markdown,
    Html,
}

/// There is no report of the day.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReportError {
    #[error("{0} is no day of the calendar")]
    Day(Date),
    #[error("there is no report of {0}")]
    Empty(Date),
    #[error("{name} is no report that this version reads: {error}")]
    Malformed {
        name: String,
        error: serde_json::Error,
    },
    #[error(transparent)]
    Evidence(#[from] VerifyError),
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// The sweeps of a day and the last link of their chain.
pub(super) struct Day {
    pub(super) date: Date,
    pub(super) sweeps: Vec<SweepReport>,
    pub(super) first: u64,
    pub(super) last: Link,
}

impl ReportArguments {
    pub(super) async fn run(self) -> Result<String, ReportError> {
        let source = self.source.open().await?;
        let day = read(&source, self.day).await?;
        Ok(match self.format {
            Format::Markdown => document::markdown(&day),
            Format::Html => document::html(&day),
        })
    }
}

async fn read(source: &Source, date: Date) -> Result<Day, ReportError> {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let end = date.tomorrow().and_then(midnight);
    let (Ok(start), Ok(end)) = (midnight(date), end) else {
        return Err(ReportError::Day(date));
    };
    let names = source.names(&name(1)).await?;
    let from = first_since(source, &names, start - OVERLAP).await?;
    let (mut sweeps, mut of_day) = (Vec::new(), Vec::new());
    for name in &names[from..] {
        let bytes = source.read(name).await?;
        let as_of = as_of(name, &bytes)?;
        if as_of >= end + OVERLAP {
            break;
        }
        if (start..end).contains(&as_of) {
            let report: Envelope<SweepReport> = parse(name, &bytes)?;
            sweeps.push(report.content);
            of_day.push((name.clone(), report.sequence));
        }
    }
    let (Some((_, first)), Some((last, _))) = (of_day.first(), of_day.last()) else {
        return Err(ReportError::Empty(date));
    };
    // What lies between them too, so that the chain is whole from the day's first to its last.
    let range = names.into_iter().skip(from);
    let range = range.skip_while(|name| name < &of_day[0].0);
    let range = range.take_while(|name| name <= last).collect();
    let verifier = verify(source, range).await?;
    let last = verifier.head().ok_or(ReportError::Empty(date))?.clone();
    let first = *first;
    Ok(Day {
        date,
        sweeps,
        first,
        last,
    })
}

/// The index of the first report as of `time` or later. Few are read for it.
async fn first_since(
    source: &Source,
    names: &[String],
    time: Timestamp,
) -> Result<usize, ReportError> {
    let (mut low, mut high) = (0, names.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let name = &names[middle];
        match as_of(name, &source.read(name).await?)? < time {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    Ok(low)
}

fn as_of(name: &str, bytes: &[u8]) -> Result<Timestamp, ReportError> {
    let report: Envelope<AsOf> = parse(name, bytes)?;
    Ok(report.content.as_of)
}

fn parse<T: serde::de::DeserializeOwned>(
    name: &str,
    bytes: &[u8],
) -> Result<Envelope<T>, ReportError> {
    serde_json::from_slice(bytes).map_err(|error| ReportError::Malformed {
        name: name.to_owned(),
        error,
    })
}
