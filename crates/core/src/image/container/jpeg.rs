//! JPEG: marker segments (ITU-T T.81, annex B).

use super::{Facts, u16_be};

const PROGRESSIVE: u8 = 0xc2;
const SOS: u8 = 0xda;
const EOI: u8 = 0xd9;
const APP1: u8 = 0xe1;
const APP14: u8 = 0xee;

/// A marker with what its segment holds.
struct Segment<'a> {
    marker: u8,
    payload: &'a [u8],
}

/// Walks the segments, stepping over compressed data, and ends with the end-of-image marker or where
/// the bytes do.
struct Segments<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let (marker, after) = next_marker(self.rest)?;
        if marker == EOI {
            self.rest = &[];
            return Some(Segment {
                marker,
                payload: &[],
            });
        }
        let length = usize::from(u16_be(after, 0)?);
        let payload = after.get(2..length)?;
        self.rest = &after[length..];
        Some(Segment { marker, payload })
    }
}

/// The next marker that begins a segment, and the bytes after it. What comes before it is compressed
/// data or rubbish, and restart markers are part of the data.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let mut rest = bytes;
    loop {
        let at = rest.iter().position(|b| *b == 0xff)?;
        rest = &rest[at + 1..];
        let marker = *rest.first()?;
        if matches!(marker, 0x02..=0xcf | 0xd8..=0xfe) {
            return Some((marker, &rest[1..]));
        }
    }
}

fn segments(bytes: &[u8]) -> Segments<'_> {
    Segments {
        rest: bytes.get(2..).unwrap_or_default(),
    }
}

/// What the frame header says, whatever coding it is in.
pub(in super::super) fn facts(bytes: &[u8]) -> Option<Facts> {
    let frame = frame(bytes)?;
    let &[precision, .., components] = frame.payload.first_chunk::<6>()?;
    // A picture of many scans is kept as 16-bit coefficients until the last.
    let is_kept = frame.marker == PROGRESSIVE || is_interleaved(bytes, &frame) == Some(false);
    let coefficients = if is_kept { 2 } else { 0 };
    Some(Facts {
        width: u16_be(frame.payload, 3)?.into(),
        height: u16_be(frame.payload, 1)?.into(),
        frames: 1,
        bit_depth: precision,
        has_alpha: false,
        bytes_per_pixel: u64::from(components.clamp(1, 4)) * (1 + coefficients),
    })
}

fn frame(bytes: &[u8]) -> Option<Segment<'_>> {
    segments(bytes)
        .take_while(|s| s.marker != SOS)
        .find(|s| is_frame(s.marker))
}

/// Whether the channels are laid out in one of the ways that the decoder has right: the first is the
/// finest, and a picture whose channels come one after the other has them all of the same height.
pub(in super::super) fn has_common_layout(bytes: &[u8]) -> bool {
    frame(bytes).and_then(|frame| {
        let (across, down) = *sampling(&frame).first()?;
        let is_finest = sampling(&frame)
            .iter()
            .all(|(h, v)| *h <= across && *v <= down);
        let is_interleaved = frame.marker == PROGRESSIVE || is_interleaved(bytes, &frame)?;
        Some(is_finest && (is_interleaved || down == 1))
    }) == Some(true)
}

/// How many samples each channel has for one of the coarsest's, across and down.
fn sampling(frame: &Segment<'_>) -> Vec<(u8, u8)> {
    let channels = frame.payload.get(6..).unwrap_or_default();
    channels
        .chunks_exact(3)
        .map(|channel| (channel[1] >> 4, channel[1] & 15))
        .collect()
}

/// Whether the first scan holds every channel.
fn is_interleaved(bytes: &[u8], frame: &Segment<'_>) -> Option<bool> {
    let scan = segments(bytes).find(|s| s.marker == SOS)?;
    Some(scan.payload.first()? == frame.payload.get(5)?)
}

/// SOF0 to SOF15, without the tables that share their range: DHT, JPG and DAC.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// Whether the picture is there up to its end-of-image marker. A decoder would fill what is missing
/// with grey.
pub(in super::super) fn is_complete(bytes: &[u8]) -> bool {
    segments(bytes).any(|segment| segment.marker == EOI)
}

/// Whether Adobe's marker is there: then CMYK is stored inverted, 255 being no ink.
pub(in super::super) fn has_adobe_marker(bytes: &[u8]) -> bool {
    let mut headers = segments(bytes).take_while(|s| s.marker != SOS);
    headers.any(|s| s.marker == APP14 && s.payload.starts_with(b"Adobe"))
}

/// The EXIF block.
pub(in super::super) fn exif(bytes: &[u8]) -> Option<&[u8]> {
    segments(bytes)
        .take_while(|s| s.marker != SOS)
        .filter(|s| s.marker == APP1)
        .find_map(|s| s.payload.strip_prefix(b"Exif\0\0"))
}
