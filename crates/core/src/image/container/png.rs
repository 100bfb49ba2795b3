//! PNG: chunks (<https://www.w3.org/TR/png-3/#5Chunk-layout>).

use super::{Facts, u32_be};

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
}

/// Walks the chunks, without their checksums, up to the first that is not whole.
struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let length = usize::try_from(u32_be(self.rest, 0)?).ok()?;
        let kind = super::array(self.rest, 4)?;
        let data = self.rest.get(8..length.checked_add(8)?)?;
        self.rest = self.rest.get(length + 12..).unwrap_or_default();
        Some(Chunk { kind, data })
    }
}

fn chunks(bytes: &[u8]) -> Chunks<'_> {
    Chunks {
        rest: bytes.get(8..).unwrap_or_default(),
    }
}

/// What IHDR says, with the frames of acTL and the transparency of tRNS, which come before the
/// pixels.
pub(in super::super) fn facts(bytes: &[u8]) -> Option<Facts> {
    let mut chunks = chunks(bytes);
    let header = chunks
        .next()
        .filter(|c| &c.kind == b"IHDR" && c.data.len() == 13)?;
    let (bit_depth, color_type) = (header.data[8], header.data[9]);
    let mut facts = Facts {
        width: u32_be(header.data, 0)?,
        height: u32_be(header.data, 4)?,
        frames: 1,
        bit_depth,
        has_alpha: matches!(color_type, 4 | 6),
        bytes_per_pixel: 0,
    };
    for chunk in chunks.take_while(|c| &c.kind != b"IDAT") {
        match &chunk.kind {
            b"acTL" => facts.frames = u32_be(chunk.data, 0)?.max(1),
            b"tRNS" => facts.has_alpha = true,
            _ => {}
        }
    }
    let channels = if matches!(color_type, 0 | 4) { 1 } else { 3 } + u64::from(facts.has_alpha);
    facts.bytes_per_pixel = channels * if bit_depth == 16 { 2 } else { 1 };
    Some(facts)
}

/// The EXIF block.
pub(in super::super) fn exif(bytes: &[u8]) -> Option<&[u8]> {
    chunks(bytes).find(|c| &c.kind == b"eXIf").map(|c| c.data)
}
