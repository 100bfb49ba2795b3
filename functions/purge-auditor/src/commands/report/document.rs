//! A day's report as Markdown, and that as HTML.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Day;
use super::chart;
use crate::books::Hour;
use crate::checks::{Check, Status};
use crate::report::SweepReport;
use crate::tally::Counts;

const STYLE: &str = "body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}\
    table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .5em;text-align:left}\
    svg{max-width:100%}";

pub(super) fn markdown(day: &Day) -> String {
    document(day, &chart::text(&chart::points(&day.sweeps)))
}

pub(super) fn html(day: &Day) -> String {
    let midnight = day
        .date
        .to_zoned(TimeZone::UTC)
        .map(|zoned| zoned.timestamp());
    let points = chart::points(&day.sweeps);
    let chart = chart::svg(&points, midnight.unwrap_or_default());
    let text = document(day, &chart);
    let options = pulldown_cmark::Options::ENABLE_TABLES;
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, pulldown_cmark::Parser::new_ext(&text, options));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Retention on {}</title>\n\
         <style>{STYLE}</style>\n<body>\n{body}</body>\n</html>\n",
        day.date
    )
}

fn document(day: &Day, chart: &str) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_document(&mut text, day, chart);
    text
}

fn write_document(text: &mut String, day: &Day, chart: &str) -> std::fmt::Result {
    let sweeps = &day.sweeps;
    writeln!(text, "# Retention on {} (UTC)\n", day.date)?;
    writeln!(text, "{}\n", verdict(sweeps))?;
    if let Some(policy) = sweeps.last().map(|sweep| sweep.policy) {
        writeln!(
            text,
            "- Images are kept for {}, and purged within {} after that.",
            duration(policy.period_seconds),
            duration(policy.grace_seconds)
        )?;
    }
    writeln!(
        text,
        "- {} sweeps, in reports {} to {} of the evidence, whose chain is whole. SHA-256 of the last: `{}`.",
        sweeps.len(),
        day.first,
        day.last.sequence,
        day.last.sha256
    )?;
    writeln!(text, "\n## Stored, due and purged objects\n\n{chart}")?;
    write_totals(text, sweeps)?;
    write_checks(text, sweeps)?;
    write_books(text, sweeps)?;
    writeln!(text, "## What no check can see\n")?;
    for line in sweeps.last().into_iter().flat_map(|sweep| &sweep.unseen) {
        writeln!(text, "- {}", cell(line))?;
    }
    Ok(())
}

fn verdict(sweeps: &[SweepReport]) -> String {
    let violations = outcomes(sweeps).into_values();
    let violations = violations.filter(|outcome| outcome.worst.status == Status::Violation);
    match violations.count() {
        0 => "**No violation.**".to_owned(),
        1 => "**1 check found a violation.**".to_owned(),
        count => format!("**{count} checks found a violation.**"),
    }
}

fn write_totals(text: &mut String, sweeps: &[SweepReport]) -> std::fmt::Result {
    let mut buckets: BTreeMap<&str, Counts> = BTreeMap::new();
    for (name, counts) in sweeps.iter().flat_map(|sweep| &sweep.buckets) {
        let sum = buckets.entry(name).or_default();
        sum.deleted += counts.deleted;
        sum.late += counts.late;
        sum.failed += counts.failed;
    }
    writeln!(
        text,
        "## Purged by the sweeps\n\n| | deleted | of these late | failures |"
    )?;
    writeln!(text, "|---|---|---|---|")?;
    for (name, counts) in buckets {
        let Counts {
            deleted,
            late,
            failed,
            ..
        } = counts;
        writeln!(text, "| {} | {deleted} | {late} | {failed} |", cell(name))?;
    }
    let rows = sweeps.iter().filter_map(|sweep| sweep.rows);
    let rows: u64 = rows.map(|rows| rows.deleted).sum();
    writeln!(text, "| rows that outlived their partition | {rows} | | |")?;
    let erasures = sweeps.last().map(|sweep| sweep.erasures);
    let erasures = erasures.unwrap_or_default();
    writeln!(
        text,
        "\nThe last sweep looked after {} erasures; {} of them are pending.\n",
        erasures.worked_on, erasures.pending
    )
}

/// What a check came to over the day.
struct Outcome<'a> {
    worst: &'a Check,
    /// How many sweeps found it that way.
    count: u64,
    first: Timestamp,
    last: Timestamp,
}

fn outcomes(sweeps: &[SweepReport]) -> BTreeMap<&str, Outcome<'_>> {
    let mut outcomes: BTreeMap<&str, Outcome<'_>> = BTreeMap::new();
    for sweep in sweeps {
        for check in &sweep.checks {
            let fresh = Outcome {
                worst: check,
                count: 1,
                first: sweep.as_of,
                last: sweep.as_of,
            };
            match outcomes.get_mut(check.id.as_str()) {
                Some(known) if known.worst.status == check.status => {
                    known.worst = check;
                    known.count += 1;
                    known.last = sweep.as_of;
                }
                Some(known) if known.worst.status > check.status => {}
                _ => drop(outcomes.insert(&check.id, fresh)),
            }
        }
    }
    outcomes
}

fn write_checks(text: &mut String, sweeps: &[SweepReport]) -> std::fmt::Result {
    let outcomes = outcomes(sweeps);
    writeln!(text, "## Checks\n")?;
    let wrong = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.worst.status != Status::Ok);
    let mut wrong: Vec<_> = wrong.collect();
    wrong.sort_by_key(|(_, outcome)| std::cmp::Reverse(outcome.worst.status));
    if !wrong.is_empty() {
        writeln!(text, "| check | | when | seen | expected | to mend |")?;
        writeln!(text, "|---|---|---|---|---|---|")?;
    }
    for (id, outcome) in &wrong {
        let Outcome {
            worst,
            count,
            first,
            last,
        } = outcome;
        let when = format!(
            "{} to {}, {count} sweeps",
            chart::time(*first),
            chart::time(*last)
        );
        let cells = [
            id,
            status(worst.status),
            &when,
            &worst.seen,
            &worst.expected,
            &worst.mend,
        ];
        let cells: Vec<_> = cells.into_iter().map(cell).collect();
        writeln!(text, "| {} |", cells.join(" | "))?;
    }
    let well = outcomes.len() - wrong.len();
    writeln!(
        text,
        "\n{well} of {} checks were well in every sweep.\n",
        outcomes.len()
    )
}

/// The hours of receipt that came to their end on the day.
fn write_books(text: &mut String, sweeps: &[SweepReport]) -> std::fmt::Result {
    writeln!(text, "## Books\n")?;
    let (Some(first), Some(last)) = (sweeps.first(), sweeps.last()) else {
        return Ok(());
    };
    let kept = SignedDuration::from_secs(last.policy.period_seconds);
    let cutoff = |as_of: Timestamp| as_of.saturating_sub(kept).unwrap_or(Timestamp::MIN);
    let hours = last.books.range(cutoff(first.as_of)..=cutoff(last.as_of));
    writeln!(
        text,
        "Objects of the images that were received in an hour whose end was due on this day.\n\n\
         | received in the hour from | archived | purged | still stored | unaccounted for |\n|---|---|---|---|---|"
    )?;
    for (hour, counts) in hours {
        let Hour {
            archived,
            purged,
            stored,
            ..
        } = counts;
        let difference = counts.difference();
        writeln!(
            text,
            "| {hour} | {archived} | {purged} | {stored} | {difference} |"
        )?;
    }
    writeln!(text)
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Warn => "warning",
        Status::Violation => "**violation**",
    }
}

fn duration(seconds: i64) -> String {
    match (seconds / 86_400, seconds / 3_600) {
        (days, _) if seconds % 86_400 == 0 => format!("{days} days"),
        (_, hours) if seconds % 3_600 == 0 => format!("{hours} hours"),
        _ => format!("{seconds} s"),
    }
}

/// Text in a table's cell, whatever it holds.
fn cell(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
