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

/// What is in a folder. Names are paths from it.
#[derive(Debug, Default)]
pub struct Folder {
    /// The files that have an image's extension.
    pub images: Vec<ImageFile>,
    /// The names of the files that have not.
    pub others: Vec<String>,
    /// What could not be looked at, such as a link that leads nowhere, and why.
    pub unreadable: Vec<String>,
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

/// The files of `folder` and the folders in it, in order of name.
///
/// # Errors
///
/// When `folder` itself cannot be read.
pub fn in_folder(folder: &Path) -> io::Result<Folder> {
    let mut found = Folder::default();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let path = match entry {
            Ok(entry) => entry.into_path(),
            Err(error) if error.depth() == 0 => return Err(error.into()),
            Err(error) => {
                found.unreadable.push(error.to_string());
                continue;
            }
        };
        if !path.is_file() {
            continue;
        }
        let name = path.strip_prefix(folder).unwrap_or(&path);
        let name = name.to_string_lossy().into_owned();
        match content_type(&path) {
            Some(content_type) => {
                let content = Content::File(path);
                found.images.push(ImageFile {
                    name,
                    content_type,
                    content,
                    expected: None,
                });
            }
            None => found.others.push(name),
        }
    }
    Ok(found)
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_cannot_be_read_in_a_folder_does_not_hide_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("holiday");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("a.JPG"), "").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "").unwrap();
        symlink("nowhere", folder.path().join("b.jpg")).unwrap();
        symlink(folder.path(), inner.join("loop")).unwrap();

        let found = in_folder(folder.path()).unwrap();
        let names: Vec<&str> = found.images.iter().map(|i| i.name.as_str()).collect();
        assert_eq!(names, ["holiday/a.JPG"]);
        assert_eq!(found.others, ["notes.txt"]);
        let [dangling, looping] = found.unreadable.as_slice() else {
            panic!("{:?}", found.unreadable);
        };
        assert!(dangling.contains("b.jpg"), "{dangling}");
        assert!(looping.contains("loop"), "{looping}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(in_folder(&folder.path().join("gone")).is_err());
    }
}
