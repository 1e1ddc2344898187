//! A few threads for work that takes memory and time on purpose.
//!
//! They are the same threads for as long as the process lives, and each keeps the memory of its last
//! work for the next. Taken from the allocator each time, and on whichever thread of many, those
//! megabytes stay with that thread's part of it, several times over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;
use kit::{Failure, Result};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// What a thread keeps from one job to the next.
pub(super) type Memory = Vec<Block>;

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// Runs jobs in the order in which they come. The threads end when all copies of it are gone.
#[derive(Clone)]
pub(super) struct HashingThreads {
    jobs: Sender<Job>,
}

impl HashingThreads {
    /// So many threads.
    ///
    /// # Errors
    /// When the operating system gives none.
    pub(super) fn start(count: usize) -> Result<Self> {
        let (jobs, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..count {
            let receiver = Arc::clone(&receiver);
            std::thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || work_off(&receiver))
                .map_err(Failure::internal)?;
        }
        Ok(HashingThreads { jobs })
    }

    /// What `work` returns, which keeps `place` until it has run. Work that nobody waits for any
    /// more when its turn comes is not done.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        place: OwnedSemaphorePermit,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, result) = oneshot::channel();
        let job = move |memory: &mut Memory| {
            if !answer.is_closed() {
                // Who asked may have gone away meanwhile.
                let _ = answer.send(work(memory));
            }
            drop(place);
        };
        self.jobs
            .send(Box::new(job))
            .map_err(|_| Failure::internal("the threads that hash have ended"))?;
        result.await.map_err(Failure::internal)
    }
}

fn work_off(jobs: &Mutex<Receiver<Job>>) {
    let mut memory = Memory::new();
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // Whoever waits for a job that panics is told by the channel it drops; the thread stays.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread::{self, ThreadId};

    use tokio::sync::Semaphore;

    use super::*;

    async fn run<T: Send + 'static>(
        threads: &HashingThreads,
        places: &Arc<Semaphore>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let place = Arc::clone(places).acquire_owned().await.expect("open");
        threads.run(place, |_| work()).await
    }

    #[tokio::test]
    async fn all_work_is_done_by_the_same_few_threads() {
        let threads = HashingThreads::start(2).expect("threads");
        let places = Arc::new(Semaphore::new(8));
        let mut seen: HashSet<ThreadId> = HashSet::new();
        for _ in 0..50 {
            let ids = tokio::join!(
                run(&threads, &places, || thread::current().id()),
                run(&threads, &places, || thread::current().id()),
                run(&threads, &places, || thread::current().id()),
            );
            seen.extend([ids.0, ids.1, ids.2].map(|id| id.expect("done")));
        }
        assert!(seen.len() <= 2, "{seen:?}");
    }

    #[tokio::test]
    async fn a_panic_is_an_error_for_one_and_the_thread_goes_on() {
        let threads = HashingThreads::start(1).expect("threads");
        let places = Arc::new(Semaphore::new(1));
        let failed: Result<()> = run(&threads, &places, || panic!("on purpose")).await;
        assert!(failed.is_err());
        assert_eq!(run(&threads, &places, || 7).await.expect("done"), 7);
        assert_eq!(places.available_permits(), 1, "the place was given back");
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_not_done() {
        let threads = HashingThreads::start(1).expect("threads");
        let places = Arc::new(Semaphore::new(3));
        let (open, gate) = mpsc::channel::<()>();
        let (done, heard) = mpsc::channel();
        let busy = tokio::spawn({
            let (threads, places) = (threads.clone(), Arc::clone(&places));
            async move { run(&threads, &places, move || gate.recv().is_ok()).await }
        });
        while places.available_permits() > 2 {
            tokio::task::yield_now().await;
        }
        let abandoned = tokio::spawn({
            let (threads, places) = (threads.clone(), Arc::clone(&places));
            async move { run(&threads, &places, move || done.send(())).await }
        });
        while places.available_permits() > 1 {
            tokio::task::yield_now().await;
        }
        abandoned.abort();
        assert!(abandoned.await.is_err(), "it was waiting");
        open.send(()).expect("the thread waits");
        assert!(busy.await.expect("no panic").expect("done"));
        assert_eq!(run(&threads, &places, || 7).await.expect("done"), 7);
        assert!(heard.try_recv().is_err(), "it was passed over");
    }
}
