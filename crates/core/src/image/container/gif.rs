//! GIF: blocks (<https://www.w3.org/Graphics/GIF/spec-gif89a.txt>).

use super::{Facts, u16_le};

/// What the screen descriptor says, with the frames counted.
pub(in super::super) fn facts(bytes: &[u8]) -> Option<Facts> {
    let flags = *bytes.get(10)?;
    let mut walk = Walk {
        rest: bytes.get(13 + color_table(flags)..)?,
        frames: 0,
        has_alpha: false,
    };
    while walk.step().is_some() {}
    Some(Facts {
        width: u16_le(bytes, 6)?.into(),
        height: u16_le(bytes, 8)?.into(),
        frames: walk.frames.max(1),
        bit_depth: 8,
        has_alpha: walk.has_alpha,
        // The canvas, and the frame that is drawn on it.
        bytes_per_pixel: 8,
    })
}

struct Walk<'a> {
    rest: &'a [u8],
    frames: u32,
    has_alpha: bool,
}

impl Walk<'_> {
    /// One block; `None` at the trailer, or where the bytes end or make no sense.
    fn step(&mut self) -> Option<()> {
        match self.rest.first()? {
            0x21 => self.extension(),
            0x2c => self.image(),
            _ => None,
        }
    }

    fn extension(&mut self) -> Option<()> {
        let is_graphic_control = *self.rest.get(1)? == 0xf9;
        if is_graphic_control && self.frames == 0 {
            self.has_alpha = self.rest.get(3)? & 1 == 1;
        }
        self.skip(2)?;
        self.skip_sub_blocks()
    }

    fn image(&mut self) -> Option<()> {
        let flags = *self.rest.get(9)?;
        self.frames += 1;
        // The descriptor, its colours, and one byte of code size.
        self.skip(10 + color_table(flags) + 1)?;
        self.skip_sub_blocks()
    }

    fn skip_sub_blocks(&mut self) -> Option<()> {
        loop {
            let length = usize::from(*self.rest.first()?);
            self.skip(1 + length)?;
            if length == 0 {
                return Some(());
            }
        }
    }

    fn skip(&mut self, length: usize) -> Option<()> {
        self.rest = self.rest.get(length..)?;
        Some(())
    }
}

/// The size of the colour table that the flags announce.
fn color_table(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}
