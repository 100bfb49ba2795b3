//! Where reports are read from: the evidence bucket, or a copy of it in a folder.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use darkroom_gcp::env::{Env, InvalidEnvironment};
use darkroom_gcp::function::StartError;
use darkroom_gcp::storage::{ObjectStore, StorageConfig};

use crate::evidence::{Archive, ChainError};

/// Where the reports are.
#[derive(Debug, Args)]
#[group(id = "place", required = true, multiple = false, args = ["bucket", "folder"])]
pub(super) struct SourceArguments {
    /// The evidence bucket
    #[arg(long)]
    bucket: Option<String>,
    /// A copy of the bucket's objects in a folder
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Reports, by name.
pub(super) enum Source {
    Bucket(Box<Archive>),
    Folder(PathBuf),
}

/// Reports cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error("the folder cannot be read: {0}")]
    Folder(#[from] io::Error),
    #[error(transparent)]
    Environment(#[from] InvalidEnvironment),
    #[error("{0}")]
    Start(StartError),
    #[error(transparent)]
    Bucket(#[from] ChainError),
    #[error("either --bucket or --folder is needed")]
    Nowhere,
}

impl SourceArguments {
    pub(super) async fn open(self) -> Result<Source, SourceError> {
        match (self.bucket, self.folder) {
            (Some(bucket), _) => {
                let config = Env::read(|env| Some(StorageConfig::from_env(env)))?;
                let storage = ObjectStore::connect(&config).await;
                let storage = storage.map_err(SourceError::Start)?;
                Ok(Source::Bucket(Box::new(Archive::new(storage, bucket))))
            }
            (None, Some(folder)) => Ok(Source::Folder(folder)),
            (None, None) => Err(SourceError::Nowhere),
        }
    }
}

impl Source {
    /// The names of all reports from `first` on, in order.
    pub(super) async fn names(&self, first: &str) -> Result<Vec<String>, SourceError> {
        match self {
            Self::Bucket(archive) => Ok(archive.names(first).await?),
            Self::Folder(folder) => Ok(names_in(folder, first)?),
        }
    }

    /// A report's bytes.
    pub(super) async fn read(&self, name: &str) -> Result<Bytes, SourceError> {
        match self {
            Self::Bucket(archive) => Ok(archive.read(name).await?),
            Self::Folder(folder) => Ok(std::fs::read(folder.join(name))?.into()),
        }
    }
}

fn names_in(folder: &Path, first: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder.join("reports"))? {
        names.push(format!("reports/{}", file?.file_name().to_string_lossy()));
    }
    names.retain(|name| name.as_str() >= first);
    names.sort();
    Ok(names)
}
