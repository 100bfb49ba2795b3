//! The chart of a day: what was stored, due and purged at each sweep.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::report::SweepReport;

/// The longest bar, in characters.
const BAR: u64 = 30;

/// The size of a panel, in pixels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 90.0;

/// A panel's distance from the next, with its title, in pixels.
const GAP: f64 = 30.0;

/// A sweep in the chart. Objects are those of the archive and the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) at: Timestamp,
    /// By the books, after the sweep.
    pub(super) stored: u64,
    /// Found due by it.
    pub(super) due: u64,
    /// Purged by it.
    pub(super) purged: u64,
}

/// One of the counts of a point.
type Count = fn(&Point) -> u64;

pub(super) fn points(sweeps: &[SweepReport]) -> Vec<Point> {
    let points = sweeps.iter().map(|sweep| {
        let buckets = sweep.buckets.values();
        Point {
            at: sweep.as_of,
            stored: sweep.books.values().map(|hour| hour.stored).sum(),
            due: buckets
                .clone()
                .map(|counts| counts.deleted + counts.failed)
                .sum(),
            purged: buckets.map(|counts| counts.deleted).sum(),
        }
    });
    points.collect()
}

/// The time of day, in UTC.
pub(super) fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%H:%M").to_string()
}

/// Bars of text: `=` for what is stored, `#` for what was purged.
pub(super) fn text(points: &[Point]) -> String {
    let most = |of: Count| points.iter().map(of).max().unwrap_or_default().max(1);
    let (stored, purged) = (most(|p| p.stored), most(|p| p.due));
    let bar = |sign: &str, count: u64, most: u64| {
        // A bar for whatever is not nothing.
        let length = (count * BAR).div_ceil(most);
        sign.repeat(usize::try_from(length).unwrap_or_default())
    };
    let mut lines = String::from("```\n");
    for point in points {
        let _ = writeln!(
            lines,
            "{}  stored {:>9} {:<30}  due {:>7}  purged {:>7} {}",
            time(point.at),
            point.stored,
            bar("=", point.stored, stored),
            point.due,
            point.purged,
            bar("#", point.purged, purged),
        );
    }
    lines + "```\n"
}

/// Two panels over the day: what is stored; what was due (outline) and purged (filled).
pub(super) fn svg(points: &[Point], midnight: Timestamp) -> String {
    let total = 2.0 * (HEIGHT + GAP) + 20.0;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-60 0 {} {total}" role="img" aria-label="Stored, due and purged objects by time of day" font-family="sans-serif" font-size="11">"#,
        WIDTH + 80.0
    );
    let panels: [(&str, Count, Count); 2] = [
        ("stored", |p| p.stored, |p| p.stored),
        ("due (outline) and purged (filled)", |p| p.due, |p| p.purged),
    ];
    for (index, (title, outline, filled)) in (0_u8..).zip(panels) {
        let bottom = f64::from(index + 1) * (HEIGHT + GAP);
        let most = points.iter().map(outline).max().unwrap_or_default();
        let _ = write!(
            svg,
            r##"<text x="0" y="{}">{title}</text><text x="-6" y="{}" text-anchor="end">{most}</text><text x="-6" y="{bottom}" text-anchor="end">0</text><line x1="0" x2="{WIDTH}" y1="{bottom}" y2="{bottom}" stroke="#888"/>"##,
            bottom - HEIGHT - 8.0,
            bottom - HEIGHT + 8.0,
        );
        for point in points {
            bars(
                &mut svg,
                point,
                (outline(point), filled(point), most),
                (midnight, bottom),
            );
        }
    }
    for hour in (0_u8..=24).step_by(6) {
        let x = WIDTH * f64::from(hour) / 24.0;
        let _ = write!(
            svg,
            r#"<text x="{x}" y="{}" text-anchor="middle">{hour:02}:00</text>"#,
            total - 5.0
        );
    }
    svg + "</svg>\n"
}

fn bars(
    svg: &mut String,
    point: &Point,
    (outline, filled, most): (u64, u64, u64),
    (midnight, bottom): (Timestamp, f64),
) {
    let day = point.at.duration_since(midnight).as_secs_f64() / 86_400.0;
    let x = WIDTH * day;
    let width = WIDTH / 24.0 * 0.7;
    for (count, style) in [
        (filled, r##"fill="#4477aa""##),
        (outline, r##"fill="none" stroke="#222""##),
    ] {
        #[expect(clippy::cast_precision_loss, reason = "pixels")]
        let height = HEIGHT * count as f64 / most.max(1) as f64;
        let _ = write!(
            svg,
            r#"<rect x="{x:.1}" y="{:.1}" width="{width:.1}" height="{height:.1}" {style}><title>{} {count}</title></rect>"#,
            bottom - height,
            time(point.at),
        );
    }
}
