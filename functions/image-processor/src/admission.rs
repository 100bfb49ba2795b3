//! Lets in as much work as memory and processors allow; the rest waits its turn.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use darkroom_core::rejection::{Rejection, RejectionCode};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

const MIB: u64 = 1024 * 1024;

/// The budgets. Files are paid from one part of the memory and pixels from the other: who holds
/// pixels never waits for a file, so nobody waits in a circle.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    files: Budget,
    pixels: Budget,
    processors: Arc<Semaphore>,
}

/// Leave to use a share of a budget, given back on drop.
pub(crate) type Permit = OwnedSemaphorePermit;

#[derive(Debug, Clone)]
struct Budget {
    mib: u32,
    free: Arc<Semaphore>,
}

impl Admission {
    /// Budgets that add up to `memory_mib`: a quarter for files, the rest for pixels.
    pub(crate) fn new(memory_mib: u32) -> Self {
        let files = memory_mib / 4;
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self {
            files: Budget::new(files),
            pixels: Budget::new(memory_mib - files),
            processors: Arc::new(Semaphore::new(processors)),
        }
    }

    /// Waits for room for a file of `bytes`.
    pub(crate) async fn file(&self, bytes: u64) -> Result<Permit, AcquireError> {
        self.files.take(bytes).await
    }

    /// Waits for room for `bytes` of pixels and for a processor. What exceeds the whole budget would
    /// end the instance and all that is at work on it, so it is rejected.
    pub(crate) async fn pixels(
        &self,
        bytes: u64,
    ) -> Result<Result<(Permit, Permit), Rejection>, AcquireError> {
        if bytes > self.pixels.bytes() {
            let detail = format!(
                "decoding takes {} MiB of memory; at most {} are allowed",
                bytes.div_ceil(MIB),
                self.pixels.mib
            );
            return Ok(Err(Rejection::new(RejectionCode::TooMuchMemory, detail)));
        }
        let memory = self.pixels.take(bytes).await?;
        let processor = Arc::clone(&self.processors).acquire_owned().await?;
        Ok(Ok((memory, processor)))
    }
}

impl Budget {
    fn new(mib: u32) -> Self {
        let mib = mib.max(1);
        Self {
            mib,
            free: Arc::new(Semaphore::new(mib as usize)),
        }
    }

    fn bytes(&self) -> u64 {
        u64::from(self.mib) * MIB
    }

    /// What is larger than the whole budget (a file in a small instance) takes all of it, and so runs
    /// alone.
    async fn take(&self, bytes: u64) -> Result<Permit, AcquireError> {
        let mib = u32::try_from(bytes.div_ceil(MIB))
            .unwrap_or(u32::MAX)
            .min(self.mib);
        Arc::clone(&self.free).acquire_many_owned(mib).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_over_the_budget_waits_until_some_is_given_back() {
        let budget = Budget::new(10);
        let first = budget.take(6 * MIB).await.unwrap();
        let mut second = tokio::spawn({
            let budget = budget.clone();
            async move { budget.take(5 * MIB).await.map(|_| ()) }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        (&mut second).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn pixels_over_the_whole_budget_are_rejected() {
        let admission = Admission::new(100);
        assert!(admission.pixels(75 * MIB).await.unwrap().is_ok());
        let rejection = admission.pixels(75 * MIB + 1).await.unwrap().unwrap_err();
        assert_eq!(rejection.code, RejectionCode::TooMuchMemory);
        assert!(rejection.detail.contains("76 MiB"), "{rejection}");
    }

    #[tokio::test]
    async fn a_file_over_the_whole_budget_runs_alone() {
        let budget = Budget::new(10);
        let _all = budget.take(u64::MAX).await.unwrap();
        assert_eq!(budget.free.available_permits(), 0);
    }
}
