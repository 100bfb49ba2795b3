//! Pictures as files of every format, and files that are broken in known ways.

mod animation;
mod broken;
mod jpeg;
mod png;
mod still;

pub use animation::{animated_gif, animated_png, animated_webp};
pub use broken::{bomb_png, png_claiming, truncated};
pub use jpeg::{JpegOptions, cmyk_jpeg, display_p3_jpeg, gray_jpeg, jpeg, stored_for, ycck_jpeg};
pub use png::{palette_png, png, png_with, sixteen_bit_png, with_round_alpha};
pub use still::{bmp, lossless_webp, tiff, webp};
