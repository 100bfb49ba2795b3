//! Sample photographs, generated: every format, orientation and fault that tests need.
//!
//! [`samples()`] is the set that a local run uploads. The rest makes single files for tests. All of
//! it is the same, byte for byte, each time.

mod camera;
mod catalogue;
pub mod files;
mod scene;

pub use camera::{Camera, Place};
pub use catalogue::{Expected, Sample, samples};
pub use scene::scene;

/// A JPEG photograph without any metadata.
#[must_use]
pub fn jpeg(width: u32, height: u32, seed: u32) -> Vec<u8> {
    files::jpeg(&scene(width, height, seed), &files::JpegOptions::default())
}

/// A JPEG photograph whose EXIF says that it is to be shown in `orientation` (1 to 8). Shown so, it
/// is `scene(width, height, seed)`.
#[must_use]
pub fn oriented_jpeg((width, height): (u32, u32), seed: u32, orientation: u16) -> Vec<u8> {
    let stored = files::stored_for(orientation, scene(width, height, seed));
    let exif = Camera {
        orientation,
        ..Camera::default()
    }
    .exif();
    files::jpeg(
        &stored,
        &files::JpegOptions {
            exif: Some(exif),
            ..Default::default()
        },
    )
}
