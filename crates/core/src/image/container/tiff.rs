//! TIFF 6.0: directories of tagged values, which EXIF is written in too
//! (<https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf>).
//!
//! A directory is a view of the bytes and is searched for the tags that are wanted, so entries that
//! point at one another, or at everything, cost nothing.

use std::collections::HashSet;

use super::Facts;

const IMAGE_WIDTH: u16 = 256;
const IMAGE_LENGTH: u16 = 257;
const BITS_PER_SAMPLE: u16 = 258;
const SAMPLES_PER_PIXEL: u16 = 277;
const EXTRA_SAMPLES: u16 = 338;

/// A file, or a block in a file, that begins with a TIFF header.
#[derive(Clone, Copy)]
pub(in super::super) struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

/// An image file directory.
#[derive(Clone, Copy)]
pub(in super::super) struct Directory<'a> {
    tiff: Tiff<'a>,
    entries: &'a [u8],
    next: u32,
}

/// One tag's value: `count` items of type `kind`.
#[derive(Clone, Copy)]
pub(in super::super) struct Value<'a> {
    tiff: Tiff<'a>,
    kind: u16,
    data: &'a [u8],
}

impl<'a> Tiff<'a> {
    pub(in super::super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = match bytes.get(..4)? {
            [b'I', b'I', 42, 0] => false,
            [b'M', b'M', 0, 42] => true,
            _ => return None,
        };
        Some(Self { bytes, big_endian })
    }

    pub(in super::super) fn first_directory(self) -> Option<Directory<'a>> {
        self.directory(self.u32(self.bytes, 4)?)
    }

    /// The directory at `offset`; of one that is cut short, the entries that are there.
    pub(in super::super) fn directory(self, offset: u32) -> Option<Directory<'a>> {
        let bytes = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let length = 12 * usize::from(self.u16(bytes, 0)?);
        let entries = &bytes[2..];
        let next = self.u32(entries, length).unwrap_or(0);
        Some(Directory {
            tiff: self,
            entries: &entries[..length.min(entries.len())],
            next,
        })
    }

    /// How many directories follow one another, counted up to `limit`. A chain that bites its own
    /// tail ends there.
    fn count_directories(self, limit: u32) -> u32 {
        let mut seen = HashSet::new();
        let mut next = self.u32(self.bytes, 4);
        while let Some(offset) = next.filter(|o| *o != 0) {
            let directory = self.directory(offset);
            if seen.len() >= limit as usize || directory.is_none() || !seen.insert(offset) {
                break;
            }
            next = directory.map(|d| d.next);
        }
        seen.len() as u32
    }

    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        if self.big_endian {
            super::u16_be(bytes, at)
        } else {
            super::u16_le(bytes, at)
        }
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        if self.big_endian {
            super::u32_be(bytes, at)
        } else {
            super::u32_le(bytes, at)
        }
    }
}

impl<'a> Directory<'a> {
    /// The value of `tag`.
    pub(in super::super) fn find(self, tag: u16) -> Option<Value<'a>> {
        let entry = self
            .entries
            .chunks_exact(12)
            .find(|entry| self.tiff.u16(entry, 0) == Some(tag))?;
        let kind = self.tiff.u16(entry, 2)?;
        let count = usize::try_from(self.tiff.u32(entry, 4)?).ok()?;
        let length = count.checked_mul(size(kind)?)?;
        let data = if length <= 4 {
            entry.get(8..8 + length)?
        } else {
            let offset = usize::try_from(self.tiff.u32(entry, 8)?).ok()?;
            self.tiff.bytes.get(offset..offset.checked_add(length)?)?
        };
        Some(Value {
            tiff: self.tiff,
            kind,
            data,
        })
    }

    /// The first item of `tag`, an unsigned number.
    pub(in super::super) fn number(self, tag: u16) -> Option<u32> {
        self.find(tag)?.number()
    }

    /// The directory that `tag` points to.
    pub(in super::super) fn child(self, tag: u16) -> Option<Directory<'a>> {
        self.tiff.directory(self.number(tag)?)
    }
}

impl<'a> Value<'a> {
    /// The first item, if it is an unsigned number.
    pub(in super::super) fn number(self) -> Option<u32> {
        match self.kind {
            1 => self.data.first().map(|n| u32::from(*n)),
            3 => self.tiff.u16(self.data, 0).map(u32::from),
            4 | 13 => self.tiff.u32(self.data, 0),
            _ => None,
        }
    }

    /// The item at `index` of rationals; `None` where the denominator is zero.
    pub(in super::super) fn rational(self, index: usize) -> Option<f64> {
        let numerator = self.tiff.u32(self.data, 8 * index)?;
        let denominator = self.tiff.u32(self.data, 8 * index + 4)?;
        let quotient = match self.kind {
            5 => f64::from(numerator) / f64::from(denominator),
            10 => f64::from(numerator.cast_signed()) / f64::from(denominator.cast_signed()),
            _ => return None,
        };
        quotient.is_finite().then_some(quotient)
    }

    /// The bytes of a text, up to its first NUL.
    pub(in super::super) fn text(self) -> Option<&'a [u8]> {
        (self.kind == 2).then(|| self.data.split(|b| *b == 0).next())?
    }
}

/// Bytes per item of a type.
fn size(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}

/// What the first directory says, with the pages counted up to one more than `max_frames`.
pub(in super::super) fn facts(bytes: &[u8], max_frames: u32) -> Option<Facts> {
    let tiff = Tiff::new(bytes)?;
    let directory = tiff.first_directory()?;
    let bits = directory.number(BITS_PER_SAMPLE).unwrap_or(1);
    let samples = u64::from(directory.number(SAMPLES_PER_PIXEL).unwrap_or(1).clamp(1, 8));
    Some(Facts {
        width: directory.number(IMAGE_WIDTH)?,
        height: directory.number(IMAGE_LENGTH)?,
        frames: tiff.count_directories(max_frames.saturating_add(1)),
        bit_depth: u8::try_from(bits).ok()?,
        has_alpha: matches!(directory.number(EXTRA_SAMPLES), Some(1 | 2)),
        // The pixels are decoded into one buffer and handed over in another.
        bytes_per_pixel: 2 * samples * u64::from(bits.div_ceil(8)),
    })
}

/// Whether a pixel has just its colours and perhaps alpha. Editors store masks beside them.
pub(in super::super) fn has_plain_pixels(bytes: &[u8]) -> bool {
    let directory = Tiff::new(bytes).and_then(Tiff::first_directory);
    match directory.and_then(|directory| directory.find(EXTRA_SAMPLES)) {
        Some(extra) => extra.data.len() == 2 && matches!(extra.number(), Some(1 | 2)),
        None => true,
    }
}
