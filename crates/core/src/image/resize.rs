//! Making pictures smaller.

use ::image::DynamicImage;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use crate::image::decode::malformed;
use crate::rejection::Rejection;

/// What the fourth channel of a picture is to its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fourth {
    /// How much they weigh.
    Alpha,
    /// Another colour.
    Ink,
}

/// The largest size of the same shape that fits a square of `fit` pixels, without enlarging.
pub(super) fn fitted((width, height): (u32, u32), fit: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= fit {
        return (width, height);
    }
    (scaled(width, fit, longest), scaled(height, fit, longest))
}

/// `side` times `fit` over `longest`, to the nearest whole pixel. It is at most `fit`.
fn scaled(side: u32, fit: u32, longest: u32) -> u32 {
    let (fit, longest) = (u64::from(fit), u64::from(longest));
    let rounded = (u64::from(side) * fit + longest / 2) / longest;
    rounded.max(1) as u32
}

/// The picture at `size`, in the pixel type it has.
///
/// Channels are averaged as they are stored, gamma and all, as browsers and the common tools do.
pub(super) fn resize(
    picture: DynamicImage,
    size: (u32, u32),
    fourth: Fourth,
) -> Result<DynamicImage, Rejection> {
    if (picture.width(), picture.height()) == size {
        return Ok(picture);
    }
    let mut small = DynamicImage::new(size.0, size.1, picture.color());
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(fourth == Fourth::Alpha);
    Resizer::new()
        .resize(&picture, &mut small, &options)
        .map_err(|error| malformed(format!("the picture cannot be resized: {error}")))?;
    Ok(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_is_never_enlarged() {
        assert_eq!(fitted((4_000, 3_000), 1_600), (1_600, 1_200));
        assert_eq!(fitted((3_000, 4_000), 1_600), (1_200, 1_600));
        assert_eq!(fitted((1_000, 667), 320), (320, 213));
        assert_eq!(fitted((200, 100), 320), (200, 100));
        assert_eq!(fitted((320, 320), 320), (320, 320));
    }

    #[test]
    fn a_thread_of_a_picture_keeps_a_pixel() {
        assert_eq!(fitted((16_384, 1), 320), (320, 1));
        assert_eq!(fitted((u32::MAX, u32::MAX), 1), (1, 1));
    }
}
