//! Lets the tasks of a busy thread take turns.
//!
//! tokio's runtime of several threads keeps one place for the task that was woken last, and polls it
//! next, before all that wait. For one request at a time that is the shortest way. With many at once it
//! makes a thread follow each request through the whole program, reading, planning, sending and the
//! kernel's part of it, before the next one begins at the start: nothing of it is in the processor's
//! caches any more. A task that waits for its turn lets all those run first that do the same as the one
//! before; the instructions stay the same and take less time.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// So many polls without a pause make a thread a busy one. A thread that is not polls its tasks at
/// once: putting one off would only wake another thread to look for it.
const BUSY: u32 = 16;

thread_local! {
    /// Polls of such tasks on this thread since it last had nothing to do.
    static POLLS: Cell<u32> = const { Cell::new(0) };
}

/// To be called when a thread of the runtime has nothing to do.
pub(crate) fn pause() {
    POLLS.set(0);
}

/// A task that, on a busy thread, goes to the end of the queue each time it is woken.
pub(crate) async fn in_turn<F: Future>(task: F) -> F::Output {
    let mut task = pin!(task);
    // The first poll comes by being spawned.
    let mut is_due = true;
    poll_fn(move |cx| {
        let polls = POLLS.get().saturating_add(1);
        POLLS.set(polls);
        if is_due || polls <= BUSY {
            is_due = false;
            return task.as_mut().poll(cx);
        }
        is_due = true;
        // Who wakes itself is queued behind the others.
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls a task that never ends so often; says how often it was reached, and how often put off.
    fn poll(times: usize) -> (usize, usize) {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let mut cx = Context::from_waker(&waker);
        let mut reached = 0;
        {
            let mut task = pin!(in_turn(poll_fn(|_| {
                reached += 1;
                Poll::<()>::Pending
            })));
            for _ in 0..times {
                assert!(task.as_mut().poll(&mut cx).is_pending());
            }
        }
        (reached, wakes.0.load(Ordering::Relaxed))
    }

    #[test]
    fn a_thread_that_pauses_puts_nothing_off() {
        for _ in 0..10 {
            pause();
            assert_eq!(poll(BUSY as usize), (16, 0));
        }
    }

    #[test]
    fn on_a_busy_thread_every_other_poll_puts_off_and_asks_for_the_next() {
        pause();
        poll(BUSY as usize);
        assert_eq!(poll(1), (1, 0), "a new task begins at once");
        assert_eq!(poll(7), (4, 3));
        pause();
        assert_eq!(poll(7), (7, 0));
    }

    #[test]
    fn what_is_woken_ends_also_on_a_busy_thread() {
        let runtime = crate::runtime().unwrap();
        let ended = runtime.block_on(async {
            let tasks: Vec<_> = (0..1000)
                .map(|number| {
                    tokio::spawn(in_turn(async move {
                        for _ in 0..50 {
                            tokio::task::yield_now().await;
                        }
                        number
                    }))
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        });
        assert_eq!(ended, 499_500);
    }
}
