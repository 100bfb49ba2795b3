//! `purge-auditor verify`: walks the chain of reports.

use clap::Args;
use futures::{StreamExt, stream};

use super::source::{Source, SourceArguments, SourceError};
use crate::evidence::{Fault, Verifier, name};

/// Reports read at a time.
const READS: usize = 16;

/// Where the reports are, and from which one on.
#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    #[command(flatten)]
    source: SourceArguments,
    /// The number of the first report to look at, which must be there [default: the first that is]
    #[arg(long)]
    from: Option<u64>,
    /// The SHA-256 that the last report must have, as the auditor's log tells it
    #[arg(long)]
    head: Option<String>,
}

/// The evidence is not whole, or could not be looked at.
#[derive(Debug, thiserror::Error)]
pub(super) enum VerifyError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("there is no report")]
    Empty,
    #[error(
        "the last report, {name}, has the SHA-256 {found}: it is altered, or later ones are missing"
    )]
    OtherHead { name: String, found: String },
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl VerifyArguments {
    pub(super) async fn run(self) -> Result<String, VerifyError> {
        let source = self.source.open().await?;
        let names = source.names(&name(self.from.unwrap_or(1))).await?;
        let verifier = verify(&source, names).await?;
        let (first, head) = verifier
            .first()
            .zip(verifier.head())
            .ok_or(VerifyError::Empty)?;
        if let Some(from) = self.from.filter(|from| *from != first) {
            return Err(Fault::Missing(name(from)).into());
        }
        if self.head.is_some_and(|expected| expected != head.sha256) {
            return Err(VerifyError::OtherHead {
                name: name(head.sequence),
                found: head.sha256.clone(),
            });
        }
        Ok(format!(
            "whole from report {first} to report {} of SHA-256 {}",
            head.sequence, head.sha256
        ))
    }
}

/// Looks at the reports of these names, in order.
pub(super) async fn verify(source: &Source, names: Vec<String>) -> Result<Verifier, VerifyError> {
    let reads = stream::iter(names).map(|name| async move {
        let bytes = source.read(&name).await;
        (name, bytes)
    });
    let mut reads = Box::pin(reads.buffered(READS));
    let mut verifier = Verifier::default();
    while let Some((name, bytes)) = reads.next().await {
        verifier.next(&name, &bytes?)?;
    }
    verifier.finish()?;
    Ok(verifier)
}
