//! What a service does besides answering: tasks that begin with the server and end with it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use tokio::sync::watch;
use tokio::task::JoinSet;

/// Tells a background task that the service is about to end.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// One that is told by the sender, and when the sender is gone.
    pub(super) fn new(told: watch::Receiver<bool>) -> Self {
        Stop(told)
    }

    /// One that is never told, for work outside of a server.
    pub fn never() -> Self {
        // Never dropped: a sender that is gone would mean to stop.
        static NOBODY: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));
        Stop(NOBODY.subscribe())
    }

    /// Whether the service is about to end.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until the service is about to end.
    pub async fn requested(&mut self) {
        // Fails when the sender is gone, and then the server is too.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }

    /// Waits for a while. False when the service is about to end, at once then.
    pub async fn sleep(&mut self, time: std::time::Duration) -> bool {
        tokio::select! {
            () = self.requested() => false,
            () = tokio::time::sleep(time) => true,
        }
    }
}

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task that has not begun. Behind an `Arc` so that what holds it can be shared.
#[derive(Clone)]
pub(super) struct Task(Arc<dyn Fn(Stop) -> Running + Send + Sync>);

impl Task {
    pub(super) fn new<F>(begin: impl Fn(Stop) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Task(Arc::new(move |stop| Box::pin(begin(stop))))
    }
}

/// Begins all tasks. Dropping the set ends them where they wait.
pub(super) fn begin(tasks: &[Task], stop: &Stop) -> JoinSet<()> {
    let mut running = JoinSet::new();
    for Task(begin) in tasks {
        running.spawn(begin(stop.clone()));
    }
    running
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_task_is_told_to_stop_and_may_finish_what_it_does() {
        let (tell, told) = watch::channel(false);
        let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
        let task = Task::new(move |mut stop| {
            let say = say.clone();
            async move {
                while stop.sleep(Duration::from_millis(5)).await {}
                tokio::time::sleep(Duration::from_millis(20)).await;
                let _ = say.send("finished");
            }
        });
        let mut running = begin(&[task], &Stop::new(told));
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert!(said.try_recv().is_err());
        tell.send_replace(true);
        assert!(running.join_next().await.is_some_and(|end| end.is_ok()));
        assert_eq!(said.try_recv(), Ok("finished"));
    }

    #[tokio::test]
    async fn a_server_that_is_gone_means_to_stop() {
        let (tell, told) = watch::channel(false);
        let mut stop = Stop::new(told);
        assert!(!stop.is_requested());
        drop(tell);
        assert!(stop.is_requested());
        stop.requested().await;
    }
}
