//! What the camera wrote (Exif 2.32): a few fields, each checked, none believed.
//!
//! EXIF libraries read every entry of every directory, and 64 KB can be made of directories that
//! hold one another a million times. Here only the wanted tags are looked up, in three directories.

use jiff::civil::DateTime;

use crate::image::Format;
use crate::image::container::tiff::{Directory, Tiff, Value};
use crate::image::container::{jpeg, png, webp};
use crate::record::{Exif, Gps};

/// Longer texts are cut. Real names are shorter.
const MAX_TEXT: usize = 128;

/// Reads the EXIF block of a file. A file without one, or with one that is unreadable, has none.
pub(super) fn read(format: Format, bytes: &[u8], keep_gps: bool) -> Option<Exif> {
    let main = Tiff::new(block(format, bytes)?)?.first_directory()?;
    let exif = fields(main, keep_gps);
    (exif != Exif::default()).then_some(exif)
}

fn block(format: Format, bytes: &[u8]) -> Option<&[u8]> {
    match format {
        Format::Jpeg => jpeg::exif(bytes),
        Format::Png => png::exif(bytes),
        Format::WebP => webp::exif(bytes),
        Format::Tiff => Some(bytes),
        Format::Gif | Format::Bmp => None,
    }
}

fn fields(main: Directory<'_>, keep_gps: bool) -> Exif {
    let camera = main.child(0x8769);
    let find = |tag| camera?.find(tag);
    let measure = |tag| find(tag)?.rational(0).filter(|n| *n > 0.0);
    Exif {
        make: main.find(0x010f).and_then(text),
        model: main.find(0x0110).and_then(text),
        lens: find(0xa434).and_then(text),
        taken_at: find(0x9003)
            .or_else(|| main.find(0x0132))
            .and_then(date_time),
        orientation: main
            .number(0x0112)
            .filter(|n| (1..=8).contains(n))
            .map(i64::from),
        exposure_seconds: measure(0x829a),
        f_number: measure(0x829d),
        iso: find(0x8827)
            .and_then(Value::number)
            .filter(|n| *n > 0)
            .map(i64::from),
        focal_length_mm: measure(0x920a),
        gps: main.child(0x8825).filter(|_| keep_gps).and_then(position),
    }
}

fn text(value: Value<'_>) -> Option<String> {
    let bytes = value.text()?;
    let start = &bytes[..bytes.len().min(4 * MAX_TEXT)];
    let printable: String = String::from_utf8_lossy(start)
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    let cut: String = printable.trim().chars().take(MAX_TEXT).collect();
    (!cut.is_empty()).then_some(cut)
}

/// `2026:11:22 10:15:00`, which cameras write as spaces or zeros while their clock is not set.
fn date_time(value: Value<'_>) -> Option<DateTime> {
    let text = std::str::from_utf8(value.text()?.get(..19)?).ok()?;
    let moment = DateTime::strptime("%Y:%m:%d %H:%M:%S", text).ok()?;
    (moment.year() > 0).then_some(moment)
}

fn position(gps: Directory<'_>) -> Option<Gps> {
    let latitude = angle(gps, [1, 2], b'S').filter(|n| n.abs() <= 90.0)?;
    let longitude = angle(gps, [3, 4], b'W').filter(|n| n.abs() <= 180.0)?;
    Some(Gps {
        latitude,
        longitude,
    })
}

/// A hemisphere's letter, and degrees, minutes and seconds in it, each a rational.
fn angle(gps: Directory<'_>, [hemisphere, parts]: [u16; 2], negative: u8) -> Option<f64> {
    let letter = gps.find(hemisphere)?.text()?.first()?.to_ascii_uppercase();
    let parts = gps.find(parts)?;
    let [degrees, minutes, seconds] = [0, 1, 2].map(|index| parts.rational(index));
    let angle = degrees? + minutes.unwrap_or(0.0) / 60.0 + seconds.unwrap_or(0.0) / 3_600.0;
    Some(if letter == negative { -angle } else { angle })
}
