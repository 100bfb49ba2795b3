//! WebP: RIFF chunks (<https://developers.google.com/speed/webp/docs/riff_container>).

use super::{Facts, u16_le, u32_le};

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
}

/// Walks the chunks. The last one may be cut short: its data is what there is.
struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let kind = super::array(self.rest, 0)?;
        let length = usize::try_from(u32_le(self.rest, 4)?).ok()?;
        let body = &self.rest[8..];
        let data = &body[..length.min(body.len())];
        let padded = length.checked_next_multiple_of(2)?;
        self.rest = body.get(padded..).unwrap_or_default();
        Some(Chunk { kind, data })
    }
}

fn chunks(bytes: &[u8]) -> Chunks<'_> {
    Chunks {
        rest: bytes.get(12..).unwrap_or_default(),
    }
}

/// What the first chunk says: the canvas of the extended format, or the picture of the simple ones.
pub(in super::super) fn facts(bytes: &[u8]) -> Option<Facts> {
    let first = chunks(bytes).next()?;
    match &first.kind {
        b"VP8 " => lossy(first.data),
        b"VP8L" => lossless(first.data),
        b"VP8X" => extended(first.data, bytes),
        _ => None,
    }
}

/// A key frame's header (RFC 6386, section 9.1). The decoder keeps its planes beside the pixels.
fn lossy(data: &[u8]) -> Option<Facts> {
    data.get(3..6)
        .filter(|start| *start == [0x9d, 0x01, 0x2a])?;
    let side = |at| u16_le(data, at).map(|n| u32::from(n & 0x3fff));
    Some(still(side(6)?, side(8)?, false))
}

fn lossless(data: &[u8]) -> Option<Facts> {
    data.first().filter(|signature| **signature == 0x2f)?;
    let bits = u32_le(data, 1)?;
    let side = |shift: u32| (bits >> shift & 0x3fff) + 1;
    Some(still(side(0), side(14), bits >> 28 & 1 == 1))
}

fn extended(data: &[u8], bytes: &[u8]) -> Option<Facts> {
    let flags = *data.first()?;
    // Width and height, less one, are the 3 bytes from the 4th and from the 7th.
    let width = (u32_le(data, 4)? & 0xff_ffff) + 1;
    let height = (u32_le(data, 6)? >> 8) + 1;
    let mut facts = still(width, height, flags & 0x10 != 0);
    if flags & 0x02 != 0 {
        let frames = chunks(bytes).filter(|c| &c.kind == b"ANMF").count();
        facts.frames = u32::try_from(frames).unwrap_or(u32::MAX).max(1);
        // The canvas beside the frame that is drawn on it.
        facts.bytes_per_pixel += 4;
    }
    Some(facts)
}

fn still(width: u32, height: u32, has_alpha: bool) -> Facts {
    // The pixels, and what they are made from: planes (1.5 bytes) or ARGB (4 bytes).
    let bytes_per_pixel = if has_alpha { 8 } else { 7 };
    Facts {
        width,
        height,
        frames: 1,
        bit_depth: 8,
        has_alpha,
        bytes_per_pixel,
    }
}

/// The EXIF block. Some writers begin it as JPEG does.
pub(in super::super) fn exif(bytes: &[u8]) -> Option<&[u8]> {
    let data = chunks(bytes).find(|c| &c.kind == b"EXIF")?.data;
    Some(data.strip_prefix(b"Exif\0\0").unwrap_or(data))
}
