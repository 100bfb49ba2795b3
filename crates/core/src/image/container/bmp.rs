//! BMP: the bitmap header
//! (<https://learn.microsoft.com/windows/win32/api/wingdi/ns-wingdi-bitmapv5header>).

use super::{Facts, u16_le, u32_le};

/// What the header says. A negative height means that rows go from top to bottom.
pub(in super::super) fn facts(bytes: &[u8]) -> Option<Facts> {
    let header_size = u32_le(bytes, 14)?;
    let (width, height, bits) = if header_size == 12 {
        (
            u16_le(bytes, 18)?.into(),
            u16_le(bytes, 20)?.into(),
            u16_le(bytes, 24)?,
        )
    } else {
        let height = u32_le(bytes, 22)?.cast_signed().unsigned_abs();
        (u32_le(bytes, 18)?, height, u16_le(bytes, 28)?)
    };
    Some(Facts {
        width,
        height,
        frames: 1,
        bit_depth: if bits == 16 { 5 } else { 8 },
        has_alpha: bits == 32 && header_size >= 56 && alpha_mask(bytes)? != 0,
        bytes_per_pixel: 4,
    })
}

fn alpha_mask(bytes: &[u8]) -> Option<u32> {
    u32_le(bytes, 66)
}
