//! What a file is by its first bytes. Names and declared types are not believed.

/// A format that is processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG (ITU-T T.81), in JFIF or EXIF.
    Jpeg,
    /// PNG, animated or not.
    Png,
    /// WebP: lossy, lossless or animated.
    WebP,
    /// GIF 87a or 89a.
    Gif,
    /// TIFF 6.0.
    Tiff,
    /// Windows bitmap.
    Bmp,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Jpeg,
        Self::Png,
        Self::WebP,
        Self::Gif,
        Self::Tiff,
        Self::Bmp,
    ];

    /// The format that `bytes` begin as.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(Self::Tiff),
            [b'B', b'M', ..] if is_bitmap(bytes) => Some(Self::Bmp),
            _ => None,
        }
    }

    /// Its media type, such as `image/jpeg`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
        }
    }

    /// Its name for people, such as `JPEG`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
        }
    }
}

/// Two letters are a weak signature: text can begin so too. The size of the header that follows the
/// 14 bytes of the file header is one of a few.
fn is_bitmap(bytes: &[u8]) -> bool {
    matches!(
        bytes.get(14..18),
        Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
    )
}

/// The media type of `bytes` by their beginning, of more than what is processed: it tells a sender
/// what was sent instead of an image.
#[must_use]
pub fn sniffed_type(bytes: &[u8]) -> Option<&'static str> {
    Format::sniff(bytes)
        .map(Format::content_type)
        .or_else(|| other_type(bytes))
}

fn other_type(bytes: &[u8]) -> Option<&'static str> {
    if let Some([b'f', b't', b'y', b'p', brand @ ..]) = bytes.get(4..12) {
        return Some(iso_media_type(brand));
    }
    SIGNATURES
        .iter()
        .find(|(signature, _)| bytes.starts_with(signature))
        .map(|(_, content_type)| *content_type)
        .or_else(|| is_text(bytes).then_some("text/plain"))
}

/// By the major brand of an ISO base media file (<https://mp4ra.org/registered-types/brands>).
fn iso_media_type(brand: &[u8]) -> &'static str {
    match brand {
        b"avif" | b"avis" => "image/avif",
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => "image/heic",
        b"mif1" | b"mif2" | b"mif3" | b"miaf" | b"msf1" => "image/heif",
        b"avci" | b"avcs" => "image/avci",
        b"j2ki" | b"j2is" => "image/hej2k",
        b"qt  " => "video/quicktime",
        _ => "video/mp4",
    }
}

const SIGNATURES: &[(&[u8], &str)] = &[
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x7fELF", "application/x-executable"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"II\x2b\0", "image/tiff"),
    (b"MM\0\x2b", "image/tiff"),
    (b"\0\0\x01\0", "image/vnd.microsoft.icon"),
    (b"RIFF", "application/x-riff"),
    (b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (b"<svg", "image/svg+xml"),
    (b"<?xml", "text/xml"),
    (b"<!DOCTYPE html", "text/html"),
    (b"<html", "text/html"),
];

fn is_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(512)];
    !start.is_empty()
        && start
            .iter()
            .all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..))
}
