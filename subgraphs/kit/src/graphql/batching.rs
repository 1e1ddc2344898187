//! Turns the many look-ups of one request into one statement per kind.
//!
//! A data loader has to guess when all keys have been asked for; waiting for a moment makes
//! the number of statements depend on how busy the machine is. Here nothing is guessed: a
//! request's resolvers and its loads are driven by one task ([`drive`]), in turns.
//!
//! ```text
//! poll the resolvers until none can go on   → keys collect in the loaders
//! poll the loads                            → one statement per loader
//! a load is done: all its keys are answered → back to the resolvers
//! ```
//!
//! So whatever asks in the same turn is loaded together, for one entity or for thousands.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

/// Keys in one load at most, which keeps a statement below the number of variables that
/// SQLite (32,766) and Postgres (65,535) accept, also with two per key.
pub const MAX_KEYS_PER_LOAD: usize = 16_000;

tokio::task_local! {
    /// Where loaders put the loads they begin, for [`drive`] to take.
    static BEGUN: Arc<Begun>;
}

#[derive(Default)]
struct Begun(Mutex<Vec<BoxFuture<'static, ()>>>);

impl Begun {
    fn put(&self, load: BoxFuture<'static, ()>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(load);
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A data loader for one request: make a new one per request, never share it.
///
/// Sharing would tie requests together: a load ends with the request that began it, and
/// another request waiting for it would be left without an answer.
pub fn per_request<L>(loader: L) -> DataLoader<L> {
    DataLoader::new(loader, begin)
        // Turns decide when to load, not time.
        .delay(Duration::ZERO)
        .max_batch_size(MAX_KEYS_PER_LOAD)
}

/// Hands a load to the request that needs it.
fn begin(load: BoxFuture<'static, ()>) {
    let mut load = Some(load);
    // Without a request around (a schema executed directly) it becomes a task of its own.
    let _ = BEGUN.try_with(|begun| load.take().map(|load| begun.put(load)));
    if let Some(load) = load {
        tokio::spawn(load);
    }
}

/// Tells whether somebody woke the resolvers while they were being polled.
struct WokenFlag {
    woken: AtomicBool,
    task: Waker,
}

impl Wake for WokenFlag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

/// Runs one request, driving in turns its resolvers and the loads they begin.
pub async fn drive<F: Future>(request: F) -> F::Output {
    let begun = Arc::new(Begun::default());
    let mut request = pin!(BEGUN.scope(begun.clone(), request));
    let mut loads = FuturesUnordered::new();
    let mut flag: Option<Arc<WokenFlag>> = None;
    poll_fn(move |context| {
        let flag = match &mut flag {
            Some(flag) if flag.task.will_wake(context.waker()) => flag,
            outdated => outdated.insert(Arc::new(WokenFlag {
                woken: AtomicBool::new(false),
                task: context.waker().clone(),
            })),
        };
        let waker = Waker::from(flag.clone());
        loop {
            flag.woken.store(false, Ordering::Release);
            if let Poll::Ready(answer) = request.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(answer);
            }
            if flag.woken.load(Ordering::Acquire) {
                // Long lists are polled a few items at a time, so more resolvers can go on at
                // once. The task is woken already; it comes back here with a fresh budget.
                return Poll::Pending;
            }
            loads.extend(begun.take());
            let mut answered = false;
            // Loads may begin loads, so they too see where to put them.
            BEGUN.sync_scope(begun.clone(), || {
                while let Poll::Ready(Some(())) = loads.poll_next_unpin(context) {
                    answered = true;
                }
            });
            let nested = begun.take();
            if !answered && nested.is_empty() {
                return Poll::Pending;
            }
            loads.extend(nested);
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::AtomicUsize;

    use async_graphql::dataloader::Loader;
    use async_graphql::{EmptyMutation, Object, Request};

    use super::super::build;
    use super::*;
    use crate::config::RequestArgs;
    use crate::{Failure, Result};

    /// Doubles numbers and counts how often it was asked.
    struct Doubles(Arc<AtomicUsize>);

    impl Loader<i32> for Doubles {
        type Value = i32;
        type Error = Failure;

        async fn load(&self, keys: &[i32]) -> Result<HashMap<i32, i32>> {
            self.0.fetch_add(1, Ordering::SeqCst);
            // A statement takes several turns of the event loop.
            tokio::task::yield_now().await;
            Ok(keys.iter().map(|key| (*key, key * 2)).collect())
        }
    }

    struct Number(i32);

    #[Object]
    impl Number {
        async fn value(&self) -> i32 {
            self.0
        }
        async fn double(&self, ctx: &async_graphql::Context<'_>) -> Result<Number> {
            let doubled = ctx.data::<DataLoader<Doubles>>()?.load_one(self.0).await?;
            Ok(Number(doubled.unwrap_or_default()))
        }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn numbers(&self, up_to: i32) -> Vec<Number> {
            (1..=up_to).map(Number).collect()
        }
    }

    async fn loads_for(query: &str) -> usize {
        let loads = Arc::new(AtomicUsize::new(0));
        let schema = build(Query, EmptyMutation, &RequestArgs::default()).finish();
        let request = Request::new(query).data(per_request(Doubles(loads.clone())));
        let response = drive(schema.execute(request)).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        loads.load(Ordering::SeqCst)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_load_per_level_whatever_the_count() {
        for up_to in [1, 7, 50, 3_000] {
            let once = format!("{{ numbers(upTo: {up_to}) {{ double {{ value }} }} }}");
            assert_eq!(loads_for(&once).await, 1, "{up_to} numbers");
            let twice =
                format!("{{ numbers(upTo: {up_to}) {{ double {{ double {{ value }} }} }} }}");
            assert_eq!(loads_for(&twice).await, 2, "{up_to} numbers");
        }
    }

    #[tokio::test]
    async fn a_loader_works_outside_a_driven_request_too() {
        let loads = Arc::new(AtomicUsize::new(0));
        let loader = per_request(Doubles(loads.clone()));
        let doubled = loader.load_one(21).await.expect("loads");
        assert_eq!(doubled, Some(42));
    }
}
