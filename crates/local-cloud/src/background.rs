//! Work that goes on beside the server, and its end.

use std::future::Future;

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tokio_util::task::TaskTracker;

/// Starts tasks and stops them all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Background {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Background {
    /// Runs `task` until it ends. It should end soon after [`Self::stopping`] does.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Ends when everything shall stop.
    pub(crate) fn stopping(&self) -> WaitForCancellationFuture<'_> {
        self.stop.cancelled()
    }

    /// Whether everything shall stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Runs `task` until it ends or everything stops. Says whether it was stopped.
    pub(crate) async fn run_until_stopped(&self, task: impl Future<Output = ()>) -> bool {
        self.stop.run_until_cancelled(task).await.is_none()
    }

    /// A part that can be stopped by itself, and stops with the whole.
    pub(crate) fn part(&self) -> Self {
        Self {
            stop: self.stop.child_token(),
            tasks: self.tasks.clone(),
        }
    }

    /// Tells the tasks to stop.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Stops the tasks and waits until they have ended.
    pub(crate) async fn shut_down(&self) {
        self.stop();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
