//! Files that are not what they claim.

use png::{BitDepth, ColorType, Compression, Encoder};

/// The first `percent` of a file.
#[must_use]
pub fn truncated(file: &[u8], percent: usize) -> Vec<u8> {
    file[..file.len() * percent / 100].to_vec()
}

/// A small PNG that really inflates to `side` times `side` black pixels.
#[must_use]
pub fn bomb_png(side: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.set_compression(Compression::Fast);
    let rows = vec![0; side.div_ceil(8) as usize * side as usize];
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&rows))
        .expect("memory takes every picture");
    file
}

/// A PNG whose header claims a size that its one pixel does not have.
#[must_use]
pub fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut file = super::png(&::image::RgbImage::new(1, 1).into());
    // Signature, length and type of IHDR, its 13 bytes, then their checksum.
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&file[12..29]);
    file[29..33].copy_from_slice(&checksum.to_be_bytes());
    file
}

/// PNG's checksum (<https://www.w3.org/TR/png-3/#D-CRCAppendix>).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}
