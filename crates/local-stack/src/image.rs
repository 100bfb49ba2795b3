//! The images that `make run` sends: the samples, or a folder of the user's own.

use std::io;
use std::path::{Path, PathBuf};

use darkroom_samples::{Expected, samples};
use walkdir::WalkDir;

/// A file to upload.
#[derive(Debug, Clone)]
pub struct ImageFile {
    /// Its name, or its path from the folder it is in.
    pub name: String,
    /// Its content type as a browser would say, by its extension.
    pub content_type: &'static str,
    /// Its bytes, or where they are.
    pub content: Content,
    /// How it should end, where that is known.
    pub expected: Option<Expected>,
}

/// The bytes of a file.
#[derive(Debug, Clone)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// On disk, read when it is sent.
    File(PathBuf),
}

impl Content {
    /// The bytes.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub async fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::File(path) => tokio::fs::read(path).await,
        }
    }
}

/// The samples that the project generates.
#[must_use]
pub fn generated() -> Vec<ImageFile> {
    let file = |sample: darkroom_samples::Sample| ImageFile {
        name: sample.name,
        content_type: sample.content_type,
        content: Content::Bytes(sample.bytes),
        expected: Some(sample.expected),
    };
    samples().into_iter().map(file).collect()
}

/// The files in a folder and the folders in it that have an image's extension, in order of name, and
/// the names of the files that have not. Names are paths from `folder`.
///
/// # Errors
///
/// When a folder cannot be read.
pub fn in_folder(folder: &Path) -> io::Result<(Vec<ImageFile>, Vec<String>)> {
    let (mut images, mut others) = (Vec::new(), Vec::new());
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let path = entry?.into_path();
        if !path.is_file() {
            continue;
        }
        let name = path.strip_prefix(folder).unwrap_or(&path);
        let name = name.to_string_lossy().into_owned();
        match content_type(&path) {
            Some(content_type) => {
                let content = Content::File(path);
                images.push(ImageFile {
                    name,
                    content_type,
                    content,
                    expected: None,
                });
            }
            None => others.push(name),
        }
    }
    Ok((images, others))
}

fn content_type(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "tif" | "tiff" => "image/tiff",
        "bmp" => "image/bmp",
        _ => return None,
    })
}
